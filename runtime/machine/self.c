/* self.c - the thread-local variables of the runtime. */
#include "machine/self.h"

__thread struct sched *bl_self_sched;
__thread unsigned bl_self_absorbed;

void self_set_sched(struct sched *s)
{
    bl_self_sched = s;
}
