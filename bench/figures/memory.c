/* memory.c - what does a unit occupy while it waits?
 * n units are parked as in spawn_live. The program measures nothing: it says when its runtime is
 * up, when the units are parked, and waits; an observer outside reads the growth between the two,
 * the kernel's share included.
 * Measured: the growth per unit, as a slope over n; what the runtime needs once is the intercept.
 * Not measured: units that have called deep functions or keep data; address space that was
 * reserved and never touched.
 * n: units. */
#include "figures.h"

static const struct parking *parking(const struct contender *c)
{
    return &c->parking;
}

const struct figure figure_memory = {
    .name = "memory", .unit = "bytes",
    .question = "What does a waiting unit occupy, the kernel's share included?",
    .variants = (const char *const[]){"free", NULL},
    .sizes = (const uint64_t[]){1000, 2000, 5000, 10000, 20000, END_OF_SIZES},
    .parking = parking, .ops = same, .checksum = sum_to, .units = same,
};
