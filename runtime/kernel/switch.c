/* switch.c - from one process to another: who is next, and how its stack is entered. The map is
 * at the top of sched.h. */
#include "kernel/sched.h"

#include "data/atom.h"
#include "kernel/outbox.h"

enum { LINGER_LOOKS = 32 /* one to two microseconds: a round trip between two schedulers takes half of one */ };

/* ---- who is next ---- */

static void absorb(struct sched *s)
{
    struct process *p = sched_take_inbox(s);
    while (p) {
        struct process *next = p->next;
        sched_enqueue(s, p);
        p = next;
    }
}

/* If nobody has a rank. */
static inline struct process *pop(struct sched *s)
{
    struct process *p = atomic_load_explicit(&s->runnext, memory_order_relaxed);
    if (p) {
        atomic_store_explicit(&s->runnext, NULL, memory_order_relaxed); /* we hold the lock */
        if (LIKELY(++s->streak <= RUNNEXT_STREAK))
            return p;
        runq_push(&s->queue, p); /* two that wake each other must not starve the rest */
    }
    s->streak = 0;
    return runq_pop(&s->queue);
}

static struct process *take_runnext(struct sched *s)
{
    struct process *p = atomic_load_explicit(&s->runnext, memory_order_relaxed);
    if (p)
        atomic_store_explicit(&s->runnext, NULL, memory_order_relaxed); /* we hold the lock */
    return p;
}

static bool is_higher(const struct process *p)
{
    return process_rank(p) == RANK_HIGH || process_rank(p) == RANK_MAX;
}

/* Who is next stays so, unless a higher one waits; also who was chosen before, and comes
 * again by way of the native stack. */
static COLD struct process *pop_ranked(struct sched *s)
{
    struct process *p = take_runnext(s);
    bool chosen = p && p == s->ranks.brief;
    if (p && !chosen && (ranks_precede(&s->ranks, p) || (!is_higher(p) && ++s->streak > RUNNEXT_STREAK))) {
        sched_enqueue(s, p);
        p = NULL;
    }
    if (!p) {
        p = ranks_pop(&s->ranks, &s->queue);
        if (!p || !is_higher(p))
            s->streak = 0; /* of the others: who wakes a higher one, and is woken by it, must not go before them for ever */
    }
    bool brief = p && p == s->ranks.brief;
    s->time_slice = brief ? RANKS_BRIEF : runtime.time_slice;
    if (!ranks_wait(&s->ranks) && !brief && !(p && p->bound & BOUND_RANK))
        s->watch &= ~(uint32_t)WATCH_RANKED;
    return p;
}

static bool may_run_here(const struct sched *s, const struct process *p)
{
    return !p->lane || atomic_load_explicit(&p->lane->holder, memory_order_relaxed) == s;
}

/* Work has come in from elsewhere, or the lane of p was stolen and p must go after it;
 * so must, maybe, thousands behind it. */
static COLD struct process *pick_slow(struct sched *s, struct process *p)
{
    do {
        if (p) {
            sched_push_remote(sched_home(p), p);
            sched_count(&s->breaks);
        }
        absorb(s);
        p = s->watch & WATCH_RANKED ? pop_ranked(s) : pop(s);
    } while (p && !may_run_here(s, p));
    if (sched_has_queue(s))
        sched_surplus();
    return p;
}

/* The next process to run here, or NULL; if nobody has a rank. */
static inline struct process *pick(struct sched *s)
{
    if (UNLIKELY(atomic_load_explicit(&s->inbox, memory_order_relaxed) != NULL))
        return pick_slow(s, NULL);
    struct process *p = pop(s);
    return LIKELY(!p || may_run_here(s, p)) ? p : pick_slow(s, p);
}

/* ---- the switch ----
 *
 * The functions below end in the switch, and the compiler makes a tail call of it: a
 * parked process has no frame of the runtime on its stack, only the registers. `after`
 * is what it does first when it goes on (see ctx_asm_switch). */

static inline void run_on(struct sched *s, struct process *p, struct lane *lane)
{
    s->current = p;
    s->lane = lane;
    s->stack_limit = lane->limit;
    s->reductions = (int32_t)s->time_slice;
    sched_count(&s->switches);
}

/* To the native stack, which is to take up `p` if not NULL. `from` NULL: for good. p goes
 * through `runnext`: the lock is free for a moment, and a thief may get p's lane. Not through
 * the queue, which would end a streak: two of one lane that wake each other are swapped here. */
static NOINLINE uint64_t to_native(struct sched *s, struct ctx *from, struct process *p, ctx_after *after)
{
    if (p)
        atomic_store_explicit(&s->runnext, p, memory_order_relaxed); /* empty: p was taken out after it. We hold the lock */
    s->current = NULL;
    s->lane = NULL;
    if (!from)
        ctx_resume(&s->native, &s->native_stack, &s->busy);
    return ctx_switch(from, &s->native, &s->native_stack, &s->busy, after);
}

static inline void bind(struct process *p, struct lane *lane)
{
    if (p->lane != lane) /* a doomed process starts twice in its lane */
        process_bind(p, lane);
    lane->resident = p;
}

/* p starts on an empty lane. */
static uint64_t begin(struct sched *s, struct ctx *from, struct process *p, struct lane *lane, ctx_after *after)
{
    bind(p, lane);
    s->fresh = true;
    run_on(s, p, lane);
    ctx_init(&p->ctx, &lane->stack);
    if (!from)
        ctx_restart(&p->ctx, &lane->stack, &s->busy);
    return ctx_enter(from, &p->ctx, &lane->stack, &s->busy, after);
}

/* p goes on where it was; its frames are in its lane, which is not the one we stand on. */
static inline uint64_t resume(struct sched *s, struct ctx *from, struct process *p, struct lane *lane, ctx_after *after)
{
    run_on(s, p, lane);
    if (!from)
        ctx_resume(&p->ctx, &lane->stack, &s->busy);
    return ctx_switch(from, &p->ctx, &lane->stack, &s->busy, after);
}

/* p's frames are not in its lane: bring them there. */
static uint64_t resume_evicted(struct sched *s, struct ctx *from, struct process *p, struct lane *lane,
                               ctx_after *after)
{
    if (lane->resident && lane->resident != p)
        sched_evict(s, lane);
    if (UNLIKELY(process_doomed(p))) { /* its frames are lost, and it starts again only to end: spawn.c */
        ctx_forget(lane->stack.low, lane->stack.size);
        ctx_fini(&p->ctx);
        return begin(s, from, p, lane, after);
    }
    frames_load(&p->frames, process_home(p), lane, p->ctx.sp);
    lane->resident = p;
    return resume(s, from, p, lane, after);
}

static NOINLINE uint64_t take_up_slow(struct sched *s, struct ctx *from, struct process *p, ctx_after *after)
{
    struct lane *lane = p->lane;
    if (!lane) {
        lane = sched_lane_for_new(s);
        return lane ? begin(s, from, p, lane, after) : to_native(s, from, p, after);
    }
    if (lane == s->lane) /* two processes of one lane: the native stack swaps them */
        return to_native(s, from, p, after);
    return resume_evicted(s, from, p, lane, after);
}

/* Leave the stack we stand on for p. Under the lock, which the switch releases. */
static inline uint64_t take_up(struct sched *s, struct ctx *from, struct process *p, ctx_after *after)
{
    struct lane *lane = p->lane;
    ASSERT(!s->outbox.count); /* it may compute for long */
    if (LIKELY(lane && lane->resident == p && lane != s->lane && !process_doomed(p)))
        return resume(s, from, p, lane, after);
    return take_up_slow(s, from, p, after);
}

static uint64_t stay_awake(ctx_after *after)
{
    uint64_t result = after ? after() : 0;
    return after && !result ? message_receive_again() : result;
}

/* There is nothing to switch to. */
static NOINLINE uint64_t stay(struct sched *s, ctx_after *after)
{
    sched_unlock(s);
    return stay_awake(after);
}

/* Counts switches. True: timers may have expired, somebody has a rank, or belongs elsewhere. */
static inline bool time_to_look(struct sched *s)
{
    if (LIKELY(s->watch == WATCH_NOTHING))
        return false;
    s->watch -= sched_until_timers(s) > WATCH_TIMERS_NOW;
    return s->watch == WATCH_TIMERS_NOW || (s->watch & WATCH_FLAGS);
}

/* The ways to leave. On the fast way nothing is called but by tail calls, so that no
 * register of the caller's is saved twice: here, and in the switch. */

static inline __attribute__((always_inline)) uint64_t leave_for(struct sched *s, struct process *self, struct process *next, ctx_after *after)
{
    ASSERT(!s->outbox.count); /* self may be run elsewhere */
    if (UNLIKELY(!next))
        return to_native(s, &self->ctx, NULL, after);
    if (LIKELY(next != self))
        return take_up(s, &self->ctx, next, after);
    if (UNLIKELY(process_doomed(self))) {
        sched_unlock(s);
        process_end_doomed();
    }
    s->reductions = (int32_t)s->time_slice;
    sched_count(&s->turns);
    return stay(s, after);
}

static NOINLINE uint64_t leave_slow(struct sched *s, struct process *self, struct process *next, ctx_after *after)
{
    return leave_for(s, self, pick_slow(s, next), after);
}

/* It is time to look: at the clock or for strays, on the native stack, or at ranks. */
static NOINLINE uint64_t leave_looking(struct sched *s, struct process *self, ctx_after *after)
{
    if (sched_native_is_due(s))
        return to_native(s, &self->ctx, NULL, after);
    return leave_slow(s, self, NULL, after);
}

/* It is not. */
static inline __attribute__((always_inline)) uint64_t leave_straight(struct sched *s, struct process *self, ctx_after *after)
{
    if (UNLIKELY(atomic_load_explicit(&s->inbox, memory_order_relaxed) != NULL))
        return leave_slow(s, self, NULL, after);
    struct process *next = pop(s);
    if (UNLIKELY(next && !may_run_here(s, next)))
        return leave_slow(s, self, next, after);
    return leave_for(s, self, next, after);
}

/* The running process has put itself somewhere: go on with the next. */
static inline uint64_t leave(struct sched *s, struct process *self, ctx_after *after)
{
    if (UNLIKELY(time_to_look(s)))
        return leave_looking(s, self, after);
    return leave_straight(s, self, after);
}

static NOINLINE uint64_t yield_looking(struct sched *s)
{
    if (outbox_is_open(s)) { /* from a queue it can be stolen */
        sched_unlock(s);
        outbox_flush(s);
        sched_lock(s);
    }
    sched_enqueue(s, s->current);
    return leave_looking(s, s->current, NULL);
}

/* Others are next, who are not at the front of the queue. */
static NOINLINE uint64_t yield_behind(struct sched *s)
{
    runq_push(&s->queue, s->current);
    return leave_straight(s, s->current, NULL);
}

static NOINLINE uint64_t yield_carrying(struct sched *s);

/* It has no rank if it is not time to look. */
static inline __attribute__((always_inline)) uint64_t yield_locked(struct sched *s)
{
    struct process *self = s->current;
    if (UNLIKELY(!sched_add_reductions(s, self)))
        return yield_carrying(s);
    if (UNLIKELY(time_to_look(s)))
        return yield_looking(s);
    if (UNLIKELY(atomic_load_explicit(&s->inbox, memory_order_relaxed) != NULL ||
                 atomic_load_explicit(&s->runnext, memory_order_relaxed) != NULL))
        return yield_behind(s);
    s->streak = 0;
    struct process *next = runq_rotate(&s->queue, self);
    if (UNLIKELY(!may_run_here(s, next)))
        return leave_slow(s, self, next, NULL);
    return leave_for(s, self, next, NULL);
}

/* For the rare ways to come here; the usual one has it inlined. */
static NOINLINE uint64_t yield_again(struct sched *s)
{
    return yield_locked(s);
}

static NOINLINE uint64_t yield_carrying(struct sched *s)
{
    sched_carry_reductions(s->current);
    return yield_again(s);
}

static NOINLINE uint64_t yield_slow(struct sched *s)
{
    sched_lock_slow(s);
    return yield_again(s);
}

/* Somebody traces, or there are signals. Not in the tail of anything: events come before, and after. */
static NOINLINE uint64_t yield_attentively(struct sched *s)
{
    struct process *p = s->current;
    if (!inbox_is_empty(&p->inbox))
        s = signals_poll_self(s);
    event(p, EVENT_OUT, TERM_NONE, TERM_NONE);
    sched_lock(s);
    yield_again(s);
    event(p, EVENT_IN, TERM_NONE, TERM_NONE);
    return 0;
}

uint64_t sched_yield_self(struct sched *s)
{
    if (UNLIKELY(!inbox_is_empty(&s->current->inbox)) || events_are_wanted())
        return yield_attentively(s);
    return LIKELY(sched_lock_try(s)) ? yield_locked(s) : yield_slow(s);
}

static NOINLINE uint64_t leave_freeing(struct sched *s, struct process *self, ctx_after *after, struct message *read)
{
    sched_free_read(s, read);
    return leave(s, self, after);
}

/* False: what frees it may be long, and is to be called. */
static inline __attribute__((always_inline)) bool free_read_quickly(struct sched *s, struct message *read)
{
    if (UNLIKELY(read->word != MESSAGE_READ)) {
        struct block *b = (struct block *)read;
        return LIKELY(!b->more) && block_free_quickly(&s->small, b);
    }
    if (UNLIKELY(!pool_has_room(&s->messages)))
        return false;
    pool_give(&runtime.messages, &s->messages, read);
    return true;
}

/* Something came. */
static NOINLINE uint64_t park_not(struct sched *s, struct process *self, ctx_after *after)
{
    self->reductions -= sched_reductions(s); /* they will be added later */
    return stay(s, after);
}

static NOINLINE uint64_t park_carrying(struct sched *s, ctx_after *after);

static inline __attribute__((always_inline)) uint64_t park_locked(struct sched *s, ctx_after *after)
{
    struct process *p = s->current;
    if (UNLIKELY(!sched_add_reductions(s, p)))
        return park_carrying(s, after);
    /* From a success on, a waker may queue p; it cannot run before we have left it,
     * since its lane is ours and we hold the lock. */
    struct message *read;
    if (UNLIKELY(!inbox_idle(&p->inbox, process_generation(p), &read)))
        return park_not(s, p, after);
    if (LIKELY(read != NULL) && UNLIKELY(!free_read_quickly(s, read)))
        return leave_freeing(s, p, after, read);
    return leave(s, p, after);
}

static NOINLINE uint64_t park_again(struct sched *s, ctx_after *after)
{
    return park_locked(s, after);
}

static NOINLINE uint64_t park_carrying(struct sched *s, ctx_after *after)
{
    sched_carry_reductions(s->current);
    return park_again(s, after);
}

static NOINLINE uint64_t park_slow(struct sched *s, ctx_after *after)
{
    sched_lock_slow(s);
    return park_again(s, after);
}

/* Somebody traces: as above. What `after` says is heeded here, not by the switch, since it may
 * take in messages, which is to be seen after the process is. */
static NOINLINE uint64_t park_attentively(struct sched *s, ctx_after *after)
{
    struct process *p = s->current;
    uint64_t result;
    do {
        event(p, EVENT_OUT, TERM_NONE, TERM_NONE);
        park_slow(self_sched(), NULL);
        event(p, EVENT_IN, TERM_NONE, TERM_NONE);
        result = after ? after() : 0;
    } while (after && !result);
    return result;
}

/* ---- before it sleeps ---- */

bool sched_linger(struct sched *s)
{
    if (runtime.count == 1 || runtime.cpus == 1 || runtime.seed)
        return false;
    if (UNLIKELY(time_to_look(s))) /* a wait counts as a switch, though there may be none */
        return false;
    for (int i = 0; i < LINGER_LOOKS; i++) {
        /* relaxed: hints; who parks then, or goes on, looks properly. */
        if (atomic_load_explicit(&s->inbox, memory_order_relaxed) ||
            (atomic_load_explicit(&s->thief, memory_order_relaxed) & ~(uint32_t)THIEF_FENCED))
            return false;
        if (!inbox_is_empty(&s->current->inbox))
            return true;
        os_pause();
    }
    return false;
}

static NOINLINE uint64_t park_lingering(struct sched *s, ctx_after *after)
{
    if (sched_linger(s))
        return stay_awake(after);
    return LIKELY(sched_lock_try(s)) ? park_locked(s, after) : park_slow(s, after);
}

static NOINLINE uint64_t park_flushing(struct sched *s, ctx_after *after)
{
    outbox_flush(s);
    return sched_park_self(s, after);
}

uint64_t sched_park_self(struct sched *s, ctx_after *after)
{
    if (UNLIKELY(outbox_is_open(s)))
        return park_flushing(s, after);
    if (events_are_wanted())
        return park_attentively(s, after);
    if (UNLIKELY(sched_may_linger(s)))
        return park_lingering(s, after);
    return LIKELY(sched_lock_try(s)) ? park_locked(s, after) : park_slow(s, after);
}

/* ---- the loop at a lane's foot ---- */

/* NULL also if the native stack has something to do. */
static NOINLINE struct process *pick_looking(struct sched *s)
{
    return sched_native_is_due(s) ? NULL : pick_slow(s, NULL);
}

/* True: the outbox is to be empty before p, who is not at rest, begins. */
static inline bool must_wait(struct sched *s, const struct process *p)
{
    return UNLIKELY(s->outbox.count) && !(p && !p->lane && p->kind == PROCESS_RESTING);
}

void sched_next_here(struct sched *s)
{
    struct lane *lane = s->lane;
    if (UNLIKELY(s->outbox.count))
        outbox_pass_on(s);
    sched_lock(s);
    lane->resident = NULL;
    struct process *p = UNLIKELY(time_to_look(s)) ? pick_looking(s) : pick(s);
    bool wait = must_wait(s, p);
    if (LIKELY(p && !p->lane && !wait)) {
        if (!CTX_MAY_SUCCEED)
            begin(s, NULL, p, lane, NULL);
        bind(p, lane);
        run_on(s, p, lane);
        sched_unlock(s);
        return;
    }
    sched_lane_freed(s, lane);
    if (UNLIKELY(wait)) {
        if (p)
            outbox_met_frames(&s->outbox);
        to_native(s, NULL, p, NULL);
    }
    if (p)
        take_up(s, NULL, p, NULL);
    else
        to_native(s, NULL, NULL, NULL);
}

_Noreturn void sched_abandon_self(struct sched *s)
{
    ctx_forget(s->lane->stack.low, s->lane->stack.size);
    ctx_restart(NULL, &s->lane->stack, &s->busy);
}

/* ---- the native stack ---- */

NOINLINE void sched_leave_lane(struct sched *s, sched_chore *chore)
{
    outbox_flush(s);
    struct process *p = s->current;
    if (!sched_add_reductions(s, p))
        sched_carry_reductions(p);
    sched_lock(s);
    s->chore = chore;
    s->chore_of = p;
    s->current = NULL;
    s->lane = NULL;
    /* The lock is kept: until its frames are saved, p is where no thief may touch it. */
    ctx_switch(&p->ctx, &s->native, &s->native_stack, &s->held, NULL);
    __asm__ volatile("" : : : "memory"); /* no tail call: what called us is on this stack */
}

/* Under the lock. p is in no queue, and its inbox is not idle: it is ours until we queue it. */
static COLD void run_chore(struct sched *s)
{
    sched_chore *chore = s->chore;
    struct process *p = s->chore_of;
    s->chore = NULL;
    sched_evict(s, p->lane);
    sched_lane_freed(s, p->lane);
    if (sched_has_queue(s))
        sched_surplus();
    sched_unlock(s);
    if (LIKELY(!process_doomed(p))) /* by sched_evict(), for want of memory */
        chore(p);
    sched_ready_slow(p, READY_IN_TURN);
}

void sched_run_all(struct sched *s)
{
    for (;;) {
        sched_lock(s);
        struct process *p = s->watch & WATCH_ELSEWHERE ? NULL : pick_slow(s, NULL);
        if (!p || sched_halted(s))
            break;
        take_up(s, &s->native, p, NULL); /* comes back without the lock, or to do a chore */
        if (UNLIKELY(s->chore != NULL))
            run_chore(s);
        outbox_empty(s);
        if (sched_native_is_due(s))
            return;
    }
    sched_unlock(s);
}
