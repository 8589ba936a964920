#!/bin/sh
# run.sh - measure this machine: install what is missing, build, run, draw, report.
#
# usage: ./bench/run.sh [options]
#
#   --quick              5 short rounds of the main figures, or of those of --only (else 10 of all; it says how long)
#   --only FIGURE,..     only these figures                  (--list names them)
#   --contenders C,..    only these contenders               (--list names them)
#   --with-peers         install and build the peers too: Erlang, Elixir, Go
#   --rounds N           so many rounds
#   --seed N             the order of everything is drawn from this seed (default: drawn, and stored)
#   --out DIR            where the result goes (default: results/HOST-DATE; results/latest points to it)
#   --list               name the figures, contenders and variants, and end
#   --help               this text
#
# examples:
#   ./bench/run.sh --quick                                   a first look
#   ./bench/run.sh --with-peers                              the real thing, beside Erlang, Elixir and Go
#   ./bench/run.sh --quick --only yield,memory --contenders beamling,pthread
#   bench/summarise results/latest                           compute and draw again, without measuring
#
# Nothing is written into DIR until the run is complete. Ctrl-C at any time leaves nothing behind.
set -eu
here=$(dirname "$(readlink -f "$0")")

usage() { sed -n '/^# usage/,/^set -eu/s/^# \{0,1\}//p' "$here/run.sh"; }
case " $* " in *" --help "* | *" -h "*) usage; exit 0 ;; esac

# The packages that provide what is not there, one test each: what came from elsewhere counts too.
missing=
lacks() { missing="$missing $1"; }
has() { command -v "$1" >/dev/null 2>&1; }
header() { printf '#include <%s>\n' "$1" | c++ -E -x c++ - >/dev/null 2>&1; }
module() { has /usr/bin/python3 && /usr/bin/python3 -c "import $1" 2>/dev/null; }

look_for_tools() {
    has gcc || lacks gcc
    has g++ || lacks g++
    has cmake || lacks cmake
    has ninja || lacks ninja-build
    has pkg-config || lacks pkg-config
    header jemalloc/jemalloc.h || lacks libjemalloc-dev
    header benchmark/benchmark.h || lacks libbenchmark-dev
    has gnuplot || lacks gnuplot-nox
    module numpy || lacks python3-numpy
    module scipy.stats || lacks python3-scipy
    module jinja2 || lacks python3-jinja2
    [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || lacks fonts-dejavu-core
}

look_for_peers() {
    { has erl && has erlc; } || lacks erlang-base
    has elixirc || lacks elixir
    has go || lacks golang-go
}

install_missing() {
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ] || ! has apt-get; then
        {
            echo "run.sh: needed and not installed:$missing"
            if has apt-get; then
                echo "run.sh: install them, then start this again:"
                echo "    sudo apt-get install --no-install-recommends$missing"
            else
                echo "run.sh: these are the names of Debian's packages; install the same with this system's own tool."
            fi
        } >&2
        exit 1
    fi
    echo "installing:$missing" >&2
    # dpkg's own words are of use only when it fails
    log=$(mktemp)
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        echo "run.sh: apt-get could not install$missing; its last words are above" >&2
        exit 1
    fi
    rm -f "$log"
    missing=
}

# A mistyped option should be said before anything is installed for it; that takes python alone.
has /usr/bin/python3 || { lacks python3; install_missing; }
/usr/bin/python3 "$here/run.py" --check "$@"
case " $* " in *" --list "*) exit 0 ;; esac

look_for_tools
case " $* " in *" --with-peers "*) look_for_peers ;; esac
install_missing
exec /usr/bin/python3 "$here/run.py" "$@"
