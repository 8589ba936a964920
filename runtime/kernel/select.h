/* select.h - selective receive: the first message that matches, and no other.
 *
 * A receiver walks the private list of messages, the oldest first, and stops at each so
 * that the clauses can look at it; what matches is unlinked, what does not stays in its
 * place. Its place is the link that points to the message it looks at, so it need not
 * start again when more arrive. A clause may take any time, and receive itself: by then
 * the outer receiver is done.
 *
 * A mark is such a place, made together with a reference: whatever was in the mailbox by
 * then cannot contain the reference, and need not be looked at. */
#ifndef KERNEL_SELECT_H
#define KERNEL_SELECT_H

#include "beamling/beamling.h"
#include "kernel/sched.h"

/* Where a receiver is. */
enum receiver_state {
    RECEIVER_NEW,
    RECEIVER_LOOKING, /* at a message */
    RECEIVER_DRY,     /* the clauses are asked once without a message: is there one that says `after`? */
    RECEIVER_EXPIRED = BL_RECEIVER_EXPIRED_,
    RECEIVER_DONE = BL_RECEIVER_DONE_,
    RECEIVER_STATES = BL_RECEIVER_STATES_, /* as a mask; then flags: */
    RECEIVER_TIMED = BL_RECEIVER_TIMED_, /* the clauses have said how long to wait */
    RECEIVER_FOREVER = 32,
    RECEIVER_ASKED = 64,
};

/* The running process goes to its next message, or to the end of its patience; parks
 * meanwhile. 1: the clauses are to be asked; 0: done. Call it last: it has no frame while
 * the process is parked. */
uint64_t select_next(struct sched *s, bl_receiver *r);
/* The message it looks at: 0 if none. */
term select_message(const bl_receiver *r);
/* It matched: it is the running process's now, and the receive is over. Returns the term,
 * which may have moved to its heap. */
term select_take(struct sched *s, bl_receiver *r);
/* The same when nothing of the term is needed any more. */
void select_discard(struct sched *s, bl_receiver *r);
/* Wait no longer than this. False: that is no time to wait. */
bool select_limit(bl_receiver *r, int64_t milliseconds);
/* A clause has run. */
bool select_done(const bl_receiver *r);
/* Its time is over, and nobody has said so yet. */
bool select_expired(bl_receiver *r);

/* A place for `reference`, which is being made: what comes from now on. */
void select_mark(struct sched *s, term reference);
/* The same behind what was taken in already: nothing is received, no signal handled. */
void select_mark_taken(struct process *p, term reference);
/* Nobody is going to wait for it any more. */
void select_unmark(struct process *p, term reference);
/* Begin there. */
void select_since(struct sched *s, bl_receiver *r, term reference);

/* The first message of p, the running process, that matches is gone. False: there is none. */
typedef bool select_test(term message, term of);
bool select_drop(struct process *p, select_test *matches, term of);

/* The running process sleeps until then; messages wait. */
void select_sleep(struct sched *s, uint64_t deadline_ns);

/* Messages that wait for the running process. */
size_t select_length(struct sched *s);
/* And the bytes they take. */
size_t select_bytes(struct sched *s);

#endif
