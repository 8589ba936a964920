# random_ring.gp - What does a hop cost when each member of a ring lies somewhere else in memory?
chart = "random_ring"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/panels.gp"
