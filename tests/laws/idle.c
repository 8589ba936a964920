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

/* ---- one looks for work, however many could ---- */

enum { SCHEDULERS = 24 };

/* How often a thread fell asleep while `function` ran. */
static long count_sleeps(bl_function *function, int64_t argument, long *ms)
{
    struct rusage before, after;
    start_with((bl_options){.schedulers = SCHEDULERS});
    getrusage(RUSAGE_SELF, &before);
    int64_t began = bl_monotonic_ns();
    cr_assert(ended_well(spawn(function, argument)));
    *ms = (long)((bl_monotonic_ns() - began) / 1000000);
    getrusage(RUSAGE_SELF, &after);
    stop();
    return after.ru_nvcsw - before.ru_nvcsw;
}

static void compute_for(bl_term ms)
{
    int64_t end = bl_monotonic_ns() + bl_to_int(ms) * 1000000;
    while (bl_monotonic_ns() < end) {
    }
}

/* The watcher twice in a ms, the lookout once; and all while they begin. Where others want the CPUs they come less often. */
enum { SLEEPS_IN_A_MS = 6 };

Test(idle, of_many_one_looks_for_work)
{
    long ms, sleeps = count_sleeps(compute_for, 300, &ms);
    cr_assert(sleeps < SLEEPS_IN_A_MS * ms, "%ld in %ld ms", sleeps, ms);
}

/* Much to do at once, for a moment, after all have slept. */
enum { BURST = 40, APART_MS = 2, SLEEPS_IN_A_BURST = 10 };

static void make_bursts(bl_term times)
{
    bl_pid resting[BURST];
    for (int i = 0; i < BURST; i++)
        resting[i] = bl_spawn_resting(rest, bl_int(i));
    for (int64_t i = 0; i < bl_to_int(times); i++) {
        bl_sleep(APART_MS);
        for (int j = 0; j < BURST; j++)
            bl_send(resting[j], bl_int(j));
    }
    for (int i = 0; i < BURST; i++)
        bl_exit_signal(resting[i], bl_atom("kill"));
}

/* Who makes it wakes one, and that one, if there is still more, another; the watcher looks, too. */
Test(idle, of_many_one_is_woken_to_look)
{
    enum { TIMES = 150 };
    long ms, sleeps = count_sleeps(make_bursts, TIMES, &ms);
    cr_assert(sleeps < SLEEPS_IN_A_BURST * TIMES, "%ld in %d bursts, %ld ms", sleeps, TIMES, ms);
}
