#!/usr/bin/python3
"""run.py - the rounds: build, measure, hand over to summarise. Started by run.sh.

One sample is one fresh OS process. A round takes every cell (figure, variant, n) once, in
random order, and within a cell every contender once, in random order: what the machine does
meanwhile happens to all alike, and the rounds can be compared pair by pair.

Everything is written into a temporary folder beside the result and renamed at the very end.
Every child leads its own session, has a deadline, and dies with us; what a child leaves
behind becomes our own child (PR_SET_CHILD_SUBREAPER) and is ended after each sample.

What goes wrong is data too: see failures.tsv in README.md. Nothing is dropped in silence.
"""
from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True  # no __pycache__ in the sources
import ledger  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
BIN, PEERS = BUILD / "bin", BUILD / "peers"
UNEQUAL = 4  # exit status, ours and summarise's: the contenders did not do the same work

# ---------------------------------------------------------------------- what exists


@dataclass(frozen=True)
class Figure:
    what: str
    batch: int = 0  # operations of a batch
    kind: str = "timed"  # or live, memory, syscalls, probes, shares, heap: single shots with a plan of their own
    needs: Callable | None = None  # bytes of memory for (n, weight); None: n counts units of that weight


def heap_units(n: int) -> int:
    """heap_bytes: so many units that they hold about four million words together."""
    return min(max(4_194_304 // (n + 16), 500), 100_000)


@dataclass(frozen=True)
class Contender:
    what: str
    tool: str = ""  # what a peer needs to be built; "" for the contenders in our own programs
    package: str = ""
    weight: int = 400  # bytes a parked unit may need, rounded up: what would not fit is not tried
    only: tuple = ()  # made for these figures, and not asked in others


@dataclass(frozen=True)
class Variant:
    what: str
    cpus: str  # one, two, all: what it runs on


FIGURES = {
    "spawn_exit": Figure("create 1,000 units, each hands back a number and ends; await all; ns per unit", 1_000),
    "spawn_join": Figure("create one unit and await what it hands back, one at a time; ns per unit", 100),
    "yield": Figure("two units on one CPU hand it to each other; ns per switch", 10_000),
    "ping_pong": Figure("a question and its answer between two units; ns per round trip", 1_000),
    "ring": Figure("a token passed round a ring of n units; ns per hop", 10_000),
    "stream": Figure("one sender, one receiver, 8-byte messages; ns per message", 100_000),
    "fan_in": Figure("four senders, one receiver; ns per message", 100_000),
    "bare_switch": Figure("registers switched between two stacks, no scheduler: the floor; ns per switch", 10_000),
    "bare_line": Figure("a cache line handed to another CPU and back: the floor on two; ns per round trip", 100_000),
    "spawn_live": Figure("create n units that stay alive, up to the limit that ends it; ns per unit", kind="live"),
    "memory": Figure("bytes per parked unit, the kernel's share included, read from outside", kind="memory"),
    "tuple_ping_pong": Figure("ping_pong by tuples that are matched by pattern; ns per round trip", 1_000),
    "copy": Figure("send a binary of n bytes, a list or a tuple of n integers; ns per message", needs=lambda n, _: 640_000_000),
    "binary_step": Figure("build a binary of n bytes and send it: where copying becomes sharing; ns per message", 1_000, needs=lambda n, _: 100_000_000),
    "selective": Figure("a call while n messages wait that do not match; ns per call", 10, needs=lambda n, _: 500 * n),
    "pattern": Figure("take a term apart by four clauses; ns per match", 10_000, needs=lambda n, _: 100_000_000),
    "gc_isolation": Figure("latency of questions to small units while one collects a heap of n bytes", kind="probes",
                           needs=lambda n, weight: 4 * n + 10_000 * weight),
    "heap_bytes": Figure("bytes per parked unit that holds n words, read from outside", kind="heap",
                         needs=lambda n, weight: heap_units(n) * (weight + 32 * n)),
    "link_exit": Figure("a chain of n linked units, each dies of the end of the one before it; ns per unit", 1_000),
    "monitor": Figure("watch 1,000 units, tell each to end, hear of each end; ns per unit", 1_000),
    "call": Figure("a call that would notice the end of its server, while n messages wait; ns per call", 1_000, needs=lambda n, _: 500 * n),
    "timer": Figure("a timer set and cancelled, or set and heard of, while n others live; ns per timer", 100_000,
                    needs=lambda n, _: 250 * (n + 100_000)),
    "registry": Figure("one of n names looked up, and a message sent by name; ns per message", 100_000),
    "wake": Figure("from a send to its receiver's first instruction, when all have slept for n ms", kind="probes"),
    "hog": Figure("latency of questions to a unit that shares its CPU with n endless loops", kind="probes"),
    "shares": Figure("turns of n units that compute for ever, in percent of an even share", kind="shares"),
    "random_ring": Figure("a token, or a thousand, passed round a ring in random order; ns per hop", 200_000, needs=lambda n, weight: n * weight),
    "big": Figure("120 units send pings to each other at random, and answer; ns per ping and pong"),
    "bank": Figure("1,000 accounts, a transfer from one to the other, ordered by a teller; ns per transfer"),
    "chameneos": Figure("100 creatures meet whoever comes next, through a mall; ns per meeting"),
    "philosophers": Figure("20 philosophers ask an arbiter for their forks; ns per meal"),
    "dictionary": Figure("20 workers ask a server that holds a map, one of ten to write; ns per request"),
    "skynet": Figure("a tree of ten with n leaves grows, and the numbers of its leaves are added up; ns per unit", 1_111_111),
    "fj_create": Figure("create n units, send each one message, hear of each; ns per unit", 40_000, needs=lambda n, weight: min(n, 30_000) * weight),
    "thread_ring": Figure("100,000 hops in a ring of n units; ns per hop", 100_000),
    "counting": Figure("n messages that are only counted; ns per message", 1_000_000, needs=lambda n, _: 100 * n),
    "spawn_storm": Figure("n units created by as many spawners as CPUs, each ends at once; ns per unit", 1_000_000),
    "syscalls": Figure("system calls per operation, counted over N and 2N operations", kind="syscalls"),
}
CONTENDERS = {
    "beamling": Contender("beamling, straight-line processes", weight=300),
    "beamling_resting": Contender("beamling, resting processes: state' = f(state, message)", weight=150),
    "pthread": Contender("POSIX threads, default stacks, semaphores", weight=45_000),
    "pthread_min": Contender("POSIX threads with the smallest stacks", weight=45_000),
    "process": Contender("OS processes made by fork(), talking through pipes", weight=250_000),
    "posix_spawn": Contender("OS processes made by posix_spawn(): a new program each", weight=400_000),
    "socketpair": Contender("OS processes made by fork(), talking through a pair of sockets", only=("copy",)),
    "by_hand": Contender("beamling's terms taken apart in C by hand, without patterns", only=("pattern",)),
    "bare_visit": Contender("no units: two cache lines each, visited at random", weight=150, only=("random_ring",)),
    "bare_visit_two": Contender("no units: two cache lines each in each of two places", weight=270, only=("random_ring",)),
    "erlang": Contender("Erlang/OTP processes", "erlc", "erlang-base", 4_000),
    "elixir": Contender("Elixir processes", "elixirc", "elixir", 4_500),
    "go": Contender("goroutines and channels", "go", "golang-go", 4_000),
}
VARIANTS = {
    "one_cpu": Variant("everything pinned to one CPU, the same one for all contenders of a round", "one"),
    "two_cpus": Variant("the partners forced onto different CPUs; in whole programs (big and those after it) two CPUs, and no force", "two"),
    "free": Variant("all allowed CPUs; the runtime decides", "all"),
    "plain": Variant("selective: the answer is received by its pattern, past everything that is older", "one"),
    "marker": Variant("selective: the answer carries a fresh reference, and what is older is skipped", "one"),
    "int": Variant("pattern: an integer", "one"),
    "atom": Variant("pattern: an atom", "one"),
    "pair": Variant("pattern: {Tag, K}", "one"),
    "nested": Variant("pattern: {Tag, {K, [_, L]}, _}", "one"),
    "bin": Variant("copy: a binary; pattern: {Tag, Binary}", "one"),
    "list": Variant("copy: a list; pattern: [Tag, K | Rest]", "one"),
    "tuple": Variant("copy: a tuple", "one"),
    "map": Variant("pattern: #{tag := Tag, value := K}", "one"),
    "set_cancel": Variant("timer: set for an hour ahead, and cancelled", "one"),
    "set_fire": Variant("timer: set for a few ms ahead, and its message awaited", "one"),
    "one_token": Variant("random_ring: one token: each hop waits for the one before it", "one"),
    "tokens": Variant("random_ring: a thousand tokens, far from each other", "one"),
    "p50": Variant("gc_isolation, wake, hog: half of the questions were answered within", "all"),
    "p99": Variant("gc_isolation: 99 of 100", "all"),
    "p99_9": Variant("gc_isolation: 999 of 1000", "all"),
    "max": Variant("gc_isolation: all", "all"),
    "fewest": Variant("shares: what fell to the unit that got least", "two"),
    "most": Variant("shares: what fell to the unit that got most", "two"),
    "idle": Variant("wake: CPU time of the whole program per second while all wait", "all"),
}
SHARES = ("fewest", "most")
PERCENTILES = ("p50", "p99", "p99_9", "max")
FEWEST_PROBES = defaultdict(lambda: 5_000, wake=1_000, hog=1_000)
PLACED = defaultdict(lambda: "free", hog="one_cpu", shares="two_cpus")  # of what is one program
FLOORS = {"bare_switch", "bare_line"}
RESTS = {"wake"}  # tell the CPU time of a pause too
COLUMNS = "figure contender variant cpus n round value unit work peak_live checksum".split()
FAILURE_COLUMNS = "figure contender variant cpus n round kind why".split()

# ---------------------------------------------------------------------- how much of it


@dataclass(frozen=True)
class Pace:
    rounds: int
    min_time: float  # seconds a timed sample lasts at least
    skip: frozenset  # (figure, variant), or (figure, variant, n), left out
    memory: dict  # contender -> the n of its slope
    live: dict  # contender -> [(n, rounds)]; 0 rounds: once at the end, if there is time
    sizes: dict  # figure -> the n of its cells; not there: all that it lists
    turns: dict  # figure -> in how many rounds it takes part; not there: in all
    counted: tuple  # figures whose system calls are counted
    count_rounds: int  # counts are exact: they need no crowd
    budget: float = float("inf")  # seconds after which nothing is added
    figures: tuple = ()  # those measured unless others are asked for; empty: all


USER = ("beamling", "beamling_resting", "by_hand", "bare_visit", "bare_visit_two", "erlang", "elixir", "go")
PEER_NAMES = ("erlang", "elixir", "go")


def sizes(**kinds):
    """Spread `ours`, `peers`, `threads`, `process`, `posix_spawn` over the contenders' names."""
    by_name = {"beamling": "ours", "beamling_resting": "ours", "pthread": "threads", "pthread_min": "threads"}
    return {name: kinds.get(by_name.get(name, "peers" if name in PEER_NAMES else name), []) for name in CONTENDERS}


QUICK = Pace(
    figures=("spawn_exit", "spawn_join", "spawn_live", "memory", "yield", "ping_pong", "ring", "stream", "fan_in", "call",
             "skynet", "bare_switch", "bare_line", "syscalls"),
    rounds=5, min_time=0.03, count_rounds=1, budget=120, counted=("spawn_join", "yield", "ping_pong"),
    skip=frozenset({("spawn_exit", "free"), ("spawn_join", "free"), ("ring", "free"), ("stream", "two_cpus")}),
    memory=sizes(ours=[100_000, 300_000], peers=[50_000, 100_000], threads=[500, 2_000], process=[100, 300], posix_spawn=[100, 300]),
    live=sizes(ours=[(1_000, 3), (10_000, 3), (100_000, 2), (1_000_000, 1)], peers=[(1_000, 3), (10_000, 3), (100_000, 1), (1_000_000, 1)],
               threads=[(1_000, 3), (10_000, 1), (100_000, 0)], process=[(1_000, 2), (10_000, 0), (100_000, 0)], posix_spawn=[(1_000, 1)]),
    sizes={"copy": (0, 100, 16_384, 1_048_576), "binary_step": (16, 64, 65, 256, 4_096), "selective": (0, 1_000, 100_000),
           "gc_isolation": (0, 134_217_728), "heap_bytes": (0, 128, 8_192), "timer": (0, 1_000_000),
           "wake": (1,), "hog": (0, 1), "shares": (3, 21), "ring": (1_000, 100_000), "random_ring": (1_000, 1_000_000),
           "big": (2_000,), "bank": (5_000,), "chameneos": (20_000,), "philosophers": (1_000,), "dictionary": (1_000,),
           "skynet": (100_000,), "fj_create": (4_000,), "counting": (100_000,), "spawn_storm": (100_000,)},
    turns={"copy": 1, "binary_step": 1, "selective": 2, "pattern": 2, "gc_isolation": 1, "heap_bytes": 2,
           "link_exit": 2, "monitor": 2, "call": 2, "timer": 1, "registry": 2, "wake": 1, "hog": 1, "shares": 1, "random_ring": 1,
           "big": 1, "bank": 1, "chameneos": 1, "philosophers": 1, "dictionary": 1,
           "skynet": 1, "fj_create": 1, "thread_ring": 1, "counting": 1, "spawn_storm": 1})
FULL = Pace(
    rounds=10, min_time=0.15, count_rounds=2, skip=frozenset([("random_ring", "tokens", n) for n in (10, 100)] + [("ring", "free", n) for n in (10, 100, 1_000_000, 10_000_000, 100_000_000)]),
    counted=("spawn_exit", "spawn_join", "yield", "ping_pong", "ring", "stream", "fan_in"),
    memory=sizes(ours=[200_000, 400_000, 600_000, 800_000, 1_000_000], peers=[50_000, 100_000, 150_000, 200_000],
                 threads=[1_000, 2_500, 5_000, 10_000], process=[250, 500, 1_000, 2_000], posix_spawn=[125, 250, 500, 1_000]),
    live=sizes(ours=[(10, 10), (100, 10), (1_000, 10), (10_000, 10), (100_000, 10), (1_000_000, 5), (10_000_000, 2), (40_000_000, 1), (100_000_000, 1)],
               peers=[(10, 10), (100, 10), (1_000, 10), (10_000, 10), (100_000, 5), (1_000_000, 3)],
               threads=[(10, 10), (100, 10), (1_000, 10), (10_000, 5), (100_000, 2)], process=[(10, 10), (100, 10), (1_000, 10), (10_000, 3), (100_000, 2)],
               posix_spawn=[(10, 5), (100, 5), (1_000, 5), (10_000, 2), (100_000, 1)]),
    sizes={"gc_isolation": (0, 1_073_741_824), "heap_bytes": (0, 8, 32, 128, 512, 2_048, 8_192),
           "wake": (1, 10), "hog": (0, 1, 10), "shares": (3, 21), "random_ring": (10, 100, 1_000, 100_000, 1_000_000, 10_000_000, 100_000_000),
           "big": (20_000,), "bank": (50_000,), "chameneos": (200_000,), "philosophers": (10_000,), "dictionary": (10_000,),
           "skynet": (1_000_000,), "fj_create": (40_000,), "counting": (1_000_000,), "spawn_storm": (1_000_000,)},
    turns={"tuple_ping_pong": 5, "copy": 3, "binary_step": 3, "selective": 3, "pattern": 3, "gc_isolation": 3, "heap_bytes": 2,
           "link_exit": 5, "monitor": 5, "call": 5, "timer": 3, "registry": 5, "wake": 3, "hog": 3, "shares": 5, "random_ring": 3,
           "big": 5, "bank": 5, "chameneos": 5, "philosophers": 5, "dictionary": 5,
           "skynet": 5, "fj_create": 5, "thread_ring": 5, "counting": 5, "spawn_storm": 5})
COUNT_OPS = {"kernel": 1, "user": 50_000}  # N at least this, in whole batches; 2N follows
DEADLINE = {"timed": 90, "live": 300, "memory": 180, "syscalls": 240, "probes": 240, "shares": 90}  # seconds
ONCE = 100_000_000  # who has so many units, or more, takes part in the first round only
UNITS_A_SECOND = 200_000  # of a timed figure that has millions: so many, at least, are created, told what to do, and ended

# ---------------------------------------------------------------------- children


class Interrupted(BaseException):
    """A signal asked us to stop."""


class Failure(Exception):
    """A sample that did not come about: a row of failures.tsv."""

    def __init__(self, kind: str, why: str, live: int | None = None):
        super().__init__(why)
        self.kind, self.why, self.live = kind, " ".join(why.split()) or "no reason given", live


LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def on_birth(cpus):
    """Runs in the child before it becomes the program. Its session is new already."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if cpus:
        os.sched_setaffinity(0, cpus)


class Child:
    """A program with a deadline, in its own session, on its own CPUs."""

    def __init__(self, command, deadline: float, cpus=None, talk=False, env=None, cwd=ROOT):
        self.command, self.until, self.rest = [str(word) for word in command], time.monotonic() + deadline, b""
        self.deadline, self.errors = deadline, tempfile.TemporaryFile()
        try:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE if talk else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors,
                start_new_session=True, preexec_fn=lambda: on_birth(cpus), env=env, cwd=cwd)
        except (OSError, subprocess.SubprocessError) as error:
            raise Failure("failed", f"{Path(self.command[0]).name} could not be started: {error}") from None
        self.pid = self.process.pid

    def line(self) -> str:
        """The next line it prints; "" at the end."""
        while b"\n" not in self.rest:
            chunk = self.read()
            if not chunk:
                break
            self.rest += chunk
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode(errors="replace").strip()

    def read(self) -> bytes:
        left = self.until - time.monotonic()
        if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
            raise Failure("failed", f"not done after {self.deadline:.0f} s")
        return os.read(self.process.stdout.fileno(), 65536)

    def unread(self, line: str) -> None:
        self.rest = line.encode() + b"\n" + self.rest

    def say(self, text: str) -> None:
        try:
            self.process.stdin.write(text.encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            pass  # it is gone; its exit status says why

    def finish(self) -> tuple[int, str, str]:
        """Wait for the end: exit status, the rest of its output, its standard error."""
        while chunk := self.read():
            self.rest += chunk
        try:
            code = self.process.wait(max(0.1, self.until - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Failure("failed", f"not done after {self.deadline:.0f} s") from None
        self.errors.seek(0)
        return code, self.rest.decode(errors="replace"), self.errors.read().decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Whatever happened, nothing of it stays behind."""
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            if stream:
                try:
                    stream.close()
                except OSError:
                    pass
        if self.process.poll() is None:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
        end_orphans()


def our_children() -> list[int]:
    try:
        tasks = Path("/proc/self/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    except OSError:  # a kernel without CONFIG_PROC_CHILDREN
        return [pid for pid in ledger.family(os.getpid()) if ledger.parent_of(str(pid)) == os.getpid()]


def end_orphans() -> None:
    """Kill and reap what became ours because its parent is gone; its children follow."""
    deadline = time.monotonic() + 30
    while (left := our_children()) and time.monotonic() < deadline:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass


def ask(*command, deadline=20, env=None) -> str:
    """What a command prints, or "" if it is not there or fails: for versions."""
    try:
        with Child(command, deadline, env=env) as child:
            code, out, err = child.finish()
            return (out or err).strip() if code == 0 else ""
    except Failure:
        return ""

# ---------------------------------------------------------------------- progress


class Progress:
    """One line that moves on a terminal; a line now and then elsewhere."""

    def __init__(self):
        self.moves, self.began, self.last = sys.stderr.isatty(), time.monotonic(), 0.0

    def show(self, text: str, now=False) -> None:
        due = time.monotonic() - self.last >= (0.08 if self.moves else 10)
        if not (due or now):
            return
        self.last = time.monotonic()
        clock = f"{int(self.last - self.began) // 60}:{int(self.last - self.began) % 60:02}"
        if self.moves:
            wide = shutil.get_terminal_size().columns - 1
            print(f"\r\033[K{clock}  {text}"[: wide + 4], end="", file=sys.stderr, flush=True)
        else:
            print(f"{clock}  {text}", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.moves:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{max(5, 5 * round(seconds / 5))} s"

# ---------------------------------------------------------------------- building


def build(progress: Progress) -> None:
    if not (ROOT / "CMakePresets.json").exists():
        sys.exit(f"run.py: {ROOT}/CMakePresets.json is missing: this is not a whole copy of beamling")
    progress.show("configuring (Release)", now=True)
    build_step(["cmake", "--preset", "bench"], progress)
    build_step(["cmake", "--build", "--preset", "bench"], progress)


def build_step(command, progress: Progress) -> None:
    lines = []
    with Child([*command], 1800) as child:
        while (line := child.line()) or child.rest:
            lines.append(line)
            if line.startswith("["):
                progress.show("building  " + line)
        code, _, errors = child.finish()
    if code:
        progress.clear()
        print("\n".join([*lines[-30:], *errors.splitlines()[-30:]]), file=sys.stderr)
        sys.exit(f"run.py: `{' '.join(command)}` failed; its last lines are above. After changing compilers or packages, "
                 f"removing {BUILD.relative_to(ROOT)} helps.")


def build_peer(name: str, progress: Progress) -> Failure | None:
    """Why this peer cannot take part, or nothing."""
    peer = CONTENDERS[name]
    script = ROOT / "bench" / "contenders" / name / "build"
    if not shutil.which(peer.tool):
        return Failure("missing", f"not installed ({peer.tool} not found); ./bench/run.sh --with-peers installs Debian's {peer.package}")
    if not script.exists():
        return Failure("missing", f"bench/contenders/{name}/build is not there")
    progress.show(f"building  {name}", now=True)
    PEERS.mkdir(parents=True, exist_ok=True)
    try:
        with Child([script, PEERS], 300) as child:
            code, out, err = child.finish()
    except Failure as failure:
        return failure
    return Failure("failed", f"its build failed: {last_line(err or out)}") if code else None


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""

# ---------------------------------------------------------------------- one sample


@dataclass(frozen=True)
class Cell:
    figure: str
    variant: str
    n: int
    rounds: int = 10**6  # in how many rounds it takes part


@dataclass(frozen=True)
class Sample:
    """A cell, a contender, and the CPUs it may use."""
    cell: Cell
    contender: str
    cpus: tuple


def binary(kind: str, contender: str) -> Path:
    """`drive` or `gbench`: the kernel's contenders have programs of their own, without our library in them."""
    return BIN / (kind if contender in USER else f"{kind}_kernel")


def program(contender: str) -> list:
    return [PEERS / contender] if CONTENDERS[contender].tool else [binary("drive", contender), "--contender", contender]


def command(s: Sample, figure: str, variant: str, *more) -> list:
    return [*program(s.contender), "--figure", figure, "--variant", variant, "--n", s.cell.n, "--cpus", len(s.cpus), *more]


def verdict(code: int, out: str, err: str) -> dict:
    """The JSON line of a program that speaks the common command line; or the Failure it reports."""
    said = {}
    for line in reversed(out.splitlines()):
        try:
            said = json.loads(line)
            break
        except ValueError:
            continue
    if code == 0 and "value" in said:
        return said
    why = said.get("error") or last_line(err)
    if code == 3:
        raise Failure("cannot", why)
    if code == 4:
        limit = said.get("limit") or why
        raise Failure("limit", f"{limit} ({said['errno']})" if said.get("errno") else limit, int(said.get("live", 0)))
    if "unequal work" in why:
        raise Failure("unequal", why)
    raise Failure("failed", how_it_ended(code, why))


def how_it_ended(code: int, words: str) -> str:
    how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
    return f"{how}: {last_line(words)}" if words.strip() else how


def gbench_failure(message: str) -> Failure:
    """gbench's error messages begin with the kind; a limit's goes on "limit = value; live N; ..."."""
    kind, _, why = message.partition(": ")
    if kind not in ("cannot", "limit", "unequal", "failed"):
        return Failure("failed", message)
    live = re.search(r"; live (\d+)", why)
    return Failure(kind, why.partition(";")[0] if live else why, int(live.group(1)) if live else None)


def padded(rng: random.Random) -> dict:
    """The size of the environment moves the stack and with it the caches; so it varies."""
    return {**os.environ, "BENCH_PADDING": "x" * rng.randrange(4096)}


class Copies:
    """Which of the machine's pages a program's file got decides what its code pushes out of the caches: a file can be slower
    than a copy of it, in every run. So each sample runs a new copy; the last one lives until
    then, or its pages would be had again. They lie beside the program, which may look for others there.
    A script (what starts Erlang and Elixir) is run as it is."""

    def __init__(self):
        self.last, self.count = {}, 0
        for left in (*BIN.glob("*.copy-*"), *PEERS.glob("*.copy-*")):  # by a run that was killed outright
            if not Path("/proc", left.name.split("-")[-2]).exists():
                left.unlink(missing_ok=True)

    def __enter__(self) -> Copies:
        return self

    def __exit__(self, *_) -> None:
        for copy in self.last.values():
            copy.unlink(missing_ok=True)

    def fresh(self, program: Path) -> Path:
        self.count += 1
        old, copy = self.last.get(program), program.with_name(f"{program.name}.copy-{os.getpid()}-{self.count}")
        try:
            with program.open("rb") as file:
                if file.read(4) != b"\x7fELF":
                    return program
            shutil.copy(program, copy)
        except OSError as error:
            copy.unlink(missing_ok=True)
            raise Failure("failed", f"no copy of {program.name} could be made: {error.strerror}") from None
        self.last[program] = copy
        if old:
            old.unlink(missing_ok=True)
        return copy


class Meter:
    """Takes samples. Results are lists of (variant, value, unit, proof)."""

    def __init__(self, pace: Pace, rng: random.Random, raw, copies: Copies):
        self.pace, self.rng, self.raw, self.copies, self.listed, self.can = pace, rng, raw, copies, {}, {}

    def take(self, s: Sample) -> list:
        kind = FIGURES[s.cell.figure].kind
        asked = s.cell.variant if kind == "syscalls" else s.cell.figure
        if asked not in self.can.get(s.contender, {asked}):
            raise Failure("cannot", f"{s.contender} has no {asked}")
        return getattr(self, kind)(s)

    def run(self, words, s: Sample, kind: str) -> tuple[int, str, str]:
        deadline = DEADLINE[kind] + (s.cell.n / UNITS_A_SECOND if kind == "timed" else 0)
        with Child([self.copies.fresh(words[0]), *words[1:]], deadline, s.cpus, env=padded(self.rng)) as child:
            return child.finish()

    def timed(self, s: Sample) -> list:
        refuse_beyond_ceiling(s)
        refuse_too_big(s)
        if CONTENDERS[s.contender].tool:
            words = command(s, s.cell.figure, s.cell.variant, "--min-time", self.pace.min_time)
            said = verdict(*self.run(words, s, "timed"))
        else:
            said = self.gbench(s)
        return [(s.cell.variant, said["value"], said["unit"], said)]

    def gbench(self, s: Sample) -> dict:
        if s.contender not in self.listed[s.cell.figure][s.cell.variant, s.cell.n]:
            raise Failure("cannot", f"{s.contender} has no {s.cell.figure}")
        name = f"{s.cell.figure}/{s.contender}/{s.cell.variant}/{s.cell.n}"
        words = [binary("gbench", s.contender), f"--benchmark_filter=^{name}$", f"--benchmark_min_time={self.pace.min_time}", "--benchmark_format=json"]
        code, out, err = self.run(words, s, "timed")
        try:
            document = json.loads(out)
            one = document["benchmarks"][0]
        except (ValueError, KeyError, IndexError):
            raise Failure("failed", how_it_ended(code, err or "it reported nothing that can be read")) from None
        document["context"]["executable"] = str(words[0].relative_to(ROOT))  # where the project lies is nobody's business
        print(json.dumps(document), file=self.raw)
        if one.get("error_occurred"):
            raise gbench_failure(one.get("error_message", ""))
        if code:
            raise Failure("failed", how_it_ended(code, err))
        return {**one, "value": one["real_time"], "unit": one["time_unit"]}

    def live(self, s: Sample) -> list:
        refuse_too_big(s)
        said = verdict(*self.run(command(s, "spawn_live", s.cell.variant), s, "live"))
        return [(s.cell.variant, said["value"], said["unit"], said)]

    def memory(self, s: Sample) -> list:
        """What others did to the kernel's memory meanwhile would count as the contender's: look again."""
        refuse_too_big(s)
        grown, said = self.weigh_undisturbed(s)
        return [(part, grown[part], "bytes", said) for part in ("total", *ledger.PARTS, *ledger.ASIDE)]

    def heap(self, s: Sample) -> list:
        """No slope: each n is a size of its own, with as many units as it has."""
        refuse_too_big(s)
        grown, said = self.weigh_undisturbed(s)
        return [(s.cell.variant, grown["total"] / heap_units(s.cell.n), "bytes", said)]

    def probes(self, s: Sample) -> list:
        """How many questions there are depends on how long the collections take; each must be answered right."""
        refuse_too_big(s)
        said = verdict(*self.run(command(s, s.cell.figure, s.cell.variant), s, "probes"))
        if said["work"] < FEWEST_PROBES[s.cell.figure] or said["checksum"] != said["work"]:
            raise Failure("unequal", f"{said['work']} questions, {said['checksum']} right answers")
        names = (*PERCENTILES, "idle") if s.cell.figure in RESTS else PERCENTILES
        return [(name, said[name], said["unit"], said) for name in names]

    def shares(self, s: Sample) -> list:
        said = verdict(*self.run(command(s, s.cell.figure, s.cell.variant), s, "shares"))
        return [(name, said[name], said["unit"], said) for name in SHARES]

    def weigh_undisturbed(self, s: Sample) -> tuple[dict, dict]:
        for _ in range(3):
            grown, said = self.weigh(s)
            if not ledger.disturbed(grown):
                break
        return grown, said

    def weigh(self, s: Sample) -> tuple[dict, dict]:
        with Child(command(s, s.cell.figure, s.cell.variant, "--hold"), DEADLINE["memory"], s.cpus, talk=True, env=padded(self.rng)) as child:
            try:
                grown = ledger.weigh(child)
            except ledger.LedgerError as error:
                raise Failure("failed", str(error)) from None
            child.process.stdin.close()
            said = verdict(*child.finish())
        if grown is None:
            raise Failure("failed", "it ended before its units were parked")
        return grown, said

    def syscalls(self, s: Sample) -> list:
        """Calls per operation: the slope between N and 2N, so that starting up drops out."""
        batch = max(FIGURES[s.cell.variant].batch, s.cell.n if s.cell.variant == "ring" else 0)
        ops = -(-COUNT_OPS["user" if s.contender in USER else "kernel"] // batch) * batch
        (calls1, first), (calls2, second) = (self.count(s, n) for n in (ops, 2 * ops))
        more = second["ops"] - first["ops"]
        if more <= 0:
            raise Failure("failed", f"2N operations were not more than N: {second['ops']} and {first['ops']}")
        return [(s.cell.variant, (calls2 - calls1) / more, "calls", second)]

    def count(self, s: Sample, ops: int) -> tuple[int, dict]:
        with tempfile.NamedTemporaryFile("r") as counts:
            words = [BIN / "syscount", "-o", counts.name, "--", *command(s, s.cell.variant, "one_cpu", "--ops", ops)]
            said = verdict(*self.run(words, s, "syscalls"))
            return int(json.load(counts)["syscalls"]), said


def available_bytes() -> int:
    """What may be used: three quarters of what the machine has free, and of what the cgroup allows."""
    free = ledger.kilobytes("/proc/meminfo")["MemAvailable"]
    for limit, used in (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):
        most, now = read(f"/sys/fs/cgroup/{limit}"), read(f"/sys/fs/cgroup/{used}")
        if most.isdigit() and now.isdigit():
            free = min(free, int(most) - int(now))
    return max(0, free) // 4 * 3


def ceilings() -> dict[str, int]:
    """The limits that end threads and OS processes, those that are set."""
    found = {"kernel.pid_max": read("/proc/sys/kernel/pid_max"), "kernel.threads-max": read("/proc/sys/kernel/threads-max"),
             "RLIMIT_NPROC": matching("/proc/self/limits", r"^Max processes\s+(\S+)") if os.geteuid() else "",
             "pids.max": read("/sys/fs/cgroup/pids.max") or read("/sys/fs/cgroup/pids/pids.max")}
    return {name: int(value) for name, value in found.items() if value.isdigit()} or {"unlimited": 10**9}


def refuse_too_big(s: Sample) -> None:
    """Do not drive the machine into swap or the killer to learn what arithmetic tells."""
    need, have = bytes_needed(s), available_bytes()
    if need > have:
        raise Failure("cannot", f"n = {s.cell.n:,} may need {need / 1e9:.1f} GB; three quarters of the free memory are {have / 1e9:.1f} GB")


def bytes_needed(s: Sample) -> int:
    weight, needs = CONTENDERS[s.contender].weight, FIGURES[s.cell.figure].needs
    if needs:
        return needs(s.cell.n, weight)
    units = s.cell.n if s.contender in USER else min(s.cell.n, *ceilings().values())
    return units * weight


def refuse_beyond_ceiling(s: Sample) -> None:
    """Where it dies is spawn_live's question; the other figures need not ask it again each round."""
    name, most = min(ceilings().items(), key=lambda item: item[1])
    if s.contender not in USER and not FIGURES[s.cell.figure].needs and s.cell.n > most:
        raise Failure("cannot", f"{name} = {most}; {s.cell.n:,} units were not tried")

# ---------------------------------------------------------------------- the machine


def read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def matching(path: str, pattern: str) -> str:
    found = re.search(pattern, read(path), re.M)
    return found.group(1).strip() if found else ""


def in_brackets(text: str) -> str:
    """always [madvise] never -> madvise"""
    return text.partition("[")[2].partition("]")[0] or text


def virtualisation() -> str:
    """Kept simple: what systemd-detect-virt would say, without systemd."""
    kinds = []
    if Path("/.dockerenv").exists() or re.search("docker|containerd|podman|lxc", read("/proc/1/cgroup")):
        kinds.append("container")
    if "hypervisor" in matching("/proc/cpuinfo", r"^flags\s*:(.*)$").split():
        kinds.append("virtual machine")
    return ", ".join(kinds) or "bare metal"


def caches() -> dict[str, int]:
    """Bytes of a CPU's caches for data: {"L1": .., "L2": .., "L3": ..}."""
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = (read(str(folder / name)) for name in ("level", "type", "size"))
        if kind in ("Data", "Unified") and re.fullmatch(r"\d+[KM]", size):
            found["L" + level] = int(size[:-1]) * {"K": 2**10, "M": 2**20}[size[-1]]
    return found


def machine() -> dict:
    load = os.getloadavg()
    return {
        "cpu": matching("/proc/cpuinfo", r"^model name\s*:\s*(.*)$") or matching("/proc/cpuinfo", r"^Model\s*:\s*(.*)$") or platform.machine(),
        "caches": caches(),
        "cpus": len(os.sched_getaffinity(0)), "cpus_online": os.cpu_count(),
        "memory": f"{ledger.kilobytes('/proc/meminfo')['MemTotal'] / 2**30:.1f} GiB",
        "kernel": platform.release(), "system": matching("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "virtualisation": virtualisation(),
        "seccomp": {"0": "off", "1": "strict", "2": "filter"}.get(matching("/proc/self/status", r"^Seccomp:\s*(\d)"), "unknown"),
        "cgroup": "v2" if Path("/sys/fs/cgroup/cgroup.controllers").exists() else "v1",
        "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or "not visible",
        "transparent_huge_pages": in_brackets(read("/sys/kernel/mm/transparent_hugepage/enabled")),
        "load_average_before": [round(number, 2) for number in load],
    }


def limits() -> dict:
    found = {name: read(f"/proc/sys/{path}") for name, path in
             (("pid_max", "kernel/pid_max"), ("threads_max", "kernel/threads-max"), ("max_map_count", "vm/max_map_count"),
              ("overcommit_memory", "vm/overcommit_memory"))}
    for name, title in (("processes", "Max processes"), ("open_files", "Max open files"), ("stack", "Max stack size")):
        found[f"ulimit_{name}"] = matching("/proc/self/limits", rf"^{title}\s+(\S+)")
    found["cgroup_pids_max"] = read("/sys/fs/cgroup/pids.max") or read("/sys/fs/cgroup/pids/pids.max") or "not visible"
    found["cgroup_memory_max"] = read("/sys/fs/cgroup/memory.max") or read("/sys/fs/cgroup/memory/memory.limit_in_bytes") or "not visible"
    return found


def package_version(name: str) -> str:
    return ask("dpkg-query", "-W", "-f", "${Version}", name)


def versions(peers) -> dict:
    numbers = {"gcc": ask("gcc", "-dumpfullversion"), "libc": " ".join(platform.libc_ver()), "cmake": ask("cmake", "--version").split("\n")[0],
               "jemalloc": package_version("libjemalloc-dev"), "libbenchmark": package_version("libbenchmark-dev"),
               "gnuplot": ask("gnuplot", "--version"), "python": platform.python_version(),
               "numpy": package_version("python3-numpy"), "scipy": package_version("python3-scipy")}
    for name in peers:
        numbers[name] = short_version(name, ask(PEERS / name, "--version"))
    return {name: number for name, number in numbers.items() if number}


def short_version(name: str, line: str) -> str:
    """For a footer: the number alone."""
    found = re.search({"elixir": r"Elixir\D*([\d.]+)"}.get(name, r"([\d][\d.]*)"), line)
    return found.group(1).rstrip(".") if found else line


def commit() -> str:
    """What is measured; + means that files differ from it. In an image without git: BEAMLING_COMMIT."""
    name = ask("git", "rev-parse", "--short", "HEAD")
    if not name:
        return os.environ.get("BEAMLING_COMMIT", "unknown")
    return name + ("+" if ask("git", "status", "--porcelain") else "")


def can_trace() -> bool:
    return (BIN / "syscount").exists() and subprocess_ok([BIN / "syscount", "--", "true"])


def subprocess_ok(words) -> bool:
    try:
        with Child(words, 20) as child:
            return child.finish()[0] == 0
    except Failure:
        return False


def probe() -> list[dict]:
    """What this machine lets us see, and what is left out if it does not."""
    pages = "Private_Dirty" in read("/proc/self/smaps_rollup")
    info = read("/proc/meminfo")
    kernel = "KernelStack" in info and "SUnreclaim" in info
    cpus = len(os.sched_getaffinity(0))
    rows = [("CPUs allowed", cpus > 1, f"{cpus}", "two_cpus and free are left out"),
            ("pinning to a CPU", subprocess_ok_pinned(), "sched_setaffinity works", "one_cpu is left out"),
            ("private memory of processes", pages, "/proc/PID/smaps_rollup is readable", "memory is left out"),
            ("memory of the kernel", kernel, "/proc/meminfo shows kernel stacks and slab", "memory is left out"),
            ("tracing system calls", can_trace(), "ptrace is permitted", "syscalls is left out; in a container: --cap-add=SYS_PTRACE")]
    return [dict(what=what, ok=ok, means=good if ok else bad) for what, ok, good, bad in rows]


def subprocess_ok_pinned() -> bool:
    try:
        with Child(["true"], 20, {min(os.sched_getaffinity(0))}) as child:
            return child.finish()[0] == 0
    except Failure:
        return False


def idlest_cpu(allowed) -> int:
    """Two looks at /proc/stat: CPU 0 is where everybody else pins things too."""
    first = idle_times()
    time.sleep(0.1)
    then = idle_times()
    return max(sorted(allowed), key=lambda cpu: then.get(cpu, 0) - first.get(cpu, 0))


def idle_times() -> dict[int, int]:
    rows = (line.split() for line in read("/proc/stat").splitlines())
    return {int(row[0][3:]): int(row[4]) for row in rows if re.fullmatch(r"cpu\d+", row[0])}

# ---------------------------------------------------------------------- the campaign


class Campaign:
    """The whole run: the plan, the rounds, the rows."""

    def __init__(self, options, where: Path, progress: Progress, copies: Copies):
        self.options, self.where, self.progress = options, where, progress
        self.pace = QUICK if options.quick else FULL
        self.rounds = options.rounds or self.pace.rounds
        self.rng = random.Random(options.seed)
        self.allowed = sorted(os.sched_getaffinity(0))
        self.rows = (where / "data.tsv").open("w")
        self.failures = (where / "failures.tsv").open("w")
        self.meter = Meter(self.pace, self.rng, (where / "gbench.jsonl").open("w"), copies)
        print(*COLUMNS, sep="\t", file=self.rows)
        print(*FAILURE_COLUMNS, sep="\t", file=self.failures)
        self.given_up: set[tuple[str, Cell]] = set()
        self.crashes: Counter = Counter()
        self.took: dict = {}
        self.samples, self.failed, self.pinned, self.unequal = 0, 0, [], False

    # --- the plan ---

    def prepare(self) -> None:
        """Who takes part, and in what."""
        wanted = [c for c in CONTENDERS if not self.options.contenders or c in self.options.contenders]
        self.contenders = [c for c in wanted if self.joins(c)]
        self.meter.can = {c: can for c in self.contenders if (can := ask(*program(c), "--list").split())}
        self.probe, self.commit = probe(), commit()
        os.environ["BEAMLING_COMMIT"] = self.commit  # gbench writes it into its reports
        self.barred = self.bar()
        self.listed = self.meter.listed = self.list_cells()
        self.cells = [cell for cell in self.plan() if self.allows(cell)]

    def joins(self, name: str) -> bool:
        if CONTENDERS[name].tool:
            why = build_peer(name, self.progress)
        else:
            built = ask(binary("drive", name), "--contenders").split()
            why = None if name in built else Failure("missing", "not part of this build of bench/")
        if why:
            self.fail("*", name, "-", "-", "-", "-", why)
        return not why

    def bar(self) -> dict[str, str]:
        """Figures and variants this machine does not permit, and why."""
        denied = {row["what"]: row["means"] for row in self.probe if not row["ok"]}
        barred = {}
        on = lambda *cpus: [name for name, variant in VARIANTS.items() if variant.cpus in cpus]
        weighed = ("memory", "heap_bytes")
        for what, names in (("CPUs allowed", on("two", "all")), ("pinning to a CPU", on("one")), ("tracing system calls", ("syscalls",)),
                            ("private memory of processes", weighed), ("memory of the kernel", weighed)):
            for name in names if what in denied else ():
                barred[name] = f"{what}: {denied[what]}"
        return barred

    def allows(self, cell: Cell) -> bool:
        single = FIGURES[cell.figure].kind in ("live", "memory", "heap")  # these run anywhere
        why = self.barred.get(cell.figure) or (None if single else self.barred.get(cell.variant))
        if why:
            self.fail(cell.figure, "*", cell.variant, "-", cell.n, "-", Failure("cannot", why))
        return not why

    def list_cells(self) -> dict[str, dict]:
        """Of each timed figure, the (variant, n) and who of our own contenders can do them."""
        listed = defaultdict(lambda: defaultdict(set))
        lists = [ask(BIN / name, "--benchmark_list_tests") for name in ("gbench", "gbench_kernel")]
        for line in "\n".join(lists).splitlines():
            figure, contender, variant, n = line.strip().split("/")[:4]
            listed[figure][variant, int(n)].add(contender)
        return listed

    def plan(self) -> list[Cell]:
        wanted = self.options.only or self.pace.figures or FIGURES
        self.left_out = [] if self.options.only else [name for name in FIGURES if name not in wanted]
        return [cell for name, figure in FIGURES.items() if name in wanted for cell in getattr(self, f"plan_{figure.kind}")(name)]

    def plan_timed(self, name: str) -> list[Cell]:
        listed = self.listed.get(name, {})
        sizes = self.pace.sizes.get(name, {n for _, n in listed})
        return [Cell(name, variant, n, 1 if n >= ONCE else self.turns(name)) for variant, n in listed
                if n in sizes and not {(name, variant), (name, variant, n)} & self.pace.skip]

    def turns(self, name: str) -> int:
        return self.pace.turns.get(name, Cell.rounds)

    def plan_probes(self, name: str) -> list[Cell]:
        return [Cell(name, PLACED[name], n, self.turns(name)) for n in self.pace.sizes[name]]

    plan_heap = plan_shares = plan_probes

    def plan_live(self, name: str) -> list[Cell]:
        most = defaultdict(int)
        for contender in self.contenders:
            for n, rounds in self.pace.live[contender]:
                most[n] = max(most[n], rounds)
        return [Cell(name, "free", n, rounds) for n, rounds in sorted(most.items())]

    def plan_memory(self, name: str) -> list[Cell]:
        return [Cell(name, "free", n) for n in sorted({n for c in self.contenders for n in self.pace.memory[c]})]

    def plan_syscalls(self, name: str) -> list[Cell]:
        return [Cell(name, figure, min(n for _, n in self.listed[figure]), self.pace.count_rounds)
                for figure in self.pace.counted if self.listed.get(figure)]

    def takes_part(self, contender: str, cell: Cell, number: int) -> bool:
        kind, only = FIGURES[cell.figure].kind, CONTENDERS[contender].only
        if only and cell.figure not in only:
            return False
        if cell.figure in FLOORS:  # no contest: measured where they exist
            return contender in self.listed[cell.figure][cell.variant, cell.n]
        if kind == "memory":
            return cell.n in self.pace.memory[contender]
        if kind == "live":
            return number <= dict(self.pace.live[contender]).get(cell.n, 0)
        return number <= cell.rounds

    def cpus_for(self, cell: Cell) -> tuple:
        cpus = "one" if FIGURES[cell.figure].kind == "syscalls" else VARIANTS[cell.variant].cpus
        return {"one": (self.pinned[-1],), "two": tuple(self.allowed[:2]), "all": tuple(self.allowed)}[cpus]

    # --- the rounds ---

    def run(self) -> None:
        for number in range(1, self.rounds + 1):
            self.pinned.append(idlest_cpu(self.allowed))
            todo = self.draw_round(number)
            for done, sample in enumerate(todo):
                self.report(number, todo, done)
                self.timed_sample(sample, number)
        self.epilogue()
        self.progress.clear()
        for file in (self.rows, self.failures, self.meter.raw):
            file.close()

    def timed_sample(self, sample: Sample, number: int) -> None:
        began = time.monotonic()
        self.sample(sample, number)
        self.took[sample.contender, sample.cell] = time.monotonic() - began

    def epilogue(self) -> None:
        """The dearest single shots, as far as the time goes."""
        for contender, cell, guess in self.dear_ones():
            s = Sample(cell, contender, self.cpus_for(cell))
            self.progress.show(f"at last, {duration(guess)}   {cell.figure} {contender} n={cell.n}", now=True)
            if time.monotonic() - self.progress.began + guess <= self.pace.budget:
                self.timed_sample(s, self.rounds)
            else:
                self.fail(cell.figure, contender, cell.variant, len(s.cpus), cell.n, "-",
                          Failure("cannot", "no time left in --quick; a full run goes on until it dies"))

    def dear_ones(self) -> list:
        """Guessed from the size before: a third of the way to ten times as many, and the end of so
        many at once takes longer than their lives."""
        found = []
        for cell in self.cells:
            for contender in self.contenders if cell.figure == "spawn_live" else ():
                if dict(self.pace.live[contender]).get(cell.n) == 0 and (contender, cell) not in self.given_up:
                    before = [took for (c, at), took in self.took.items() if c == contender and at.figure == cell.figure and at.n * 10 == cell.n]
                    found.append((contender, cell, 20 * before[0] if before else 60))
        return found

    def draw_round(self, number: int) -> list[Sample]:
        """Cells in random order, contenders within a cell in random order."""
        cells = self.rng.sample(self.cells, len(self.cells))
        return [Sample(cell, contender, self.cpus_for(cell)) for cell in cells
                for contender in self.rng.sample(self.contenders, len(self.contenders)) if self.takes_part(contender, cell, number)]

    def report(self, number: int, todo: list[Sample], done: int) -> None:
        kind = lambda s: FIGURES[s.cell.figure].kind
        guess = lambda s: self.took.get((s.contender, s.cell), 0.2 if kind(s) == "timed" else 0.8)
        more = lambda s: max(0, min(self.rounds, s.cell.rounds) - number) if kind(s) != "live" else 0  # those are mostly done in the first round
        left = sum(map(guess, todo[done:])) + sum(guess(s) * more(s) for s in todo)
        s = todo[done]
        self.progress.show(f"round {number} of {self.rounds}, {duration(left)} left   {s.cell.figure} {s.contender} {s.cell.variant} n={s.cell.n}",
                           now=done == 0)

    def sample(self, s: Sample, number: int) -> None:
        if (s.contender, s.cell) in self.given_up:
            return
        try:
            results = self.meter.take(s)
        except Failure as failure:
            self.fail(s.cell.figure, s.contender, s.cell.variant, len(s.cpus), s.cell.n, number, failure)
            self.give_up(s, failure)
            return
        for variant, value, unit, proof in results:
            row = (s.cell.figure, s.contender, variant, len(s.cpus), s.cell.n, number, f"{value:.6g}" if isinstance(value, float) else value,
                   unit, *(int(proof[name]) for name in ("work", "peak_live", "checksum")))
            print(*row, sep="\t", file=self.rows)
        self.samples += 1

    def give_up(self, s: Sample, failure: Failure) -> None:
        """What it cannot do it need not be asked again; where it died, more will not live."""
        self.crashes[s.contender, s.cell] += 1
        if failure.kind in ("cannot", "missing") or self.crashes[s.contender, s.cell] >= 2:
            self.given_up.add((s.contender, s.cell))
        if failure.kind in ("limit", "cannot") and FIGURES[s.cell.figure].kind == "live":
            self.given_up |= {(s.contender, cell) for cell in self.cells if cell.figure == s.cell.figure and cell.n > s.cell.n}

    def fail(self, figure, contender, variant, cpus, n, number, failure: Failure) -> None:
        live = failure.live if failure.kind == "limit" and failure.live else n
        print(figure, contender, variant, cpus, live, number, failure.kind, failure.why, sep="\t", file=self.failures)
        self.unequal |= failure.kind == "unequal"
        self.failed += 1

    # --- the end ---

    def write_env(self, began: float, before: dict) -> None:
        peers = [c for c in self.contenders if CONTENDERS[c].tool]
        env = {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began)), "host": platform.node(), "commit": self.commit,
               "seed": self.options.seed, "rounds": self.rounds, "quick": self.options.quick, "left_out": self.left_out, "redo": redo(self.options),
               "seconds": round(time.time() - began), "min_time": self.pace.min_time, "pinned_cpus": self.pinned,
               "machine": {**before, "load_average_after": [round(number, 2) for number in os.getloadavg()]},
               "limits": limits(), "versions": versions(peers), "probe": self.probe}
        (self.where / "env.json").write_text(json.dumps(env, indent=2, ensure_ascii=False) + "\n")


def redo(options) -> str:
    """The command that repeats this run."""
    words = ["./bench/run.sh"]
    words += ["--quick"] if options.quick else []
    words += ["--only", ",".join(options.only)] if options.only else []
    words += ["--contenders", ",".join(options.contenders)] if options.contenders else []
    words += ["--with-peers"] if options.with_peers else []
    words += ["--rounds", str(options.rounds)] if options.rounds else []
    return " ".join([*words, "--seed", str(options.seed)])

# ---------------------------------------------------------------------- where it goes


class Workplace:
    """A temporary folder that becomes the result in one step, or vanishes."""

    def __init__(self, options):
        self.final = self.choose(options)
        inside = self.final.is_dir()  # an empty folder, perhaps a mounted volume that cannot be renamed over
        parent = self.final if inside else self.final.parent
        self.temporary = parent / f".{self.final.name}.part-{os.getpid()}"
        self.inside = inside

    @staticmethod
    def choose(options) -> Path:
        if options.out:
            final = Path(options.out).absolute()
            if final.exists() and not (final.is_dir() and not any(final.iterdir())):
                sys.exit(f"run.py: {options.out} exists already and is not an empty folder; choose another --out, or remove it first")
            return final
        name = re.sub(r"[^\w.-]", "_", platform.node() or "host") + time.strftime("-%Y-%m-%d")
        takes = (ROOT / "results" / (name if count == 1 else f"{name}.{count}") for count in range(1, 10_000))
        return next(path for path in takes if not path.exists())

    def __enter__(self) -> Path:
        try:
            return self.make()
        except OSError as error:
            sys.exit(f"run.py: cannot write into {self.temporary.parent}: {error.strerror}; choose another place with --out DIR")

    def make(self) -> Path:
        self.temporary.parent.mkdir(parents=True, exist_ok=True)
        for left in self.temporary.parent.glob(".*.part-*"):  # by a run that was killed outright
            if not Path("/proc", left.name.rpartition("-")[2]).exists() or left == self.temporary:
                shutil.rmtree(left, ignore_errors=True)
        self.temporary.mkdir()
        return self.temporary

    def __exit__(self, *_) -> None:
        shutil.rmtree(self.temporary, ignore_errors=True)

    def publish(self) -> None:
        if not self.inside:
            self.temporary.rename(self.final)
            return
        for path in self.temporary.iterdir():
            path.rename(self.final / path.name)

    def point_latest(self) -> None:
        results = ROOT / "results"
        link = results / f".latest-{os.getpid()}"
        try:
            results.mkdir(exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(os.path.relpath(self.final, results))
            link.replace(results / "latest")
        except OSError as error:
            print(f"run.py: results/latest still points to the run before: {error}", file=sys.stderr)


def summarise(where: Path, progress: Progress) -> tuple[int, str]:
    progress.show("summarising and drawing", now=True)
    with Child([ROOT / "bench" / "summarise", where], 600) as child:
        code, out, err = child.finish()
    progress.clear()
    if err:
        print(err, end="", file=sys.stderr)
    return code, out

# ---------------------------------------------------------------------- the command line


def names(known, what: str):
    def split(text: str) -> list[str]:
        chosen = [name for name in re.split(r"[,\s]+", text) if name]
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"there is no {what} '{name}'. There are: {', '.join(known)}")
        return chosen
    return split


def positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return int(text)


class Parser(argparse.ArgumentParser):
    def error(self, message):
        sys.exit(f"run.sh: {message}\nrun.sh: ./bench/run.sh --help shows the options, --list the figures and contenders")

    def format_help(self):
        """run.sh holds the text: it must be there before python is."""
        text = (ROOT / "bench" / "run.sh").read_text()
        return "".join(line[2:] or "\n" for line in text[text.index("# usage"):text.index("set -eu")].splitlines(keepends=True))


def parse(words):
    parser = Parser(prog="run.sh", allow_abbrev=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", type=names(FIGURES, "figure"), default=[])
    parser.add_argument("--contenders", type=names(CONTENDERS, "contender"), default=[])
    parser.add_argument("--with-peers", action="store_true")
    parser.add_argument("--rounds", type=positive)
    parser.add_argument("--seed", type=positive)
    parser.add_argument("--out")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)  # run.sh: only look at the options
    return parser.parse_args(words)


def print_list() -> None:
    for title, table in (("figures", FIGURES), ("contenders", CONTENDERS)):
        print(title)
        for name, entry in table.items():
            installed = "" if not getattr(entry, "tool", "") or shutil.which(entry.tool) else "  (not installed; --with-peers installs it)"
            print(f"  {name:18}{entry.what}{installed}")
        print()
    print("variants")
    for name, variant in VARIANTS.items():
        print(f"  {name:18}{variant.what}")


def warn_if_busy() -> None:
    """A look at the present: the load average still remembers the run before."""
    first = idle_times()
    time.sleep(0.4)
    then, tick = idle_times(), 1 / os.sysconf("SC_CLK_TCK")
    idle = sum(then[cpu] - first[cpu] for cpu in then if cpu in first) * tick / 0.4
    if idle < 0.75 * len(then):
        print(f"run.py: others are using this machine ({len(then) - idle:.1f} of {len(then)} CPUs): the numbers will scatter, and take longer. "
              "For better ones press Ctrl-C and come back when it is idle.", file=sys.stderr)


def stop(number, _frame):
    raise Interrupted(number)


def measure(options, place: Workplace, where: Path, progress: Progress) -> int:
    began, before = time.time(), machine()
    build(progress)
    with Copies() as copies:
        campaign = Campaign(options, where, progress, copies)
        campaign.prepare()
        campaign.run()
    if not campaign.samples:
        print((where / "failures.tsv").read_text(), end="", file=sys.stderr)
        sys.exit("run.py: nothing could be measured; the reasons are above")
    campaign.write_env(began, before)
    code, table = summarise(where, progress)
    place.publish()
    print(table)
    return finish(place, campaign, UNEQUAL if campaign.unequal else code, time.time() - began)


def finish(place: Workplace, campaign: Campaign, code: int, seconds: float) -> int:
    if campaign.failed:
        print("Some things did not run; the report names them and says why.")
    print(f"Report: {os.path.relpath(place.final / 'report.html')}   ({campaign.samples} samples, {duration(seconds)}, seed {campaign.options.seed})")
    if code and code != UNEQUAL:
        print(f"FAILED: bench/summarise ended with {code}, so summary or charts are incomplete. The samples are kept: once the cause is "
              f"mended, bench/summarise {os.path.relpath(place.final)} computes and draws again.", file=sys.stderr)
    elif code:
        print("FAILED: contenders did unequal work (see the report): this run proves nothing, results/latest is left as it was.", file=sys.stderr)
    else:
        place.point_latest()
    return code


def main() -> int:
    options = parse(sys.argv[1:])
    if options.list:
        print_list()
        return 0
    if options.check:
        Workplace.choose(options)  # an --out that cannot be used is better said now
        return 0
    options.seed = options.seed or random.SystemRandom().randrange(1, 10**6)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)
    progress, place = Progress(), Workplace(options)
    warn_if_busy()
    try:
        with place as where:
            return measure(options, place, where, progress)
    except Interrupted as stopped:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        end_orphans()
        progress.clear()
        print("\nrun.py: stopped; nothing was kept and nothing is left running", file=sys.stderr)
        return 128 + stopped.args[0]


if __name__ == "__main__":
    sys.exit(main())
