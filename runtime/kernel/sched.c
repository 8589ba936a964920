/* sched.c - the slow halves of the scheduler lock, the queue, and waking schedulers that sleep. The
 * map is at the top of sched.h. */
#include "kernel/sched.h"

struct runtime runtime;

/* ---- the scheduler lock, slow halves ---- */

/* The runtime stops: leave whatever we run for the native stack and never come back. */
static _Noreturn void halt(struct sched *s)
{
    s->current = NULL;
    s->lane = NULL;
    ctx_resume(&s->native, &s->native_stack, &s->busy);
}

/* The next switch, and be it the one for which we are about to lock, goes to the native stack. */
static void be_called(struct sched *s)
{
    /* acquire: what was done before we were called; pairs with sched_nudge(). */
    atomic_fetch_and_explicit(&s->thief, ~(uint32_t)THIEF_LOOK, memory_order_acquire);
    s->watch |= WATCH_ELSEWHERE;
}

void sched_lock_slow(struct sched *s)
{
    for (unsigned spins = 0;; spins++) {
        atomic_exchange_explicit(&s->busy, 1, memory_order_seq_cst);
        uint32_t thief = atomic_load_explicit(&s->thief, memory_order_seq_cst);
        if (!(thief & THIEF_STEALING)) { /* busy is set, and there is no thief: nor will one come after HALT */
            if ((thief & THIEF_HALT) && s->lane)
                halt(s);
            if (thief & THIEF_LOOK)
                be_called(s);
            return; /* if it is to halt, it is on the native stack: sched_run_all() sees it */
        }
        sched_unlock(s);
        if (spins < 100)
            os_pause();
        else
            os_yield_thread(); /* the thief lost its CPU */
    }
}

bool sched_rob_begin(struct sched *v)
{
    if (!sched_claim(v))
        return false;
    /* Now either v saw the thief flag and backs off, or we see it busy: v's fence
     * between its store and its load is made here, on its behalf. */
    if (!runtime.fenced)
        os_fence_all();
    /* acquire (as part of seq_cst): all that v did under its lock; pairs with sched_unlock(). */
    for (unsigned spins = 0; atomic_load_explicit(&v->busy, memory_order_seq_cst); spins++) {
        if (spins < 1000)
            os_pause();
        else
            os_yield_thread();
    }
    return true;
}

void sched_rob_end(struct sched *v)
{
    /* release: v sees what we changed; pairs with sched_lock(). */
    atomic_fetch_and_explicit(&v->thief, ~(uint32_t)THIEF_STEALING, memory_order_release);
}

/* ---- waking threads ---- */

void sched_wake_thread(_Atomic uint32_t *futex)
{
    struct sched *self = self_sched();
    if (self)
        self->woke = true;
    os_futex_wake(futex, 1);
}

/* True: s was asleep. seq_cst: s announces its sleep, then looks at its inbox; we have
 * changed the inbox, then look whether it sleeps. One sees the other. */
static bool wake_as(struct sched *s, uint32_t what)
{
    uint32_t asleep = SCHED_ASLEEP;
    if (!atomic_compare_exchange_strong_explicit(&s->futex, &asleep, what, memory_order_seq_cst, memory_order_seq_cst))
        return false;
    sched_wake_thread(&s->futex);
    return true;
}

bool sched_wake(struct sched *s)
{
    return wake_as(s, SCHED_AWAKE);
}

void sched_nudge(struct sched *s)
{
    /* seq_cst: who falls asleep sees it, or we see it asleep: see kernel/idle, 1. */
    atomic_fetch_or_explicit(&s->thief, THIEF_LOOK, memory_order_seq_cst);
    if (!sched_wake(s))
        sched_surplus(); /* it is at something, perhaps for long */
}

void sched_halt(struct sched *s)
{
    /* From now on the owner leaves at its next lock. */
    atomic_fetch_or_explicit(&s->thief, THIEF_HALT, memory_order_seq_cst);
    sched_wake(s);
}

/* All seq_cst: see kernel/idle, 2. */
bool sched_look_out(void)
{
    return !(atomic_fetch_or_explicit(&runtime.deep_sleepers, SCHED_LOOKOUT, memory_order_seq_cst) & SCHED_LOOKOUT);
}

void sched_look_no_more(void)
{
    atomic_fetch_and_explicit(&runtime.deep_sleepers, ~SCHED_LOOKOUT, memory_order_seq_cst);
}

static bool summon_one(void)
{
    for (unsigned i = 0, n = sched_online(); i < n; i++)
        if (wake_as(runtime.scheds[i], SCHED_SUMMONED))
            return true;
    return false;
}

static bool somebody_sleeps(void)
{
    for (unsigned i = 0, n = sched_online(); i < n; i++)
        if (atomic_load_explicit(&runtime.scheds[i]->futex, memory_order_seq_cst) == SCHED_ASLEEP)
            return true;
    return false;
}

/* We are the lookout until whom we wake is: so nobody else wakes one, too. But somebody may have fallen asleep behind
 * us, since there was a lookout: if we have found nobody, we look once more. */
static COLD void summon(void)
{
    while (sched_nobody_looks() && sched_look_out()) {
        if (summon_one())
            return;
        sched_look_no_more();
        if (!somebody_sleeps())
            return;
    }
}

void sched_surplus(void)
{
    if (UNLIKELY(sched_nobody_looks()))
        summon();
}

void sched_wake_guest(struct process *p)
{
    struct guest *guest = (struct guest *)p->arg;
    if (runtime.seed && self_sched())
        atomic_store_explicit(&runtime.guests_woken, 1, memory_order_relaxed);
    /* release: pairs with guest_sleep(). The guest's frame may be gone as soon as it
     * sees this, which a futex wake of a stale address survives. */
    atomic_store_explicit(&guest->woken, 1, memory_order_release);
    sched_wake_thread(&guest->woken);
}

/* ---- the queue ---- */

void sched_enqueue_bound(struct sched *s, struct process *p)
{
    if (sched_is_stray(s, p)) {
        s->watch |= WATCH_ELSEWHERE;
        runq_push(&s->strays, p);
    } else if (p->bound & BOUND_RANK) {
        s->watch |= WATCH_RANKED;
        ranks_push(&s->ranks, p);
    } else {
        runq_push(&s->queue, p);
    }
}

void sched_enqueue_first(struct sched *s, struct process *p)
{
    struct runq *q = sched_queue(s, process_rank(p)), front = {0};
    if (p->bound & BOUND_RANK)
        s->watch |= WATCH_RANKED;
    else
        cuts_forget_before(&s->cuts, q->taken);
    runq_push(&front, p);
    runq_prepend(q, &front);
}
