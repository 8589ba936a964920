/* ring.c - what does a message cost when its receiver has not run for a long time?
 * n units in a ring; a token starts at 0, each member adds 1 and passes it on; the batch ends after
 * max(n, 10,000) hops, so every member runs at least once.
 * Measured: one message, one wake-up, one switch per hop, with caches and TLB as cold as n units
 * make them: the difference between small rings and large ones is the price of memory.
 * Not measured: parallelism. There is one token, so one unit can run at a time.
 * n: members. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return &c->ring;
}

const struct figure figure_ring = {
    .name = "ring", .unit = "ns",
    .question = "What does a hop cost in a ring of n units?",
    .variants = (const char *const[]){"one_cpu", "free", NULL},
    .sizes = (const uint64_t[]){10, 100, 1000, 100000, 1000000, 10000000, 100000000, END_OF_SIZES},
    .task = task, .ops = ring_hops, .checksum = ring_hops, .units = same,
};
