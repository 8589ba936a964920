/* signal.c - see signal.h. */
#include "kernel/signal.h"

#include "data/atom.h"
#include "data/box.h"
#include "data/copy.h"
#include "kernel/extra.h"
#include "kernel/garbage.h"
#include "kernel/outbox.h"

struct signal *signal_create(void)
{
    struct sched *s = self_sched();
    struct signal *signal = s ? pool_take(&runtime.signals, &s->signals) : pool_take_shared(&runtime.signals);
    if (LIKELY(signal != NULL))
        *signal = (struct signal){0};
    return signal;
}

void signal_free(struct signal *signal)
{
    struct sched *s = self_sched();
    if (s)
        pool_give(&runtime.signals, &s->signals, signal);
    else
        pool_give_shared(&runtime.signals, signal);
}

void signal_free_with_value(struct signal *signal)
{
    parcel_release(signal->value);
    signal_free(signal);
}

/* A death is no hurry: who waits for many wakes once, not once for each. */
bool signal_send_message(struct message *m, enum signal_kind kind, term to, enum urgency urgency)
{
    outbox_flush_self();
    struct process *p = process_find(to);
    m->word = term_own(TERM_OWN_SIGNAL, kind);
    if (p && kind != SIGNAL_ANSWER && process_win(p, term_pid_generation(to))) {
        process_settled(p, signal_receive(p, (struct signal *)m), urgency);
        return true;
    }
    enum mailbox_push pushed = p ? inbox_push(&p->inbox, term_pid_generation(to), m) : MAILBOX_DEAD;
    if (pushed == MAILBOX_MUST_WAKE) {
        if (kind == SIGNAL_ANSWER)
            sched_ready_slow(p, urgency); /* it waits for nothing else */
        else
            process_settle(p, urgency);
    }
    return pushed != MAILBOX_DEAD;
}

bool signal_send(struct signal *signal, enum signal_kind kind, term to)
{
    return signal_send_message(&signal->message, kind, to, READY_IN_TURN);
}

/* ---- bl_wait() ---- */

void signal_keep_waiter(struct process *p, struct signal *signal)
{
    struct signal **place = &p->waits;
    if (signal_answered(p))
        place = (struct signal **)&p->waits->message.next;
    signal->message.next = (struct message *)*place;
    *place = signal;
}

void signal_keep_answer(struct process *p, struct signal *signal)
{
    ASSERT(!signal_answered(p)); /* a process waits for one answer at a time */
    signal->message.next = (struct message *)p->waits;
    p->waits = signal;
}

struct signal *signal_take_answer(struct process *p)
{
    if (!signal_answered(p))
        return NULL;
    struct signal *answer = p->waits;
    p->waits = (struct signal *)answer->message.next;
    return answer;
}

void signal_answer_wait(struct signal *signal, parcel reason)
{
    signal->value = parcel_retain(reason);
    if (!signal_send(signal, SIGNAL_ANSWER, signal->from))
        signal_free_with_value(signal); /* the waiter is gone too */
}

void signal_answer_waiter(struct process *p, parcel reason)
{
    struct signal *signal = signal_take_answer(p);
    if (signal) { /* an answer to p, who does not wait for it any more */
        signal_free_with_value(signal);
        return;
    }
    signal = p->waits;
    p->waits = (struct signal *)signal->message.next;
    signal_answer_wait(signal, reason);
}

void signal_answer_waiters(struct process *p, parcel reason)
{
    while (p->waits)
        signal_answer_waiter(p, reason);
}

/* ---- messages that the runtime makes ---- */

void process_doom(struct process *p, parcel reason)
{
    if (process_set_doomed(p, DOOMED_BY_SIGNAL))
        p->arg = reason;
    else
        parcel_release(reason);
}

struct message *message_of_tuple(const term *elements, unsigned n)
{
    struct block *b = block_create(1 + n), *last = b;
    if (!b)
        return NULL;
    b->used = 1 + n;
    b->words[0] = box_header(BOX_TUPLE, n);
    b->message.word = term_box(b->words);
    for (unsigned i = 0; i < n; i++) {
        b->words[1 + i] = elements[i];
        if (!term_is_pointer(elements[i]))
            continue;
        b->words[1 + i] = TERM_NIL; /* a word that is whole, if we give up here */
        last->more = copy_out(elements[i]);
        if (!last->more) {
            blocks_free(b);
            return NULL;
        }
        b->words[1 + i] = last->more->message.word;
        while (last->more)
            last = last->more;
    }
    return &b->message;
}

/* Behind the other priority messages, before all else. */
static void post_first(struct process *p, struct extra *x, struct message *m)
{
    struct message **place = x->last_priority ? &x->last_priority->next : &p->mail.first;
    m->next = *place;
    *place = m;
    if (!m->next)
        p->mail.last = m;
    p->mail.count++;
    p->mail.bulk += message_bulk(m);
    x->last_priority = m;
    x->restart = true;
}

void signal_post_message(struct process *p, struct message *m, bool priority)
{
    struct extra *x = priority ? extra_of(p) : NULL;
    event(p, EVENT_RECEIVE, m->word, TERM_NONE);
    if (x && process_heap(p)) /* who has a heap looks after last_priority: kernel/receive */
        post_first(p, x, m);
    else
        process_keep(p, m);
}

void signal_post(struct process *p, const term *elements, unsigned n, bool priority)
{
    struct message *m = message_of_tuple(elements, n);
    if (m)
        signal_post_message(p, m, priority);
    else
        process_doom(p, term_atom(ATOM_no_memory));
}
