# pattern.gp - What does it cost to take a term apart by pattern?
chart = "pattern"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/marks.gp"
