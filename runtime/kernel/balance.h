/* balance.h - schedulers that all have something to do have equally much of it.
 *
 * An idle scheduler takes work from others (kernel/steal). One that is not never looks, and so may run one process for
 * ever, for which it has a whole CPU, while nineteen share the other one. So the watcher, who looks
 * at all of them from time to time (kernel/preempt), also sees how many wait at each. Where more waited at one than at another
 * all through a period, half of the difference is to move: it tells the one that has less to take them, which that
 * one does as a thief would. Of a difference of one that one moves, and in the next period another moves back: so three have
 * equal parts of two CPUs. Who moves alone goes before all of its priority: behind the others it might be moved again before it had
 * a turn, and again, for ever; those who have not begun are the first to be moved. And no two do so without a turn of somebody
 * else in between, or who may not be moved might wait for ever.
 *
 * And where somebody keeps others from running, with a higher priority, or in a region where nobody may be
 * interrupted, all who wait are to go to one where nobody does, and none comes. Each priority is shared out by itself, as it has turns
 * by itself: of two queues that are equally long one may hold the low ones, who have an eighth of the turns. Who has most gives
 * to who has least, then who has most of the others.
 *
 * Not from where processes do little but talk to each other, in short turns: there nobody waits long, and apart they would
 * be slower. Not out of a burst of births. Nor at once again from where there was nothing that could be moved.
 *
 * After the migration paths of the BEAM (erl_process.c, check_balance()), which compares the longest queues of a period. */
#ifndef KERNEL_BALANCE_H
#define KERNEL_BALANCE_H

#include "kernel/sched.h"

/* A few times in a period. */
enum { BALANCE_PAUSE_NS = 1000 * 1000 };

/* What came of it when somebody was told to take, in the place of how many: there were some, and none could be moved. */
enum { SHARE_DONE, SHARE_IN_VAIN };

/* 0 or -ENOMEM. Before and after anybody looks. */
int balance_begin(void);
void balance_end(void);

/* Whoever looks at all schedulers, a few times in a period. One thread. */
void balance_look(void);

/* s was told to look, and takes what it was told to; off line, nothing. By s, on its native stack, not marked idle. */
void balance_take(struct sched *s);

#endif
