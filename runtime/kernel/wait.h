/* wait.h - waiting for a process to end. */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include "kernel/sched.h"

/* Wait until `pid` has ended; *reason: why, or `noproc`. The running process.
 * BL_ENOMEM: the question could not be asked. */
bl_error wait_self(struct sched *s, term pid, term *reason);

/* The same for a thread that is no scheduler. Also BL_ELIMIT: no slot; BL_ESTATE: the
 * runtime does not run, or was stopped meanwhile. */
bl_error wait_outside(term pid, term *reason);

/* From now on threads may wait. From now on they may not: those that do are sent home,
 * and none is in here when this returns. The schedulers have halted by then. */
void wait_open(void);
void wait_close(void);

#endif
