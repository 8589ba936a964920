/* steal.h - taking work over from a scheduler that cannot get to it. */
#ifndef KERNEL_STEAL_H
#define KERNEL_STEAL_H

#include "kernel/sched.h"

/* Look at each other scheduler once; take over half of what waits too long at one.
 * True: something is now in the queue of s. The idle owner of s. */
bool steal(struct sched *s);

#endif
