/* Schedulers are taken off line, and on line again, while others run: who is off line runs nothing,
 * and nothing is lost by it. */
#include "support/idle.h"
#include "support/processes.h"

/* ---- how many there are ---- */

LAW(online, is_what_was_set)
{
    cr_assert_eq(bl_schedulers_online(), schedulers);
    cr_assert_eq(bl_set_schedulers_online(0), 0);
    cr_assert_eq(bl_set_schedulers_online(schedulers + 1), 0);
    cr_assert_eq(bl_set_schedulers_online(UINT32_MAX), 0);
    cr_assert_eq(bl_schedulers_online(), schedulers);
    unsigned last = schedulers;
    for (unsigned n = schedulers; n > 0; n--) {
        cr_assert_eq(bl_set_schedulers_online(n), last);
        cr_assert_eq(bl_schedulers_online(), n);
        last = n;
    }
    cr_assert_eq(bl_set_schedulers_online(schedulers), 1);
    bl_stats s;
    bl_get_stats(&s);
    cr_assert_eq(s.schedulers, schedulers);
}

Test(online, is_nothing_without_a_runtime)
{
    cr_assert_eq(bl_schedulers_online(), 0);
    cr_assert_eq(bl_set_schedulers_online(1), 0);
    cr_assert_eq(bl_scheduler(), 0);
    cr_assert_eq(bl_start(&(bl_options){.schedulers = 2, .schedulers_online = 3}), BL_EINVAL);
    start(2);
    stop();
    cr_assert_eq(bl_schedulers_online(), 0);
}

static void note_scheduler(bl_term to)
{
    bl_send_to(to, bl_int(bl_scheduler()));
}

/* Where does a process run that is bound to this one? */
static unsigned where_bound_to(unsigned scheduler)
{
    CLAIM(bl_pid_error(bl_spawn_on(scheduler, note_scheduler, bl_from_pid(bl_self()))) == BL_OK);
    return (unsigned)receive();
}

static void claim_that_only_first_is_online(bl_term unused)
{
    (void)unused;
    CLAIM(bl_schedulers_online() == 1);
    for (unsigned i = 1; i <= 4; i++)
        CLAIM(where_bound_to(i) == 1);
    CLAIM(bl_set_schedulers_online(4) == 1);
    for (unsigned i = 1; i <= 4; i++)
        CLAIM(where_bound_to(i) == i);
}

Test(online, can_be_few_from_the_start)
{
    start_with((bl_options){.schedulers = 4, .schedulers_online = 1});
    run(claim_that_only_first_is_online);
    stop();
}

/* ---- nothing is begun off line ---- */

static _Atomic unsigned floor_set; /* so many are on line, at most, since before this was written */
static _Atomic bool enough;
static _Atomic int64_t turns;

/* Whoever gives way is on line after that. */
static void wander(bl_term unused)
{
    (void)unused;
    while (!atomic_load(&enough)) {
        unsigned most = atomic_load(&floor_set);
        bl_yield();
        CLAIM(bl_scheduler() >= 1 && bl_scheduler() <= most);
        atomic_fetch_add(&turns, 1);
    }
}

/* Who begins does so on line, and ends there. */
static void breed(bl_term generations)
{
    int64_t left = bl_to_int(generations);
    unsigned most = atomic_load(&floor_set);
    bl_yield();
    CLAIM(bl_scheduler() <= most);
    if (left > 0 && !atomic_load(&enough))
        bl_spawn(breed, bl_int(left - 1));
}

static void lower_by_one(bl_term schedulers)
{
    for (int64_t n = bl_to_int(schedulers) - 1; n > 0; n--) {
        CLAIM(bl_set_schedulers_online((unsigned)n) == n + 1);
        CLAIM(bl_scheduler() <= n); /* who asks goes along */
        atomic_store(&floor_set, (unsigned)n);
        for (int64_t until = atomic_load(&turns) + 200; atomic_load(&turns) < until;)
            bl_yield();
    }
    atomic_store(&enough, true);
}

LAW(online, runs_nothing_when_it_is_not)
{
    bl_pid p[20];
    atomic_store(&floor_set, schedulers);
    for (unsigned i = 0; i < 20; i++)
        p[i] = bl_spawn_on(i % 2 ? 0 : i / 2 % schedulers + 1, wander, bl_int(0));
    for (unsigned i = 0; i < 4; i++)
        spawn(breed, INT32_MAX);
    cr_assert(ended_well(bl_spawn_on(schedulers, lower_by_one, bl_int(schedulers))));
    for (int i = 0; i < 20; i++)
        cr_assert(ended_well(p[i]));
}

/* ---- who sleeps there is woken elsewhere ---- */

enum { SLEEPERS = 200 };

static bl_pid sleepers[SLEEPERS], resting[SLEEPERS];

/* Its frames are as they were, wherever it goes on. */
static void keep_and_answer(bl_term id)
{
    volatile int64_t mine[50];
    for (;;) {
        for (int i = 0; i < 50; i++)
            mine[i] = bl_to_int(id) + i;
        bl_pid asks = bl_to_pid(bl_receive());
        for (int i = 0; i < 50; i++)
            CLAIM(mine[i] == bl_to_int(id) + i);
        bl_send(asks, bl_int(bl_scheduler()));
    }
}

static bl_term answer(bl_term state, bl_term asks)
{
    bl_send(bl_to_pid(asks), bl_int(bl_scheduler()));
    return state;
}

/* All answer, each from 1 .. most; or, if they are bound and that is on line, from where they are bound to. */
static void ask_all(unsigned bound_to, unsigned most)
{
    for (int i = 0; i < SLEEPERS; i++) { /* who still runs where it was goes on there */
        await_waiting(sleepers[i]);
        await_waiting(resting[i]);
    }
    for (int i = 0; i < SLEEPERS; i++) {
        bl_send(sleepers[i], bl_from_pid(bl_self()));
        bl_send(resting[i], bl_from_pid(bl_self()));
    }
    for (int i = 0; i < 2 * SLEEPERS; i++) {
        unsigned where = (unsigned)receive();
        CLAIM(where >= 1 && where <= most);
        CLAIM(!bound_to || bound_to > most || where == bound_to);
    }
}

static void sleep_there(bl_term scheduler)
{
    unsigned to = (unsigned)bl_to_int(scheduler), all = bl_schedulers_online();
    for (int i = 0; i < SLEEPERS; i++) {
        sleepers[i] = bl_spawn_on(to, keep_and_answer, bl_int(i));
        resting[i] = bl_spawn_resting_on(to, answer, bl_int(0));
    }
    for (unsigned n = all; n > 0; n--) {
        bl_set_schedulers_online(n);
        ask_all(to, n);
    }
    for (unsigned n = 1; n <= all; n++) {
        bl_set_schedulers_online(n);
        ask_all(to, n);
    }
    for (int i = 0; i < SLEEPERS; i++) {
        bl_exit_signal(sleepers[i], atom("kill"));
        bl_exit_signal(resting[i], atom("kill"));
    }
}

LAW(online, wakes_who_slept)
{
    cr_assert(ended_well(spawn(sleep_there, 0)));
}

LAW(online, takes_the_bound_back)
{
    cr_assert(ended_well(spawn(sleep_there, schedulers)));
}

/* By a signal, too, and whoever sends it. */
LAW(online, is_woken_by_a_thread)
{
    for (int i = 0; i < rounds(400); i++) {
        bl_pid p = bl_spawn_on((unsigned)i % schedulers + 1, keep_and_answer, bl_int(i));
        bl_set_schedulers_online((unsigned)i * 7 % schedulers + 1);
        bl_exit_signal(p, bl_atom("enough"));
        cr_assert(is_atom(end_of(p), "enough") || is_atom(end_of(p), "noproc"));
    }
}

/* ---- what waits in queues ---- */

static _Atomic bool hog_started, hog_may_end;
static _Atomic int have_run;
static bl_term where_run[64];

static void hold_scheduler(bl_term unused)
{
    (void)unused;
    CLAIM(bl_preempt_off() == BL_OK);
    atomic_store(&hog_started, true);
    while (!atomic_load(&hog_may_end))
        sched_yield(); /* the CPU, not the process */
}

static void note_where(bl_term i)
{
    where_run[bl_to_int(i)] = bl_int(bl_scheduler());
    atomic_fetch_add(&have_run, 1);
}

/* They wait behind it on the second scheduler, bound or not, whatever their priority, begun or not; it is taken
 * off line; the hog ends. */
static void wait_behind_hog(bl_term unused)
{
    enum { WAIT = 64 };
    bl_pid p[WAIT];
    (void)unused;
    bl_spawn_on(2, hold_scheduler, bl_int(0));
    while (!atomic_load(&hog_started))
        bl_yield();
    for (unsigned i = 0; i < WAIT; i++)
        p[i] = bl_spawn_opt(note_where, bl_int(i), &(bl_spawn_options){.scheduler = 2, .priority = i % 4});
    CLAIM(bl_set_schedulers_online(1) == 2);
    CLAIM(atomic_load(&have_run) == 0);
    atomic_store(&hog_may_end, true);
    for (unsigned i = 0; i < WAIT; i++) {
        CLAIM(ended_well(p[i]));
        CLAIM(bl_to_int(where_run[i]) == 1);
    }
}

Test(online, moves_whoever_is_in_queues)
{
    start(2);
    run(wait_behind_hog);
    cr_assert_eq(atomic_load(&have_run), 64);
    stop();
}

/* Who was called, and does not come, can be robbed as before: the hog ends when the others have run. Nobody can rob it
 * sooner: the only other scheduler is held until then. */
static void hold_until_off_line(bl_term unused)
{
    (void)unused;
    CLAIM(bl_preempt_off() == BL_OK);
    atomic_store(&hog_started, true);
    while (bl_schedulers_online() != 1)
        sched_yield();
}

static void have_children_and_compute(bl_term unused)
{
    (void)unused;
    CLAIM(bl_preempt_off() == BL_OK);
    for (int i = 0; i < 20; i++)
        spawn(note_where, i);
    atomic_store(&hog_started, true);
    while (atomic_load(&have_run) < 20)
        sched_yield();
}

Test(online, can_be_robbed_before_it_knows)
{
    start_with((bl_options){.schedulers = 2, .reductions = 4000}); /* so that it does not give way while it spawns */
    bl_spawn_on(1, hold_until_off_line, bl_int(0));
    while (!atomic_load(&hog_started))
        sched_yield();
    atomic_store(&hog_started, false);
    bl_pid p = bl_spawn_on(2, have_children_and_compute, bl_int(0));
    while (!atomic_load(&hog_started))
        sched_yield();
    cr_assert_eq(bl_set_schedulers_online(1), 2);
    cr_assert(ended_well(p));
    for (int i = 0; i < 20; i++)
        cr_assert_eq(bl_to_int(where_run[i]), 1);
    stop();
}

/* ---- time goes on ---- */

static _Atomic bool timers_set[4];

static void set_timers(bl_term number)
{
    int64_t before = bl_monotonic_ns();
    bl_send_after(200, bl_from_pid(bl_self()), bl_int(1));
    atomic_store(&timers_set[bl_to_int(number)], true);
    CLAIM(receive() == 1);
    CLAIM(bl_monotonic_ns() - before >= 200 * 1000000);
    BL_RECEIVE {
        BL_ON("_") {}
        BL_AFTER(100) {}
    }
    bl_sleep(100);
    CLAIM(bl_monotonic_ns() - before >= 400 * 1000000);
}

/* Nothing else runs: if the scheduler that is off line does not keep its time, nobody does. */
LAW(online, keeps_its_timers)
{
    bl_pid p[4];
    for (unsigned i = 0; i < 4; i++)
        p[i] = bl_spawn_on(i % schedulers + 1, set_timers, bl_int(i));
    for (unsigned i = 0; i < 4; i++)
        while (!atomic_load(&timers_set[i]))
            sched_yield();
    bl_set_schedulers_online(1);
    for (unsigned i = 0; i < 4; i++)
        cr_assert(ended_well(p[i]));
}

static void hear(bl_term unused)
{
    (void)unused;
    CLAIM(receive() == 2);
}

/* Those of threads too, some of which are set when their scheduler is just being taken off line. */
LAW(online, keeps_timers_of_threads)
{
    bl_pid p[100];
    for (unsigned i = 0; i < 100; i++) {
        p[i] = spawn(hear, 0);
        cr_assert(bl_is_reference(bl_send_after(i % 5, bl_from_pid(p[i]), bl_int(2))));
        bl_set_schedulers_online(i % schedulers + 1);
    }
    bl_set_schedulers_online(1);
    for (unsigned i = 0; i < 100; i++)
        cr_assert(ended_well(p[i]));
}

/* ---- it costs nothing ---- */

static void park(bl_term to)
{
    bl_send_to(to, bl_int(0));
    bl_receive();
}

static void park_some_everywhere(bl_term schedulers)
{
    for (unsigned i = 0; i < 50; i++)
        bl_spawn_on(i % (unsigned)bl_to_int(schedulers) + 1, park, bl_from_pid(bl_self()));
    for (unsigned i = 0; i < 50; i++)
        receive();
    bl_send_after(3600 * 1000, atom("nobody"), bl_int(1)); /* in whose wheel is something, sleeps no less */
}

LAW(online, costs_nothing_off_line)
{
    for (unsigned s = 1; s <= schedulers; s++)
        cr_assert(ended_well(bl_spawn_on(s, park_some_everywhere, bl_int(schedulers))));
    for (unsigned n = schedulers; n > 0; n /= 2) {
        bl_set_schedulers_online(n);
        assert_idle();
    }
    bl_set_schedulers_online(schedulers);
    assert_idle();
}

/* ---- bound while it runs ---- */

static bl_term flag(int64_t scheduler)
{
    return bl_process_flag(atom("scheduler"), bl_int(scheduler));
}

static void claim_flags(bl_term schedulers)
{
    int64_t n = bl_to_int(schedulers), last = 0;
    CLAIM(bl_is_none(flag(-1)));
    CLAIM(bl_is_none(flag(n + 1)));
    CLAIM(bl_is_none(bl_process_flag(atom("scheduler"), atom("one"))));
    for (int64_t i = 0; i < 20 * n; i++) {
        int64_t to = i * 7 % n + 1;
        CLAIM(bl_same(flag(to), bl_int(last)));
        CLAIM(bl_scheduler() == to);
        for (int k = 0; k < 3; k++) {
            bl_yield();
            CLAIM(bl_scheduler() == to);
        }
        CLAIM(bl_sleep((uint64_t)i % 2) == BL_OK);
        CLAIM(bl_scheduler() == to);
        last = to;
    }
    CLAIM(bl_same(flag(0), bl_int(last)));
    CLAIM(bl_same(flag(0), bl_int(0)));
}

LAW(online, a_process_can_be_bound_while_it_runs)
{
    for (int i = 0; i < 3; i++)
        cr_assert(ended_well(spawn(claim_flags, schedulers)));
}

static bl_term go_where(bl_term state, bl_term message)
{
    bl_pid asks = bl_to_pid(bl_element(message, 0));
    int64_t to = bl_to_int(bl_element(message, 1));
    CLAIM(bl_same(flag(to), state));
    CLAIM(to == 0 || bl_scheduler() == to);
    bl_send(asks, bl_int(to));
    return bl_int(to);
}

static void send_resting_round(bl_term schedulers)
{
    bl_pid p = spawn_resting(go_where, 0);
    for (int64_t i = 0; i < 100; i++) {
        int64_t to = i % (bl_to_int(schedulers) + 1);
        BL_SEND(p, "{%p, %i}", bl_self(), to);
        CLAIM(receive() == to);
    }
}

LAW(online, a_resting_one_can_be_bound)
{
    cr_assert(ended_well(spawn(send_resting_round, schedulers)));
}

/* To one that is off line: they are somewhere else until that is on line, and then there, though they neither
 * wait nor ask. */
static void bind_to_second(bl_term unused)
{
    (void)unused;
    CLAIM(bl_same(flag(2), bl_int(0)));
    CLAIM(bl_scheduler() == 1);
    atomic_fetch_add(&have_run, 1);
    while (bl_scheduler() != 2)
        bl_yield();
}

Test(online, who_is_bound_off_line_goes_there_later)
{
    start_with((bl_options){.schedulers = 2, .schedulers_online = 1});
    bl_pid p[10];
    for (int i = 0; i < 10; i++)
        p[i] = spawn(bind_to_second, 0);
    while (atomic_load(&have_run) < 10)
        sched_yield();
    cr_assert_eq(bl_set_schedulers_online(2), 1);
    for (int i = 0; i < 10; i++)
        cr_assert(ended_well(p[i]));
    stop();
}

/* ---- lanes ---- */

static _Atomic int played;

/* Bound to this one, as soon as it has begun; then it answers for as long as it is asked. */
static void play_bound(bl_term scheduler)
{
    bl_pid partner = bl_to_pid(bl_receive());
    flag(bl_to_int(scheduler));
    for (int i = 0; i < rounds(400); i++) {
        send(partner, 1);
        receive();
        CLAIM(bl_scheduler() == bl_to_int(scheduler));
    }
    atomic_fetch_add(&played, 1);
}

/* There are few lanes, so some of one lane are bound to different schedulers: it goes back and forth. */
Test(online, those_of_one_lane_may_be_bound_differently)
{
    enum { PAIRS = 10 };
    bl_pid p[2 * PAIRS];
    start_with((bl_options){.schedulers = 2, .lanes = 1});
    for (unsigned i = 0; i < 2 * PAIRS; i++)
        p[i] = spawn(play_bound, i % 2 + 1);
    for (unsigned i = 0; i < 2 * PAIRS; i++)
        bl_send(p[i], bl_from_pid(p[i ^ 1]));
    for (int i = 0; i < 2 * PAIRS; i++)
        cr_assert(ended_well(p[i]));
    cr_assert_eq(atomic_load(&played), 2 * PAIRS);
    stop();
}

/* Each time some more fall asleep in the lanes of those that go. They do not run out of lanes. */
static void come_and_go(bl_term lanes)
{
    enum { TIMES = 40, EACH = 3 };
    static bl_pid p[TIMES * EACH * 4];
    unsigned n = 0;
    (void)lanes;
    for (unsigned i = 0; i < TIMES; i++) {
        bl_set_schedulers_online(4);
        for (unsigned s = 1; s <= 4; s++)
            for (unsigned k = 0; k < EACH; k++) {
                p[n] = bl_spawn_on(k ? s : 0, keep_and_answer, bl_int(n));
                bl_send(p[n++], bl_from_pid(bl_self()));
            }
        for (unsigned k = 0; k < 4 * EACH; k++)
            receive();
        bl_set_schedulers_online(i % 4 + 1);
        for (unsigned k = 0; k < n; k += 5) {
            await_waiting(p[k]); /* who still runs where it was goes on there */
            bl_send(p[k], bl_from_pid(bl_self()));
            CLAIM(receive() <= i % 4 + 1);
        }
    }
    bl_set_schedulers_online(4);
    for (unsigned k = 0; k < n; k++) {
        bl_send(p[k], bl_from_pid(bl_self()));
        receive();
        bl_exit_signal(p[k], atom("kill"));
    }
}

Test(online, lanes_do_not_run_out)
{
    for (unsigned lanes = 1; lanes <= 4; lanes += 3) {
        start_with((bl_options){.schedulers = 4, .lanes = lanes});
        cr_assert(ended_well(spawn(come_and_go, lanes)));
        stop();
    }
}

/* ---- who sets it, and when it stops ---- */

static void *set_from_thread(void *number)
{
    for (unsigned i = 0; i < 300; i++)
        claim(bl_set_schedulers_online((i + (unsigned)(uintptr_t)number) % 4 + 1), "it is set");
    return NULL;
}

static void set_from_process(bl_term number)
{
    for (unsigned i = 0; i < 300; i++) {
        CLAIM(bl_set_schedulers_online((i * 5 + (unsigned)bl_to_int(number)) % 4 + 1));
        bl_yield();
    }
}

Test(online, may_be_set_by_many_at_once)
{
    bl_pid p[8];
    pthread_t t[2];
    start(4);
    for (intptr_t i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, set_from_thread, (void *)i);
    for (int i = 0; i < 8; i++)
        p[i] = spawn(set_from_process, i);
    for (int i = 0; i < 8; i++)
        cr_assert(ended_well(p[i]));
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    bl_set_schedulers_online(3);
    cr_assert_eq(bl_schedulers_online(), 3);
    for (unsigned s = 1; s <= 4; s++)
        cr_assert(ended_well(bl_spawn_on(s, note_where, bl_int(s))));
    for (unsigned s = 1; s <= 3; s++)
        cr_assert_eq(bl_to_int(where_run[s]), s);
    cr_assert_leq(bl_to_int(where_run[4]), 3);
    stop();
}

static void set_for_ever(bl_term unused)
{
    (void)unused;
    for (unsigned i = 0;; i++) {
        bl_set_schedulers_online(i * 3 % 4 + 1);
        atomic_store(&hog_started, true);
    }
}

Test(online, the_runtime_stops_in_the_midst_of_it)
{
    for (int i = 0; i < 20; i++) {
        start(4);
        atomic_store(&hog_started, false);
        for (int k = 0; k < 20; k++)
            bl_spawn_on((unsigned)k % 4 + 1, keep_and_answer, bl_int(k));
        spawn(set_for_ever, 0);
        while (!atomic_load(&hog_started))
            sched_yield();
        stop();
    }
}
