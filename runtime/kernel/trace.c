/* trace.c - see trace.h. */
#include "kernel/trace.h"

#include <pthread.h>

#include "base/lock.h"
#include "base/memory.h"
#include "data/atom.h"
#include "data/box.h"
#include "kernel/extra.h"
#include "kernel/info.h"
#include "kernel/receive.h"
#include "kernel/signal.h"
#include "kernel/sysmon.h"

_Atomic uint32_t events_wanted;

struct bl_trace {
    _Atomic uint32_t holders;
    _Atomic uint32_t over;
    term tracer;
    bl_trace_function *function;
    void *context;
    pthread_mutex_t telling; /* one event at a time; held while the function runs */
};

static const struct {
    const char *name;
    uint32_t flag;
} events[EVENTS] = {
    [EVENT_SEND] = {"send", BL_TRACE_SEND},
    [EVENT_SEND_NOBODY] = {"send_to_non_existing_process", BL_TRACE_SEND},
    [EVENT_RECEIVE] = {"receive", BL_TRACE_RECEIVE},
    [EVENT_SPAWN] = {"spawn", BL_TRACE_PROCS},
    [EVENT_SPAWNED] = {"spawned", BL_TRACE_PROCS},
    [EVENT_EXIT] = {"exit", BL_TRACE_PROCS},
    [EVENT_LINK] = {"link", BL_TRACE_PROCS},
    [EVENT_UNLINK] = {"unlink", BL_TRACE_PROCS},
    [EVENT_GETTING_LINKED] = {"getting_linked", BL_TRACE_PROCS},
    [EVENT_GETTING_UNLINKED] = {"getting_unlinked", BL_TRACE_PROCS},
    [EVENT_REGISTER] = {"register", BL_TRACE_PROCS},
    [EVENT_UNREGISTER] = {"unregister", BL_TRACE_PROCS},
    [EVENT_IN] = {"in", BL_TRACE_RUNNING},
    [EVENT_OUT] = {"out", BL_TRACE_RUNNING},
    [EVENT_OUT_EXITED] = {"out_exited", BL_TRACE_RUNNING},
    [EVENT_MINOR_START] = {"gc_minor_start", BL_TRACE_GC},
    [EVENT_MINOR_END] = {"gc_minor_end", BL_TRACE_GC},
    [EVENT_MAJOR_START] = {"gc_major_start", BL_TRACE_GC},
    [EVENT_MAJOR_END] = {"gc_major_end", BL_TRACE_GC},
};

enum {
    ON_SPAWN = BL_TRACE_SET_ON_SPAWN | BL_TRACE_SET_ON_FIRST_SPAWN,
    ON_LINK = BL_TRACE_SET_ON_LINK | BL_TRACE_SET_ON_FIRST_LINK,
};

/* ---- observers ---- */

struct bl_trace *trace_create(term tracer, bl_trace_function *function, void *context)
{
    struct bl_trace *t = memory_alloc(sizeof *t);
    if (!t)
        return NULL;
    *t = (struct bl_trace){.tracer = tracer, .function = function, .context = context};
    atomic_init(&t->holders, 1);
    pthread_mutex_init(&t->telling, NULL);
    atomic_fetch_add_explicit(&events_wanted, 1, memory_order_relaxed);
    return t;
}

void trace_retain(struct bl_trace *t)
{
    atomic_fetch_add_explicit(&t->holders, 1, memory_order_relaxed);
}

/* release: what we did with it is over; acquire, by the last: so is what everybody did. */
void trace_release(struct bl_trace *t)
{
    if (atomic_fetch_sub_explicit(&t->holders, 1, memory_order_acq_rel) > 1)
        return;
    pthread_mutex_destroy(&t->telling);
    memory_free(t, sizeof *t);
}

static bool is_over(struct bl_trace *t)
{
    /* relaxed: for a function it is decided under the mutex; a process may be told one event more. */
    return atomic_load_explicit(&t->over, memory_order_relaxed);
}

void trace_end(struct bl_trace *t)
{
    pthread_mutex_lock(&t->telling);
    if (!atomic_exchange_explicit(&t->over, 1, memory_order_relaxed))
        atomic_fetch_sub_explicit(&events_wanted, 1, memory_order_relaxed);
    pthread_mutex_unlock(&t->telling);
}

term trace_tracer(const struct bl_trace *t)
{
    return t->tracer;
}

void *trace_context(const struct bl_trace *t, bl_trace_function *function)
{
    return t->function == function ? t->context : NULL;
}

/* It can tell nobody any more. */
static bool has_ended(struct bl_trace *t)
{
    if (!is_over(t) && t->tracer && !process_find(t->tracer))
        trace_end(t);
    return is_over(t);
}

/* ---- telling ---- */

static term name_of(enum event e)
{
    bl_error error;
    return atom_intern(events[e].name, strlen(events[e].name), &error);
}

/* {trace, Pid, Event, A} or {trace_ts, Pid, Event, A, B, Ns}; what there is no memory for is lost. */
static void tell_process(struct bl_trace *t, const struct process *p, enum event e, term a, term b)
{
    bool timed = p->extra->trace_flags & BL_TRACE_TIMESTAMP;
    term elements[6] = {term_atom(timed ? ATOM_trace_ts : ATOM_trace), process_pid(p), name_of(e), a};
    unsigned n = 4;
    if (b)
        elements[n++] = b;
    if (timed)
        elements[n++] = term_int((int64_t)os_now_ns());
    struct message *m = elements[2] ? message_of_tuple(elements, n) : NULL;
    if (m)
        message_send_block(self_sched(), t->tracer, CONTAINER_OF(m, struct block, message));
}

static void tell_function(struct bl_trace *t, const struct process *p, enum event e, term a, term b)
{
    const struct sched *s = self_sched();
    const bl_trace_event told = {.ns = os_now_ns(),
                                 .scheduler = s ? s->index + 1 : 0,
                                 .process = {process_pid(p)},
                                 .name = events[e].name,
                                 .first = term_give(a),
                                 .second = term_give(b)};
    pthread_mutex_lock(&t->telling);
    self_absorb();
    if (!is_over(t))
        t->function(t->context, &told);
    self_release();
    pthread_mutex_unlock(&t->telling);
}

/* [{heap_size, Words}] */
static term gc_sizes(struct heap *h, term words)
{
    term pair = tuple_make(h, (term[]){term_atom(ATOM_heap_size), words}, 2);
    return pair ? cell_make(h, pair, TERM_NIL) : TERM_NONE;
}

static void tell_observer(struct process *p, enum event e, term a, term b)
{
    struct bl_trace *t = p->extra->trace;
    if (t->tracer)
        tell_process(t, p, e, a, b);
    else
        tell_function(t, p, e, a, b);
}

/* What the trace point did not say. */
static void tell_more(struct process *p, enum event e, term a, term b)
{
    struct heap h;
    heap_init(&h);
    if (e >= EVENT_MINOR_START)
        a = gc_sizes(&h, a);
    else if (e >= EVENT_IN)
        a = info_function(p);
    else if (e == EVENT_SPAWNED)
        b = info_function(p);
    if (a)
        tell_observer(p, e, a, b);
    heap_fini(&h);
}

/* Who was parked when its trace began, comes back unseen: what it does shows that it is there.
 * False: that has been told already. */
static bool keep_track(struct process *p, enum event e)
{
    struct extra *x = p->extra;
    const struct sched *s = self_sched();
    bool leaves = e == EVENT_OUT || e == EVENT_OUT_EXITED;
    if (!x->trace_in && (leaves || e == EVENT_IN || (s && s->current == p))) {
        x->trace_in = true;
        tell_more(p, EVENT_IN, TERM_NONE, TERM_NONE);
    }
    if (leaves)
        x->trace_in = false;
    return e != EVENT_IN;
}

/* {trace, Pid, Event, ...}: or two processes that trace each other would tell each other of that. */
static bool is_trace_message(term t)
{
    if (!term_is_tuple(t) || box_size(t) < 4)
        return false;
    const term *e = box_payload(t);
    return (e[0] == term_atom(ATOM_trace) || e[0] == term_atom(ATOM_trace_ts)) && term_is_pid(e[1]);
}

void event_happened(struct process *p, enum event e, term a, term b)
{
    sysmon_event(p, e, a);
    const struct extra *x = p->extra;
    if (!x || !x->trace || p->kind == PROCESS_LEAVING) /* that was the last of it */
        return;
    if (has_ended(x->trace)) {
        trace_forget(p);
        return;
    }
    bool more = !(x->trace_flags & BL_TRACE_RUNNING) || keep_track(p, e);
    if (e == EVENT_RECEIVE && is_trace_message(a))
        return;
    if (more && (x->trace_flags & events[e].flag))
        tell_more(p, e, a, b);
}

/* ---- who is traced ---- */

static void follow(struct process *p, struct bl_trace *t, uint32_t flags)
{
    const struct sched *s = self_sched();
    trace_retain(t);
    p->extra->trace = t;
    p->extra->trace_flags = flags;
    p->extra->trace_in = s && s->current == p;
}

void trace_forget(struct process *p)
{
    struct bl_trace *t = p->extra ? p->extra->trace : NULL;
    if (!t)
        return;
    p->extra->trace = NULL;
    p->extra->trace_flags = 0;
    trace_release(t);
}

bl_error trace_set(struct process *p, struct bl_trace *t, uint32_t add, uint32_t remove)
{
    struct extra *x = p->extra;
    if (x && x->trace && has_ended(x->trace))
        trace_forget(p);
    if (t->tracer == process_pid(p) || p->kind == PROCESS_GUEST)
        return BL_EINVAL;
    if (x && x->trace && x->trace != t)
        return BL_ESTATE;
    uint32_t flags = ((x ? x->trace_flags : 0) | add) & ~remove;
    if (!flags || has_ended(t)) {
        trace_forget(p);
        return BL_OK;
    }
    if (!extra_of(p))
        return BL_ENOMEM;
    if (p->extra->trace)
        p->extra->trace_flags = flags;
    else
        follow(p, t, flags);
    return BL_OK;
}

/* ---- by question ---- */

struct trace_order {
    struct bl_trace *trace;
    uint32_t add, remove;
};

uint64_t trace_order(struct bl_trace *t, uint32_t add, uint32_t remove)
{
    struct trace_order *order = memory_alloc(sizeof *order);
    if (order) {
        *order = (struct trace_order){.trace = t, .add = add, .remove = remove};
        trace_retain(t);
    }
    return (uint64_t)(uintptr_t)order;
}

int event_order(struct process *p, uint64_t word)
{
    struct trace_order *order = (struct trace_order *)(uintptr_t)word;
    bl_error error = p ? trace_set(p, order->trace, order->add, order->remove) : BL_ENOPROC;
    trace_release(order->trace);
    memory_free(order, sizeof *order);
    return error;
}

term event_watcher(const struct process *p, struct heap *h)
{
    const struct extra *x = p->extra;
    if (!x || !x->trace || has_ended(x->trace))
        return tuple_make(h, (term[]){term_int(0), TERM_NIL}, 2);
    term tracer = x->trace->tracer;
    return tuple_make(h, (term[]){term_int(x->trace_flags), tracer ? tracer : TERM_NIL}, 2);
}

/* ---- those that are yet to come ---- */

static struct lock new_lock;
static struct bl_trace *of_new;
static uint32_t flags_of_new;

/* Held by the caller; NULL: none. */
static struct bl_trace *trace_of_new(uint32_t *flags)
{
    lock_acquire(&new_lock);
    struct bl_trace *t = of_new;
    *flags = flags_of_new;
    if (t)
        trace_retain(t);
    lock_release(&new_lock);
    return t;
}

uint32_t trace_info_new(term *tracer)
{
    uint32_t flags;
    struct bl_trace *t = trace_of_new(&flags);
    bool none = !t || has_ended(t);
    *tracer = none ? TERM_NONE : t->tracer;
    if (t)
        trace_release(t);
    return none ? 0 : flags;
}

bl_error trace_set_new(struct bl_trace *t, uint32_t add, uint32_t remove)
{
    struct bl_trace *old = NULL;
    bl_error error = BL_OK;
    term ended;
    (void)trace_info_new(&ended); /* if its tracer has ended, it is over now */
    lock_acquire(&new_lock);
    if (of_new && of_new != t && !is_over(of_new)) {
        error = BL_ESTATE;
    } else {
        flags_of_new = ((of_new == t ? flags_of_new : 0) | add) & ~remove;
        old = of_new;
        of_new = flags_of_new ? t : NULL;
        if (of_new)
            trace_retain(t);
    }
    lock_release(&new_lock);
    if (old)
        trace_release(old);
    return error;
}

void trace_forget_new(void)
{
    struct bl_trace *old = of_new;
    of_new = NULL;
    flags_of_new = 0;
    if (old)
        trace_release(old);
}

static void begin_as_new(struct process *p)
{
    uint32_t flags;
    struct bl_trace *t = trace_of_new(&flags);
    if (!t)
        return;
    if (!has_ended(t) && extra_of(p))
        follow(p, t, flags);
    trace_release(t);
}

/* The flags that go on from p to another, of those that speak of it; `first` ends with it. */
static uint32_t hand_on(struct process *p, uint32_t mask, uint32_t first)
{
    uint32_t flags = p->extra && p->extra->trace ? p->extra->trace_flags : 0;
    if (!(flags & mask))
        return 0;
    if (flags & first)
        p->extra->trace_flags &= ~first;
    return flags & ~first;
}

void event_born(struct process *parent, struct process *p, bool linked)
{
    uint32_t flags = 0;
    if (parent)
        flags = hand_on(parent, ON_SPAWN, BL_TRACE_SET_ON_FIRST_SPAWN);
    if (parent && linked)
        flags |= hand_on(parent, ON_LINK, BL_TRACE_SET_ON_FIRST_LINK);
    if (flags && !has_ended(parent->extra->trace) && extra_of(p))
        follow(p, parent->extra->trace, flags);
    else
        begin_as_new(p);
    if (parent) {
        event(parent, EVENT_SPAWN, process_pid(p), info_function(p));
        event(p, EVENT_SPAWNED, process_pid(parent), TERM_NONE);
    }
    if (parent && linked) {
        event(parent, EVENT_LINK, process_pid(p), TERM_NONE);
        event(p, EVENT_GETTING_LINKED, process_pid(parent), TERM_NONE);
    }
}

/* ---- along links ----
 * A claim is the address of the trace, which it holds, and the flags above it. */

enum { CLAIM_SHIFT = 48 };

_Static_assert(BL_TRACE_LAST < 1 << 16, "the flags fit above an address");

static struct bl_trace *claimed(uint64_t claim)
{
    return (struct bl_trace *)(uintptr_t)(claim & ((UINT64_C(1) << CLAIM_SHIFT) - 1));
}

uint64_t event_for_linked(struct process *p)
{
    uint32_t flags = hand_on(p, ON_LINK, BL_TRACE_SET_ON_FIRST_LINK);
    if (!flags)
        return 0;
    trace_retain(p->extra->trace);
    return (uint64_t)(uintptr_t)p->extra->trace | (uint64_t)flags << CLAIM_SHIFT;
}

void event_linked(struct process *p, uint64_t claim)
{
    trace_set(p, claimed(claim), (uint32_t)(claim >> CLAIM_SHIFT), 0); /* or it is traced already */
    event_unclaimed(claim);
}

void event_unclaimed(uint64_t claim)
{
    if (claim)
        trace_release(claimed(claim));
}
