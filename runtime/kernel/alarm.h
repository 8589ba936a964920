/* alarm.h - messages for later: erlang:send_after/3 and start_timer/3.
 *
 * An alarm lies in the wheel of the scheduler on which it was set, and in a table there by
 * its reference, which says which scheduler that is: so anybody finds it. When its time
 * has come it leaves both, and becomes a signal to its addressee, who makes the message of
 * it. An alarm that a process has set for itself is in a list of that process too, and is
 * taken back when it ends; others find nobody when their time has come. */
#ifndef KERNEL_ALARM_H
#define KERNEL_ALARM_H

#include "data/parcel.h"
#include "kernel/extra.h"
#include "kernel/timer.h"

struct alarm {
    struct message message; /* its place in the addressee's inbox, when it is due or cancelled */
    /* Under the lock of its scheduler's timers. */
    struct wheel_entry entry;
    struct table_entry in_table; /* key: the reference */
    bool armed;                  /* it is in both */
    /* The owner; without one, nobody. */
    struct alarm *next, **link; /* in extra->alarms; link NULL: in no list */
    /* Constant. */
    bool owned;     /* by `to`: it comes back to it, due or not */
    bool wraps;     /* {timeout, Reference, Message} */
    term to;        /* a pid, or an atom: who has that name when it is due */
    parcel payload;
    uint64_t deadline_ns;
} __attribute__((aligned(CACHE_LINE)));

_Static_assert(sizeof(struct alarm) == 128, "two cache lines");

/* In 278 years; a deadline in nanoseconds has 64 bits. */
#define ALARM_LATEST_MS (UINT64_C(1) << 43)

/* The running process, on s, sets one; it is now_ns. A thread does, and then it has to nudge s, which may
 * sleep beyond it. TERM_NONE: no memory. */
term alarm_set(struct sched *s, uint64_t now_ns, uint64_t deadline_ns, term to, term message, bool wraps);
/* Milliseconds that were left; -1: it is over, or there never was one. Read it; the running
 * process, or a thread (p is NULL), cancels it. */
int64_t alarm_read(term reference);
int64_t alarm_cancel(struct process *p, term reference);

/* An alarm has reached p, who runs or is held by the caller; or nobody. */
void alarm_receive(struct process *p, struct message *);
void alarm_orphaned(struct message *);

/* p ends, its mailbox still open: take back one of its alarms. */
void alarm_leave(struct process *p);

/* How many are set, and not over. */
uint64_t alarms_count(void);

/* The runtime stops. */
void alarms_forget(struct timers *);

#endif
