/* leave.c - see leave.h. */
#include "kernel/leave.h"

#include "base/memory.h"
#include "data/atom.h"
#include "kernel/alarm.h"
#include "kernel/blocking.h"
#include "kernel/garbage.h"
#include "kernel/info.h"
#include "kernel/link.h"
#include "kernel/monitor.h"
#include "kernel/name.h"
#include "kernel/receive.h"
#include "kernel/reception.h"
#include "kernel/suspend.h"
#include "kernel/sweep.h"
#include "kernel/trace.h"

enum { SLICE = 400 /* signals, messages, or blocks of memory: as long as an ordinary time slice, or so */ };

static uint32_t generation_after(uint32_t generation)
{
    return generation >= UINT32_MAX - 1 ? 1 : generation + 1;
}

/* ---- the mailbox ---- */

/* From here on it is dead, and nothing more comes in. The result is what it has not taken in. `generation`:
 * its own, which is what the caller keeps if it needs the pid afterwards. */
static inline struct message *close_mailbox(struct process *p, uint32_t generation)
{
    uint32_t next = generation_after(generation);
    /* release: whoever finds the process dead sees what it did; pairs with process_find().
     * Whoever still reads the old number is turned away by the inbox. */
    atomic_store_explicit(&p->generation, next, memory_order_release);
    return inbox_close(&p->inbox, next);
}

static struct estate estate_of(struct process *p, struct message *late)
{
    struct estate e = {.taken = p->mail.first, .late = late};
    p->mail = (struct msgq){0};
    return e;
}

/* The first of a list, if there is one, and time for it. */
static struct message *next_of(struct message **list, int *left)
{
    struct message *m = *left ? *list : NULL;
    if (m) {
        --*left;
        *list = m->next;
    }
    return m;
}

/* Messages are freed; the signals among them are kept, in their order. False: there are more. */
static bool sort_out(struct estate *e, int *left)
{
    struct message *m;
    while ((m = next_of(&e->taken, left)))
        if (message_is_signal(m))
            msgq_append(&e->signals, m);
        else
            message_free(m);
    while ((m = next_of(&e->late, left)))
        if (message_is_signal(m)) {
            m->next = e->late_signals;
            e->late_signals = m;
        } else {
            message_free(m);
        }
    return !e->taken && !e->late;
}

/* Who linked to p, as p had to it, hears why p has ended along p's link, and nothing before. */
static void orphan(const struct process *p, struct message *m, term ended, parcel reason)
{
    struct signal *signal = (struct signal *)m;
    if (signal_kind(signal) == SIGNAL_LINK && link_is_with(p, signal->from))
        signal_free(signal);
    else
        signal_orphaned(ended, signal, reason);
}

/* Signals get their answers. The runtime may stop meanwhile: so each is out of the list first. */
static bool answer_estate(struct process *p, struct estate *e, term ended, parcel reason, int *left)
{
    struct message *m;
    while ((m = next_of(&e->signals.first, left)) || (m = next_of(&e->late_signals, left)))
        orphan(p, m, ended, reason);
    while (p->waits && *left) {
        --*left;
        signal_answer_waiter(p, reason);
    }
    return !e->signals.first && !e->late_signals && !p->waits;
}

/* What is left takes turns of its own. False: no memory for that. */
static bool leave_later(struct process *p, const struct estate *e, term ended, parcel reason)
{
    struct extra *x = extra_of(p);
    if (!x)
        return false;
    x->estate = *e;
    x->closed = true;
    x->reason = parcel_retain(reason);
    p->kind = PROCESS_LEAVING;
    process_clear_doomed(p);
    p->arg = ended;
    process_set_rank(p, RANK_NORMAL);
    return true;
}

static NOINLINE bool leave_much(struct process *p, struct message *late, term ended, parcel reason)
{
    struct estate e = estate_of(p, late);
    for (;;) {
        int left = SLICE;
        if (process_heap_drop_some(p, &left) && sort_out(&e, &left) && answer_estate(p, &e, ended, reason, &left))
            return true;
        if (leave_later(p, &e, ended, reason))
            return false;
    }
}

bool leave_at_once(struct process *p, parcel reason)
{
    uint32_t generation = process_generation(p);
    struct message *late = close_mailbox(p, generation);
    if (UNLIKELY(p->mail.first != NULL) || UNLIKELY(p->heap != NULL) || (late && UNLIKELY(late->next != NULL)))
        return leave_much(p, late, term_pid(process_index(p), generation), reason);
    if (late && message_is_signal(late))
        orphan(p, late, term_pid(process_index(p), generation), reason);
    else if (late)
        message_free(late);
    if (p->waits)
        signal_answer_waiters(p, reason);
    return true;
}

/* ---- the rest ---- */

void leave_begin(struct process *p, parcel reason)
{
    name_give_back(p, TERM_NONE); /* before anybody hears of the end */
    blocking_leave(p);
    p->kind = PROCESS_LEAVING;
    p->bound &= (uint16_t)~BOUND_HELD;
    process_set_rank(p, RANK_NORMAL); /* it may take long, and nobody should starve */
    process_clear_doomed(p);
    p->arg = process_pid(p);
    p->extra->reason = reason;
}

/* One link, or monitor, or whatever. False: there is none. Whom it had suspended goes on before anybody hears of the
 * end, and can count on that. */
static bool tell_one(struct process *p, struct extra *x)
{
    struct signal *record;
    if ((record = signal_of_node(treap_pop(&x->suspends))))
        suspend_leave(record);
    else if ((record = signal_of_node(treap_pop(&x->links))))
        link_leave(p->arg, record, x->reason);
    else if ((record = signal_of_node(treap_pop(&x->watchers))))
        watcher_leave(p->arg, record, x->reason);
    else if ((record = signal_of_node(treap_pop(&x->references))))
        reference_leave(p->arg, record);
    return record;
}

static void extra_free(struct process *p)
{
    parcel_release(p->extra->reason);
    trace_forget(p);
    if (p->extra->marks)
        memory_free(p->extra->marks, sizeof *p->extra->marks);
    memory_free(p->extra, sizeof *p->extra);
    p->extra = NULL;
}

/* Its memory goes first; timers come before the mailbox closes: see kernel/alarm. */
bool leave_slice(struct process *p)
{
    struct extra *x = p->extra;
    int left = SLICE;
    if (!process_heap_drop_some(p, &left))
        return false;
    for (; x->alarms && left; left--)
        alarm_leave(p);
    if (x->alarms)
        return false;
    if (!x->closed) {
        x->estate = estate_of(p, close_mailbox(p, process_generation(p)));
        sweeps_leave(p);
    }
    x->closed = true;
    if (!sort_out(&x->estate, &left) || !answer_estate(p, &x->estate, p->arg, x->reason, &left))
        return false;
    while (tell_one(p, x))
        if (left-- <= 0)
            return false;
    extra_free(p);
    return true;
}

static void forget_all(struct treap *t, bool parcels)
{
    for (struct signal *record; (record = signal_of_node(treap_pop(t)));) {
        if (parcels)
            parcel_release(record->value);
        signal_free(record);
    }
}

static void forget_messages(struct message *m)
{
    while (m) {
        struct message *next = m->next;
        if (message_is_signal(m))
            signal_drop((struct signal *)m);
        else
            message_free(m);
        m = next;
    }
}

void extra_forget(struct process *p)
{
    if (!p->extra)
        return;
    const struct estate *e = &p->extra->estate;
    forget_messages(e->taken);
    forget_messages(e->late);
    forget_messages(e->signals.first);
    forget_messages(e->late_signals);
    forget_all(&p->extra->links, false);
    forget_all(&p->extra->references, true);
    forget_all(&p->extra->watchers, false);
    forget_all(&p->extra->suspends, false);
    sweeps_forget(p);
    blocking_leave(p);
    extra_free(p);
}
