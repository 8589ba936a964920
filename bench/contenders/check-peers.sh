#!/bin/sh
# check-peers.sh DIR - do the peers built in DIR keep the contract of bench/README.md?
#
# Every figure in every variant, with a few operations: exit code, the exact number of
# batches, work, checksum, the fields of the JSON line; then the --hold protocol, the
# refusals and the process limit. It judges no time. A peer that is not built is skipped,
# and said to be; if none is built the check fails.
[ $# -eq 1 ] && [ -d "$1" ] || { echo "usage: $0 DIR (where the peers were built)" >&2; exit 2; }
exec /usr/bin/python3 - "$1" <<'EOF'
import json, os, subprocess, sys

N = 101  # odd: the ring's token stops inside a lap
SUM = N * (N + 1) // 2
EXPECTED = {  # work and checksum of a batch, most units alive
    'spawn_exit': (1000, 500500, 0), 'spawn_join': (100, 5050, 1), 'yield': (10000, 10000, 2),
    'ping_pong': (1000, 501500, 2), 'ring': (10000, 10000, N), 'stream': (100000, 5000050000, 2),
    'fan_in': (100000, 1250050000, 5), 'spawn_live': (N, SUM, N), 'memory': (N, SUM, N)}
PARKING = ('spawn_live', 'memory')
FIELDS = 'figure contender variant cpus n value unit ops work peak_live checksum'.split()
CPUS = {'one_cpu': 1, 'two_cpus': 2, 'free': 2}
failures = checked = 0

def run(peer, *arguments, stdin='', **environment):
    done = subprocess.run([os.path.join(sys.argv[1], peer), *map(str, arguments)], input=stdin,
                          capture_output=True, text=True, timeout=120, env={**os.environ, **environment})
    lines = done.stdout.splitlines()
    return done.returncode, lines, done.stderr

def figure(peer, name, variant, *more, n=N, **how):
    return run(peer, '--contender', peer, '--figure', name, '--variant', variant, '--n', n,
               '--cpus', CPUS[variant], *more, **how)

def claim(peer, what, holds, got):
    global failures, checked
    checked += 1
    if not holds:
        failures += 1
        print(f'FAILED {peer}: {what}: got {got}')

def cannot(peer, name, variant):
    return (name == 'yield' and variant != 'one_cpu'
            or variant == 'two_cpus' and (peer == 'go' or name in PARKING))

def right(peer, name, variant, line, ops):
    r, (work, checksum, peak) = json.loads(line), EXPECTED[name]
    return (list(r) == FIELDS and r['value'] > 0 and r['unit'] == 'ns'
            and (r['figure'], r['contender'], r['variant'], r['cpus'], r['n']) == (name, peer, variant, CPUS[variant], N)
            and (r['work'], r['checksum'], r['peak_live']) == (work, checksum, peak)
            and (r['ops'] == ops if ops else r['ops'] > 0 and r['ops'] % work == 0))

def check_figure(peer, name, variant):
    work = EXPECTED[name][0]
    for asked, batches in ((1, 1), (2 * work + 1, 3)):
        code, lines, error = got = figure(peer, name, variant, '--ops', asked)
        if cannot(peer, name, variant):
            claim(peer, f'{name} {variant} is refused', code == 3 and len(lines) == 1 and json.loads(lines[0])['error'], got)
            return
        ops = N if name in PARKING else batches * work
        claim(peer, f'{name} {variant} --ops {asked}',
              code == 0 and len(lines) == 1 and right(peer, name, variant, lines[0], ops), got)

def check_hold(peer):
    for stdin in ('\n\n', ''):
        code, lines, error = got = figure(peer, 'memory', 'one_cpu', '--hold', stdin=stdin)
        ok = code == 0 and len(lines) == 3
        if ok:
            ready, parked = map(json.loads, lines[:2])
            ok = (ready == {'event': 'ready'} and parked['event'] == 'parked' and parked['live'] == N
                  and parked['value'] > 0 and right(peer, 'memory', 'one_cpu', lines[2], N))
        claim(peer, f'--hold with {stdin!r} on standard input', ok, got)

def check_refusals(peer):
    for arguments in (['--frob'], ['--figure', 'nothing', '--variant', 'free', '--n', 1, '--cpus', 1], [],
                      ['--figure', 'ring', '--variant', 'nowhere', '--n', 2, '--cpus', 1],
                      ['--figure', 'ring', '--variant', 'free', '--n', 'many', '--cpus', 1]):
        code, lines, error = got = run(peer, *arguments)
        claim(peer, f'{arguments} is refused', code == 2 and not lines and 'spawn_exit' in error, got)

def check(peer):
    code, lines, error = got = run(peer, '--list')
    claim(peer, '--list', code == 0 and lines == list(EXPECTED), got)
    code, lines, error = got = run(peer, '--version')
    claim(peer, '--version', code == 0 and len(lines) == 1, got)
    for name in EXPECTED:
        for variant in CPUS:
            check_figure(peer, name, variant)
    code, lines, error = got = figure(peer, 'yield', 'one_cpu', '--min-time', '0.02')
    claim(peer, '--min-time', code == 0 and right(peer, 'yield', 'one_cpu', lines[0], 0), got)
    check_hold(peer)
    check_refusals(peer)
    if peer != 'go':
        code, lines, error = got = figure(peer, 'spawn_live', 'free', n=5000, ERL_ZFLAGS='+P 4096')
        claim(peer, 'the process limit', code == 4 and json.loads(lines[0])['limit'] == 'process_limit = 4096'
              and 4000 < json.loads(lines[0])['live'] < 4096, got)

for peer in ('erlang', 'elixir', 'go'):
    if os.access(os.path.join(sys.argv[1], peer), os.X_OK) and os.path.isfile(os.path.join(sys.argv[1], peer)):
        before = failures, checked
        check(peer)
        print(f'{peer}: {checked - before[1]} claims, {failures - before[0]} failed')
    else:
        print(f'SKIPPED {peer}: NOT BUILT in {sys.argv[1]}: nothing about it was checked')
sys.exit(1 if failures or not checked else 0)
EOF
