# spawn.gp - What does it cost to bring a unit to life, let it run, and hear that it ended?
chart = "spawn"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/dots.gp"
