/* Who is linked to a process ends with it, or hears of it. */
#include "support/processes.h"

/* {'EXIT', from, reason} is the next message. */
static void claim_exit(bl_pid from, bl_term reason)
{
    bl_term m = bl_receive();
    CLAIM(bl_tuple_size(m) == 3);
    CLAIM(is_atom(bl_element(m, 0), "EXIT"));
    CLAIM(bl_same(bl_element(m, 1), bl_from_pid(from)));
    CLAIM(bl_same(bl_element(m, 2), reason));
}

/* ---- the exit signal of a link ---- */

static void trapping_parent(bl_term unused)
{
    (void)unused;
    CLAIM(!bl_trap_exit(true));
    claim_exit(bl_spawn_link(exit_with, atom("why")), atom("why"));
    claim_exit(bl_spawn_link(exit_with, atom("normal")), atom("normal"));
    claim_exit(bl_spawn_link(exit_with, atom("kill")), atom("kill"));
    bl_term boxed = BL_TERM("{a, [1, 2.5, \"text\"]}");
    claim_exit(bl_spawn_link(exit_with, boxed), boxed);
    claim_nothing();
}

LAW(links, who_traps_hears_the_reason)
{
    run(trapping_parent);
}

static void chain(bl_term n)
{
    if (bl_to_int(n))
        bl_spawn_link(chain, bl_int(bl_to_int(n) - 1));
    else
        bl_exit(BL_TERM("{broken, chain}"));
    sleeper(n);
}

static void head_of_chain(bl_term unused)
{
    (void)unused;
    bl_trap_exit(true);
    bl_pid first = bl_spawn_link(chain, bl_int(1000));
    claim_exit(first, BL_TERM("{broken, chain}"));
}

LAW(links, a_death_runs_along_a_chain_with_the_same_reason)
{
    run(head_of_chain);
}

static void return_at_once(bl_term unused)
{
    (void)unused;
}

static void normal_is_harmless(bl_term unused)
{
    (void)unused;
    bl_pid child = bl_spawn_link(return_at_once, bl_int(0));
    while (bl_is_alive(child))
        bl_yield();
    claim_nothing();
}

LAW(links, a_normal_end_harms_nobody)
{
    run(normal_is_harmless);
}

static _Atomic int woken;

static void victim(bl_term killer)
{
    if (bl_link(bl_to_pid(killer)) == BL_ENOPROC)
        bl_exit(atom("noproc")); /* it was faster, on another scheduler */
    BL_RECEIVE {
        BL_ON("never") atomic_fetch_add(&woken, 1);
    }
    atomic_fetch_add(&woken, 1);
}

static void with_a_waiting_victim(bl_term unused)
{
    (void)unused;
    bl_term reference;
    bl_pid sibling = bl_spawn(sleeper, bl_int(0));
    bl_spawn_monitor(victim, bl_from_pid(sibling), &reference);
    bl_yield();
    CLAIM(bl_exit_signal(sibling, bl_int(7)) == BL_OK);
    bl_term m = bl_receive();
    CLAIM(is_atom(bl_element(m, 0), "DOWN"));
    CLAIM(bl_same(bl_element(m, 1), reference));
    CLAIM(bl_same(bl_element(m, 4), bl_int(7)) || is_atom(bl_element(m, 4), "noproc"));
}

LAW(links, who_waits_dies_without_running)
{
    for (int i = 0; i < 100; i++)
        run(with_a_waiting_victim);
    cr_assert_eq(atomic_load(&woken), 0);
}

/* ---- linking ---- */

static void link_many_times(bl_term unused)
{
    (void)unused;
    bl_trap_exit(true);
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    for (int i = 0; i < 3; i++)
        CLAIM(bl_link(p) == BL_OK);
    CLAIM(bl_link(bl_self()) == BL_OK);
    CLAIM(bl_unlink(p) == BL_OK);
    bl_exit_signal(p, atom("bye"));
    CLAIM(!bl_is_alive(p));
    claim_nothing();
    CLAIM(bl_same(bl_process_info(bl_self(), atom("links")), BL_TERM("{links, []}")));
}

LAW(links, there_is_one_link_per_pair)
{
    run(link_many_times);
}

static void link_nobody(bl_term unused)
{
    (void)unused;
    bl_pid dead = bl_spawn(return_at_once, bl_int(0));
    bl_wait(dead, NULL);
    CLAIM(bl_link(dead) == BL_ENOPROC);
    bl_trap_exit(true);
    CLAIM(bl_link(dead) == BL_OK);
    claim_exit(dead, atom("noproc"));
    claim_nothing();
}

LAW(links, to_nobody_is_an_error_or_a_message)
{
    run(link_nobody);
}

static void unlinker(bl_term unused)
{
    (void)unused;
    bl_trap_exit(true);
    for (int i = 0; i < rounds(2000); i++) {
        bl_pid p = bl_spawn_link(exit_with, atom("crash"));
        if (i % 2)
            bl_yield();
        CLAIM(bl_unlink(p) == BL_OK);
        size_t before = bl_mailbox_length();
        bl_wait(p, NULL);
        CLAIM(bl_mailbox_length() == before);
    }
}

LAW(links, after_unlink_nothing_comes)
{
    run(unlinker);
}

/* It computes, and does not see that it is unlinked and watched no more before it ends. */
static _Atomic int computing, enough;

static void compute(bl_term unused)
{
    (void)unused;
    bl_receive();
    atomic_store(&computing, 1);
    while (!atomic_load(&enough))
        sched_yield(); /* the thread's: no call into the runtime */
    bl_exit(atom("crash"));
}

static void undo_meanwhile(bl_term unused)
{
    (void)unused;
    bool was;
    bl_trap_exit(true);
    for (int i = 0; i < 20; i++) {
        atomic_store(&computing, 0);
        atomic_store(&enough, 0);
        bl_pid p = bl_spawn_on(2, compute, bl_int(0));
        bl_term last = bl_monitor(p); /* who watches hears after who is linked */
        bl_send(p, atom("compute"));
        while (!atomic_load(&computing))
            sched_yield();
        bl_term r = bl_monitor_opt(bl_from_pid(p), BL_ALIAS_UNALIAS, (bl_term){0});
        CLAIM(bl_link(p) == BL_OK);
        CLAIM(bl_unlink(p) == BL_OK);
        CLAIM(bl_demonitor(r, false, &was) == BL_OK && was);
        atomic_store(&enough, 1);
        claim_down(last, bl_from_pid(p), atom("crash"));
        claim_nothing();
        bl_unalias(r);
    }
}

LAW(links, what_was_undone_is_not_heard_of)
{
    if (schedulers > 1)
        cr_assert(ended_well(bl_spawn_on(1, undo_meanwhile, bl_int(0))));
}

/* Both link at the same time, and one of them ends before it has looked. */
static _Atomic int ready, both_linked;

static void meet(void)
{
    atomic_fetch_add(&ready, 1);
    for (int i = 0; atomic_load(&ready) < 2; i++)
        if (i > 1000)
            sched_yield(); /* the thread's: no call into the runtime */
}

static void link_and_end(bl_term other)
{
    meet();
    CLAIM(bl_link(bl_to_pid(other)) == BL_OK);
    while (!atomic_load(&both_linked))
        sched_yield();
}

static void link_at_once(bl_term unused)
{
    (void)unused;
    bl_trap_exit(true);
    for (int i = 0; i < rounds(40000); i++) {
        atomic_store(&ready, 0);
        atomic_store(&both_linked, 0);
        bl_pid p = bl_spawn_on(2, link_and_end, bl_from_pid(bl_self()));
        meet();
        CLAIM(bl_link(p) == BL_OK);
        atomic_store(&both_linked, 1);
        claim_exit(p, atom("normal"));
        bl_wait(p, NULL);
        claim_nothing();
    }
}

LAW(links, who_links_to_whom_it_is_linked_with_hears_the_reason)
{
    if (schedulers > 1)
        cr_assert(ended_well(bl_spawn_on(1, link_at_once, bl_int(0))));
}

/* Two that link and unlink each other at the same time end up agreed. */
static void quarrel(bl_term other_and_seed)
{
    bl_pid other = {0};
    int64_t seed = 0;
    CLAIM(BL_MATCH(other_and_seed, "{%p, %i}", &other, &seed));
    uint64_t x = (uint64_t)seed;
    for (int i = 0; i < rounds(2000); i++) {
        x = x * UINT64_C(6364136223846793005) + 1;
        CLAIM((x >> 40) % 2 ? bl_link(other) == BL_OK : bl_unlink(other) == BL_OK);
        if ((x >> 50) % 8 == 0)
            bl_yield();
    }
    bl_send(bl_to_pid(bl_get(atom("referee"))), atom("done"));
    sleeper(other_and_seed);
}

static void quarreller(bl_term seed)
{
    bl_pid other, referee;
    BL_RECEIVE {
        BL_ON("{%p, %p}", &other, &referee) (void)0;
    }
    bl_put(atom("referee"), bl_from_pid(referee));
    quarrel(BL_TUPLE(bl_from_pid(other), seed));
}

static bool is_linked(bl_pid p)
{
    bl_term links = bl_element(bl_process_info(p, atom("links")), 1);
    size_t n = 99;
    CLAIM(bl_length(links, &n) && n <= 1);
    return n;
}

static void referee(bl_term unused)
{
    (void)unused;
    for (int64_t i = 0; i < 20; i++) {
        bl_pid a = bl_spawn(quarreller, bl_int(2 * i)), b = bl_spawn(quarreller, bl_int(2 * i + 1));
        bl_send(a, BL_TUPLE(bl_from_pid(b), bl_from_pid(bl_self())));
        bl_send(b, BL_TUPLE(bl_from_pid(a), bl_from_pid(bl_self())));
        bl_receive();
        bl_receive();
        for (int k = 0; k < 3; k++) { /* what they said last has been heard when this is answered */
            is_linked(a);
            is_linked(b);
        }
        CLAIM(is_linked(a) == is_linked(b));
        bl_exit_signal(a, atom("kill"));
        bl_exit_signal(b, atom("kill"));
    }
}

LAW(links, crossing_links_and_unlinks_end_up_agreed)
{
    run(referee);
}

/* ---- many ---- */

static bl_term rest(bl_term state, bl_term message)
{
    (void)message;
    return state;
}

static void centre(bl_term n)
{
    const bl_spawn_options linked = {.link = true};
    for (int64_t i = 0; i < bl_to_int(n); i++)
        bl_spawn_resting_opt(rest, bl_int(0), &linked);
    bl_receive();
    bl_exit(BL_TERM("{all, of, you}"));
}

LAW(links, a_process_with_many_links_takes_all_along)
{
    enum { MANY = 50000 };
    bl_stats s;
    bl_pid p = bl_spawn(centre, bl_int(rounds(MANY)));
    bl_send(p, atom("go"));
    do /* the counters are read one after the other, and what was spawned may be read long before */
        bl_get_stats(&s);
    while (s.ended < (uint64_t)rounds(MANY) + 1);
    bl_get_stats(&s);
    cr_assert_eq(s.spawned, (uint64_t)rounds(MANY) + 1);
}

/* ---- what comes when nothing is taken in any more ---- */

static _Atomic bool begun, may_end;

static void end_without_a_look(bl_term unused)
{
    (void)unused;
    atomic_store(&begun, true);
    while (!atomic_load(&may_end))
        sched_yield(); /* the CPU, not the process */
}

/* On the other scheduler, where nobody interrupts it. */
static bl_pid about_to_end(void)
{
    atomic_store(&begun, false);
    atomic_store(&may_end, false);
    bl_pid p = bl_spawn_on(2, end_without_a_look, bl_int(0));
    while (!atomic_load(&begun))
        bl_yield();
    return p;
}

/* It is in the mailbox when that is closed: whoever it is from hears who has ended, not who has the place then. */
static void link_and_watch_too_late(bl_term unused)
{
    (void)unused;
    bl_trap_exit(true);
    bl_pid p = about_to_end();
    CLAIM(bl_link(p) == BL_OK);
    atomic_store(&may_end, true);
    claim_exit(p, atom("noproc"));
    p = about_to_end();
    bl_term reference = bl_monitor(p);
    atomic_store(&may_end, true);
    claim_down(reference, bl_from_pid(p), atom("noproc"));
    claim_nothing();
}

Test(links, that_come_too_late_are_told_who_has_ended)
{
    start_with((bl_options){.schedulers = 2, .no_preemption = true});
    cr_assert(ended_well(bl_spawn_on(1, link_and_watch_too_late, bl_int(0))));
    stop();
}

/* ---- whose EXIT has priority ---- */

static void wait_and_end(bl_term unused)
{
    (void)unused;
    bl_receive();
}

/* What comes first when a linked process has ended, and two messages were there before? */
static bl_term first_after_end(unsigned first_options, unsigned options)
{
    bl_pid p = spawn(wait_and_end, 0);
    CLAIM(bl_link_opt(p, first_options) == BL_OK && bl_link_opt(p, options) == BL_OK);
    send(bl_self(), 1);
    send(bl_self(), 2);
    send(p, 0);
    end_of(p);
    while (bl_mailbox_length() < 3)
        bl_yield();
    bl_term m = bl_receive();
    bl_receive();
    bl_receive();
    return m;
}

static void link_with_priority(bl_term unused)
{
    (void)unused;
    bl_trap_exit(true);
    CLAIM(is_atom(bl_element(first_after_end(BL_PRIORITY_MESSAGE, BL_PRIORITY_MESSAGE), 0), "EXIT"));
    CLAIM(is_atom(bl_element(first_after_end(0, BL_PRIORITY_MESSAGE), 0), "EXIT"));
    CLAIM(bl_same(first_after_end(BL_PRIORITY_MESSAGE, 0), bl_int(1)));
    CLAIM(bl_same(first_after_end(0, 0), bl_int(1)));
    CLAIM(bl_link_opt(bl_self(), BL_ALIAS_REPLY) == BL_EINVAL);
}

LAW(links, may_have_an_exit_with_priority)
{
    run(link_with_priority);
}
