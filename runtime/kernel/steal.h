/* steal.h - taking work over from a scheduler that cannot get to it. */
#ifndef KERNEL_STEAL_H
#define KERNEL_STEAL_H

#include "kernel/sched.h"

/* What a thief takes: the front of a long queue, if it can be had without a look at anybody in it; half
 * of all queues; half, but all that have begun, since they talk to each other; or, of who makes no progress at all,
 * all, also what it does not even know of. */
enum robbery { ROB_NOBODY, ROB_AT_A_CUT, ROB_HALF, ROB_TOGETHER, ROB_STUCK };

/* Look at each other scheduler once: is there one where something waits too long? NULL:
 * no. The owner of s, idle or not. */
struct sched *steal_look(struct sched *s, enum robbery *how);

/* Take over what may be moved. It goes to the queue of s. The owner of s, no longer marked idle. False: nothing. */
bool steal_from(struct sched *s, struct sched *v, enum robbery how);

/* n of those of a rank that wait at v, if so many may be moved, whether s has something to do or not. One alone is the next
 * of its rank at s. False: there are some, and none may be moved. */
bool steal_share(struct sched *s, struct sched *v, uint64_t n, enum process_rank rank);

/* Do those who took `done` turns in elapsed_ns, and sent so many messages, do little but talk to each other? Then they are
 * slower on two schedulers than on one. */
bool steal_would_part(uint64_t done, uint64_t sent, uint64_t elapsed_ns);

/* Is it a burst, of which so many wait that to walk among them would take longer than the turns they wait for? */
bool steal_meets_burst(uint64_t waiting, uint64_t done, uint64_t elapsed_ns);

/* The judgements behind the first two, which depend on nothing else. How to have `waiting`, where `done` were taken
 * up in a time of `elapsed_ns`; not ROB_STUCK. And: may a lane be moved now? If so it settles, until all that are
 * bound to it can have been handed on; under the locks of both schedulers. */
enum robbery steal_worth(uint64_t waiting, uint64_t elapsed_ns, uint64_t done);
bool steal_unsettle(struct lane *, uint64_t now_ns);

#endif
