# common.gp - what every chart shares: the page, the colours, the words.
#
#     gnuplot -c plots/spawn.gp DIR svg|png
#
# draws DIR/plots/spawn.svg or .png from the small tables in DIR/plots/data, which
# bench/summarise writes. Nothing is computed here but positions: every number, and every
# sentence with a number in it, comes from the data. A chart file sets `chart`, `dir`, `kind`
# and `here` (gnuplot forgets the arguments inside a loaded file), loads this file, and plots.
# The words (title, footer, range, height) are in data/CHART.words.

data = dir."/plots/data/".chart          # data.".tsv", data.".samples.tsv", ...
load data.".words"

# --- the page: measured in pixels from the top left, so that a long chart is simply taller ---
set encoding utf8
dot = kind eq "png" ? 1.0 : 0.72         # the two terminals disagree about the size of a point
face = "DejaVu Sans"
bold = "DejaVu Sans:Bold"
if (kind eq "png") {
    set terminal pngcairo noenhanced size 2*width,2*height fontscale 1.5 linewidth 2 pointscale 2 font "DejaVu Sans,14" background rgb "#ffffff"
} else {
    set terminal svg noenhanced size width,height dynamic font "DejaVu Sans,14" background rgb "#ffffff" name chart
}
set output dir."/plots/".chart.".".kind
X(px) = px / real(width)
Y(px) = 1.0 - px / real(height)

# --- colours: Okabe and Ito's palette, safe for the colour-blind. What the kernel backs is
# warm, what lives in user space is cool; each contender keeps its colour and its shape. ---
ink = 0x222222; grey = 0x6b6b6b; rule = 0xdcdcdc; warm = 0xD55E00; cool = 0x0072B2
rgb(c) = c eq "beamling" ? 0x0072B2 : c eq "beamling_resting" ? 0x56B4E9 : \
         c eq "erlang" ? 0xCC79A7 : c eq "elixir" ? 0x9A4F7B : c eq "go" ? 0x009E73 : \
         c eq "pthread" ? 0xE69F00 : c eq "pthread_min" ? 0xB87A00 : \
         c eq "process" ? 0xD55E00 : c eq "posix_spawn" ? 0xA8501E : \
         c eq "socketpair" ? 0x7A2E0E : c eq "by_hand" ? 0x444444 : \
         c eq "bare_visit_two" ? 0x9a9a9a : 0x6b6b6b
shape(c) = c eq "beamling" ? 7 : c eq "beamling_resting" ? 6 : \
           c eq "erlang" ? 13 : c eq "elixir" ? 12 : c eq "go" ? 11 : \
           c eq "pthread" ? 5 : c eq "pthread_min" ? 4 : \
           c eq "process" ? 9 : c eq "posix_spawn" ? 8 : \
           c eq "socketpair" ? 10 : c eq "by_hand" ? 15 : c eq "bare_visit_two" ? 15 : 14
faint(c) = 0x90000000 + rgb(c)
# The same hues for words, dark enough to be read.
tint(c) = c eq "beamling_resting" ? 0x2F87BF : c eq "pthread" ? 0xB07700 : c eq "pthread_min" ? 0x8F6200 : \
          c eq "erlang" ? 0xB25A8C : c eq "go" ? 0x008561 : rgb(c)
ours(c) = c eq "beamling"

set datafile separator tab
set datafile columnheaders
unset key
set style line 1 lc rgb rule lw 1
set border 1 lc rgb 0x999999 lw 1
set tics nomirror scale 0.5 textcolor rgb grey font face.",14.5"
set errorbars small
set style textbox opaque margins 0.5,0.2 fillcolor rgb "#ffffff" noborder # a line that goes on passes behind the name of one that ends

# --- the words around the picture ---
left_px = 202                            # where the picture begins when names stand left of it
set for [i=1:title_lines] label 100+i title[i] at screen X(20), Y(28 + 25*(i - 1)) left font bold.",20" textcolor rgb ink
set for [i=1:subtitle_lines] label 110+i subtitle[i] at screen X(20), Y(30 + 25*title_lines + 19*(i - 1)) left font face.",14.5" textcolor rgb grey
set for [i=1:footer_lines] label 120+i footer[i] at screen X(20), Y(height - 12*(footer_lines - i + 1) + 2) left font face.",9.5" textcolor rgb 0x8a8a8a
set for [i=1:note_lines] label 130+i note[i] at screen X(20), Y(height - 12*footer_lines - 9 - 16*(note_lines - i + 1)) left font face.",12" textcolor rgb grey

top = 28 + 25*title_lines + 19*subtitle_lines + 10
floor_px = 12*footer_lines + 16*note_lines + (note_lines ? 20 : 12)
set tmargin at screen Y(top)
set bmargin at screen Y(height - floor_px - 54)
