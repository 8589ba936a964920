# registry.gp - What does it cost to find units by their names?
chart = "registry"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/dots.gp"
