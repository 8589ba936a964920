/* catch.h - leaving the middle of a process's functions for an outer one: throw, and exit/1
 * and error/1 where somebody catches them. Within one stack, so longjmp(3) does it. */
#ifndef KERNEL_CATCH_H
#define KERNEL_CATCH_H

#include "beamling/beamling.h"
#include "kernel/sched.h"

/* Call function(arg) by the running process. BL_CAUGHT_NOTHING: *result is what it returned;
 * else what it left with. BL_CAUGHT_NO_MEMORY: it was not called. */
bl_caught catch_call(struct process *p, bl_term (*function)(bl_term), term arg, term *result);

/* To the innermost catch_call() of p, the running process, if there is one. */
void catch_leave(struct process *p, bl_caught how, term value);

/* An error of the running process: {reason, []} is caught, or ends it. */
_Noreturn void catch_error(struct sched *s, term reason);

#endif
