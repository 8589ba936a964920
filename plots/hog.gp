# hog.gp - How long does a unit wait that shares its CPU with others that compute for ever?
chart = "hog"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/panels.gp"
