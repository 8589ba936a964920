/* signal.c - see signal.h. */
#include "kernel/signal.h"

#include "data/atom.h"
#include "data/copy.h"

static struct signal *signal_take(void)
{
    struct sched *s = self_sched();
    return s ? pool_take(&runtime.signals, &s->signals) : pool_take_shared(&runtime.signals);
}

void signal_free(struct signal *signal)
{
    struct sched *s = self_sched();
    if (term_is_pointer(signal->reason))
        blocks_free(copy_block(signal->reason));
    if (s)
        pool_give(&runtime.signals, &s->signals, signal);
    else
        pool_give_shared(&runtime.signals, signal);
}

/* True: delivered. */
static bool deliver(struct signal *signal, enum signal_kind kind, term to)
{
    struct process *p = process_find(to);
    signal->message.word = term_own(TERM_OWN_SIGNAL, kind);
    enum mailbox_push pushed =
        p ? inbox_push(&p->inbox, term_pid_generation(to), &signal->message) : MAILBOX_DEAD;
    if (pushed == MAILBOX_MUST_WAKE)
        sched_ready(self_sched(), p, READY_IN_TURN); /* a death is no hurry: who waits for many wakes once, not once each */
    return pushed != MAILBOX_DEAD;
}

void signal_receive(struct process *p, struct signal *signal)
{
    if (term_own_value(signal->message.word) == SIGNAL_WAIT) {
        signal->message.next = (struct message *)p->waiting;
        p->waiting = signal;
    } else {
        ASSERT(!p->ended); /* a process waits for one end at a time */
        p->ended = signal;
    }
}

static void answer(struct signal *signal, term ended, term reason)
{
    term waiter = signal->from;
    signal->from = ended;
    signal->reason = reason;
    if (term_is_pointer(reason)) {
        struct block *copy = copy_out(reason);
        signal->reason = copy ? copy->message.word : term_atom(ATOM_no_memory); /* heard all the same */
    }
    if (!deliver(signal, SIGNAL_ENDED, waiter))
        signal_free(signal); /* the waiter is gone too */
}

void signal_orphaned(struct process *p, struct signal *signal, term ended, term reason)
{
    (void)p;
    if (term_own_value(signal->message.word) == SIGNAL_WAIT)
        answer(signal, ended, reason);
    else
        signal_free(signal);
}

void signal_answer_waiters(struct process *p, term ended, term reason)
{
    struct signal *signal = p->waiting;
    p->waiting = NULL;
    while (signal) {
        struct signal *next = (struct signal *)signal->message.next;
        answer(signal, ended, reason);
        signal = next;
    }
}

bl_error signal_ask(term waiter, term pid, bool *asked)
{
    *asked = false;
    if (!process_find(pid))
        return BL_OK;
    struct signal *signal = signal_take();
    if (!signal)
        return BL_ENOMEM;
    signal->from = waiter;
    signal->reason = TERM_NONE;
    *asked = deliver(signal, SIGNAL_WAIT, pid);
    if (!*asked)
        signal_free(signal);
    return BL_OK;
}
