/* No wake-up is ever lost.
 * Pairs on different schedulers play ping-pong and do something random in between, long
 * enough now and then for the other's scheduler to spin, to poll, and to fall asleep.
 * Were one wake-up lost, a pair would stop, and the test would never end. */
#include "support/law.h"
#include "support/random.h"

static uint64_t seed;
static int rallies;

static void dawdle(struct random *r)
{
    unsigned how = random_below(r, 1000);
    volatile unsigned busy = how < 900 ? how % 50 : how < 990 ? how * 10 : how * 200;
    while (busy > 0)
        busy--;
    if (how % 16 == 0)
        bl_yield();
}

static void player(bl_term number)
{
    struct random r = random_split(seed, (uint64_t)bl_to_int(number));
    bl_pid partner = bl_to_pid(bl_receive());
    bool serves = bl_to_int(number) % 2 == 0;
    for (int64_t i = 0; i < rallies; i++) {
        dawdle(&r);
        if (serves)
            send(partner, i);
        CLAIM(receive() == i);
        if (!serves)
            send(partner, i);
    }
}

/* `pairs` of players, each on two schedulers of its own choice; 0: wherever. */
static void play(const char *name, unsigned schedulers, int pairs, bool bound, int times)
{
    bl_pid p[2 * 64];
    seed = random_seed(name);
    rallies = rounds(times);
    struct random r = random_split(seed, UINT64_MAX);
    start(schedulers);
    for (int i = 0; i < 2 * pairs; i++) {
        unsigned where = bound ? 1 + ((unsigned)i + random_below(&r, 2)) % schedulers : 0;
        p[i] = bl_spawn_on(where, player, bl_int(i));
        cr_assert_eq(bl_pid_error(p[i]), BL_OK);
    }
    for (int i = 1; i < 2 * pairs; i += 2) /* who does not serve must know his partner first */
        bl_send(p[i], bl_from_pid(p[i ^ 1]));
    for (int i = 0; i < 2 * pairs; i += 2)
        bl_send(p[i], bl_from_pid(p[i ^ 1]));
    for (int i = 0; i < 2 * pairs; i++)
        cr_assert(ended_well(p[i]));
    stop();
}

Test(wakeup, of_one_pair_on_two_schedulers) { play("wakeup.of_one_pair_on_two_schedulers", 2, 1, true, 50000); }
Test(wakeup, of_some_pairs_on_two_schedulers) { play("wakeup.of_some_pairs_on_two_schedulers", 2, 5, true, 20000); }
Test(wakeup, of_many_pairs_on_four_schedulers) { play("wakeup.of_many_pairs_on_four_schedulers", 4, 40, true, 5000); }
Test(wakeup, of_pairs_that_nobody_has_bound) { play("wakeup.of_pairs_that_nobody_has_bound", 4, 8, false, 20000); }
Test(wakeup, of_pairs_on_more_schedulers_than_cpus) { play("wakeup.of_pairs_on_more_schedulers_than_cpus", 8, 4, true, 5000); }

/* ---- a thread and a process: from outside into a runtime that falls asleep ---- */

static _Atomic int64_t echo;

static bl_term answer(bl_term state, bl_term message)
{
    atomic_store(&echo, bl_to_int(message));
    return state;
}

static void play_with_thread(const char *name, unsigned schedulers)
{
    struct random r = {random_seed(name)};
    start(schedulers);
    bl_pid p[8];
    for (unsigned i = 0; i < 8; i++)
        p[i] = bl_spawn_resting_on(i % (schedulers + 1), answer, bl_int(0));
    for (int64_t i = 1; i <= rounds(20000); i++) {
        send(p[random_below(&r, 8)], i);
        while (atomic_load(&echo) != i)
            sched_yield();
        dawdle(&r);
    }
    stop();
}

Test(wakeup, by_a_thread_of_one_scheduler) { play_with_thread("wakeup.by_a_thread_of_one_scheduler", 1); }
Test(wakeup, by_a_thread_of_four_schedulers) { play_with_thread("wakeup.by_a_thread_of_four_schedulers", 4); }

/* ---- deaths wake, too ---- */

static void die_after_a_while(bl_term number)
{
    struct random r = random_split(seed, (uint64_t)bl_to_int(number));
    dawdle(&r);
}

static void watch_deaths(bl_term number)
{
    for (int64_t i = 0; i < rallies; i++)
        CLAIM(ended_well(bl_spawn_on((unsigned)(1 + (bl_to_int(number) + i) % 4), die_after_a_while, bl_int(i))));
}

static void *watch_deaths_from_thread(void *number)
{
    watch_deaths(bl_int((int64_t)(intptr_t)number));
    return NULL;
}

Test(wakeup, by_an_end_on_another_scheduler)
{
    bl_pid p[8];
    pthread_t t[2];
    seed = random_seed("wakeup.by_an_end_on_another_scheduler");
    rallies = rounds(5000);
    start(4);
    for (unsigned i = 0; i < 8; i++)
        p[i] = bl_spawn_on(1 + i % 4, watch_deaths, bl_int(i));
    for (intptr_t i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, watch_deaths_from_thread, (void *)i);
    for (int i = 0; i < 8; i++)
        cr_assert(ended_well(p[i]));
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    stop();
}
