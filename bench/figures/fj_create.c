/* fj_create.c - what does a unit cost that is made for one message?
 * n units are made, and each is sent its number, 1..n, as soon as it is made; each takes it, hands it back,
 * and ends. The clock stops when all have. Savina's "fork join, actor creation", with its 40,000.
 * Measured: birth, one message, end. Units are let run while others are made: how many there are at once
 * is the contender's business.
 * Not measured: the numbers Savina has each of them compute; they would be the same for all.
 * n: units. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->fj_create;
}

const struct figure figure_fj_create = {
    .name = "fj_create", .unit = "ns",
    .question = "What does a unit cost that is made for one message?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", NULL},
    .sizes = (const uint64_t[]){4000, 40000, END_OF_SIZES},
    .task = task, .ops = same, .checksum = sum_to, .units = same,
};
