#!/bin/sh
# seeds.sh - the laws under many seeds: one thread, another order each time (docs/DETERMINISM.md).
#
# usage: tests/seeds.sh BUILD [FIRST [COUNT]]
#
#   BUILD             where a preset was built, as in build/dev
#   FIRST             the first seed; default 1
#   COUNT             how many runs, each with a seed of its own and a program of the laws; default 1000
#   --help            this text
#
# A run that fails, or takes more than a minute, is told with the command that repeats it. The exit status is 0 only if
# none does. After ten of them nothing more is run.
# shellcheck disable=SC3045 # ulimit -n: dash and bash both have it
set -u
usage() { sed -n '/^# usage/,/^# none does/s/^# \{0,1\}//p' "$0"; }

case ${1-} in --help | -h) usage; exit 0 ;; esac
build=${1-} first=${2-1} count=${3-1000}
case $first$count in *[!0-9]*) build= ;; esac
if [ -z "$build" ] || [ $# -gt 3 ] || [ "$first" -eq 0 ]; then
    usage >&2
    exit 2
fi
programs=$build/tests/seeds # with Criterion, which most of the time would go to, if they are not there
[ -x "$programs/laws_links" ] || programs=$build/tests
[ -x "$programs/laws_links" ] || { echo "seeds.sh: there are no tests in $build: build it first" >&2; exit 2; }

# The number of schedulers comes from the seed, like the rest; but a preset that is slow has its laws with four, and not
# with each of the others (support/scale.h): a pattern that names no test would pass.
schedulers_for() {
    [ "$programs" = "$build/tests/seeds" ] || { echo 4; return; }
    case $(($1 % 5)) in
    0) echo 1 ;;
    1 | 2) echo 2 ;;
    *) echo 4 ;;
    esac
}

pattern_for() { # PROGRAM LEFT_OUT SEED
    laws='*'
    [ -z "$2" ] || laws="!($(echo "$2" | sed 's/|/*|/g')*)"
    echo "${1#*_}/${laws}_on_$(schedulers_for "$3")"
}

export CRITERION_JOBS=1
ulimit -n 1024 2>/dev/null # Criterion asks the kernel about every possible descriptor, for every test
log=$(mktemp) began=$(date +%s)
trap 'rm -f "$log"' EXIT
trap 'exit 1' INT TERM
done=0 failed=0 share_so_far=0

run() { # PROGRAM PATTERN SEED
    BEAMLING_SEED=$3 timeout 60 "$programs/$1" --filter "$2" >"$log" 2>&1 </dev/null && return
    status=$?
    failed=$((failed + 1))
    tail -n 15 "$log"
    [ $status -ne 124 ] || echo "it takes more than a minute"
    echo "FAILED: BEAMLING_SEED=$3 $programs/$1 --filter '$2'"
}

run_program() { # PROGRAM SHARE LEFT_OUT
    share_so_far=$((share_so_far + $2))
    upto=$((count * share_so_far / 1000))
    from=$done
    while [ $done -lt $upto ] && [ $failed -lt 10 ]; do
        seed=$((first + done))
        run "$1" "$(pattern_for "$1" "$3" $seed)" $seed
        done=$((done + 1))
    done
    [ $done -eq "$from" ] || printf '%4d s  %4d of %d  %s\n' $(($(date +%s) - began)) $done "$count" "$1"
}

# PROGRAM SHARE LEFT_OUT WHY: of a thousand runs, and the laws that are not for this, or take long.
#
# Not here at all: contexts, idle, limits, lifecycle, stealing, syscalls (real threads, real time, the kernel); fairness
# and priorities (how long a time slice is, and who is next when nobody interferes); stacks and heaps in part (what they
# say does not depend on the order, and they take long). Of the others are left out:
#   threads           threads of the program, or a main thread that waits in other ways: those are not seeded
#   two running       processes that await each other without calling the runtime
#   slices            where they end is what a seed changes
#   clock             compares with a clock of the C library
#   long              enough said by fewer
while read -r program share left_out why; do
    : "$why"
    run_program "$program" "$share" "$left_out"
done <<END
laws_aliases 40
laws_delivery 20 is_exactly_once_from_threads|of_a_pile  threads, long
laws_estates 40 *in_slices|a_mailbox_is_given_back_before  slices, long
laws_exits 50 everybody_who_began  threads
laws_flags 50
laws_heaps 30 of_|keep_|a_large|a_message|a_resource|a_resting|who_|are_given  long
laws_links 120 what_was_undone|who_links_to_whom|that_come_too_late|a_process_with_many  two running, long
laws_monitors 110 a_death_that_many|may_be_many|work_for_resting  slices, long, threads
laws_names 40 have_one_winner  threads
laws_order 40 of_threads  threads
laws_overflow 30 again_and_again  long
laws_pids 40 of_the_dead  long
laws_resting 50 a_million  long
laws_selective 60 after_|a_message_beats|a_reference_skips|waits_for_what  clock, long
laws_signals 110 end_who|of_the_dead_have|suspending_in_vain  two running, slices
laws_sweeps 40 are_answered_once  long
laws_timers 40 of_one_instant  threads
laws_traces 40 a_function_sees|alarms_about_time  threads, clock
laws_wait 40 races_with_the_end_from_threads  threads
stress_signals 10
END

echo "$done runs, seeds $first to $((first + done - 1)): $failed failed"
[ $failed -eq 0 ]
