# gc_isolation.gp - Does it disturb the others when one unit collects a large heap?
chart = "gc_isolation"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/panels.gp"
