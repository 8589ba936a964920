/* spawn_storm.c - what does a unit cost when all CPUs make units at once?
 * As many spawners as CPUs share n units among them. Each makes its share, one after the other; unit i
 * (1..n) hands back i and ends at once; each spawner awaits its own.
 * Measured: birth and end, a million times, without anything that would slow the spawner down; on two CPUs,
 * what they must agree upon for it: a table, numbers, memory.
 * Not measured: who waits for whom. In spawn_exit it is a thousand at a time.
 * n: units. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->spawn_storm;
}

const struct figure figure_spawn_storm = {
    .name = "spawn_storm", .unit = "ns",
    .question = "What does a unit cost when all CPUs make units at once?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", NULL},
    .sizes = (const uint64_t[]){100000, 1000000, END_OF_SIZES},
    .task = task, .ops = same, .checksum = sum_to,
};
