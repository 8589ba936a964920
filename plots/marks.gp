# marks.gp - the shape of a comparison of many things at once: a row each, in it a mark a contender and a line
# from the fastest to the slowest, the number of ours at the right; the key is one line on top. Rows may come
# in groups with headings. Load after common.gp.

set lmargin at screen X(left_px + 22)
set rmargin at screen X(width - 92)
set tmargin at screen Y(top + 24)
set logscale x
set xrange [xlo:xhi]
set yrange [rows:0.3]
set xtics @xticks
unset ytics
set for [i=1:head_count] label 50+i heads[i] at first xlo, first head_at[i] left font bold.",14" textcolor rgb grey
set grid xtics ls 1
set label 5 better at screen X(width - 22), Y(height - floor_px - 12) right font bold.",13.5" textcolor rgb grey
set label 6 axis at screen X(left_px + 22), Y(height - floor_px - 12) left font face.",13.5" textcolor rgb grey

set for [i=1:|keys|] label 10+i "" at screen X(key_at[i]), Y(top + 8) point pt shape(keys[i]) ps 1.35*dot lw 2 lc rgb rgb(keys[i])
set for [i=1:|keys|] label 30+i key_texts[i] at screen X(key_at[i] + 12), Y(top + 8) left font (ours(keys[i]) ? bold : face).",14.5" textcolor rgb tint(keys[i])

plot data.".edges.tsv" using (column("from")):(column("y")):(column("to") - column("from")):(0) with vectors nohead lw 3 lc rgb rule, \
     data.".samples.tsv" using (column("value")):(column("y")):(faint(strcol("contender"))) with points pt 7 ps 0.45*dot lc rgb variable, \
     data.".tsv" using (column("median")):(column("y")):(column("low")):(column("high")):(rgb(strcol("contender"))) with xerrorbars pt 0 lw 2 lc rgb variable, \
     data.".tsv" using (column("median")):(column("y")):(shape(strcol("contender"))):(rgb(strcol("contender"))) with points pt variable ps 1.35*dot lw 2 lc rgb variable, \
     data.".names.tsv" using (xlo):(column("y")):(strcol("text")) with labels right offset char -0.8,0 font face.",15" textcolor rgb ink, \
     data.".ours.tsv" using (xhi):(column("y")):(strcol("text")) with labels left offset char 1.0,0 font bold.",15" textcolor rgb tint("beamling")
