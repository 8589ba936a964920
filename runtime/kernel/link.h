/* link.h - exit signals, and the links along which they go.
 *
 * Each end of a link has a record of it, in a tree by the pid of the other end. A link is
 * made by its first end alone: it keeps one record and sends the other, so that nobody
 * waits. To undo it is a conversation: the end that unlinks keeps its record, numbered,
 * until the other end has answered, and meanwhile hears nothing of what comes along the
 * link. Whatever the two do at the same time, both end up with a link or both without:
 *
 *     LINK       no record: add it. A record: nothing. One that is being undone: nothing,
 *                since the sender will see our UNLINK after it sent this
 *     UNLINK n   remove the record, unless we are undoing it too; answer UNLINKED n
 *     UNLINKED n remove the record, if it is being undone under this number
 *     LINK_EXIT  remove the record; unless it was being undone, the signal takes effect
 *
 * After the new link protocol of OTP 24 (distribution protocol, UNLINK_ID). */
#ifndef KERNEL_LINK_H
#define KERNEL_LINK_H

#include "kernel/extra.h"
#include "kernel/signal.h"

/* p, who runs or is held by the caller, gets an exit signal; `linked`: along a link. The
 * parcel is the callee's. May doom p. */
void exit_receive(struct process *p, term from, parcel reason, bool linked, bool priority);

/* exit/2, from `from` (a process or nobody) to another. BL_ENOMEM: it was not sent. */
bl_error exit_send(term from, term to, term reason);

/* By p, who runs. BL_ENOPROC: there is no such process, and p is not trapping. */
bl_error link_self(struct process *p, term to, bool priority);
bl_error unlink_self(struct process *p, term to);

/* p, who runs, has just made `child`, which nobody else knows yet. */
bl_error link_at_birth(struct process *p, struct process *child, bool priority);

/* There was no such child after all. */
void link_forget(struct process *p, term child);

/* A signal of these kinds has reached p, who runs or is held by the caller. */
void link_receive(struct process *p, struct signal *);

/* p has a link with it, which it is not undoing. */
bool link_is_with(const struct process *p, term other);

/* p has ended, and this is one of its links. */
void link_leave(term ended, struct signal *, parcel reason);
/* A signal of these kinds that reached nobody. */
void link_orphaned(term ended, struct signal *);

/* Is it a link (or one that is being undone)? */
static inline bool link_is_active(const struct signal *record)
{
    return !record->value;
}

#endif
