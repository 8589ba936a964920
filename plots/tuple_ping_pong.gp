# tuple_ping_pong.gp - How long does a question and its answer take when they are tuples, matched by pattern?
chart = "tuple_ping_pong"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/dots.gp"
