#!/bin/sh
# check.sh - do the models of the runtime's protocols hold, and does each of their faults fail?
#
# usage: tests/models/check.sh [--help] [MODEL..]
#
#   MODEL             inbox, park, lanes, steal, idle, surplus; all of them if none is named
#   --help            this text
#
# Each model is searched exhaustively by spin, then once more with each BROKEN_n that it names, which must fail; a GOOD_n is
# another scenario, which must hold. One line a run: the states that were seen, and the verdict. The exit status is 0 if
# all is as it should be; 77 if there is no spin. A search that had to stop before its end counts as a failure.
# Needs spin and a C compiler (CC, or cc); takes a minute or two of one CPU, less than a GiB of memory, and a temporary folder.
set -u
here=$(dirname "$(readlink -f "$0")")
all='inbox park lanes steal idle surplus'
MEGABYTES=950 DEPTH=100000

usage() { sed -n '/^# usage/,/^set/{/^set/d;s/^# \{0,1\}//p}' "$here/check.sh"; }

case ${1-} in
--help | -h) usage; exit 0 ;;
-*) echo "check.sh: there is no option '$1'; --help shows those there are" >&2; exit 2 ;;
esac
[ $# -gt 0 ] || set -- $all
for model; do
    [ -f "$here/$model.pml" ] || { echo "check.sh: there is no model '$model'. There are: $all" >&2; exit 2; }
done
command -v spin >/dev/null || { echo "SKIPPED: spin is not installed" >&2; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
cd "$dir" || exit 1
bad=0

search() { # MODEL VARIANT OPTIMISED: what pan says goes to the file `said`
    rm -f ./pan* said ./*.trail
    spin -a ${2:+-D"$2"} "$here/$1.pml" >said 2>&1 &&
        ${CC:-cc} "$3" -w -DSAFETY -DNOFAIR -DCOLLAPSE -DNO_RESIZE -DVECTORSZ=2048 -DMEMLIM=$MEGABYTES -o pan pan.c >>said 2>&1 &&
        ./pan -m$DEPTH -w24 >>said 2>&1
}

verdict() { # holds | fails: why it failed | no search
    errors=$(sed -n 's/^State-vector.*errors: \([0-9]*\).*/\1/p' said)
    if grep -Eq 'max search depth too small|MEMLIM|out of memory|truncated|Interrupted' said; then
        echo "not searched to the end"
    elif [ "$errors" = 0 ]; then
        echo holds
    elif [ -n "$errors" ]; then
        sed -n 's/^pan:1: \(.*\) (at depth .*/fails: \1/p' said | head -n 1
    else
        echo "no search"
    fi
}

run() { # MODEL VARIANT
    case $2 in BROKEN*) level=-O0 ;; *) level=-O2 ;; esac # a fault is found soon: compiling takes longer
    search "$1" "$2" $level
    found=$(verdict)
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' said)
    case $2:$found in
    BROKEN*:'fails: '* | :holds | GOOD*:holds) verdict=ok ;;
    *) verdict=WRONG bad=$((bad + 1)) ;;
    esac
    printf '%-8s %-9s %9s states  %-5s %s\n' "$1" "$2" "${states:-0}" "$verdict" "$found"
    [ "$verdict" = ok ] || tail -n 25 said
}

for model; do
    run "$model" ''
    for variant in $(grep -oE '(GOOD|BROKEN)_[0-9]+' "$here/$model.pml" | sort -u); do
        run "$model" "$variant"
    done
done
[ $bad -eq 0 ] || echo "$bad runs are not as they should be"
[ $bad -eq 0 ]
