/* spawn_live.c - what does it cost to have n units alive at the same time, and how many can there be?
 * n units are created, all run to their first wait and stay; the time is divided by n. Then each is
 * asked for its number, so that nobody can claim units that were not there.
 * Measured: creation without reuse: every unit needs its own stack, its own everything.
 * Not measured: their end; memory (memory). A single shot in a fresh process: a second one would
 * find the memory of the first.
 * n: units. Where a contender dies, the limit that ended it is the result. */
#include "figures.h"

static const struct parking *parking(const struct contender *c)
{
    return &c->parking;
}

const struct figure figure_spawn_live = {
    .name = "spawn_live", .unit = "ns",
    .question = "What does it cost to have n units alive at once, and how many can there be?",
    .variants = (const char *const[]){"free", NULL},
    .sizes = (const uint64_t[]){1000, 10000, 30000, 100000, 1000000, END_OF_SIZES},
    .parking = parking, .ops = same, .checksum = sum_to, .units = same,
};
