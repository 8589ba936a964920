/* A pid names one process, for ever: never a later one, and after its end nobody. */
#include "support/law.h"

static void wait_for_word(bl_term word)
{
    CLAIM(bl_same(bl_receive(), word));
}

static void end_at_once(bl_term unused)
{
    (void)unused;
}

static uint32_t slot_of(bl_pid pid)
{
    return (uint32_t)pid.word; /* the low half of a pid is the place, the high half the life */
}

LAW(pids, are_alive_until_the_process_has_ended)
{
    bl_pid p = spawn(wait_for_word, 1);
    cr_assert_eq(bl_pid_error(p), BL_OK);
    cr_assert(bl_is_alive(p));
    send(p, 1);
    cr_assert(ended_well(p));
    cr_assert_not(bl_is_alive(p));
}

static bl_pid seen_by_itself;

static void look_at_oneself(bl_term unused)
{
    (void)unused;
    seen_by_itself = bl_self();
    CLAIM(bl_is_alive(bl_self()));
}

LAW(pids, of_oneself_is_what_the_parent_got)
{
    bl_pid p = spawn(look_at_oneself, 0);
    cr_assert(ended_well(p));
    cr_assert(bl_same_pid(p, seen_by_itself));
}

LAW(pids, of_nobody_can_be_used_and_do_nothing)
{
    bl_pid none = {0}, failed = bl_spawn(NULL, bl_int(1));
    bl_term reason;
    cr_assert_eq(bl_pid_error(failed), BL_EINVAL);
    for (int i = 0; i < 2; i++) {
        bl_pid nobody = i ? failed : none;
        cr_assert_neq(bl_pid_error(nobody), BL_OK);
        cr_assert_not(bl_is_alive(nobody));
        cr_assert_eq(bl_send(nobody, bl_int(1)), BL_OK);
        cr_assert_eq(bl_wait(nobody, &reason), BL_OK);
        cr_assert(is_atom(reason, "noproc"));
    }
}

LAW(pids, of_the_dead_can_be_used_and_do_nothing)
{
    bl_pid p = spawn(end_at_once, 0);
    bl_term reason;
    cr_assert(ended_well(p));
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(bl_send(p, bl_int(1)), BL_OK);
    cr_assert_eq(bl_wait(p, &reason), BL_OK);
    cr_assert(is_atom(reason, "noproc"));
    bl_stats stats;
    bl_get_stats(&stats);
    cr_assert_eq(stats.sent, 0, "a message to nobody is not sent");
}

LAW(pids, travel_as_terms)
{
    bl_pid p = spawn(end_at_once, 0);
    cr_assert(bl_is_pid(bl_from_pid(p)));
    cr_assert(bl_same_pid(bl_to_pid(bl_from_pid(p)), p));
}

/* ---- slots are used again; names are not ---- */

enum { STALE = 64 };

static bl_pid stale[STALE];

/* Spawn into slots that the dead had, and send to the dead. */
static void churn(bl_term n)
{
    int reused = 0;
    for (int64_t i = 0; i < bl_to_int(n); i++) {
        bl_pid p = spawn(wait_for_word, i);
        for (int j = 0; j < STALE; j++) {
            reused += slot_of(stale[j]) == slot_of(p);
            CLAIM(!bl_same_pid(stale[j], p));
            CLAIM(!bl_is_alive(stale[j]));
            CLAIM(bl_send(stale[j], bl_atom("for the dead")) == BL_OK);
        }
        send(p, i);
        CLAIM(ended_well(p));
        stale[i % STALE] = p;
    }
    CLAIM(reused > bl_to_int(n) / 2);
}

LAW(pids, of_the_dead_never_name_who_lives_in_their_slot)
{
    cr_assert(ended_well(spawn(churn, rounds(20000))));
}

/* The same while others send on other schedulers, all the time. */

static _Atomic uint64_t latest;
static _Atomic bool over;

/* Sends only what nobody may get: `latest` is published after its end. */
static void haunt(bl_term unused)
{
    (void)unused;
    while (!atomic_load(&over)) {
        bl_pid dead = {atomic_load(&latest)};
        CLAIM(bl_send(dead, bl_atom("for the dead")) == BL_OK);
        CLAIM(!bl_is_alive(dead));
        bl_reduce(200); /* brief turns: the others have much to do */
    }
}

static void live_in_haunted_slots(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++) {
        bl_pid p = spawn(wait_for_word, i);
        send(p, i);
        CLAIM(ended_well(p));
        atomic_store(&latest, p.word);
    }
    atomic_store(&over, true);
}

LAW(pids, of_the_dead_may_be_sent_to_while_their_slot_is_used_again)
{
    bl_pid haunters[3];
    for (int i = 0; i < 3; i++)
        haunters[i] = spawn(haunt, 0);
    cr_assert(ended_well(spawn(live_in_haunted_slots, rounds(50000))));
    for (int i = 0; i < 3; i++)
        cr_assert(ended_well(haunters[i]));
}

/* A send that races with the end: it reaches that process, or nobody. */

static _Atomic uint64_t target;

static bl_term only_mine(bl_term me, bl_term message)
{
    CLAIM(bl_to_int(message) == bl_to_int(me) || bl_is_atom(message));
    if (bl_is_atom(message))
        bl_exit(message);
    return me;
}

static void snipe(bl_term unused)
{
    (void)unused;
    while (!atomic_load(&over)) {
        bl_pid p = {atomic_load(&target)};
        CLAIM(bl_send(p, bl_int((int64_t)(p.word >> 4))) == BL_OK);
        bl_reduce(200);
    }
}

/* The state is part of the pid, so it must be told after the birth: by the first message. */
static bl_term learn_name(bl_term none, bl_term message)
{
    (void)none;
    return only_mine(bl_int((int64_t)(bl_self().word >> 4)), message);
}

static bl_term learn_then_check(bl_term me, bl_term message)
{
    return bl_to_int(me) ? only_mine(me, message) : learn_name(me, message);
}

static void targets(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++) {
        bl_pid p = spawn_resting(learn_then_check, 0);
        atomic_store(&target, p.word);
        for (int j = 0; j < 3; j++)
            bl_yield();
        bl_send(p, bl_atom("enough"));
        bl_term reason = end_of(p);
        CLAIM(is_atom(reason, "enough") || is_atom(reason, "noproc")); /* it may run elsewhere, and be faster */
    }
    atomic_store(&over, true);
}

LAW(pids, that_are_shot_at_while_dying_misdeliver_nothing)
{
    bl_pid snipers[3];
    for (int i = 0; i < 3; i++)
        snipers[i] = spawn(snipe, 0);
    /* A target that is shot at begins to run again and again, which is what ThreadSanitizer is slow at. */
    cr_assert(ended_well(spawn(targets, SLOWDOWN < 100 ? rounds(5000) : 10)));
    for (int i = 0; i < 3; i++)
        cr_assert(ended_well(snipers[i]));
}
