/* timer.h - waking a process when its time has come.
 *
 * Each scheduler has a wheel (data/wheel) behind a lock: a process sets a timer on the
 * scheduler it runs on, and may cancel it on another. Who expires them: the wheel's own
 * scheduler, between two processes, after every few switches and before it sleeps, for
 * which it sets its alarm; and, when that one is busy with a process that calls nothing,
 * any scheduler that is idle. A timer says only that the time has come: the process
 * wakes and looks at the clock.
 *
 * A timer expires in the first tick that begins after its time, so never early. */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include "data/wheel.h"
#include "kernel/sched.h"

enum { TIMER_SWITCHES = 32 /* between two looks at the clock */ };

struct timer {
    struct wheel_entry entry;
    term pid;
    struct sched *home;
} __attribute__((aligned(CACHE_LINE)));

/* Of one scheduler. */
struct timers {
    struct lock lock; /* a leaf but for the run queue of who holds it */
    struct wheel wheel;   /* under the lock, like all but next_ns: who is to be woken */
    struct wheel alarms;  /* what is to be sent: kernel/alarm */
    bool sending;         /* somebody is at it: others keep away, so that what is due sooner comes sooner */
    _Atomic uint64_t next_ns; /* no timer expires before; written under the lock, read by all as a hint */
};

/* NULL: no memory. */
struct timers *timers_create(void);

/* Wake the running process at this time; it must cancel, whether woken or not. NULL: no
 * memory. */
struct timer *timer_set(struct sched *s, uint64_t deadline_ns);
void timer_cancel(struct timer *);

/* Under the lock: add to one of the wheels. now_ns is read if the wheel is empty, and may lag behind. */
void timers_add(struct timers *, struct wheel *, struct wheel_entry *, uint64_t now_ns);
/* Under the lock: some have expired, or somebody has taken one out. */
void timers_changed(struct timers *);
static inline void timers_removed(struct timers *t)
{
    if (!t->wheel.count && !t->alarms.count) /* else there is something to look at, if not so soon */
        atomic_store_explicit(&t->next_ns, UINT64_MAX, memory_order_relaxed); /* as in timers_changed() */
}

/* Upwards, to kernel/alarm: send what is due, a slice of it. By s. */
void alarms_expire(struct sched *s, struct timers *, uint64_t now_ns);

/* Has somebody's timer expired that nobody has seen to? */
bool timer_due(void);
/* When s must look again: 0: there is nothing to wait for. */
uint64_t timer_next_ns(const struct sched *s);

/* Wake all whose time has come. By s, on its native stack. */
void timer_poll(struct sched *s);

#endif
