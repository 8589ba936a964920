# order.awk - no room includes a room that comes after it in runtime/ORDER, and no two have a
# static variable of one name: the library is compiled as one translation unit, in which C makes
# one variable of two that are not initialised.
#   awk -f tests/order.awk runtime/ORDER runtime/*/*.[chS]      (from the project's root)
FNR == NR { if ($0 !~ /^#/ && NF) rank[$1] = ++rooms; next }
FNR == 1 {
    here = FILENAME
    sub(/^.*runtime\//, "", here); sub(/\.[chS]$/, "", here)
    sub(/_(jemalloc|malloc|hostile|ei|none|x86_64|aarch64)$/, "", here)   # one room, a file for each choice
    if (!(here in rank)) { print FILENAME ": the room " here " is not in runtime/ORDER"; bad = 1 }
}
match($0, /^#include "[a-z]+\/[a-z_]+\.h"/) {
    there = substr($0, 11, RLENGTH - 13)
    if (there == "beamling/beamling" || there == "beamling/version") next
    if (!(there in rank)) { print FILENAME ":" FNR ": includes " there ", which is no room"; bad = 1 }
    else if (rank[there] > rank[here]) { print FILENAME ":" FNR ": " here " includes " there ", which comes after it"; bad = 1 }
    edges++
}
/^static [^(]*;/ && !/=/ {
    name = $0
    sub(/(\[[^]]*\])*;.*/, "", name); sub(/^.*[ *]/, "", name)
    if (name in of && of[name] != FILENAME) { print FILENAME ":" FNR ": " of[name] " has a static variable " name " too"; bad = 1 }
    of[name] = FILENAME
}
END {
    if (!rooms || !edges) { print "order.awk: nothing was read: call it from the project's root"; bad = 1 }
    exit bad
}
