# savina_basic.gp - What does it cost to grow a tree of units, to go round a ring, to count, to spawn at once?
# On one CPU and on two, as multiples of what beamling takes on as many.
chart = "savina_basic"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
set xtics ('1' 1, '' 10, '100' 100)
load here."/columns.gp"
