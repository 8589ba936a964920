/* signal.h - what processes say to each other besides messages.
 * A signal is an entry of the same inbox as messages, in the same order; its first
 * word says that it is one. Today there is one conversation, "tell me when you end". */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include "kernel/sched.h"

enum signal_kind {
    SIGNAL_WAIT,  /* from a waiter: answer me when you end */
    SIGNAL_ENDED, /* the answer; the same block, so that dying needs no memory */
};

struct signal {
    struct message message; /* word = term_own(TERM_OWN_SIGNAL, kind); next also links waiters */
    term from;              /* WAIT: who waits; ENDED: who has ended */
    term reason;            /* ENDED; a pointer: to a copy of its own */
};

_Static_assert(sizeof(struct signal) == 32, "half a cache line");

static inline bool message_is_signal(const struct message *m)
{
    return term_is_own(m->word, TERM_OWN_SIGNAL);
}

/* A signal that reached p, which runs or holds p. */
void signal_receive(struct process *p, struct signal *);

/* p has ended: give this signal, which it had not looked at, its due. */
void signal_orphaned(struct process *p, struct signal *, term ended, term reason);

/* Tell all who wait for p. `ended` is the pid that p had. */
void signal_answer_waiters(struct process *p, term ended, term reason);

/* Ask `pid` to tell `waiter` of its end. BL_OK with *asked false: nobody is there. */
bl_error signal_ask(term waiter, term pid, bool *asked);

void signal_free(struct signal *);

#endif
