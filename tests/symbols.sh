#!/bin/sh
# symbols.sh NM READELF LIBRARY HEADER CC - what the library shows, needs, and does before main().
#
# Only bl_* may be visible in it: any other name would clash with a program's own. All
# that the header declares must be there. And nothing may run before bl_start(). It needs nothing of
# the library that the compiler links into each program, and calls shared libraries by their addresses, not by
# the linker's stubs: both lie among the program's code, and kernel/preempt would interrupt the runtime there.
nm=$1 readelf=$2 library=$3 header=$4 cc=$5 bad=0

case $library in
*.so*) names=$("$nm" -D --defined-only "$library") ;;
*) names=$("$nm" -g --defined-only "$library") ;;
esac
defined=$(printf '%s\n' "$names" | awk 'NF == 3 { print $3 }' | sort -u)
declared=$(sed -n 's/^BL_API.*[ *]\(bl_[a-z_]*\)(.*/\1/p; s/^BL_NORETURN BL_API.*[ *]\(bl_[a-z_]*\)(.*/\1/p' "$(dirname "$header")"/*.h | sort -u)

[ -n "$defined" ] && [ -n "$declared" ] || { echo "symbols.sh: nothing was read from $library or $header"; exit 1; }
for name in $defined; do
    case $name in
    bl_*) ;;
    *) echo "$library: $name is visible"; bad=1 ;;
    esac
    printf '%s\n' "$declared" | grep -qx "$name" || { echo "$library: $name is visible, but not in $header"; bad=1; }
done
for name in $declared; do
    printf '%s\n' "$defined" | grep -qx "$name" || { echo "$library: $name is declared in $header, but missing"; bad=1; }
done
helpers=$("$cc" -print-libgcc-file-name)
if [ -e "$helpers" ]; then
    given=$("$nm" --defined-only "$helpers" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u)
    [ -n "$given" ] || { echo "symbols.sh: nothing was read from $helpers"; exit 1; }
    for name in $("$nm" -u "$library" | awk '$1 == "U" { print $2 }' | sort -u); do
        printf '%s\n' "$given" | grep -qx "$name" && { echo "$library: needs $name of $helpers"; bad=1; }
    done
fi
case $library in
*.so*) ;; # the compiler's own start files put some there
*)
    wanted=$("$nm" -u "$library" | awk '$1 == "U" { print $2 }' | sort -u)
    for name in $("$readelf" -rW "$library" | awk '$3 ~ /PLT32|CALL26|JUMP26/ { print $5 }' | sort -u); do
        printf '%s\n' "$wanted" | grep -qx "$name" && { echo "$library: calls $name by a stub"; bad=1; }
    done
    "$readelf" -SW "$library" | grep -E '\.(init_array|ctors|preinit_array)' && { echo "$library: runs something before main()"; bad=1; }
    ;;
esac
exit $bad
