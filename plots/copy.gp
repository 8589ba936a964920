# copy.gp - What does a large message cost, shared or copied?
chart = "copy"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/panels.gp"
