/* A name leads to one process, and is free again before anybody hears of its end. */
#include "support/processes.h"

static void rules(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(sleeper, bl_int(0)), q = bl_spawn(sleeper, bl_int(0));
    CLAIM(bl_register(atom("one"), p) == BL_OK);
    CLAIM(bl_register(atom("one"), q) == BL_ENAME);
    CLAIM(bl_register(atom("two"), p) == BL_ENAME);
    CLAIM(bl_register(atom("undefined"), q) == BL_ENAME);
    CLAIM(bl_register(bl_int(1), q) == BL_EINVAL);
    CLAIM(bl_register(atom("me"), bl_self()) == BL_OK);
    CLAIM(bl_same_pid(bl_whereis(atom("me")), bl_self()));
    CLAIM(bl_same_pid(bl_whereis(atom("one")), p));
    CLAIM(bl_same(bl_process_info(p, atom("registered_name")), BL_TERM("{registered_name, one}")));
    CLAIM(bl_is_nil(bl_process_info(q, atom("registered_name"))));
    size_t n;
    CLAIM(bl_length(bl_registered(), &n) && n == 2);
    CLAIM(bl_unregister(atom("one")) == BL_OK);
    CLAIM(bl_unregister(atom("one")) == BL_ENAME);
    CLAIM(bl_pid_error(bl_whereis(atom("one"))) != BL_OK);
    CLAIM(bl_register(atom("two"), p) == BL_OK);
    CLAIM(bl_send_to(atom("one"), bl_int(1)) == BL_ENAME);
    CLAIM(bl_send_to(atom("me"), bl_int(5)) == BL_OK && receive() == 5);
    bl_exit_signal(p, atom("kill"));
    CLAIM(!bl_is_alive(p));
    CLAIM(bl_register(atom("two"), q) == BL_OK);
    CLAIM(bl_register(atom("x"), p) == BL_ENOPROC);
}

LAW(names, are_one_for_one)
{
    run(rules);
}

static void named_life(bl_term unused)
{
    CLAIM(bl_register(atom("phoenix"), bl_self()) == BL_OK);
    sleeper(unused);
}

static void reborn(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(3000); i++) {
        bl_term r;
        bl_pid p = bl_spawn_monitor(named_life, bl_int(0), &r);
        while (!bl_same_pid(bl_whereis(atom("phoenix")), p))
            bl_yield();
        bl_exit_signal(p, atom("next"));
        CLAIM(is_atom(bl_element(bl_receive(), 0), "DOWN"));
        CLAIM(!bl_is_pid(bl_from_pid(bl_whereis(atom("phoenix"))))); /* so the next one can have it */
    }
}

LAW(names, are_free_when_the_end_is_heard)
{
    run(reborn);
}

static _Atomic int winners, losers;

static void contender(bl_term unused)
{
    (void)unused;
    if (bl_register(atom("crown"), bl_self()) == BL_OK)
        atomic_fetch_add(&winners, 1);
    else
        atomic_fetch_add(&losers, 1);
    bl_receive();
}

LAW(names, have_one_winner)
{
    bl_pid p[20];
    atomic_store(&winners, 0);
    atomic_store(&losers, 0);
    for (int i = 0; i < 20; i++)
        p[i] = bl_spawn(contender, bl_int(0));
    while (atomic_load(&winners) + atomic_load(&losers) < 20)
        sched_yield();
    cr_assert_eq(atomic_load(&winners), 1);
    for (int i = 0; i < 20; i++)
        send(p[i], 1);
}
