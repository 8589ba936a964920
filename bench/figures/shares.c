/* shares.c - do those who compute for ever share the CPUs evenly?
 * n units compute, each for itself, none waits for anything. A turn is 10,000 steps of a small random number; after each a
 * unit reads the clock. It counts the turns that end in a window of a second which all know, and which opens
 * 50 ms after the first was about to be made; then it hands back its number and ends.
 * Measured: the turns of the unit that got fewest, and of the one that got most, in percent of an even share: of the
 * mean. Whoever runs 3 units on 2 CPUs and never moves one gives 150 to one and 75 to the others.
 * The loops call nothing but the clock, but for beamling_resting's, for whom a turn is a message to itself.
 * Not measured: how long a turn takes; languages differ in that, and nothing is compared by it.
 * The window has ends: who has slices of 10 ms, as in Go, has nine or ten of them in it if 21 share two CPUs, and some 5 % more or
 * less are the window's.
 * n: units. It should not be a multiple of the CPUs: that is too easy. A sample is one program: see README.md. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->shares;
}

const struct figure figure_shares = {
    .name = "shares", .unit = "%",
    .question = "Do those who compute for ever share the CPUs evenly?",
    .variants = (const char *const[]){"two_cpus", NULL},
    .sizes = (const uint64_t[]){3, 21, END_OF_SIZES},
    .task = task, .ops = same, .checksum = sum_to, .units = same, .shares = true,
};
