/* wait.c - asking a process, and waiting for its answer.
 *
 * The waiter sends a signal, "tell me when you end", or any other question, and reads its
 * own inbox until the answer is there. A thread of the program has no inbox, so it borrows a process slot
 * for as long as it waits, and sleeps in a futex where a process would be parked. */
#include "kernel/wait.h"

#include "base/lock.h"
#include "data/atom.h"
#include "data/copy.h"
#include "kernel/info.h"
#include "kernel/receive.h"
#include "kernel/seed.h"
#include "kernel/signal.h"
#include "kernel/spawn.h"

/* What came back: the parcel is the caller's. */
static parcel take_answer(struct process *p)
{
    struct signal *answer = signal_take_answer(p);
    parcel value = answer->value;
    signal_free(answer);
    return value;
}

/* It could not be asked. */
static bl_error not_asked(const struct question *q, bl_error error)
{
    if (q->kind == SIGNAL_ASK)
        ask_drop((enum ask)q->number, q->value);
    return error;
}

/* BL_ENOPROC: there is nobody to answer. */
static bl_error put_question(const struct process *p, term to, const struct question *q)
{
    if (!process_find(to))
        return not_asked(q, BL_ENOPROC);
    struct signal *signal = signal_create();
    if (!signal)
        return not_asked(q, BL_ENOMEM);
    signal->from = process_pid(p);
    signal->number = q->number;
    signal->value = q->value;
    if (signal_send(signal, q->kind, to))
        return BL_OK;
    signal_free(signal);
    return not_asked(q, BL_ENOPROC);
}

bl_error wait_self(struct sched *s, term pid, const struct question *q, parcel *answer)
{
    struct process *p = s->current;
    bl_error error = put_question(p, pid, q);
    if (error) {
        message_take_all(s); /* what one sent who is no more comes before that is known */
        return error;
    }
    struct signal *came = answer_await_self(s);
    *answer = came->value;
    signal_free(came);
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
    if (runtime.seed)
        seed_outside_waits();
    /* acquire: pairs with the releases in sched_wake_guest() and wait_close(). An
     * exchange: were it a load and a store, the store could wipe out a dismissal. */
    while (!atomic_exchange_explicit(&guest->woken, 0, memory_order_acquire))
        os_futex_wait(&guest->woken, 0, 0);
    if (runtime.seed)
        seed_outside_goes_on();
}

/* Through a process slot of its own, p. */
static bl_error wait_as(struct process *p, struct guest *guest, term pid, const struct question *q, parcel *answer)
{
    bl_error error = put_question(p, pid, q);
    while (!error && !signal_answered(p)) {
        struct message *none; /* a guest reads nothing where it lies */
        if (inbox_idle(&p->inbox, process_generation(p), &none))
            guest_sleep(guest);
        message_take_in(p, inbox_take(&p->inbox, process_generation(p)));
        if (!signal_answered(p) && atomic_load_explicit(&guest->dismissed, memory_order_relaxed))
            error = BL_ESTATE;
    }
    if (!error)
        *answer = take_answer(p);
    return error;
}

bl_error wait_outside(term pid, const struct question *q, parcel *answer)
{
    struct guest guest = {0};
    if (!lobby_enter(&guest))
        return not_asked(q, BL_ESTATE);
    struct process *p = process_find(pid) ? process_adopt(&guest) : NULL;
    bl_error error = BL_OK;
    if (p) {
        error = wait_as(p, &guest, pid, q, answer);
        process_release(p);
    } else {
        error = not_asked(q, process_find(pid) ? BL_ELIMIT : BL_ENOPROC);
    }
    lobby_leave(&guest);
    return error;
}
