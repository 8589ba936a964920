/* alarm.c - see alarm.h. */
#include "kernel/alarm.h"

#include "data/atom.h"
#include "kernel/name.h"
#include "kernel/receive.h"
#include "kernel/reference.h"
#include "kernel/signal.h"

enum { ALARMS_AT_ONCE = 200 /* about twenty microseconds */ };

static struct timers *home_of(term reference)
{
    unsigned i = reference_alarm_scheduler(reference);
    return reference_is_alarm(reference) && i < runtime.count ? runtime.scheds[i]->timers : NULL;
}

static void alarm_free(struct alarm *a)
{
    struct sched *s = self_sched();
    parcel_release(a->payload);
    if (s)
        pool_give(&runtime.alarms, &s->alarm_cache, a);
    else
        pool_give_shared(&runtime.alarms, a);
}

/* ---- under the lock ---- */

/* A wheel reaches 52 days ahead: what is later is looked at then, and put there again. */
static void reach_for(struct alarm *a, uint64_t now)
{
    uint64_t tick = timer_tick_after(a->deadline_ns), last = now + UINT32_MAX;
    a->entry.tick = tick < last ? tick : last;
}

static bool arm_locked(struct timers *t, struct alarm *a, uint64_t now_ns)
{
    if (!table_add(&t->by_reference, &a->in_table))
        return false;
    reach_for(a, t->alarms.count ? t->alarms.now : now_ns >> TIMER_TICK_SHIFT);
    timers_add(t, &t->alarms, &a->entry, now_ns);
    a->armed = true;
    return true;
}

static void put_again_locked(struct timers *t, struct alarm *a)
{
    reach_for(a, t->alarms.now);
    wheel_add(&t->alarms, &a->entry);
}

/* It has left the wheel, or is about to. */
static void disarm_locked(struct timers *t, struct alarm *a)
{
    if (wheel_remove(&t->alarms, &a->entry) && !t->alarms.count)
        timers_changed(t);
    table_remove(&t->by_reference, &a->in_table);
    a->armed = false;
}

static struct alarm *find_locked(const struct timers *t, term reference)
{
    struct table_entry *e = table_find(&t->by_reference, reference);
    return e ? CONTAINER_OF(e, struct alarm, in_table) : NULL;
}

/* ---- the owner's list ---- */

static void enlist(struct process *p, struct alarm *a)
{
    struct extra *x = p->extra;
    a->next = x->alarms;
    a->link = &x->alarms;
    if (a->next)
        a->next->link = &a->next;
    x->alarms = a;
}

static void unlist(struct alarm *a)
{
    if (!a->link)
        return;
    *a->link = a->next;
    if (a->next)
        a->next->link = a->link;
    a->link = NULL;
}

/* ---- sending it ---- */

/* Nobody is there. An owner that has ended since may have looked at it under the lock of
 * its home, before it closed its mailbox: after it comes our turn. */
static void find_nobody(struct alarm *a)
{
    struct timers *t = home_of(a->in_table.key);
    lock_acquire(&t->lock);
    lock_release(&t->lock);
    alarm_free(a);
}

static void alarm_send(struct alarm *a)
{
    term to = term_is_atom(a->to) ? name_find(a->to) : a->to;
    if (!to || !signal_send_message(&a->message, SIGNAL_ALARM, to, READY_IN_TURN))
        find_nobody(a);
}

void alarms_expire(struct sched *s, struct timers *t, uint64_t now_ns)
{
    unsigned patience = ALARMS_AT_ONCE;
    struct wheel_entry *due = NULL, **end = &due, *e;
    (void)s;
    if (now_ns < atomic_load_explicit(&t->next_ns, memory_order_relaxed))
        return;
    lock_acquire(&t->lock);
    while ((e = wheel_pop(&t->alarms, now_ns >> TIMER_TICK_SHIFT, &patience))) {
        if (UNLIKELY(CONTAINER_OF(e, struct alarm, entry)->deadline_ns > now_ns)) {
            put_again_locked(t, CONTAINER_OF(e, struct alarm, entry));
            continue;
        }
        disarm_locked(t, CONTAINER_OF(e, struct alarm, entry));
        *end = e;
        end = &e->next;
    }
    *end = NULL;
    timers_changed(t);
    lock_release(&t->lock);
    while (due) {
        e = due;
        due = e->next;
        alarm_send(CONTAINER_OF(e, struct alarm, entry));
    }
}

/* ---- what a process does ---- */

static struct alarm *alarm_take(void)
{
    struct sched *s = self_sched();
    return s ? pool_take(&runtime.alarms, &s->alarm_cache) : pool_take_shared(&runtime.alarms);
}

/* Field by field: compilers fill two cache lines with zeros by an instruction that takes as long as the rest. */
static void alarm_init(struct alarm *a, uint64_t deadline_ns, term to, term message)
{
    a->entry.link = NULL;
    a->entry.tick = timer_tick_after(deadline_ns);
    a->armed = false;
    a->link = NULL;
    a->to = to;
    a->payload = parcel_make(message);
    a->deadline_ns = deadline_ns;
}

term alarm_set(struct sched *s, uint64_t now_ns, uint64_t deadline_ns, term to, term message, bool wraps)
{
    struct process *p = self_sched() ? s->current : NULL;
    if (!term_is_atom(to) && !process_find(to))
        return term_reference(reference_number(self_sched())); /* there is nothing to keep */
    bool owned = p && to == process_pid(p);
    struct alarm *a = !owned || extra_of(p) ? alarm_take() : NULL;
    if (!a)
        return TERM_NONE;
    alarm_init(a, deadline_ns, to, message);
    a->wraps = wraps;
    a->owned = owned;
    struct timers *t = s->timers;
    lock_acquire(&t->lock);
    term reference = a->in_table.key = reference_alarm(s->index, ++t->alarms_set);
    bool armed = a->payload && arm_locked(t, a, now_ns);
    if (armed && owned) /* before it can expire */
        enlist(p, a);
    lock_release(&t->lock);
    if (!armed) {
        alarm_free(a);
        return TERM_NONE;
    }
    if (p && !sched_until_timers(s))
        sched_watch_timers(s, TIMER_SWITCHES);
    return reference;
}

static int64_t ms_left(const struct alarm *a)
{
    static const uint64_t ns_in_ms = 1000 * 1000;
    uint64_t now = os_now_ns();
    if (!term_is_atom(a->to) && !process_find(a->to))
        return -1; /* as good as gone */
    return a->deadline_ns > now ? (int64_t)((a->deadline_ns - now) / ns_in_ms) : 0;
}

int64_t alarm_read(term reference)
{
    struct timers *t = home_of(reference);
    if (!t)
        return -1;
    lock_acquire(&t->lock);
    struct alarm *a = find_locked(t, reference);
    int64_t ms = a ? ms_left(a) : -1;
    bool useless = a && ms < 0 && !a->owned; /* its addressee has ended */
    if (useless)
        disarm_locked(t, a);
    lock_release(&t->lock);
    if (useless)
        alarm_free(a);
    return ms;
}

int64_t alarm_cancel(struct process *p, term reference)
{
    struct timers *t = home_of(reference);
    if (!t)
        return -1;
    lock_acquire(&t->lock);
    struct alarm *a = find_locked(t, reference);
    int64_t ms = a ? ms_left(a) : -1;
    if (a)
        disarm_locked(t, a);
    lock_release(&t->lock);
    if (!a)
        return -1;
    if (a->owned && (!p || a->to != process_pid(p))) { /* it is in the list of another */
        parcel_release(a->payload);
        a->payload = 0;
        alarm_send(a);
        return ms;
    }
    unlist(a);
    alarm_free(a);
    return ms;
}

/* ---- what reaches a process ---- */

/* NULL: no memory. */
static struct message *message_of(const struct alarm *a)
{
    term payload = parcel_term(a->payload);
    if (a->wraps)
        return message_of_tuple((term[]){term_atom(ATOM_timeout), a->in_table.key, payload}, 3);
    return message_make(self_sched(), payload);
}

void alarm_receive(struct process *p, struct message *m)
{
    struct alarm *a = CONTAINER_OF(m, struct alarm, message);
    unlist(a);
    if (a->payload) { /* not cancelled */
        struct message *sent = message_of(a);
        if (sent)
            signal_post_message(p, sent, false);
        else
            process_doom(p, term_atom(ATOM_no_memory));
    }
    alarm_free(a);
}

void alarm_orphaned(struct message *m)
{
    alarm_free(CONTAINER_OF(m, struct alarm, message));
}

/* ---- the end ---- */

/* What is not armed is on its way to us, or will find nobody: see find_nobody(). */
void alarm_leave(struct process *p)
{
    struct alarm *a = p->extra->alarms;
    struct timers *t = home_of(a->in_table.key);
    lock_acquire(&t->lock);
    bool armed = a->armed;
    if (armed)
        disarm_locked(t, a);
    unlist(a);
    lock_release(&t->lock);
    if (armed)
        alarm_free(a);
}

uint64_t alarms_count(void)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < runtime.count; i++) {
        struct timers *t = runtime.scheds[i]->timers;
        lock_acquire(&t->lock);
        n += t->alarms.count;
        lock_release(&t->lock);
    }
    return n;
}

void alarms_forget(struct timers *t)
{
    for (struct table_entry *e; (e = table_any(&t->by_reference));) {
        table_remove(&t->by_reference, e);
        parcel_release(CONTAINER_OF(e, struct alarm, in_table)->payload);
    }
    table_fini(&t->by_reference);
}
