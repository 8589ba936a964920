# throughput.gp - How many messages a second pass from sender to receiver?
chart = "throughput"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/dots.gp"
