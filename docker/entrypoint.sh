#!/bin/sh
# entrypoint.sh - what `docker run beamling` does.
#
# usage: docker run --rm -v "$PWD/out:/out" beamling                 measure: --quick --with-peers
#        docker run --rm -v "$PWD/out:/out" beamling OPTIONS         measure with these options of bench/run.sh
#        docker run --rm beamling test [OPTIONS]                     run the tests (options of tests/run.sh)
#        docker run --rm -it beamling shell                          look around
#        docker run --rm beamling --help                             this text
#
# A result is a folder of its own in /out, with report.html, the charts and the raw data. It
# belongs to whoever owns /out. No privilege is needed; what this machine does not permit is
# named in the report. Give the container whole CPUs (--cpuset-cpus=0,1), never a share of
# time (--cpus), which would be taken away in bursts.
set -eu
cd /beamling

usage() { sed -n '/^# usage/,/^set/{/^set/d;s/^# \{0,1\}//p}' docker/entrypoint.sh; }

free_name() { # a folder of /out that does not exist
    name=/out/beamling-$(date +%Y-%m-%d) try=2
    result=$name
    while [ -e "$result" ]; do
        result=$name.$try try=$((try + 1))
    done
}

measure() {
    free_name
    if ! mountpoint -q /out; then
        echo 'Nothing is mounted at /out: the result will vanish with the container. To keep it:' >&2
        echo "    docker run --rm -v \"\$PWD/out:/out\" beamling" >&2
    fi
    status=0
    bench/run.sh --out "$result" "$@" || status=$?
    hand_over
    exit $status
}

hand_over() { # the host's user should be able to read it, and to throw it away
    [ -d "$result" ] || return 0
    chown -R "$(stat -c %u:%g /out)" "$result"
    chmod -R a+rX "$result"
}

if [ "$(id -u)" -ne 0 ]; then
    echo 'entrypoint.sh: start this without --user: what was built here belongs to root; the result will be yours' >&2
    exit 2
fi
case ${1-} in
'') measure --quick --with-peers ;;
test)
    shift
    # clang, aarch64 and qemu would double the image: their presets are not in it
    [ $# -gt 0 ] || set -- --preset dev,release,hostile,tsan,bench,scripts
    exec tests/run.sh "$@"
    ;;
shell) exec bash ;;
--help | -h)
    usage
    echo
    echo 'The options of bench/run.sh:'
    bench/run.sh --help | sed '1d'
    ;;
--list) exec bench/run.sh --list ;;
*)
    case " $* " in
    *' --out'*) echo 'entrypoint.sh: the place is /out: mount your folder there' >&2; exit 2 ;;
    esac
    measure "$@"
    ;;
esac
