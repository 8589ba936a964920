/* wait.c - waiting for a process to end.
 *
 * The waiter sends a signal, "tell me when you end", and reads its own inbox until the
 * answer is there. A thread of the program has no inbox, so it borrows a process slot
 * for as long as it waits, and sleeps in a futex where a process would be parked. */
#include "kernel/wait.h"

#include "base/lock.h"
#include "data/atom.h"
#include "data/copy.h"
#include "kernel/garbage.h"
#include "kernel/receive.h"
#include "kernel/signal.h"
#include "kernel/spawn.h"

/* The reason, on the heap of whoever runs; the one who waited, or its guest's thread. */
static term take_answer(struct process *p)
{
    struct signal *answer = p->ended;
    term reason = answer->reason;
    p->ended = NULL;
    answer->reason = TERM_NONE;
    signal_free(answer);
    if (term_is_pointer(reason))
        reason = garbage_join(self_sched(), copy_block(reason));
    return reason ? reason : term_atom(ATOM_no_memory);
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

/* ---- threads ---- */

/* Those inside bl_wait(). Not in `runtime`, which bl_stop() wipes: whoever comes must
 * find the door open or closed, at any time. */
static struct {
    struct lock lock;
    bool open;
    struct guest *first;
} lobby;

static bool lobby_enter(struct guest *guest)
{
    lock_acquire(&lobby.lock);
    bool open = lobby.open;
    if (open) {
        guest->next = lobby.first;
        lobby.first = guest;
    }
    lock_release(&lobby.lock);
    return open;
}

static void lobby_leave(struct guest *guest)
{
    lock_acquire(&lobby.lock);
    struct guest **g = &lobby.first;
    while (*g != guest)
        g = &(*g)->next;
    *g = guest->next;
    lock_release(&lobby.lock);
}

static bool lobby_empty(void)
{
    lock_acquire(&lobby.lock);
    bool empty = !lobby.first;
    lock_release(&lobby.lock);
    return empty;
}

void wait_open(void)
{
    lock_acquire(&lobby.lock);
    lobby.open = true;
    lock_release(&lobby.lock);
}

void wait_close(void)
{
    lock_acquire(&lobby.lock);
    lobby.open = false;
    for (struct guest *g = lobby.first; g; g = g->next) {
        atomic_store_explicit(&g->dismissed, 1, memory_order_relaxed);
        /* release: who is woken by this sees that it is dismissed; pairs with guest_sleep(). */
        atomic_store_explicit(&g->woken, 1, memory_order_release);
        os_futex_wake(&g->woken, 1); /* g cannot leave before we let go of the lock */
    }
    lock_release(&lobby.lock);
    while (!lobby_empty())
        os_yield_thread();
}

static void guest_sleep(struct guest *guest)
{
    /* acquire: pairs with the releases in sched_wake_guest() and wait_close(). An
     * exchange: were it a load and a store, the store could wipe out a dismissal. */
    while (!atomic_exchange_explicit(&guest->woken, 0, memory_order_acquire))
        os_futex_wait(&guest->woken, 0, 0);
}

/* Through a process slot of its own, p. */
static bl_error wait_as(struct process *p, struct guest *guest, term pid, term *reason)
{
    bool asked;
    bl_error error = signal_ask(process_pid(p), pid, &asked);
    while (!error && asked && !p->ended) {
        if (inbox_idle(&p->inbox, process_generation(p)))
            guest_sleep(guest);
        message_take_in(p, inbox_take(&p->inbox, process_generation(p)));
        if (!p->ended && atomic_load_explicit(&guest->dismissed, memory_order_relaxed))
            error = BL_ESTATE;
    }
    if (p->ended)
        *reason = take_answer(p);
    return error;
}

bl_error wait_outside(term pid, term *reason)
{
    struct guest guest = {0};
    if (!lobby_enter(&guest))
        return BL_ESTATE;
    bl_error error = BL_OK;
    *reason = term_atom(ATOM_noproc);
    if (process_find(pid)) {
        struct process *p = process_adopt(&guest);
        error = p ? wait_as(p, &guest, pid, reason) : BL_ELIMIT;
        if (p)
            process_release(p);
    }
    lobby_leave(&guest);
    return error;
}
