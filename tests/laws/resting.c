/* A resting process is a function from state and message to state, and yet may block. */
#include "support/law.h"

static bl_term sum_up(bl_term sum, bl_term message)
{
    if (is_atom(message, "go"))
        bl_exit(sum);
    return bl_int(bl_to_int(sum) + bl_to_int(message));
}

LAW(resting, state_goes_from_message_to_message)
{
    bl_pid p = spawn_resting(sum_up, 1000);
    int64_t n = rounds(100000);
    for (int64_t i = 1; i <= n; i++)
        send(p, i);
    cr_assert_eq(bl_to_int(last_words(p)), 1000 + n * (n + 1) / 2);
}

static bl_term replace(bl_term state, bl_term message)
{
    if (is_atom(message, "go"))
        bl_exit(state);
    return message;
}

LAW(resting, state_may_be_any_term)
{
    bl_pid self_like = spawn_resting(replace, 0);
    bl_term states[] = {bl_int(-1), bl_atom("a state"), bl_from_pid(self_like), bl_int(BL_INT_MAX)};
    for (int i = 0; i < 4; i++) {
        bl_pid p = spawn_resting(replace, 0);
        bl_send(p, states[i]);
        cr_assert(bl_same(last_words(p), states[i]));
    }
}

/* ---- blocking in the middle of a handler ---- */

/* Takes messages in pairs, the second by a receive. */
static bl_term pair_up(bl_term sum, bl_term first)
{
    if (is_atom(first, "go"))
        bl_exit(sum);
    int64_t second = receive();
    CLAIM(second == bl_to_int(first) + 1);
    return bl_int(bl_to_int(sum) + second);
}

static void pairs(bl_term to)
{
    for (int i = 0; i < rounds(20000); i++) {
        send(bl_to_pid(to), 2 * i);
        if (i % 3 == 0)
            bl_yield(); /* so that the handler really has to wait */
        send(bl_to_pid(to), 2 * i + 1);
    }
}

LAW(resting, a_handler_may_receive)
{
    bl_pid p = spawn_resting(pair_up, 0);
    int64_t n = rounds(20000);
    cr_assert(ended_well(bl_spawn(pairs, bl_from_pid(p))));
    cr_assert_eq(bl_to_int(last_words(p)), n * n);
}

static void brief(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++)
        bl_yield();
}

static bl_term wait_for_child(bl_term sum, bl_term n)
{
    if (is_atom(n, "go"))
        bl_exit(sum);
    CLAIM(ended_well(spawn(brief, bl_to_int(n) % 5)));
    return bl_int(bl_to_int(sum) + bl_to_int(n));
}

LAW(resting, a_handler_may_wait_for_an_end)
{
    bl_pid p = spawn_resting(wait_for_child, 0);
    int64_t n = rounds(5000);
    for (int64_t i = 1; i <= n; i++)
        send(p, i);
    cr_assert_eq(bl_to_int(last_words(p)), n * (n + 1) / 2);
}

static bl_term yield_between(bl_term sum, bl_term n)
{
    if (is_atom(n, "go"))
        bl_exit(sum);
    int64_t before = bl_to_int(sum);
    bl_yield();
    CLAIM(bl_to_int(sum) == before);
    bl_yield();
    return bl_int(before + bl_to_int(n));
}

LAW(resting, a_handler_may_yield)
{
    bl_pid p[40];
    int64_t n = rounds(1000);
    for (int i = 0; i < 40; i++) { /* more than there are lanes */
        p[i] = spawn_resting(yield_between, 0);
        for (int64_t j = 1; j <= n; j++)
            send(p[i], j);
    }
    for (int i = 0; i < 40; i++)
        cr_assert_eq(bl_to_int(last_words(p[i])), n * (n + 1) / 2);
}

/* ---- time slices ---- */

static bl_term serve_oneself(bl_term count, bl_term message)
{
    if (is_atom(message, "go"))
        bl_exit(count);
    bl_send(bl_self(), message);
    return bl_int(bl_to_int(count) + 1);
}

LAW(resting, with_always_a_message_does_not_keep_others_from_running)
{
    bl_pid busy[8];
    for (int i = 0; i < 8; i++) {
        busy[i] = spawn_resting(serve_oneself, 0);
        send(busy[i], 1);
    }
    cr_assert(ended_well(spawn(brief, 100)));
    for (int i = 0; i < 8; i++)
        cr_assert_geq(bl_to_int(last_words(busy[i])), 0);
}

Test(resting, gives_way_in_the_middle_of_its_messages_and_goes_on)
{
    start_with((bl_options){.schedulers = 1, .reductions = 10});
    bl_pid p[4];
    int64_t n = rounds(10000);
    for (int i = 0; i < 4; i++)
        p[i] = spawn_resting(sum_up, 0);
    for (int64_t j = 1; j <= n; j++)
        for (int i = 0; i < 4; i++)
            send(p[i], j);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(bl_to_int(last_words(p[i])), n * (n + 1) / 2);
    stop();
}

/* ---- many ---- */

static _Atomic int answers;

static bl_term answer_once(bl_term id, bl_term message)
{
    CLAIM(bl_to_int(message) == -bl_to_int(id));
    atomic_fetch_add(&answers, 1);
    bl_exit(bl_atom("normal"));
}

static void raise_and_wake(bl_term n)
{
    static bl_pid all[1000000];
    for (int64_t i = 0; i < bl_to_int(n); i++)
        all[i] = spawn_resting(answer_once, i + 1);
    for (int64_t i = 0; i < bl_to_int(n); i++)
        send(all[i], -(i + 1));
    for (int64_t i = 0; i < bl_to_int(n); i++)
        CLAIM(ended_well(all[i]));
}

LAW(resting, a_million_rest_and_each_answers)
{
    int n = live(rounds(1000000));
    cr_assert(ended_well(spawn(raise_and_wake, n)));
    cr_assert_eq(atomic_load(&answers), n);
}

static bl_term bound_echo(bl_term state, bl_term from)
{
    bl_send(bl_to_pid(from), bl_int(1));
    return state;
}

static void call_bound(bl_term callee)
{
    for (int i = 0; i < rounds(2000); i++) {
        bl_send(bl_to_pid(callee), bl_from_pid(bl_self()));
        CLAIM(receive() == 1);
    }
}

LAW(resting, bound_to_a_scheduler_answers_from_there)
{
    for (unsigned s = 1; s <= schedulers; s++) {
        bl_pid callee = bl_spawn_resting_on(s, bound_echo, bl_int(0));
        cr_assert_eq(bl_pid_error(callee), BL_OK);
        for (unsigned t = 1; t <= schedulers; t++)
            cr_assert(ended_well(bl_spawn_on(t, call_bound, bl_from_pid(callee))));
    }
}
