# call.gp - What does a call cost that would notice the end of whom it calls?
chart = "call"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/dots.gp"
