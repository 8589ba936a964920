/* steal.c - what is worth moving, and moving it.
 *
 * A queue is not work that waits too long: with 20 ns a switch, 500 processes in a
 * queue are 10 us of work, and moving them costs more (their lines, their lane, the
 * fence on the victim's CPU). So a thief looks twice, some time apart, and compares
 * how many processes its victim took up in between with how many are in its queue.
 * It steals when the expected wait is more than WORTH_NS. A process that computes and
 * calls nothing shows as "none taken up": then everything behind it is worth moving.
 *
 * A process that has started has its frames in a lane, so the lane moves with it, and
 * with the lane all that are bound to it: their wake-ups go to the new holder from now
 * on; the thief pays with a lane of its own. Exempt: the lane that the victim is running on, processes bound to a scheduler
 * by their creator, and the victim's last lanes. */
#include "kernel/steal.h"

enum {
    LOOK_APART_NS = 20 * 1000,
    WORTH_NS = 50 * 1000,
    WALK_MOST = 1024, /* so long may the victim be kept waiting: a few microseconds */
    KEEP_LANES = 2,
    LANES_PAID_MOST = 16,
};

static bool inbox_holds_work(struct sched *v)
{
    struct process *newest = atomic_load_explicit(&v->inbox, memory_order_relaxed);
    return newest && newest != SCHED_ASLEEP;
}

static bool waits_too_long(struct sched *v, struct look *last, bool *stuck)
{
    uint64_t now = os_now_ns(), switches = atomic_load_explicit(&v->switches, memory_order_relaxed);
    uint64_t waiting = runq_length(&v->queue), elapsed = now - last->at_ns, done = switches - last->switches;
    if (elapsed < LOOK_APART_NS)
        return false;
    *last = (struct look){.at_ns = now, .switches = switches};
    if (elapsed > 1000 * (uint64_t)LOOK_APART_NS)
        return false; /* too long ago to say anything */
    *stuck = !done; /* in one process, or asleep */
    if (*stuck)
        return waiting || atomic_load_explicit(&v->runnext, memory_order_relaxed) || inbox_holds_work(v);
    return waiting && waiting * (elapsed / done) > WORTH_NS;
}

/* One robbery. */
struct loot {
    struct runq taken;   /* for the thief's queue */
    struct runq refused; /* found in v's inbox, but must stay with v */
    struct lane *won[WALK_MOST], *paid[LANES_PAID_MOST];
    unsigned won_count, paid_count;
};

/* Lanes follow processes, so a scheduler that is robbed often would end without any. The
 * thief pays with lanes of its own, set aside here: free ones if it can. */
static void set_lanes_aside(struct sched *s, struct loot *loot)
{
    sched_lock(s);
    while (loot->paid_count < LANES_PAID_MOST && s->lane_count > KEEP_LANES) {
        struct lane *lane = s->free_count ? s->free[s->free_count - 1] : s->lanes[s->hand++ % s->lane_count];
        sched_remove_lane(s, lane);
        loot->paid[loot->paid_count++] = lane;
    }
    sched_unlock(s);
}

/* May p go from v to s? Its lane moves with it, and another comes back. */
static bool move_lane(struct sched *s, struct sched *v, struct process *p, struct loot *loot)
{
    if (p->bound)
        return false;
    if (!p->lane || atomic_load_explicit(&p->lane->holder, memory_order_relaxed) == s)
        return true;
    if (p->lane == v->lane || v->lane_count <= KEEP_LANES || !sched_remove_lane(v, p->lane))
        return false;
    /* relaxed: a hint for wakers; the lane itself changes hands under v's lock. */
    atomic_store_explicit(&p->lane->holder, s, memory_order_relaxed);
    loot->won[loot->won_count++] = p->lane;
    if (loot->paid_count) {
        struct lane *paid = loot->paid[--loot->paid_count];
        atomic_store_explicit(&paid->holder, v, memory_order_relaxed);
        sched_add_lane(v, paid);
    }
    return true;
}

/* What others readied for v and v has not seen: it may be asleep, so nothing of this
 * may be left in its queue, only in its inbox, where it will look. */
static void take_inbox(struct sched *s, struct sched *v, struct loot *loot)
{
    struct process *p = sched_take_inbox(v);
    while (p) {
        struct process *next = p->next;
        runq_push(move_lane(s, v, p, loot) ? &loot->taken : &loot->refused, p);
        p = next;
    }
}

/* Half of the queue, the oldest: they have waited longest. What may not move keeps its place. */
static void take_half(struct sched *s, struct sched *v, struct loot *loot)
{
    struct runq left = {0};
    uint64_t want = runq_length(&loot->taken) + (runq_length(&v->queue) + 1) / 2;
    for (unsigned i = 0; i < WALK_MOST / 2 && v->queue.first && runq_length(&loot->taken) < want; i++) {
        struct process *p = runq_pop(&v->queue);
        runq_push(move_lane(s, v, p, loot) ? &loot->taken : &left, p);
    }
    runq_prepend(&v->queue, &left);
}

static void take_next(struct sched *s, struct sched *v, struct loot *loot)
{
    /* acquire: pairs with the owner's release in sched_ready(), which needs no lock. */
    struct process *p = atomic_exchange_explicit(&v->runnext, NULL, memory_order_acquire);
    if (p)
        runq_push(move_lane(s, v, p, loot) ? &loot->taken : &v->queue, p);
}

static void take_home(struct sched *s, struct sched *v, struct loot *loot)
{
    for (struct process *p; (p = runq_pop(&loot->refused));)
        sched_push_remote(v, p);
    sched_lock(s);
    while (loot->won_count)
        sched_add_lane(s, loot->won[--loot->won_count]);
    while (loot->paid_count)
        sched_add_lane(s, loot->paid[--loot->paid_count]);
    for (struct process *p; (p = runq_pop(&loot->taken));)
        runq_push(&s->queue, p);
    sched_unlock(s);
}

static bool rob(struct sched *s, struct sched *v, bool stuck)
{
    struct loot loot;
    loot.taken = loot.refused = (struct runq){0};
    loot.won_count = loot.paid_count = 0;
    set_lanes_aside(s, &loot);
    if (sched_rob_begin(v)) {
        take_half(s, v, &loot);
        if (stuck) {
            take_next(s, v, &loot);
            take_inbox(s, v, &loot);
        }
        sched_rob_end(v);
    }
    uint64_t taken = runq_length(&loot.taken);
    take_home(s, v, &loot);
    atomic_store_explicit(&s->steals, atomic_load_explicit(&s->steals, memory_order_relaxed) + taken,
                          memory_order_relaxed);
    return taken > 0;
}

bool steal(struct sched *s)
{
    for (unsigned i = 1; i < runtime.count; i++) {
        struct sched *v = runtime.scheds[(s->index + i) % runtime.count];
        bool stuck;
        if (waits_too_long(v, &s->looks[v->index], &stuck) && rob(s, v, stuck))
            return true;
    }
    return false;
}
