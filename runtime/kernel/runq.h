/* runq.h - a queue of processes that are ready to run, first in first out.
 * Intrusive: a process is in at most one queue, so its own `next` is enough, and a
 * queue never fills up. Private to its scheduler, under the scheduler lock. */
#ifndef KERNEL_RUNQ_H
#define KERNEL_RUNQ_H

#include "kernel/process.h"

enum { RUNQ_AHEAD = 16 /* a power of two */ };

struct runq {
    struct process *first, *last; /* last is meaningless when first is NULL */
    _Atomic uint64_t length;      /* written under the lock, read by thieves as a hint */
    uint64_t taken;               /* so many have left it at the front; see kernel/cuts */
};

static inline uint64_t runq_length(const struct runq *q)
{
    return atomic_load_explicit(&q->length, memory_order_relaxed);
}

/* How many have come to it. */
static inline uint64_t runq_end(const struct runq *q)
{
    return q->taken + runq_length(q);
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

/* A process will be looked at: both of its lines. */
static inline void runq_fetch(const struct process *p)
{
    __builtin_prefetch(p, 1);
    __builtin_prefetch((const char *)p + CACHE_LINE, 1);
}

/* From p on, who were fetched when this was last done, each names one who comes later. Those are fetched one after the
 * other: each may be a walk through the page tables, and a CPU that waits for one does not look far beyond it. */
static NOINLINE void runq_fetch_ahead(const struct process *p)
{
    for (int i = 0; i < RUNQ_AHEAD && p && !p->lane; i++, p = p->next)
        if (p->ahead)
            runq_fetch(p->ahead);
    __asm__ volatile(""); /* not without effect, and not to be left out */
}

/* Where many wait, each is a cache miss. Who is next is fetched while this one runs, which may be short: so where
 * it is known who comes later, they are, before it is their turn. */
static inline void runq_fetch_after(const struct runq *q, const struct process *p)
{
    if (UNLIKELY(!q->first))
        return;
    if (p->lane || !p->ahead)
        runq_fetch(q->first);
    else if (q->taken % RUNQ_AHEAD == 0)
        runq_fetch_ahead(p);
}

static inline struct process *runq_pop(struct runq *q)
{
    struct process *p = q->first;
    if (p) {
        q->first = p->next;
        runq_fetch_after(q, p);
        q->taken++;
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
    runq_fetch_after(q, first);
    q->taken++;
    return first;
}

static inline void runq_grow(struct runq *q, uint64_t by)
{
    atomic_store_explicit(&q->length, runq_length(q) + by, memory_order_relaxed);
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
    q->taken -= runq_length(front);
    runq_grow(q, runq_length(front));
}

/* Put all of `end` behind what is in q; end is void afterwards. */
static inline void runq_append(struct runq *q, struct runq *end)
{
    if (!end->first)
        return;
    if (q->first)
        q->last->next = end->first;
    else
        q->first = end->first;
    q->last = end->last;
    runq_grow(q, runq_length(end));
}

/* The first n, of which `last` is the last and not that of q, go to `front`, which is empty. */
static inline void runq_split(struct runq *q, struct process *last, uint64_t n, struct runq *front)
{
    front->first = q->first;
    front->last = last;
    runq_grow(front, n);
    q->first = last->next;
    last->next = NULL;
    q->taken += n;
    runq_grow(q, -n);
}

#endif
