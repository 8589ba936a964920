/* trace.c - cases of trace_SUITE. What they do with match specifications, other nodes and traced
 * calls is left out: there are none. Where they wait to see that nothing comes, a barrier says so:
 * see nothing_comes(). Who is traced does as it is told (obedient()). */
#include "otp/otp.h"

/* ---- short words ---- */

/* Does what the messages say that it gets; {Pid, Message} goes to `to` for those it does not know. */
static void obedient(bl_term to)
{
    bl_pid pid;
    bl_term what, whom;
    for (;;) {
        BL_RECEIVE {
            BL_ON("{send, %t, %t}", &whom, &what) bl_send_to(whom, what);
            BL_ON("{spawn, %p}", &pid)
                BL_SEND(pid, "{spawned, %p, %p}", bl_self(), bl_spawn_link(obedient, to));
            BL_ON("{link, %p}", &pid) bl_link(pid);
            BL_ON("{unlink, %p}", &pid) bl_unlink(pid);
            BL_ON("{register, %a}", &what) bl_register(what, bl_self());
            BL_ON("{exit, %t}", &what) bl_exit(what);
            BL_ON("{signal, %t}", &what) bl_exit_signal(bl_self(), what);
            BL_ON("{trap_exit, %a}", &what) bl_process_flag(atom("trap_exit"), what);
            BL_ON("%t", &what) BL_SEND(bl_to_pid(to), "{%p, %t}", bl_self(), what);
        }
    }
}

static bl_pid spawn_obedient(void)
{
    bl_pid p = bl_spawn(obedient, bl_from_pid(bl_self()));
    await_waiting(p);
    return p;
}

static void tell_to_send(bl_pid p, bl_term to, bl_term what)
{
    CLAIM(BL_SEND(p, "{send, %t, %t}", to, what) == BL_OK);
}

static bl_trace *trace_by(bl_pid tracer, bl_pid p, unsigned flags)
{
    bl_trace *t = bl_trace_to_process(tracer);
    CLAIM(bl_trace_process(t, p, flags, 0) == BL_OK);
    return t;
}

static bl_trace *trace(bl_pid p, unsigned flags)
{
    return trace_by(bl_self(), p, flags);
}

static bool says(bl_term m, bl_pid of, const char *event, bl_term first, bl_term second)
{
    return bl_tuple_size(m) == (second.word ? 5 : 4) && is_atom(bl_element(m, 0), "trace") &&
           bl_same(bl_element(m, 1), bl_from_pid(of)) && is_atom(bl_element(m, 2), event) &&
           (!first.word || bl_same(bl_element(m, 3), first)) && (!second.word || bl_same(bl_element(m, 4), second));
}

static const bl_term none = {0};

/* The first message of a trace, whoever it is about. */
static bl_term first_trace(void)
{
    bl_term p, event, a, b, m = none;
    while (!m.word) {
        BL_RECEIVE {
            BL_ON("{trace, %t, %t, %t}", &p, &event, &a) m = BL_TUPLE(atom("trace"), p, event, a);
            BL_ON("{trace, %t, %t, %t, %t}", &p, &event, &a, &b) m = BL_TUPLE(atom("trace"), p, event, a, b);
        }
    }
    return m;
}

#define CLAIM_EVENT(...) CLAIM(says(first_trace(), __VA_ARGS__))

/* What p does with what it was sent has been told, and nothing of that is left: whatever is in the
 * mailbox is too much. */
static void nothing_comes(bl_pid p)
{
    while (BL_MATCH(bl_process_info(p, atom("status")), "{status, runnable}"))
        bl_yield();
    bl_term reference = bl_trace_delivered(p);
    CLAIM(BL_MATCH(bl_receive(), "{trace_delivered, %=p, %=r}", p, reference));
    claim_nothing();
}

static void kill_it(bl_pid p)
{
    bl_exit_signal(p, atom("kill"));
    bl_wait(p, NULL);
}

static bl_pid dead(void)
{
    bl_pid p = bl_spawn(exit_with, atom("normal"));
    bl_wait(p, NULL);
    return p;
}

static void intrude(bl_term whom)
{
    bl_trace *t = bl_trace_to_process(bl_self());
    bl_error error = bl_trace_process(t, bl_to_pid(whom), BL_TRACE_ALL, 0);
    bl_trace_end(t);
    bl_exit(bl_int(error));
}

/* Another process cannot trace p, which we do. */
static void claim_ours(bl_pid p)
{
    bl_term reference;
    bl_pid intruder = bl_spawn_monitor(intrude, bl_from_pid(p), &reference);
    claim_down(reference, bl_from_pid(intruder), bl_int(BL_ESTATE));
}

/* ---- messages ---- */

/* Has a patience, for once. */
static void patient(bl_term unused)
{
    int64_t patience = BL_INFINITY;
    (void)unused;
    for (;;) {
        BL_RECEIVE {
            BL_ON("{set_timeout, %i}", &patience) (void)0;
            BL_ON("_") (void)0;
            BL_AFTER(patience) patience = BL_INFINITY;
        }
    }
}

CASE(trace, receive_trace)
{
    bl_pid p = bl_spawn(patient, bl_int(0));
    bl_trace *t = trace(p, BL_TRACE_RECEIVE);
    bl_term hello = BL_TERM("{hello, world}"), again = BL_TERM("{hello, again, world}");
    bl_term soon = BL_TERM("{set_timeout, 10}");
    bl_send(p, hello);
    CLAIM_EVENT(p, "receive", hello, none);
    bl_send(p, again);
    CLAIM_EVENT(p, "receive", again, none);
    nothing_comes(p);
    bl_send(p, soon);
    CLAIM_EVENT(p, "receive", soon, none);
    CLAIM_EVENT(p, "receive", atom("timeout"), none);
    claim_ours(p);
    CLAIM(bl_trace_process(t, p, 0, BL_TRACE_RECEIVE) == BL_OK);
    bl_send(p, hello);
    bl_send(p, atom("any_garbage"));
    nothing_comes(p);
    bl_trace_end(t);
    kill_it(p);
}

static void send_oneself(bl_term parent)
{
    BL_RECEIVE {
        BL_ON("go_ahead") bl_send(bl_self(), atom("from_myself"));
    }
    BL_RECEIVE {
        BL_ON("from_myself") bl_send(bl_to_pid(parent), atom("done"));
    }
}

CASE(trace, self_send)
{
    bl_term me = bl_from_pid(bl_self());
    bl_pid p = bl_spawn_link(send_oneself, me);
    bl_trace *t = trace(p, BL_TRACE_RECEIVE | BL_TRACE_SEND);
    bl_send(p, atom("go_ahead"));
    BL_RECEIVE {
        BL_ON("{trace, %=p, 'receive', go_ahead}", p) (void)0;
    }
    BL_RECEIVE {
        BL_ON("{trace, %=p, 'receive', from_myself}", p) (void)0;
    }
    BL_RECEIVE {
        BL_ON("{trace, %=p, send, from_myself, %=p}", p, p) (void)0;
    }
    BL_RECEIVE {
        BL_ON("{trace, %=p, send, done, %=t}", p, me) (void)0;
    }
    BL_RECEIVE {
        BL_ON("done") (void)0;
    }
    bl_wait(p, NULL);
    claim_nothing();
    bl_trace_end(t);
}

CASE(trace, timeout_trace)
{
    bl_pid p = bl_spawn_link(patient, bl_int(0));
    bl_trace *t = trace(p, BL_TRACE_RECEIVE);
    bl_term please = BL_TERM("{set_timeout, 1}");
    bl_send(p, please);
    CLAIM_EVENT(p, "receive", please, none);
    CLAIM_EVENT(p, "receive", atom("timeout"), none);
    nothing_comes(p);
    bl_trace_end(t);
}

/* p sends to `to`, which says so, and no more. */
static void claim_sends(bl_pid p, bl_term to, const char *event)
{
    tell_to_send(p, to, atom("a_message"));
    CLAIM_EVENT(p, event, atom("a_message"), to);
    nothing_comes(p);
}

CASE(trace, send_trace)
{
    bl_pid p = spawn_obedient(), receiver = bl_spawn(sleeper, bl_int(0));
    bl_term name = atom("send_trace");
    bl_trace *t = trace(p, BL_TRACE_SEND);
    claim_sends(p, bl_from_pid(receiver), "send");
    CLAIM(bl_register(name, receiver) == BL_OK);
    claim_sends(p, name, "send");
    CLAIM(bl_unregister(name) == BL_OK);
    tell_to_send(p, bl_from_pid(bl_self()), atom("to_myself"));
    BL_RECEIVE {
        BL_ON("to_myself") (void)0;
    }
    CLAIM_EVENT(p, "send", atom("to_myself"), bl_from_pid(bl_self()));
    claim_sends(p, bl_from_pid(dead()), "send_to_non_existing_process");
    claim_sends(p, atom("not_registered"), "send");
    claim_ours(p);
    CLAIM(bl_trace_process(t, p, 0, BL_TRACE_SEND) == BL_OK);
    tell_to_send(p, bl_from_pid(receiver), atom("a_message"));
    tell_to_send(p, bl_from_pid(bl_self()), atom("to_myself"));
    CLAIM(is_atom(bl_receive(), "to_myself"));
    nothing_comes(p);
    bl_trace_end(t);
    kill_it(p);
    kill_it(receiver);
}

CASE(trace, trap_exit_self_receive)
{
    bl_pid p = bl_spawn_link(obedient, bl_from_pid(bl_self()));
    bl_trace *t = trace(p, BL_TRACE_RECEIVE);
    bl_term trap = BL_TERM("{trap_exit, true}"), reason = bl_make_reference();
    bl_term signal = BL_TERM("{signal, %t}", reason), end = BL_TERM("{exit, %t}", reason);
    bl_term came = BL_TERM("{'EXIT', %p, %t}", p, reason);
    bl_send(p, trap);
    CLAIM_EVENT(p, "receive", trap, none);
    bl_send(p, signal);
    CLAIM_EVENT(p, "receive", signal, none);
    CLAIM_EVENT(p, "receive", came, none);
    CLAIM(BL_MATCH(bl_receive(), "{%=p, %=t}", p, came));
    nothing_comes(p);
    bl_unlink(p);
    bl_send(p, end);
    CLAIM_EVENT(p, "receive", end, none);
    bl_wait(p, NULL);
    nothing_comes(p);
    bl_trace_end(t);
}

/* ---- lives, links, names ---- */

/* p has spawned a child, as we told it. */
static bl_pid spawned_by(bl_pid p)
{
    bl_pid child = {0};
    BL_SEND(p, "{spawn, %p}", bl_self());
    BL_RECEIVE {
        BL_ON("{spawned, %=p, %p}", p, &child) (void)0;
    }
    return child;
}

static void claim_end_of(bl_pid p, bl_term reason)
{
    BL_RECEIVE {
        BL_ON("{'EXIT', %=p, %=t}", p, reason) (void)0;
    }
}

/* The first process and another, that is not linked to it: what each does is told of the first. */
static void procs_between(bl_pid p, bl_pid other)
{
    bl_term that = bl_from_pid(other);
    BL_SEND(p, "{link, %p}", other);
    CLAIM_EVENT(p, "link", that, none);
    nothing_comes(p);
    BL_SEND(p, "{unlink, %p}", other);
    CLAIM_EVENT(p, "unlink", that, none);
    nothing_comes(p);
    BL_SEND(other, "{link, %p}", p);
    CLAIM_EVENT(p, "getting_linked", that, none);
    nothing_comes(p);
    BL_SEND(other, "{unlink, %p}", p);
    CLAIM_EVENT(p, "getting_unlinked", that, none);
    nothing_comes(p);
}

/* A child of p, which is traced as well, ends; p traps that. */
static void procs_of_child(bl_pid p)
{
    bl_term reason = bl_make_reference(), me = bl_from_pid(p), function = info(p, "initial_call");
    bl_pid child = spawned_by(p);
    BL_RECEIVE {
        BL_ON("{trace, %=p, spawned, %=t, %=t}", child, me, function) (void)0;
    }
    BL_RECEIVE {
        BL_ON("{trace, %=p, getting_linked, %=t}", child, me) (void)0;
    }
    CLAIM_EVENT(p, "spawn", bl_from_pid(child), function);
    CLAIM_EVENT(p, "link", bl_from_pid(child), none);
    nothing_comes(p);
    BL_SEND(p, "{trap_exit, true}");
    BL_SEND(p, "{send, %p, {exit, %t}}", child, reason);
    BL_RECEIVE {
        BL_ON("{%=p, {'EXIT', %=p, %=t}}", p, child, reason) (void)0;
    }
    BL_RECEIVE {
        BL_ON("{trace, %=p, exit, %=t}", child, reason) (void)0;
    }
    CLAIM_EVENT(p, "getting_unlinked", bl_from_pid(child), none);
    BL_SEND(p, "{trap_exit, false}");
    nothing_comes(p);
}

/* p has a name, and dies with its child. */
static void procs_of_end(bl_pid p)
{
    bl_term name = atom("procs_trace"), reason = bl_make_reference();
    CLAIM(bl_register(name, p) == BL_OK);
    CLAIM_EVENT(p, "register", name, none);
    CLAIM(bl_unregister(name) == BL_OK);
    CLAIM_EVENT(p, "unregister", name, none);
    nothing_comes(p);
    bl_pid child = spawned_by(p);
    CLAIM_EVENT(p, "spawn", bl_from_pid(child), info(child, "initial_call"));
    CLAIM_EVENT(p, "link", bl_from_pid(child), none);
    BL_SEND(p, "{register, %t}", name);
    CLAIM_EVENT(p, "register", name, none);
    BL_SEND(child, "{exit, %t}", reason);
    claim_end_of(p, reason);
    CLAIM_EVENT(p, "exit", reason, none);
    CLAIM_EVENT(p, "unregister", name, none);
    nothing_comes(p);
}

CASE(trace, procs_trace)
{
    bl_trap_exit(true);
    bl_pid p = bl_spawn_link(obedient, bl_from_pid(bl_self())), other = spawn_obedient();
    bl_term reason = bl_make_reference();
    bl_trace *t = trace(p, BL_TRACE_PROCS | BL_TRACE_SET_ON_FIRST_SPAWN);
    procs_of_child(p);
    procs_between(p, other);
    procs_of_end(p);
    CLAIM(bl_trace_process(t, other, BL_TRACE_PROCS, 0) == BL_OK);
    BL_SEND(other, "{exit, %t}", reason);
    CLAIM_EVENT(other, "exit", reason, none);
    bl_wait(other, NULL);
    nothing_comes(other);
    bl_trace_end(t);
}

static void count_down(bl_term sink)
{
    for (;;) {
        bl_term m = bl_receive();
        if (is_atom(m, "stop"))
            return;
        bl_send(bl_to_pid(sink), m);
    }
}

/* A call with each message, which theirs traces, is here a message to somebody else. */
CASE(trace, link_receive_call_correlation)
{
    enum { NUMBER = 100 };
    bl_pid sink = bl_spawn(sleeper, bl_int(0)), p = bl_spawn(count_down, bl_from_pid(sink));
    bl_trace *t = trace(p, BL_TRACE_RECEIVE | BL_TRACE_PROCS | BL_TRACE_SEND);
    for (int64_t n = NUMBER; n > 0; n--) {
        CLAIM((n % 2 == 0 ? bl_link(p) : bl_unlink(p)) == BL_OK);
        bl_send(p, bl_int(n));
    }
    bl_send(p, atom("stop"));
    bl_wait(p, NULL);
    int64_t received = NUMBER, sent = NUMBER, linked = NUMBER; /* the next to be told */
    while (received > 0 || sent > 0) {
        bl_term m = bl_receive();
        int64_t n = bl_is_int(bl_element(m, 3)) ? bl_to_int(bl_element(m, 3)) : 0;
        if (is_atom(bl_element(m, 3), "stop"))
            CLAIM(received == 0);
        else if (is_atom(bl_element(m, 2), "receive"))
            CLAIM(n == received-- && linked == n - 1);
        else if (is_atom(bl_element(m, 2), "send"))
            CLAIM(n == sent-- && n > received);
        else
            CLAIM(is_atom(bl_element(m, 2), linked-- % 2 ? "getting_unlinked" : "getting_linked"));
    }
    kill_it(sink);
    bl_trace_end(t);
}

/* ---- who inherits ---- */

static bool is_send_traced(bl_pid p, bl_pid listener)
{
    tell_to_send(p, bl_from_pid(listener), atom("a_message"));
    while (BL_MATCH(bl_process_info(p, atom("status")), "{status, runnable}"))
        bl_yield();
    bl_trace_delivered(p);
    bl_term m = bl_receive();
    bool traced = says(m, p, "send", atom("a_message"), bl_from_pid(listener));
    if (traced)
        m = bl_receive();
    CLAIM(is_atom(bl_element(m, 0), "trace_delivered"));
    return traced;
}

/* p, whose sends are traced, spawns one; with a link. */
static bl_pid traced_child(bl_pid p)
{
    bl_pid child = spawned_by(p);
    BL_RECEIVE {
        BL_ON("{trace, %=p, send, {spawned, %=p, %=p}, %=p}", p, p, child, bl_self()) (void)0;
    }
    await_waiting(child);
    return child;
}

/* With `all`, children and grandchildren are traced; else the first child is. */
static void inherit(unsigned flag, bool all)
{
    bl_pid listener = bl_spawn(sleeper, bl_int(0)), p = spawn_obedient(), child[3];
    bl_trace *t = trace(p, BL_TRACE_SEND | flag);
    CLAIM(is_send_traced(p, listener));
    for (int i = 0; i < 3; i++)
        child[i] = traced_child(p);
    for (int i = 0; i < 3; i++)
        CLAIM(is_send_traced(child[i], listener) == (all || i == 0));
    for (int i = 0; i < 2 && all; i++)
        CLAIM(is_send_traced(traced_child(child[i % 3]), listener));
    nothing_comes(p);
    kill_it(p);
    kill_it(listener);
    bl_trace_end(t);
}

CASE(trace, set_on_spawn)
{
    inherit(BL_TRACE_SET_ON_SPAWN, true);
}

CASE(trace, set_on_first_spawn)
{
    inherit(BL_TRACE_SET_ON_FIRST_SPAWN, false);
}

CASE(trace, set_on_link)
{
    inherit(BL_TRACE_SET_ON_LINK, true);
}

CASE(trace, set_on_first_link)
{
    inherit(BL_TRACE_SET_ON_FIRST_LINK, false);
}

/* ---- the end of a tracer, and mistakes ---- */

static void claim_traced_by(bl_pid p, bl_pid tracer, unsigned expected)
{
    unsigned flags = 99;
    bl_term by;
    CLAIM(bl_trace_info(p, &flags, &by) == BL_OK && flags == expected);
    CLAIM(expected ? bl_same(by, bl_from_pid(tracer)) : bl_is_none(by));
}

CASE(trace, new_clear)
{
    bl_pid tracer = bl_spawn(sleeper, bl_int(0));
    unsigned flags = 99;
    bl_term by;
    bl_trace *t = bl_trace_to_process(tracer), *next = bl_trace_to_process(bl_self());
    CLAIM(bl_trace_new(t, BL_TRACE_SEND, 0) == BL_OK);
    CLAIM(bl_trace_new_info(&flags, &by) == BL_OK && flags == BL_TRACE_SEND && bl_same(by, bl_from_pid(tracer)));
    kill_it(tracer);
    CLAIM(bl_trace_new_info(&flags, &by) == BL_OK && flags == 0 && bl_is_none(by));
    CLAIM(bl_trace_new(next, BL_TRACE_SEND, 0) == BL_OK); /* so another can take its place */
    bl_trace_end(t);
    bl_trace_end(next);
}

CASE(trace, existing_clear)
{
    bl_pid tracer = bl_spawn(sleeper, bl_int(0));
    size_t begun = 0, ended = 0;
    bl_trace *t = bl_trace_to_process(tracer);
    CLAIM(bl_trace_existing(t, BL_TRACE_SEND, 0, &begun) == BL_OK && begun >= 2);
    claim_traced_by(bl_self(), tracer, BL_TRACE_SEND);
    CLAIM(bl_trace_existing(t, 0, BL_TRACE_ALL, &ended) == BL_OK && ended == begun);
    claim_traced_by(bl_self(), tracer, 0);
    bl_trace_end(t);
    kill_it(tracer);
}

CASE(trace, tracer_die)
{
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    bl_trace *t[3];
    size_t n[2] = {0};
    for (int i = 0; i < 3; i++) {
        bl_pid tracer = bl_spawn(sleeper, bl_int(0));
        t[i] = bl_trace_to_process(tracer);
        bl_error error = i < 2 ? bl_trace_existing(t[i], BL_TRACE_SEND, 0, &n[i])
                               : bl_trace_process(t[i], p, BL_TRACE_SEND, 0);
        CLAIM(error == BL_OK);
        claim_traced_by(p, tracer, BL_TRACE_SEND);
        kill_it(tracer);
    }
    CLAIM(n[0] == n[1] && n[0] >= 3);
    for (int i = 0; i < 3; i++)
        bl_trace_end(t[i]);
    kill_it(p);
}

/* Theirs says the same tracer twice as well, and others in lists with mistakes: it once leaked. */
CASE(trace, bad_flag)
{
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    bl_trace *t = bl_trace_to_process(bl_self());
    unsigned not_valid = 2 * BL_TRACE_LAST;
    CLAIM(bl_trace_new(t, not_valid, 0) == BL_EINVAL);
    CLAIM(bl_trace_existing(t, not_valid, 0, NULL) == BL_EINVAL);
    CLAIM(bl_trace_process(t, p, BL_TRACE_SEND, 0) == BL_OK);
    CLAIM(bl_trace_process(t, p, BL_TRACE_SEND, 0) == BL_OK);
    kill_it(p);
    CLAIM(bl_trace_new(t, BL_TRACE_SEND | not_valid, 0) == BL_EINVAL);
    CLAIM(bl_trace_new(NULL, BL_TRACE_SEND, 0) == BL_EINVAL);
    bl_trace_end(t);
}

CASE(trace, trace_info_badarg)
{
    unsigned flags = 99;
    bl_term tracer;
    CLAIM(bl_trace_info((bl_pid){atom("a").word}, &flags, &tracer) == BL_EINVAL);
    CLAIM(bl_trace_info(bl_self(), NULL, NULL) == BL_EINVAL);
    CLAIM(bl_trace_new_info(NULL, NULL) == BL_EINVAL);
    CLAIM(flags == 99);
}

/* Who was suspended is killed: what comes of that finds that we have resumed it, or not yet. */
CASE(trace, erl_704)
{
    for (int i = 0; i < 100; i++) {
        bl_pid p = bl_spawn(sleeper, bl_int(0));
        CLAIM(bl_suspend(p) == BL_OK);
        bl_exit_signal(p, atom("kill"));
        bl_error error = bl_resume(p);
        CLAIM(error == BL_OK || error == BL_ESTATE);
    }
}

/* Four events a time, 100,000 of them in theirs. */
static void busy(bl_term parent)
{
    bl_term name = atom("a name which is given back at once");
    for (int64_t left = bl_to_int(bl_receive()); left > 0; left--) {
        bl_link(bl_to_pid(parent));
        CLAIM(bl_register(name, bl_self()) == BL_OK);
        CLAIM(bl_unregister(name) == BL_OK);
        bl_unlink(bl_to_pid(parent));
    }
}

CASE(trace, trace_delivered)
{
    int64_t loops = full(10000, 8000), seen = 0;
    bl_term reference = none;
    bl_pid p = bl_spawn(busy, bl_from_pid(bl_self()));
    bl_trace *t = trace(p, BL_TRACE_PROCS);
    bl_term monitor = bl_monitor(p);
    bl_send(p, bl_int(loops));
    for (bool ended = false; !ended;) {
        bl_term m = bl_receive();
        if (is_atom(bl_element(m, 0), "DOWN")) {
            CLAIM(bl_same(bl_element(m, 1), monitor));
            reference = bl_trace_delivered(p);
        } else if (is_atom(bl_element(m, 0), "trace_delivered")) {
            CLAIM(bl_same(bl_element(m, 2), reference));
            ended = true;
        } else {
            CLAIM(is_atom(bl_element(m, 0), "trace") && bl_same(bl_element(m, 1), bl_from_pid(p)));
            seen++;
        }
    }
    CLAIM(seen == 4 * loops + 1);
    nothing_comes(p);
    bl_trace_end(t);
}

/* ---- suspending ---- */

static bool is_suspended(bl_pid p)
{
    return is_atom(info(p, "status"), "suspended");
}

static void worker(bl_term unused)
{
    (void)unused;
    for (;;)
        bl_reduce(1);
}

CASE(trace, suspend)
{
    bl_pid p = bl_spawn_link(worker, bl_int(0));
    for (int64_t n = full(10000, 10000); n > 0; n--) {
        CLAIM(bl_suspend(p) == BL_OK);
        CLAIM(is_suspended(p));
        CLAIM(bl_resume(p) == BL_OK);
        bl_term status = info(p, "status");
        CLAIM(is_atom(status, "runnable") || is_atom(status, "running"));
        bl_yield();
    }
    bl_unlink(p);
    kill_it(p);
}

static void work(bl_term n)
{
    for (int64_t left = bl_to_int(n); left > 0; left--)
        bl_process_info(bl_self(), atom("messages"));
}

static void suspend_once(bl_term arg)
{
    bl_pid parent = bl_to_pid(bl_element(arg, 0)), whom = bl_to_pid(bl_element(arg, 1));
    work(bl_element(arg, 2));
    BL_SEND(parent, "{suspends, %p}", bl_self());
    if (bl_suspend(whom) == BL_OK)
        bl_resume(whom);
}

/* Somebody suspends, and is killed at any point of that, somebody who ends. */
CASE(trace, suspend_exit)
{
    uint64_t state = 4711;
    for (int64_t n = full(5000, 5000); n > 0; n--) {
        bl_term gone, ended;
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        int64_t amount = 1 + (int64_t)(state >> 33) % 50;
        bl_pid whom = bl_spawn_monitor(work, bl_int(amount), &ended);
        bl_term arg = BL_TUPLE(bl_from_pid(bl_self()), bl_from_pid(whom), bl_int(amount / 2));
        bl_pid who = bl_spawn_monitor(suspend_once, arg, &gone);
        BL_RECEIVE {
            BL_ON("{suspends, %=p}", who) (void)0;
        }
        if (n % 2 == 0)
            bl_exit_signal(who, atom("bang"));
        BL_RECEIVE {
            BL_ON("{'DOWN', %=r, process, %=p, _}", gone, who) (void)0;
        }
        BL_RECEIVE {
            BL_ON("{'DOWN', %=r, process, %=p, normal}", ended, whom) (void)0;
        }
    }
}

static void suspend_often(bl_term whom)
{
    bl_pid p = bl_to_pid(whom);
    CLAIM(!is_suspended(p));
    for (int i = 0; i < 4; i++) {
        CLAIM(bl_suspend(p) == BL_OK);
        CLAIM(is_suspended(p));
    }
    for (int i = 0; i < 4; i++) {
        CLAIM(is_suspended(p));
        CLAIM(bl_resume(p) == BL_OK);
    }
    CLAIM(!is_suspended(p));
    for (int i = 0; i < 3; i++)
        CLAIM(bl_suspend(p) == BL_OK);
    CLAIM(is_suspended(p));
    bl_exit(atom("bang"));
}

static void suspend_and_stay(bl_term arg)
{
    bl_pid p = bl_to_pid(bl_element(arg, 1));
    CLAIM(bl_suspend(p) == BL_OK);
    CLAIM(is_suspended(p));
    bl_send(bl_to_pid(bl_element(arg, 0)), bl_from_pid(bl_self()));
    sleeper(arg);
}

CASE(trace, suspender_exit)
{
    enum { SUSPENDERS = 5 };
    bl_pid p = bl_spawn(sleeper, bl_int(0)), by[SUSPENDERS];
    bl_term reference[SUSPENDERS];
    CLAIM(bl_resume(p) == BL_ESTATE);
    bl_pid often = bl_spawn_monitor(suspend_often, bl_from_pid(p), &reference[0]);
    claim_down(reference[0], bl_from_pid(often), atom("bang"));
    CLAIM(!is_suspended(p));
    for (int i = 0; i < SUSPENDERS; i++)
        by[i] = bl_spawn_monitor(suspend_and_stay, BL_TUPLE(bl_from_pid(bl_self()), bl_from_pid(p)), &reference[i]);
    for (int i = 0; i < SUSPENDERS; i++) {
        BL_RECEIVE {
            BL_ON("%=p", by[i]) (void)0;
        }
    }
    for (int i = 0; i < SUSPENDERS; i++) {
        CLAIM(is_suspended(p));
        bl_exit_signal(by[i], atom("bang"));
        claim_down(reference[i], bl_from_pid(by[i]), atom("bang"));
    }
    CLAIM(!is_suspended(p));
    kill_it(p);
}

/* How often we have suspended it; 0 as long as that is on the way. */
static int64_t suspend_count(bl_pid p)
{
    int64_t active, outstanding;
    bl_term list = info(bl_self(), "suspending");
    for (; bl_is_cons(list); list = bl_tail(list))
        if (BL_MATCH(bl_head(list), "{%=p, %i, %i}", p, &active, &outstanding)) {
            CLAIM((active == 0) != (outstanding == 0));
            CLAIM(!active || is_suspended(p));
            return active;
        }
    return 0;
}

static const unsigned async = BL_SUSPEND_ASYNCHRONOUS, unless = BL_SUSPEND_UNLESS_SUSPENDING;

static void claim_async(bl_pid p, unsigned options, bl_error expected)
{
    CLAIM(bl_suspend_opt(p, async | options, none) == expected);
}

/* After it was suspended asynchronously, and that is not true yet: number i of what else can be done. */
static void suspend_more(bl_pid p, int64_t i)
{
    if (i % 4 == 2) {
        claim_async(p, 0, BL_OK);
        int64_t count = suspend_count(p);
        CLAIM(count == 0 || count == 2);
        CLAIM(bl_resume(p) == BL_OK);
    } else if (i % 4 == 1) {
        claim_async(p, unless, BL_ESTATE);
        int64_t count = suspend_count(p);
        CLAIM(count == 0 || count == 1);
    } else if (i % 4 == 0) {
        CLAIM(bl_suspend_opt(p, unless, none) == BL_ESTATE);
        CLAIM(suspend_count(p) == 1);
    }
}

static void suspend_up_to_five(bl_pid p)
{
    while (suspend_count(p) != 1)
        bl_yield();
    claim_async(p, 0, BL_OK);
    CLAIM(suspend_count(p) == 2);
    claim_async(p, 0, BL_OK);
    CLAIM(suspend_count(p) == 3);
    CLAIM(bl_suspend(p) == BL_OK);
    CLAIM(suspend_count(p) == 4);
    CLAIM(bl_suspend(p) == BL_OK);
    CLAIM(suspend_count(p) == 5);
    CLAIM(bl_suspend_opt(p, unless, none) == BL_ESTATE);
    CLAIM(suspend_count(p) == 5);
    claim_async(p, unless, BL_ESTATE);
    CLAIM(suspend_count(p) == 5);
    for (int i = 0; i < 4; i++)
        CLAIM(bl_resume(p) == BL_OK);
    CLAIM(suspend_count(p) == 1);
}

CASE(trace, suspend_opts)
{
    int64_t late = 0;
    bl_pid p = bl_spawn(busy, bl_from_pid(bl_self()));
    bl_send(p, bl_int(1000000000));
    for (int64_t i = 0; i < 1000; i++) {
        bl_term tag = BL_TUPLE(bl_make_reference(), bl_from_pid(bl_self()));
        CLAIM(bl_suspend_opt(p, async, tag) == BL_OK);
        if (suspend_count(p) == 0) {
            late++;
            suspend_more(p, i);
        }
        BL_RECEIVE {
            BL_ON("{%=t, suspended}", tag) CLAIM(bl_resume(p) == BL_OK);
        }
        bl_yield();
    }
    CLAIM(ON(1) || late != 0);
    claim_async(p, 0, BL_OK);
    suspend_up_to_five(p);
    claim_nothing();
    bl_unlink(p);
    kill_it(p);
}

CASE(trace, suspend_waiting)
{
    bl_pid p = spawn_obedient();
    CLAIM(bl_suspend(p) == BL_OK);
    CLAIM(is_suspended(p));
    kill_it(p);
}

/* ---- alarms ---- */

static bool monitored_by(bl_pid monitor, const bl_system_limits *expected)
{
    bl_system_limits now = {0};
    bl_pid p = bl_get_system_monitor(&now);
    return bl_same_pid(p, monitor) && now.long_gc_ms == expected->long_gc_ms &&
           now.large_heap_words == expected->large_heap_words && now.long_queue == expected->long_queue &&
           now.short_queue == expected->short_queue && now.long_schedule_ms == expected->long_schedule_ms;
}

/* A limit of 0, which theirs takes for the least that there is, says here that there is none; and
 * there are no ports. */
CASE(trace, system_monitor_args)
{
    bl_pid me = bl_self(), other = bl_spawn(sleeper, bl_int(0));
    const bl_system_limits some[] = {{.long_gc_ms = 1},
                                     {.large_heap_words = 1},
                                     {.long_queue = 101, .short_queue = 100},
                                     {.long_gc_ms = 1, .large_heap_words = 65535, .long_queue = 100, .short_queue = 99},
                                     {0}};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        CLAIM(bl_system_monitor(me, &some[i]) == BL_OK);
        CLAIM(monitored_by(me, &some[i]) && monitored_by(me, &some[i]));
    }
    CLAIM(bl_system_monitor(other, &some[3]) == BL_OK && monitored_by(other, &some[3]));
    kill_it(other);
    CLAIM(bl_pid_error(bl_get_system_monitor(NULL)) != BL_OK);
    CLAIM(bl_system_monitor(me, &some[0]) == BL_OK);
    CLAIM(bl_system_monitor(me, NULL) == BL_OK);
    bl_yield();
    CLAIM(bl_pid_error(bl_get_system_monitor(NULL)) != BL_OK);
}

CASE(trace, more_system_monitor_args)
{
    const uint64_t values[] = {64000, 0x7ffffff, 0x3fffffff, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const bl_system_limits first = {.long_gc_ms = values[i], .large_heap_words = 77777};
        const bl_system_limits second = {.long_gc_ms = 88888, .large_heap_words = (size_t)values[i]};
        CLAIM(bl_pid_error(bl_get_system_monitor(NULL)) != BL_OK);
        CLAIM(bl_system_monitor(bl_self(), &first) == BL_OK && monitored_by(bl_self(), &first));
        CLAIM(bl_system_monitor(bl_self(), &second) == BL_OK && monitored_by(bl_self(), &second));
        CLAIM(bl_system_monitor(bl_self(), NULL) == BL_OK);
    }
}

/* In one call, which matters where every call collects garbage. */
static bl_term long_list(size_t n)
{
    bl_term *elements = bl_alloc(n * sizeof *elements);
    for (size_t i = 0; i < n; i++)
        elements[i] = bl_int((int64_t)i);
    bl_term list = bl_list(elements, n);
    bl_free(elements);
    return list;
}

/* {monitor, p, what, [{key, N}]} comes; the N. */
static int64_t await_alarm(bl_pid p, const char *what, const char *key)
{
    int64_t n = 0;
    BL_RECEIVE {
        BL_ON("{monitor, %=p, %=a, [{%=a, %i}]}", p, atom(what), atom(key), &n) (void)0;
    }
    return n;
}

/* Until a collection takes so long that there is no doubt. Theirs is told to sleep in it. */
static void collect_long(bl_term unused)
{
    (void)unused;
    int64_t took = 0;
    for (size_t n = 100000; took < 10 * 1000 * 1000; n += n / 2) {
        bl_term list = long_list(n);
        int64_t began = bl_monotonic_ns();
        bl_collect();
        took = bl_monotonic_ns() - began;
        CLAIM(bl_to_int(bl_head(list)) == 0);
    }
}

CASE(trace, system_monitor_long_gc_1)
{
    CLAIM(bl_system_monitor(bl_self(), &(bl_system_limits){.long_gc_ms = 1}) == BL_OK);
    collect_long(none);
    nothing_comes(bl_self());
    CLAIM(monitored_by(bl_self(), &(bl_system_limits){.long_gc_ms = 1}));
    bl_system_monitor(bl_self(), NULL);
}

static void collect_for_ever(bl_term unused)
{
    for (;;)
        collect_long(unused);
}

CASE(trace, system_monitor_long_gc_2)
{
    for (int i = 0; i < 3; i++) {
        CLAIM(bl_system_monitor(bl_self(), &(bl_system_limits){.long_gc_ms = 1}) == BL_OK);
        bl_pid p = bl_spawn(collect_for_ever, bl_int(0));
        int64_t ms = await_alarm(p, "long_gc", "timeout");
        CLAIM(ms >= 1 && ms < 60 * 1000);
        bl_system_monitor(bl_self(), NULL);
        kill_it(p);
        while (bl_mailbox_length())
            CLAIM(is_atom(bl_element(bl_receive(), 2), "long_gc"));
    }
}

enum { LARGE = 65535 };

static void hold_much(bl_term to)
{
    bl_term list = long_list(2 * LARGE);
    bl_collect();
    if (bl_is_pid(to))
        bl_send(bl_to_pid(to), bl_head(list));
    CLAIM(bl_to_int(bl_head(list)) == 0);
}

CASE(trace, system_monitor_large_heap_1)
{
    CLAIM(bl_system_monitor(bl_self(), &(bl_system_limits){.large_heap_words = LARGE}) == BL_OK);
    hold_much(none);
    nothing_comes(bl_self());
    CLAIM(monitored_by(bl_self(), &(bl_system_limits){.large_heap_words = LARGE}));
    bl_system_monitor(bl_self(), NULL);
}

/* Theirs is large because it was spawned so: min_heap_size. A heap of ours is as large as what it
 * holds. */
CASE(trace, system_monitor_large_heap_2)
{
    CLAIM(bl_system_monitor(bl_self(), &(bl_system_limits){.large_heap_words = LARGE}) == BL_OK);
    bl_pid p = bl_spawn(hold_much, bl_from_pid(bl_self()));
    CLAIM(await_alarm(p, "large_heap", "heap_size") >= LARGE);
    bl_wait(p, NULL);
    BL_RECEIVE {
        BL_ON("0") (void)0;
    }
    bl_system_monitor(bl_self(), NULL);
}

static void forward(bl_term to)
{
    for (;;)
        bl_send(bl_to_pid(to), bl_receive());
}

static void hello(bl_pid to, int n)
{
    for (int i = 0; i < n; i++)
        bl_send(to, atom("hello"));
}

static void drop_hellos(int n)
{
    for (int i = 0; i < n; i++) {
        BL_RECEIVE {
            BL_ON("hello") (void)0;
        }
    }
}

/* The next alarm about us, if there is one, has come by way of `proxy` before the second mark. */
static bool alarmed(bl_pid proxy, const char *value)
{
    bool came = false;
    for (int i = 0; i < 2; i++) {
        bl_yield();
        bl_send(proxy, atom("mark"));
        BL_RECEIVE {
            BL_ON("mark") (void)0;
        }
    }
    BL_RECEIVE {
        BL_ON("{monitor, %=p, long_message_queue, %=a}", bl_self(), atom(value)) came = true;
        BL_ON("{monitor, _, _, _}") CLAIM(!"an alarm that says something else");
        BL_AFTER(0) (void)0;
    }
    return came;
}

CASE(trace, system_monitor_long_message_queue)
{
    bl_pid proxy = bl_spawn(forward, bl_from_pid(bl_self())), me = bl_self();
    CLAIM(bl_system_monitor(proxy, &(bl_system_limits){.long_queue = 100, .short_queue = 50}) == BL_OK);
    hello(me, 100);
    CLAIM(alarmed(proxy, "true"));
    hello(me, 10);
    CLAIM(!alarmed(proxy, "true"));
    drop_hellos(50);
    CLAIM(!alarmed(proxy, "false"));
    hello(me, 50);
    CLAIM(!alarmed(proxy, "true"));
    drop_hellos(60);
    CLAIM(alarmed(proxy, "false"));
    hello(me, 100);
    CLAIM(alarmed(proxy, "true"));
    drop_hellos(100);
    CLAIM(alarmed(proxy, "false"));
    drop_hellos(50);
    CLAIM(bl_to_int(info(me, "message_queue_len")) == 0);
    kill_it(proxy);
    bl_system_monitor(me, NULL);
}

/* Who ignores its messages, and computes, has them none the less. */
CASE(trace, system_monitor_long_message_queue_ignore)
{
    CLAIM(bl_system_monitor(bl_self(), &(bl_system_limits){.long_queue = 100, .short_queue = 50}) == BL_OK);
    bl_pid p = bl_spawn_opt(worker, bl_int(0), &(bl_spawn_options){.priority = BL_PRIORITY_LOW});
    hello(p, 50);
    CLAIM(bl_is_alive(p)); /* it has them */
    claim_nothing();
    hello(p, 50);
    CLAIM(BL_MATCH(bl_receive(), "{monitor, %=p, long_message_queue, true}", p));
    bl_exit_signal(p, atom("kill"));
    CLAIM(!bl_is_alive(p));
    bl_system_monitor(bl_self(), NULL);
}

static void be_slow(bl_term unused)
{
    (void)unused;
    CLAIM(bl_preempt_off() == BL_OK); /* or its time slice would be short */
    for (int64_t began = bl_monotonic_ns(); bl_monotonic_ns() - began < 110 * 1000 * 1000;)
        ; /* it calls nothing that could give way */
}

/* A C function that takes too long; theirs is also a port, which there is none of. */
CASE(trace, system_monitor_long_schedule)
{
    CLAIM(bl_system_monitor(bl_self(), &(bl_system_limits){.long_schedule_ms = 100}) == BL_OK);
    bl_pid p = bl_spawn(be_slow, bl_int(0));
    CLAIM(await_alarm(p, "long_schedule", "timeout") >= 100);
    bl_system_monitor(bl_self(), NULL);
}
