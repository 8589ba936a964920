#!/bin/sh
# erlang - start the compiled peer on one emulator with the flags it is measured with.
#
#   +S K:K      as many schedulers as CPUs (--cpus)
#   +P          room for --n processes where n is a number of them. The table costs 12
#               bytes a slot, touched at start, so it is sized to n and not to the
#               maximum of 134,217,727.
#   +stbt db    only for two_cpus: scheduler N stays on one CPU, so that {scheduler,N}
#               keeps partners on different CPUs and not only on different threads.
#               Elsewhere binding made no difference beyond the noise, and is off.
#   +sbwt       left alone: busy-waiting "medium" is what BEAM's users run. With "none"
#               a wake-up across CPUs cost more than ten times as much, one scheduler
#               gained nothing, and "very_long" was no better than "medium".
# A dump of a million processes after running out of memory helps nobody.
here=$(dirname "$(readlink -f "$0")")
cpus=1 n=1 figure= bind= option=
for argument; do
    case $option in
    --cpus) cpus=$argument ;;
    --n) n=$argument ;;
    --figure) figure=$argument ;;
    --variant) [ "$argument" = two_cpus ] && bind="+stbt db" ;;
    esac
    option=$argument
done
tree=0
case $figure in skynet) tree=1 figure=memory ;; fj_create | spawn_storm) figure=memory ;; esac # all of them perhaps at once
case $figure in ring | random_ring | spawn_live | memory | link_exit | monitor | registry) ;; *) n=1 ;; esac
# What is no number is refused by the program itself, once it runs.
case $cpus in 0* | *[!0-9]* | '' | ?????*) cpus=1 ;; esac
case $n in
0* | *[!0-9]* | '') n=1 ;;
?????????*) n=134000000 ;;
esac
processes=$((n + tree * n / 8 + 65536)) # a tree of ten has ten units for nine leaves
[ "$processes" -lt 262144 ] && processes=262144
export ERL_CRASH_DUMP_SECONDS=0
exec erl -noshell -boot no_dot_erlang +S "$cpus:$cpus" +P "$processes" $bind \
    -pa "$here/erlang.beams" -s contender main -extra "$@"
