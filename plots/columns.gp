# columns.gp - the shape of a table: one column a figure, one row a contender, in each place a
# stem from `stem_from` to the value and the number beside it. Load after common.gp.

set logscale x
set xrange [xlo:xhi]
set yrange [rows:0]
set grid xtics ls 1
set xtics font face.",13"
unset ytics
set label 5 better at screen X(width - 22), Y(height - floor_px - 12) right font bold.",13.5" textcolor rgb grey
set label 6 axis at screen X(left_px), Y(height - floor_px - 12) left font face.",13.5" textcolor rgb grey
pitch = (width - left_px - 10.0) / columns
stem_at(i) = data.".".word(heads, i).".tsv"
set for [j=1:|names|] label 200+j names[j] at first xlo, first j right offset char -0.5,0 font (ours_at == j ? bold : face).",16.5" textcolor rgb ink

set multiplot
do for [i=1:columns] {
    set lmargin at screen X(left_px + pitch*(i - 1))
    set rmargin at screen X(left_px + pitch*i - 12)
    set tmargin at screen Y(top + 24)
    set label 20 word(heads, i) at screen X(left_px + pitch*(i - 1)), Y(top + 12) left font bold.",14" textcolor rgb grey
    set arrow 1 from stem_from, graph 0 to stem_from, graph 1 nohead lw 1 lc rgb 0x999999 back
    plot stem_at(i) using (stem_from):(column("y")):(column("x") - stem_from):(0):(rgb(strcol("contender"))) with vectors nohead lw 3 lc rgb variable, \
         stem_at(i) using (column("x")):(column("y")):(shape(strcol("contender"))):(rgb(strcol("contender"))) with points pt variable ps 1.15*dot lw 2 lc rgb variable, \
         stem_at(i) using (column("text_at")):(column("y")):(strcol("text")) with labels left offset char 1.0,0 font face.",13.5" textcolor rgb ink
    unset label 5
    unset label 6
    unset for [j=101:300] label j
}
unset multiplot
