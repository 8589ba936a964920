/* sched.c - switching between processes. The map is at the top of sched.h. */
#include "kernel/sched.h"

#include "data/atom.h"

struct runtime runtime;

/* ---- the scheduler lock, slow halves ---- */

/* The runtime stops: leave whatever we run for the native stack and never come back. */
static _Noreturn void halt(struct sched *s)
{
    s->current = NULL;
    s->lane = NULL;
    ctx_resume(&s->native, &s->native_stack, &s->busy);
}

void sched_lock_slow(struct sched *s)
{
    for (unsigned spins = 0;; spins++) {
        atomic_exchange_explicit(&s->busy, 1, memory_order_seq_cst);
        uint32_t thief = atomic_load_explicit(&s->thief, memory_order_seq_cst);
        if (!(thief & THIEF_STEALING)) { /* busy is set, and there is no thief: nor will one come after HALT */
            if ((thief & THIEF_HALT) && s->lane)
                halt(s);
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
    uint32_t nobody = runtime.fenced ? THIEF_FENCED : THIEF_NONE;
    if (!atomic_compare_exchange_strong_explicit(&v->thief, &nobody, nobody | THIEF_STEALING, memory_order_seq_cst,
                                                 memory_order_relaxed))
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

/* True: s was asleep. seq_cst: s announces its sleep, then looks at its inbox; we have
 * changed the inbox, then look whether it sleeps. One sees the other. */
static bool wake(struct sched *s)
{
    uint32_t asleep = 1;
    if (!atomic_compare_exchange_strong_explicit(&s->futex, &asleep, 0, memory_order_seq_cst, memory_order_seq_cst))
        return false;
    os_futex_wake(&s->futex, 1);
    return true;
}

void sched_halt(struct sched *s)
{
    /* From now on the owner leaves at its next lock. */
    atomic_fetch_or_explicit(&s->thief, THIEF_HALT, memory_order_seq_cst);
    wake(s);
}

static COLD void wake_deep_sleeper(void)
{
    for (unsigned i = 0; i < runtime.count; i++)
        if (wake(runtime.scheds[i]))
            return;
}

void sched_surplus(void)
{
    if (UNLIKELY(sched_somebody_sleeps_deep()))
        wake_deep_sleeper();
}

void sched_wake_guest(struct process *p)
{
    struct guest *guest = (struct guest *)p->arg;
    /* release: pairs with guest_sleep(). The guest's frame may be gone as soon as it
     * sees this, which a futex wake of a stale address survives. */
    atomic_store_explicit(&guest->woken, 1, memory_order_release);
    os_futex_wake(&guest->woken, 1);
}

/* ---- readying ---- */

static bool is_mark(const struct process *p)
{
    return p == SCHED_MARK_IDLE || p == SCHED_MARK_ROBBED;
}

void sched_push_remote(struct sched *to, struct process *p)
{
    struct process *old = atomic_load_explicit(&to->inbox, memory_order_relaxed);
    do {
        p->next = is_mark(old) ? NULL : old;
        /* release: publishes p and its link; pairs with sched_take_inbox(). seq_cst: see wake(). */
    } while (!atomic_compare_exchange_weak_explicit(&to->inbox, &old, p, memory_order_seq_cst, memory_order_relaxed));
    if (old == SCHED_MARK_IDLE)
        wake(to); /* ROBBED: the robber will see that its mark is gone */
    else
        sched_surplus(); /* `to` is at something, perhaps for long */
}

/* Whose queue? A process whose frames belong to a lane runs where the lane is. The
 * lane may be stolen while we look; whoever finds it in its queue then sends it on. */
static struct sched *home(const struct process *p, struct sched *s)
{
    if (p->bound & BOUND_PLACE)
        return runtime.scheds[(p->bound & BOUND_PLACE) - 1];
    if (p->lane)
        return atomic_load_explicit(&p->lane->holder, memory_order_relaxed);
    if (s)
        return s;
    return runtime.scheds[atomic_fetch_add_explicit(&runtime.next_home, 1, memory_order_relaxed) % runtime.count];
}

/* The holder of this lane has nothing to do. Rather than wake it, and wait for it, take
 * the lane: what two processes say to each other then stays on one CPU. If that is too
 * much for us, idle schedulers will notice, and steal.
 * Exclusive: the thief flag keeps other thieves away, the mark the owner, who must
 * replace it before it does anything. */
static bool take_over(struct sched *s, struct sched *idle, struct lane *lane)
{
    struct process *mark = SCHED_MARK_IDLE;
    uint32_t nobody = runtime.fenced ? THIEF_FENCED : THIEF_NONE;
    if (atomic_load_explicit(&idle->inbox, memory_order_relaxed) != SCHED_MARK_IDLE ||
        !atomic_compare_exchange_strong_explicit(&idle->thief, &nobody, nobody | THIEF_STEALING, memory_order_acquire,
                                                 memory_order_relaxed))
        return false;
    bool moved = false;
    /* acquire: the lanes as their owner left them; pairs with its release in idle.c. */
    if (atomic_compare_exchange_strong_explicit(&idle->inbox, &mark, SCHED_MARK_ROBBED, memory_order_acquire,
                                                memory_order_relaxed)) {
        moved = sched_move_lane(s, idle, lane);
        mark = SCHED_MARK_ROBBED;
        /* release: the owner sees its lanes as we leave them. A push has replaced the
         * mark: the waking, which it left to us, is due. */
        if (!atomic_compare_exchange_strong_explicit(&idle->inbox, &mark, SCHED_MARK_IDLE, memory_order_seq_cst,
                                                     memory_order_seq_cst))
            wake(idle);
    }
    sched_rob_end(idle);
    if (moved) {
        sched_lock(s);
        sched_add_lane(s, lane);
        sched_unlock(s);
    }
    return moved;
}

static COLD void enqueue_ranked(struct sched *s, struct process *p)
{
    s->watch |= WATCH_RANKED;
    ranks_push(&s->ranks, p);
}

void sched_enqueue(struct sched *s, struct process *p)
{
    if (UNLIKELY(p->bound & BOUND_RANK))
        enqueue_ranked(s, p);
    else
        runq_push(&s->queue, p);
}

void sched_set_rank_self(struct sched *s, enum process_rank rank)
{
    process_set_rank(s->current, rank);
    s->watch |= WATCH_RANKED; /* when it gives way, see to it */
}

/* Who has a rank is never next: those of its rank that came before it go first. */
static void enqueue(struct sched *s, struct process *p, enum urgency urgency)
{
    if (UNLIKELY(p->bound & BOUND_RANK)) {
        enqueue_ranked(s, p);
    } else if (urgency == READY_NEXT && !atomic_load_explicit(&s->runnext, memory_order_relaxed)) {
        atomic_store_explicit(&s->runnext, p, memory_order_relaxed); /* we hold the lock */
    } else {
        runq_push(&s->queue, p);
    }
    sched_surplus();
}

/* Not everybody who is woken is to be queued. */
static COLD bool ready_specially(struct process *p, enum urgency urgency)
{
    if (p->bound == BOUND_GUEST)
        sched_wake_guest(p);
    else if ((p->bound & BOUND_HELD) && !p->doomed)
        process_settle(p, urgency);
    else
        return false;
    return true;
}

void sched_ready_slow(struct process *p, enum urgency urgency)
{
    struct sched *s = self_sched();
    if (UNLIKELY(p->bound) && ready_specially(p, urgency))
        return;
    struct sched *to = home(p, s);
    if (to != s && (!s || (p->bound & BOUND_PLACE) || !take_over(s, to, p->lane))) {
        sched_push_remote(to, p);
        return;
    }
    sched_lock(s);
    enqueue(s, p, urgency);
    sched_unlock(s);
}

struct process *sched_take_inbox(struct sched *s)
{
    struct process *newest = atomic_load_explicit(&s->inbox, memory_order_relaxed), *oldest = NULL;
    do {
        if (!newest || is_mark(newest))
            return NULL;
        /* acquire: the processes as their wakers left them; pairs with sched_push_remote(). */
    } while (!atomic_compare_exchange_weak_explicit(&s->inbox, &newest, NULL, memory_order_acquire,
                                                    memory_order_relaxed));
    while (newest) {
        struct process *older = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = older;
    }
    return oldest;
}

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

/* Who is next stays so, unless a higher one waits; also who was chosen before, and comes
 * again by way of the native stack. */
static COLD struct process *pop_ranked(struct sched *s)
{
    struct process *p = take_runnext(s);
    bool chosen = p && p == s->ranks.brief;
    if (p && !chosen && (ranks_precede(&s->ranks, p) || ++s->streak > RUNNEXT_STREAK)) {
        sched_enqueue(s, p);
        p = NULL;
    }
    if (!p) {
        s->streak = 0;
        p = ranks_pop(&s->ranks, &s->queue);
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
        if (p)
            sched_push_remote(atomic_load_explicit(&p->lane->holder, memory_order_relaxed), p);
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

/* ---- lanes ---- */

/* Lanes in reserve. A lock, because it is rare: a leaf, nothing is done under it. */
static struct lane *reserve_take(void)
{
    struct lane *lane = NULL;
    lock_acquire(&runtime.reserve_lock);
    if (runtime.reserve_count)
        lane = runtime.reserve[--runtime.reserve_count];
    lock_release(&runtime.reserve_lock);
    return lane;
}

static void reserve_give(struct lane *lane)
{
    lock_acquire(&runtime.reserve_lock);
    runtime.reserve[runtime.reserve_count++] = lane;
    lock_release(&runtime.reserve_lock);
}

/* The lane has no resident: remember it, the latest first, for its warm cache lines. */
static void lane_freed(struct sched *s, struct lane *lane)
{
    lane->resident = NULL;
    if (!lane->listed) {
        lane->listed = true;
        s->free[s->free_count++] = lane;
    }
}

void sched_add_lane(struct sched *s, struct lane *lane)
{
    /* relaxed: a hint for wakers; a lane changes hands under its holder's lock. */
    atomic_store_explicit(&lane->holder, s, memory_order_relaxed);
    s->lanes[s->lane_count++] = lane;
    if (!lane->resident)
        lane_freed(s, lane);
}

/* Take `lane` out of an array of *n. False: it is not in there. */
static bool take_out(struct lane **lanes, uint32_t *n, const struct lane *lane)
{
    for (uint32_t i = 0; i < *n; i++)
        if (lanes[i] == lane) {
            lanes[i] = lanes[--*n];
            return true;
        }
    return false;
}

/* False: s does not hold it (any more), and then nothing of the lane is s's to touch. */
static bool remove_lane(struct sched *s, struct lane *lane)
{
    if (!take_out(s->lanes, &s->lane_count, lane))
        return false;
    take_out(s->free, &s->free_count, lane);
    lane->listed = false;
    return true;
}

bool sched_move_lane(struct sched *s, struct sched *v, struct lane *lane)
{
    /* Whose lane it is comes first: nothing of another's may be looked at. */
    if (atomic_load_explicit(&lane->holder, memory_order_relaxed) != v || lane->pinned)
        return false;
    struct lane *fresh = reserve_take();
    if ((!fresh && v->lane_count == 1) || !remove_lane(v, lane)) {
        if (fresh)
            reserve_give(fresh);
        return false;
    }
    atomic_store_explicit(&lane->holder, s, memory_order_relaxed);
    if (fresh)
        sched_add_lane(v, fresh);
    return true;
}

/* Copy the resident out. Without memory for its frames the resident cannot go on, and
 * nobody else should pay: it ends when it is next taken up, which is soon. */
static void evict(struct sched *s, struct lane *lane)
{
    struct process *p = lane->resident;
    sched_count(&s->evictions);
    lane->resident = NULL;
    if (LIKELY(frames_save(&p->frames, lane, p->ctx.sp)))
        return;
    p->doomed = ATOM_no_memory;
    if (inbox_rouse(&p->inbox, process_generation(p)))
        enqueue(s, p, READY_IN_TURN);
}

/* The latest lane to lose its resident. Of those that came with stolen processes and
 * are needed no more, the surplus goes back to the reserve. */
static struct lane *lane_from_list(struct sched *s)
{
    while (s->free_count) {
        struct lane *lane = s->free[--s->free_count];
        lane->listed = false;
        if (lane->resident || lane == s->lane)
            continue;
        if (lane->bound || s->lane_count <= s->lanes_wanted)
            return lane;
        remove_lane(s, lane);
        reserve_give(lane);
    }
    return NULL;
}

/* Thieves may have left us with few: what they took comes back through the reserve. */
static struct lane *lane_from_reserve(struct sched *s)
{
    struct lane *lane = s->lane_count < s->lanes_wanted ? reserve_take() : NULL;
    if (lane)
        sched_add_lane(s, lane);
    return lane ? lane_from_list(s) : NULL;
}

void sched_give_back_lanes(struct sched *s)
{
    sched_lock(s); /* thieves take lanes, and count */
    for (uint32_t i = s->lane_count; i-- > 0 && s->lane_count > s->lanes_wanted;) {
        struct lane *lane = s->lanes[i]; /* removal puts the last in its place, which we have seen */
        if (!lane->bound && !lane->resident && remove_lane(s, lane))
            reserve_give(lane);
    }
    sched_unlock(s);
}

/* A lane other than the one we run on, without a resident. NULL: we hold no other. */
static struct lane *lane_for_new(struct sched *s)
{
    struct lane *lane = lane_from_list(s);
    if (!lane)
        lane = lane_from_reserve(s);
    for (uint32_t i = 0; !lane && i < s->lane_count; i++) {
        lane = s->lanes[s->hand++ % s->lane_count];
        if (lane == s->lane)
            lane = NULL;
        else if (lane->resident)
            evict(s, lane);
    }
    return lane;
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
    ctx_init(&p->ctx);
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
        evict(s, lane);
    if (UNLIKELY(p->doomed)) { /* its frames are lost, and it starts again only to end: spawn.c */
        ctx_forget(lane->stack.low, lane->stack.size);
        ctx_fini(&p->ctx);
        return begin(s, from, p, lane, after);
    }
    frames_load(&p->frames, lane, p->ctx.sp);
    lane->resident = p;
    return resume(s, from, p, lane, after);
}

static NOINLINE uint64_t take_up_slow(struct sched *s, struct ctx *from, struct process *p, ctx_after *after)
{
    struct lane *lane = p->lane;
    if (!lane) {
        lane = lane_for_new(s);
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
    if (LIKELY(lane && lane->resident == p && lane != s->lane && !p->doomed))
        return resume(s, from, p, lane, after);
    return take_up_slow(s, from, p, after);
}

/* There is nothing to switch to. */
static NOINLINE uint64_t stay(struct sched *s, ctx_after *after)
{
    sched_unlock(s);
    uint64_t result = after ? after() : 0;
    return after && !result ? message_receive_again() : result;
}

/* Counts switches. True: timers may have expired, or somebody has a rank. */
static inline bool time_to_look(struct sched *s)
{
    if (LIKELY(s->watch == WATCH_NOTHING))
        return false;
    s->watch -= sched_until_timers(s) > WATCH_TIMERS_NOW;
    return s->watch == WATCH_TIMERS_NOW || (s->watch & WATCH_RANKED);
}

/* The ways to leave. On the fast way nothing is called but by tail calls, so that no
 * register of the caller's is saved twice: here, and in the switch. */

static inline uint64_t leave_for(struct sched *s, struct process *self, struct process *next, ctx_after *after)
{
    if (UNLIKELY(!next))
        return to_native(s, &self->ctx, NULL, after);
    if (LIKELY(next != self))
        return take_up(s, &self->ctx, next, after);
    if (UNLIKELY(self->doomed)) {
        sched_unlock(s);
        process_end_doomed();
    }
    s->reductions = (int32_t)s->time_slice;
    return stay(s, after);
}

static NOINLINE uint64_t leave_slow(struct sched *s, struct process *self, struct process *next, ctx_after *after)
{
    return leave_for(s, self, pick_slow(s, next), after);
}

/* It is time to look: at the clock, on the native stack, or at ranks. */
static NOINLINE uint64_t leave_looking(struct sched *s, struct process *self, ctx_after *after)
{
    if (sched_until_timers(s) == WATCH_TIMERS_NOW)
        return to_native(s, &self->ctx, NULL, after);
    return leave_slow(s, self, NULL, after);
}

/* It is not. */
static inline uint64_t leave_straight(struct sched *s, struct process *self, ctx_after *after)
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
    if (LIKELY(read != NULL)) {
        if (UNLIKELY(read->word != MESSAGE_READ || !pool_has_room(&s->messages)))
            return leave_freeing(s, p, after, read);
        pool_give(&runtime.messages, &s->messages, read);
    }
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

uint64_t sched_park_self(struct sched *s, ctx_after *after)
{
    if (events_are_wanted())
        return park_attentively(s, after);
    return LIKELY(sched_lock_try(s)) ? park_locked(s, after) : park_slow(s, after);
}

/* ---- the loop at a lane's foot ---- */

/* NULL also if it is time to look at the clock. */
static NOINLINE struct process *pick_looking(struct sched *s)
{
    return sched_until_timers(s) == WATCH_TIMERS_NOW ? NULL : pick_slow(s, NULL);
}

void sched_next_here(struct sched *s)
{
    struct lane *lane = s->lane;
    sched_lock(s);
    lane->resident = NULL;
    struct process *p = UNLIKELY(time_to_look(s)) ? pick_looking(s) : pick(s);
    if (LIKELY(p && !p->lane)) {
        if (!CTX_MAY_SUCCEED)
            begin(s, NULL, p, lane, NULL);
        bind(p, lane);
        run_on(s, p, lane);
        sched_unlock(s);
        return;
    }
    lane_freed(s, lane);
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
    evict(s, p->lane);
    lane_freed(s, p->lane);
    if (sched_has_queue(s))
        sched_surplus();
    sched_unlock(s);
    if (LIKELY(!p->doomed)) /* by evict(), for want of memory */
        chore(p);
    sched_ready(s, p, READY_IN_TURN);
}

void sched_run_all(struct sched *s)
{
    for (;;) {
        sched_lock(s);
        struct process *p = pick_slow(s, NULL);
        if (!p || sched_halted(s))
            break;
        take_up(s, &s->native, p, NULL); /* comes back without the lock, or to do a chore */
        if (UNLIKELY(s->chore != NULL))
            run_chore(s);
        if (sched_until_timers(s) == WATCH_TIMERS_NOW)
            return;
    }
    sched_unlock(s);
}
