/* extra.c - see extra.h. */
#include "kernel/extra.h"

#include "base/memory.h"
#include "kernel/sched.h"

enum { FULLSWEEP_AFTER = 65535 };

struct extra *extra_of(struct process *p)
{
    if (p->extra)
        return p->extra;
    struct extra *x = memory_alloc(sizeof *x);
    if (x)
        *x = (struct extra){.fullsweep_after = FULLSWEEP_AFTER, .off_heap = processes.off_heap,
                            .spared = processes.spares};
    return p->extra = x;
}

/* Without memory they are forgotten. */
COLD void sched_carry_reductions(struct process *self)
{
    if (extra_of(self))
        self->extra->reductions += self->reductions;
    self->reductions = 0;
}
