/* idle.h - the thread of a scheduler, and what it does when there is nothing to run. */
#ifndef KERNEL_IDLE_H
#define KERNEL_IDLE_H

#include "kernel/sched.h"

/* The body of a scheduler's thread: runs processes, and idles, until halted. */
void idle_main(void *sched);

/* s has nothing to do: others may take its lanes, or give it work, but nothing of it is to be
 * touched. False: there is work. And it has, or is to look; whether it was idle or not. */
bool idle_begin(struct sched *s);
void idle_end(struct sched *s);

#endif
