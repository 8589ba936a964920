/* alarm.c - see alarm.h. */
#include "kernel/alarm.h"

#include <errno.h>

#include "data/atom.h"
#include "kernel/name.h"
#include "kernel/receive.h"
#include "kernel/reference.h"
#include "kernel/signal.h"

enum { ALARMS_AT_ONCE = 200 /* about twenty microseconds */, ALARMS_FEW = 2 * 1024 * 1024 /* a large page */ };

/* All there can be: constant while the runtime runs. */
static struct {
    struct alarm *all;
    size_t capacity;
} alarms;

static size_t alarms_size(void)
{
    return align_up(alarms.capacity * sizeof(struct alarm), os_page_size());
}

int alarms_create(void)
{
    enum { MOST = 1 << 27, LEAST = 1 << 16 };
    for (alarms.capacity = MOST; alarms.capacity >= LEAST; alarms.capacity /= 2) {
        alarms.all = os_reserve(alarms_size());
        if (!alarms.all)
            continue;
        if (alarms_size() > ALARMS_FEW) /* few of them stay small */
            os_wish_large_pages((char *)alarms.all + ALARMS_FEW, alarms_size() - ALARMS_FEW);
        return pool_init_over(&runtime.alarms, sizeof(struct alarm), 0, alarms.all, alarms.capacity);
    }
    return -ENOMEM;
}

void alarms_destroy(void)
{
    if (!alarms.all)
        return;
    for (size_t i = 0, n = pool_ever_taken(&runtime.alarms); i < n; i++)
        if (alarm_is_armed(&alarms.all[i]))
            parcel_release(alarms.all[i].payload);
    pool_fini(&runtime.alarms);
    os_release(alarms.all, alarms_size());
    alarms.all = NULL;
}

/* NULL: this never was one. */
static struct alarm *alarm_of(term reference)
{
    uint32_t place = reference_alarm_place(reference);
    return LIKELY(reference_is_alarm(reference) && place < alarms.capacity) ? &alarms.all[place] : NULL;
}

static term reference_of(const struct alarm *a)
{
    return reference_alarm((uint32_t)(a - alarms.all), alarm_life(a));
}

/* Who sets one sets more: the place for the next is fetched, as taking it will read it. */
static struct alarm *alarm_take(struct sched *s)
{
    if (UNLIKELY(!s))
        return pool_take_shared(&runtime.alarms);
    struct alarm *a = pool_take(&runtime.alarms, &s->alarm_cache);
    __builtin_prefetch(s->alarm_cache.loaded, 1);
    return a;
}

/* Nobody is to be given a reference twice: what has used up its lives is left lying. */
static void alarm_free(struct alarm *a)
{
    struct sched *s = self_sched();
    parcel_release(a->payload);
    if (UNLIKELY(alarm_life(a) == ALARM_LIVES))
        return;
    if (LIKELY(s != NULL))
        pool_give(&runtime.alarms, &s->alarm_cache, a);
    else
        pool_give_shared(&runtime.alarms, a);
}

/* ---- under the lock ---- */

/* Its home, locked. If somebody's reference is of the life that a has now, this is where; if not, we
 * have locked something and see that. (Home and life are written under the lock of that home,
 * and the life that a reference names has begun before anybody has it.) */
static struct timers *lock_home(const struct alarm *a)
{
    for (;;) {
        /* relaxed: the lock orders what counts. */
        unsigned home = atomic_load_explicit(&a->home, memory_order_relaxed);
        struct timers *t = runtime.scheds[home]->timers;
        lock_acquire(&t->lock);
        if (LIKELY(home == atomic_load_explicit(&a->home, memory_order_relaxed)))
            return t;
        lock_release(&t->lock);
    }
}

static inline void set_life_locked(struct alarm *a, uint32_t life, bool armed)
{
    atomic_store_explicit(&a->life, life << 1 | armed, memory_order_relaxed);
}

/* Is this what the reference names, and not over? */
static inline bool is_meant_locked(const struct alarm *a, term reference)
{
    return atomic_load_explicit(&a->life, memory_order_relaxed) == (reference_alarm_life(reference) << 1 | 1);
}

static void arm_locked(struct sched *s, struct alarm *a, uint64_t now_ns)
{
    timers_add(s->timers, &s->timers->alarms, &a->entry, now_ns);
    atomic_store_explicit(&a->home, (uint16_t)s->index, memory_order_relaxed);
    set_life_locked(a, alarm_life(a) + 1, true);
}

static void disarm_locked(struct timers *t, struct alarm *a)
{
    wheel_remove(&t->alarms, &a->entry);
    timers_removed(t);
    set_life_locked(a, alarm_life(a), false);
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
    lock_release(&lock_home(a)->lock);
    alarm_free(a);
}

static void alarm_send(struct alarm *a)
{
    term to = term_is_atom(a->to) ? name_find(a->to) : a->to;
    if (!to || !signal_send_message(&a->message, SIGNAL_ALARM, to, READY_NEXT))
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
    while (!t->sending && (e = wheel_pop(&t->alarms, now_ns >> WHEEL_TICK_SHIFT, &patience))) {
        struct alarm *a = CONTAINER_OF(e, struct alarm, entry);
        set_life_locked(a, alarm_life(a), false);
        *end = e;
        end = &e->next;
    }
    *end = NULL;
    t->sending |= due != NULL;
    timers_changed(t);
    lock_release(&t->lock);
    if (!due)
        return;
    while (due) {
        e = due;
        due = e->next;
        alarm_send(CONTAINER_OF(e, struct alarm, entry));
    }
    lock_acquire(&t->lock);
    t->sending = false;
    timers_changed(t);
    lock_release(&t->lock);
}

/* ---- what a process does ---- */

term alarm_set(struct sched *s, uint64_t now_ns, uint64_t deadline_ns, term to, term message, bool wraps)
{
    struct sched *self = self_sched();
    struct process *p = self ? self->current : NULL;
    bool owned = p && to == process_pid(p);
    if (!owned && !term_is_atom(to) && !process_find(to))
        return term_reference(reference_number(self)); /* there is nothing to keep */
    struct alarm *a = !owned || extra_of(p) ? alarm_take(self) : NULL;
    if (UNLIKELY(!a))
        return TERM_NONE;
    a->payload = parcel_make(message);
    if (UNLIKELY(!a->payload)) {
        alarm_free(a);
        return TERM_NONE;
    }
    a->entry.link = NULL;
    a->entry.due = deadline_ns;
    a->to = to;
    a->link = NULL;
    a->wraps = wraps;
    a->owned = owned;
    lock_acquire(&s->timers->lock);
    arm_locked(s, a, now_ns);
    if (owned) /* before it can expire */
        enlist(p, a);
    term reference = reference_of(a);
    lock_release(&s->timers->lock);
    if (p && !sched_until_timers(s))
        sched_watch_timers(s, TIMER_SWITCHES);
    return reference;
}

/* -1: as good as gone. */
static int64_t ms_left(const struct alarm *a, bool is_ours, uint64_t now_ns)
{
    static const uint64_t ns_in_ms = 1000 * 1000;
    if (!is_ours && !term_is_atom(a->to) && !process_find(a->to))
        return -1;
    return a->entry.due > now_ns ? (int64_t)((a->entry.due - now_ns) / ns_in_ms) : 0;
}

int64_t alarm_read(term reference)
{
    struct alarm *a = alarm_of(reference);
    if (!a)
        return -1;
    uint64_t now = sched_now_ns(self_sched());
    struct timers *t = lock_home(a);
    bool is_set = is_meant_locked(a, reference);
    int64_t ms = is_set ? ms_left(a, false, now) : -1;
    bool useless = is_set && ms < 0 && !a->owned; /* its addressee has ended */
    if (useless)
        disarm_locked(t, a);
    lock_release(&t->lock);
    if (useless)
        alarm_free(a);
    return ms;
}

int64_t alarm_cancel(struct process *p, term reference)
{
    struct alarm *a = alarm_of(reference);
    if (!a)
        return -1;
    uint64_t now = sched_now_ns(self_sched());
    struct timers *t = lock_home(a);
    if (!is_meant_locked(a, reference)) {
        lock_release(&t->lock);
        return -1;
    }
    bool is_ours = p && a->to == process_pid(p);
    int64_t ms = ms_left(a, is_ours, now);
    disarm_locked(t, a);
    lock_release(&t->lock);
    if (UNLIKELY(a->owned && !is_ours)) { /* it is in the list of another */
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
        return message_of_tuple((term[]){term_atom(ATOM_timeout), reference_of(a), payload}, 3);
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
    struct timers *t = lock_home(a);
    bool armed = alarm_is_armed(a);
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
