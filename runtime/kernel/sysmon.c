/* sysmon.c - see sysmon.h. */
#include "kernel/sysmon.h"

#include "base/lock.h"
#include "data/atom.h"
#include "data/box.h"
#include "kernel/extra.h"
#include "kernel/receive.h"
#include "kernel/signal.h"

static const uint64_t ns_in_ms = 1000 * 1000;

struct watch {
    term monitor;
    uint32_t period; /* another each time that somebody is set */
    bl_system_limits limits;
};

static struct lock sysmon_lock;
static struct watch watched; /* under the lock */
static _Atomic term sysmon_monitor; /* the same as watched.monitor, for a glance */

/* If `only` is a pid: if it is still that of the monitor. */
static void replace_monitor(term only, term monitor, const bl_system_limits *limits)
{
    lock_acquire(&sysmon_lock);
    term old = watched.monitor;
    bool sets = !only || only == old;
    if (sets) {
        watched.monitor = monitor;
        watched.limits = limits ? *limits : (bl_system_limits){0};
        watched.period += watched.period == UINT32_MAX ? 2 : 1; /* never 0 */
        atomic_store_explicit(&sysmon_monitor, monitor, memory_order_relaxed);
    }
    lock_release(&sysmon_lock);
    if (sets)
        atomic_fetch_add_explicit(&events_wanted, (uint32_t)(monitor != TERM_NONE) - (uint32_t)(old != TERM_NONE),
                                  memory_order_relaxed);
}

void sysmon_set(term monitor, const bl_system_limits *limits)
{
    replace_monitor(TERM_NONE, monitor, limits);
}

static struct watch current_watch(void)
{
    lock_acquire(&sysmon_lock);
    struct watch w = watched;
    lock_release(&sysmon_lock);
    return w;
}

term sysmon_get(bl_system_limits *limits)
{
    struct watch w = current_watch();
    *limits = w.limits;
    return w.monitor;
}

/* ---- telling ---- */

/* {monitor, Pid, What, Value} */
static void alarm_monitor(term monitor, const struct process *p, unsigned what, term value)
{
    struct message *m =
        message_of_tuple((term[]){term_atom(ATOM_monitor), process_pid(p), term_atom(what), value}, 4);
    if (m)
        message_send_block(self_sched(), monitor, CONTAINER_OF(m, struct block, message));
}

/* [{Key, Number}] */
static void alarm_with(term monitor, const struct process *p, unsigned what, unsigned key, uint64_t number)
{
    struct heap h;
    heap_init(&h);
    term pair = tuple_make(&h, (term[]){term_atom(key), term_int((int64_t)number)}, 2);
    term list = pair ? cell_make(&h, pair, TERM_NIL) : TERM_NONE;
    if (list)
        alarm_monitor(monitor, p, what, list);
    heap_fini(&h);
}

/* ---- looking ---- */

/* When this thread began to collect, and to run its process. Nobody changes threads in between. */
static __thread uint64_t collecting_since, running_since;

static uint64_t ms_since(uint64_t *since)
{
    uint64_t began = *since;
    *since = 0;
    return began ? (os_now_ns() - began) / ns_in_ms : 0;
}

static void look_at_collection(struct process *p, const struct watch *w, term live)
{
    uint64_t ms = ms_since(&collecting_since);
    if (w->limits.long_gc_ms && ms >= w->limits.long_gc_ms)
        alarm_with(w->monitor, p, ATOM_long_gc, ATOM_timeout, ms);
    if (w->limits.large_heap_words && (size_t)term_int_value(live) >= w->limits.large_heap_words)
        alarm_with(w->monitor, p, ATOM_large_heap, ATOM_heap_size, (uint64_t)term_int_value(live));
}

static void look_at_slice(struct process *p, const struct watch *w)
{
    uint64_t ms = ms_since(&running_since);
    if (w->limits.long_schedule_ms && ms >= w->limits.long_schedule_ms)
        alarm_with(w->monitor, p, ATOM_long_schedule, ATOM_timeout, ms);
}

/* It is long from `long_queue` on, until it is `short_queue` or less. */
static void look_at_queue(struct process *p, const struct watch *w, size_t length)
{
    struct extra *x = p->extra;
    if (!w->limits.long_queue)
        return;
    if (length >= w->limits.long_queue && !(x && x->long_queue == w->period) && (x = extra_of(p))) {
        x->long_queue = w->period;
        alarm_monitor(w->monitor, p, ATOM_long_message_queue, term_atom(ATOM_true));
    } else if (x && x->long_queue == w->period && length <= w->limits.short_queue) {
        x->long_queue = 0;
        alarm_monitor(w->monitor, p, ATOM_long_message_queue, term_atom(ATOM_false));
    }
}

static void look_closely(struct process *p, enum event e, term a, const struct watch *w)
{
    switch (e) {
    case EVENT_IN: running_since = os_now_ns(); break;
    case EVENT_OUT:
        look_at_slice(p, w);
        look_at_queue(p, w, p->mail.count);
        break;
    case EVENT_OUT_EXITED: look_at_slice(p, w); break;
    case EVENT_RECEIVE: look_at_queue(p, w, p->mail.count + 1); break;
    case EVENT_MINOR_START:
    case EVENT_MAJOR_START: collecting_since = os_now_ns(); break;
    case EVENT_MINOR_END:
    case EVENT_MAJOR_END: look_at_collection(p, w, a); break;
    default: break;
    }
}

void sysmon_event(struct process *p, enum event e, term a)
{
    if (!atomic_load_explicit(&sysmon_monitor, memory_order_relaxed))
        return;
    struct watch w = current_watch();
    if (w.monitor && !process_find(w.monitor))
        replace_monitor(w.monitor, TERM_NONE, NULL); /* and not one that has come meanwhile */
    else if (w.monitor && w.monitor != process_pid(p))
        look_closely(p, e, a, &w);
}
