/* Signals arrive in order, and take effect whether or not somebody receives. */
#include "support/processes.h"

/* Says that it is ready, with this trap_exit, and lives on. */
static void target(bl_term parent_and_trap)
{
    bl_trap_exit(is_atom(bl_element(parent_and_trap, 1), "true"));
    bl_send(bl_to_pid(bl_element(parent_and_trap, 0)), atom("ready"));
    bl_term m = bl_receive();
    bl_exit(BL_TUPLE(atom("heard"), bl_element(m, 2)));
}

/* Why a target ends that is sent this: `alive` if it does not. */
static bl_term fate(bool traps, bl_term reason)
{
    bl_term reference, arg = BL_TUPLE(bl_from_pid(bl_self()), atom(traps ? "true" : "false")), why = atom("alive");
    bl_pid p = bl_spawn_monitor(target, arg, &reference);
    CLAIM(is_atom(bl_receive(), "ready"));
    CLAIM(bl_exit_signal(p, reason) == BL_OK);
    if (!bl_is_alive(p) || traps) {
        BL_RECEIVE {
            BL_ON("{'DOWN', %t, process, _, %t}", &reference, &why) (void)0;
        }
    } else {
        bl_demonitor(reference, true, NULL);
        bl_exit_signal(p, atom("kill"));
    }
    return why;
}

static void matrix(bl_term unused)
{
    (void)unused;
    CLAIM(is_atom(fate(false, atom("normal")), "alive"));
    CLAIM(is_atom(fate(false, atom("kill")), "killed"));
    CLAIM(is_atom(fate(false, atom("other")), "other"));
    CLAIM(is_atom(fate(false, atom("noproc")), "noproc"));
    CLAIM(bl_same(fate(true, atom("normal")), BL_TERM("{heard, normal}")));
    CLAIM(is_atom(fate(true, atom("kill")), "killed"));
    CLAIM(bl_same(fate(true, atom("killed")), BL_TERM("{heard, killed}")));
    CLAIM(bl_same(fate(true, BL_TERM("{a, b}")), BL_TERM("{heard, {a, b}}")));
}

LAW(signals, exit_does_what_the_matrix_says)
{
    run(matrix);
}

static void self_normal(bl_term unused)
{
    (void)unused;
    bl_exit_signal(bl_self(), atom("normal"));
    CLAIM(!"reached");
}

static void self_kill(bl_term unused)
{
    (void)unused;
    bl_trap_exit(true);
    bl_exit_signal(bl_self(), atom("boo"));
    CLAIM(is_atom(bl_element(bl_receive(), 2), "boo"));
    bl_exit_signal(bl_self(), atom("kill"));
    CLAIM(!"reached");
}

static void selves(bl_term unused)
{
    (void)unused;
    bl_spawn_monitor(self_normal, bl_int(0), NULL);
    CLAIM(is_atom(bl_element(bl_receive(), 4), "normal"));
    bl_spawn_monitor(self_kill, bl_int(0), NULL);
    CLAIM(is_atom(bl_element(bl_receive(), 4), "killed"));
}

LAW(signals, to_oneself_take_effect_at_once)
{
    run(selves);
}

static _Atomic int64_t seen;

static bl_term note(bl_term state, bl_term m)
{
    atomic_store(&seen, bl_to_int(m));
    return state;
}

static void order(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(2000); i++) {
        bl_pid p = bl_spawn_resting(note, bl_int(0));
        bl_send(p, bl_int(1));
        bl_exit_signal(p, atom("stop"));
        bl_send(p, bl_int(2)); /* never seen */
        CLAIM(!bl_is_alive(p));
        CLAIM(atomic_load(&seen) != 2);
    }
}

LAW(signals, messages_after_ones_own_exit_signal_are_never_seen)
{
    run(order);
}

static void twice(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(1000); i++) {
        bl_term r;
        bl_pid p = bl_spawn_monitor(sleeper, bl_int(0), &r);
        bl_exit_signal(p, bl_int(1));
        bl_exit_signal(p, bl_int(2));
        CLAIM(bl_same(bl_element(bl_receive(), 4), bl_int(1)));
    }
}

LAW(signals, the_first_exit_counts)
{
    run(twice);
}

static void busy(bl_term how)
{
    for (;;)
        switch (bl_to_int(how)) {
        case 0: bl_yield(); break;
        case 1: bl_send(bl_self(), bl_int(0)), bl_receive(); break;
        case 2: bl_reduce(10); break;
        default: bl_cons(bl_int(1), bl_nil()), bl_reduce(1); break;
        }
}

static void kill_busy(bl_term unused)
{
    (void)unused;
    for (int64_t how = 0; how < 4; how++) {
        bl_term r;
        bl_pid p = bl_spawn_monitor(busy, bl_int(how), &r);
        bl_yield();
        bl_exit_signal(p, atom("enough"));
        CLAIM(is_atom(bl_element(bl_receive(), 4), "enough"));
        CLAIM(!bl_is_alive(p));
    }
}

LAW(signals, reach_who_never_receives)
{
    run(kill_busy);
}

/* What somebody sent comes before it is known that it has ended, however one asks. */
static _Atomic bool spins, is_gone;

static void ask_who_is_gone(bl_term whom, bool (*lives)(bl_pid))
{
    bl_pid p = bl_to_pid(whom);
    atomic_store(&spins, true);
    while (!atomic_load(&is_gone)) {
    }
    CLAIM(!lives(p));
    CLAIM(!"its exit signal was sent before it ended");
}

static bool has_info(bl_pid p)
{
    return !is_atom(info(p, "status"), "undefined");
}

static bool is_waited_for(bl_pid p)
{
    return bl_wait(p, NULL) == BL_OK;
}

static void ask_is_alive(bl_term whom) { ask_who_is_gone(whom, bl_is_alive); }
static void ask_for_info(bl_term whom) { ask_who_is_gone(whom, has_info); }
static void ask_to_wait(bl_term whom) { ask_who_is_gone(whom, is_waited_for); }

static void end_another(bl_term unused)
{
    (void)unused;
    bl_exit_signal(bl_to_pid(bl_receive()), atom("boom"));
}

LAW(signals, of_the_dead_have_come)
{
    bl_function *const asks[] = {ask_is_alive, ask_for_info, ask_to_wait};
    for (int i = 0; i < 3 && schedulers > 1; i++) {
        atomic_store(&spins, false);
        atomic_store(&is_gone, false);
        bl_pid q = bl_spawn_on(2, end_another, bl_int(0)), p = bl_spawn_on(1, asks[i], bl_from_pid(q));
        while (!atomic_load(&spins))
            sched_yield();
        bl_send(q, bl_from_pid(p));
        bl_wait(q, NULL);
        atomic_store(&is_gone, true);
        bl_term why = end_of(p);
        cr_assert(is_atom(why, "boom") || is_atom(why, "noproc"));
    }
}

static _Atomic int64_t born;

static void too_late(bl_term unused)
{
    (void)unused;
    atomic_fetch_add(&born, 1);
}

static void kill_unborn(bl_term unused)
{
    (void)unused;
    CLAIM(bl_preempt_off() == BL_OK);
    bl_pid p = bl_spawn_on(1, too_late, bl_int(0)); /* on our scheduler: it cannot have run */
    bl_exit_signal(p, atom("never"));
    bl_send(p, bl_int(1));
    CLAIM(!bl_is_alive(p));
    CLAIM(atomic_load(&born) == 0);
}

LAW(signals, end_who_has_not_begun)
{
    cr_assert(ended_well(bl_spawn_on(1, kill_unborn, bl_int(0))));
}

/* Its heap is so large that it is collected elsewhere: after that its time slice is a new one. */
static _Atomic bool collected;

static void collect_for_ever(bl_term unused)
{
    enum { MANY = 50000 };
    bl_term *elements = bl_alloc(MANY * sizeof *elements);
    (void)unused;
    for (int i = 0; i < MANY; i++)
        elements[i] = bl_int(i);
    bl_term list = bl_list(elements, MANY);
    for (;;) {
        bl_collect();
        CLAIM(bl_to_int(bl_head(list)) == 0);
        atomic_store(&collected, true);
    }
}

LAW(signals, end_who_does_nothing_but_collect)
{
    bl_pid p = bl_spawn(collect_for_ever, bl_int(0));
    while (!atomic_load(&collected))
        sched_yield();
    cr_assert_eq(bl_exit_signal(p, atom("kill")), BL_OK);
    cr_assert(is_atom(end_of(p), "killed") || !bl_is_alive(p));
}

/* ---- suspending ---- */

static _Atomic int64_t steps;

static void step(bl_term unused)
{
    (void)unused;
    for (;;) {
        atomic_fetch_add(&steps, 1);
        bl_yield();
    }
}

static void step_by_message(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_receive();
        atomic_fetch_add(&steps, 1);
    }
}

static void suspend_them(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++) {
        bl_pid p = bl_spawn(i ? step_by_message : step, bl_int(0));
        bl_yield();
        CLAIM(bl_suspend(p) == BL_OK);
        CLAIM(bl_suspend(p) == BL_OK);
        int64_t before = atomic_load(&steps);
        for (int k = 0; k < 100; k++) {
            bl_send(p, bl_int(k));
            bl_yield();
        }
        CLAIM(atomic_load(&steps) == before);
        CLAIM(bl_is_alive(p));
        CLAIM(bl_same(bl_process_info(p, atom("status")), BL_TERM("{status, suspended}")));
        CLAIM(bl_resume(p) == BL_OK);
        bl_yield();
        CLAIM(atomic_load(&steps) == before);
        CLAIM(bl_resume(p) == BL_OK);
        CLAIM(bl_resume(p) == BL_ESTATE);
        while (atomic_load(&steps) < before + 100 && i)
            bl_yield();
        while (atomic_load(&steps) == before)
            bl_yield();
        CLAIM(bl_suspend(p) == BL_OK);
        CLAIM(bl_suspend(p) == BL_OK);
        CLAIM(bl_same(info(bl_self(), "suspending"), BL_LIST(BL_TERM("{%p, 2, 0}", p))));
        bl_exit_signal(p, atom("x")); /* the suspended die too */
        CLAIM(!bl_is_alive(p));
        CLAIM(bl_is_nil(info(bl_self(), "suspending")));
        CLAIM(bl_resume(p) == BL_ESTATE);
    }
    CLAIM(bl_suspend(bl_self()) == BL_EINVAL);
}

LAW(signals, who_is_suspended_does_not_run)
{
    run(suspend_them);
}

static void suspend_and_die(bl_term whom)
{
    CLAIM(bl_suspend(bl_to_pid(whom)) == BL_OK);
    CLAIM(bl_suspend(bl_to_pid(whom)) == BL_OK);
}

static void suspenders_die(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(step_by_message, bl_int(0));
    bl_wait(bl_spawn(suspend_and_die, bl_from_pid(p)), NULL);
    int64_t before = atomic_load(&steps);
    bl_send(p, bl_int(1));
    while (atomic_load(&steps) == before)
        bl_yield();
    bl_exit_signal(p, atom("kill"));
}

LAW(signals, the_dead_suspend_nobody)
{
    run(suspenders_die);
}

/* {p, active, outstanding} is the only one that this process has suspended. */
static void claim_suspending(bl_pid p, int64_t active, int64_t outstanding)
{
    CLAIM(bl_same(bl_process_info(bl_self(), atom("suspending")),
                  BL_TERM("{suspending, [{%p, %i, %i}]}", p, active, outstanding)));
}

static void claim_told(bl_term tag, const char *what)
{
    bl_term m = bl_receive();
    CLAIM(bl_tuple_size(m) == 2 && bl_same(bl_element(m, 0), tag) && is_atom(bl_element(m, 1), what));
}

static void suspend_later(bl_term unused)
{
    (void)unused;
    const bl_term tag = BL_TERM("{a, \"tag\"}"), no_tag = {0};
    bl_pid p = bl_spawn(step, bl_int(0));
    CLAIM(bl_suspend_opt(p, BL_SUSPEND_ASYNCHRONOUS, tag) == BL_OK);
    claim_told(tag, "suspended");
    claim_suspending(p, 1, 0);
    CLAIM(bl_suspend_opt(p, BL_SUSPEND_ASYNCHRONOUS, tag) == BL_OK);
    claim_suspending(p, 2, 0);
    claim_told(tag, "suspended");
    CLAIM(bl_suspend_opt(p, BL_SUSPEND_UNLESS_SUSPENDING, no_tag) == BL_ESTATE);
    claim_suspending(p, 2, 0);
    CLAIM(bl_resume(p) == BL_OK && bl_resume(p) == BL_OK && bl_resume(p) == BL_ESTATE);
    CLAIM(bl_suspend_opt(p, BL_SUSPEND_UNLESS_SUSPENDING, no_tag) == BL_OK);
    claim_suspending(p, 1, 0);
    bl_exit_signal(p, atom("kill"));
    bl_wait(p, NULL);
    CLAIM(bl_suspend(p) == BL_ENOPROC);
    CLAIM(bl_resume(p) == BL_ESTATE); /* that was noticed */
    CLAIM(bl_suspend_opt(p, BL_SUSPEND_ASYNCHRONOUS, no_tag) == BL_OK);
    CLAIM(bl_suspend_opt(p, BL_SUSPEND_ASYNCHRONOUS, tag) == BL_OK);
    claim_told(tag, "exited");
    CLAIM(bl_suspend_opt(bl_self(), BL_SUSPEND_ASYNCHRONOUS, no_tag) == BL_EINVAL);
    CLAIM(bl_suspend_opt(p, 4, no_tag) == BL_EINVAL);
    CLAIM(bl_suspend_opt(p, 0, tag) == BL_EINVAL);
}

LAW(signals, suspending_need_not_be_waited_for)
{
    run(suspend_later);
}

/* While it is on the way, it is resumed; and suspended again, which is another matter. */
static void suspend_in_vain(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(step, bl_int(0));
    CLAIM(bl_preempt_off() == BL_OK); /* nobody else runs here meanwhile */
    CLAIM(bl_suspend_opt(p, BL_SUSPEND_ASYNCHRONOUS, bl_int(1)) == BL_OK);
    claim_suspending(p, 0, 1);
    CLAIM(bl_resume(p) == BL_OK);
    CLAIM(bl_suspend_opt(p, BL_SUSPEND_ASYNCHRONOUS, bl_int(2)) == BL_OK);
    CLAIM(bl_preempt_on() == BL_OK);
    claim_told(bl_int(1), "not_suspended");
    claim_told(bl_int(2), "suspended");
    claim_suspending(p, 1, 0);
    bl_exit_signal(p, atom("kill"));
}

LAW(signals, suspending_in_vain)
{
    if (schedulers == 1)
        run(suspend_in_vain);
}

/* ---- threads ---- */

LAW(signals, threads_may_send_them)
{
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    cr_assert_eq(bl_register(bl_atom("sleeper"), p), BL_OK);
    cr_assert(bl_same_pid(bl_whereis(bl_atom("sleeper")), p));
    cr_assert_eq(bl_send_to(bl_atom("sleeper"), bl_int(1)), BL_OK);
    cr_assert_eq(bl_exit_signal(p, bl_atom("kill")), BL_OK);
    cr_assert(!bl_is_alive(p));
    cr_assert_eq(bl_send_to(bl_atom("sleeper"), bl_int(1)), BL_ENAME);
    cr_assert_eq(bl_link(p), BL_ECONTEXT);
    cr_assert(bl_is_none(bl_monitor(p)));
    cr_assert_eq(bl_suspend(p), BL_ECONTEXT);
    cr_assert_eq(bl_sleep(1), BL_ECONTEXT);
    cr_assert_eq(bl_pid_error(bl_spawn_link(sleeper, bl_int(0))), BL_ECONTEXT);
    cr_assert(bl_is_none(bl_put(bl_int(1), bl_int(2))));
    cr_assert_eq(bl_cancel_timer(bl_int(1)), -1);
}

/* ---- a signal is no message ---- */

/* With no heap, and a signal that came after it gave way: no message is there for it yet. */
static void receive_one(bl_term unused)
{
    (void)unused;
    bl_yield();
    CLAIM(bl_same(bl_receive(), bl_int(1)));
}

static void watch_and_send(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(1000) + 10; i++) {
        bl_pid p = bl_spawn(receive_one, bl_int(0));
        bl_yield(); /* until it yields, if there is one scheduler */
        bl_term reference = bl_monitor(p);
        bl_yield();
        CLAIM(bl_send(p, bl_int(1)) == BL_OK);
        claim_down(reference, bl_from_pid(p), atom("normal"));
    }
}

LAW(signals, are_not_received)
{
    run(watch_and_send);
}

/* ---- catch ---- */

static bl_term throws(bl_term how)
{
    switch (bl_to_int(how)) {
    case 1: bl_throw(BL_TERM("{thrown, 1}"));
    case 2: bl_exit(bl_int(2));
    case 3: bl_error_exit(bl_int(3));
    default: return how;
    }
}

static void catching(bl_term unused)
{
    (void)unused;
    bl_term r;
    CLAIM(bl_catch(throws, bl_int(0), &r) == BL_CAUGHT_NOTHING && bl_same(r, bl_int(0)));
    CLAIM(bl_catch(throws, bl_int(1), &r) == BL_CAUGHT_THROW && bl_same(r, BL_TERM("{thrown, 1}")));
    CLAIM(bl_catch(throws, bl_int(2), &r) == BL_CAUGHT_EXIT && bl_same(r, bl_int(2)));
    CLAIM(bl_catch(throws, bl_int(3), &r) == BL_CAUGHT_ERROR && bl_same(r, BL_TERM("{3, []}")));
    bl_throw(bl_int(5));
}

static void uncaught(bl_term unused)
{
    (void)unused;
    bl_spawn_monitor(catching, bl_int(0), NULL);
    CLAIM(bl_same(bl_element(bl_receive(), 4), BL_TERM("{{nocatch, 5}, []}")));
}

LAW(signals, what_is_thrown_can_be_caught)
{
    run(uncaught);
}
