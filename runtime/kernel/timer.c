/* timer.c - see timer.h. */
#include "kernel/timer.h"

#include <stdlib.h>

enum { TIMERS_AT_ONCE = 1000 /* a storm comes in slices */ };

static uint64_t tick_of(uint64_t ns)
{
    return ns >> WHEEL_TICK_SHIFT;
}

struct timers *timers_create(void)
{
    struct timers *t = calloc(1, sizeof *t);
    if (t) {
        wheel_init(&t->wheel, tick_of(os_now_ns()));
        wheel_init(&t->alarms, t->wheel.now);
        atomic_init(&t->next_ns, UINT64_MAX);
    }
    return t;
}

/* While somebody sends what has expired nobody else can: they come again in the next tick. (Not later: they may be about to sleep
 * until then, and who sends does not wake them.) */
void timers_changed(struct timers *t)
{
    uint64_t next = wheel_next(&t->wheel), alarm = wheel_next(&t->alarms);
    uint64_t soon = t->sending ? tick_of(os_now_ns()) + 1 : 0;
    alarm = alarm < soon ? soon : alarm;
    next = alarm < next ? alarm : next;
    /* relaxed: a hint; who acts on it takes the lock. */
    atomic_store_explicit(&t->next_ns, next == UINT64_MAX ? next : next << WHEEL_TICK_SHIFT, memory_order_relaxed);
}

/* A wheel without entries may not have been turned for long. What comes in can only be sooner than
 * the rest: the rest need not be looked at. */
void timers_add(struct timers *t, struct wheel *w, struct wheel_entry *e, uint64_t now_ns)
{
    if (!w->count)
        w->now = tick_of(now_ns);
    uint64_t look_ns = wheel_add(w, e) << WHEEL_TICK_SHIFT;
    /* relaxed: as in timers_changed(). */
    if (look_ns < atomic_load_explicit(&t->next_ns, memory_order_relaxed))
        atomic_store_explicit(&t->next_ns, look_ns, memory_order_relaxed);
}

struct timer *timer_set(struct sched *s, uint64_t deadline_ns)
{
    struct timer *timer = pool_take(&runtime.timers, &s->timer_cache);
    if (!timer)
        return NULL;
    struct timers *t = s->timers;
    *timer = (struct timer){.entry.due = deadline_ns, .pid = process_pid(s->current), .home = s};
    lock_acquire(&t->lock);
    timers_add(t, &t->wheel, &timer->entry, t->wheel.count ? 0 : sched_now_ns(s));
    lock_release(&t->lock);
    if (!sched_until_timers(s))
        sched_watch_timers(s, TIMER_SWITCHES);
    return timer;
}

void timer_cancel(struct timer *timer)
{
    struct timers *t = timer->home->timers;
    lock_acquire(&t->lock);
    wheel_remove(&t->wheel, &timer->entry);
    timers_removed(t);
    lock_release(&t->lock);
    pool_give(&runtime.timers, &self_sched()->timer_cache, timer);
}

uint64_t timer_next_ns(const struct sched *s)
{
    uint64_t next = atomic_load_explicit(&s->timers->next_ns, memory_order_relaxed);
    return next == UINT64_MAX ? 0 : next;
}

bool timer_due(void)
{
    uint64_t first = UINT64_MAX;
    for (unsigned i = 0; i < runtime.count; i++) {
        uint64_t next = atomic_load_explicit(&runtime.scheds[i]->timers->next_ns, memory_order_relaxed);
        first = next < first ? next : first;
    }
    return first != UINT64_MAX && os_now_ns() >= first;
}

/* The process may have been woken by something else; or be about to sleep: then it sees
 * nothing of this, so the timer stays, for the next tick, until its owner cancels it. Who
 * has died cannot. */
static void rouse(struct sched *s, struct timers *t, struct timer *timer)
{
    struct process *p = process_find(timer->pid);
    if (!p) {
        pool_give(&runtime.timers, &s->timer_cache, timer);
        return;
    }
    if (inbox_rouse(&p->inbox, term_pid_generation(timer->pid)))
        sched_ready_slow(p, READY_NEXT);
    wheel_add(&t->wheel, &timer->entry);
}

/* Under the lock, or the timers could be cancelled, and gone, while we walk them. */
static void expire(struct sched *s, struct timers *t, uint64_t now_ns)
{
    if (now_ns < atomic_load_explicit(&t->next_ns, memory_order_relaxed))
        return;
    lock_acquire(&t->lock);
    unsigned patience = TIMERS_AT_ONCE;
    for (struct wheel_entry *e; (e = wheel_pop(&t->wheel, tick_of(now_ns), &patience));)
        rouse(s, t, CONTAINER_OF(e, struct timer, entry));
    timers_changed(t);
    lock_release(&t->lock);
}

void timer_poll(struct sched *s)
{
    uint64_t now = os_now_ns();
    for (unsigned i = 0; i < runtime.count; i++) {
        struct timers *t = runtime.scheds[(s->index + i) % runtime.count]->timers;
        expire(s, t, now);
        alarms_expire(s, t, now);
    }
    sched_watch_timers(s, timer_next_ns(s) ? TIMER_SWITCHES : 0);
}
