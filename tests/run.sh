#!/bin/sh
# run.sh - test this machine's copy: install what is missing, build in several ways, run all tests.
#
# usage: ./tests/run.sh [options]
#
#   --quick           dev only, units and laws
#   --preset P,..     only these presets
#   --build           build them, and run nothing: each that builds counts as one test
#   --all             each preset with every test, and asan: an hour on two CPUs. Without it each shows what no other does
#   --help            this text
#
# presets (each is built into build/PRESET), and what is left to --all:
#   dev               gcc, debug, assertions on, warnings are errors: every test
#   dev-clang         the same with clang: units, and the laws of what a compiler might do to stacks and registers.
#                     --all: the other laws, and torture. Never what compares with Erlang, which depends on no compiler
#   release           as it is installed: laws and torture. --all: units, OTP's own cases, what compares with Erlang
#   hostile           AddressSanitizer with UndefinedBehaviourSanitizer, garbage collected at every opportunity,
#                     memory that runs out: every test but what compares with Erlang. --all: that too
#   tsan              ThreadSanitizer: laws, torture, units. --all: OTP's own cases too, most of which are about one
#                     process after another
#   asan              --all: the sanitizers of hostile, with garbage collected when it is time; without OTP's own cases,
#                     which hostile runs
#   aarch64           cross-compiled, run under qemu-user: units, and the laws of what is written for each CPU.
#                     --all: the other laws, and torture. Never OTP's own cases, which depend on no CPU
#   bench             the instrument: does every contender do what bench/README.md says? --all: the peers in all sizes
#   scripts           nothing is built: the syntax of all shell scripts
# and by hand only:
#   gcc-O0 .. gcc-O3, gcc-lto, clang-O0 .. clang-O3
#                     the library and its tests as the compiler makes them at that level
#
# The last line counts all tests of all presets; the exit status is 0 only if some passed and none failed.
# Whole outputs: build/PRESET/tests.log
# shellcheck disable=SC3045 # ulimit -n: dash and bash both have it
set -u
root=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$root" || exit 1
usage() { sed -n '/^# usage/,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//p}' tests/run.sh; }
all='dev dev-clang release asan hostile tsan aarch64 bench scripts'
daily='dev dev-clang release hostile tsan aarch64 bench scripts'
by_hand='gcc-O0 gcc-O1 gcc-O2 gcc-O3 gcc-lto clang-O0 clang-O1 clang-O2 clang-O3'
presets= tests=daily running=yes

while [ $# -gt 0 ]; do
    case $1 in
    --quick) tests=quick ;;
    --all) tests=all ;;
    --build) running=no ;;
    --preset | --preset=)
        [ -n "${2-}" ] || { echo "run.sh: --preset needs some of: $all" >&2; exit 2; }
        presets=$(echo "$2" | tr , ' ')
        shift
        ;;
    --preset=*) presets=$(echo "${1#*=}" | tr , ' ') ;;
    --help | -h) usage; exit 0 ;;
    *) echo "run.sh: there is no option '$1'; --help shows those there are" >&2; exit 2 ;;
    esac
    shift
done
if [ -z "$presets" ]; then
    case $tests in
    quick) presets=dev ;;
    daily) presets=$daily ;;
    all) presets=$all ;;
    esac
fi
for preset in $presets; do
    case " $all $by_hand " in
    *" $preset "*) ;;
    *) echo "run.sh: there is no preset '$preset'. There are: $all; and by hand: $by_hand" >&2; exit 2 ;;
    esac
done
wants() { case " $presets " in *" $1 "*) ;; *) return 1 ;; esac }

# ---- the packages that provide what is not there, one look each: what came from elsewhere counts too ----

missing=
lacks() { missing="$missing $1"; }
has() { command -v "$1" >/dev/null 2>&1; }
header() { printf '#include <%s>\n' "$1" | c++ -E -x c++ - >/dev/null 2>&1; }

look_for_tools() {
    [ "$presets" != scripts ] || return
    has gcc || lacks gcc
    has g++ || lacks g++
    has cmake || lacks cmake
    has ninja || lacks ninja-build
    has python3 || lacks python3
    has pkg-config || lacks pkg-config
    header jemalloc/jemalloc.h || lacks libjemalloc-dev
    header criterion/criterion.h || lacks libcriterion-dev
    case $presets in *clang*) has clang || lacks clang ;; esac
    if wants dev || wants dev-clang || wants release || wants asan || wants hostile; then # the oracle, and libei
        has escript || lacks erlang-base
        { [ -e /usr/include/ei.h ] || ls /usr/lib/erlang/lib/erl_interface-*/include/ei.h >/dev/null 2>&1; } || lacks erlang-dev
    fi
    if wants dev; then has spin || lacks spin; fi # the models
    if wants aarch64; then
        has aarch64-linux-gnu-gcc || lacks gcc-aarch64-linux-gnu
        [ -e /usr/aarch64-linux-gnu/include/stdio.h ] || lacks libc6-dev-arm64-cross
        has qemu-aarch64 || lacks qemu-user
    fi
    if wants bench; then header benchmark/benchmark.h || lacks libbenchmark-dev; fi
}

install_missing() {
    [ -n "$missing" ] || return 0
    if ! has apt-get; then
        echo "run.sh: needed and not installed; the names are those of Debian's packages:$missing" >&2
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        echo "run.sh: needed and not installed:$missing" >&2
        echo "run.sh: install them, then start this again:" >&2
        echo "    sudo apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    echo "installing:$missing"
    log=$(mktemp)
    # shellcheck disable=SC2086 # a list
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } \
        >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2 # apt's own words are of use only now
        rm -f "$log"
        echo "run.sh: apt-get could not install$missing; its last words are above" >&2
        exit 1
    fi
    rm -f "$log"
}

# ---- counting ----

passed=0 failed=0 skipped=0 summary= broken=
began=$(date +%s)

say() { printf '%3d s  %s\n' $(($(date +%s) - began)) "$*"; }

result() { # STATUS WHAT..: one test that is not ctest's
    status=$1
    shift
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1)) broken="$broken
    $*"
        say "FAILED: $*"
    fi
}

quietly() { # LOG COMMAND..: its output goes to the log, and is shown only if it fails
    log=$1
    shift
    "$@" >>"$log" 2>&1 </dev/null && return 0
    status=$?
    tail -n 40 "$log"
    return $status
}

# ---- a preset ----

build() { # BUILD CONFIGURE_OPTION..
    folder=build/$1
    shift
    mkdir -p "$folder"
    : >"$folder/build.log"
    quietly "$folder/build.log" cmake "$@" && quietly "$folder/build.log" cmake --build "$folder" -j "$cpus"
}

count() { # PRESET STATUS: what its ctest said
    log=build/$1/tests.log
    line=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests? failed out of [0-9]+' "$log" | tail -n 1)
    if [ -z "$line" ]; then
        result 1 "$1: ctest came to no result"
        return
    fi
    summary=$line
    bad=$(echo "$line" | sed 's/.*passed, \([0-9]*\).*/\1/')
    total=$(echo "$line" | sed 's/.*out of //')
    left=$(grep -c '\*\*\*Skipped' "$log") # which ctest takes for passed
    passed=$((passed + total - bad - left)) failed=$((failed + bad)) skipped=$((skipped + left))
    if [ "$bad" -gt 0 ]; then
        broken="$broken
$(sed -n '/^The following tests FAILED/,/^Errors/{/^\t/p}' "$log" | sed "s/^[[:space:]]*/    $1: /")"
    elif [ "$2" -ne 0 ]; then
        result 1 "$1: ctest ended with $2"
    fi
}

preset() { # PRESET
    chosen='.' left_out='^$'
    case $1,$tests in
    *,quick) left_out='^(otp|oracle|stress|model)$' ;;
    dev-clang,all) left_out='^(otp|oracle)$' ;;
    release,daily) left_out='^(otp|oracle|unit)$' ;;
    hostile,daily) left_out='^oracle$' ;;
    tsan,daily) left_out='^otp$' ;;
    asan,* | aarch64,all) left_out='^otp$' ;;
    dev-clang,daily | aarch64,daily)
        chosen='^unit[.]|^laws[.](contexts|stacks|overflow|preemption|resting|exits)$|^symbols$|^header' ;;
    esac
    say "$1: building"
    case $1 in
    dev-clang) set -- "$1" dev -DCMAKE_C_COMPILER=clang ;;
    gcc-lto) set -- "$1" release -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON -DBEAMLING_ASSERTS=ON ;;
    gcc-O? | clang-O?) set -- "$1" release "-DCMAKE_C_COMPILER=${1%-*}" -DCMAKE_BUILD_TYPE=None "-DCMAKE_C_FLAGS=-${1#*-}" -DBEAMLING_ASSERTS=ON ;;
    *) set -- "$1" "$1" -DBEAMLING_BENCH=OFF ;;
    esac
    name=$1 base=$2
    shift 2
    build "$name" --preset "$base" -B "build/$name" -DBEAMLING_TESTS=ON -DBEAMLING_EXAMPLES=ON \
        -DBEAMLING_TESTS_CHOSEN="$chosen" -DBEAMLING_TESTS_LEFT_OUT="$left_out" "$@" ||
        { result 1 "$name does not build"; return; }
    [ $running = yes ] || { result 0 "$name builds"; return; }
    set -- "$name"
    say "$1: testing"
    { ctest --test-dir "build/$1" --output-on-failure --no-tests=error -R "$chosen" -LE "$left_out" -j "$cpus"; echo $? >"build/$1/status"; } \
        </dev/null 2>&1 | tee "build/$1/tests.log" | grep --line-buffered -Ev '^ *Start |^$|^Internal ctest|^Label Time|sec\*proc'
    count "$1" "$(cat "build/$1/status")"
}

# ---- the instrument, and the scripts ----

bench() {
    say "bench: building"
    build bench --preset bench || { result 1 "bench does not build"; return; }
    [ $running = yes ] || { build_peers; return; }
    say "bench: does every contender keep the contract?"
    bench/check-drive.sh build/bench/bin </dev/null
    result $? "bench: check-drive.sh"
    peers
}

build_peers() {
    mkdir -p build/bench/peers
    any=no
    for peer in erlang:erlc elixir:elixirc go:go; do
        if has "${peer#*:}"; then
            any=yes
            quietly build/bench/build.log "bench/contenders/${peer%:*}/build" build/bench/peers
            result $? "bench: contenders/${peer%:*}/build"
        fi
    done
}

peers() {
    build_peers
    if [ $any = yes ] && has /usr/bin/python3; then
        say "bench: do the peers keep it?"
        [ "$tests" = all ] && how='' || how=--quick
        # shellcheck disable=SC2086 # no word, or one
        bench/contenders/check-peers.sh build/bench/peers $how </dev/null
        result $? "bench: check-peers.sh"
    else
        say "SKIPPED: NO PEER IS INSTALLED (Erlang, Elixir, Go): nothing about them was checked"
    fi
}

scripts() {
    say "scripts"
    has shellcheck || say "SKIPPED: shellcheck is not installed: only the syntax is checked"
    # shellcheck disable=SC2013 # our names have no spaces
    for script in $(grep -rlE '^#!/bin/(ba)?sh' .ci bench docker tests); do
        case $(head -n 1 "$script") in
        *bash) bash -n "$script" ;;
        *) sh -n "$script" ;;
        esac
        result $? "scripts: syntax of $script"
        if has shellcheck; then
            shellcheck -S warning -e SC1007 "$script" # SC1007: variables are emptied as in a= b=
            result $? "scripts: shellcheck $script"
        fi
    done
}

look_for_tools
install_missing
cpus=$(nproc)
ulimit -n 1024 2>/dev/null # Criterion asks the kernel about every possible descriptor, for every test
unset CFLAGS CXXFLAGS LDFLAGS CC CXX
export CTEST_OUTPUT_ON_FAILURE=1

for name in $presets; do
    case $name in
    bench | scripts) "$name" ;;
    *) preset "$name" ;;
    esac
done

say "done"
[ $skipped -eq 0 ] || echo "$skipped tests were skipped: they cannot be done there, see above"
[ -z "$broken" ] || echo "failed:$broken"
[ -z "$summary" ] || echo "$summary"
echo "$passed passed, $failed failed"
[ $passed -gt 0 ] && [ $failed -eq 0 ]
