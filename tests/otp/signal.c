/* signal.c - cases of signal_SUITE. */
#include "otp/words.h"

/* ---- order ---- */

static void take_what_may_reach(bl_term unused)
{
    (void)unused;
    for (;;)
        BL_RECEIVE {
            BL_ON("may_not_reach") bl_exit(atom("bad_signal_order"));
            BL_ON("may_reach") (void)0;
            BL_AFTER(0) bl_yield();
        }
}

CASE(signal, xm_sig_order)
{
    for (int64_t i = full(1000, 4000); i > 0; i--) {
        bl_pid p = bl_spawn(take_what_may_reach, bl_int(0));
        bl_term monitor = bl_monitor(p);
        for (int k = 0; k < 3; k++)
            CLAIM(bl_send(p, atom("may_reach")) == BL_OK);
        CLAIM(bl_exit_signal(p, atom("good_signal_order")) == BL_OK);
        for (int k = 0; k < 3; k++)
            CLAIM(bl_send(p, atom("may_not_reach")) == BL_OK);
        claim_down(monitor, bl_from_pid(p), atom("good_signal_order"));
    }
}

/* Says two things before it ends. */
static void say_two(bl_term to)
{
    bl_term reference = bl_receive();
    bl_send_to(to, BL_TUPLE(reference, atom("first")));
    bl_send_to(to, BL_TUPLE(reference, atom("second")));
}

CASE(signal, monitor_order)
{
    bl_process_flag(atom("message_queue_data"), atom("off_heap"));
    for (int64_t i = full(10, 1000); i > 0; i--) {
        bl_term monitor;
        bl_pid p = bl_spawn_monitor(say_two, self(), &monitor);
        bl_send(p, monitor);
        claim_next(BL_TUPLE(monitor, atom("first")));
        claim_next(BL_TUPLE(monitor, atom("second")));
        claim_down(monitor, bl_from_pid(p), atom("normal"));
    }
}

/* By turns to a pid, a name, and two aliases, which are all the same process. */
static void send_sequence(bl_term about)
{
    bl_term to[4], n = bl_element(about, 2);
    bl_register(atom("monitor_named_order"), bl_self());
    bl_send_to(bl_element(about, 0), atom("ready"));
    to[0] = bl_element(about, 0);
    to[1] = atom("tester");
    to[2] = bl_element(about, 1);
    to[3] = bl_receive();
    for (int64_t i = 0; i < bl_to_int(n); i++)
        bl_send_to(to[i % 4], bl_int(i));
}

/* Here there is one way into a mailbox. */
CASE(signal, monitor_named_order_local)
{
    bl_term name = atom("monitor_named_order");
    bl_process_flag(atom("message_queue_data"), atom("off_heap"));
    for (int64_t k = 1; k <= full(100, 100); k++) {
        bl_term alias = bl_alias(0), monitor;
        bl_pid sender;
        CLAIM(bl_register(atom("tester"), bl_self()) == BL_OK);
        sender = bl_spawn_link(send_sequence, BL_TUPLE(self(), alias, bl_int(1000 + k)));
        claim_next(atom("ready"));
        monitor = bl_monitor_opt(name, BL_ALIAS_UNALIAS, no_term());
        bl_send(sender, monitor);
        for (int64_t i = 0; i < 1000 + k; i++)
            claim_next(bl_int(i));
        claim_down(monitor, BL_TERM("{monitor_named_order, nonode@nohost}"), atom("normal"));
        CLAIM(bl_unregister(atom("tester")) == BL_OK);
        CLAIM(bl_unalias(alias) && bl_unalias(monitor));
    }
}

/* ---- exits ---- */

enum end { BY_ANOTHER, BY_ITSELF_SIGNAL, BY_ITSELF };

/* {How, Length, Tester}: a line of so many, each linked to the next; the last ends. */
static void stand_in_line(bl_term about)
{
    int64_t how, rest;
    bl_pid tester;
    MUST_MATCH(about, "{%i, %i, %p}", &how, &rest, &tester);
    if (rest) {
        bl_spawn_link(stand_in_line, BL_TERM("{%i, %i, %p}", how, rest - 1, tester));
    } else if (how == BY_ANOTHER) {
        BL_SEND(tester, "{end_of_line, %p}", bl_self());
    } else if (how == BY_ITSELF_SIGNAL) {
        bl_exit_signal(bl_self(), atom("kill"));
    } else {
        bl_exit(atom("kill"));
    }
    idler(about);
}

CASE(signal, kill2killed)
{
    static const int64_t lengths[] = {1, 2, 9, 10};
    bl_trap_exit(true);
    for (enum end how = BY_ANOTHER; how <= BY_ITSELF; how++)
        for (int i = 0; i < 4; i++) {
            bl_term arg = BL_TERM("{%i, %i, %p}", (int64_t)how, lengths[i] - 1, bl_self());
            bl_pid last, p = bl_spawn_link(stand_in_line, arg);
            if (how == BY_ANOTHER) {
                MUST_MATCH(bl_receive(), "{end_of_line, %p}", &last);
                bl_exit_signal(last, atom("kill"));
            }
            claim_exit(p, atom(how == BY_ITSELF ? "kill" : "killed"));
        }
}

/* It links to its parent, who has unlinked it and is ending, or has ended: the reason is never lost, and
 * that of the parent only if the link was there in time. */
static void link_late(bl_term tester)
{
    bl_pid parent;
    bool lived;
    bl_term reason;
    bl_trap_exit(true);
    bl_send_to(tester, self());
    BL_RECEIVE {
        BL_ON("{parent, %p}", &parent) (void)0;
    }
    bl_send(parent, atom("go"));
    for (bool gone = false; !gone;)
        BL_RECEIVE {
            BL_ON("go") gone = true;
            BL_AFTER(0) bl_yield();
        }
    lived = bl_is_alive(parent);
    CLAIM(bl_link(parent) == BL_OK);
    BL_RECEIVE {
        BL_ON("{'EXIT', %=p, %t}", parent, &reason)
            CLAIM(is_atom(reason, "noproc") || (lived && is_atom(reason, "bye")));
    }
    bl_exit(atom("ok"));
}

/* Its end is some work. */
static void unlink_and_exit(bl_term tester)
{
    bl_pid child;
    for (int i = 0; i < 100; i++) {
        bl_monitor(bl_to_pid(tester));
        bl_send_after(1000000, self(), bl_int(i));
    }
    child = bl_spawn_link(link_late, tester);
    BL_RECEIVE {
        BL_ON("go") (void)0;
    }
    bl_unlink(child);
    bl_send(child, atom("go"));
    bl_exit(atom("bye"));
}

CASE(signal, unlink_exit)
{
    for (int64_t i = full(1000, 2000); i > 0; i--) {
        bl_term m, monitor, of_child;
        bl_pid parent = bl_spawn_monitor(unlink_and_exit, self(), &monitor), child = bl_to_pid(bl_receive());
        of_child = bl_monitor(child);
        BL_SEND(child, "{parent, %p}", parent);
        for (int k = 0; k < 2; k++) {
            m = bl_receive();
            if (bl_same(bl_element(m, 1), monitor))
                CLAIM(is_atom(bl_element(m, 4), "bye"));
            else
                CLAIM(bl_same(bl_element(m, 1), of_child) && is_atom(bl_element(m, 4), "ok"));
        }
    }
}

/* ---- where messages are kept is changed, which changes nothing that is seen ---- */

static void receive_pairs(int64_t messages)
{
    int64_t a, b;
    for (int64_t n = 100; n <= messages; n += 100)
        BL_RECEIVE {
            BL_ON("[%i | %i]", &a, &b) CLAIM(a == b && a == n);
        }
}

/* {Receives pairs, Messages, Go time, Literal}; the literal is the last message. */
static void move_messages(bl_term about)
{
    bool pairs = is_atom(bl_element(about, 0), "true");
    int64_t left = bl_to_int(bl_element(about, 2)) - bl_monotonic_ns() / 1000000;
    if (left > 0)
        bl_sleep((uint64_t)left);
    CLAIM(is_atom(bl_process_flag(atom("message_queue_data"), atom("off_heap")), "on_heap"));
    if (pairs)
        receive_pairs(bl_to_int(bl_element(about, 1)));
    BL_RECEIVE {
        BL_ON("check") (void)0;
    }
    BL_RECEIVE {
        BL_ON("%=t", bl_element(about, 3)) (void)0;
    }
    idler(about);
}

static void fill_mailbox(bl_pid p, int64_t n)
{
    for (int64_t i = 1; i <= n; i++)
        CLAIM(bl_send(p, i % 100 ? bl_int(i) : bl_cons(bl_int(i), bl_int(i))) == BL_OK);
}

/* What is left in its mailbox is what it should be, in order. */
static void check_mailbox(bl_pid p, int64_t n, bool pairs)
{
    bl_term all = info(p, "messages");
    for (int64_t i = 1; i <= n; i++) {
        if (i % 100 == 0 && pairs)
            continue;
        CLAIM(bl_same(bl_head(all), i % 100 ? bl_int(i) : bl_cons(bl_int(i), bl_int(i))));
        all = bl_tail(all);
    }
    CLAIM(bl_is_nil(all));
}

enum { MOVERS = 100 };

/* The time to move comes while, or after, they are sent to. One in ten may be ended in the middle of it. */
static void move(bool pairs, bool ending, bool literal)
{
    int64_t n = full(10000, 10000), go = bl_monotonic_ns() / 1000000 + milliseconds(1000, 50);
    bl_term last = literal ? bl_literal(BL_TERM("{literal, \"text\", [1, 2, 3]}")) : atom("last");
    bl_term about = BL_TUPLE(atom(pairs ? "true" : "false"), bl_int(n), bl_int(go), last);
    bl_pid p[MOVERS];
    for (int i = 0; i < MOVERS; i++)
        p[i] = bl_spawn_link(move_messages, about);
    for (int i = 0; i < MOVERS; i++) {
        fill_mailbox(p[i], n);
        bl_send(p[i], last);
    }
    while (bl_monotonic_ns() / 1000000 < go)
        bl_yield();
    for (int i = 0; i < MOVERS; i += 10)
        if (ending) {
            bl_unlink(p[i]);
            bl_exit_signal(p[i], atom("terminated"));
        }
    for (int i = 0; i < MOVERS; i++) {
        if (ending && i % 10 == 0) {
            CLAIM(!bl_is_alive(p[i]));
            continue;
        }
        bl_send(p[i], atom("check"));
        while (bl_to_int(info(p[i], "message_queue_len")) != (pairs ? n - n / 100 : n))
            bl_yield();
        CLAIM(is_atom(info(p[i], "message_queue_data"), "off_heap"));
        check_mailbox(p[i], n, pairs);
        put_away(p[i]);
    }
}

CASE(signal, move_msgs_off_heap_signal_basic)
{
    move(false, false, false);
}

CASE(signal, move_msgs_off_heap_signal_recv)
{
    move(true, false, false);
}

CASE(signal, move_msgs_off_heap_signal_recv_exit)
{
    move(true, true, false);
}

/* Theirs takes a literal back meanwhile. Here one is for ever, and still the same when it is received. */
CASE(signal, simultaneous_signals_basic)
{
    move(false, false, true);
}

CASE(signal, simultaneous_signals_recv)
{
    move(true, false, true);
}

CASE(signal, simultaneous_signals_exit)
{
    move(false, true, true);
}

CASE(signal, simultaneous_signals_recv_exit)
{
    move(true, true, true);
}

/* ---- many who send signals at once; here there is one way in, and no wake-up may be lost either ---- */

static void signal_often(bl_term to)
{
    for (int64_t i = full(1000, 200); i > 0; i--) {
        bl_reduce((unsigned)(i * 7919 % 4000));
        CLAIM(bl_demonitor(bl_monitor(bl_to_pid(to)), true, NULL) == BL_OK);
        bl_sleep(1);
    }
}

/* Theirs traces what is received, too. */
CASE(signal, parallel_signal_enqueue_race_1)
{
    for (int k = 0; k < 5; k++) {
        bl_spawn_options high = {.link = true, .priority = BL_PRIORITY_HIGH, .message_queue_off_heap = true};
        bl_pid receiver = bl_spawn_opt(idler, bl_int(0), &high);
        bl_term monitors[4];
        for (unsigned i = 0; i < otp_schedulers; i++) {
            bl_spawn_options o = {.link = true, .monitor = true, .scheduler = i + 1, .reference = &monitors[i]};
            CLAIM(bl_pid_error(bl_spawn_opt(signal_often, bl_from_pid(receiver), &o)) == BL_OK);
        }
        bl_send(receiver, atom("hello"));
        for (unsigned i = 0; i < otp_schedulers; i++)
            CLAIM(is_atom(bl_element(bl_receive(), 4), "normal"));
        CLAIM(bl_is_alive(receiver));
        CLAIM(bl_same(info(receiver, "messages"), BL_TERM("[hello]")));
        put_away(receiver);
    }
}

/* {Receiver, Tester}: on each `go`, one of two things. */
static void ask_on_go(bl_term about)
{
    bl_pid receiver = bl_to_pid(bl_element(about, 0));
    for (;;) {
        CLAIM(bl_is_alive(receiver));
        bl_send_to(bl_element(about, 1), atom("pi_ready"));
        claim_next(atom("go"));
        CLAIM(bl_same(info(receiver, "message_queue_len"), bl_int(0)));
    }
}

static void link_on_go(bl_term about)
{
    bl_pid receiver = bl_to_pid(bl_element(about, 0));
    for (;;) {
        CLAIM(bl_is_alive(receiver));
        bl_send_to(bl_element(about, 1), atom("lu_ready"));
        claim_next(atom("go"));
        CLAIM(bl_link(receiver) == BL_OK);
        CLAIM(bl_unlink(receiver) == BL_OK);
    }
}

CASE(signal, parallel_signal_enqueue_race_2)
{
    bl_spawn_options on_2 = {.link = true, .message_queue_off_heap = true, .scheduler = ON(1) ? 1 : 2};
    bl_spawn_options on_3 = {.link = true, .scheduler = ON(1) ? 1 : 3};
    bl_spawn_options on_4 = {.link = true, .scheduler = ON(1) ? 1 : 4};
    bl_pid receiver = bl_spawn_opt(idler, bl_int(0), &on_2), first, second;
    bl_term about = BL_TUPLE(bl_from_pid(receiver), self());
    bl_pid asker = bl_spawn_opt(ask_on_go, about, &on_3), linker = bl_spawn_opt(link_on_go, about, &on_4);
    for (int64_t i = full(400000, 40000); i > 0; i--) {
        BL_RECEIVE {
            BL_ON("lu_ready") (void)0;
        }
        BL_RECEIVE {
            BL_ON("pi_ready") (void)0;
        }
        bl_yield();
        first = i % 2 ? linker : asker;
        second = i % 2 ? asker : linker;
        bl_send(first, atom("go"));
        bl_send(second, atom("go"));
    }
    put_away(asker);
    put_away(linker);
    put_away(receiver);
}
