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
 * on. Exempt: the lane that the victim is running on, and processes bound to a scheduler
 * by their creator. */
#include "kernel/steal.h"

enum {
    LOOK_APART_NS = 20 * 1000,
    WORTH_NS = 50 * 1000,
    AFTER_FAILURE_NS = 1000 * 1000, /* what could not be moved will not be movable soon */
    WALK_MOST = 1024, /* so long may the victim be kept waiting: a few microseconds */
};

/* `waiting` of which `done` were taken up in a time of `elapsed`. */
static bool too_many(uint64_t waiting, uint64_t elapsed, uint64_t done)
{
    return waiting && (!done || waiting * (elapsed / done) > WORTH_NS);
}

/* The higher ones are taken up before the others, which may wait for ever behind them. */
static bool waits_too_long(struct sched *v, struct look *last, bool *stuck)
{
    uint64_t now = os_now_ns(), switches = atomic_load_explicit(&v->switches, memory_order_relaxed);
    uint64_t overtaken = atomic_load_explicit(&v->ranks.overtaken, memory_order_relaxed);
    uint64_t higher = ranks_higher(&v->ranks), waiting = runq_length(&v->queue) + runq_length(&v->ranks.low);
    uint64_t elapsed = now - last->at_ns, done = switches - last->switches, over = overtaken - last->overtaken;
    if (elapsed < LOOK_APART_NS || now < last->not_before_ns)
        return false;
    *last = (struct look){.at_ns = now, .switches = switches, .overtaken = overtaken};
    if (elapsed > 1000 * (uint64_t)LOOK_APART_NS)
        return false; /* too long ago to say anything */
    *stuck = !done; /* in one process, or asleep */
    if (*stuck)
        return waiting || higher || atomic_load_explicit(&v->runnext, memory_order_relaxed) || sched_inbox_holds_work(v);
    return too_many(waiting, elapsed, done > over ? done - over : 0) || too_many(higher, elapsed, over);
}

/* One robbery. */
struct loot {
    struct runq taken;   /* for the thief's queue */
    struct runq plain;   /* the same, of whom nothing needs to be looked at */
    struct cuts cuts;    /* of those */
    struct runq refused; /* found in v's inbox, but must stay with v */
    struct lane *lanes[WALK_MOST]; /* that came with them */
    unsigned lane_count;
};

/* May p go from v to s? Its lane goes with it. */
static bool move_lane(struct sched *s, struct sched *v, struct process *p, struct loot *loot)
{
    if (p->bound & BOUND_PLACE)
        return false;
    if (!p->lane || atomic_load_explicit(&p->lane->holder, memory_order_relaxed) == s)
        return true;
    if (p->lane == v->lane || !sched_move_lane(s, v, p->lane))
        return false;
    loot->lanes[loot->lane_count++] = p->lane;
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

/* Half of a queue of v, the oldest: they have waited longest. What may not move keeps its place.
 * The result is how many more may be looked at. */
static unsigned take_half(struct sched *s, struct sched *v, struct runq *q, struct loot *loot, unsigned walk)
{
    struct runq left = {0};
    uint64_t want = runq_length(&loot->taken) + (runq_length(q) + 1) / 2;
    for (; walk && q->first && runq_length(&loot->taken) < want; walk--) {
        struct process *p = runq_pop(q);
        runq_push(move_lane(s, v, p, loot) ? &loot->taken : &left, p);
    }
    if (left.first && q == &v->queue)
        cuts_forget(&v->cuts);
    runq_prepend(q, &left);
    return walk;
}

/* Half of the normal ones, or nearly, if they need not be walked through; few are not worth a cut. */
static bool cut_in_half(struct sched *v, struct loot *loot)
{
    uint64_t most = (runq_length(&v->queue) + 1) / 2;
    return most > WALK_MOST / 2 && cuts_split(&v->cuts, &v->queue, most, &loot->plain, &loot->cuts);
}

/* Of the higher ones too, of which one may have many behind it. */
static void take_halves(struct sched *s, struct sched *v, struct loot *loot)
{
    struct runq *queues[] = {&v->ranks.max, &v->ranks.high, &v->queue, &v->ranks.low};
    unsigned walk = WALK_MOST / 2;
    for (unsigned i = 0; i < sizeof queues / sizeof *queues; i++)
        if (queues[i] != &v->queue || !cut_in_half(v, loot))
            walk = take_half(s, v, queues[i], loot, walk);
}

/* Under the lock of v, who looks at ranks if p has one: it was taken out of them, to be next. */
static void put_back(struct sched *v, struct process *p)
{
    if (p->bound & BOUND_RANK)
        ranks_push(&v->ranks, p);
    else
        runq_push(&v->queue, p);
}

static void take_next(struct sched *s, struct sched *v, struct loot *loot)
{
    /* acquire: pairs with the owner's release in sched_ready_next(), which needs no lock. */
    struct process *p = atomic_exchange_explicit(&v->runnext, NULL, memory_order_acquire);
    if (p && move_lane(s, v, p, loot))
        runq_push(&loot->taken, p);
    else if (p)
        put_back(v, p);
}

static void take_home(struct sched *s, struct sched *v, struct loot *loot)
{
    for (struct process *p; (p = runq_pop(&loot->refused));)
        sched_push_remote(v, p);
    sched_lock(s);
    while (loot->lane_count)
        sched_add_lane(s, loot->lanes[--loot->lane_count]);
    for (struct process *p; (p = runq_pop(&loot->taken));)
        sched_enqueue(s, p);
    cuts_join(&s->cuts, &s->queue, &loot->plain, &loot->cuts);
    if (runq_length(&s->queue) > 1)
        sched_surplus();
    sched_unlock(s);
}

void steal_from(struct sched *s, struct sched *v, bool stuck)
{
    struct loot loot;
    loot.taken = loot.plain = loot.refused = (struct runq){0};
    loot.lane_count = loot.cuts.count = 0;
    if (sched_rob_begin(v)) {
        take_halves(s, v, &loot);
        if (stuck) {
            take_next(s, v, &loot);
            take_inbox(s, v, &loot);
        }
        sched_rob_end(v);
    }
    uint64_t taken = runq_length(&loot.taken) + runq_length(&loot.plain);
    if (!taken)
        s->looks[v->index].not_before_ns = os_now_ns() + AFTER_FAILURE_NS;
    take_home(s, v, &loot);
    atomic_store_explicit(&s->steals, atomic_load_explicit(&s->steals, memory_order_relaxed) + taken,
                          memory_order_relaxed);
}

struct sched *steal_look(struct sched *s, bool *stuck)
{
    for (unsigned i = 1; i < runtime.count; i++) {
        struct sched *v = runtime.scheds[(s->index + i) % runtime.count];
        if (waits_too_long(v, &s->looks[v->index], stuck))
            return v;
    }
    return NULL;
}
