# ledger.gp - Where do the bytes of one more unit live?
# Bars start at zero, so the upper panel shows sizes as they are; the lower panel shows the
# small ones again, magnified. Warm parts are the kernel's, the cool one is the program's own.
chart = "ledger"; dir = ARG1; kind = ARG2; here = system("dirname '".ARG0."'")
load here."/common.gp"

part(p) = p eq "user" ? 0x56B4E9 : p eq "page_tables" ? 0xF0C14B : p eq "kernel_stack" ? 0xE08214 : 0xB2430A
unset ytics
set style fill solid 1.0 noborder
set lmargin at screen X(left_px)
set rmargin at screen X(width - 22)
set grid xtics ls 1

# the key: four words beside the colours of the parts, in the order of the bars
keys = "user page_tables kernel_stack slab"
array at_px[4] = [20, 215, 335, 463]
array says[4] = ["the program's own", "page tables", "kernel stacks", "other kernel objects"]
set for [i=1:4] object i rectangle at screen X(at_px[i] + 6), Y(top + 10) size screen X(12), screen 12/real(height) fillcolor rgb part(word(keys, i)) fillstyle solid noborder
set for [i=1:4] label 10+i says[i] at screen X(at_px[i] + 19), Y(top + 10) left font face.",14" textcolor rgb ink

name(c, bolder) = ours(c) == bolder ? strcol("label") : ""
set multiplot
do for [panel in panels] {
    first = panel eq "all"
    set tmargin at screen Y(first ? top + 24 : split + 42)
    set bmargin at screen Y(panel eq word(panels, words(panels)) ? height - floor_px - 34 : split - 30)
    set xrange [0:first ? all_to : small_to]
    set yrange [first ? all_rows : small_rows:0]
    if (first) {
        set xtics @all_ticks
    } else {
        set xtics @small_ticks
        unset for [i=101:140] label i
        unset for [i=1:4] object i
        unset for [i=1:4] label 10+i
        set label 7 magnified at screen X(left_px), Y(split + 28) left font bold.",14" textcolor rgb grey
    }
    table = data.".".panel.".tsv"
    bars = data.".".panel.".bars.tsv"
    plot bars using (column("from")):(column("y")):(column("from")):(column("to")):(column("y") - 0.36):(column("y") + 0.36):(part(strcol("part"))) with boxxyerror lc rgb variable, \
         table using (column("total")):(column("y")):(column("low")):(column("high")) with xerrorbars pt 0 lw 1.5 lc rgb ink, \
         table using (0):(column("y")):(name(strcol("contender"), 0)) with labels right offset char -0.8,0 font face.",16.5" textcolor rgb ink, \
         table using (0):(column("y")):(name(strcol("contender"), 1)) with labels right offset char -0.8,0 font bold.",16.5" textcolor rgb ink, \
         table using (column("high")):(column("y")):(strcol("text")) with labels left offset char 0.9,0 font bold.",16" textcolor rgb ink
}
unset multiplot
