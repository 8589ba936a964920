/* A runtime that has nothing to do does nothing. */
#include <sys/resource.h>

#include "support/law.h"

static int64_t cpu_ms(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

/* CPU time of the whole program while its main thread blocks; schedulers spin a little
 * before they sleep, so the window opens after that. */
static void assert_idle(void)
{
    block_ms(50);
    int64_t before = cpu_ms();
    block_ms(300);
    int64_t used = cpu_ms() - before;
    cr_assert_lt(used, 20, "%d ms of CPU in 300 ms of nothing", (int)used);
}

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
