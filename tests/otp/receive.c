/* receive.c - cases of receive_SUITE. What the compiler of Erlang finds by itself, that a receive is
 * about a reference which is younger than most of the mailbox, is said here: BL_RECEIVE_SINCE. */
#include "otp/otp.h"

static void echo(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_term reference, message;
        bl_pid from;
        BL_RECEIVE {
            BL_ON("{%r, {%p, %t}}", &reference, &from, &message) BL_SEND(from, "{%r, %t}", reference, message);
        }
    }
}

/* A call, and the answer; who calls watches whom it calls. */
static bl_term ask(bl_pid to, bl_term message)
{
    bl_term reference = bl_monitor(to), answer = {0}, reason;
    BL_SEND(to, "{%r, {%p, %t}}", reference, bl_self(), message);
    BL_RECEIVE_SINCE(reference) {
        BL_ON("{%=r, %t}", reference, &answer) bl_demonitor(reference, true, NULL);
        BL_ON("{'DOWN', %=r, _, _, %t}", reference, &reason) bl_exit(reason);
    }
    return answer;
}

static int64_t time_of_calls(bl_pid to)
{
    bl_term question = BL_TERM("{ultimate_answer, 42}");
    int64_t before = bl_monotonic_ns();
    for (int i = 0; i < 100; i++)
        CLAIM(bl_same(ask(to, question), question));
    return bl_monotonic_ns() - before;
}

enum { JUNK = 500000 };

static void fill_mailbox(int64_t n)
{
    for (int64_t i = 1; i <= n; i++)
        BL_SEND(bl_self(), "{msg, %i}", i);
}

static int64_t empty_mailbox(void)
{
    int64_t n = 0;
    for (bool more = true; more;)
        BL_RECEIVE {
            BL_ON("{msg, %*i}") n++;
            BL_AFTER(0) more = false;
        }
    return n;
}

typedef int64_t timed(bl_pid);

/* Work takes less than ten times as long with half a million messages in the mailbox: at least
 * once in many tries. The machine may be busy with others; but who looks through the mailbox
 * takes a thousand times as long, each time. */
static void claim_junk_is_not_seen(timed *work, bl_pid to, int tries)
{
    int64_t junk = full(JUNK, JUNK), empty = work(to), with_junk = INT64_MAX;
    for (int i = 0; i < tries; i++) {
        int64_t t = work(to);
        empty = t > empty ? t : empty;
    }
    fill_mailbox(junk);
    while (tries-- && with_junk / 10 >= empty)
        with_junk = work(to);
    CLAIM(with_junk / 10 < empty);
    CLAIM(empty_mailbox() == junk);
}

CASE(receive, call_with_huge_message_queue)
{
    claim_junk_is_not_seen(time_of_calls, bl_spawn_link(echo, bl_int(0)), 20);
}

/* As many answers to one call as it wants. */
static void echo_often(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_term reference, message;
        bl_pid from;
        int64_t times;
        BL_RECEIVE {
            BL_ON("{%r, %p, %t, %i}", &reference, &from, &message, &times)
                while (times-- > 0)
                    BL_SEND(from, "{%r, %t}", reference, message);
            BL_ON("_") {}
        }
    }
}

static void receive_often(bl_term reference, int64_t message, int times)
{
    while (times-- > 0)
        BL_RECEIVE_SINCE(reference) {
            BL_ON("{%=r, %=i}", reference, message) {}
            BL_ON("{'DOWN', %=r, _, _, _}", reference) CLAIM(!"it lives");
        }
}

/* A call, and others before its answers are received. */
static void call_often(bl_pid to, int64_t message, int times, int others)
{
    bl_term reference = bl_monitor(to);
    BL_SEND(to, "{%r, %p, %i, %i}", reference, bl_self(), message, (int64_t)times);
    for (int i = 0; i < others; i++)
        call_often(to, i, 2, 0);
    receive_often(reference, message, times);
    bl_demonitor(reference, true, NULL);
}

static int64_t time_of_nested_calls(bl_pid to)
{
    int64_t before = bl_monotonic_ns();
    for (int64_t i = full(1000, 20); i > 0; i--)
        call_often(to, -i, 100, 10);
    return bl_monotonic_ns() - before;
}

/* The place of the outer call is kept while there are ten inner ones: theirs are given back. */
CASE(receive, multi_recv_opt_clear)
{
    claim_junk_is_not_seen(time_of_nested_calls, bl_spawn_link(echo_often, bl_int(0)), 20);
}

/* Another receive between the reference and the receive for it. */
CASE(receive, receive_in_between)
{
    bl_pid to = bl_spawn_link(echo, bl_int(0));
    bl_term question = BL_TERM("{a, b}");
    for (int64_t i = full(100000, 100000); i > 0; i--) {
        bl_term answer = {0}, reference;
        bl_send(bl_self(), atom("dummy"));
        reference = bl_monitor(to);
        BL_SEND(to, "{%r, {%p, %t}}", reference, bl_self(), question);
        BL_RECEIVE {
            BL_ON("dummy") {}
        }
        BL_RECEIVE_SINCE(reference) {
            BL_ON("{%=r, %t}", reference, &answer) bl_demonitor(reference, true, NULL);
            BL_ON("{'DOWN', %=r, _, _, _}", reference) CLAIM(!"it lives");
        }
        CLAIM(bl_same(answer, question));
    }
    claim_nothing();
}

typedef void disturbance(void);

/* The reference comes; between its making and the receive something happens. False: it did not come. */
static bool receive_after_all(bl_pid to, disturbance *disturb)
{
    bool came = false;
    bl_term reference = bl_make_reference();
    bl_send(to, reference);
    disturb();
    BL_RECEIVE_SINCE(reference) {
        BL_ON("%=r", reference) came = true;
        BL_AFTER(0) {}
    }
    return came;
}

static void throw_it(void)
{
    bl_throw(atom("aborted"));
}

static bl_term never_receive(bl_term unused)
{
    receive_after_all(bl_self(), throw_it);
    return unused;
}

static void be_left_in_the_middle(void)
{
    bl_term thrown;
    CLAIM(bl_catch(never_receive, bl_int(0), &thrown) == BL_CAUGHT_THROW && is_atom(thrown, "aborted"));
}

/* The place of another reference is left over when the receive begins. */
CASE(receive, receive_opt_exception)
{
    CLAIM(receive_after_all(bl_self(), be_left_in_the_middle));
    CLAIM(bl_is_reference(bl_receive())); /* the one that was left over */
    claim_nothing();
}

static void do_nothing(void)
{
}

static void end_at_once(bl_term unused)
{
    (void)unused;
}

static void receive_in_vain(void)
{
    CLAIM(!receive_after_all(bl_spawn(end_at_once, bl_int(0)), do_nothing));
}

/* The same receive, inside itself, about another reference, which does not come. */
CASE(receive, receive_opt_recursion)
{
    CLAIM(receive_after_all(bl_self(), receive_in_vain));
    claim_nothing();
}

/* ---- messages and signals that have come and were not looked at yet ---- */

static _Atomic int stage; /* the two look at it, and call nothing */

static void await_stage(int n)
{
    while (atomic_load(&stage) < n)
        sched_yield();
}

static void take_in_late(bl_term unused)
{
    (void)unused;
    BL_RECEIVE {
        BL_ON("go") {
            atomic_store(&stage, 1);
            if (ON(4))
                await_stage(2); /* its mailbox fills, and it does not look */
        }
    }
    bl_term reference = bl_make_reference();
    bl_send(bl_self(), reference);
    for (int64_t i = 1; i <= 200; i++)
        BL_RECEIVE {
            BL_ON("%=i", i) {}
        }
    BL_RECEIVE_SINCE(reference) {
        BL_ON("%=r", reference) {}
    }
    BL_RECEIVE {
        BL_ON("stop") {}
    }
    claim_nothing();
}

/* Theirs needs two schedulers, and sleeps; on one there is nothing that could be late. */
CASE(receive, receive_opt_deferred_save)
{
    atomic_store(&stage, 0);
    bl_pid p = bl_spawn_on(ON(4) ? 2 : 0, take_in_late, bl_int(0));
    bl_link(p);
    bl_send(p, atom("go"));
    while (ON(4) && atomic_load(&stage) < 1)
        bl_yield();
    bl_term monitor = bl_monitor(p);
    for (int64_t i = 1; i <= 200; i++)
        bl_send(p, bl_int(i));
    bl_send(p, atom("stop"));
    atomic_store(&stage, 2);
    claim_down(monitor, bl_from_pid(p), atom("normal"));
}

static void storm_at(bl_pid to, int64_t n)
{
    for (; n > 0; n--) {
        BL_SEND(to, "{blipp}");
        bl_exit_signal(to, atom("normal")); /* a signal without effect */
    }
}

static void storm(bl_term unused)
{
    uint64_t x = 4711;
    (void)unused;
    for (;;) {
        bl_pid client;
        bl_term reference;
        x = x * UINT64_C(6364136223846793005) + 1;
        int64_t extra = (int64_t)(x >> 50) % rounds(10000);
        BL_RECEIVE {
            BL_ON("{prepare, %p}", &client) storm_at(client, extra);
            BL_ON("{request, %p, %r}", &client, &reference) {
                storm_at(client, extra);
                bl_send(client, reference);
                storm_at(client, extra);
            }
        }
    }
}

/* Theirs goes on for ten seconds; here until so many rounds were answered. */
CASE(receive, erl_1199)
{
    bl_pid server = bl_spawn_opt(storm, bl_int(0), &(bl_spawn_options){.link = true, .priority = BL_PRIORITY_MAX});
    for (int64_t i = full(1000, 100); i > 0; i--) {
        BL_SEND(server, "{prepare, %p}", bl_self());
        bl_yield();
        bl_term reference = bl_monitor(server);
        BL_SEND(server, "{request, %p, %r}", bl_self(), reference);
        bl_yield();
        BL_RECEIVE_SINCE(reference) {
            BL_ON("%=r", reference) bl_demonitor(reference, true, NULL);
            BL_ON("{'DOWN', %=r, _, _, _}", reference) CLAIM(!"it lives");
        }
        for (bool more = true; more;)
            BL_RECEIVE {
                BL_ON("{blipp}") {}
                BL_AFTER(0) more = false;
            }
    }
}

/* ---- a limit that is none ---- */

static bl_term limit_that_is_none(bl_term unused)
{
    BL_RECEIVE {
        BL_ON("blipp") {}
        BL_AFTER(-2) {}
    }
    return unused;
}

static bl_term limit_that_comes_out_as_none(bl_term unused)
{
    volatile int64_t limit = INT64_C(1) << 33;
    BL_RECEIVE {
        BL_ON("blapp") {}
        BL_AFTER(limit) {}
    }
    return unused;
}

typedef bl_term receive_badly(bl_term);

static void look_in_vain(receive_badly *receive_it)
{
    bl_term why;
    bl_send(bl_self(), atom("init"));
    CLAIM(bl_catch(receive_it, bl_int(0), &why) == BL_CAUGHT_ERROR);
    CLAIM(is_atom(bl_element(why, 0), "timeout_value"));
}

static void receive_init(void)
{
    BL_RECEIVE {
        BL_ON("init") {}
    }
}

/* What was looked at before the error is looked at again. */
CASE(receive, gh_5235_missing_save_reset)
{
    look_in_vain(limit_that_is_none);
    receive_init();
    look_in_vain(limit_that_comes_out_as_none);
    receive_init();
    claim_nothing();
}

static void mark_after(receive_badly *receive_it)
{
    look_in_vain(receive_it);
    bl_term reference = bl_make_reference();
    bl_send(bl_self(), reference);
    receive_init();
    BL_RECEIVE_SINCE(reference) {
        BL_ON("%=r", reference) {}
    }
}

/* Nor does it leave a place behind that is taken for that of a reference. */
CASE(receive, gh_5235_recv_mark)
{
    mark_after(limit_that_is_none);
    mark_after(limit_that_comes_out_as_none);
    claim_nothing();
}
