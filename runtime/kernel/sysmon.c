/* sysmon.c - see sysmon.h. */
#include "kernel/sysmon.h"

#include "base/lock.h"
#include "data/atom.h"
#include "data/box.h"
#include "kernel/extra.h"
#include "kernel/receive.h"
#include "kernel/signal.h"

static const uint64_t ns_in_ms = 1000 * 1000;

static struct lock sysmon_lock;
static bl_system_limits sysmon_limits; /* under the lock */
static _Atomic term sysmon_monitor;

void sysmon_set(term monitor, const bl_system_limits *limits)
{
    lock_acquire(&sysmon_lock);
    sysmon_limits = limits ? *limits : (bl_system_limits){0};
    term old = atomic_exchange_explicit(&sysmon_monitor, monitor, memory_order_relaxed);
    lock_release(&sysmon_lock);
    uint32_t change = (uint32_t)(monitor != TERM_NONE) - (uint32_t)(old != TERM_NONE);
    atomic_fetch_add_explicit(&events_wanted, change, memory_order_relaxed);
}

term sysmon_get(bl_system_limits *limits)
{
    lock_acquire(&sysmon_lock);
    *limits = sysmon_limits;
    term monitor = atomic_load_explicit(&sysmon_monitor, memory_order_relaxed);
    lock_release(&sysmon_lock);
    return monitor;
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

static void look_at_collection(struct process *p, const bl_system_limits *limits, term monitor, term live)
{
    uint64_t ms = ms_since(&collecting_since);
    if (limits->long_gc_ms && ms >= limits->long_gc_ms)
        alarm_with(monitor, p, ATOM_long_gc, ATOM_timeout, ms);
    if (limits->large_heap_words && (size_t)term_int_value(live) >= limits->large_heap_words)
        alarm_with(monitor, p, ATOM_large_heap, ATOM_heap_size, (uint64_t)term_int_value(live));
}

static void look_at_slice(struct process *p, const bl_system_limits *limits, term monitor)
{
    uint64_t ms = ms_since(&running_since);
    if (limits->long_schedule_ms && ms >= limits->long_schedule_ms)
        alarm_with(monitor, p, ATOM_long_schedule, ATOM_timeout, ms);
}

/* It is long from `long_queue` on, until it is `short_queue` or less. */
static void look_at_queue(struct process *p, const bl_system_limits *limits, term monitor, size_t length)
{
    struct extra *x = p->extra;
    if (!limits->long_queue)
        return;
    if (length >= limits->long_queue && !(x && x->long_queue) && (x = extra_of(p))) {
        x->long_queue = true;
        alarm_monitor(monitor, p, ATOM_long_message_queue, term_atom(ATOM_true));
    } else if (x && x->long_queue && length <= limits->short_queue) {
        x->long_queue = false;
        alarm_monitor(monitor, p, ATOM_long_message_queue, term_atom(ATOM_false));
    }
}

static void look_at_event(struct process *p, enum event e, term a, term monitor, const bl_system_limits *limits)
{
    switch (e) {
    case EVENT_IN: running_since = os_now_ns(); break;
    case EVENT_OUT:
        look_at_slice(p, limits, monitor);
        look_at_queue(p, limits, monitor, p->mail.count);
        break;
    case EVENT_OUT_EXITED: look_at_slice(p, limits, monitor); break;
    case EVENT_RECEIVE: look_at_queue(p, limits, monitor, p->mail.count + 1); break;
    case EVENT_MINOR_START:
    case EVENT_MAJOR_START: collecting_since = os_now_ns(); break;
    case EVENT_MINOR_END:
    case EVENT_MAJOR_END: look_at_collection(p, limits, monitor, a); break;
    default: break;
    }
}

void sysmon_event(struct process *p, enum event e, term a)
{
    bl_system_limits limits;
    if (!atomic_load_explicit(&sysmon_monitor, memory_order_relaxed))
        return;
    term monitor = sysmon_get(&limits);
    if (monitor && !process_find(monitor))
        sysmon_set(TERM_NONE, NULL);
    else if (monitor && monitor != process_pid(p))
        look_at_event(p, e, a, monitor, &limits);
}
