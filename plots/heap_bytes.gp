# heap_bytes.gp - What does a waiting unit cost that holds data?
chart = "heap_bytes"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/panels.gp"
