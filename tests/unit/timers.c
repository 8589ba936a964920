/* When a scheduler's timers have to be looked at again. */
#include "kernel/timer.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { TICK_NS = 1 << WHEEL_TICK_SHIFT };

static uint64_t look_again(struct timers *t)
{
    timers_changed(t);
    return atomic_load(&t->next_ns);
}

/* They cannot send it, and must not forget it: nobody wakes them. */
Test(timers, what_somebody_is_sending_is_due_for_others_in_the_next_tick)
{
    uint64_t now = UINT64_C(1000) * TICK_NS;
    os_clock_set(now);
    struct timers *t = timers_create();
    struct wheel_entry soon = {.due = now + TICK_NS / 2}, late = {.due = now + UINT64_C(100) * TICK_NS};
    cr_assert_eq(look_again(t), UINT64_MAX);
    timers_add(t, &t->alarms, &soon, now);
    timers_add(t, &t->alarms, &late, now);
    os_clock_add(10 * TICK_NS);
    cr_assert_leq(look_again(t), os_now_ns());
    t->sending = true;
    cr_assert_eq(look_again(t), now + UINT64_C(11) * TICK_NS);
    wheel_remove(&t->alarms, &soon);
    cr_assert_leq(look_again(t), now + UINT64_C(101) * TICK_NS);
    t->sending = false;
    cr_assert_leq(look_again(t), now + UINT64_C(101) * TICK_NS);
    free(t);
}
