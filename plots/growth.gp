# growth.gp - What does it cost that there are many? Lines are figures here, of one family in one panel.
chart = "growth"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"
rgb(c) = c eq "spawn" ? 0x009E73 : c eq "message" ? 0x56B4E9 : c eq "hop" ? 0xD55E00 : 0x0072B2
shape(c) = c eq "spawn" ? 9 : c eq "message" ? 6 : c eq "hop" ? 5 : 7
faint(c) = 0x90000000 + rgb(c)
tint(c) = c eq "message" ? 0x2F87BF : rgb(c)
set for [i=1:cache_count] arrow 10+i from cache_at[i], graph 0 to cache_at[i], graph 1 nohead dt 3 lw 1.5 lc rgb 0x999999 back
set for [i=1:cache_count] label 20+i cache_names[i] at cache_at[i], graph 0.06 left offset char 0.6,0 font face.",12" textcolor rgb grey
load here."/panels.gp"
