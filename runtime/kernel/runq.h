/* runq.h - a queue of processes that are ready to run, first in first out.
 * Intrusive: a process is in at most one queue, so its own `next` is enough, and a
 * queue never fills up. Private to its scheduler, under the scheduler lock. */
#ifndef KERNEL_RUNQ_H
#define KERNEL_RUNQ_H

#include "kernel/process.h"

struct runq {
    struct process *first, *last; /* last is meaningless when first is NULL */
    _Atomic uint64_t length;      /* written under the lock, read by thieves as a hint */
};

static inline uint64_t runq_length(const struct runq *q)
{
    return atomic_load_explicit(&q->length, memory_order_relaxed);
}

/* Always inlined: a call on a path that is never taken costs the switch a frame. */
static inline __attribute__((always_inline)) void runq_push(struct runq *q, struct process *p)
{
    p->next = NULL;
    if (q->first)
        q->last->next = p;
    else
        q->first = p;
    q->last = p;
    atomic_store_explicit(&q->length, runq_length(q) + 1, memory_order_relaxed);
}

static inline struct process *runq_pop(struct runq *q)
{
    struct process *p = q->first;
    if (p) {
        q->first = p->next;
        atomic_store_explicit(&q->length, runq_length(q) - 1, memory_order_relaxed);
    }
    return p;
}

/* p to the end, and the first out, who may be p. */
static inline struct process *runq_rotate(struct runq *q, struct process *p)
{
    struct process *first = q->first;
    if (UNLIKELY(!first))
        return p;
    p->next = NULL;
    q->last->next = p;
    q->last = p;
    q->first = first->next;
    return first;
}

/* Put all of `front` before what is in q; front is void afterwards. */
static inline void runq_prepend(struct runq *q, struct runq *front)
{
    if (!front->first)
        return;
    front->last->next = q->first;
    if (!q->first)
        q->last = front->last;
    q->first = front->first;
    atomic_store_explicit(&q->length, runq_length(q) + runq_length(front), memory_order_relaxed);
}

#endif
