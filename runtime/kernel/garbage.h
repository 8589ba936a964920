/* garbage.h - the heap of whoever is calling, and when it is collected.
 *
 * A large heap takes long, and whoever has his frames in the same lane could not run meanwhile:
 * so its process leaves the lane (sched_leave_lane()), and may go on on another scheduler. Any
 * function here that collects may therefore switch: fetch self_sched() again.
 *
 * data/collect knows how; here is who the roots are. A straight-line process, or a
 * resting one in the middle of its handler: its stack, from where it stands up to the
 * foot of its lane, and the registers. A resting process between two messages: its
 * state, and nothing else. Threads that are no process have a heap of their own too,
 * which is never collected: they forget it whole. */
#ifndef KERNEL_GARBAGE_H
#define KERNEL_GARBAGE_H

#include "data/collect.h"
#include "kernel/sched.h"

/* Where the caller of a public function is to build. Collects it first, if that is due:
 * so call it before anything is half-built. Any thread. NULL: no memory. Does not return
 * if the process has more than it may have: it ends with `killed`. */
struct heap *garbage_heap(void);

/* The heap of p, who runs or is being made: created if it has none. NULL: no memory. */
struct heap *process_heap(struct process *p);
/* It ends, or has ended: everything it has is given back. */
void process_heap_drop(struct process *p);
/* The same, but no more than *left blocks, which are counted there. True: that was all. */
bool process_heap_drop_some(struct process *p, int *left);

/* Collect the running process; its stack is its roots. */
void garbage_collect_self(struct sched *s);

/* Upwards, to kernel/sweep: it was collected, and some have waited for that. */
void garbage_collected(struct process *p);

static inline struct sched *garbage_poll(struct sched *s)
{
    struct heap *h = s->current->heap;
    if (LIKELY(h == NULL) || (!BL_HOSTILE && !heap_wants_collection(h)))
        return s;
    garbage_collect_self(s);
    return self_sched();
}

/* The same when it is going to wait, sooner. */
static inline struct sched *garbage_poll_at_rest(struct sched *s)
{
    struct heap *h = s->current->heap;
    if (LIKELY(h == NULL) || LIKELY(!heap_wants_collection_at_rest(h)))
        return s;
    garbage_collect_self(s);
    return self_sched();
}

/* The same between two messages of a resting process, the running one: its state is all. */
void garbage_collect_resting(struct sched *s);

/* The running process keeps `kept` only, in one block of exactly that size. Returns where
 * it is now. */
term garbage_compact(struct sched *s, term kept);

/* A received copy, of which the block's word is the term, joins the heap of the running
 * process, or of this thread; returns the term as it is now. TERM_NONE: no memory; the copy
 * is freed. */
term garbage_join(struct sched *s, struct block *copy);

/* The heap of the running process, or, with s NULL, of this thread; nothing is collected.
 * NULL: no memory. */
struct heap *garbage_heap_quiet(struct sched *s);

/* The calling thread forgets all terms it has built or was given. */
void garbage_forget(void);

#endif
