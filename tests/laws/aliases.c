/* A message by alias arrives while the alias is active, and only then. */
#include "support/processes.h"

static bool arrives(bl_term alias)
{
    CLAIM(bl_send_to(alias, atom("by alias")) == BL_OK);
    bool arrived = bl_mailbox_length();
    if (arrived)
        bl_receive();
    return arrived;
}

static void plain(bl_term unused)
{
    (void)unused;
    bl_term a = bl_alias(0), b = bl_alias(BL_ALIAS_REPLY);
    CLAIM(!bl_same(a, b));
    CLAIM(arrives(a) && arrives(a) && arrives(b) && !arrives(b));
    CLAIM(!bl_unalias(b));
    bl_send_to(a, bl_int(1));
    CLAIM(bl_unalias(a) && !bl_unalias(a)); /* what was sent before has arrived before */
    CLAIM(receive() == 1);
    CLAIM(!arrives(a));
    CLAIM(!arrives(bl_make_reference()));
    CLAIM(bl_send_to(bl_nil(), bl_int(1)) == BL_EINVAL);
}

LAW(aliases, are_active_until_unalias_or_the_first_reply)
{
    run(plain);
}

static void built(bl_term unused)
{
    (void)unused;
    int64_t i = 0;
    bl_term alias = bl_alias(0), self = bl_from_pid(bl_self());
    CLAIM(bl_register(atom("builder"), bl_self()) == BL_OK);
    CLAIM(BL_SEND_TO(alias, "{by, alias, %i}", (int64_t)1) == BL_OK);
    CLAIM(BL_SEND_TO(self, "{by, pid, %i}", (int64_t)2) == BL_OK);
    CLAIM(BL_SEND_TO(atom("builder"), "{by, name, %i}", (int64_t)3) == BL_OK);
    CLAIM(BL_SEND_TO(alias, "alone") == BL_OK);
    CLAIM(BL_MATCH(bl_receive(), "{by, alias, %i}", &i) && i == 1);
    CLAIM(BL_MATCH(bl_receive(), "{by, pid, %i}", &i) && i == 2);
    CLAIM(BL_MATCH(bl_receive(), "{by, name, %i}", &i) && i == 3);
    CLAIM(is_atom(bl_receive(), "alone"));
    CLAIM(bl_unalias(alias) && BL_SEND_TO(alias, "{too, late}") == BL_OK);
    CLAIM(BL_SEND_TO(bl_make_reference(), "{no, alias}") == BL_OK);
    CLAIM(BL_SEND_TO(atom("nobody"), "{no, name}") == BL_ENAME);
    CLAIM(BL_SEND_TO(bl_nil(), "{no, name}") == BL_EINVAL);
    CLAIM(BL_SEND_TO(self, "{%a}", bl_int(1)) == BL_EINVAL);
    CLAIM(bl_mailbox_length() == 0);
}

LAW(aliases, are_sent_what_is_built)
{
    run(built);
}

static void with_monitor(bl_term unused)
{
    (void)unused;
    bool was;
    bl_term none = {0};
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    bl_term explicit_ = bl_monitor_opt(bl_from_pid(p), BL_ALIAS_UNALIAS, none);
    bl_term demonitor = bl_monitor_opt(bl_from_pid(p), BL_ALIAS_DEMONITOR, none);
    bl_term reply = bl_monitor_opt(bl_from_pid(p), BL_ALIAS_REPLY, none);
    CLAIM(arrives(explicit_) && arrives(demonitor) && arrives(reply));
    CLAIM(!arrives(reply));
    CLAIM(bl_demonitor(reply, false, &was) == BL_OK && !was); /* the reply has ended it */
    CLAIM(bl_demonitor(demonitor, false, &was) == BL_OK && was);
    CLAIM(!arrives(demonitor));
    CLAIM(bl_demonitor(explicit_, false, &was) == BL_OK && was);
    CLAIM(arrives(explicit_));
    CLAIM(bl_unalias(explicit_) && !arrives(explicit_));
    explicit_ = bl_monitor_opt(bl_from_pid(p), BL_ALIAS_UNALIAS, none);
    demonitor = bl_monitor_opt(bl_from_pid(p), BL_ALIAS_DEMONITOR, none);
    bl_exit_signal(p, atom("kill"));
    for (int i = 0; i < 2; i++)
        CLAIM(is_atom(bl_element(bl_receive(), 0), "DOWN"));
    CLAIM(arrives(explicit_) && !arrives(demonitor));
    CLAIM(bl_unalias(explicit_));
}

/* As in Erlang, where that is no monitor. */
static void with_monitor_of_oneself(bl_term unused)
{
    static const unsigned options[] = {BL_ALIAS_UNALIAS, BL_ALIAS_DEMONITOR, BL_ALIAS_REPLY};
    (void)unused;
    for (int i = 0; i < 3; i++) {
        bool was = true;
        bl_term r = bl_monitor_opt(bl_from_pid(bl_self()), options[i], (bl_term){0});
        CLAIM(!arrives(r));
        CLAIM(!bl_unalias(r));
        CLAIM(bl_demonitor(r, false, &was) == BL_OK && !was);
    }
    claim_nothing();
}

LAW(aliases, of_a_monitor_of_oneself_there_are_none)
{
    run(with_monitor_of_oneself);
}

LAW(aliases, of_monitors_end_as_was_asked)
{
    run(with_monitor);
}

/* gen_server:call/2, with a server that is late half of the time. */
static void server(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_term from, n;
        BL_RECEIVE {
            BL_ON("{call, %t, %t}", &from, &n)
            {
                if (bl_to_int(n) % 2)
                    bl_yield(), bl_yield();
                bl_send_to(from, BL_TUPLE(from, n));
            }
        }
    }
}

static void client(bl_term to)
{
    bl_term none = {0};
    for (int64_t i = 0; i < rounds(2000); i++) {
        bl_term alias = bl_monitor_opt(to, BL_ALIAS_REPLY, none), n;
        bl_send_to(to, BL_TUPLE(atom("call"), alias, bl_int(i)));
        BL_RECEIVE_SINCE(alias) {
            BL_ON("{%t, %t}", &alias, &n) CLAIM(bl_to_int(n) == i);
            BL_AFTER(i % 2 ? 0 : 10000)
            {
                bl_demonitor(alias, true, NULL);
                BL_RECEIVE {
                    BL_ON("{%t, _}", &alias) (void)0;
                    BL_AFTER(0) (void)0;
                }
            }
        }
        CLAIM(bl_mailbox_length() <= 1);
    }
}

static void call(bl_term unused)
{
    (void)unused;
    bl_pid s = bl_spawn(server, bl_int(0)), c[4];
    for (int i = 0; i < 4; i++)
        c[i] = bl_spawn(client, bl_from_pid(s));
    for (int i = 0; i < 4; i++)
        bl_wait(c[i], NULL);
    bl_exit_signal(s, atom("kill"));
}

LAW(aliases, keep_late_replies_away)
{
    run(call);
}

/* ---- priority ---- */

static void priority(bl_term unused)
{
    (void)unused;
    bl_term urgent = bl_alias(BL_ALIAS_PRIORITY), plain_alias = bl_alias(0);
    for (int64_t i = 0; i < 5; i++)
        bl_send(bl_self(), bl_int(i));
    bl_send_priority(urgent, bl_int(100));
    bl_send_to(urgent, bl_int(5));
    bl_send_priority(urgent, bl_int(101));
    bl_send_priority(plain_alias, bl_int(6));
    CLAIM(receive() == 100);
    bl_send_priority(urgent, bl_int(102));
    CLAIM(receive() == 101 && receive() == 102);
    for (int64_t i = 0; i < 7; i++)
        CLAIM(receive() == i);
}

LAW(aliases, with_priority_go_before)
{
    run(priority);
}

static void waits_in_the_middle(bl_term parent)
{
    for (int64_t i = 0; i < 3; i++)
        bl_send(bl_self(), bl_int(i));
    bl_send_to(parent, bl_alias(BL_ALIAS_PRIORITY));
    BL_RECEIVE {
        BL_ON("go") (void)0; /* the others have been looked at when it comes, at the front */
    }
    for (int64_t i = 0; i < 3; i++)
        CLAIM(receive() == i);
}

static void find_it(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(waits_in_the_middle, bl_from_pid(bl_self()));
    bl_term alias = bl_receive();
    await_waiting(p);
    bl_send_priority(alias, atom("go"));
    CLAIM(ended_well(p));
}

LAW(aliases, with_priority_are_found_by_who_waits)
{
    run(find_it);
}
