/* The runtime starts, stops, and starts again, whatever its processes are doing. */
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "support/law.h"

static void nothing(bl_term unused)
{
    (void)unused;
}

static void park(bl_term unused)
{
    (void)unused;
    bl_receive();
    CLAIM(!"nobody sends it anything");
}

static void run_for_ever(bl_term unused)
{
    (void)unused;
    for (;;)
        bl_yield();
}

static bl_term rest(bl_term state, bl_term message)
{
    (void)message;
    return state;
}

/* ---- errors ---- */

static void assert_start(bl_options o, bl_error expected)
{
    cr_assert_eq(bl_start(&o), expected);
    if (expected == BL_OK)
        stop();
}

Test(lifecycle, options_out_of_range_are_refused)
{
    assert_start((bl_options){.schedulers = 1025}, BL_EINVAL);
    assert_start((bl_options){.max_processes = (UINT64_C(1) << 28) - (1 << 16) + 1}, BL_EINVAL);
    assert_start((bl_options){.lanes = 4097}, BL_EINVAL);
    assert_start((bl_options){.lane_size = 32 * 1024 - 1}, BL_EINVAL);
    assert_start((bl_options){.lane_size = 1}, BL_EINVAL);
    assert_start((bl_options){.reductions = UINT32_MAX}, BL_EINVAL);
}

Test(lifecycle, options_at_the_edge_of_their_range_work)
{
    assert_start((bl_options){.schedulers = 1, .max_processes = 1}, BL_OK);
    assert_start((bl_options){.schedulers = 16, .max_processes = 1000}, BL_OK);
    assert_start((bl_options){.schedulers = 1, .max_processes = 1000, .lanes = 1, .lane_size = 32 * 1024}, BL_OK);
    assert_start((bl_options){.schedulers = 1, .max_processes = 1000, .lanes = 4096, .lane_size = 32 * 1024}, BL_OK);
    assert_start((bl_options){.schedulers = 1, .max_processes = 1000, .reductions = 1}, BL_OK);
}

Test(lifecycle, starting_twice_is_refused_and_changes_nothing)
{
    start(1);
    cr_assert_eq(bl_start(NULL), BL_ESTATE);
    cr_assert(ended_well(spawn(nothing, 0)));
    stop();
}

Test(lifecycle, stopping_what_does_not_run_is_refused)
{
    cr_assert_eq(bl_stop(), BL_ESTATE);
    start(1);
    stop();
    cr_assert_eq(bl_stop(), BL_ESTATE);
}

Test(lifecycle, a_refused_start_leaves_room_for_a_good_one)
{
    bl_options too_large = {.schedulers = 1024, .max_processes = 1000, .lanes = 4096, .lane_size = (size_t)1 << 32};
    cr_assert_eq(bl_start(&too_large), BL_ENOMEM);
    cr_assert_eq(bl_stop(), BL_ESTATE);
    start(2);
    cr_assert(ended_well(spawn(nothing, 0)));
    stop();
}

Test(lifecycle, the_default_is_a_scheduler_for_each_cpu)
{
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    start(0);
    bl_stats s;
    cr_assert_eq(bl_get_stats(&s), BL_OK);
    cr_assert_eq(s.schedulers, (unsigned)CPU_COUNT(&set));
    cr_assert_not_null(s.allocator);
    stop();
}

/* ---- again and again ---- */

static int lines_of(const char *file)
{
    FILE *f = fopen(file, "r");
    int lines = 0;
    for (int c; f && (c = getc(f)) != EOF;)
        lines += c == '\n';
    if (f)
        fclose(f);
    return lines;
}

static int threads(void)
{
    int n = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *e; tasks && (e = readdir(tasks));)
        n += e->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return n;
}

static void some_life(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++) {
        spawn(park, i);
        spawn_resting(rest, i);
        CLAIM(ended_well(spawn(nothing, i)));
    }
}

Test(lifecycle, start_and_stop_fifty_times)
{
    int threads_before = 0, mappings = 0;
    for (int i = 0; i < 50; i++) {
        if (i == 1) /* by now there is what a sanitizer starts for itself */
            threads_before = threads();
        start(1 + (unsigned)i % 4);
        cr_assert(ended_well(spawn(some_life, 100)));
        stop();
        if (i == 10)
            mappings = lines_of("/proc/self/maps");
    }
#ifndef TEST_EMULATED /* an emulator has threads of its own */
    while (threads() != threads_before) /* every thread was given back: hangs if not; a joined one */
        sched_yield();                  /* may be seen in /proc for a moment longer */
#else
    (void)threads_before;
#endif
#if !defined(TEST_EMULATED) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__) /* they map as they like */
    cr_assert_leq(lines_of("/proc/self/maps"), mappings + 10, "and the memory");
#else
    (void)mappings;
#endif
}

Test(lifecycle, a_new_life_knows_nothing_of_the_last)
{
    start(1);
    bl_pid old = spawn(park, 0);
    stop();
    start(1);
    bl_stats s;
    bl_get_stats(&s);
    cr_assert_eq(s.spawned + s.ended + s.sent, 0);
    cr_assert_not(bl_is_alive(old));
    cr_assert_eq(bl_send(old, bl_int(1)), BL_OK);
    stop();
}

/* ---- stopping in the middle ---- */

LAW(lifecycle, stop_with_parked_processes)
{
    for (int i = 0; i < live(10000); i++) {
        spawn(park, i);
        spawn_resting(rest, i);
    }
    cr_assert(ended_well(spawn(nothing, 0)));
}

LAW(lifecycle, stop_with_messages_unread)
{
    bl_pid p = spawn(run_for_ever, 0);
    for (int i = 0; i < rounds(10000); i++)
        send(p, i);
}

LAW(lifecycle, stop_with_processes_that_run)
{
    for (int i = 0; i < 100; i++)
        spawn(run_for_ever, i);
    cr_assert(ended_well(spawn(nothing, 0)));
}

LAW(lifecycle, stop_before_anything_has_run)
{
    for (int i = 0; i < 100; i++)
        spawn(run_for_ever, i);
}

static _Atomic bool computing, may_finish;

static void compute(bl_term unused)
{
    (void)unused;
    CLAIM(bl_preempt_off() == BL_OK); /* or it would be stopped sooner: tests/laws/preemption.c */
    atomic_store(&computing, true);
    while (!atomic_load(&may_finish))
        sched_yield();
    bl_yield();
    CLAIM(!"it went on after the runtime was stopped");
}

static void *let_finish(void *unused)
{
    block_ms(20);
    atomic_store(&may_finish, true);
    return unused;
}

LAW(lifecycle, stop_waits_for_who_computes_to_call_the_runtime)
{
    pthread_t t;
    spawn(compute, 0);
    while (!atomic_load(&computing))
        sched_yield();
    pthread_create(&t, NULL, let_finish, NULL);
    cr_assert_eq(bl_stop(), BL_OK);
    cr_assert(atomic_load(&may_finish));
    pthread_join(t, NULL);
    start(schedulers); /* for LAW() to stop */
}

static _Atomic int answered;
static bl_pid immortal;

static void *wait_for_immortal(void *unused)
{
    bl_term reason;
    bl_error error = bl_wait(immortal, &reason);
    CLAIM(error == BL_ESTATE);
    atomic_fetch_add(&answered, 1);
    return unused;
}

LAW(lifecycle, stop_sends_waiting_threads_home)
{
    enum { THREADS = 4 };
    pthread_t t[THREADS];
    immortal = spawn(park, 0);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, wait_for_immortal, NULL);
    block_ms(20); /* most of them will wait by now; the law holds all the same for one that comes later */
    cr_assert_eq(bl_stop(), BL_OK);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    cr_assert_eq(atomic_load(&answered), THREADS);
    start(schedulers);
}

/* The same without giving them time: bl_wait() begins while bl_stop() is under way. */

static _Atomic bool about_to_wait;

static void *wait_at_the_last_moment(void *unused)
{
    bl_term reason;
    atomic_store(&about_to_wait, true);
    bl_error error = bl_wait(immortal, &reason);
    CLAIM(error == BL_ESTATE);
    return unused;
}

Test(lifecycle, stop_misses_no_thread_that_is_about_to_wait)
{
    for (int i = 0; i < rounds(300); i++) {
        pthread_t t;
        start(1);
        immortal = spawn_resting(rest, 0);
        /* So long does it take to stop as this one computes: the thread comes into the middle. */
        atomic_store(&about_to_wait, false);
        pthread_create(&t, NULL, wait_at_the_last_moment, NULL);
        while (!atomic_load(&about_to_wait))
            sched_yield();
        for (volatile int j = 0; j < i % 100 * 20; j++)
            ;
        cr_assert_eq(bl_stop(), BL_OK);
        pthread_join(t, NULL);
    }
    assert_claims();
}

/* ---- the program's own signal handlers ---- */

static void mine(int number)
{
    (void)number;
}

Test(lifecycle, signal_handlers_are_restored)
{
    struct sigaction action = {.sa_handler = mine}, now;
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    start(1);
    stop();
    sigaction(SIGSEGV, NULL, &now);
    cr_assert_eq(now.sa_handler, mine);
    sigaction(SIGBUS, NULL, &now);
    cr_assert_eq(now.sa_handler, mine);
}
