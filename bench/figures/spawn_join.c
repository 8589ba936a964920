/* spawn_join.c - what does it cost to have one thing done by a new unit, and to wait for it?
 * A batch does, 100 times: create one unit, which hands back i, and await it.
 * Measured: the whole way there and back, one unit at a time, so that a contender may use the
 * place of the last unit for the next.
 * Not measured: creation in bulk (spawn_exit). On more than one CPU the new unit may run beside
 * its creator or not: the price of waking a sleeping CPU is part of the answer.
 * n: units alive at once. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return &c->spawn_join;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_JOINS;
}

static uint64_t checksum(uint64_t n)
{
    (void)n;
    return sum_to(BATCH_JOINS);
}

const struct figure figure_spawn_join = {
    .name = "spawn_join", .unit = "ns",
    .question = "What does it cost to create one unit and wait for its answer?",
    .variants = (const char *const[]){"one_cpu", "free", NULL},
    .sizes = (const uint64_t[]){1, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum,
};
