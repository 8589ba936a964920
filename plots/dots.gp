# dots.gp - the shape most questions share: one row a contender, a dot at its median, a bar
# for the 95 % interval, every sample faint behind it, the number beside it. Rows come in
# groups (one CPU, two CPUs, ...), sorted, so that no key is needed. Load after common.gp.

set lmargin at screen X(left_px)
set rmargin at screen X(width - 22)
set logscale x
set xrange [xlo:xhi]
set yrange [rows:0]
set xtics @xticks
unset ytics
set grid xtics ls 1
set label 5 better at screen X(width - 22), Y(height - floor_px - 12) right font bold.",13.5" textcolor rgb grey
set label 6 axis at screen X(left_px), Y(height - floor_px - 12) left font face.",13.5" textcolor rgb grey

name(c, bolder) = ours(c) == bolder ? strcol("label") : ""
plot data.".heads.tsv" using (xlo):(column("y")):(strcol("text")) with labels left font bold.",14" textcolor rgb grey, \
     data.".samples.tsv" using (column("value")):(column("y")):(faint(strcol("contender"))) with points pt 7 ps 0.5*dot lc rgb variable, \
     data.".tsv" using (column("median")):(column("y")):(column("low")):(column("high")):(rgb(strcol("contender"))) with xerrorbars pt 0 lw 2 lc rgb variable, \
     data.".tsv" using (column("median")):(column("y")):(shape(strcol("contender"))):(rgb(strcol("contender"))) with points pt variable ps 1.35*dot lw 2 lc rgb variable, \
     data.".tsv" using (xlo):(column("y")):(name(strcol("contender"), 0)) with labels right offset char -0.8,0 font face.",16.5" textcolor rgb ink, \
     data.".tsv" using (xlo):(column("y")):(name(strcol("contender"), 1)) with labels right offset char -0.8,0 font bold.",16.5" textcolor rgb ink, \
     data.".tsv" using (column("text_at")):(column("y")):(strcol("text")) with labels left offset char 1.2,0 font bold.",16" textcolor rgb ink
