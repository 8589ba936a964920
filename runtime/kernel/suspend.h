/* suspend.h - processes that others do not let run (erlang:suspend_process/2).
 *
 * Who suspends another keeps a record of that: how often. The other hears of the first time, by
 * a SUSPEND, and of the last time that it is resumed; it counts by how many it is suspended. The
 * SUSPEND comes back as SUSPENDED: from then on the record is active. It may have been resumed
 * before, and suspended again: so each record has a number, and what comes back says which it
 * was sent for. A SUSPEND may also be sent only in order to come back. */
#ifndef KERNEL_SUSPEND_H
#define KERNEL_SUSPEND_H

#include "kernel/extra.h"
#include "kernel/signal.h"

/* flags of a record, and of a SUSPEND. */
enum {
    SUSPEND_ACTIVE = 1, /* of a record: it does not run */
    SUSPEND_ASKS = 2,   /* it is suspended by us already */
    SUSPEND_GONE = 4,   /* there is nobody to suspend (any more) */
};

static inline bool suspend_is_active(const struct signal *record)
{
    return record->flags & SUSPEND_ACTIVE;
}

/* p, who runs, suspends `to`: once more; or, with `unless`, only if it has not: BL_ESTATE. Does
 * not wait. `tag`: p is to get a message {tag, suspended}, or what else became of it; TERM_NONE:
 * none. BL_ENOPROC; BL_ENOMEM. */
bl_error suspend_self(struct process *p, term to, bool unless, term tag);
/* Has what p asked for become true, as far as p has heard, and is there somebody to suspend? Else
 * it is forgotten. */
bool suspend_is_done(struct process *p, term to, bool alive);
/* BL_ESTATE: p has not suspended it. */
bl_error resume_self(struct process *p, term to);

/* A SUSPEND, a RESUME has reached p. True: p may go on. */
void suspend_receive(struct process *p, struct signal *);
bool resume_receive(struct process *p, struct signal *);
/* A SUSPEND has come back to p. */
void suspended_receive(struct process *p, struct signal *);
/* A SUSPEND has reached nobody: who was `ended`. */
void suspend_orphaned(term ended, struct signal *);

/* p has ended, and this is one whom it suspended. */
void suspend_leave(struct signal *record);

#endif
