/* counting.c - what does a message cost that is only counted?
 * A sends n times `increment` to B, and then asks for the number, which B sends back: n. Savina's Counting,
 * with its 1,000,000. Nothing holds the sender back: how long the queue grows is the contender's business.
 * Measured: sending and receiving, one way; a queue that may get long; on two CPUs, whether the two can do
 * it at the same time.
 * Not measured: what `stream` and `fan_in` do: they send numbers.
 * n: messages. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->counting;
}

const struct figure figure_counting = {
    .name = "counting", .unit = "ns",
    .question = "What does a message cost that is only counted?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", NULL},
    .sizes = (const uint64_t[]){100000, 1000000, END_OF_SIZES},
    .task = task, .ops = same, .checksum = same,
};
