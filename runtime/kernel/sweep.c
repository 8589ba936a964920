/* sweep.c - see sweep.h. In a SWEEP, `value` is 0, and who has asked waits for an ANSWER; or it is
 * the message that is to tell him, made when he asked, so that it is never lost for want of memory. */
#include "kernel/sweep.h"

#include "data/atom.h"
#include "kernel/garbage.h"
#include "kernel/receive.h"

/* {garbage_collect, id, true}: the last word of its first block. */
enum { DONE_WORD = 3 };

bl_error sweep_send(struct process *p, term to, bool major, term id)
{
    term reply[] = {term_atom(ATOM_garbage_collect), id, term_atom(ATOM_true)};
    struct message *m = message_of_tuple(reply, 3);
    struct signal *signal = m ? signal_create() : NULL;
    if (!signal) {
        if (m)
            message_free(m);
        return BL_ENOMEM;
    }
    signal->from = process_pid(p);
    signal->number = major;
    signal->value = (uint64_t)(uintptr_t)m;
    if (!signal_send(signal, SIGNAL_SWEEP, to))
        sweep_orphaned(signal);
    return BL_OK;
}

/* Tell who has asked. */
static void answer(struct signal *signal, bool done)
{
    struct block *made = (struct block *)(uintptr_t)signal->value;
    if (made) {
        if (!done)
            made->words[DONE_WORD] = term_atom(ATOM_false);
        (void)message_send_block(self_sched(), signal->from, made);
        signal_free(signal);
        return;
    }
    signal->value = done ? term_atom(ATOM_true) : 0;
    if (!signal_send(signal, SIGNAL_ANSWER, signal->from))
        signal_free(signal);
}

static void answer_all(struct process *p, bool done)
{
    struct signal *signal = p->extra->sweeps;
    p->extra->sweeps = NULL;
    while (signal) {
        struct signal *next = (struct signal *)signal->message.next;
        answer(signal, done);
        signal = next;
    }
}

/* Who is suspended collects when it goes on, and nobody waits for that. */
bool sweep_receive(struct process *p, struct signal *signal)
{
    struct heap *h = p->heap;
    bool waits = h && !(p->bound & BOUND_HELD) && extra_of(p);
    if (h)
        heap_want_collection(h, signal->number);
    if (!waits) {
        answer(signal, true);
        return false;
    }
    signal->message.next = (struct message *)p->extra->sweeps;
    p->extra->sweeps = signal;
    return true;
}

void garbage_collected(struct process *p)
{
    answer_all(p, true);
}

void sweep_orphaned(struct signal *signal)
{
    answer(signal, false);
}

void sweep_drop(struct signal *signal)
{
    if (signal->value)
        message_free((struct message *)(uintptr_t)signal->value);
    signal_free(signal);
}

void sweeps_leave(struct process *p)
{
    answer_all(p, false);
}

void sweeps_forget(struct process *p)
{
    while (p->extra->sweeps) {
        struct signal *signal = p->extra->sweeps;
        p->extra->sweeps = (struct signal *)signal->message.next;
        sweep_drop(signal);
    }
}
