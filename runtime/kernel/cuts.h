/* cuts.h - what is known in advance of a long run queue: where it can be cut in two without walking through it,
 * and who comes later.
 *
 * A thief wants half of a queue. To walk there is a cache miss for each process, during which their owner waits: half
 * of a million takes longer to find than to run. But of those who have no lane yet, and may run anywhere, nothing
 * needs to be looked at. So while a run of such is queued, one after another, the owner notes a place now and then.
 * A run from the front to a noted place can be taken at once.
 *
 * Some may be among them who have a lane, and cannot run elsewhere, if they are the fewer: the thief hands each of
 * them back when it comes to it, as everybody does whose lane was taken away.
 *
 * And in such a run each names who comes a few places later, so that the owner, too, does not wait for one miss
 * after the other: see runq_pop().
 *
 * All that costs a tenth of a birth and an end. So it is done where there were ever many processes (processes_are_few()):
 * among few a walk is short, nobody is a miss, and a burst of short turns is over before it is moved.
 *
 * Places are counted: `end` of the last of n that were ever queued is n, and it has left the queue when
 * `taken` has come to that. So a cut that is out of date is known as such; nobody has to take it away. Under the
 * scheduler lock, as the queue is. */
#ifndef KERNEL_CUTS_H
#define KERNEL_CUTS_H

#include "kernel/runq.h"

enum { CUTS_MOST = 64, CUTS_LEAST_APART = 256, CUTS_MOST_APART = 1 << 20, CUTS_AHEAD = RUNQ_AHEAD };

/* All from place `from` on, up to and with `last`, which is at place end - 1, may be taken at once. */
struct cut {
    struct process *last;
    uint64_t from, end;
};

struct cuts {
    uint64_t from, end;    /* the run that is being queued */
    uint32_t since, apart; /* so many plain ones of it since the last cut; so many are enough for the next */
    uint32_t others;       /* so many since then that have a lane */
    uint32_t count;
    struct process *recent[CUTS_AHEAD]; /* the last of the run, by their ends; NULL: an other */
    struct cut at[CUTS_MOST]; /* ascending */
};

/* A run begins at this place. */
static inline void cuts_begin(struct cuts *c, uint64_t from)
{
    c->from = from;
    c->since = 0;
    c->others = 0;
}

COLD void cuts_add(struct cuts *, const struct runq *, struct process *last);

/* p, which is plain, is now the last of q. */
static inline void cuts_note(struct cuts *c, const struct runq *q, struct process *p)
{
    uint64_t end = runq_end(q);
    if (c->end + 1 != end)
        cuts_begin(c, end - 1);
    c->end = end;
    /* Who came a few places earlier, and still waits, names p. */
    struct process **recent = &c->recent[end % CUTS_AHEAD];
    if (end - c->from > CUTS_AHEAD && end - q->taken > CUTS_AHEAD && *recent)
        (*recent)->ahead = p;
    *recent = p;
    if (UNLIKELY(++c->since >= c->apart))
        cuts_add(c, q, p);
}

/* p, which has a lane, and names nobody, is now the last of q. */
static inline void cuts_note_other(struct cuts *c, const struct runq *q)
{
    uint64_t end = runq_end(q);
    if (c->end + 1 != end || c->others >= c->since + CUTS_LEAST_APART / 4)
        return; /* too many: the run is over */
    c->end = end;
    c->others++;
    c->recent[end % CUTS_AHEAD] = NULL;
}

/* The front of q, at most `most` and as many as can be had at once, goes to `front`, which is empty, with its own
 * cuts. False: there is no such place. */
bool cuts_split(struct cuts *, struct runq *q, uint64_t most, struct runq *front, struct cuts *of_front);
/* They go to the end of q; both are void afterwards. */
void cuts_join(struct cuts *, struct runq *q, struct runq *end, const struct cuts *of_end);
/* Nothing is known any more of what comes before `place`: others have been put there. */
void cuts_forget_before(struct cuts *, uint64_t place);

#endif
