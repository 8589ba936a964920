# memory.gp - What does one more parked unit cost, counting what the kernel keeps for it?
chart = "memory"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/dots.gp"
