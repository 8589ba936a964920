# syscalls.gp - How often does one operation ask the kernel for anything?
# The axis is logarithmic, with a place for "never".
chart = "syscalls"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
set xtics ('0' stem_from, '0.01' 0.01, '1' 1, '100' 100)
load here."/columns.gp"
