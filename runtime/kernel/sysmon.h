/* sysmon.h - one process that hears when another takes too long, or too much
 * (erlang:system_monitor/2). It looks where traces look: see kernel/event. */
#ifndef KERNEL_SYSMON_H
#define KERNEL_SYSMON_H

#include "beamling/beamling.h"
#include "kernel/event.h"

/* `monitor` is to hear of what is beyond the limits (copied); TERM_NONE: nobody. Any thread. */
void sysmon_set(term monitor, const bl_system_limits *);
/* Who it is, or TERM_NONE, and its limits. */
term sysmon_get(bl_system_limits *);

/* p has done this: is it too much? */
void sysmon_event(struct process *p, enum event e, term a);

#endif
