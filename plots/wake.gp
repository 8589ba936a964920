# wake.gp - How long until who is sent something runs, when nothing else does?
chart = "wake"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/panels.gp"
