#!/bin/sh
# check.sh PROJECT_DIR WORK_DIR [CMAKE_OPTION..] - can others use what is installed?
#
# Builds the library, static and shared, with these options; installs each, moves the
# installed tree, and builds and runs a program in C and one in C++17 against it, once
# through find_package() and once through pkg-config with nothing but a compiler.
set -eu
[ $# -ge 2 ] || { echo "usage: $0 PROJECT_DIR WORK_DIR [CMAKE_OPTION..]" >&2; exit 2; }
project=$(readlink -f "$1") work=$2
shift 2
: "${CC:=cc}" "${CXX:=c++}" "${PKG_CONFIG:=pkg-config}"
strict='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'
export CC CXX
unset DESTDIR LD_LIBRARY_PATH PKG_CONFIG_LIBDIR
rm -rf "$work"
mkdir -p "$work"
work=$(readlink -f "$work")

step() { # WORDS.. : run; its output is of interest only when it fails
    "$@" >"$work/log" 2>&1 || { echo "FAILED: $*" >&2; cat "$work/log" >&2; exit 1; }
}

right() { # PROGRAM
    said=$("$1") || { echo "FAILED: $1 ended with $?, and said: $said" >&2; exit 1; }
    case $said in
    "consumer $version: 21") echo "  ok: ${1#"$work/"}" ;;
    *) echo "FAILED: $1 said: $said" >&2; exit 1 ;;
    esac
}

install_moved() { # KIND SHARED [CMAKE_OPTION..]
    kind=$1 shared=$2
    shift 2
    step cmake -S "$project" -B "$work/$kind/library" "$@" -DBUILD_SHARED_LIBS="$shared" \
        -DBEAMLING_TESTS=OFF -DBEAMLING_EXAMPLES=OFF -DBEAMLING_BENCH=OFF
    step cmake --build "$work/$kind/library"
    step cmake --install "$work/$kind/library" --prefix "$work/$kind/first"
    mv "$work/$kind/first" "$work/$kind/installed"
    rm -r "$work/$kind/library" # nothing may be found there any more
}

by_cmake() { # KIND
    step cmake -S "$project/tests/consumer" -B "$work/$1/cmake" -DCMAKE_PREFIX_PATH="$work/$1/installed"
    step cmake --build "$work/$1/cmake"
    right "$work/$1/cmake/consumer_c"
    right "$work/$1/cmake/consumer_cc"
}

by_pkg_config() { # KIND
    PKG_CONFIG_PATH=$(dirname "$(find "$work/$1/installed" -name beamling.pc)")
    export PKG_CONFIG_PATH
    version=$("$PKG_CONFIG" --modversion beamling)
    flags=$("$PKG_CONFIG" --cflags beamling) libs=$("$PKG_CONFIG" --libs beamling)
    # shellcheck disable=SC2086 # lists of words
    step "$CC" -std=c11 $strict $flags "$project/tests/consumer/consumer.c" $libs -o "$work/$1/pkg_c"
    # shellcheck disable=SC2086
    step "$CXX" -std=c++17 $strict $flags "$project/tests/consumer/consumer.cc" $libs -o "$work/$1/pkg_cc"
    LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH")
    export LD_LIBRARY_PATH # for the shared library; the archive needs no help
    right "$work/$1/pkg_c"
    right "$work/$1/pkg_cc"
    unset LD_LIBRARY_PATH
}

hidden() { # KIND: only bl_* may be seen from outside
    find "$work/$1/installed" -name 'libbeamling.a' -exec nm -g --defined-only {} + >"$work/$1/names"
    find "$work/$1/installed" -name 'libbeamling.so' -exec nm -D --defined-only {} + >>"$work/$1/names"
    grep -q ' bl_send$' "$work/$1/names" || { echo "FAILED: nm found no bl_send in the $1 library" >&2; exit 1; }
    if grep -E '^[0-9a-f]+ ' "$work/$1/names" | grep -v ' bl_[a-z_]*$'; then
        echo "FAILED: the $1 library shows the names above, which are not bl_*" >&2
        exit 1
    fi
}

both_ways() { # KIND SHARED [CMAKE_OPTION..]
    echo "$1 library:"
    install_moved "$@"
    hidden "$1"
    by_pkg_config "$1"
    by_cmake "$1"
}

both_ways static OFF "$@"
both_ways shared ON "$@"
rm -rf "$work"
