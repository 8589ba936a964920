# curves.gp - the shape of "does it hold as N grows?": log-log lines that end where their
# contender ends. A cross marks a death, with the limit that caused it. Labels stand at the
# ends of the lines. `lines` and `deaths` are lists of contenders. Load after common.gp.

set lmargin at screen X(84)
set rmargin at screen X(width - 22)
set logscale xy
set xrange [xlo:xhi]
set yrange [ylo:yhi]
set xtics @xticks
set ytics @yticks
set border 3
set grid xtics ytics ls 1
set label 5 better at screen X(width - 22), Y(height - floor_px - 12) right font bold.",13.5" textcolor rgb grey
set label 6 axis at screen X(84), Y(height - floor_px - 12) left font face.",13.5" textcolor rgb grey

of(c) = data.".".c.".tsv"
plot data.".deaths.tsv" using (column("from")):(column("at")):(column("n") - column("from")):(0):(rgb(strcol("contender"))) with vectors nohead dt 3 lw 2 lc rgb variable, \
     for [c in lines] of(c) using (column("n")):(column("median")) with lines lw 2 lc rgb rgb(c), \
     data.".samples.tsv" using (column("n")):(column("value")):(faint(strcol("contender"))) with points pt 7 ps 0.45*dot lc rgb variable, \
     for [c in lines] of(c) using (column("n")):(column("median")):(column("low")):(column("high")) with yerrorbars pt 0 lw 2 lc rgb rgb(c), \
     for [c in lines] of(c) using (column("n")):(column("median")) with points pt shape(c) ps 1.15*dot lw 2 lc rgb rgb(c), \
     data.".ends.tsv" using (column("n")):(column("y")):(strcol("label")):(tint(strcol("contender"))) with labels left offset char 1.3,0 font bold.",14" textcolor rgb variable boxed, \
     data.".deaths.tsv" using (column("n")):(column("at")):("✖"):(rgb(strcol("contender"))) with labels center font face.",17" textcolor rgb variable
