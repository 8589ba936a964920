# shares.gp - Do those who compute for ever share the CPUs evenly?
# A row a contender, and in it a line from the unit that got fewest turns to the one that got most.
chart = "shares"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"

set lmargin at screen X(left_px)
set rmargin at screen X(width - 22)
set xrange [0:xhi]
set yrange [rows:0]
set xtics @xticks
unset ytics
set grid xtics ls 1
set arrow 1 from first 100, graph 0 to first 100, graph 1 nohead lw 1.5 lc rgb grey dt 2 back
set label 5 better at screen X(width - 22), Y(height - floor_px - 12) right font bold.",13.5" textcolor rgb grey
set label 6 axis at screen X(left_px), Y(height - floor_px - 12) left font face.",13.5" textcolor rgb grey

name(c, bolder) = ours(c) == bolder ? strcol("label") : ""
plot data.".heads.tsv" using (0):(column("y")):(strcol("text")) with labels left font bold.",14" textcolor rgb grey, \
     data.".samples.tsv" using (column("value")):(column("y")):(faint(strcol("contender"))) with points pt 7 ps 0.5*dot lc rgb variable, \
     data.".tsv" using (column("fewest")):(column("y")):(column("most") - column("fewest")):(0):(rgb(strcol("contender"))) with vectors nohead lw 3 lc rgb variable, \
     data.".tsv" using (column("fewest")):(column("y")):(shape(strcol("contender"))):(rgb(strcol("contender"))) with points pt variable ps 1.35*dot lw 2 lc rgb variable, \
     data.".tsv" using (column("most")):(column("y")):(shape(strcol("contender"))):(rgb(strcol("contender"))) with points pt variable ps 1.35*dot lw 2 lc rgb variable, \
     data.".tsv" using (0):(column("y")):(name(strcol("contender"), 0)) with labels right offset char -0.8,0 font face.",16.5" textcolor rgb ink, \
     data.".tsv" using (0):(column("y")):(name(strcol("contender"), 1)) with labels right offset char -0.8,0 font bold.",16.5" textcolor rgb ink, \
     data.".tsv" using (column("most")):(column("y")):(strcol("text")) with labels left offset char 1.2,0 font bold.",16" textcolor rgb ink
