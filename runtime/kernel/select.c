/* select.c - see select.h. */
#include "kernel/select.h"

#include <string.h>

#include "base/memory.h"
#include "data/atom.h"
#include "kernel/extra.h"
#include "kernel/garbage.h"
#include "kernel/receive.h"
#include "kernel/signal.h"
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

static void start_timer(struct sched *s, bl_receiver *r)
{
    r->timer = timer_set(s, r->deadline);
    if (!r->timer)
        process_end_self(term_atom(ATOM_no_memory));
}

static bool time_is_over(const bl_receiver *r)
{
    return !(r->state & RECEIVER_FOREVER) && os_now_ns() >= r->deadline;
}

/* A site that has been through a dry pass without meeting a limit never will: the clauses
 * are always the same. relaxed: everybody would write the same. */
#define SITE_HAS_NO_LIMIT ((void *)1)

static bool site_has_no_limit(const bl_site *site)
{
    return site && __atomic_load_n(&site->compiled, __ATOMIC_RELAXED) == SITE_HAS_NO_LIMIT;
}

static void wait_for_ever(bl_receiver *r)
{
    r->state |= RECEIVER_TIMED | RECEIVER_FOREVER;
    if (r->site)
        __atomic_store_n(&r->site->compiled, SITE_HAS_NO_LIMIT, __ATOMIC_RELAXED);
}

/* ---- the walk ---- */

term select_message(const bl_receiver *r)
{
    return state_of(r) == RECEIVER_LOOKING ? (*message_link(r))->word : TERM_NONE;
}


static struct sched *start_walk(struct sched *s, bl_receiver *r)
{
    s = message_charge(s);
    s = garbage_poll(s);
    if (!r->place) {
        r->place = &s->current->mail.first;
        if (UNLIKELY(s->current->extra != NULL)) {
            s->current->extra->restart = false;
            if (s->current->extra->urgent)
                s = message_take_all(s);
        }
    }
    if (LIKELY(site_has_no_limit(r->site)))
        r->state |= RECEIVER_ASKED | RECEIVER_TIMED | RECEIVER_FOREVER;
    return s;
}

static inline void take_in(struct process *p)
{
    if (!inbox_is_empty(&p->inbox))
        message_take_in(p, inbox_take(&p->inbox, process_generation(p)));
}

static uint64_t ask_clauses(bl_receiver *r, enum receiver_state state)
{
    become(r, state);
    r->state |= RECEIVER_ASKED;
    r->message = term_give(select_message(r));
    return 1;
}

/* Priority messages come in at the front, which has been walked. */
static inline void look_again(struct process *p, bl_receiver *r)
{
    if (LIKELY(!p->extra) || !p->extra->restart)
        return;
    p->extra->restart = false;
    r->place = &p->mail.first;
}

/* The private list is empty, and one message is in the inbox: it can be looked at where it lies
 * (data/mailbox), by the place r->alone. Not by who may get priority messages, or is traced. */
static inline bool look_where_it_lies(struct process *p, bl_receiver *r)
{
    struct message *m = inbox_peek(&p->inbox);
    if (!m || m->next || message_is_signal(m) || p->mail.first || r->place != &p->mail.first)
        return false;
    if (UNLIKELY(p->extra != NULL) && (p->extra->urgent || p->extra->trace))
        return false;
    r->alone = m;
    r->place = &r->alone;
    return true;
}

/* It is to be a message like others: the first of the private list. It may be that already, since
 * whatever is called in the arguments of a clause may take in what there is. */
static void take_in_alone(struct process *p, bl_receiver *r)
{
    if (r->place != &r->alone)
        return;
    if (p->mail.first != r->alone)
        take_in(p);
    r->place = &p->mail.first;
}

/* Is there anything to ask the clauses about? 0: not yet. It may have been suspended meanwhile,
 * and go on on another scheduler. */
static inline uint64_t select_look(struct process *p, bl_receiver *r)
{
    if (!*message_link(r) && !look_where_it_lies(p, r)) {
        take_in(p);
        look_again(p, r);
    }
    if (LIKELY(*message_link(r) != NULL))
        return ask_clauses(r, RECEIVER_LOOKING);
    if (!(r->state & RECEIVER_ASKED))
        return ask_clauses(r, RECEIVER_DRY);
    if (!(r->state & RECEIVER_TIMED))
        wait_for_ever(r);
    if (LIKELY(!time_is_over(r)))
        return 0;
    stop_timer(r);
    event(p, EVENT_RECEIVE, term_atom(ATOM_timeout), TERM_NONE);
    return ask_clauses(r, RECEIVER_EXPIRED);
}

/* First thing when a process goes on that was parked in a select: its receiver is where
 * park() has left it. 0: message_receive_again(). */
static uint64_t select_woken(void)
{
    struct process *p = self_sched()->current;
    uint64_t found = select_look(p, (bl_receiver *)(uintptr_t)p->arg);
    if (LIKELY(found))
        p->arg = TERM_NONE;
    return found;
}

/* A running process needs no `arg`, so it says which receiver it waits for. */
static uint64_t park(struct sched *s, bl_receiver *r)
{
    if (!(r->state & RECEIVER_FOREVER) && !r->timer)
        start_timer(s, r);
    s = garbage_poll_at_rest(s);
    s->current->arg = (term)(uintptr_t)r;
    return sched_park_self(s, select_woken);
}

/* A receive that begins, and there is nothing: most of them. It waits. */
static inline bool waits_at_once(const struct process *p, const bl_receiver *r)
{
    const struct extra *x = p->extra;
    return r->state == RECEIVER_NEW && !*(r->place ? message_link(r) : &p->mail.first) && inbox_is_empty(&p->inbox) &&
           site_has_no_limit(r->site) && (LIKELY(!x) || !(x->urgent | x->restart));
}

uint64_t select_next(struct sched *s, bl_receiver *r)
{
    if (LIKELY(waits_at_once(s->current, r)) && LIKELY(sched_charge_early(s))) {
        if (!r->place)
            r->place = &s->current->mail.first;
        r->state |= RECEIVER_ASKED | RECEIVER_TIMED | RECEIVER_FOREVER;
        return park(s, r);
    }
    switch (state_of(r)) {
    case RECEIVER_NEW: s = start_walk(s, r); break;
    case RECEIVER_LOOKING:
        take_in_alone(s->current, r);
        r->place = &(*message_link(r))->next;
        break;
    case RECEIVER_DRY: break;
    default: return 0;
    }
    uint64_t found = select_look(s->current, r);
    return found ? found : park(self_sched(), r);
}

/* Woken for nothing, by a signal, say: from the start. Called by the switch (machine/ctx_*.S).
 * Who waits in a select has its receiver in `arg`, which is empty in all others that run. */
uint64_t message_receive_again(void)
{
    struct sched *s = self_sched();
    bl_receiver *r = (bl_receiver *)(uintptr_t)s->current->arg;
    return r ? park(s, r) : message_receive(s);
}

/* m leaves the list; a mark behind it stays where it was. */
static void detach(struct process *p, struct message **place)
{
    struct message *m = *place;
    if (p->heap && p->heap->mark == &m->next)
        p->heap->mark = place;
    if (UNLIKELY(p->extra != NULL)) {
        if (p->extra->last_priority == m)
            p->extra->last_priority = place == &p->mail.first ? NULL : CONTAINER_OF(place, struct message, next);
        if (p->extra->marks)
            marks_move(p->extra->marks, &m->next, place);
    }
    *place = m->next;
    if (p->mail.last == m && place != &p->mail.first)
        p->mail.last = CONTAINER_OF(place, struct message, next);
    p->mail.count--;
    p->mail.bulk -= message_bulk(m);
}

term select_take(struct sched *s, bl_receiver *r)
{
    take_in_alone(s->current, r);
    struct message *m = *message_link(r);
    detach(s->current, message_link(r));
    stop_timer(r);
    term taken = message_accept(s, m);
    become(r, RECEIVER_DONE);
    return taken;
}

static NOINLINE void discard_slowly(struct process *p, bl_receiver *r)
{
    take_in_alone(p, r);
    struct message *m = *message_link(r);
    detach(p, message_link(r));
    message_free(m);
}

void select_discard(struct sched *s, bl_receiver *r)
{
    if (UNLIKELY(r->timer != NULL))
        stop_timer(r);
    become(r, RECEIVER_DONE);
    if (UNLIKELY(r->place != &r->alone) || UNLIKELY(s->current->mail.first == r->alone)) {
        discard_slowly(s->current, r);
        return;
    }
    struct message *m = r->alone;
    m->word = term_is_pointer(m->word) ? MESSAGE_READ_BLOCK : MESSAGE_READ;
}

/* Nothing is older than the reference it is about, but what came in at the front. */
static struct message **place_since(struct process *p, term reference)
{
    const struct heap *h = p->heap;
    bool marked = h && h->mark_reference == reference && !(p->extra && p->extra->urgent);
    return marked ? h->mark : &p->mail.first;
}

bool select_drop(struct process *p, select_test *matches, term of)
{
    for (struct message **place = place_since(p, of); *place; place = &(*place)->next)
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
        sched_park_self(garbage_poll_at_rest(s), NULL);
        take_in(self_sched()->current);
        s = self_sched();
    }
    if (timer)
        timer_cancel(timer);
}

static const uint64_t ns_per_ms = 1000 * 1000;

bool select_limit(bl_receiver *r, int64_t milliseconds)
{
    r->state |= RECEIVER_TIMED;
    if (milliseconds == BL_INFINITY)
        r->state |= RECEIVER_FOREVER;
    else if (milliseconds < 0 || milliseconds > UINT32_MAX)
        return false;
    else if (milliseconds)
        r->deadline = sched_now_ns(self_sched()) + (uint64_t)milliseconds * ns_per_ms + CLOCK_ERROR_NS;
    return true;
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

/* The last mark becomes one of the older ones; the oldest of them is forgotten, if there are too many. One at the
 * front says no more than none. */
static void keep_last_mark(const struct process *p)
{
    const struct heap *h = p->heap;
    struct extra *x = p->extra;
    if (h->mark == &p->mail.first)
        return;
    struct marks *marks = x->marks ? x->marks : memory_alloc(sizeof *marks);
    if (!marks)
        return;
    if (!x->marks)
        marks->count = 0;
    x->marks = marks;
    if (marks->count == MARKS_OLDER)
        memmove(&marks->at[0], &marks->at[1], --marks->count * sizeof marks->at[0]);
    marks->at[marks->count].reference = h->mark_reference;
    marks->at[marks->count++].place = h->mark;
}

/* Who has no extra has only one: for such calls come one after the other. */
void select_mark_taken(struct process *p, term reference)
{
    struct heap *h = process_heap(p);
    if (!h)
        return; /* no mark: everything will be looked at */
    if (h->mark_reference && p->extra)
        keep_last_mark(p);
    h->mark_reference = reference;
    h->mark = p->mail.first ? &p->mail.last->next : &p->mail.first;
}

static NOINLINE void unmark_older(struct extra *x, term reference)
{
    struct marks *marks = x->marks;
    for (unsigned i = 0; i < marks->count; i++)
        if (marks->at[i].reference == reference) {
            memmove(&marks->at[i], &marks->at[i + 1], (--marks->count - i) * sizeof marks->at[0]);
            break;
        }
    if (!marks->count) {
        memory_free(marks, sizeof *marks);
        x->marks = NULL;
    }
}

void select_unmark(struct process *p, term reference)
{
    if (p->heap && p->heap->mark_reference == reference)
        p->heap->mark_reference = TERM_NONE;
    else if (p->extra && p->extra->marks)
        unmark_older(p->extra, reference);
}

void select_mark(struct sched *s, term reference)
{
    struct process *p = s->current;
    take_in(p);
    select_mark_taken(p, reference);
}

static NOINLINE struct message **find_older_mark(const struct marks *marks, term reference)
{
    for (unsigned i = 0; i < marks->count; i++)
        if (marks->at[i].reference == reference)
            return marks->at[i].place;
    return NULL;
}

void select_since(struct sched *s, bl_receiver *r, term reference)
{
    const struct process *p = s->current;
    if (!p->heap || !reference)
        return;
    if (LIKELY(p->heap->mark_reference == reference))
        r->place = p->heap->mark;
    else if (p->extra && p->extra->marks)
        r->place = find_older_mark(p->extra->marks, reference);
}

size_t select_length(struct sched *s)
{
    take_in(s->current);
    return s->current->mail.count;
}

size_t select_bytes(struct sched *s)
{
    take_in(s->current);
    return (size_t)s->current->mail.bulk * 16;
}
