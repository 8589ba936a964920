# creation.gp - Does a unit cost the same when there are ten thousand, or ten million, already?
# After Armstrong's figure of 2003, with today's contenders and the death of each.
chart = "creation"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
load here."/curves.gp"
