/* steal.c - what is worth moving, and moving it.
 *
 * A queue is not work that waits too long: with 20 ns a switch, 500 processes in a
 * queue are 10 us of work, and moving them costs more (their lines, their lane, the
 * fence on the victim's CPU). So a thief looks twice, some time apart, and compares
 * how many processes its victim took up in between with how many are in its queue.
 * It steals when the expected wait is more than WORTH_NS. A process that computes and
 * calls nothing shows as "none taken up": then everything behind it is worth moving.
 * Where turns are short, one process costs as much to find in a queue as to run, so a thief
 * takes what it can cut off without a look (kernel/cuts), or nothing, for a while.
 *
 * A process that has started has its frames in a lane, so the lane moves with it, and
 * with the lane all that are bound to it: their wake-ups go to the new holder from now
 * on. Those of them that are queued at the victim are handed on, one by one, as it comes
 * across them. So lanes are moved last, few at a time, and not back again at once: two
 * schedulers that robbed each other of lanes with thousands behind them did nothing else.
 * Exempt: the lane that the victim is running on, and processes bound to a scheduler
 * by their creator.
 *
 * Half is left, or whoever was left alone with its scheduler would have as much as all
 * others together from then on; where all had to be taken, kernel/balance puts that right. But those that do little but
 * send each other messages would each time wait for another CPU's cache lines, and be slower on two than on one: of
 * those who have begun all are taken, or none. */
#include "kernel/steal.h"

enum {
    LOOK_APART_NS = 20 * 1000,
    WORTH_NS = 50 * 1000,
    SHORT_NS = 400, /* a turn of that costs less than to find and move who has it, while both schedulers wait */
    WORTH_WALKING_NS = 1000 * 1000, /* unless so many are there that it is no burst */
    AFTER_FAILURE_NS = 1000 * 1000, /* what could not be moved will not be movable soon */
    WALK_MOST = 1024, /* so long may the victim be kept waiting: tens of microseconds */
    SETTLED_US = 2, /* ten times what it costs to hand one on, for each that is bound to a lane */
    SETTLED_MOST_US = 1000 * 1000,
    CUT_LEAST = WALK_MOST / 2, /* fewer are not worth a cut */
    TALK_NS = 2000, /* who takes turns of that does more than talk: a message to another CPU costs less */
    TALK_TURNS = 4, /* nor who sends less than one message in so many */
};

bool steal_would_part(uint64_t done, uint64_t sent, uint64_t elapsed_ns)
{
    return elapsed_ns < done * TALK_NS && sent * TALK_TURNS >= done;
}

bool steal_meets_burst(uint64_t waiting, uint64_t done, uint64_t elapsed_ns)
{
    return waiting > WALK_MOST && elapsed_ns < done * SHORT_NS;
}

enum robbery steal_worth(uint64_t waiting, uint64_t elapsed_ns, uint64_t done)
{
    uint64_t turn_ns = done ? elapsed_ns / done : UINT64_MAX;
    if (!waiting || (done && waiting * turn_ns <= WORTH_NS))
        return ROB_NOBODY;
    if (turn_ns >= SHORT_NS || waiting * turn_ns > WORTH_WALKING_NS)
        return ROB_HALF;
    return waiting > 2 * CUT_LEAST ? ROB_AT_A_CUT : ROB_NOBODY;
}

/* The higher ones are taken up before the others, which may wait for ever behind them. */
static enum robbery look_at(struct sched *v, struct look *last)
{
    uint64_t now = os_now_ns(), switches = atomic_load_explicit(&v->switches, memory_order_relaxed);
    uint64_t sent = atomic_load_explicit(&v->sent, memory_order_relaxed), last_sent = last->sent;
    uint64_t overtaken = atomic_load_explicit(&v->ranks.overtaken, memory_order_relaxed);
    uint64_t higher = ranks_higher(&v->ranks), waiting = runq_length(&v->queue) + runq_length(&v->ranks.low);
    uint64_t elapsed = now - last->at_ns, done = switches - last->switches, over = overtaken - last->overtaken;
    uint64_t breaks = atomic_load_explicit(&v->breaks, memory_order_relaxed), last_breaks = last->breaks;
    if (elapsed < LOOK_APART_NS || now < last->not_before_ns)
        return ROB_NOBODY;
    bool part = steal_would_part(done, sent - last_sent, elapsed);
    *last = (struct look){.at_ns = now, .switches = switches, .overtaken = overtaken, .sent = sent, .breaks = breaks};
    if (elapsed > 1000 * (uint64_t)LOOK_APART_NS || breaks != last_breaks)
        return ROB_NOBODY; /* too long ago, or it did something else in between: how long a turn takes is not known */
    if (!done) { /* in one process, or asleep */
        bool any = waiting || higher || atomic_load_explicit(&v->runnext, memory_order_relaxed) || sched_inbox_holds_work(v);
        return any ? ROB_STUCK : ROB_NOBODY;
    }
    enum robbery normal = steal_worth(waiting, elapsed, done > over ? done - over : 0);
    enum robbery ranked = steal_worth(higher, elapsed, over);
    if (normal == ROB_AT_A_CUT && processes_are_few())
        normal = ROB_NOBODY; /* nothing is noted there: v would be interrupted in vain */
    if (normal == ROB_HALF && part)
        normal = ROB_TOGETHER;
    return normal > ranked ? normal : ranked;
}

/* One robbery. */
struct loot {
    struct runq taken;   /* for the thief's queue */
    struct runq plain;   /* the same, of whom nothing needs to be looked at */
    struct cuts cuts;    /* of those */
    struct runq refused; /* found in v's inbox, but must stay with v */
    struct lane *lanes[WALK_MOST]; /* that came with them */
    unsigned lane_count;
    bool claimed;      /* nobody else was there */
    uint64_t bound, bound_most; /* so many are bound to those; once it is as many, no more lanes are moved */
    struct runq *only; /* of v, of which n are to be taken; NULL: of all */
    uint64_t n;
    uint64_t part, of; /* so much of each, and of lanes; */
    bool together;     /* but all who have begun */
    bool alone;        /* it is one, who has its turn before it can be taken again */
    uint64_t now_ns; /* 0: v is stuck, and none of them may wait until it is not */
};

bool steal_unsettle(struct lane *lane, uint64_t now_ns)
{
    uint32_t now = (uint32_t)(now_ns / 1000), more = lane->settled_us - now; /* it wraps, and no move keeps it for long */
    if (lane->settled_us && more && more <= SETTLED_MOST_US)
        return false;
    uint32_t most = SETTLED_MOST_US / SETTLED_US, bound = lane->bound < most ? lane->bound : most;
    lane->settled_us = (now + bound * SETTLED_US) | 1;
    return true;
}

/* Not too many with one robbery, and not again before that has paid. */
static bool may_move_now(struct lane *lane, struct loot *loot)
{
    if (loot->lane_count == WALK_MOST) /* v's inbox may hold any number */
        return false;
    if (!loot->now_ns)
        return true;
    if (loot->bound >= loot->bound_most || !steal_unsettle(lane, loot->now_ns))
        return false;
    loot->bound += lane->bound;
    return true;
}

/* May p go from v to s? Its lane goes with it. */
static bool move_lane(struct sched *s, struct sched *v, struct process *p, struct loot *loot)
{
    if (p->bound & BOUND_PLACE)
        return false;
    if (!p->lane || atomic_load_explicit(&p->lane->holder, memory_order_relaxed) == s)
        return true;
    if (p->lane == v->lane || !sched_may_move_lane(v, p->lane) || !may_move_now(p->lane, loot) ||
        !sched_move_lane(s, v, p->lane))
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

/* Those of `from` that may move are taken, until so many are; of the others, those looked at go to the end of `left`. */
static void take_with_lanes(struct sched *s, struct sched *v, struct runq *from, uint64_t until, struct loot *loot,
                            struct runq *left)
{
    while (from->first && (loot->together || runq_length(&loot->taken) < until)) {
        struct process *p = runq_pop(from);
        runq_push(move_lane(s, v, p, loot) ? &loot->taken : left, p);
    }
}

/* A part of a queue of v, the oldest: they have waited longest. What may not move keeps its place, and so do those
 * with a lane, if they are the fewer and v is not stuck: all that are bound to it would be torn from whom they talk to.
 * The result is how many more may be looked at. */
static unsigned take_part(struct sched *s, struct sched *v, struct runq *q, struct loot *loot, unsigned walk)
{
    struct runq bound = {0}, left = {0};
    uint64_t before = runq_length(&loot->taken), want = (runq_length(q) * loot->part + loot->of - 1) / loot->of;
    for (; walk && q->first && runq_length(&loot->taken) - before < want; walk--) {
        struct process *p = runq_pop(q);
        runq_push(p->lane || (p->bound & BOUND_PLACE) ? &bound : &loot->taken, p);
    }
    if (!loot->now_ns || runq_length(&bound) > runq_length(&loot->taken) - before)
        take_with_lanes(s, v, &bound, before + want, loot, &left);
    runq_append(&left, &bound);
    if (left.first && q == &v->queue)
        cuts_forget_before(&v->cuts, v->queue.taken);
    runq_prepend(q, &left);
    return walk;
}

/* With a lane come all that are bound to it: the same part of those. */
static uint64_t most_bound(const struct sched *v, const struct loot *loot)
{
    uint64_t bound = 0;
    if (loot->together)
        return WALK_MOST;
    for (uint32_t i = 0; i < v->lane_count; i++)
        bound += v->lanes[i] == v->lane ? 0 : v->lanes[i]->bound; /* that one stays, and v may be changing it */
    bound = (bound * loot->part + loot->of - 1) / loot->of;
    return bound < WALK_MOST ? bound : WALK_MOST;
}

/* Half of the normal ones, or nearly, if they need not be walked through. */
static bool cut_in_half(struct sched *v, struct loot *loot)
{
    uint64_t most = (runq_length(&v->queue) + 1) / 2;
    return most > CUT_LEAST && cuts_split(&v->cuts, &v->queue, most, &loot->plain, &loot->cuts);
}

/* n of those who wait now, which may be more than when it was said that n are to be taken. */
static void see_which_part(struct loot *loot)
{
    loot->of = runq_length(loot->only);
    loot->part = loot->n < loot->of ? loot->n : loot->of;
}

/* Of the higher ones too, of which one may have many behind it. */
static void take_parts(struct sched *s, struct sched *v, struct loot *loot)
{
    if (loot->only)
        see_which_part(loot);
    if (!loot->part)
        return;
    loot->bound_most = most_bound(v, loot);
    struct runq *queues[] = {&v->ranks.max, &v->ranks.high, &v->queue, &v->ranks.low};
    unsigned walk = WALK_MOST / 2;
    for (unsigned i = 0; i < sizeof queues / sizeof *queues; i++)
        if (loot->only && queues[i] != loot->only)
            continue;
        else if (queues[i] != &v->queue || 2 * loot->part < loot->of || !cut_in_half(v, loot))
            walk = take_part(s, v, queues[i], loot, walk);
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
        if (loot->alone)
            sched_enqueue_first(s, p);
        else
            sched_enqueue(s, p);
    cuts_join(&s->cuts, &s->queue, &loot->plain, &loot->cuts);
    if (runq_length(&s->queue) > 1)
        sched_surplus();
    sched_unlock(s);
}

/* The result is how many it were. */
static uint64_t rob(struct sched *s, struct sched *v, enum robbery how, struct loot *loot)
{
    loot->taken = loot->plain = loot->refused = (struct runq){0};
    loot->lane_count = loot->cuts.count = 0;
    loot->bound = 0;
    loot->now_ns = how == ROB_STUCK ? 0 : os_now_ns();
    loot->claimed = sched_rob_begin(v);
    if (loot->claimed) {
        if (how == ROB_AT_A_CUT)
            cut_in_half(v, loot);
        else
            take_parts(s, v, loot);
        if (how == ROB_STUCK) {
            take_next(s, v, loot);
            take_inbox(s, v, loot);
        }
        sched_rob_end(v);
    }
    uint64_t taken = runq_length(&loot->taken) + runq_length(&loot->plain);
    take_home(s, v, loot);
    atomic_store_explicit(&s->steals, atomic_load_explicit(&s->steals, memory_order_relaxed) + taken,
                          memory_order_relaxed);
    return taken;
}

bool steal_from(struct sched *s, struct sched *v, enum robbery how)
{
    struct look *look = &s->looks[v->index];
    struct loot loot;
    loot.part = 1;
    loot.of = how == ROB_STUCK ? 1 : 2; /* none of them may wait: we may never be idle again */
    loot.together = how == ROB_TOGETHER;
    loot.only = NULL;
    loot.alone = false;
    if (rob(s, v, how, &loot))
        return true;
    look->not_before_ns = os_now_ns() + AFTER_FAILURE_NS;
    return false;
}

bool steal_share(struct sched *s, struct sched *v, uint64_t n, enum process_rank rank)
{
    struct loot loot;
    loot.only = sched_queue(v, rank);
    loot.n = n;
    loot.together = false;
    loot.alone = n == 1;
    return !runq_length(loot.only) || rob(s, v, ROB_HALF, &loot) || !loot.claimed || !loot.of;
}

struct sched *steal_look(struct sched *s, enum robbery *how)
{
    for (unsigned i = 1; i < runtime.count; i++) {
        struct sched *v = runtime.scheds[(s->index + i) % runtime.count];
        *how = look_at(v, &s->looks[v->index]);
        if (*how != ROB_NOBODY)
            return v;
    }
    return NULL;
}
