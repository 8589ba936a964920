/* tracer.c - cases of tracer_SUITE. A tracer module is here a C function: bl_trace_to_function().
 * It notes the events of the kind that the case is about, since it is told of all that a flag
 * names; theirs is asked first which of them it wants, and may discard: here who has ended its trace
 * is told nothing. Each event has a time and a scheduler, which theirs are options. */
#include <string.h>

#include "otp/otp.h"

/* ---- the observer ---- */

enum { MOST = 64 };

struct noted {
    bl_trace_event event;
    uint64_t first, second; /* those that are words: others are valid during the call only */
};

static struct notes {
    const char *kind;
    _Atomic int n;
    struct noted event[MOST];
} notes;

static bool is_word(bl_term t)
{
    return bl_is_int(t) || bl_is_atom(t) || bl_is_pid(t);
}

static void note(void *context, const bl_trace_event *e)
{
    struct notes *to = context;
    int n = atomic_load(&to->n);
    if (strcmp(e->name, to->kind) != 0 || n == MOST)
        return;
    to->event[n] = (struct noted){.event = *e};
    to->event[n].first = is_word(e->first) ? e->first.word : 0;
    to->event[n].second = is_word(e->second) ? e->second.word : 0;
    atomic_store(&to->n, n + 1);
}

/* ---- who is traced ---- */

static bl_term call(bl_term function)
{
    return bl_call(function, bl_int(0));
}

/* Calls the functions that it is sent, until one returns something else than `ok`. */
static void tracee(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_term m = bl_receive();
        if (bl_is_function(m) && !is_atom(call(m), "ok"))
            return;
    }
}

static void await_idle(bl_pid p)
{
    while (BL_MATCH(bl_process_info(p, atom("status")), "{status, runnable}"))
        bl_yield();
    bl_term reference = bl_trace_delivered(p);
    BL_RECEIVE {
        BL_ON("{trace_delivered, %=p, %=r}", p, reference) (void)0;
    }
}

/* What is to be done by p, and how often that is seen; -1: at least once. */
struct trial {
    const char *kind;
    unsigned flag;
    bl_callback *action; /* NULL: p gets the message `ok` */
    int times;
    bool dies;
};

static bl_pid try_once(const struct trial *trial, bl_trace *t, bl_pid p)
{
    CLAIM(bl_trace_process(t, p, trial->flag, 0) == BL_OK);
    const bl_term me = bl_from_pid(bl_self());
    bl_send(p, trial->action ? bl_function_of(trial->action, &me, 1) : atom("ok"));
    if (trial->dies)
        bl_wait(p, NULL);
    await_idle(p);
    return p;
}

/* The events of the trial, of p, in `notes`. */
static bl_pid try(struct trial trial)
{
    bl_pid p = bl_spawn(tracee, bl_int(0)), other = bl_spawn(tracee, bl_int(0));
    unsigned flags = 0;
    bl_term tracer;
    notes.kind = trial.kind;
    atomic_store(&notes.n, 0);
    await_waiting(p);
    await_waiting(other); /* or its own beginning is seen below */
    bl_trace *t = bl_trace_to_function(note, &notes);
    try_once(&trial, t, p);
    while (atomic_load(&notes.n) < (trial.times < 0 ? 1 : trial.times))
        bl_yield(); /* what others do to it may take longer than what it does */
    int n = atomic_load(&notes.n);
    CLAIM(trial.times < 0 ? n > 0 : n == trial.times);
    for (int i = 0; i < n; i++) {
        CLAIM(bl_same_pid(notes.event[i].event.process, p));
        CLAIM(notes.event[i].event.scheduler >= 1 && notes.event[i].event.scheduler <= otp_schedulers);
        CLAIM(notes.event[i].event.ns >= (i ? notes.event[i - 1].event.ns : 1));
    }
    if (!trial.dies)
        CLAIM(bl_trace_info(p, &flags, &tracer) == BL_OK && flags == trial.flag && bl_is_none(tracer));
    bl_trace *silent = bl_trace_to_function(note, &notes);
    CLAIM(bl_trace_end(t) == BL_OK);
    n = atomic_load(&notes.n);
    CLAIM(bl_trace_process(silent, other, trial.flag, 0) == BL_OK);
    CLAIM(bl_trace_end(silent) == BL_OK);
    bl_send(other, atom("ok"));
    await_idle(other);
    CLAIM(atomic_load(&notes.n) == n);
    bl_exit_signal(p, atom("kill"));
    bl_exit_signal(other, atom("kill"));
    return p;
}

static bl_term the_first(void)
{
    return (bl_term){notes.event[0].first};
}

/* A pid, of somebody else than p. */
static void claim_other(bl_pid p)
{
    CLAIM(bl_is_pid(the_first()) && !bl_same(the_first(), bl_from_pid(p)));
}

/* ---- messages ---- */

static bl_term send_ok(const bl_term *parent, size_t n, bl_term arg)
{
    (void)n;
    (void)arg;
    bl_send(bl_to_pid(parent[0]), atom("ok"));
    return atom("ok");
}

CASE(tracer, send)
{
    try((struct trial){"send", BL_TRACE_SEND, send_ok, 1, false});
    CLAIM(is_atom(the_first(), "ok") && notes.event[0].second == bl_from_pid(bl_self()).word);
    CLAIM(is_atom(bl_receive(), "ok"));
}

CASE(tracer, recv)
{
    try((struct trial){"receive", BL_TRACE_RECEIVE, NULL, 1, false});
    CLAIM(is_atom(the_first(), "ok") && !notes.event[0].second);
}

/* ---- lives ---- */

static bl_term spawn_one(const bl_term *parent, size_t n, bl_term arg)
{
    (void)parent;
    (void)n;
    bl_spawn(sleeper, arg);
    return atom("ok");
}

CASE(tracer, spawn)
{
    claim_other(try((struct trial){"spawn", BL_TRACE_PROCS, spawn_one, 1, false}));
    CLAIM(notes.event[0].second == info(bl_spawn(sleeper, bl_int(0)), "initial_call").word);
}

static bl_term leave(const bl_term *parent, size_t n, bl_term arg)
{
    (void)parent;
    (void)n;
    (void)arg;
    return atom("exit");
}

CASE(tracer, exit)
{
    try((struct trial){"exit", BL_TRACE_PROCS, leave, 1, true});
    CLAIM(is_atom(the_first(), "normal"));
}

static bl_term link_one(const bl_term *parent, size_t n, bl_term arg)
{
    (void)parent;
    (void)n;
    bl_link(bl_spawn(sleeper, arg));
    return atom("ok");
}

CASE(tracer, link)
{
    claim_other(try((struct trial){"link", BL_TRACE_PROCS, link_one, 1, false}));
}

static bl_term unlink_one(const bl_term *parent, size_t n, bl_term arg)
{
    bl_pid p = bl_spawn(sleeper, arg);
    (void)parent;
    (void)n;
    bl_link(p);
    bl_unlink(p);
    bl_exit_signal(p, atom("kill"));
    return atom("ok");
}

CASE(tracer, unlink)
{
    claim_other(try((struct trial){"unlink", BL_TRACE_PROCS, unlink_one, 1, false}));
}

static void link_to(bl_term to)
{
    bl_link(bl_to_pid(to));
    bl_unlink(bl_to_pid(to));
}

static bl_term get_linked(const bl_term *parent, size_t n, bl_term arg)
{
    (void)parent;
    (void)n;
    (void)arg;
    bl_wait(bl_spawn(link_to, bl_from_pid(bl_self())), NULL);
    return atom("ok");
}

CASE(tracer, getting_linked)
{
    claim_other(try((struct trial){"getting_linked", BL_TRACE_PROCS, get_linked, 1, false}));
}

CASE(tracer, getting_unlinked)
{
    claim_other(try((struct trial){"getting_unlinked", BL_TRACE_PROCS, get_linked, 1, false}));
}

static bl_term take_name(const bl_term *parent, size_t n, bl_term arg)
{
    (void)parent;
    (void)n;
    (void)arg;
    bl_register(atom("tracer_case"), bl_self());
    bl_unregister(atom("tracer_case"));
    return atom("ok");
}

CASE(tracer, register)
{
    try((struct trial){"register", BL_TRACE_PROCS, take_name, 1, false});
    CLAIM(is_atom(the_first(), "tracer_case"));
}

CASE(tracer, unregister)
{
    try((struct trial){"unregister", BL_TRACE_PROCS, take_name, 1, false});
    CLAIM(is_atom(the_first(), "tracer_case"));
}

/* ---- running ---- */

static bl_term sleep_a_little(const bl_term *parent, size_t n, bl_term arg)
{
    (void)parent;
    (void)n;
    (void)arg;
    bl_sleep(10);
    return atom("ok");
}

CASE(tracer, in)
{
    try((struct trial){"in", BL_TRACE_RUNNING, sleep_a_little, -1, false});
}

static bl_term sleep_and_leave(const bl_term *parent, size_t n, bl_term arg)
{
    sleep_a_little(parent, n, arg);
    return atom("exit");
}

CASE(tracer, out)
{
    try((struct trial){"out", BL_TRACE_RUNNING, sleep_and_leave, -1, true});
}

/* ---- garbage ---- */

static bl_term collect(const bl_term *parent, size_t n, bl_term arg)
{
    (void)parent;
    (void)n;
    (void)arg;
    bl_collect();
    return atom("ok");
}

/* Where every call collects, it is more than once. */
enum { COLLECTIONS = TEST_HOSTILE_BUILD ? -1 : 1 };

CASE(tracer, gc_start)
{
    try((struct trial){"gc_major_start", BL_TRACE_GC, collect, COLLECTIONS, false});
}

CASE(tracer, gc_end)
{
    try((struct trial){"gc_major_end", BL_TRACE_GC, collect, COLLECTIONS, false});
}

/* ---- mistakes ---- */

/* Theirs names modules that do not exist, or are no tracers. */
CASE(tracer, invalid_tracers)
{
    CLAIM(!bl_trace_to_function(NULL, &notes));
    CLAIM(!bl_trace_to_process((bl_pid){atom("foobar").word}));
    CLAIM(!bl_trace_to_process((bl_pid){bl_make_reference().word}));
    CLAIM(!bl_trace_to_file("/no/such/place") && !bl_trace_to_file(NULL));
    CLAIM(bl_trace_process(NULL, bl_self(), BL_TRACE_SEND, 0) == BL_EINVAL);
    CLAIM(bl_trace_existing(NULL, BL_TRACE_SEND, 0, NULL) == BL_EINVAL);
    CLAIM(bl_trace_new(NULL, BL_TRACE_SEND, 0) == BL_EINVAL);
    CLAIM(bl_trace_end(NULL) == BL_EINVAL);
}
