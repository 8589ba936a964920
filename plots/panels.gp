# panels.gp - curves in one to three panels above each other, with the same axes, so that they can be
# compared across. Labels stand at the ends of the lines, as in curves.gp. A panel may have a
# dashed rule to compare with; all may share one mark on the x axis. Load after common.gp.

set lmargin at screen X(84)
set rmargin at screen X(width - 22)
set logscale xy
set xrange [xlo:xhi]
set yrange [ylo:yhi]
set ytics @yticks
set border 3
set grid xtics ytics ls 1
set label 5 better at screen X(width - 22), Y(height - floor_px - 12) right font bold.",13.5" textcolor rgb grey
set label 6 axis at screen X(84), Y(height - floor_px - 12) left font face.",13.5" textcolor rgb grey

set multiplot
do for [i=1:panel_count] {
    from = top + panel_head*i + (panel_tall + panel_gap)*(i - 1)
    set tmargin at screen Y(from)
    set bmargin at screen Y(from + panel_tall)
    if (i == panel_count) {
        set xtics @xticks
    } else {
        set xtics @bare_ticks
    }
    set label 7 panel_heads[i] at screen X(84), Y(from - 13) left font bold.",14" textcolor rgb grey
    if (mark > 0) {
        set arrow 1 from mark, graph 0 to mark, graph 1 nohead dt 3 lw 1.5 lc rgb 0x999999 back
        set label 8 mark_text at mark, graph 0.98 center offset 0,0.9 font face.",13" textcolor rgb grey
    }
    p = data.".p".i."."
    plot for [k=1:panel_rules[i]] p."rule.tsv" using (column("n")):(column("y")) with lines dt 2 lw 1.5 lc rgb 0x8a8a8a, \
         for [c in panel_lines[i]] p.c.".tsv" using (column("n")):(column("median")) with lines lw 2 lc rgb rgb(c), \
         p."samples.tsv" using (column("n")):(column("value")):(faint(strcol("contender"))) with points pt 7 ps 0.45*dot lc rgb variable, \
         for [c in panel_lines[i]] p.c.".tsv" using (column("n")):(column("median")):(column("low")):(column("high")) with yerrorbars pt 0 lw 2 lc rgb rgb(c), \
         for [c in panel_lines[i]] p.c.".tsv" using (column("n")):(column("median")) with points pt shape(c) ps 1.1*dot lw 2 lc rgb rgb(c), \
         p."ends.tsv" using (column("n")):(column("y")):(strcol("label")):(tint(strcol("contender"))) with labels left offset char 1.3,0 font bold.",14" textcolor rgb variable boxed
    unset label 5
    unset label 6
    unset for [j=101:300] label j
}
unset multiplot
