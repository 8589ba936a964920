#!/bin/sh
# build.sh OUTPUT - build the fuzz target of decode.c; needs libei, and clang with libFuzzer: 77 if it has none.
set -eu
echo 'int LLVMFuzzerTestOneInput(const char *b, int n) { return !b && n; }' |
    clang -fsanitize=fuzzer -x c -o "$1" - 2>/dev/null || { echo "build.sh: this clang has no libFuzzer" >&2; exit 77; }
cd "$(dirname "$(readlink -f "$0")")/../.."
rooms="data/encode_ei data/decode_ei data/map data/mapbox data/trie data/order data/box data/header data/heap
    data/atom data/literal machine/small machine/pool machine/self base/os base/panic"
# shellcheck disable=SC2046,SC2086 # lists
clang -std=gnu11 -D_GNU_SOURCE -DBL_ASSERTS=1 -DBL_HOSTILE=0 -g -O1 -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=undefined -Iruntime -Iinclude -Itests -o "$1" tests/fuzz/[dm]*.c \
    $(for room in $rooms; do echo "runtime/$room.c"; done) ${EI_FLAGS:--lei} -lm
