/* event.h - what happens to a process, for those who trace it (kernel/trace).
 *
 * A trace point is one call, event(p, EVENT_..., a, b), by whoever runs or holds p, and never
 * under a lock: a tracer may be woken in it. While nobody traces anything that is a load and a
 * branch that is never taken; places that must stay short ask events_are_wanted() themselves and
 * go a longer way round. */
#ifndef KERNEL_EVENT_H
#define KERNEL_EVENT_H

#include "kernel/process.h"

/* In the order of the table in trace.c. After each what `a` is, and `b` if there is one; what
 * is in parentheses the tracer adds. */
enum event {
    EVENT_SEND,          /* message, to */
    EVENT_SEND_NOBODY,   /* the same; there is no such process */
    EVENT_RECEIVE,       /* message: it is in the mailbox now; or `timeout`: a receive has ended without */
    EVENT_SPAWN,         /* child, its function */
    EVENT_SPAWNED,       /* parent, (its function) */
    EVENT_EXIT,          /* reason */
    EVENT_LINK,          /* to */
    EVENT_UNLINK,        /* from */
    EVENT_GETTING_LINKED,
    EVENT_GETTING_UNLINKED,
    EVENT_REGISTER,      /* name */
    EVENT_UNREGISTER,    /* name */
    EVENT_IN,            /* (its function) it runs from now on */
    EVENT_OUT,           /* (its function) it gives way, or waits */
    EVENT_OUT_EXITED,    /* (its function) it has ended */
    EVENT_MINOR_START,   /* words of its heap, before and after a collection */
    EVENT_MINOR_END,
    EVENT_MAJOR_START,
    EVENT_MAJOR_END,
    EVENTS,
};

/* How many there are who want to know. */
extern _Atomic uint32_t events_wanted __attribute__((visibility("hidden")));

static inline bool events_are_wanted(void)
{
    /* relaxed: what a process has to do with it, it finds in its own `extra`. */
    return UNLIKELY(atomic_load_explicit(&events_wanted, memory_order_relaxed) != 0);
}

/* Upwards, to kernel/trace. */
COLD void event_happened(struct process *p, enum event, term a, term b);

static inline void event(struct process *p, enum event e, term a, term b)
{
    if (events_are_wanted())
        event_happened(p, e, a, b);
}

/* Upwards as well: a running process, or a thread (NULL), has made p, which cannot run yet.
 * `linked`: to its parent. */
COLD void event_born(struct process *parent, struct process *p, bool linked);

/* An order to trace p, or who was p (NULL), which is met here. A bl_error. Who watches p:
 * {Flags, Pid}, or {Flags, []}; no memory: TERM_NONE. */
COLD int event_order(struct process *p, uint64_t order);
COLD term event_watcher(const struct process *p, struct heap *);

/* What goes along with a link from p: a claim that who gets linked is traced too. 0: none. It is
 * met once, by one of these. */
COLD uint64_t event_for_linked(struct process *p);
COLD void event_linked(struct process *p, uint64_t claim);
COLD void event_unclaimed(uint64_t claim);

#endif
