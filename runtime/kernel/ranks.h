/* ranks.h - those whose priority is not `normal`: who goes before whom.
 *
 * As in Erlang, and on one scheduler only: `max` before all, `high` before normal and low; a
 * low one is passed over seven times of eight that it would have its turn among the normal
 * ones. It is strict: who is passed over by higher ones waits for as long as they have
 * something to do. But it still has to be told things and to die. So when this has happened a
 * few times in a row, the first who waits is looked at each time, and moves to the end: if there
 * are signals in its inbox it gets a brief turn, in which it handles them.
 *
 * Few processes have a rank, and a scheduler that has none of them in its queues does not come
 * here: one word that it looks at anyway says so (WATCH_RANKED). Under the scheduler lock. */
#ifndef KERNEL_RANKS_H
#define KERNEL_RANKS_H

#include "kernel/process.h"
#include "kernel/runq.h"

enum { RANKS_BRIEF = 1 /* reductions of a brief turn */ };

struct ranks {
    struct runq max, high, low;
    uint64_t due;                    /* turns that low ones should have had, in 1 / LOW_UNIT */
    const struct process *brief;     /* who was given a brief turn last, until the next is taken out */
    uint32_t over_high, over_others; /* how often in a row one of max, of max or high, was taken up */
    bool granted;                    /* the last turn taken from higher ones was a brief one */
    /* How often a higher one was taken up; one of them that was high; and one of the others. Read by others, as hints. */
    _Atomic uint64_t overtaken, highs, others;
};

/* p has a rank, and waits. */
void ranks_push(struct ranks *, struct process *p);
/* Somebody waits who goes before p. */
bool ranks_precede(const struct ranks *, const struct process *p);
/* The next, of these and of the normal ones. NULL: nobody waits. */
struct process *ranks_pop(struct ranks *, struct runq *normal);
/* Somebody with a rank waits. */
bool ranks_wait(const struct ranks *);

/* Upwards, to kernel/reception: p waits for its turn, and somebody waits for it to handle a
 * signal. Who holds it. */
bool signals_are_due(const struct process *p);

static inline uint64_t ranks_higher(const struct ranks *r)
{
    return runq_length(&r->max) + runq_length(&r->high);
}

#endif
