/* Who may call what, from where, with which arguments; and when nothing runs. */
#include <signal.h>
#include <string.h>

#include "support/law.h"

static void nothing(bl_term unused)
{
    (void)unused;
}

static bl_term nothing_resting(bl_term state, bl_term message)
{
    (void)message;
    return state;
}

/* ---- before bl_start() and after bl_stop() ---- */

static void assert_nothing_runs(void)
{
    bl_stats s;
    bl_pid nobody = {0};
    bl_term reason;
    cr_assert_eq(bl_pid_error(bl_spawn(nothing, bl_int(1))), BL_ESTATE);
    cr_assert_eq(bl_pid_error(bl_spawn_on(1, nothing, bl_int(1))), BL_ESTATE);
    cr_assert_eq(bl_pid_error(bl_spawn_resting(nothing_resting, bl_int(1))), BL_ESTATE);
    cr_assert_eq(bl_pid_error(bl_spawn_resting_on(1, nothing_resting, bl_int(1))), BL_ESTATE);
    cr_assert_eq(bl_get_stats(&s), BL_ESTATE);
    cr_assert_eq(bl_wait(nobody, &reason), BL_ESTATE);
    cr_assert_eq(bl_stop(), BL_ESTATE);
    cr_assert_eq(bl_send(nobody, bl_int(1)), BL_OK, "nobody is there, and that is no error");
    cr_assert_not(bl_is_alive(nobody));
    cr_assert_neq(bl_pid_error(bl_self()), BL_OK);
    cr_assert(bl_is_none(bl_receive()));
    bl_yield();
    bl_reduce(5);
}

Test(contexts, before_the_start)
{
    assert_nothing_runs();
}

Test(contexts, after_the_stop)
{
    start(1);
    bl_pid p = spawn(nothing, 1);
    stop();
    assert_nothing_runs();
    cr_assert_not(bl_is_alive(p));
    cr_assert_eq(bl_send(p, bl_int(1)), BL_OK);
}

Test(contexts, terms_need_no_runtime)
{
    cr_assert(bl_is_atom(bl_atom("early")));
    cr_assert_str_eq(bl_atom_text(bl_atom("early")), "early");
    cr_assert_eq(bl_to_int(bl_int(-3)), -3);
}

/* ---- from a thread ---- */

LAW(contexts, a_thread_is_nobody)
{
    cr_assert_neq(bl_pid_error(bl_self()), BL_OK);
    cr_assert_not(bl_is_alive(bl_self()));
    cr_assert(bl_is_none(bl_receive()));
    bl_yield();
    bl_reduce(1000000);
}

/* ---- timers of a thread ---- */

static _Atomic int64_t heard;

static void hear(bl_term unused)
{
    (void)unused;
    atomic_store(&heard, bl_to_int(bl_receive()));
}

/* All are asleep, and have no timer of their own. */
LAW(contexts, a_thread_sets_timers)
{
    bl_pid p = spawn(hear, 0);
    bl_term timer = bl_send_after(5, bl_from_pid(p), bl_int(7));
    cr_assert_not(bl_is_none(timer));
    end_of(p);
    cr_assert_eq(atomic_load(&heard), 7);
    cr_assert_eq(bl_read_timer(timer), -1);
}

LAW(contexts, a_thread_sets_timers_that_wrap)
{
    bl_pid p = spawn(hear, 0);
    cr_assert(bl_register(bl_atom("hearer"), p) == BL_OK);
    cr_assert_not(bl_is_none(bl_start_timer(1, bl_atom("hearer"), bl_int(7))));
    end_of(p);
    cr_assert_eq(atomic_load(&heard), 0, "a tuple is no integer");
}

LAW(contexts, a_thread_cancels_timers)
{
    bl_pid p = spawn(hear, 0);
    bl_term timer = bl_send_after(1000000, bl_from_pid(p), bl_int(7));
    int64_t left = bl_read_timer(timer);
    cr_assert(left > 900000 && left <= 1000000);
    left = bl_cancel_timer(timer);
    cr_assert(left > 900000 && left <= 1000000);
    cr_assert_eq(bl_cancel_timer(timer), -1);
    send(p, 8);
    end_of(p);
    cr_assert_eq(atomic_load(&heard), 8);
}

static bl_term own_timer;

static void set_own(bl_term unused)
{
    (void)unused;
    own_timer = bl_send_after(1000000, bl_from_pid(bl_self()), bl_int(7));
    atomic_store(&heard, 1);
    bl_receive();
}

/* It is in the list of a process. */
LAW(contexts, a_thread_cancels_a_timer_of_a_process)
{
    bl_pid p = spawn(set_own, 0);
    while (!atomic_load(&heard))
        sched_yield();
    cr_assert(bl_cancel_timer(own_timer) > 900000);
    send(p, 1);
    end_of(p);
}

Test(contexts, timers_need_a_runtime)
{
    cr_assert(bl_is_none(bl_send_after(1, bl_atom("nobody"), bl_int(1))));
    cr_assert_eq(bl_cancel_timer(bl_int(1)), -1);
}

Test(contexts, a_thread_that_exits_is_a_mistake, .signal = SIGABRT)
{
    start(1);
    bl_exit(bl_int(1));
}

Test(contexts, a_thread_that_exits_without_a_runtime_is_a_mistake, .signal = SIGABRT)
{
    bl_exit(bl_int(1));
}

/* ---- from a process ---- */

static void call_what_is_for_threads(bl_term unused)
{
    (void)unused;
    CLAIM(bl_start(NULL) == BL_ECONTEXT);
    CLAIM(bl_stop() == BL_ECONTEXT);
}

LAW(contexts, a_process_neither_starts_nor_stops_the_runtime)
{
    cr_assert(ended_well(spawn(call_what_is_for_threads, 0)));
}

static void call_what_is_for_all(bl_term unused)
{
    (void)unused;
    bl_stats s;
    CLAIM(bl_get_stats(&s) == BL_OK && s.spawned >= 1);
    CLAIM(bl_is_atom(bl_atom("from a process")));
    CLAIM(bl_pid_error(bl_self()) == BL_OK);
    CLAIM(bl_pid_error(bl_spawn(nothing, bl_int(1))) == BL_OK);
    bl_reduce(0);
    bl_reduce(1);
    bl_reduce(UINT32_MAX);
    bl_yield();
}

LAW(contexts, a_process_may_do_the_rest)
{
    cr_assert(ended_well(spawn(call_what_is_for_all, 0)));
}

/* ---- arguments ---- */

static void pass_bad_arguments(bl_term schedulers)
{
    unsigned none_such = (unsigned)bl_to_int(schedulers) + 1;
    bl_term none = {0};
    CLAIM(bl_pid_error(bl_spawn(NULL, bl_int(1))) == BL_EINVAL);
    CLAIM(bl_pid_error(bl_spawn_resting(NULL, bl_int(1))) == BL_EINVAL);
    CLAIM(bl_pid_error(bl_spawn_on(none_such, nothing, bl_int(1))) == BL_EINVAL);
    CLAIM(bl_pid_error(bl_spawn_on(UINT32_MAX, nothing, bl_int(1))) == BL_EINVAL);
    CLAIM(bl_pid_error(bl_spawn_resting_on(none_such, nothing_resting, bl_int(1))) == BL_EINVAL);
    CLAIM(bl_pid_error(bl_spawn_on(0, nothing, bl_int(1))) == BL_OK);
    CLAIM(bl_pid_error(bl_spawn_on(none_such - 1, nothing, bl_int(1))) == BL_OK);
    CLAIM(bl_get_stats(NULL) == BL_EINVAL);
    CLAIM(bl_is_none(bl_atom(NULL)));
    CLAIM(bl_is_none(bl_atom("\xff")));
    CLAIM(bl_atom_text(bl_int(1)) == NULL);
    bl_pid p = bl_spawn_resting(nothing_resting, none);
    CLAIM(bl_pid_error(p) == BL_OK);
    CLAIM(bl_send(p, none) == BL_EINVAL);
    CLAIM(bl_send(p, bl_int(INT64_MAX)) == BL_EINVAL);
    CLAIM(bl_send((bl_pid){0}, none) == BL_EINVAL);
}

LAW(contexts, bad_arguments_are_refused_in_a_process)
{
    cr_assert(ended_well(spawn(pass_bad_arguments, schedulers)));
}

LAW(contexts, bad_arguments_are_refused_in_a_thread)
{
    pass_bad_arguments(bl_int(schedulers));
}

Test(contexts, every_error_has_a_sentence_of_its_own)
{
    for (int e = BL_OK; e <= BL_ETHREAD + 1; e++)
        for (int f = BL_OK; f < e; f++)
            cr_assert(strcmp(bl_strerror((bl_error)e), bl_strerror((bl_error)f)), "errors %d and %d", e, f);
    cr_assert_not_null(bl_strerror((bl_error)-1));
}
