/* receive.h - messages: sending them, and taking them in. */
#ifndef KERNEL_RECEIVE_H
#define KERNEL_RECEIVE_H

#include "kernel/outbox.h"
#include "kernel/signal.h"

/* To a pid. BL_OK even if nobody is there; BL_ENOMEM. By a process of scheduler s; by
 * a thread that is no scheduler. */
static inline bl_error message_send(struct sched *s, term to, term word)
{
    outbox_flush(s);
    return message_send_now(s, to, word);
}
bl_error message_send_outside(term to, term word);
/* The same for a term that was made for it, in blocks of its own: the word of the first is the
 * term. They are the receiver's, or freed. s NULL: by a thread that is no scheduler. */
bl_error message_send_block(struct sched *s, term to, struct block *made);

/* A receive counts as a reduction. Returns the scheduler on which the process goes on. */
static inline struct sched *message_charge(struct sched *s)
{
    if (LIKELY(--s->reductions > 0))
        return s;
    sched_yield_self(s);
    return self_sched();
}

/* The oldest message of the running process; parks until there is one. Call it last. */
uint64_t message_receive(struct sched *s);

/* What was taken from the inbox goes to the end of the private list; signals are acted
 * on. The process itself. */
void message_take_in(struct process *p, struct message *newest);

/* The running process takes in what has come. Returns the scheduler on which it goes on. */
struct sched *message_take_all(struct sched *s);

/* The running process sleeps until the answer is there that it has been promised; it is the caller's.
 * Messages stay in its mailbox. */
struct signal *answer_await_self(struct sched *s);

void message_free(struct message *);

/* All that is in the inbox, the oldest first; without what was read there. */
struct message *message_take_oldest(struct process *p);
/* Of this term; s: the caller's, or NULL. NULL: no memory. */
struct message *message_make(struct sched *s, term word);

/* m, which has left the mailbox of the running process, becomes its term: its words join
 * the heap, and may move there. Ends the process if there is no memory. */
term message_accept(struct sched *s, struct message *m);

/* One run of a resting process: its handler on message after message, until none is
 * left or the time slice is over. */
void process_activate(uint64_t unused);

/* The running process keeps `kept` and sleeps without frames; with the first message it
 * goes on in `function`. */
_Noreturn void process_hibernate(struct sched *s, bl_function *function, term kept);
/* What a hibernating process runs when it is woken. */
void process_rouse(uint64_t unused);

#endif
