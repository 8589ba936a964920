# cpus.gp - What does a second CPU change?
# The factor between all CPUs and one, for the same batch.
chart = "cpus"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
set xtics ('1/100' 0.01, '1/10' 0.1, '1' 1, '10' 10, '100' 100, '1,000' 1000)
load here."/columns.gp"
