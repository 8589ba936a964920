# crowds.gp - What does it cost when many units talk to each other, or all to one, on one CPU and on two?
chart = "crowds"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/marks.gp"
