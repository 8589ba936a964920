/* select.c - see select.h. */
#include "kernel/select.h"

#include "data/atom.h"
#include "kernel/extra.h"
#include "kernel/garbage.h"
#include "kernel/receive.h"
#include "kernel/timer.h"

static enum receiver_state state_of(const bl_receiver *r)
{
    return r->state & RECEIVER_STATES;
}

static void become(bl_receiver *r, enum receiver_state state)
{
    r->state = (r->state & ~(unsigned)RECEIVER_STATES) | state;
}

static struct message **message_link(const bl_receiver *r)
{
    return r->place;
}

/* ---- waiting ---- */

static void stop_timer(bl_receiver *r)
{
    if (UNLIKELY(r->timer != NULL))
        timer_cancel(r->timer);
    r->timer = NULL;
}

/* Sleep until something has arrived or the time is over; or for no reason. */
static void sleep_for(struct sched *s, bl_receiver *r)
{
    if (!(r->state & RECEIVER_FOREVER) && !r->timer) {
        r->timer = timer_set(s, r->deadline);
        if (!r->timer)
            process_end_self(term_atom(ATOM_no_memory));
    }
    sched_park_self(s, NULL);
}

static bool time_is_over(const bl_receiver *r)
{
    return !(r->state & RECEIVER_FOREVER) && os_now_ns() >= r->deadline;
}

/* There is no message at the place of r. True: the clauses are to be asked. */
static bool ask_or_wait(struct sched *s, bl_receiver *r)
{
    if (!(r->state & RECEIVER_ASKED)) {
        become(r, RECEIVER_DRY);
        return true;
    }
    if (!(r->state & RECEIVER_TIMED))
        r->state |= RECEIVER_TIMED | RECEIVER_FOREVER; /* no clause has a limit */
    if (time_is_over(r)) {
        stop_timer(r);
        become(r, RECEIVER_EXPIRED);
        return true;
    }
    sleep_for(s, r);
    return false;
}

/* ---- the walk ---- */

static struct sched *start_walk(struct sched *s, bl_receiver *r)
{
    s = message_charge(s);
    garbage_poll(s);
    if (!r->place) {
        r->place = &s->current->mail.first;
        if (UNLIKELY(s->current->extra != NULL)) {
            s->current->extra->restart = false;
            if (s->current->extra->urgent)
                s = message_take_all(s);
        }
    }
    return s;
}

static void take_in(struct process *p)
{
    if (!inbox_is_empty(&p->inbox))
        message_take_in(p, inbox_take(&p->inbox, process_generation(p)));
}

/* Priority messages come in at the front, which has been walked. */
static inline void look_again(struct process *p, bl_receiver *r)
{
    if (LIKELY(!p->extra) || !p->extra->restart)
        return;
    p->extra->restart = false;
    r->place = &p->mail.first;
}

bool select_next(struct sched *s, bl_receiver *r)
{
    switch (state_of(r)) {
    case RECEIVER_NEW: s = start_walk(s, r); break;
    case RECEIVER_LOOKING: r->place = &(*message_link(r))->next; break;
    case RECEIVER_DRY: break;
    default: return false;
    }
    for (;;) {
        struct process *p = s->current;
        if (!*message_link(r)) {
            take_in(p);
            look_again(p, r);
            s = self_sched(); /* it may have been suspended meanwhile */
        }
        if (*message_link(r)) {
            become(r, RECEIVER_LOOKING);
            r->state |= RECEIVER_ASKED;
            return true;
        }
        if (ask_or_wait(s, r)) {
            r->state |= RECEIVER_ASKED;
            return true;
        }
        s = self_sched();
    }
}

term select_message(const bl_receiver *r)
{
    return state_of(r) == RECEIVER_LOOKING ? (*message_link(r))->word : TERM_NONE;
}

/* m leaves the list; a mark behind it stays where it was. */
static void detach(struct process *p, struct message **place)
{
    struct message *m = *place;
    if (p->heap && p->heap->mark == &m->next)
        p->heap->mark = place;
    if (UNLIKELY(p->extra != NULL) && p->extra->last_priority == m)
        p->extra->last_priority = place == &p->mail.first ? NULL : CONTAINER_OF(place, struct message, next);
    *place = m->next;
    if (p->mail.last == m && place != &p->mail.first)
        p->mail.last = CONTAINER_OF(place, struct message, next);
    p->mail.count--;
}

term select_take(struct sched *s, bl_receiver *r)
{
    struct message *m = *message_link(r);
    detach(s->current, message_link(r));
    stop_timer(r);
    term taken = message_accept(s, m);
    become(r, RECEIVER_DONE);
    return taken;
}

bool select_drop(struct process *p, select_test *matches, term of)
{
    for (struct message **place = &p->mail.first; *place; place = &(*place)->next)
        if (matches((*place)->word, of)) {
            struct message *m = *place;
            detach(p, place);
            message_free(m);
            return true;
        }
    return false;
}

void select_sleep(struct sched *s, uint64_t deadline_ns)
{
    struct timer *timer = NULL;
    while (os_now_ns() < deadline_ns) {
        if (!timer && !(timer = timer_set(s, deadline_ns)))
            process_end_self(term_atom(ATOM_no_memory));
        sched_park_self(s, NULL);
        take_in(self_sched()->current);
        s = self_sched();
    }
    if (timer)
        timer_cancel(timer);
}

static const uint64_t ns_per_ms = 1000 * 1000;

void select_limit(bl_receiver *r, int64_t milliseconds)
{
    r->state |= RECEIVER_TIMED;
    if (milliseconds == BL_INFINITY)
        r->state |= RECEIVER_FOREVER;
    else if (milliseconds < 0 || milliseconds > UINT32_MAX)
        process_end_self(term_atom(ATOM_timeout_value));
    else if (milliseconds)
        r->deadline = os_now_ns() + (uint64_t)milliseconds * ns_per_ms;
}

bool select_done(const bl_receiver *r)
{
    return state_of(r) == RECEIVER_DONE;
}

bool select_expired(bl_receiver *r)
{
    if (state_of(r) != RECEIVER_EXPIRED)
        return false;
    become(r, RECEIVER_DONE);
    return true;
}

/* ---- marks ---- */

void select_mark_taken(struct process *p, term reference)
{
    struct heap *h = process_heap(p);
    if (!h)
        return; /* no mark: everything will be looked at */
    h->mark_reference = reference;
    h->mark = p->mail.first ? &p->mail.last->next : &p->mail.first;
}

void select_mark(struct sched *s, term reference)
{
    struct process *p = s->current;
    take_in(p);
    select_mark_taken(p, reference);
}

void select_since(struct sched *s, bl_receiver *r, term reference)
{
    const struct heap *h = s->current->heap;
    if (h && reference && h->mark_reference == reference)
        r->place = h->mark;
}

size_t select_length(struct sched *s)
{
    take_in(s->current);
    return s->current->mail.count;
}
