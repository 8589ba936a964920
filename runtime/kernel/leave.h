/* leave.h - what is left to do when a process has ended.
 *
 * Its mailbox closes with one exchange: from then on a send finds another generation or
 * CLOSED and does nothing. What the exchange returns had been delivered and is given its
 * due. Most processes are done with that. Who has links or monitors tells all at their
 * other ends, in time slices of its own: it has no frames and no mailbox any more, only a
 * turn in the queue, so a million links hold nobody up. Nor do a million messages, or a large
 * heap: who leaves them gives them back in the same way. */
#ifndef KERNEL_LEAVE_H
#define KERNEL_LEAVE_H

#include "kernel/extra.h"
#include "kernel/signal.h"

/* p, which has no extra, ends: its mailbox closes, and that and its heap are given back. False:
 * there is so much of it that it goes on in slices. `reason`: for who waits. */
bool leave_at_once(struct process *p, parcel reason);

/* p has extra, and ends: the parcel is the callee's. */
void leave_begin(struct process *p, parcel reason);
/* A slice of it. True: it is done, and has no extra any more. */
bool leave_slice(struct process *p);

/* The runtime stops: free it, and tell nobody. */
void extra_forget(struct process *p);

#endif
