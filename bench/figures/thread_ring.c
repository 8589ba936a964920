/* thread_ring.c - what does a hop cost in a small ring?
 * n units in a ring; a token starts at 0, each adds 1 and passes it on, until it has gone 100,000 hops.
 * Savina's ThreadRing with its 100 members, and once a program of the Benchmarks Game. It is `ring`, small,
 * and with two CPUs to get in each other's way.
 * Measured: one message, one wake-up, one switch per hop, with warm caches. There is one token, so one unit
 * can run at a time: the second CPU can only do harm.
 * n: members. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->thread_ring;
}

static uint64_t hops(uint64_t n)
{
    (void)n;
    return BATCH_RING_HOPS;
}

const struct figure figure_thread_ring = {
    .name = "thread_ring", .unit = "ns",
    .question = "What does a hop cost in a small ring?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", NULL},
    .sizes = (const uint64_t[]){100, END_OF_SIZES},
    .task = task, .ops = hops, .checksum = hops, .units = same,
};
