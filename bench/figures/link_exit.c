/* link_exit.c - what does it cost that an end takes others along?
 * n units in a chain: each is linked to the one before it, and waits. The first is told to end with a
 * reason other than normal, and all die of it, one after the other. The clock starts when it is told, and
 * stops when the last is known to be gone: it alone is watched, as it cannot die before the others. Then,
 * outside the clock, each is looked for: the checksum adds up the numbers (1..n) of those that are gone.
 * A chain and not a star, because a star of n would need n messages to tell that all are gone (that is
 * `monitor`), and because here each end has to find its own way on: nothing can be told in bulk.
 * Measured: an exit signal, an end by it, and the next exit signal; over n, caches that are cold.
 * Not measured: creating and linking the units, which is outside the clock; catching exits.
 * n: units. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->link_exit;
}

const struct figure figure_link_exit = {
    .name = "link_exit", .unit = "ns",
    .question = "What does it cost that an end takes others along?",
    .variants = (const char *const[]){"one_cpu", "free", NULL},
    .sizes = (const uint64_t[]){1000, 100000, END_OF_SIZES},
    .task = task, .ops = same, .checksum = sum_to, .units = same,
};
