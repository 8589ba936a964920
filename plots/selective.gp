# selective.gp - What does a call cost when other messages wait, and how can it be spared?
chart = "selective"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/panels.gp"
