/* sweep.h - garbage that others want collected: erlang:garbage_collect/2.
 *
 * The request is a signal. Nobody else can collect a heap, since its roots are on a stack that
 * only its process stands on: so the process is woken, if it sleeps, collects before it does
 * anything else with its heap (kernel/garbage), and then answers all who have asked. */
#ifndef KERNEL_SWEEP_H
#define KERNEL_SWEEP_H

#include "kernel/extra.h"
#include "kernel/signal.h"

/* A SWEEP for `to` by p, who runs: a major collection, or whatever pays. When it is done, a message
 * {garbage_collect, id, true} is sent to p, or false if `to` has ended. BL_ENOMEM. */
bl_error sweep_send(struct process *p, term to, bool major, term id);

/* A SWEEP has reached p, who runs or is held by the caller. True: p is to be woken. */
bool sweep_receive(struct process *p, struct signal *);
/* It reached nobody; the runtime stops. */
void sweep_orphaned(struct signal *);
void sweep_drop(struct signal *);

/* p ends; the runtime stops. */
void sweeps_leave(struct process *p);
void sweeps_forget(struct process *p);

#endif
