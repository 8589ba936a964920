/* What was put in comes out when its time comes: not before, not twice, in order. */
#include "data/wheel.h"

#include <criterion/criterion.h>

#include "support/random.h"
#include "support/scale.h"

enum { MOST = 2000 };

static struct wheel wheel;
static struct wheel_entry entry[MOST];

/* Distances of all sizes, and often at the edges of levels. */
static uint64_t some_distance(struct random *r)
{
    uint64_t edge = UINT64_C(1) << 8 * random_below(r, 5);
    switch (random_below(r, 4)) {
    case 0: return random_next(r) >> (32 + random_below(r, 32));
    case 1: return random_below(r, 600);
    case 2: return random_next(r) >> (29 + random_below(r, 4)); /* farther than a wheel reaches */
    default: return edge + random_below(r, 5) - (edge > 1 ? 2 : 0);
    }
}

/* Any time that expires in this tick. */
static uint64_t due_in(uint64_t tick, struct random *r)
{
    return tick ? (tick - 1) << WHEEL_TICK_SHIFT | random_below(r, 1 << WHEEL_TICK_SHIFT) : 0;
}

Test(wheel, does_as_a_plain_list_would)
{
    struct random r = {random_seed("wheel")};
    for (int run = 0; run < 200 / SLOWDOWN + 1; run++) {
        uint64_t now = random_next(&r) >> (24 + random_below(&r, 38));
        uint64_t due[MOST] = {0}; /* 0: not in it */
        size_t in = 0;
        wheel_init(&wheel, now);
        for (int i = 0; i < MOST; i++)
            entry[i] = (struct wheel_entry){0};
        for (int step = 0; step < 3000; step++) {
            unsigned i = random_below(&r, MOST);
            if (random_below(&r, 3)) {
                bool was = wheel_remove(&wheel, &entry[i]);
                cr_assert_eq(was, due[i] != 0);
                in -= was;
                uint64_t tick = now + some_distance(&r);
                entry[i].due = due_in(tick, &r);
                due[i] = tick > now ? tick : now + 1;
                uint64_t look = wheel_add(&wheel, &entry[i]);
                cr_assert_leq(look, due[i], "it would be missed");
                cr_assert_gt(look, now);
                cr_assert_geq(look, wheel_next(&wheel));
                in++;
                continue;
            }
            uint64_t next = wheel_next(&wheel), first = UINT64_MAX;
            for (int k = 0; k < MOST; k++)
                if (due[k] && due[k] < first)
                    first = due[k];
            cr_assert_leq(next, first);
            cr_assert_gt(next, now);
            now += random_below(&r, 2) ? random_below(&r, 300) : some_distance(&r);
            uint64_t last = 0;
            for (;;) {
                unsigned patience = 1 + random_below(&r, 5);
                struct wheel_entry *e = wheel_pop(&wheel, now, &patience);
                if (!e && !patience) {
                    cr_assert_leq(wheel.now, now);
                    continue;
                }
                if (!e)
                    break;
                uint64_t tick = due[e - entry];
                cr_assert_neq(tick, 0, "not twice");
                cr_assert_leq(tick, now, "never early");
                cr_assert_geq(tick, last, "in order");
                last = tick;
                due[e - entry] = 0;
                in--;
            }
            for (int k = 0; k < MOST; k++)
                cr_assert(!due[k] || due[k] > now, "never late");
            cr_assert_eq(wheel.count, in);
        }
    }
}

Test(wheel, an_empty_one_has_nothing_to_wait_for)
{
    wheel_init(&wheel, 77);
    cr_assert_eq(wheel_next(&wheel), UINT64_MAX);
    unsigned patience = 1;
    cr_assert_null(wheel_pop(&wheel, UINT64_C(1) << 50, &patience));
    cr_assert_eq(wheel_next(&wheel), UINT64_MAX);
}
