/* timer.c - what does a timer cost, and does it depend on how many there are?
 * n timers live already, set before the clock for instants an hour ahead and more.
 * set_cancel: 100,000 times a timer is set for an hour ahead, and cancelled; each must say that it was
 * still to come.
 * set_fire: 100,000 timers are set for 1 to 4 ms ahead, in turn, each with its number, and all their
 * messages are awaited and added up.
 * Measured: one timer, set and cancelled, or set and heard of. Of set_fire the last few ms are waiting:
 * 40 ns a timer, and no contender can be better.
 * Not measured: how exactly a timer fires (none may be early).
 * n: other timers. */
#include "figures.h"

#include <string.h>

static const struct task *task(const struct contender *c)
{
    return c->timer;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_TIMERS;
}

static uint64_t checksum(const struct setting *s)
{
    return strcmp(s->variant, "set_cancel") == 0 ? BATCH_TIMERS : sum_to(BATCH_TIMERS);
}

const struct figure figure_timer = {
    .name = "timer", .unit = "ns",
    .question = "What does a timer cost, and does it depend on how many there are?",
    .variants = (const char *const[]){"set_cancel", "set_fire", NULL},
    .sizes = (const uint64_t[]){0, 1000000, 10000000, END_OF_SIZES},
    .task = task, .ops = ops, .variant_checksum = checksum,
};
