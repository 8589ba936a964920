# ping_pong.gp - How long does a question and its answer take, on one CPU and across two?
chart = "ping_pong"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/dots.gp"
