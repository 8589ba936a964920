# switch.gp - What does it cost to stop one unit and go on with another?
chart = "switch"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/dots.gp"
