/* Who watches a process hears of its end, once for each monitor, and of nothing else. */
#include "support/processes.h"

static void watch_ends(bl_term unused)
{
    (void)unused;
    bl_term reference, boxed = BL_TERM("{why, [not]}");
    bl_pid p = bl_spawn_monitor(exit_with, boxed, &reference);
    claim_down(reference, bl_from_pid(p), boxed);
    p = bl_spawn_monitor(exit_with, atom("normal"), &reference);
    claim_down(reference, bl_from_pid(p), atom("normal"));
    claim_down(bl_monitor(p), bl_from_pid(p), atom("noproc"));
    p = bl_spawn_monitor(sleeper, bl_int(0), &reference);
    bl_exit_signal(p, atom("kill"));
    claim_down(reference, bl_from_pid(p), atom("killed"));
    claim_nothing();
}

LAW(monitors, tell_the_true_reason)
{
    run(watch_ends);
}

static void three_times(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    bl_term r[3];
    for (int i = 0; i < 3; i++)
        r[i] = bl_monitor(p);
    CLAIM(!bl_same(r[0], r[1]) && !bl_same(r[1], r[2]));
    bl_exit_signal(p, bl_int(1));
    int heard = 0;
    for (int i = 0; i < 3; i++) {
        bl_term m = bl_receive();
        for (int k = 0; k < 3; k++)
            heard += bl_same(bl_element(m, 1), r[k]) << 4 * k;
    }
    CLAIM(heard == 0x111);
    claim_nothing();
}

LAW(monitors, each_is_heard_of_once)
{
    run(three_times);
}

static void end_them(bl_term unused)
{
    (void)unused;
    bool was;
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    bl_term r = bl_monitor(p);
    CLAIM(bl_demonitor(r, false, &was) == BL_OK && was);
    CLAIM(bl_demonitor(r, false, &was) == BL_OK && !was);
    CLAIM(bl_demonitor(bl_make_reference(), true, &was) == BL_OK && !was);
    CLAIM(bl_demonitor(atom("none"), false, NULL) == BL_EINVAL);
    r = bl_monitor(p);
    bl_term other = bl_monitor(p);
    bl_exit_signal(p, bl_int(1));
    CLAIM(!bl_is_alive(p));
    while (bl_mailbox_length() < 2)
        bl_yield();
    CLAIM(bl_demonitor(r, true, &was) == BL_OK && !was);
    claim_down(other, bl_from_pid(p), bl_int(1));
    claim_nothing();
    CLAIM(bl_demonitor(bl_monitor(bl_self()), false, &was) == BL_OK && !was);
}

LAW(monitors, are_over_when_that_is_said)
{
    run(end_them);
}

/* A monitor of a process that ends; its DOWN has come when this returns. */
static bl_term heard_of(unsigned options)
{
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    bl_term r = bl_monitor_opt(bl_from_pid(p), options, (bl_term){0});
    size_t before = bl_mailbox_length();
    bl_exit_signal(p, atom("kill"));
    while (bl_mailbox_length() == before)
        bl_yield();
    return r;
}

static void flushed(unsigned options, bool another_since)
{
    bool was = true;
    bl_send(bl_self(), atom("older"));
    bl_term r = heard_of(options);
    bl_send(bl_self(), atom("younger"));
    if (another_since)
        bl_make_reference();
    CLAIM(bl_demonitor(r, true, &was) == BL_OK && !was);
    CLAIM(is_atom(bl_receive(), "older") && is_atom(bl_receive(), "younger"));
    claim_nothing();
}

static void flush_everywhere(bl_term unused)
{
    (void)unused;
    bl_put(atom("a heap"), BL_TERM("{is, [needed]}")); /* to mark anything */
    flushed(0, false);
    flushed(0, true);
    flushed(BL_ALIAS_REPLY, false);
    flushed(BL_PRIORITY_MESSAGE, false);
    flushed(BL_PRIORITY_MESSAGE, true);
}

LAW(monitors, are_flushed_wherever_their_message_is)
{
    run(flush_everywhere);
}

static void demonitor_races(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(3000); i++) {
        bl_term r;
        bool was;
        bl_spawn_monitor(exit_with, atom("x"), &r);
        if (i % 3 == 0)
            bl_yield();
        CLAIM(bl_demonitor(r, false, &was) == BL_OK);
        CLAIM(bl_mailbox_length() == (was ? 0 : 1)); /* either or */
        if (!was)
            CLAIM(bl_same(bl_element(bl_receive(), 1), r));
    }
}

LAW(monitors, are_removed_or_have_fired)
{
    run(demonitor_races);
}

static void by_name(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    CLAIM(bl_register(atom("somebody"), p) == BL_OK);
    bl_term r = bl_monitor_name(atom("somebody")), object = BL_TERM("{somebody, nonode@nohost}");
    bl_exit_signal(p, bl_int(3));
    claim_down(r, object, bl_int(3));
    claim_down(bl_monitor_name(atom("somebody")), object, atom("noproc"));
}

LAW(monitors, of_a_name_tell_the_name)
{
    run(by_name);
}

static void tagged(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    bl_term tag = BL_TERM("{my, [tag]}"), r = bl_monitor_opt(bl_from_pid(p), 0, tag);
    bl_exit_signal(p, bl_int(3));
    bl_term m = bl_receive();
    CLAIM(bl_same(bl_element(m, 0), tag) && bl_same(bl_element(m, 1), r));
    r = bl_monitor_opt(bl_from_pid(p), 0, tag);
    m = bl_receive();
    CLAIM(bl_same(bl_element(m, 0), tag) && bl_same(bl_element(m, 1), r) && is_atom(bl_element(m, 4), "noproc"));
    bl_spawn_options o = {.monitor = true, .monitor_tag = tag, .reference = &r};
    p = bl_spawn_opt(exit_with, bl_int(9), &o);
    m = bl_receive();
    CLAIM(bl_same(bl_element(m, 0), tag) && bl_same(bl_element(m, 1), r) && bl_same(bl_element(m, 4), bl_int(9)));
}

LAW(monitors, may_have_a_tag)
{
    run(tagged);
}

static void watch_and_die(bl_term whom)
{
    for (int i = 0; i < 10; i++)
        bl_monitor(bl_to_pid(whom));
}

static size_t watchers_of(bl_pid p)
{
    size_t n = 99;
    CLAIM(bl_length(bl_element(bl_process_info(p, atom("monitored_by")), 1), &n));
    return n;
}

static void watchers_die(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    bl_pid w = bl_spawn(watch_and_die, bl_from_pid(p));
    bl_wait(w, NULL);
    while (watchers_of(p))
        bl_yield();
    bl_monitor(p);
    CLAIM(watchers_of(p) == 1);
}

LAW(monitors, of_the_dead_are_withdrawn)
{
    run(watchers_die);
}

static void many_watch(bl_term n)
{
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    for (int64_t i = 0; i < bl_to_int(n); i++)
        bl_monitor(p);
    CLAIM(watchers_of(p) == (size_t)bl_to_int(n));
    bl_exit_signal(p, bl_int(1));
    for (int64_t i = 0; i < bl_to_int(n); i++)
        CLAIM(is_atom(bl_element(bl_receive(), 0), "DOWN"));
    claim_nothing();
}

LAW(monitors, may_be_many)
{
    cr_assert(ended_well(bl_spawn(many_watch, bl_int(rounds(100000)))));
}

/* ---- an end that many hear of takes nobody's turn ---- */

static _Atomic int64_t ticks;
static _Atomic bool ticking;

static void tick(bl_term unused)
{
    (void)unused;
    while (ticking) {
        ticks++;
        bl_yield();
    }
}

/* Who hears first could not have had a turn before all had been told. */
static void many_hear(bl_term n)
{
    bl_pid p = bl_spawn(sleeper, bl_int(0)), ticker;
    for (int64_t i = 0; i < bl_to_int(n); i++)
        bl_monitor(p);
    await_waiting(p);
    ticking = true;
    ticker = bl_spawn(tick, bl_int(0));
    bl_exit_signal(p, atom("crash"));
    bl_receive();
    int64_t first = ticks;
    while (bl_mailbox_length() < (size_t)bl_to_int(n) - 1)
        bl_yield();
    CLAIM(ticks - first >= bl_to_int(n) / 1000);
    ticking = false;
    bl_wait(ticker, NULL);
}

LAW(monitors, a_death_that_many_hear_of_comes_in_slices)
{
    if (schedulers == 1)
        cr_assert(ended_well(bl_spawn(many_hear, bl_int(rounds(400000)))));
}

static void resting_watcher_target(bl_term unused)
{
    (void)unused;
    sleeper(unused);
}

static _Atomic int downs;

static bl_term count_downs(bl_term state, bl_term m)
{
    if (bl_is_pid(m))
        bl_monitor(bl_to_pid(m));
    else if (bl_tuple_size(m) == 5)
        atomic_fetch_add(&downs, 1);
    return state;
}

LAW(monitors, work_for_resting_processes)
{
    bl_pid w = spawn_resting(count_downs, 0), p = bl_spawn(resting_watcher_target, bl_int(0));
    atomic_store(&downs, 0);
    for (int i = 0; i < 3; i++)
        bl_send(w, bl_from_pid(p));
    size_t n = 0;
    while (n < 3) /* all have been said */
        cr_assert(bl_length(bl_element(bl_process_info(p, bl_atom("monitored_by")), 1), &n));
    bl_exit_signal(p, bl_atom("kill"));
    while (atomic_load(&downs) < 3)
        sched_yield();
}
