/* leave.c - see leave.h. */
#include "kernel/leave.h"

#include "base/memory.h"
#include "data/atom.h"
#include "kernel/alarm.h"
#include "kernel/info.h"
#include "kernel/link.h"
#include "kernel/monitor.h"
#include "kernel/name.h"
#include "kernel/receive.h"
#include "kernel/reception.h"
#include "kernel/suspend.h"
#include "kernel/trace.h"

enum { SLICE = 400 /* signals: as long as an ordinary time slice, or so */ };

static uint32_t generation_after(uint32_t generation)
{
    return generation >= UINT32_MAX - 1 ? 1 : generation + 1;
}

/* ---- the mailbox ---- */

/* Messages are freed; the signals among them, in their order. */
static struct message *keep_signals(struct message *m)
{
    struct message *signals = NULL;
    while (m) {
        struct message *next = m->next;
        if (message_is_signal(m)) {
            m->next = signals;
            signals = m;
        } else {
            message_free(m);
        }
        m = next;
    }
    return messages_reverse(signals);
}

static void orphan(struct message *m, term ended, parcel reason)
{
    while (m) {
        struct message *next = m->next;
        signal_orphaned(ended, (struct signal *)m, reason);
        m = next;
    }
}

void leave_mailbox(struct process *p, parcel reason)
{
    term ended = process_pid(p);
    uint32_t next = generation_after(process_generation(p));
    /* release: whoever finds the process dead sees what it did; pairs with process_find().
     * Whoever still reads the old number is turned away by the inbox. */
    atomic_store_explicit(&p->generation, next, memory_order_release);
    struct message *late = inbox_close(&p->inbox, next), *taken = p->mail.first;
    p->mail = (struct msgq){0};
    /* The runtime may stop while we answer, so that comes after all else. */
    taken = taken ? keep_signals(taken) : NULL;
    late = late ? keep_signals(messages_reverse(late)) : NULL;
    orphan(taken, ended, reason);
    orphan(late, ended, reason);
    if (p->waits)
        signal_answer_waiters(p, reason);
}

/* ---- the rest ---- */

void leave_begin(struct process *p, parcel reason)
{
    name_give_back(p, TERM_NONE); /* before anybody hears of the end */
    p->kind = PROCESS_LEAVING;
    p->bound &= (uint16_t)~BOUND_HELD;
    p->doomed = 0;
    p->arg = process_pid(p);
    p->extra->reason = reason;
}

/* One link, or monitor, or whatever. False: there is none. */
static bool tell_one(struct process *p, struct extra *x)
{
    struct signal *record;
    if ((record = signal_of_node(treap_pop(&x->links))))
        link_leave(p->arg, record, x->reason);
    else if ((record = signal_of_node(treap_pop(&x->watchers))))
        watcher_leave(p->arg, record, x->reason);
    else if ((record = signal_of_node(treap_pop(&x->references))))
        reference_leave(p->arg, record);
    else if ((record = signal_of_node(treap_pop(&x->suspends))))
        suspend_leave(record);
    return record;
}

static void extra_free(struct process *p)
{
    parcel_release(p->extra->reason);
    trace_forget(p);
    memory_free(p->extra, sizeof *p->extra);
    p->extra = NULL;
}

/* Timers come before the mailbox closes: see kernel/alarm. */
bool leave_slice(struct process *p)
{
    struct extra *x = p->extra;
    int left = SLICE;
    while (x->alarms) {
        if (!left--)
            return false;
        alarm_leave(p);
    }
    if (!x->closed)
        leave_mailbox(p, x->reason);
    x->closed = true;
    while (tell_one(p, x))
        if (!left--)
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

void extra_forget(struct process *p)
{
    if (!p->extra)
        return;
    forget_all(&p->extra->links, false);
    forget_all(&p->extra->references, true);
    forget_all(&p->extra->watchers, false);
    forget_all(&p->extra->suspends, false);
    extra_free(p);
}
