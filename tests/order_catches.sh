#!/bin/sh
# order_catches.sh AWK ROOT - does order.awk catch what it is there for?
# A copy of the runtime gets one include that looks forward, then one room that is not
# in ORDER; both must be found, and named.
awk=$1 root=$2
copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
cp -R "$root/runtime" "$copy/runtime"
cd "$copy" || exit 1
check() { "$awk" -f "$root/tests/order.awk" runtime/ORDER runtime/*/*.[chS]; }
fail() { echo "order_catches.sh: $1"; exit 1; }

check > said || fail "the copy is not in order to begin with: $(cat said)"

cp runtime/data/term.h term.h
sed '1,/^#include/s|^#include|#include "kernel/sched.h"\n&|' term.h > runtime/data/term.h
cmp -s term.h runtime/data/term.h && fail "the forward include was not made"
check > said && fail "a forward include was not caught"
grep -q 'data/term includes kernel/sched, which comes after it' said || fail "it was not named: $(cat said)"
cp term.h runtime/data/term.h

echo '#include "base/base.h"' > runtime/data/nowhere.h
check > said && fail "a room without a place was not caught"
grep -q 'data/nowhere is not in runtime/ORDER' said || fail "it was not named: $(cat said)"
rm runtime/data/nowhere.h

{ cat term.h; echo '#include "base/nothing.h"'; } > runtime/data/term.h
check > said && fail "an include of no room was not caught"
cp term.h runtime/data/term.h

{ cat runtime/data/atom.c; echo 'static struct lock arenas_lock;'; } > atom.c
mv atom.c runtime/data/atom.c
check > said && fail "two static variables of one name were not caught"
grep -q 'has a static variable arenas_lock too' said || fail "it was not named: $(cat said)"
exit 0
