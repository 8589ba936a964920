/* A process ends when its function returns or when it says so, and its reason is heard. */
#include "support/law.h"

/* ---- the ways to end; each waits for last_words() to let it ---- */

static void gate(void)
{
    CLAIM(is_atom(bl_receive(), "go"));
}

static void return_(bl_term unused)
{
    (void)unused;
    gate();
}

LAW(exits, returning_is_normal)
{
    cr_assert(is_atom(last_words(bl_spawn(return_, bl_int(0))), "normal"));
}

static void exit_(bl_term reason)
{
    gate();
    bl_exit(reason);
}

LAW(exits, the_reason_is_the_term_that_was_given)
{
    bl_term reasons[] = {bl_int(0), bl_int(BL_INT_MIN), bl_int(BL_INT_MAX), bl_atom("bored"), bl_atom("normal"),
                         bl_from_pid(spawn(return_, 0))};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        cr_assert(bl_same(last_words(bl_spawn(exit_, reasons[i])), reasons[i]), "reason %zu", i);
}

static volatile bool always = true; /* the compiler must not know that nobody comes back */

static void descend(int depth, bl_term reason)
{
    volatile char frame[64];
    frame[0] = (char)depth;
    if (depth > 0)
        descend(depth - 1, reason);
    else if (always)
        bl_exit(reason);
    CLAIM(frame[0] < 0);
}

static void exit_in_the_depth(bl_term reason)
{
    gate();
    descend(200, reason);
}

LAW(exits, from_nested_calls_nothing_goes_on)
{
    cr_assert(bl_same(last_words(bl_spawn(exit_in_the_depth, bl_int(77))), bl_int(77)));
}

static bl_term exit_from_handler(bl_term state, bl_term message)
{
    CLAIM(is_atom(message, "go"));
    bl_exit(state);
}

LAW(exits, from_a_handler_ends_the_resting_process)
{
    cr_assert(bl_same(last_words(bl_spawn_resting(exit_from_handler, bl_int(5))), bl_int(5)));
}

static bl_term exit_deep_in_handler(bl_term state, bl_term message)
{
    CLAIM(is_atom(message, "go"));
    bl_yield();
    descend(100, state);
    return state;
}

LAW(exits, from_nested_calls_of_a_handler)
{
    cr_assert(bl_same(last_words(bl_spawn_resting(exit_deep_in_handler, bl_int(6))), bl_int(6)));
}

static void exit_with_mail(bl_term n)
{
    gate();
    for (int64_t i = 0; i < bl_to_int(n); i++)
        send(bl_self(), i);
    CLAIM(receive() == 0); /* the others are in the private list now; two more in the inbox */
    send(bl_self(), 1);
    send(bl_self(), 2);
}

LAW(exits, unread_messages_are_nobodys)
{
    for (int i = 0; i < 100; i++)
        cr_assert(is_atom(last_words(bl_spawn(exit_with_mail, bl_int(i + 1))), "normal"));
}

/* ---- many ---- */

static _Atomic int ends;

static void count_end(bl_term unused)
{
    (void)unused;
    atomic_fetch_add(&ends, 1);
}

static void spawn_brood(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++) {
        bl_pid p = spawn(count_end, i);
        if (i % 3 == 0)
            CLAIM(ended_well(p));
    }
}

LAW(exits, everybody_who_began_ends_once)
{
    enum { PARENTS = 8 };
    bl_pid parent[PARENTS];
    int brood = rounds(20000);
    for (int i = 0; i < PARENTS; i++)
        parent[i] = spawn(spawn_brood, brood);
    for (int i = 0; i < PARENTS; i++)
        cr_assert(ended_well(parent[i]));
    bl_stats s;
    do
        bl_get_stats(&s);
    while (s.ended < s.spawned); /* the counters come after the facts */
    cr_assert_eq(atomic_load(&ends), PARENTS * brood);
    cr_assert_eq(s.spawned, PARENTS * (brood + 1));
    cr_assert_eq(s.ended, s.spawned);
}
