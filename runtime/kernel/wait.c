/* wait.c - waiting for a process to end.
 *
 * The waiter sends a signal, "tell me when you end", and reads its own inbox until the
 * answer is there. A thread of the program has no inbox, so it borrows a process slot
 * for as long as it waits, and sleeps in a futex where a process would be parked. */
#include "kernel/wait.h"

#include "data/atom.h"
#include "kernel/receive.h"
#include "kernel/signal.h"
#include "kernel/spawn.h"

static term take_answer(struct process *p)
{
    struct signal *answer = p->ended;
    term reason = answer->reason;
    p->ended = NULL;
    signal_free(answer);
    return reason;
}

bl_error wait_self(struct sched *s, term pid, term *reason)
{
    struct process *p = s->current;
    bool asked;
    bl_error error = signal_ask(process_pid(p), pid, &asked);
    *reason = term_atom(ATOM_noproc);
    if (error || !asked)
        return error;
    for (;;) {
        if (!inbox_is_empty(&p->inbox))
            message_take_in(p, inbox_take(&p->inbox, process_generation(p)));
        if (p->ended)
            break;
        sched_park_self(self_sched(), NULL);
    }
    *reason = take_answer(p);
    return BL_OK;
}

static void guest_sleep(struct guest *guest)
{
    /* acquire: pairs with the release in sched_wake_guest(). */
    while (!atomic_load_explicit(&guest->woken, memory_order_acquire))
        os_futex_wait(&guest->woken, 0, 0);
    atomic_store_explicit(&guest->woken, 0, memory_order_relaxed); /* nobody else may wake us now */
}

bl_error wait_outside(term pid, term *reason)
{
    struct guest guest = {0};
    struct process *p = process_adopt(&guest);
    if (!p)
        return BL_ELIMIT;
    bool asked;
    bl_error error = signal_ask(process_pid(p), pid, &asked);
    *reason = term_atom(ATOM_noproc);
    while (!error && asked && !p->ended) {
        if (inbox_idle(&p->inbox, process_generation(p)))
            guest_sleep(&guest);
        if (atomic_load_explicit(&runtime.stopping, memory_order_acquire))
            error = BL_ESTATE;
        message_take_in(p, inbox_take(&p->inbox, process_generation(p)));
    }
    if (p->ended) {
        *reason = take_answer(p);
        error = BL_OK;
    }
    process_release(p);
    return error;
}
