/* blocking.c - see blocking.h.
 *
 * A call is handed to the worker that fell asleep last, whose caches are the warmest; if all are at
 * work, to a new one; if there are as many as there may be, it waits in a queue, in the
 * order of the calls. Workers stay until the runtime stops: one that sleeps costs some
 * kilobytes and no time, and one that looked from time to time whether it has
 * slept for long enough would wake a program that has nothing to do.
 *
 * The caller may be killed meanwhile, and does not wait for its worker then. So nothing that
 * the worker touches is the caller's alone: the call has memory of its own, the answer is a
 * signal that finds its addressee gone, and what the caller got from bl_alloc() changes
 * hands. Who comes last to `state` frees the call. */
#include "kernel/blocking.h"

#include <errno.h>

#include "base/memory.h"
#include "kernel/extra.h"
#include "kernel/garbage.h"
#include "kernel/native.h"
#include "kernel/receive.h"
#include "kernel/signal.h"

/* Queued or running it is the workers', done its caller's. Abandoned: its caller is no more. */
enum call_state { CALL_QUEUED, CALL_RUNS, CALL_DONE, CALL_ABANDONED };

struct blocking_call {
    struct blocking_call *next;
    struct blocking_order order;
    _Atomic uint32_t state;
    bl_error error;
    bl_blocked result;
    term caller;
    struct signal *answer;  /* what it will be woken by */
    struct native *natives; /* that it had when it ended */
    max_align_t copy[];     /* of the argument */
};

struct worker {
    struct os_thread thread;
    struct worker *older;       /* in the list of all */
    struct worker *idle_longer; /* in that of those who sleep */
    struct blocking_call *call; /* handed to it; NULL: it is to end */
    _Atomic uint32_t woken;
};

static struct {
    struct lock lock;
    bool closing;
    uint32_t limit, count; /* of workers; counted before they are made */
    struct worker *all, *idle;
    struct blocking_call *first, **end; /* that wait */
} crew;

/* ---- calls ---- */

static bool is_on_a_stack(const void *arg)
{
    const struct lanes *lanes = &runtime.lanes;
    return (uintptr_t)arg - (uintptr_t)lanes->memory < lanes->count * lanes->stride;
}

static void call_free(struct blocking_call *call)
{
    native_drop(&call->natives);
    memory_free(call, sizeof *call + call->order.size);
}

/* Of the running process. NULL: no memory. */
static struct blocking_call *call_create(const struct process *p, const struct blocking_order *order)
{
    size_t size = order->size;
    struct blocking_call *call = size > SIZE_MAX / 2 ? NULL : memory_alloc(sizeof *call + size);
    if (!call)
        return NULL;
    *call = (struct blocking_call){.order = *order, .caller = process_pid(p), .answer = signal_create()};
    if (!call->answer) {
        call_free(call);
        return NULL;
    }
    if (size) {
        memcpy(call->copy, order->arg, size);
        call->order.arg = call->copy;
    }
    return call;
}

/* Nobody has begun it, and nobody will. */
static void call_cancel(struct blocking_call *call)
{
    signal_free(call->answer);
    call_free(call);
}

/* ---- workers ---- */

/* Not on a path where a process could change threads in the middle. */
static __thread bool works_here;

bool blocking_is_worker(void)
{
    return works_here;
}

/* False: its caller is no more, and it is gone. */
static bool call_begin(struct blocking_call *call)
{
    uint32_t queued = CALL_QUEUED;
    /* acquire: pairs with the exchange in blocking_leave(). */
    if (atomic_compare_exchange_strong_explicit(&call->state, &queued, CALL_RUNS, memory_order_acquire,
                                                memory_order_acquire))
        return true;
    call_cancel(call);
    return false;
}

static void call_end(struct blocking_call *call)
{
    struct signal *answer = call->answer;
    term caller = call->caller;
    /* release: the result, for who comes to it by blocking_leave(); who gets the answer sees it by that.
     * acquire: what was left to us. */
    uint32_t was = atomic_exchange_explicit(&call->state, CALL_DONE, memory_order_acq_rel);
    if (was == CALL_ABANDONED)
        call_cancel(call);
    else if (!signal_send(answer, SIGNAL_ANSWER, caller))
        signal_free(answer); /* it has ended a moment ago, and the call with it */
}

static void call_make(struct blocking_call *call)
{
    if (!call_begin(call))
        return;
    errno = 0;
    call->result.value = call->order.function(call->order.arg);
    call->result.error_number = errno;
    call_end(call);
}

/* These wait in vain. */
static void calls_refuse(struct blocking_call *call)
{
    while (call) {
        struct blocking_call *next = call->next;
        if (call_begin(call)) {
            call->error = BL_ETHREAD;
            call_end(call);
        }
        call = next;
    }
}

/* Until it is handed something. */
static struct blocking_call *worker_sleep(struct worker *w)
{
    /* acquire: the call; pairs with worker_wake(). */
    while (!atomic_exchange_explicit(&w->woken, 0, memory_order_acquire))
        os_futex_wait(&w->woken, 0, 0);
    return w->call;
}

static void worker_wake(struct worker *w, struct blocking_call *call)
{
    w->call = call;
    atomic_store_explicit(&w->woken, 1, memory_order_release);
    sched_wake_thread(&w->woken); /* it is there: whoever ends it joins it, and not before we are through */
}

static struct blocking_call *take_first(void)
{
    struct blocking_call *call = crew.first;
    if (call && !(crew.first = call->next))
        crew.end = &crew.first;
    return call;
}

/* The next call, for which it sleeps if need be; NULL: it is time to go. */
static struct blocking_call *worker_next(struct worker *w)
{
    lock_acquire(&crew.lock);
    struct blocking_call *call = take_first();
    bool sleeps = !call && !crew.closing;
    if (sleeps) {
        w->idle_longer = crew.idle;
        crew.idle = w;
    }
    lock_release(&crew.lock);
    return sleeps ? worker_sleep(w) : call;
}

static void worker_main(void *arg)
{
    struct worker *w = arg;
    works_here = true;
    for (struct blocking_call *call = w->call; call; call = worker_next(w)) {
        call_make(call);
        garbage_forget();
    }
}

/* One more, who begins with this. False: the kernel refuses, or there is no memory. */
static bool worker_start(struct blocking_call *call)
{
    struct worker *w = memory_alloc(sizeof *w);
    if (!w)
        return false;
    *w = (struct worker){.call = call};
    if (os_thread_start(&w->thread, "beamling-block", worker_main, w)) {
        memory_free(w, sizeof *w);
        return false;
    }
    lock_acquire(&crew.lock);
    w->older = crew.all;
    crew.all = w;
    lock_release(&crew.lock);
    return true;
}

/* ---- who does it ---- */

enum placed { PLACED, PLACED_WITH_NEW /* for whom there is room */ };

static enum placed call_place_locked(struct blocking_call *call, struct worker **idle)
{
    if ((*idle = crew.idle)) {
        crew.idle = crew.idle->idle_longer;
        return PLACED;
    }
    if (crew.count < crew.limit) {
        crew.count++;
        return PLACED_WITH_NEW;
    }
    *crew.end = call;
    crew.end = &call->next;
    return PLACED;
}

static enum placed call_place(struct blocking_call *call)
{
    struct worker *idle;
    lock_acquire(&crew.lock);
    enum placed placed = call_place_locked(call, &idle);
    lock_release(&crew.lock);
    if (idle)
        worker_wake(idle, call);
    return placed;
}

static struct blocking_call *take_all(void)
{
    struct blocking_call *first = crew.first;
    crew.first = NULL;
    crew.end = &crew.first;
    return first;
}

/* There cannot be one more worker. Those there are will do, and those that others are making; if there are
 * none, all who wait, the last of them this one, wait in vain. */
static void call_place_without(struct blocking_call *call)
{
    struct blocking_call *hopeless = NULL;
    lock_acquire(&crew.lock);
    struct worker *idle = crew.idle;
    crew.count--;
    if (idle) {
        crew.idle = idle->idle_longer;
    } else {
        *crew.end = call;
        crew.end = &call->next;
        hopeless = crew.count ? NULL : take_all();
    }
    lock_release(&crew.lock);
    if (idle)
        worker_wake(idle, call);
    calls_refuse(hopeless);
}

static void call_submit(struct blocking_call *call)
{
    if (call_place(call) == PLACED_WITH_NEW && !worker_start(call))
        call_place_without(call);
}

bl_error blocking_self(struct sched *s, const struct blocking_order *order, bl_blocked *result)
{
    struct process *p = s->current;
    if (!order->size && is_on_a_stack(order->arg))
        return BL_EINVAL;
    struct extra *x = extra_of(p);
    struct blocking_call *call = x ? call_create(p, order) : NULL;
    if (!call)
        return BL_ENOMEM;
    x->blocking = call;
    /* relaxed: a hint. */
    atomic_fetch_add_explicit(&runtime.blocked, 1, memory_order_relaxed);
    call_submit(call);
    signal_free(answer_await_self(s));
    atomic_fetch_sub_explicit(&runtime.blocked, 1, memory_order_relaxed);
    x->blocking = NULL;
    bl_error error = call->error;
    if (!error)
        *result = call->result;
    if (!error && order->size)
        memcpy(order->arg, call->copy, order->size);
    call_free(call);
    return error;
}

/* ---- ends ---- */

void blocking_leave(struct process *p)
{
    struct blocking_call *call = p->extra->blocking;
    uint32_t queued = CALL_QUEUED;
    p->extra->blocking = NULL;
    if (call)
        atomic_fetch_sub_explicit(&runtime.blocked, 1, memory_order_relaxed);
    if (!call || atomic_compare_exchange_strong_explicit(&call->state, &queued, CALL_ABANDONED, memory_order_acq_rel,
                                                         memory_order_acquire))
        return;
    if (p->heap && queued == CALL_RUNS)
        native_move(&call->natives, &p->heap->natives);
    /* release: its memory, for the worker, who frees it. acquire: the result is written, and may be freed. */
    if (atomic_exchange_explicit(&call->state, CALL_ABANDONED, memory_order_acq_rel) == CALL_DONE)
        call_free(call);
}

void blocking_open(uint32_t limit)
{
    lock_acquire(&crew.lock);
    crew.closing = false;
    crew.limit = limit;
    crew.end = &crew.first;
    lock_release(&crew.lock);
}

/* All that sleep; and what is in the queue is the callers' again, or nobody's. */
static struct worker *close_door(struct blocking_call **queued)
{
    lock_acquire(&crew.lock);
    struct worker *idle = crew.idle;
    *queued = take_all();
    crew.closing = true;
    crew.idle = NULL;
    lock_release(&crew.lock);
    return idle;
}

static void call_give_back(struct blocking_call *call)
{
    struct signal *answer = call->answer;
    if (atomic_exchange_explicit(&call->state, CALL_DONE, memory_order_acq_rel) == CALL_ABANDONED)
        call_free(call);
    signal_free(answer);
}

void blocking_close(void)
{
    struct blocking_call *queued, *next;
    for (struct worker *w = close_door(&queued), *longer; w; w = longer) {
        longer = w->idle_longer;
        worker_wake(w, NULL);
    }
    for (; queued; queued = next) {
        next = queued->next;
        call_give_back(queued);
    }
    for (struct worker *w; (w = crew.all);) {
        crew.all = w->older;
        os_thread_join(&w->thread);
        memory_free(w, sizeof *w);
    }
    crew.count = 0;
}
