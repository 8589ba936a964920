/* preempt.h - a process that computes and calls nothing gives way all the same.
 *
 * Reductions are counted by calls into the runtime: a loop without any would keep its scheduler for
 * ever. So a thread of its own, the watcher, looks at all schedulers once in a time slice, and while somebody computes
 * twice; or each ms. One that has not switched between two looks, and has had the CPU meanwhile, for a time slice or for up to one
 * look less, is interrupted by a signal; in the handler, on its own stack, the process gives way as if it had called bl_yield()
 * there. The first may have had two slices: we looked just before it began, and then have seen it once. While somebody
 * computes, the watcher also minds the timers, which nobody else may see to: when one is due, it looks then, and who
 * is woken goes first. And it sees that all have equally much to do (kernel/balance), also where nobody is to be interrupted.
 *
 * Where. Only between two instructions of the program itself. The handler sees where the thread was:
 *
 *   in a shared library (libc, the allocator)   not now: it may hold a lock; the watcher tries again
 *   in the runtime                              the same. A static runtime is in a section of its own,
 *                                               bl_text, so that it can be told from the program
 *   in the program, called by the runtime in the middle of something (a destructor, a tracer): not now
 *   in the program, in a region between bl_preempt_off() and bl_preempt_on(): not now
 *   on another stack than the lane's, or with too little left of it: not now
 *   else: in the code of a process. There it could have called anything, and so it does.
 *
 * Why it is safe to switch in a signal handler. The kernel has put all registers, also vectors, into
 * a frame on the interrupted stack, below the red zone; to the runtime that frame is like one of the process's,
 * is copied out and in with the others, and looked through for terms by a collection. The handler
 * has blocked no signal, and stands on no signal stack, so the thread can run others meanwhile.
 * When the process goes on, on whatever thread, the handler returns, and the kernel loads the frame (base/os).
 *
 * What may not be had over an interruption: the address of a thread-local variable, errno's among
 * them, since the process may go on on another thread; a lock, since others of its scheduler may want it. For
 * both there are regions.
 *
 * If the frame does not fit on the stack, the kernel makes a fault of it: trap.c hands it to
 * preempt_failed(), and the process goes on. If it does, and nothing else would, base/os returns at once. */
#ifndef KERNEL_PREEMPT_H
#define KERNEL_PREEMPT_H

#include "beamling/beamling.h"
#include "kernel/sched.h"

/* After the schedulers' threads. BL_ETHREAD. Where it cannot be done it is not, and all is as if slice_ns
 * were 0, which is never. */
bl_error preempt_start(uint64_t slice_ns);
/* When no scheduler runs any more, but their threads are there: they are what is interrupted. */
void preempt_stop(void);
/* When they are gone, and with them the last interruption: the signal is the program's again. */
void preempt_end(void);
bool preempt_works(void);

/* The running process enters a region where it is not interrupted, or leaves one. False: no memory; or
 * there is none to leave. */
bool preempt_off(struct process *p);
bool preempt_on(struct process *p);

/* A fault that the kernel made: of an interruption that did not fit? */
bool preempt_failed(struct sched *s);

#endif
