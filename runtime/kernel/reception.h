/* reception.h - signals take effect. (What others call is declared in kernel/signal.h and
 * kernel/sched.h: it is they who find the signals.) */
#ifndef KERNEL_RECEPTION_H
#define KERNEL_RECEPTION_H

#include "kernel/signal.h"

/* The running process does not go on. */
_Noreturn void process_end_doomed(void);

/* The runtime stops: free it and what it has, and tell nobody. */
void signal_drop(struct signal *);

/* A signal that reached nobody, since `ended` has ended. */
void signal_orphaned(term ended, struct signal *, parcel reason);

#endif
