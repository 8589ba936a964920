# ring.gp - Does passing a token stay cheap when the ring outgrows the caches?
chart = "ring"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/curves.gp"
