/* extra.c - see extra.h. */
#include "kernel/extra.h"

#include "base/memory.h"

enum { FULLSWEEP_AFTER = 65535, PRIORITY_NORMAL = 0 };

struct extra *extra_of(struct process *p)
{
    if (p->extra)
        return p->extra;
    struct extra *x = memory_alloc(sizeof *x);
    if (x)
        *x = (struct extra){.fullsweep_after = FULLSWEEP_AFTER, .priority = PRIORITY_NORMAL,
                            .off_heap = processes.off_heap};
    return p->extra = x;
}
