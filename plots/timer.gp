# timer.gp - What does a timer cost, and does it depend on how many there are?
chart = "timer"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/panels.gp"
