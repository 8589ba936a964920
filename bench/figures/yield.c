/* yield.c - what does it cost to give the CPU away?
 * Two units on one CPU; in a batch each yields 5,000 times and counts.
 * Measured: a switch through the contender's scheduler when both have work to do.
 * Not measured: waking someone who sleeps (ping_pong), a switch without a scheduler (bare_switch).
 * A yield is a wish: a scheduler may let the same unit go on. So the units look who ran last, and
 * when fewer switches happened than were asked for, the time is divided by those that happened.
 * n: units. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return &c->yield;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_YIELDS;
}

const struct figure figure_yield = {
    .name = "yield", .unit = "ns",
    .question = "What does it cost to give the CPU to another unit?",
    .variants = (const char *const[]){"one_cpu", NULL},
    .sizes = (const uint64_t[]){2, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = ops,
};
