/* A scheduler's clock shows the kernel's time, as nearly as it says, whatever the counter does. */
#include "machine/clock.h"

#include <criterion/criterion.h>

#include "support/scale.h"

static struct clock c;

/* Is it as right as it says? Between the two times of the kernel's; a thread that loses the CPU has more of it. */
static void look_at(void)
{
    uint64_t before = os_now_ns(), now = clock_now(&c), after = os_now_ns();
    cr_assert_geq(now + CLOCK_ERROR_NS, before);
    cr_assert_leq(now, after + CLOCK_ERROR_NS);
}

/* By asking it, as those do who use it. */
static void look_for(uint64_t ns)
{
    for (uint64_t end = os_now_ns() + ns; os_now_ns() < end;)
        look_at();
}

Test(clock, is_right_from_the_beginning)
{
    clock_init(&c, os_clock_is_counter());
    look_for(5 * CLOCK_LEARNS_NS);
    cr_assert_eq(c.rate != 0, os_clock_is_counter(), "it learns the rate, if there is one");
}

/* Where the counter is not the clock it may be anything, but nobody reads it. */
Test(clock, asks_the_kernel_where_the_counter_is_no_clock)
{
    clock_init(&c, false);
    look_for(2 * CLOCK_LEARNS_NS);
    cr_assert_eq(c.rate, 0);
    cr_assert_eq(c.reach, 0);
}

static void learn(void)
{
    clock_init(&c, true);
    while (!c.reach)
        look_for(CLOCK_LEARNS_NS);
}

Test(clock, is_right_after_a_pause)
{
    if (!os_clock_is_counter())
        return;
    learn();
    for (int i = 0; i < 20; i++) {
        for (uint64_t end = os_now_ns() + (uint64_t)i * CLOCK_REACH_NS / 5; os_now_ns() < end;) {
        }
        look_at();
    }
}

/* As if the machine had been moved: the counter goes on from elsewhere, or at another pace. */
Test(clock, survives_a_counter_that_jumps)
{
    if (!os_clock_is_counter())
        return;
    static const int64_t jumps[] = {INT64_C(1) << 20, -(INT64_C(1) << 20), INT64_C(1) << 40, -(INT64_C(1) << 40)};
    for (int i = 0; i < 4; i++) {
        learn();
        c.ticks -= (uint64_t)jumps[i];
        c.first_ticks -= (uint64_t)jumps[i];
        look_for(CLOCK_LEARNS_NS);
        look_for(3 * CLOCK_LEARNS_NS);
        cr_assert_neq(c.rate, 0, "it has learned again");
    }
}

Test(clock, notices_another_pace)
{
    if (!os_clock_is_counter())
        return;
    learn();
    uint64_t right = c.rate;
    c.rate += c.rate / 8;
    c.reach = 0; /* or for the rest of its reach it would not know */
    while (!c.reach || c.rate > right + right / 512)
        clock_now(&c);
    look_for(CLOCK_LEARNS_NS);
}
