/* Threads of the program send, spawn and wait while the processes do the same. */
#include "support/law.h"
#include "support/random.h"

enum { THREADS = 4, TARGETS = 32 };

static uint64_t seed;
static bl_pid target[TARGETS];
static _Atomic uint64_t sent, received, spawned;

static bl_term count(bl_term state, bl_term message)
{
    if (is_atom(message, "end"))
        bl_exit(state);
    atomic_fetch_add(&received, 1);
    return state;
}

static void count_straight(bl_term unused)
{
    (void)unused;
    while (!is_atom(bl_receive(), "end"))
        atomic_fetch_add(&received, 1);
}

static void relay_some(bl_term number)
{
    struct random r = random_split(seed, (uint64_t)bl_to_int(number));
    for (unsigned i = random_below(&r, 10); i > 0; i--) {
        atomic_fetch_add(&sent, 1);
        send(target[random_below(&r, TARGETS)], i);
    }
}

static void *disturb(void *number)
{
    struct random r = random_split(seed, (uint64_t)(intptr_t)number);
    for (int i = 0; i < rounds(20000); i++) {
        bl_pid p = {0};
        switch (random_below(&r, 4)) {
        case 0:
            p = spawn(relay_some, (int64_t)(random_next(&r) >> 8));
            atomic_fetch_add(&spawned, 1);
            if (random_below(&r, 2))
                CLAIM(ended_well(p));
            break;
        case 1:
            p = bl_spawn_on(1 + random_below(&r, 2), relay_some, bl_int((int64_t)(random_next(&r) >> 8)));
            atomic_fetch_add(&spawned, 1);
            break;
        default:
            atomic_fetch_add(&sent, 1);
            send(target[random_below(&r, TARGETS)], i);
        }
    }
    return NULL;
}

static void wait_for_quiet(uint64_t still_alive)
{
    bl_stats s;
    do
        bl_get_stats(&s);
    while (s.spawned - s.ended > still_alive);
}

static void stress(const char *name, unsigned schedulers)
{
    pthread_t t[THREADS];
    seed = random_seed(name);
    start(schedulers);
    for (int i = 0; i < TARGETS; i++)
        target[i] = i % 2 ? spawn(count_straight, i) : spawn_resting(count, i);
    for (intptr_t i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&t[i], NULL, disturb, (void *)(i + 1)), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    wait_for_quiet(TARGETS);
    for (int i = 0; i < TARGETS; i++) {
        bl_send(target[i], bl_atom("end"));
        end_of(target[i]);
    }
    wait_for_quiet(0);
    bl_stats s;
    bl_get_stats(&s);
    cr_assert_eq(atomic_load(&received), atomic_load(&sent));
    cr_assert_eq(s.sent, atomic_load(&sent) + TARGETS);
    cr_assert_eq(s.spawned, atomic_load(&spawned) + TARGETS);
    stop();
}

Test(outside, threads_disturb_two_schedulers) { stress("outside.threads_disturb_two_schedulers", 2); }
Test(outside, threads_disturb_six_schedulers) { stress("outside.threads_disturb_six_schedulers", 6); }
