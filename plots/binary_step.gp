# binary_step.gp - Where does a binary stop being copied and start being shared?
chart = "binary_step"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/panels.gp"
