#!/bin/sh
# check-peers.sh DIR [--quick] - do the peers built in DIR keep the contract of bench/README.md?
#
# Every figure in every variant, with a few operations: exit code, the exact number of
# batches, work, checksum, the fields of the JSON line; then the figures about terms and
# signals in several sizes, the --hold protocol, the refusals and the process limit. It judges no time. A peer that is not built is skipped,
# and said to be; if none is built the check fails.
# --quick: every figure in every variant still, but in one size, and some of the refusals.
if [ ! -d "${1-}" ] || [ $# -gt 2 ] || [ "${2---quick}" != --quick ]; then
    echo "usage: $0 DIR [--quick] (DIR: where the peers were built)" >&2
    exit 2
fi
exec /usr/bin/python3 - "$@" <<'EOF'
import concurrent.futures, json, os, subprocess, sys

N = 101  # odd: the ring's token stops inside a lap
SUM = N * (N + 1) // 2
EXPECTED = {  # work and checksum of a batch, most units alive
    'spawn_exit': (1000, 500500, 0), 'spawn_join': (100, 5050, 1), 'yield': (10000, 10000, 2),
    'ping_pong': (1000, 501500, 2), 'ring': (10000, 10000, N), 'stream': (100000, 5000050000, 2),
    'fan_in': (100000, 1250050000, 5), 'spawn_live': (N, SUM, N), 'memory': (N, SUM, N)}
PARKING = ('spawn_live', 'memory')
FIELDS = 'figure contender variant cpus n value unit ops work peak_live checksum'.split()
CPUS = {'one_cpu': 1, 'two_cpus': 2, 'free': 2}
STEPS = sum(i % 256 for i in range(1, 1001))
EIGHT = {'int': 26, 'atom': 20, 'pair': 156, 'nested': 192, 'list': 184, 'map': 156, 'bin': 148}

BOTH = {'one_cpu': 1, 'two_cpus': 2}

# The random choices of bench/figures/draws.h, once more.
def draws(seed):
    while True:
        seed = seed * 48271 % 2147483647
        yield seed

def big_sum(n):
    total = 0
    for actor in range(1, 121):
        drawn = draws(actor)
        for _ in range(n):
            other = 1 + next(drawn) % 119
            total += other + (other >= actor)
    return total

def bank_sum(n):
    balances, drawn = [100000] * 1001, draws(1)
    for _ in range(n):
        source = 1 + next(drawn) % 800
        destination = source + 1 + next(drawn) % (1000 - source)
        amount = 1 + next(drawn) % 1000
        balances[source] -= amount
        balances[destination] += amount
    return sum(number * balances[number] for number in range(1, 1001))

def dictionary_sum(n):
    values, total = list(range(20001)), 0
    for worker in range(1, 21):
        drawn = draws(worker)
        for _ in range(n):
            key, value = worker + 20 * (next(drawn) % 1000), next(drawn)
            if value % 10 == 0:
                values[key] = value
            total += values[key]
    return total

def between(least, x, most): return max(least, min(x, most))
def leaves(n): return 10 ** (len(str(n)) - 1)
def tree(n): return (10 * leaves(n) - 1) // 9
def copies(n): return between(4, 4194304 // (n + 1), 10000)
def holders(n): return between(500, 4194304 // (n + 16), 100000)

# The figures about terms and signals: variants with their CPUs, some n, work and checksum of a batch, units alive.
TERMS = {
    'tuple_ping_pong': (CPUS, (2,), lambda v, n: (1000, 501500, 2)),
    'copy': (dict.fromkeys(('bin', 'list', 'tuple'), 1), (0, 1, 100, 1024, 131072),
             lambda v, n: (copies(n), copies(n) * (n + 1), 2)),
    'binary_step': ({'one_cpu': 1}, (1, 64, 65, 4096), lambda v, n: (1000, 1000 * n + STEPS, 2)),
    'selective': ({'plain': 1, 'marker': 1}, (0, 1, 10000), lambda v, n: (10, 65, 2)),
    'pattern': (dict.fromkeys(EIGHT, 1), (1,), lambda v, n: (10000, 1250 * EIGHT[v], 1)),
    'heap_bytes': ({'free': 2}, (0, 8, 2048, 8192), lambda v, n: (holders(n), holders(n) * (n // 2), holders(n))),
    'link_exit': ({'one_cpu': 1, 'free': 2}, (1, 2, 5000), lambda v, n: (n, n * (n + 1) // 2, n)),
    'monitor': ({'one_cpu': 1}, (1000,), lambda v, n: (n, n * (n + 1) // 2, n)),
    'call': ({'one_cpu': 1, 'two_cpus': 2}, (0, 10000), lambda v, n: (1000, 501500, 2)),
    'timer': ({'set_cancel': 1, 'set_fire': 1}, (0, 10000),
              lambda v, n: (100000, 100000 if v == 'set_cancel' else 5000050000, 1)),
    'registry': ({'one_cpu': 1, 'free': 2}, (1, 1000), lambda v, n: (100000, 5000050000, n + 1)),
    'big': (BOTH, (1, 500), lambda v, n: (120 * n, big_sum(n), 120)),
    'bank': (BOTH, (1, 99, 101, 5000), lambda v, n: (n, bank_sum(n), 1001)),
    'chameneos': (BOTH, (1, 5000), lambda v, n: (n, 2 * n, 101)),
    'philosophers': (BOTH, (1, 500), lambda v, n: (20 * n, 230 * n, 21)),
    'dictionary': (BOTH, (1, 500), lambda v, n: (20 * n, dictionary_sum(n), 21))}
CROWDS = ('big', 'bank', 'chameneos', 'philosophers', 'dictionary')
BASIC = {  # of Savina and its like, on one CPU and on two; None: how many live at once is counted
    'skynet': ((1, 10, 99, 1000), lambda n: (tree(n), leaves(n) * (leaves(n) - 1) // 2, None)),
    'fj_create': ((1, 1000), lambda n: (n, n * (n + 1) // 2, 0)),
    'thread_ring': ((2, 100), lambda n: (100000, 100000, n)),
    'counting': ((1, 1000), lambda n: (n, n, 2)),
    'spawn_storm': ((1, 2, 1001), lambda n: (n, n * (n + 1) // 2, 0))}
TERMS |= {name: ({'one_cpu': 1, 'two_cpus': 2}, sizes, lambda v, n, proof=proof: proof(n)) for name, (sizes, proof) in BASIC.items()}
TERMS['random_ring'] = ({'one_token': 1, 'tokens': 1}, (1000, 1001), lambda v, n: (200000, 200000, n))
UNFORCED = (*CROWDS, *BASIC)  # two_cpus is two CPUs, and the runtime places its units
SINGLE = PARKING + ('heap_bytes',)  # one batch, whatever --ops says
WITHOUT = {'go': ('binary_step', 'selective', 'pattern')}
LISTED = [*(f for f in EXPECTED if f not in PARKING), *(f for f in TERMS if f != 'heap_bytes'), *SINGLE, 'gc_isolation', 'wake', 'hog', 'shares']
PERCENTILES = ['p50', 'p99', 'p99_9', 'max']
PEERS = ('erlang', 'elixir', 'go')
QUICK = len(sys.argv) > 2
checked, failures = dict.fromkeys(PEERS, 0), dict.fromkeys(PEERS, 0)

def run(peer, *arguments, stdin='', **environment):
    done = subprocess.run([os.path.join(sys.argv[1], peer), *map(str, arguments)], input=stdin,
                          capture_output=True, text=True, timeout=120, env={**os.environ, **environment})
    lines = done.stdout.splitlines()
    return done.returncode, lines, done.stderr

def figure(peer, name, variant, *more, n=N, cpus=0, **how):
    return run(peer, '--contender', peer, '--figure', name, '--variant', variant, '--n', n,
               '--cpus', cpus or CPUS[variant], *more, **how)

def claim(peer, what, holds, got):
    checked[peer] += 1
    if not holds:
        failures[peer] += 1
        print(f'FAILED {peer}: {what}: got {got}', flush=True)

def cannot(peer, name, variant):
    return (name == 'yield' and variant != 'one_cpu'
            or variant == 'two_cpus' and (peer == 'go' and name not in UNFORCED or name in PARKING)
            or name in WITHOUT.get(peer, ()))

def right(line, setting, proof, ops, fields=FIELDS, unit='ns'):
    r = json.loads(line)
    return (list(r) == fields and r['value'] > 0 and r['unit'] == unit
            and (r['figure'], r['contender'], r['variant'], r['cpus'], r['n']) == setting
            and (r['work'], r['checksum'], r['peak_live'] if proof[2] is not None else None) == proof
            and (proof[2] is not None or r['work'] // 100 < r['peak_live'] <= r['work'])
            and (r['ops'] == ops if ops else r['ops'] > 0 and r['ops'] % proof[0] == 0))

def refused(got):
    code, lines, error = got
    return code == 3 and len(lines) == 1 and json.loads(lines[0])['error']

def check_figure(peer, name, variant, cpus=0, n=N, proof=None, several=True):
    """One batch; and `several` of them, which is asked of the first size only."""
    cpus, proof = cpus or CPUS[variant], proof or EXPECTED[name]
    work = proof[0]
    for asked, batches in ((1, 1), (2 * work + 1, 3))[:1 + (several and not QUICK)]:
        code, lines, error = got = figure(peer, name, variant, '--ops', asked, n=n, cpus=cpus)
        if cannot(peer, name, variant):
            claim(peer, f'{name} {variant} is refused', refused(got), got)
            return
        ops = work if name in SINGLE else batches * work
        claim(peer, f'{name} {variant} n = {n} --ops {asked}', code == 0 and len(lines) == 1
              and right(lines[0], (name, peer, variant, cpus, n), proof, ops), got)

def check_terms(peer):
    for name, (variants, sizes, proof) in TERMS.items():
        for variant, cpus in variants.items():
            for n in sizes[:1 if QUICK else None]:
                check_figure(peer, name, variant, cpus, n, proof(variant, n), several=n == sizes[0])

def check_isolation(peer):
    for n in (0, 1 << 24):
        code, lines, error = got = figure(peer, 'gc_isolation', 'free', n=n)
        r = json.loads(lines[0]) if code == 0 and len(lines) == 1 else {}
        probes = r.get('work', 0)
        claim(peer, f'gc_isolation n = {n}', probes >= 5000 and (n or probes == 5000)
              and right(lines[0], ('gc_isolation', peer, 'free', 2, n), (probes, probes, 10000), probes, FIELDS + PERCENTILES)
              and r['value'] == r['p99'] and 0 < r['p50'] <= r['p99'] <= r['p99_9'] <= r['max']
              and all(isinstance(r[p], int) for p in PERCENTILES), got)

def check_wake(peer):
    code, lines, error = got = figure(peer, 'wake', 'free', n=1)
    r = json.loads(lines[0]) if code == 0 and len(lines) == 1 else {}
    claim(peer, 'wake', r and right(lines[0], ('wake', peer, 'free', 2, 1), (1000, 1000, 2), 1000, FIELDS + PERCENTILES + ['idle'])
          and r['value'] == r['p99'] and 0 < r['p50'] <= r['p99'] <= r['p99_9'] <= r['max']
          and 0 < r['idle'] < 2e9, got)

def check_hog(peer):
    for n in (0, 1):
        code, lines, error = got = figure(peer, 'hog', 'one_cpu', n=n)
        r = json.loads(lines[0]) if code == 0 and len(lines) == 1 else {}
        claim(peer, f'hog n = {n}', r and right(lines[0], ('hog', peer, 'one_cpu', 1, n), (1000, 1000, n + 2), 1000, FIELDS + PERCENTILES)
              and r['value'] == r['p99'] and 0 < r['p50'] <= r['p99'] <= r['p99_9'] <= r['max'], got)

def check_shares(peer):
    for n in (1, 3, 21):
        code, lines, error = got = figure(peer, 'shares', 'two_cpus', n=n, cpus=2)
        r = json.loads(lines[0]) if code == 0 and len(lines) == 1 else {}
        claim(peer, f'shares n = {n}', r and right(lines[0], ('shares', peer, 'two_cpus', 2, n), (n, n * (n + 1) // 2, n), r['ops'], FIELDS + ['fewest', 'most'], '%')
              and r['value'] == r['fewest'] and 0 < r['fewest'] <= 100.001 and 99.999 <= r['most'] <= 100 * n + 0.001, got)

def check_hold(peer, name, variant, n, proof):
    for stdin in ('\n\n', ''):
        code, lines, error = got = figure(peer, name, variant, '--hold', stdin=stdin, n=n)
        ok = code == 0 and len(lines) == 3
        if ok:
            ready, parked = map(json.loads, lines[:2])
            ok = (ready == {'event': 'ready'} and parked['event'] == 'parked' and parked['live'] == proof[2]
                  and parked['value'] > 0 and right(lines[2], (name, peer, variant, CPUS[variant], n), proof, proof[0]))
        claim(peer, f'{name} --hold with {stdin!r} on standard input', ok, got)

def check_refusals(peer):
    wrong = (['--frob'], ['--figure', 'nothing', '--variant', 'free', '--n', 1, '--cpus', 1], [],
             ['--figure', 'ring', '--variant', 'nowhere', '--n', 2, '--cpus', 1],
             ['--figure', 'ring', '--variant', 'free', '--n', 'many', '--cpus', 1],
             ['--figure', 'ring', '--variant', 'bin', '--n', 2, '--cpus', 1],
             ['--figure', 'ping_pong', '--variant', 'free', '--n', 0, '--cpus', 1],
             ['--figure', 'copy', '--variant', 'one_cpu', '--n', 0, '--cpus', 1],
             ['--figure', 'copy', '--variant', 'bin', '--n', -1, '--cpus', 1],
             ['--figure', 'copy', '--variant', 'bin', '--n', 0, '--cpus', 2],
             ['--figure', 'copy', '--variant', 'bin', '--n', 0, '--cpus', 1, '--hold'],
             ['--figure', 'binary_step', '--variant', 'free', '--n', 1, '--cpus', 1],
             ['--figure', 'binary_step', '--variant', 'one_cpu', '--n', 0, '--cpus', 1],
             ['--figure', 'selective', '--variant', 'free', '--n', 0, '--cpus', 1],
             ['--figure', 'link_exit', '--variant', 'two_cpus', '--n', 2, '--cpus', 2],
             ['--figure', 'link_exit', '--variant', 'one_cpu', '--n', 0, '--cpus', 1],
             ['--figure', 'shares', '--variant', 'one_cpu', '--n', 3, '--cpus', 1],
             ['--figure', 'monitor', '--variant', 'free', '--n', 1000, '--cpus', 2],
             ['--figure', 'call', '--variant', 'free', '--n', 0, '--cpus', 2],
             ['--figure', 'timer', '--variant', 'one_cpu', '--n', 0, '--cpus', 1],
             ['--figure', 'timer', '--variant', 'set_fire', '--n', 0, '--cpus', 2],
             ['--figure', 'registry', '--variant', 'two_cpus', '--n', 1, '--cpus', 2],
             ['--figure', 'big', '--variant', 'free', '--n', 1, '--cpus', 2],
             ['--figure', 'bank', '--variant', 'one_cpu', '--n', 0, '--cpus', 1],
             ['--figure', 'dictionary', '--variant', 'one_cpu', '--n', 1, '--cpus', 2],
             ['--figure', 'skynet', '--variant', 'free', '--n', 10, '--cpus', 2],
             ['--figure', 'skynet', '--variant', 'one_cpu', '--n', 0, '--cpus', 1],
             ['--figure', 'thread_ring', '--variant', 'one_cpu', '--n', 1, '--cpus', 1],
             ['--figure', 'counting', '--variant', 'one_cpu', '--n', 1, '--cpus', 2],
             ['--figure', 'pattern', '--variant', 'tuple', '--n', 1, '--cpus', 1],
             ['--figure', 'heap_bytes', '--variant', 'two_cpus', '--n', 8, '--cpus', 2],
             ['--figure', 'gc_isolation', '--variant', 'p50', '--n', 0, '--cpus', 2])
    for arguments in wrong[::5 if QUICK else 1]:
        code, lines, error = got = run(peer, *arguments)
        claim(peer, f'{arguments} is refused', code == 2 and not lines and 'spawn_exit' in error, got)

def check(peer):
    code, lines, error = got = run(peer, '--list')
    claim(peer, '--list', code == 0 and lines == [f for f in LISTED if f not in WITHOUT.get(peer, ())], got)
    code, lines, error = got = run(peer, '--version')
    claim(peer, '--version', code == 0 and len(lines) == 1, got)
    for name in EXPECTED:
        for variant in CPUS:
            check_figure(peer, name, variant)
    check_terms(peer)
    check_isolation(peer)
    check_wake(peer)
    check_hog(peer)
    check_shares(peer)
    code, lines, error = got = figure(peer, 'yield', 'one_cpu', '--min-time', '0.02')
    claim(peer, '--min-time', code == 0 and right(lines[0], ('yield', peer, 'one_cpu', 1, N), EXPECTED['yield'], 0), got)
    check_hold(peer, 'memory', 'one_cpu', N, EXPECTED['memory'])
    check_hold(peer, 'heap_bytes', 'free', 2048, TERMS['heap_bytes'][2]('free', 2048))
    check_refusals(peer)
    if peer != 'go':
        code, lines, error = got = figure(peer, 'spawn_live', 'free', n=5000, ERL_ZFLAGS='+P 4096')
        claim(peer, 'the process limit', code == 4 and json.loads(lines[0])['limit'] == 'process_limit = 4096'
              and 4000 < json.loads(lines[0])['live'] < 4096, got)

def is_built(peer):
    path = os.path.join(sys.argv[1], peer)
    return os.access(path, os.X_OK) and os.path.isfile(path)

built = [peer for peer in PEERS if is_built(peer)]
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool: # a peer each
    for peer, _ in zip(built, pool.map(check, built)):
        print(f'{peer}: {checked[peer]} claims, {failures[peer]} failed', flush=True)
for peer in PEERS:
    if peer not in built:
        print(f'SKIPPED {peer}: NOT BUILT in {sys.argv[1]}: nothing about it was checked')
sys.exit(1 if any(failures.values()) or not built else 0)
EOF
