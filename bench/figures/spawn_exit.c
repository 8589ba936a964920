/* spawn_exit.c - what does a unit cost from birth to death, when many are born at once?
 * A batch creates 1,000 units; unit i hands back i; then all are awaited.
 * Measured: creation, the first and only run, handing back a number, the end, and the waiting.
 * Not measured: units that live long (spawn_live), memory that stays (memory). How many of the
 * 1,000 are alive at once is up to the contender: the first may be gone before the last is born.
 * n: units a batch creates. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return &c->spawn_exit;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_SPAWNS;
}

static uint64_t checksum(uint64_t n)
{
    (void)n;
    return sum_to(BATCH_SPAWNS);
}

const struct figure figure_spawn_exit = {
    .name = "spawn_exit", .unit = "ns",
    .question = "What does a unit cost from birth to death, a thousand at a time?",
    .variants = (const char *const[]){"one_cpu", "free", NULL},
    .sizes = (const uint64_t[]){BATCH_SPAWNS, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum,
};
