"""ledger.py - what a parked unit costs, read from outside.

A program cannot be trusted to weigh itself: its allocator sees no page tables, and the
kernel's own objects (stacks, task structures) belong to nobody's resident set. So the program
parks its units and stands still, and we read the ledger before and after:

    user          private pages of the child and of all its descendants     /proc/PID/smaps_rollup
    page_tables   VmPTE of the same                                         /proc/PID/status
    kernel_stack  KernelStack, system-wide                                  /proc/meminfo
    slab          SUnreclaim, system-wide, hence noisy: it needs many units /proc/meminfo
    total         the sum of the four

`user` is what would be free again if the process ended (the unique set size). Resident sets
must not be added up: a page shared by a thousand processes would count a thousand times.
`pss` and `rss` are recorded beside it, to show just that; they are in no sum.
"""
from __future__ import annotations

import json
import os
import time
from collections import defaultdict

PARTS = ("user", "page_tables", "kernel_stack", "slab")
ASIDE = ("pss", "rss")
STILL = 64 * 1024  # bytes of change between two looks that count as standing still
LOOK, PATIENCE = 0.04, 1.2  # seconds between looks; and at most


class LedgerError(Exception):
    """The child did not keep to the protocol, or /proc could not be read."""


def kilobytes(path: str) -> dict[str, int]:
    """The `Name: 123 kB` lines of a /proc file, in bytes."""
    values: dict[str, int] = defaultdict(int)
    with open(path) as lines:
        for line in lines:
            words = line.split()
            if len(words) == 3 and words[2] == "kB":
                values[words[0].rstrip(":")] += int(words[1]) * 1024
    return values


def kernel_memory() -> dict[str, int]:
    info = kilobytes("/proc/meminfo")
    return {"kernel_stack": info["KernelStack"], "slab": info["SUnreclaim"]}


def settle() -> None:
    """Wait until the kernel has finished freeing or making things (it frees late, by RCU)."""
    before, deadline, calm = kernel_memory(), time.monotonic() + PATIENCE, 0
    while calm < 2 and time.monotonic() < deadline:
        time.sleep(LOOK)
        now = kernel_memory()
        calm = calm + 1 if all(abs(now[part] - before[part]) < STILL for part in now) else 0
        before = now


def parent_of(pid: str) -> int:
    with open(f"/proc/{pid}/stat", "rb") as stat:
        return int(stat.read().rpartition(b")")[2].split()[1])


def family(root: int) -> list[int]:
    """root and all its descendants."""
    children = defaultdict(list)
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                children[parent_of(name)].append(int(name))
            except (OSError, ValueError):
                continue  # it ended while we looked
    found = [root]
    for pid in found:  # grows while we walk it
        found += children[pid]
    return found


def tasks() -> int:
    """How many threads the whole machine has."""
    with open("/proc/loadavg") as loadavg:
        return int(loadavg.read().split()[3].partition("/")[2])


def snapshot(root: int) -> dict[str, int]:
    """`strangers`: the tasks that are not ours. The kernel is read first: looking costs memory too."""
    seen = {"user": 0, "page_tables": 0, "pss": 0, "rss": 0, **kernel_memory(), "strangers": tasks()}
    for pid in family(root):
        try:
            pages, status = kilobytes(f"/proc/{pid}/smaps_rollup"), kilobytes(f"/proc/{pid}/status")
            seen["strangers"] -= os.stat(f"/proc/{pid}/task").st_nlink - 2
        except OSError:
            continue  # a descendant that ended
        seen["user"] += pages["Private_Clean"] + pages["Private_Dirty"]
        seen["page_tables"] += status["VmPTE"]
        seen["pss"] += pages["Pss"]
        seen["rss"] += pages["Rss"]
    return seen


def growth(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    grown = {part: after[part] - before[part] for part in before}
    return {"total": sum(grown[part] for part in PARTS), **grown}


def disturbed(grown: dict[str, int]) -> bool:
    """Did others start or end so much meanwhile that it shows in the kernel's parts? A task is
    16 KiB of stack and about 10 KB of objects; one part in fifty may be theirs."""
    return abs(grown["strangers"]) * 26_000 > max(grown["total"] / 50, 500_000)


def event(child, name: str) -> dict | None:
    """The child's next line if it is that event; None if it gave up instead (its exit status says why)."""
    line = child.line()
    if not line:
        return None
    try:
        said = json.loads(line)
    except ValueError:
        raise LedgerError(f"expected the event '{name}', got: {line[:80]}") from None
    if "error" in said:
        child.unread(line)
        return None
    if said.get("event") != name:
        raise LedgerError(f"expected the event '{name}', got: {line[:80]}")
    return said


def weigh(child) -> dict[str, int] | None:
    """Follow a child started with --hold through ready and parked; the growth between them.
    Afterwards it proves its units and ends, and its caller reads the final line."""
    if event(child, "ready") is None:
        return None
    settle()
    before = snapshot(child.pid)
    child.say("go")
    if event(child, "parked") is None:
        return None
    settle()
    after = snapshot(child.pid)
    child.say("go")
    return growth(before, after)
