/* skynet.c - what does a unit cost that is one of a million, in a tree that grows by itself?
 * A unit makes ten, each of them ten, and so on; each of the n leaves hands its number, 0..n-1, to the one
 * that made it, and each of the others the sum of its ten. For a million leaves that are 1,111,111 units,
 * and 499,999,500,000 at the root. After A. Temerev's program of that name, without its cut-offs: every
 * unit is one, and each is made before its parent waits.
 * Measured: a unit made, a message, an end, as a mixture; and what it does to memory how many there are at
 * once. That depends on who runs first, so it is counted, and told: peak_live. The counting is done in a
 * batch before the clock, by an atomic number that all change.
 * Not measured: how the work would be cut, in earnest. Units that add ten numbers are too small.
 * n: leaves, a power of ten (else the one below). */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->skynet;
}

static uint64_t ops(uint64_t n)
{
    return skynet_inner(n) + skynet_leaves(n);
}

static uint64_t checksum(uint64_t n)
{
    return sum_to(skynet_leaves(n) - 1);
}

const struct figure figure_skynet = {
    .name = "skynet", .unit = "ns",
    .question = "What does a unit cost that is one of a million?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", NULL},
    .sizes = (const uint64_t[]){100000, 1000000, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum,
};
