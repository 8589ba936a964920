/* idle.h - the thread of a scheduler, and what it does when there is nothing to run. */
#ifndef KERNEL_IDLE_H
#define KERNEL_IDLE_H

#include "kernel/sched.h"

/* The body of a scheduler's thread: runs processes, and idles, until halted. */
void idle_main(void *sched);

#endif
