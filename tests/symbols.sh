#!/bin/sh
# symbols.sh NM READELF LIBRARY HEADER - what the library shows, and does before main().
#
# Only bl_* may be visible in it: any other name would clash with a program's own. All
# that the header declares must be there. And nothing may run before bl_start().
nm=$1 readelf=$2 library=$3 header=$4 bad=0

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
case $library in
*.so*) ;; # the compiler's own start files put some there
*)
    "$readelf" -SW "$library" | grep -E '\.(init_array|ctors|preinit_array)' && { echo "$library: runs something before main()"; bad=1; }
    ;;
esac
exit $bad
