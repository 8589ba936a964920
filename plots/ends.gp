# ends.gp - What does it cost to die of another's end, and to hear of one?
chart = "ends"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/dots.gp"
