/* steal.h - taking work over from a scheduler that cannot get to it. */
#ifndef KERNEL_STEAL_H
#define KERNEL_STEAL_H

#include "kernel/sched.h"

/* Look at each other scheduler once: is there one where something waits too long? NULL:
 * no. *stuck: it makes no progress at all. The owner of s, idle or not. */
struct sched *steal_look(struct sched *s, bool *stuck);

/* Take over what may be moved of half its queue; if it is stuck, also of what it does
 * not even know of. It goes to the queue of s. The owner of s, no longer marked idle. */
void steal_from(struct sched *s, struct sched *v, bool stuck);

#endif
