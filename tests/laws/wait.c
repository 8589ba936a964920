/* bl_wait() returns when the process has ended, however many wait and whoever they are. */
#include "support/law.h"

enum { WAITERS = 50 };

static bl_pid mortal;
static _Atomic int heard;

static void hold_until_told(bl_term reason)
{
    bl_receive();
    bl_exit(reason);
}

static void exit_at_once(bl_term reason)
{
    bl_exit(reason);
}

/* `noproc` when we were too late to ask. */
static bool is_or_noproc(bl_term t, const char *text)
{
    return is_atom(t, text) || is_atom(t, "noproc");
}

LAW(wait, on_the_dead_is_noproc)
{
    bl_pid p = spawn(exit_at_once, 1);
    end_of(p);
    for (int i = 0; i < 3; i++)
        cr_assert(is_atom(end_of(p), "noproc"));
}

static void wait_on_the_dead(bl_term dead)
{
    CLAIM(is_atom(end_of(bl_to_pid(dead)), "noproc"));
    CLAIM(bl_wait(bl_to_pid(dead), NULL) == BL_OK);
}

LAW(wait, on_the_dead_is_noproc_for_a_process_too)
{
    bl_pid p = spawn(exit_at_once, 1);
    end_of(p);
    cr_assert(ended_well(bl_spawn(wait_on_the_dead, bl_from_pid(p))));
}

static void wait_for_oneself(bl_term unused)
{
    (void)unused;
    bl_term reason;
    CLAIM(bl_wait(bl_self(), &reason) == BL_EINVAL);
}

LAW(wait, for_oneself_is_refused)
{
    cr_assert(ended_well(spawn(wait_for_oneself, 0)));
}

static void wait_and_count(bl_term unused)
{
    (void)unused;
    CLAIM(is_or_noproc(end_of(mortal), "done"));
    atomic_fetch_add(&heard, 1);
}

static void *wait_in_thread(void *unused)
{
    wait_and_count(bl_int(0));
    return unused;
}

LAW(wait, any_number_of_processes_hear_of_one_end)
{
    bl_pid waiter[WAITERS];
    mortal = bl_spawn(hold_until_told, bl_atom("done"));
    for (int i = 0; i < WAITERS; i++)
        waiter[i] = spawn(wait_and_count, i);
    cr_assert(bl_is_alive(mortal));
    send(mortal, 1);
    for (int i = 0; i < WAITERS; i++)
        cr_assert(ended_well(waiter[i]));
    cr_assert_eq(atomic_load(&heard), WAITERS);
}

LAW(wait, any_number_of_threads_hear_of_one_end)
{
    enum { THREADS = 8 };
    pthread_t thread[THREADS];
    mortal = bl_spawn(hold_until_told, bl_atom("done"));
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, wait_in_thread, NULL), 0);
    send(mortal, 1);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    cr_assert_eq(atomic_load(&heard), THREADS);
}

/* While a process waits for an end, its messages stay where they are. */

static void wait_then_read(bl_term n)
{
    CLAIM(is_or_noproc(end_of(mortal), "done"));
    for (int64_t i = 0; i < bl_to_int(n); i++)
        CLAIM(receive() == i);
}

static void write_then_end_it(bl_term reader)
{
    int n = rounds(1000);
    for (int i = 0; i < n; i++) {
        send(bl_to_pid(reader), i);
        if (i % 10 == 0)
            bl_yield();
        if (i == n / 2)
            send(mortal, 1);
    }
}

LAW(wait, messages_that_arrive_meanwhile_stay_in_order)
{
    for (int i = 0; i < rounds(100); i++) {
        mortal = bl_spawn(hold_until_told, bl_atom("done"));
        bl_pid reader = spawn(wait_then_read, rounds(1000));
        bl_spawn(write_then_end_it, bl_from_pid(reader));
        cr_assert(ended_well(reader));
    }
}

static void read_half_then_wait(bl_term n)
{
    int64_t half = bl_to_int(n) / 2;
    for (int64_t i = 0; i < half; i++)
        CLAIM(receive() == i);
    CLAIM(is_or_noproc(end_of(mortal), "done"));
    for (int64_t i = half; i < bl_to_int(n); i++)
        CLAIM(receive() == i);
}

LAW(wait, messages_before_and_after_are_one_sequence)
{
    for (int i = 0; i < rounds(100); i++) {
        mortal = bl_spawn(hold_until_told, bl_atom("done"));
        bl_pid reader = spawn(read_half_then_wait, rounds(1000));
        bl_spawn(write_then_end_it, bl_from_pid(reader));
        cr_assert(ended_well(reader));
    }
}

/* A chain: each waits for the one before; the last end is heard by the first's waiter. */

static void wait_for_predecessor(bl_term before)
{
    bl_term reason = end_of(bl_to_pid(before));
    CLAIM(is_or_noproc(reason, "done") || bl_is_int(reason));
    bl_exit(bl_atom("done"));
}

LAW(wait, a_chain_ends_from_one_end_to_the_other)
{
    int length = live(rounds(20000));
    bl_pid first = spawn(hold_until_told, 1), last = first;
    for (int i = 0; i < length; i++) {
        last = bl_spawn(wait_for_predecessor, bl_from_pid(last));
        cr_assert_eq(bl_pid_error(last), BL_OK);
    }
    send(first, 1);
    cr_assert(is_or_noproc(end_of(last), "done"));
}

/* A waiter that ends before the answer comes takes nothing with it. */

static void wait_in_vain(bl_term unused)
{
    (void)unused;
    end_of(mortal);
    CLAIM(!"the mortal is held for longer than that");
}

static void overflow_of_patience(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++)
        spawn(wait_in_vain, i);
}

Test(wait, waiters_may_be_left_waiting_when_the_runtime_stops)
{
    start(2);
    mortal = bl_spawn(hold_until_told, bl_atom("done"));
    cr_assert(ended_well(spawn(overflow_of_patience, 100)));
    stop();
}

/* Ends and questions race, many times. */

static void parent(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++) {
        bl_term reason = end_of(spawn(exit_at_once, i));
        CLAIM(bl_to_int(reason) == i || is_atom(reason, "noproc"));
    }
}

LAW(wait, races_with_the_end)
{
    bl_pid p[4];
    for (int i = 0; i < 4; i++)
        p[i] = spawn(parent, rounds(20000));
    for (int i = 0; i < 4; i++)
        cr_assert(ended_well(p[i]));
}

static void *parent_thread(void *n)
{
    parent(bl_int((int64_t)(intptr_t)n));
    return NULL;
}

LAW(wait, races_with_the_end_from_threads)
{
    pthread_t thread[3];
    intptr_t n = rounds(5000);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, parent_thread, (void *)n), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
}
