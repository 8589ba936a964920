/* monitor.h - monitors: hearing of an end without sharing it; and aliases: references
 * that can be sent to.
 *
 * A monitor is two records with one reference as their key. The watcher's is among its
 * references, the watched process's among its watchers. When the watched process ends its
 * record becomes the signal DOWN, when the watcher ends its record becomes DEMONITOR.
 * Whether a DOWN still counts is for the watcher to say: it counts if the watcher has the
 * record. An alias is a record of the first sort alone, or as well: a message that comes
 * by alias counts if the record is there, and says that it is one. */
#ifndef KERNEL_MONITOR_H
#define KERNEL_MONITOR_H

#include "kernel/extra.h"
#include "data/box.h"
#include "kernel/reference.h"
#include "kernel/signal.h"

/* flags of the watcher's record, from 2 on: SIGNAL_PRIORITY is 1 */
enum {
    REFERENCE_MONITOR = 2, /* `from` is watched */
    REFERENCE_ALIAS = 4,   /* it can be sent to */
    REFERENCE_REPLY = 8,   /* ... once */
    REFERENCE_UNALIAS = 16, /* ... until bl_unalias(), even if the monitor is gone */
    REFERENCE_ALIAS_PRIORITY = 32, /* ... with priority, if the sender wants it */
};

enum { MONITOR_OPTIONS = 31 }; /* all bits that there are */
/* What the options of a monitor or an alias come to; both are bl_monitor_options. */
unsigned monitor_flags(unsigned options);

/* p, who runs, watches `to`; known as `name` if that is not TERM_NONE. `tag`: a parcel, the
 * callee's; 0: DOWN. Flags as above. TERM_NONE: no memory. */
term monitor_self(struct sched *s, term to, term name, unsigned flags, parcel tag);
/* The same for a child, which nobody else knows yet. */
term monitor_at_birth(struct sched *s, struct process *child, unsigned flags, parcel tag);
/* No longer. *was: it was a monitor of p's. BL_ENOMEM: nothing has changed. */
bl_error monitor_end_self(struct process *p, term reference, bool *was);

term alias_self(struct sched *s, unsigned flags);
/* False: it was none of p's. */
bool alias_end_self(struct process *p, term reference);
/* A message of the caller's to whoever has this alias; BL_ENOMEM: then it is still the caller's. */
bl_error alias_send(struct sched *s, term alias, struct message *, bool priority);

/* A signal of these kinds has reached p, who runs or is held by the caller. True: there is
 * something for p to see. */
bool monitor_receive(struct process *p, struct signal *);

/* p has ended, and this is one of its references; one of its watchers. */
void reference_leave(term ended, struct signal *);
void watcher_leave(term ended, struct signal *, parcel reason);
/* A signal of these kinds that reached nobody. */
void monitor_orphaned(term ended, struct signal *);

/* nonode@nohost: the node that we are, as long as there are no others. */
term atom_nonode(void);

static inline bool message_may_be_down(term t, term reference)
{
    return term_is_tuple(t) && box_size(t) == 5 && box_payload(t)[1] == reference;
}

#endif
