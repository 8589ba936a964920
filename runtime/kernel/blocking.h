/* blocking.h - calls that block their thread are made by threads that are there for that.
 *
 * A process that waits in read(2) would hold its scheduler. So it has the call made by a
 * worker, a plain thread, and sleeps meanwhile like any process that waits for an answer: a
 * scheduler with nothing else to do sleeps too. (BEAM's dirty I/O schedulers.) */
#ifndef KERNEL_BLOCKING_H
#define KERNEL_BLOCKING_H

#include "beamling/beamling.h"
#include "kernel/sched.h"

/* What a worker is to do; `size` bytes at `arg` are copied for it, and back; 0: `arg` is what it gets. */
struct blocking_order {
    bl_blocking_function *function;
    void *arg;
    size_t size;
};

/* The running process sleeps until a worker has done it. BL_EINVAL: `arg`, which is not copied, lies on
 * a process's stack. BL_ENOMEM; BL_ETHREAD: there is no worker, and none can be had. */
bl_error blocking_self(struct sched *s, const struct blocking_order *, bl_blocked *result);

/* p ends while a worker is at its call, or has not begun: what the call needs of it is kept until then. */
void blocking_leave(struct process *p);

/* Up to `limit` workers may be made from now on; none at once. From now on nothing is begun; returns when all
 * are gone. Nobody calls meanwhile: the schedulers have halted. */
void blocking_open(uint32_t limit);
void blocking_close(void);

/* Is the calling thread a worker? It cannot wait for itself. */
bool blocking_is_worker(void);

#endif
