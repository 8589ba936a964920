/* monitor.c - what does it cost to hear of an end?
 * 1,000 units wait. In a batch each is watched, then each is told to end, which it does with its number
 * 1..1,000 as the reason; then 1,000 ends are awaited, in any order, and their reasons added up.
 * Measured: setting a monitor on a living unit, one word to it, its end, and being told of that.
 * Not measured: creating the units, which is outside the clock (spawn_exit has creation and end).
 * n: units. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->monitor;
}

const struct figure figure_monitor = {
    .name = "monitor", .unit = "ns",
    .question = "What does it cost to hear of an end?",
    .variants = (const char *const[]){"one_cpu", NULL},
    .sizes = (const uint64_t[]){BATCH_MONITORS, END_OF_SIZES},
    .task = task, .ops = same, .checksum = sum_to, .units = same,
};
