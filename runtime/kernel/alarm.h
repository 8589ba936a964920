/* alarm.h - messages for later: erlang:send_after/3 and start_timer/3.
 *
 * An alarm lies in the wheel of the scheduler on which it was set. All alarms lie in one
 * reserved array, and a reference says where in it, and which of the many alarms that were there,
 * one after the other, it means (its "life"): so anybody finds it. When its time has come it
 * leaves the wheel, and becomes a signal to its addressee, who makes the message of it. An
 * alarm that a process has set for itself is in a list of that process too, and is taken
 * back when it ends; others find nobody when their time has come. */
#ifndef KERNEL_ALARM_H
#define KERNEL_ALARM_H

#include "data/parcel.h"
#include "kernel/extra.h"
#include "kernel/reference.h"
#include "kernel/timer.h"

/* A cache line: there may be millions. */
struct alarm {
    union {
        struct message message;   /* due, or cancelled by another: its place in the addressee's inbox */
        struct wheel_entry entry; /* armed: under the lock of its home; when it is due */
    };
    /* The owner; without one, nobody. */
    struct alarm *next, **link; /* in extra->alarms; link NULL: in no list */
    /* Constant in each life. */
    term to;        /* a pid, or an atom: who has that name when it is due */
    parcel payload;
    /* Read by all, written under the lock of its home. */
    _Atomic uint32_t life; /* which, times 2; + 1: it is armed */
    _Atomic uint16_t home; /* the scheduler whose wheel it is in, or was */
    /* Constant again. */
    bool owned; /* by `to`: it comes back to it, due or not */
    bool wraps; /* {timeout, Reference, Message} */
} __attribute__((aligned(CACHE_LINE)));

_Static_assert(sizeof(struct alarm) == CACHE_LINE, "one");

/* So many lives an alarm has: what its references can tell apart. */
#define ALARM_LIVES (BL_HOSTILE ? UINT32_C(7) : (UINT32_C(1) << REFERENCE_ALARM_PLACE_SHIFT) - 1)

/* Under the lock of its home; of one that is not armed, whoever has it. */
static inline uint32_t alarm_life(const struct alarm *a)
{
    return atomic_load_explicit(&a->life, memory_order_relaxed) >> 1;
}

static inline bool alarm_is_armed(const struct alarm *a)
{
    return atomic_load_explicit(&a->life, memory_order_relaxed) & 1;
}

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

/* The runtime starts, and stops. 0 or -ENOMEM. */
int alarms_create(void);
void alarms_destroy(void);

#endif
