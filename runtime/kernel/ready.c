/* ready.c - a process becomes ready: on whose queue, and does somebody have to be woken for it?
 * The other end is kernel/switch, which takes processes from the queue. */
#include "kernel/sched.h"

static bool is_mark(const struct process *p)
{
    return p == SCHED_MARK_IDLE || p == SCHED_MARK_ROBBED;
}

void sched_push_remote(struct sched *to, struct process *p)
{
    struct process *old = atomic_load_explicit(&to->inbox, memory_order_relaxed);
    do {
        p->next = is_mark(old) ? NULL : old;
        /* release: publishes p and its link; pairs with sched_take_inbox(). seq_cst: see sched_wake(). */
    } while (!atomic_compare_exchange_weak_explicit(&to->inbox, &old, p, memory_order_seq_cst, memory_order_relaxed));
    if (old == SCHED_MARK_IDLE)
        sched_wake(to); /* ROBBED: the robber will see that its mark is gone */
    else
        sched_surplus(); /* `to` is at something, perhaps for long */
}

struct sched *sched_any(void)
{
    return runtime.scheds[atomic_fetch_add_explicit(&runtime.next_home, 1, memory_order_relaxed) % sched_online()];
}

/* Whose queue? A process whose frames belong to a lane runs where the lane is; if it is to run elsewhere, that
 * is where the lane comes from (kernel/online). The lane may be stolen while we look; whoever finds
 * it in its queue then sends it on. */
static struct sched *home(const struct process *p, struct sched *s)
{
    unsigned place = p->bound & BOUND_PLACE;
    if (p->lane)
        return atomic_load_explicit(&p->lane->holder, memory_order_relaxed);
    if (place != BOUND_NOWHERE && place <= sched_online())
        return runtime.scheds[place - 1];
    return s ? s : sched_any();
}

struct sched *sched_home(const struct process *p)
{
    return home(p, NULL);
}

/* The holder of this lane has nothing to do. Rather than wake it, and wait for it, take
 * the lane: what two processes say to each other then stays on one CPU. If that is too
 * much for us, idle schedulers will notice, and steal.
 * Exclusive: the thief flag keeps other thieves away, the mark the owner, who must
 * replace it before it does anything. */
static bool take_over(struct sched *s, struct sched *idle, struct lane *lane)
{
    struct process *mark = SCHED_MARK_IDLE;
    if (atomic_load_explicit(&idle->inbox, memory_order_relaxed) != SCHED_MARK_IDLE || !sched_claim(idle))
        return false;
    bool moved = false;
    /* acquire: the lanes as their owner left them; pairs with its release in idle.c. release: who finds
     * that this mark has been replaced finds the thief flag, which then alone keeps the owner away. */
    if (atomic_compare_exchange_strong_explicit(&idle->inbox, &mark, SCHED_MARK_ROBBED, memory_order_acq_rel,
                                                memory_order_relaxed)) {
        moved = sched_move_lane(s, idle, lane);
        mark = SCHED_MARK_ROBBED;
        /* release: the owner sees its lanes as we leave them. A push has replaced the
         * mark: the waking, which it left to us, is due. */
        if (!atomic_compare_exchange_strong_explicit(&idle->inbox, &mark, SCHED_MARK_IDLE, memory_order_seq_cst,
                                                     memory_order_seq_cst))
            sched_wake(idle);
    }
    sched_rob_end(idle);
    if (moved) {
        sched_lock(s);
        sched_add_lane(s, lane);
        sched_unlock(s);
    }
    return moved;
}

void sched_set_rank_self(struct sched *s, enum process_rank rank)
{
    process_set_rank(s->current, rank);
    s->watch |= WATCH_RANKED; /* when it gives way, see to it */
}

void sched_set_place_self(struct sched *s, unsigned place)
{
    struct process *p = s->current;
    process_set_place(p, place);
    while (sched_is_stray(s, p)) {
        s->watch |= WATCH_ELSEWHERE;
        sched_yield_self(s);
        s = self_sched();
    }
}

/* Who has a rank is never next: those of its rank that came before it go first. */
static void enqueue(struct sched *s, struct process *p, enum urgency urgency)
{
    bool next = urgency == READY_NEXT && LIKELY(!(p->bound & BOUND_RANK)) && !sched_is_stray(s, p);
    if (next && !atomic_load_explicit(&s->runnext, memory_order_relaxed))
        atomic_store_explicit(&s->runnext, p, memory_order_relaxed); /* we hold the lock */
    else
        sched_enqueue(s, p);
    sched_surplus();
}

/* Not everybody who is woken is to be queued. */
static COLD bool ready_specially(struct process *p, enum urgency urgency)
{
    if (p->bound == BOUND_GUEST)
        sched_wake_guest(p);
    else if ((p->bound & BOUND_HELD) && !process_doomed(p))
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
    if (s && UNLIKELY(!sched_is_online(s)))
        s = NULL; /* as a thread, then */
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
