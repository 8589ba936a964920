/* trap.c - a stack overflow is the end of one process.
 *
 * Below each lane lies a closed guard region. A process that runs into it traps; the
 * handler, on the thread's own signal stack, finds that the address is in the guard
 * of the lane it runs on, and lets the thread go on in process_overflowed() at the
 * top of that lane: the frames below are dead. Any other fault is not ours and goes to
 * whoever handled the signal before.
 *
 * The runtime itself cannot be cut in the middle this way, since its calls begin only
 * with STACK_RESERVE bytes left. The C library can: a process that overflows inside
 * malloc() or printf() leaves their lock held. */
#include "kernel/trap.h"

#include "kernel/preempt.h"
#include "kernel/sched.h"

static bool overflow_trap(struct os_trap *trap)
{
    struct sched *s = self_sched();
    if (s && trap->by_kernel && preempt_failed(s))
        return true;
    if (!s || !s->lane || lanes_guard_hit(&runtime.lanes, trap->address) != s->lane)
        return false;
    if (!s->current || atomic_load_explicit(&s->busy, memory_order_relaxed))
        panic("stack overflow inside the runtime, scheduler %u", s->index);
    ctx_forget(s->lane->stack.low, s->lane->stack.size);
    *trap->pc = (void *)(uintptr_t)process_overflowed;
    *trap->sp = s->lane->foot - sizeof(void *); /* as after a call */
    return true;
}

int trap_install(void)
{
    return os_traps_install(overflow_trap);
}

void trap_restore(void)
{
    os_traps_restore();
}
