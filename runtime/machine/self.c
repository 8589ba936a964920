/* self.c - the one thread-local variable of the runtime. */
#include "machine/self.h"

__thread struct sched *bl_self_sched;

void self_set_sched(struct sched *s)
{
    bl_self_sched = s;
}
