/* Work that waits behind a process which computes, and calls nothing, is taken over.
 * Each hog ends only when the others have run: if nobody steals, these tests hang. */
#include <sched.h>

#include "support/law.h"
#include "support/processes.h"
#include "support/random.h"

/* Who computes is not made to give way: then stealing is the only way. */
static void start_unpreempted(unsigned schedulers)
{
    start_with((bl_options){.schedulers = schedulers, .no_preemption = true});
}

enum { OTHERS = 500 / SLOWDOWN }; /* all within one time slice of their parent: see start_with() */

static _Atomic int have_run;
static _Atomic bool hog_started, hog_may_end, hog_ended;

static void run_once(bl_term unused)
{
    (void)unused;
    atomic_fetch_add(&have_run, 1);
}

/* Computes until all others have run. Touches nothing of the runtime meanwhile. */
static void compute_until(int others)
{
    while (atomic_load(&have_run) < others)
        sched_yield(); /* the CPU, not the process */
}

static void spawn_then_compute(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++)
        spawn(run_once, i);
    compute_until((int)bl_to_int(n));
}

Test(stealing, of_children_behind_their_parent)
{
    for (unsigned schedulers = 2; schedulers <= 4; schedulers++) {
        start_unpreempted(schedulers);
        atomic_store(&have_run, 0);
        cr_assert(ended_well(spawn(spawn_then_compute, OTHERS)));
        bl_stats s;
        bl_get_stats(&s);
        cr_assert_gt(s.steals, 0);
        stop();
    }
}

Test(stealing, of_a_single_child)
{
    start_unpreempted(2);
    cr_assert(ended_well(spawn(spawn_then_compute, 1)));
    stop();
}

Test(stealing, of_a_single_child_from_an_idle_runtime)
{
    start_unpreempted(2);
    block_ms(30); /* let all schedulers fall into deep sleep */
    cr_assert(ended_well(spawn(spawn_then_compute, 1)));
    stop();
}

/* The other scheduler is at any point of falling asleep, for as long as nobody is awake: and here is somebody. (Of one
 * wrong order there, this finds each time that it takes place, if it does: see tests/models/surplus.pml.) */
Test(stealing, of_a_single_child_while_the_thief_falls_asleep)
{
    struct random r = random_split(random_seed("stealing.of_a_single_child_while_the_thief_falls_asleep"), 0);
    start_unpreempted(2);
    for (int i = 0; i < rounds(2000); i++) {
        atomic_store(&have_run, 0);
        block_us((long)random_below(&r, 3000));
        cr_assert(ended_well(spawn(spawn_then_compute, 1)));
    }
    stop();
}

/* ---- one that was woken by the hog, and would run next ---- */

static bl_term count_message(bl_term state, bl_term message)
{
    (void)message;
    atomic_fetch_add(&have_run, 1);
    return state;
}

static void wake_then_compute(bl_term resting)
{
    bl_send(bl_to_pid(resting), bl_int(1));
    compute_until(1);
}

Test(stealing, of_one_that_was_woken_to_run_next)
{
    start_unpreempted(2);
    bl_pid p = spawn_resting(count_message, 0);
    cr_assert(ended_well(bl_spawn(wake_then_compute, bl_from_pid(p))));
    stop();
}

Test(stealing, of_one_that_was_woken_to_run_next_in_an_idle_runtime)
{
    start_unpreempted(2);
    bl_pid p = spawn_resting(count_message, 0);
    for (int i = 0; i < 5; i++) {
        atomic_store(&have_run, 0);
        block_ms(30);
        cr_assert(ended_well(bl_spawn(wake_then_compute, bl_from_pid(p))));
    }
    stop();
}

/* ---- some that have begun: their frames, and so their lanes, move too ---- */

static void run_in_two_parts(bl_term id)
{
    volatile int64_t mine[50];
    for (int i = 0; i < 50; i++)
        mine[i] = bl_to_int(id) + i;
    bl_receive();
    for (int i = 0; i < 50; i++)
        CLAIM(mine[i] == bl_to_int(id) + i);
    atomic_fetch_add(&have_run, 1);
}

enum { BEGUN = 20 }; /* fewer than lanes: one whose lane the hog runs on must wait for it */

static bl_pid begun[BEGUN];

static void begin_then_compute(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < BEGUN; i++)
        begun[i] = bl_spawn(run_in_two_parts, bl_int(i));
    for (int i = 0; i < BEGUN + 5; i++)
        bl_yield(); /* they all begin, and park */
    for (int i = 0; i < BEGUN; i++)
        send(begun[i], 1);
    compute_until(BEGUN);
}

Test(stealing, of_processes_that_have_begun)
{
    start_unpreempted(2);
    for (int i = 0; i < rounds(2000) + 20; i++) { /* the lanes that were taken come back: else the hog's are soon too few */
        atomic_store(&have_run, 0);
        cr_assert(ended_well(spawn(begin_then_compute, 0)));
    }
    stop();
}

static void compute_until_let_go(bl_term unused)
{
    (void)unused;
    atomic_store(&hog_started, true);
    while (!atomic_load(&hog_may_end))
        sched_yield();
    atomic_store(&hog_ended, true);
}

/* One that has begun, among more that have not: these keep the thief busy until that one has run, too. */

static _Atomic bool old_one_ran, old_one_waits;

static void park_then_tell(bl_term unused)
{
    (void)unused;
    bl_receive();
    atomic_store(&old_one_ran, true);
}

static void run_after_old_one(bl_term unused)
{
    (void)unused;
    while (!atomic_load(&old_one_ran))
        bl_yield();
    atomic_fetch_add(&have_run, 1);
}

/* When it is told to, its scheduler has just been idle: whoever has looked before knows nothing of how long turns take. */
static void wake_one_among_children(bl_term resting)
{
    bl_pid old = spawn(park_then_tell, 0);
    await_waiting(old);
    atomic_store(&old_one_waits, true);
    bl_receive();
    bl_send(bl_to_pid(resting), bl_int(1)); /* it is next; what comes now waits in the queue */
    send(old, 1);
    for (int i = 0; i < 9; i++)
        spawn(run_after_old_one, i);
    atomic_store(&hog_may_end, true);
    compute_until(9);
}

static bl_term ignore(bl_term state, bl_term message)
{
    (void)message;
    return state;
}

Test(stealing, of_one_that_has_begun_among_more_that_have_not)
{
    start_with((bl_options){.schedulers = 2, .reductions = 4000, .no_preemption = true});
    bl_pid next = spawn_resting(ignore, 0);
    for (int i = 0; i < rounds(500) + 5; i++) {
        atomic_store(&have_run, 0);
        atomic_store(&old_one_ran, false);
        atomic_store(&old_one_waits, false);
        atomic_store(&hog_started, false);
        atomic_store(&hog_may_end, false);
        bl_pid thief = bl_spawn_on(2, compute_until_let_go, bl_int(0)); /* it looks when all are in the queue */
        while (!atomic_load(&hog_started))
            sched_yield();
        bl_pid hog = bl_spawn_on(1, wake_one_among_children, bl_from_pid(next));
        while (!atomic_load(&old_one_waits))
            sched_yield();
        await_waiting(hog);
        send(hog, 1);
        cr_assert(ended_well(hog));
        cr_assert(ended_well(thief));
    }
    stop();
}

/* ---- from outside: work that threads give to a scheduler that is busy ---- */

Test(stealing, of_what_threads_give_to_a_busy_scheduler)
{
    start_unpreempted(2);
    block_ms(30);
    bl_pid hog = spawn(compute_until_let_go, 0);
    while (!atomic_load(&hog_started))
        sched_yield();
    for (int i = 0; i < 10; i++) /* some of them go to the hog's scheduler */
        cr_assert(ended_well(spawn(run_once, i)));
    atomic_store(&hog_may_end, true);
    cr_assert(ended_well(hog));
    stop();
}

/* One message to a process that lives where the hog computes, when the other
 * scheduler was asleep before the hog began. */

static bl_pid neighbour;

static void park_then_run(bl_term unused)
{
    (void)unused;
    bl_receive();
    atomic_fetch_add(&have_run, 1);
}

static void begin_neighbour(bl_term unused)
{
    (void)unused;
    neighbour = spawn(park_then_run, 0);
    for (int i = 0; i < 3; i++)
        bl_yield();
}

static bl_term compute_on_message(bl_term state, bl_term message)
{
    (void)message;
    compute_until_let_go(state);
    return state;
}

Test(stealing, of_a_neighbour_that_a_thread_wakes)
{
    start_unpreempted(2);
    bl_pid hog[2] = {bl_spawn_resting_on(1, compute_on_message, bl_int(0)), bl_spawn_resting_on(2, compute_on_message, bl_int(0))};
    for (int i = 0; i < 2; i++) { /* on which scheduler the neighbour lives we do not know: try both */
        atomic_store(&have_run, 0);
        atomic_store(&hog_started, false);
        atomic_store(&hog_may_end, false);
        atomic_store(&hog_ended, false);
        cr_assert(ended_well(spawn(begin_neighbour, 0)));
        block_ms(30);
        send(hog[i], 1);
        while (!atomic_load(&hog_started))
            sched_yield();
        send(neighbour, 1);
        while (!atomic_load(&have_run))
            sched_yield();
        atomic_store(&hog_may_end, true);
        while (!atomic_load(&hog_ended))
            sched_yield();
    }
    stop();
}

/* As many as a thread wakes there at once, each with a lane of its own: more than one robbery takes. */

enum { MANY_LANES = 1200, WOKEN_MOST = LIVE_MOST < MANY_LANES ? LIVE_MOST : MANY_LANES };

static _Atomic int many_wait;

static void wait_then_run(bl_term unused)
{
    (void)unused;
    atomic_fetch_add(&many_wait, 1);
    bl_receive();
    atomic_fetch_add(&have_run, 1);
}

static bl_pid many[WOKEN_MOST];

static void begin_many_then_compute(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < WOKEN_MOST; i++)
        many[i] = spawn(wait_then_run, i);
    while (atomic_load(&many_wait) < WOKEN_MOST)
        bl_yield();
    for (int i = 0; i < 3; i++)
        bl_yield();
    atomic_store(&hog_started, true);
    compute_until(WOKEN_MOST);
}

Test(stealing, of_more_than_one_robbery_takes)
{
    start_with((bl_options){.schedulers = 2, .lanes = 2 * MANY_LANES, .reductions = 1 << 30, .no_preemption = true});
    bl_pid busy = bl_spawn_on(2, compute_until_let_go, bl_int(0)); /* nobody looks before all are in the inbox */
    while (!atomic_load(&hog_started))
        sched_yield();
    atomic_store(&hog_started, false);
    bl_pid hog = bl_spawn_on(1, begin_many_then_compute, bl_int(0));
    while (!atomic_load(&hog_started))
        sched_yield();
    for (int i = 0; i < WOKEN_MOST; i++)
        send(many[i], 1);
    atomic_store(&hog_may_end, true);
    cr_assert(ended_well(busy));
    cr_assert(ended_well(hog));
    stop();
}

/* ---- what may not move ---- */

static pthread_t ran_on[5];

static void note_thread(bl_term scheduler)
{
    for (int i = 0; i < 100; i++) {
        CLAIM(pthread_equal(pthread_self(), ran_on[bl_to_int(scheduler)]));
        bl_yield();
    }
}

static void learn_thread(bl_term scheduler)
{
    ran_on[bl_to_int(scheduler)] = pthread_self();
}

Test(stealing, leaves_the_bound_where_they_are)
{
    start_unpreempted(4);
    bl_pid bound[400];
    for (unsigned s = 1; s <= 4; s++)
        cr_assert(ended_well(bl_spawn_on(s, learn_thread, bl_int(s))));
    for (unsigned i = 0; i < 400; i++)
        bound[i] = bl_spawn_on(i % 4 + 1, note_thread, bl_int(i % 4 + 1));
    for (int i = 0; i < 400; i++)
        cr_assert(ended_well(bound[i]));
    stop();
}
