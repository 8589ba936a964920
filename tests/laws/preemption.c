/* Who computes and calls nothing gives way all the same, wherever it is in the program's code, and
 * finds everything as it was. */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "support/processes.h"

static _Atomic bool over;

static bool is_preemptive(void)
{
    bl_stats stats;
    cr_assert_eq(bl_get_stats(&stats), BL_OK);
    return stats.preemptive;
}

static uint64_t preemptions(void)
{
    bl_stats stats;
    bl_get_stats(&stats);
    return stats.preemptions;
}

static void spin(bl_term unused)
{
    (void)unused;
    while (!atomic_load_explicit(&over, memory_order_relaxed)) {
    }
}

static bl_term answer(bl_term state, bl_term from)
{
    bl_send_to(from, bl_int(1));
    return state;
}

/* ---- others run ---- */

/* Until some have been made to give way: it may have a scheduler for itself at first. */
static void ask_often(bl_term whom)
{
    for (int i = 0; i < 20 || preemptions() == 0; i++) {
        bl_send_to(whom, bl_from_pid(bl_self()));
        CLAIM(receive() == 1);
    }
    atomic_store(&over, true);
}

LAW(preemption, others_run_beside_loops_that_call_nothing)
{
    if (!is_preemptive())
        return;
    atomic_store(&over, false);
    bl_pid hogs[6];
    for (int i = 0; i < 6; i++)
        hogs[i] = spawn(spin, 0);
    bl_pid server = spawn_resting(answer, 0);
    cr_assert(ended_well(bl_spawn(ask_often, bl_from_pid(server))));
    for (int i = 0; i < 6; i++)
        cr_assert(ended_well(hogs[i]));
    cr_assert(preemptions() > 0);
}

/* Others want the CPU as well, and it is had for less than a time slice at once. */

enum { RIVALS = 3, LONG_SLICE_US = 20000 };

static void *want_the_cpu(void *unused)
{
    spin((bl_term){0});
    return unused;
}

static void end_all(bl_term unused)
{
    (void)unused;
    atomic_store(&over, true);
}

/* All on one. They inherit it. */
static void keep_one_cpu(void)
{
    cpu_set_t cpus, one;
    CPU_ZERO(&one);
    cr_assert_eq(sched_getaffinity(0, sizeof cpus, &cpus), 0);
    for (size_t i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
        if (CPU_ISSET(i, &cpus))
            CPU_SET(i, &one);
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
}

Test(preemption, others_run_beside_loops_on_a_busy_machine)
{
    pthread_t rivals[RIVALS];
    keep_one_cpu();
    start_with((bl_options){.schedulers = 1, .time_slice_us = LONG_SLICE_US});
    if (is_preemptive()) {
        bl_pid hog = spawn(spin, 0);
        for (int i = 0; i < RIVALS; i++)
            cr_assert_eq(pthread_create(&rivals[i], NULL, want_the_cpu, NULL), 0);
        cr_assert(ended_well(spawn(end_all, 0)));
        for (int i = 0; i < RIVALS; i++)
            pthread_join(rivals[i], NULL);
        cr_assert(ended_well(hog));
    }
    stop();
}

/* The first who computes, after many short turns, is noticed late; but not later than after two slices, and a little. Where others
 * want the CPU as well he may be left alone: a try counts only if he had it all the time. */

enum { TRIES = 20, UNDISTURBED = 3, SLICES = 4, SHORT_TURNS = 10000 };

static int64_t ns_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Hands back how much CPU time went by, or 0 if others had some. */
static void compute_after_short_turns(bl_term parent)
{
    for (int64_t end = ns_of(CLOCK_THREAD_CPUTIME_ID) + 2 * LONG_SLICE_US * 1000; ns_of(CLOCK_THREAD_CPUTIME_ID) < end;)
        for (int i = 0; i < SHORT_TURNS; i++)
            bl_yield();
    atomic_store(&over, false);
    CLAIM(bl_pid_error(bl_spawn(end_all, bl_int(0))) == BL_OK);
    int64_t began = ns_of(CLOCK_MONOTONIC), cpu_began = ns_of(CLOCK_THREAD_CPUTIME_ID);
    spin((bl_term){0});
    int64_t ns = ns_of(CLOCK_MONOTONIC) - began, cpu_ns = ns_of(CLOCK_THREAD_CPUTIME_ID) - cpu_began;
    bl_send_to(parent, bl_int(ns - cpu_ns < cpu_ns / 8 ? cpu_ns : 0));
}

static void compute_often(bl_term unused)
{
    int undisturbed = 0;
    bool soon = false;
    (void)unused;
    for (int i = 0; i < TRIES && !soon && undisturbed < UNDISTURBED; i++) {
        CLAIM(bl_pid_error(bl_spawn(compute_after_short_turns, bl_from_pid(bl_self()))) == BL_OK);
        int64_t ns = receive();
        undisturbed += ns > 0;
        soon = ns > 0 && ns < (int64_t)SLICES * LONG_SLICE_US * 1000;
    }
    CLAIM(soon || undisturbed < UNDISTURBED);
}

Test(preemption, the_first_who_computes_is_noticed)
{
    start_with((bl_options){.schedulers = 1, .time_slice_us = LONG_SLICE_US});
    if (is_preemptive())
        cr_assert(ended_well(spawn(compute_often, 0)));
    stop();
}

/* Who gets his turn when he who had it before was interrupted has as much of it as who gets it from one that gave way. */

enum { LOOPS = 4, PREEMPTIONS = 400 };

static uint64_t counts[LOOPS];

static void count_on(bl_term which)
{
    uint64_t *mine = &counts[bl_to_int(which)];
    while (!atomic_load_explicit(&over, memory_order_relaxed))
        ++*mine;
}

static void give_way(bl_term unused)
{
    (void)unused;
    while (preemptions() < PREEMPTIONS)
        bl_yield();
    atomic_store(&over, true);
}

Test(preemption, who_comes_after_one_that_gave_way_has_no_more_than_others)
{
    start_with((bl_options){.schedulers = 1});
    if (is_preemptive()) {
        bl_pid loops[LOOPS], yielder = spawn(give_way, 0);
        for (int i = 0; i < LOOPS; i++)
            loops[i] = spawn(count_on, i);
        cr_assert(ended_well(yielder));
        uint64_t least = UINT64_MAX, most = 0;
        for (int i = 0; i < LOOPS; i++) {
            cr_assert(ended_well(loops[i]));
            least = counts[i] < least ? counts[i] : least;
            most = counts[i] > most ? counts[i] : most;
        }
        cr_assert(2 * most < 3 * least, "%lu to %lu", (unsigned long)least, (unsigned long)most);
    }
    stop();
}

enum { CROWD = 40, WAITS = 20 };

static void wait_often(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < WAITS; i++)
        BL_RECEIVE { BL_AFTER(1) {} }
    uint64_t before = preemptions();
    for (int i = 0; i < WAITS; i++)
        BL_RECEIVE { BL_AFTER(1) {} }
    CLAIM(preemptions() - before < WAITS * CROWD / 2); /* else it has waited for all of them, each time */
    atomic_store(&over, true);
}

/* ... and not behind all those who compute. */
Test(preemption, whose_time_has_come_is_next)
{
    start(1);
    if (is_preemptive()) {
        bl_pid hogs[CROWD];
        for (int i = 0; i < CROWD; i++)
            hogs[i] = spawn(spin, 0);
        cr_assert(ended_well(spawn(wait_often, 0)));
        for (int i = 0; i < CROWD; i++)
            cr_assert(ended_well(hogs[i]));
    }
    stop();
}

static void end_loops(bl_term hog)
{
    for (int i = 0; i < 3; i++)
        BL_RECEIVE { BL_AFTER(2) {} }
    bl_exit_signal(bl_to_pid(hog), atom("enough"));
}

/* Signals end it, timers are kept, and the runtime stops, though it never calls. */
LAW(preemption, loops_can_be_ended)
{
    if (!is_preemptive())
        return;
    atomic_store(&over, false);
    for (int i = 0; i < 8; i++) {
        bl_pid hog = spawn(spin, 0);
        cr_assert(ended_well(bl_spawn(end_loops, bl_from_pid(hog))));
        bl_term why = end_of(hog);
        cr_assert(is_atom(why, "enough") || is_atom(why, "noproc"));
    }
    for (int i = 0; i < 4; i++)
        spawn(spin, 0); /* and these are still at it */
}

/* ---- everything is as it was ---- */

enum { LANES_OF_VECTOR = 16 };

/* Many live values in registers of all kinds, and no calls. */
static void compute(bl_term seed)
{
    uint64_t x = (uint64_t)bl_to_int(seed), sum = 0, again = 0;
    double real[LANES_OF_VECTOR] = {0}, wanted[LANES_OF_VECTOR] = {0};
    while (!atomic_load_explicit(&over, memory_order_relaxed)) {
        uint64_t first = x;
        for (int pass = 0; pass < 2; pass++) {
            uint64_t a = first, b = first * 3, c = first ^ 5, d = first + 7, e = ~first, f = first << 3;
            double *to = pass ? wanted : real;
            for (int i = 0; i < LANES_OF_VECTOR; i++)
                to[i] = (double)(first % 1000 + (uint64_t)i);
            for (int n = 0; n < 20000; n++) {
                a = a * UINT64_C(6364136223846793005) + b;
                b ^= a >> 7, c += b, d = d * 5 + c, e ^= d, f += e ^ a;
                for (int i = 0; i < LANES_OF_VECTOR; i++)
                    to[i] = to[i] * 0.9999 + (double)i;
            }
            *(pass ? &again : &sum) = a ^ b ^ c ^ d ^ e ^ f;
        }
        CLAIM(sum == again);
        CLAIM(!memcmp(real, wanted, sizeof real));
        x = sum;
    }
}

static void wait_for_preemptions(uint64_t wanted)
{
    uint64_t before = preemptions();
    while (preemptions() - before < wanted)
        sched_yield();
    atomic_store(&over, true);
}

LAW(preemption, registers_are_as_they_were)
{
    if (!is_preemptive())
        return;
    atomic_store(&over, false);
    bl_pid p[40]; /* more than lanes: frames are copied out, and back */
    for (int i = 0; i < 40; i++)
        p[i] = spawn(compute, i);
    wait_for_preemptions(rounds(300));
    for (int i = 0; i < 40; i++)
        cr_assert(ended_well(p[i]));
}

/* Terms that only registers and the stack hold are found by a collection. */
static void hold_terms(bl_term parent)
{
    bl_term list = bl_nil();
    for (int i = 0; i < 1000; i++)
        list = bl_cons(BL_TUPLE(bl_int(i)), list);
    bl_send_to(parent, bl_from_pid(bl_self()));
    while (!atomic_load_explicit(&over, memory_order_relaxed)) {
        bl_term at = list;
        for (int i = 999; i >= 0; i--, at = bl_tail(at))
            CLAIM(bl_to_int(bl_element(bl_head(at), 0)) == i);
        for (int i = 0; i < 100000 && !atomic_load_explicit(&over, memory_order_relaxed); i++) {
        }
    }
}

static void collect_theirs(bl_term unused)
{
    (void)unused;
    bl_pid p[4];
    for (int i = 0; i < 4; i++)
        bl_spawn(hold_terms, bl_from_pid(bl_self()));
    for (int i = 0; i < 4; i++)
        p[i] = bl_to_pid(bl_receive());
    for (int i = 0; i < rounds(40); i++)
        CLAIM(bl_garbage_collect(p[i % 4], i % 3 ? BL_COLLECT_MINOR : BL_COLLECT_MAJOR) == BL_OK);
    atomic_store(&over, true);
}

LAW(preemption, garbage_of_who_computes_is_collected)
{
    if (!is_preemptive())
        return;
    atomic_store(&over, false);
    cr_assert(ended_well(spawn(collect_theirs, 0)));
}

/* In a function of its own: a compiler asks for the address of errno once in each, and before the region if it likes. */
static __attribute__((noinline)) int fail_and_compute(int number)
{
    errno = number;
    for (int i = 0; i < 1000; i++)
        __asm__ volatile("");
    return errno;
}

static void fail_often(bl_term seed)
{
    int number = (int)bl_to_int(seed);
    while (!atomic_load_explicit(&over, memory_order_relaxed)) {
        for (int i = 0; i < 1000; i++) /* errno may not be written here: it may be that of another who is in a region, by then */
            __asm__ volatile("");
        bl_preempt_off();
        CLAIM(fail_and_compute(number) == number);
        CLAIM(bl_preempt_on() == BL_OK);
    }
}

LAW(preemption, errno_stays_in_a_region)
{
    if (!is_preemptive())
        return;
    atomic_store(&over, false);
    bl_pid p[6];
    for (int i = 0; i < 6; i++)
        p[i] = spawn(fail_often, i + 1);
    wait_for_preemptions(rounds(100));
    for (int i = 0; i < 6; i++)
        cr_assert(ended_well(p[i]));
}

/* ---- where it is not interrupted ---- */

static _Atomic int inside, most_inside;
static _Atomic uint64_t laps;

static void be_alone(bl_term unused)
{
    (void)unused;
    for (int lap = 0; !atomic_load(&over); lap++) {
        CLAIM(bl_preempt_off() == BL_OK);
        int there = atomic_fetch_add(&inside, 1) + 1;
        if (there > atomic_load(&most_inside))
            atomic_store(&most_inside, there);
        for (int i = 0; i < 1000000; i++)
            __asm__ volatile("");
        atomic_fetch_sub(&inside, 1);
        atomic_fetch_add(&laps, 1);
        CLAIM(bl_preempt_on() == BL_OK);
        for (int i = 0; i < 10000; i++)
            __asm__ volatile("");
    }
    CLAIM(bl_preempt_on() == BL_ESTATE);
}

Test(preemption, leaves_regions_alone)
{
    start(1);
    if (is_preemptive()) {
        bl_pid p[3];
        for (int i = 0; i < 3; i++)
            p[i] = spawn(be_alone, 0);
        wait_for_preemptions(20);
        for (int i = 0; i < 3; i++)
            cr_assert(ended_well(p[i]));
        cr_assert_eq(atomic_load(&most_inside), 1);
    }
    cr_assert_eq(bl_preempt_off(), BL_OK); /* a thread: nothing happens */
    cr_assert_eq(bl_preempt_on(), BL_OK);
    stop();
}

static _Atomic int cut_short;

static void sleep_in_the_kernel(bl_term unused)
{
    (void)unused;
    struct timespec t = {.tv_nsec = 30 * 1000 * 1000};
    while (nanosleep(&t, &t))
        atomic_fetch_add(&cut_short, 1);
}

/* A system call that waits is not cut short. An interruption may have been on its way when it began; but they do not
 * come at every slice. */
LAW(preemption, leaves_those_alone_who_wait_in_the_kernel)
{
    cr_assert(ended_well(spawn(sleep_in_the_kernel, 0)));
    cr_assert_leq(atomic_load(&cut_short), 3);
}

/* Its code is not the program's: it may hold a lock of the library. */
static void stay_in_the_library(bl_term unused)
{
    (void)unused;
    static char a[1 << 20], b[1 << 20];
    while (!atomic_load(&over))
        memcpy(a, b, sizeof a);
}

LAW(preemption, comes_between_two_calls_of_a_library)
{
    if (!is_preemptive())
        return;
    atomic_store(&over, false);
    bl_pid p = spawn(stay_in_the_library, 0), q = spawn(stay_in_the_library, 0);
    wait_for_preemptions(1);
    cr_assert(ended_well(p) && ended_well(q));
}

/* There is no room for what an interruption puts on the stack, or only for that, and not for what the handler needs: it
 * does not come, and nothing else happens. */
static __attribute__((no_sanitize_address)) void spin_near_the_guard(bl_term bytes) /* its room is poisoned by a call */
{
    volatile char *room = __builtin_alloca((size_t)bl_to_int(bytes));
    room[0] = 1;
    for (long i = 0; i < 2000000; i++)
        __asm__ volatile("");
}

Test(preemption, does_not_come_near_the_end_of_a_stack)
{
    enum { LANE = 256 * 1024, FOOT = 4096, MOST = 10 * 1024 }; /* the foot of a lane; the kernel's frame */
    start_with((bl_options){.schedulers = 2, .time_slice_us = 200});
    if (is_preemptive()) {
        spawn(spin, 0);
        for (int64_t left = 512; left < MOST; left += 32)
            cr_assert(ended_well(spawn(spin_near_the_guard, LANE - FOOT - left)));
        cr_assert(preemptions() > 100);
    }
    atomic_store(&over, true);
    stop();
}

Test(preemption, can_be_left_out)
{
    start_with((bl_options){.schedulers = 2, .no_preemption = true});
    cr_assert(!is_preemptive());
    stop();
    bl_options wrong = {.time_slice_us = 99};
    cr_assert_eq(bl_start(&wrong), BL_EINVAL);
}

/* ---- the signal is the program's before and after ---- */

static _Atomic int astray;

static void note_signal(int number)
{
    (void)number;
    atomic_fetch_add(&astray, 1);
}

Test(preemption, gives_the_signal_back)
{
    struct sigaction ours = {.sa_handler = note_signal}, found;
    cr_assert_eq(sigaction(SIGURG, &ours, NULL), 0);
    for (int i = 0; i < rounds(50); i++) {
        atomic_store(&over, false);
        start_with((bl_options){.schedulers = 2, .time_slice_us = 100});
        spawn(spin, 0);
        spawn(spin, 0);
        wait_for_preemptions(is_preemptive() ? 2 : 0);
        atomic_store(&over, true);
        stop();
        cr_assert_eq(sigaction(SIGURG, NULL, &found), 0);
        cr_assert_eq(found.sa_handler, note_signal);
    }
    cr_assert_eq(atomic_load(&astray), 0);
}
