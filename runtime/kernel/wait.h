/* wait.h - asking a process, and waiting for its answer: above all for its end. */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include "kernel/signal.h"

/* SIGNAL_WAIT: the answer is why it ended. SIGNAL_ASK: see kernel/info; 0: it ended. */
struct question {
    enum signal_kind kind;
    uint32_t number;
    parcel value; /* given away with the question, whatever becomes of it */
};

/* Ask `pid` and sleep until the answer is there: a parcel, which is the caller's. The
 * running process; messages stay in its mailbox. BL_ENOPROC: there is no such process.
 * BL_ENOMEM: the question could not be asked. */
bl_error wait_self(struct sched *s, term pid, const struct question *, parcel *answer);

/* The same for a thread that is no scheduler. Also BL_ELIMIT: no slot; BL_ESTATE: the
 * runtime does not run, or was stopped meanwhile. */
bl_error wait_outside(term pid, const struct question *, parcel *answer);

/* From now on threads may wait. From now on they may not: those that do are sent home,
 * and none is in here when this returns. The schedulers have halted by then. */
void wait_open(void);
void wait_close(void);

#endif
