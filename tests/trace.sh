#!/bin/sh
# trace.sh WATCH TRACE - does what tools/trace makes of an example's events say what happened?
watch=$1 trace=$2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
fail() { echo "trace.sh: $*"; exit 1; }
events=$dir/events.jsonl

"$watch" "$events" || fail "the example failed"
"$trace" --svg "$dir/a.svg" --mermaid "$dir/a.mmd" --perfetto "$dir/a.json" "$events" || fail "no charts"
"$trace" "$events" | grep -q ' 2 exit$' || fail "two processes end, the summary says otherwise"
[ "$(grep -c 'exit unlucky' "$dir/a.mmd")" = 1 ] || fail "one crash in the Mermaid chart"
[ "$(grep -c ')p[0-9]*: spawn' "$dir/a.mmd")" = 3 ] || fail "three are spawned"
grep -q 'p[0-9]*->>p0: {square,15,225}' "$dir/a.mmd" || fail "15 squared is sent to the pool"
grep -q '>exit unlucky<' "$dir/a.svg" || fail "a crash in the SVG chart"
python3 - "$dir/a.json" <<'EOF' || fail "the timeline is not as Perfetto wants it"
import json, sys
events = json.load(open(sys.argv[1]))["traceEvents"]
starts = [e["id"] for e in events if e["ph"] == "s"]
ends = [e["id"] for e in events if e["ph"] == "f"]
assert starts and sorted(starts) == sorted(ends), "an arrow for each message that was received"
assert len([e for e in events if e["ph"] == "X" and e["pid"] == 2]) >= 2, "somebody ran on a scheduler"
assert all(e["dur"] >= 0 for e in events if e["ph"] == "X")
EOF
printf '{"ns":1}\n' >"$dir/bad.jsonl"
"$trace" "$dir/bad.jsonl" 2>"$dir/said" && fail "no event, and no complaint"
grep -q 'line 1' "$dir/said" || fail "the complaint does not say where"
