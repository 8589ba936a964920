/* beamling_timers.c - timer: one process sets them all, for itself, and first those that live on. */
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_terms.h"

#include <string.h>

enum { HOUR_MS = 3600 * 1000 };

static bool fires; /* which variant; written before the unit is hired */

/* How many were still to come. */
static int64_t set_and_cancel(void)
{
    int64_t ahead = 0;
    bl_term self = bl_from_pid(bl_self());
    for (int64_t i = 1; i <= BATCH_TIMERS; i++)
        ahead += bl_cancel_timer(bl_send_after(HOUR_MS, self, bl_int(i))) > 0;
    return ahead;
}

static int64_t set_and_await(void)
{
    int64_t sum = 0;
    bl_term self = bl_from_pid(bl_self());
    for (int64_t i = 1; i <= BATCH_TIMERS; i++)
        bl_send_after(1 + (uint64_t)i % TIMERS_WITHIN_MS, self, bl_int(i));
    for (int i = 0; i < BATCH_TIMERS; i++)
        sum += bl_to_int(bl_receive());
    return sum;
}

static void set_others(int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (bl_is_none(bl_send_after(HOUR_MS + (uint64_t)i % HOUR_MS, bl_from_pid(bl_self()), bl_int(0))))
            bl_exit(bl_atom("no_memory"));
}

static void setter(bl_term others)
{
    crew_await(); /* somebody must be there to be told */
    set_others(bl_to_int(others));
    int64_t sum = 0;
    while (crew_told_to_go_on(sum))
        sum = fires ? set_and_await() : set_and_cancel();
}

static int timer_begin(const struct setting *setting)
{
    fires = strcmp(setting->variant, "set_fire") == 0;
    int r = crew_hire(0, setter, bl_int((int64_t)setting->n));
    return r ? r : crew_await_first(setting);
}

static void timer_batch(uint64_t n, struct proof *proof)
{
    (void)n;
    crew_ask(crew.pids[0], bl_atom("go"), BATCH_TIMERS, proof);
    proof->peak_live = 1;
}

static int timer_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(timer_batch, setting, count, proof);
}

const struct task beamling_timer = {.begin = timer_begin, .batches = timer_batches, .end = crew_end};
