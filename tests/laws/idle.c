/* A runtime that has nothing to do does nothing. */
#include "support/idle.h"

static _Atomic int begun;

static void park(bl_term unused)
{
    (void)unused;
    atomic_fetch_add(&begun, 1);
    bl_receive();
}

static bl_term rest(bl_term state, bl_term message)
{
    (void)message;
    return state;
}

static void work_a_little(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++)
        bl_yield();
}

LAW(idle, when_nothing_was_ever_spawned)
{
    assert_idle();
}

LAW(idle, when_all_are_parked_or_at_rest)
{
    for (int i = 0; i < 1000; i++) {
        spawn(park, i);
        spawn_resting(rest, i);
    }
    while (atomic_load(&begun) < 1000)
        sched_yield();
    assert_idle();
}

LAW(idle, when_work_is_over)
{
    for (int i = 0; i < 100; i++)
        spawn(work_a_little, rounds(1000));
    cr_assert(ended_well(spawn(work_a_little, rounds(1000))));
    assert_idle();
}

static bl_pid parked;

static void *wait_in_thread(void *unused)
{
    bl_wait(parked, NULL);
    return unused;
}

LAW(idle, when_a_thread_waits)
{
    pthread_t t;
    parked = spawn(park, 0);
    pthread_create(&t, NULL, wait_in_thread, NULL);
    assert_idle();
    send(parked, 1);
    pthread_join(t, NULL);
}

LAW(idle, wakes_up_again)
{
    for (int i = 0; i < 3; i++) {
        block_ms(30);
        cr_assert(ended_well(spawn(work_a_little, 100)));
    }
    for (unsigned s = 1; s <= schedulers; s++) {
        block_ms(30);
        cr_assert(ended_well(bl_spawn_on(s, work_a_little, bl_int(100))));
    }
}

/* One looks for work, however many could. */

static void compute_for(bl_term ms)
{
    int64_t end = bl_monotonic_ns() + bl_to_int(ms) * 1000000;
    while (bl_monotonic_ns() < end) {
    }
}

/* The watcher twice in a ms, the lookout once; and all while they begin. Where others want the CPUs they come less often. */
enum { SCHEDULERS = 24, SLEEPS_IN_A_MS = 6 };

Test(idle, of_many_one_looks_for_work)
{
    struct rusage before, after;
    start_with((bl_options){.schedulers = SCHEDULERS});
    getrusage(RUSAGE_SELF, &before);
    int64_t began = bl_monotonic_ns();
    cr_assert(ended_well(spawn(compute_for, 300)));
    long ms = (long)((bl_monotonic_ns() - began) / 1000000), sleeps;
    getrusage(RUSAGE_SELF, &after);
    stop();
    sleeps = after.ru_nvcsw - before.ru_nvcsw;
    cr_assert(sleeps < SLEEPS_IN_A_MS * ms, "%ld in %ld ms", sleeps, ms);
}
