/* Processes that trace each other, for a process or a function, and end: the traces, those that are
 * traced, and those that are told. What is told of one process comes in its order, no function is
 * called twice at once, or after the end of its trace. Seeded; prints its seed. */
#include <stdlib.h>

#include "support/processes.h"
#include "support/random.h"

enum { CROWD = 24, STEPS = 400, TRACES = 3 };

static _Atomic uint64_t crowd[CROWD]; /* pids as words */
static _Atomic int64_t told, told_function;
static uint64_t seed;

/* An observer, and what belongs to it: freed with it, so that whoever comes late is seen. */
struct session {
    bl_trace *trace;
    _Atomic int inside;
};

struct life {
    struct random random;
    int64_t number, sent;
    struct session *sessions[TRACES];
    int64_t whose[CROWD], last[CROWD]; /* of whom we were told last, and the number of its message */
};

static void note(void *context, const bl_trace_event *e)
{
    struct session *s = context;
    CLAIM(atomic_fetch_add(&s->inside, 1) == 0);
    CLAIM(e->process.word && e->name && e->ns);
    atomic_fetch_add(&told_function, 1);
    atomic_fetch_sub(&s->inside, 1);
}

static bl_pid somebody(struct life *l)
{
    bl_pid p = {atomic_load(&crowd[random_below(&l->random, CROWD)])};
    return p.word ? p : bl_self(); /* not born yet */
}

/* ---- hearing ---- */

static void hear_of(struct life *l, int64_t whose, int64_t n)
{
    int64_t i = whose % CROWD;
    CLAIM(l->whose[i] != whose || n > l->last[i]);
    l->whose[i] = whose;
    l->last[i] = n;
    atomic_fetch_add(&told, 1);
}

/* Not for ever: to hear takes time slices, which may be told to somebody, who is told to us. */
static void hear(struct life *l)
{
    for (size_t left = bl_mailbox_length(); left > 0; left--) {
        int64_t whose, n;
        bl_term m = bl_receive();
        if (BL_MATCH(m, "{trace, %*p, send, {n, %i, %i}, %*p}", &whose, &n))
            hear_of(l, whose, n);
    }
}

/* ---- sessions ---- */

static void begin_session(struct life *l, struct session **slot)
{
    struct session *s = calloc(1, sizeof *s);
    CLAIM(s != NULL);
    switch (random_below(&l->random, 3)) {
    case 0: s->trace = bl_trace_to_function(note, s); break;
    case 1: s->trace = bl_trace_to_process(somebody(l)); break;
    default: s->trace = bl_trace_to_process(bl_self());
    }
    CLAIM(s->trace != NULL);
    *slot = s;
}

static void end_session(struct session **slot)
{
    struct session *s = *slot;
    *slot = NULL;
    if (!s)
        return;
    CLAIM(bl_trace_end(s->trace) == BL_OK);
    free(s);
}

static unsigned some_flags(struct life *l)
{
    unsigned flags = BL_TRACE_SEND | (unsigned)random_below(&l->random, 2 * BL_TRACE_LAST);
    return TEST_HOSTILE_BUILD ? flags & ~(unsigned)(BL_TRACE_RUNNING | BL_TRACE_GC) : flags;
}

/* It may be traced for another, be the tracer, or have ended. */
static void claim_tried(bl_error error)
{
    CLAIM(error == BL_OK || error == BL_ESTATE || error == BL_EINVAL || error == BL_ENOPROC);
}

static void use_session(struct life *l, struct session **slot)
{
    unsigned flags;
    if (!*slot)
        begin_session(l, slot);
    switch (random_below(&l->random, 8)) {
    case 0: end_session(slot); break;
    case 1: claim_tried(bl_trace_process((*slot)->trace, somebody(l), 0, BL_TRACE_ALL)); break;
    case 2: claim_tried(bl_trace_new((*slot)->trace, some_flags(l), 0)); break;
    case 3: claim_tried(bl_trace_info(somebody(l), &flags, NULL)); break;
    case 4: bl_trace_delivered(somebody(l)); break;
    default: claim_tried(bl_trace_process((*slot)->trace, somebody(l), some_flags(l), 0));
    }
}

/* ---- lives ---- */

static void act(struct life *l)
{
    bl_pid p = somebody(l);
    switch (random_below(&l->random, 12)) {
    case 0:
    case 1:
    case 2: use_session(l, &l->sessions[random_below(&l->random, TRACES)]); break;
    case 3: bl_link(p); break;
    case 4: bl_unlink(p); break;
    case 5: bl_yield(); break;
    case 6: bl_spawn_link(exit_with, atom("normal")); break;
    case 7: hear(l); break;
    default: BL_SEND(p, "{n, %i, %i}", l->number, ++l->sent);
    }
}

static void member(bl_term number)
{
    struct life *l = calloc(1, sizeof *l);
    CLAIM(l != NULL);
    l->number = bl_to_int(number);
    l->random = random_split(seed, (uint64_t)l->number);
    bl_trap_exit(true);
    for (unsigned i = 0; i < STEPS; i++)
        act(l);
    hear(l);
    for (unsigned i = 0; i < TRACES; i++)
        end_session(&l->sessions[i]);
    free(l);
}

/* Keeps the crowd at its size. */
static void host(bl_term generations)
{
    int64_t n = 1;
    for (unsigned i = 0; i < CROWD; i++)
        atomic_store(&crowd[i], bl_spawn_monitor(member, bl_int(n++), NULL).word);
    for (int64_t left = bl_to_int(generations) * CROWD; left > 0;) {
        bl_pid p;
        if (!BL_MATCH(bl_receive(), "{'DOWN', _, process, %p, normal}", &p))
            continue;
        left--;
        for (unsigned i = 0; i < CROWD; i++)
            if (atomic_load(&crowd[i]) == p.word)
                atomic_store(&crowd[i], bl_spawn_monitor(member, bl_int(n++), NULL).word);
    }
    for (unsigned ended = 0; ended < CROWD;)
        ended += BL_MATCH(bl_receive(), "{'DOWN', _, process, _, normal}");
}

LAW(traces, of_each_other)
{
    seed = random_seed("traces.of_each_other");
    cr_assert(ended_well(bl_spawn(host, bl_int(rounds(40)))));
    cr_assert(atomic_load(&told) > 0 && atomic_load(&told_function) > 0);
}
