/* balance.c - see balance.h. */
#include "kernel/balance.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel/steal.h"

enum {
    PERIOD_NS = 4 * 1000 * 1000,
    LEAST_PART = 16, /* of those who wait: a smaller difference is none */
    PERIODS_IN_VAIN = 32,
    SHORT_TURNS = 3, /* so many in a period */
    PART_OF_PERIOD = 8,
};

/* Those of a rank. */
struct load {
    uint64_t least, most; /* so many waited, at one time or other */
    uint32_t in_vain;     /* so many periods are left in which nobody is told to take of them */
    bool closed;          /* none of them was taken up, all through the period */
};

/* Of one scheduler, in this period. */
struct burden {
    struct load loads[RANKS];
    uint64_t switches, turns, sent, breaks, overtaken, highs, others;
    struct load *from;  /* of what it was told to take; */
    uint64_t told_at;   /* so many turns had it taken until it did as it was told, or a little before */
    uint32_t quiet;     /* so many periods without a turn; */
    uint32_t quiet_was; /* and before, at most, not long ago, in 1 / PART_OF_PERIOD */
    bool higher_only;   /* nobody else was taken up */
    bool spared, busy;
};

static struct {
    struct burden *burdens;
    uint64_t since_ns;
    unsigned periods;
} balance;

int balance_begin(void)
{
    balance.burdens = calloc(runtime.count, sizeof *balance.burdens);
    balance.since_ns = 0;
    return balance.burdens ? 0 : -ENOMEM;
}

void balance_end(void)
{
    free(balance.burdens);
    balance.burdens = NULL;
}

static uint64_t read_count(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed); /* its owner's: kernel/sched */
}

static uint64_t turns_of(const struct sched *s)
{
    return read_count(&s->switches) + read_count(&s->turns);
}

static void begin_period(struct burden *b, const struct sched *s)
{
    b->switches = read_count(&s->switches);
    b->turns = read_count(&s->turns);
    b->sent = read_count(&s->sent);
    b->breaks = read_count(&s->breaks);
    b->overtaken = read_count(&s->ranks.overtaken);
    b->highs = read_count(&s->ranks.highs);
    b->others = read_count(&s->ranks.others);
    for (unsigned rank = 0; rank < RANKS; rank++) {
        b->loads[rank].least = UINT64_MAX;
        b->loads[rank].most = 0;
    }
}

static void look_at_burden(struct burden *b, struct sched *s)
{
    for (unsigned rank = 0; rank < RANKS; rank++) {
        struct load *load = &b->loads[rank];
        uint64_t n = runq_length(sched_queue(s, rank));
        load->least = n < load->least ? n : load->least;
        load->most = n > load->most ? n : load->most;
    }
}

/* Has it done as it was told? */
static bool is_done(const struct sched *s)
{
    return !atomic_load_explicit(&s->share_of, memory_order_acquire); /* what came of it: pairs with balance_take() */
}

/* Were there some of those it was told to take, and none could be moved? As long as it has a long turn it will not even have tried. */
static void look_at_outcome(struct burden *b, const struct sched *s)
{
    uint64_t turns = turns_of(s); /* before we look whether that is done */
    for (unsigned rank = 0; rank < RANKS; rank++)
        b->loads[rank].in_vain -= b->loads[rank].in_vain != 0;
    if (!b->from)
        return;
    if (!is_done(s)) {
        b->told_at = turns;
        return;
    }
    if (atomic_load_explicit(&s->share, memory_order_relaxed) == SHARE_IN_VAIN)
        b->from->in_vain = PERIODS_IN_VAIN;
    b->from = NULL;
}

/* Is somebody there for longer than is usual there? Who takes turns longer than a period must not seem to: all would go to the
 * other scheduler, where somebody has just begun such a turn, and when that is over, back, and never have one. */
static bool is_stuck(struct burden *b, uint64_t turns)
{
    if (b->busy && !turns)
        return ++b->quiet * PART_OF_PERIOD > 2 * b->quiet_was;
    b->quiet_was -= (b->quiet_was + 7) / 8;
    if (b->busy && b->quiet * PART_OF_PERIOD > b->quiet_was)
        b->quiet_was = b->quiet * PART_OF_PERIOD;
    if (turns >= SHORT_TURNS)
        b->quiet_was = 0; /* it is not usual: those behind it are to go */
    b->quiet = 0; /* to sleep is no turn */
    return false;
}

static void set_closed(struct burden *b, bool max, bool high, bool others)
{
    b->loads[RANK_MAX].closed = max;
    b->loads[RANK_HIGH].closed = high;
    b->loads[RANK_NORMAL].closed = b->loads[RANK_LOW].closed = others;
}

/* In so many turns, those counted of who went on since nobody else was to. Where no higher one waits, nobody counts whose turn
 * it is; but there are more turns then than of higher ones, even if two were counted of which we have not seen whose they were.
 * One period of this may be the end of something short, two are not. Without a turn all is as it was, until somebody is there
 * for too long; who has slept kept nobody waiting. */
static void see_who_was_passed_over(struct burden *b, const struct sched *s, uint64_t turns)
{
    uint64_t over = read_count(&s->ranks.overtaken) - b->overtaken;
    bool none_high = read_count(&s->ranks.highs) == b->highs, none_else = read_count(&s->ranks.others) == b->others;
    bool stuck = is_stuck(b, turns), was_higher_only = b->higher_only;
    if (b->busy && !turns && !stuck)
        return;
    b->higher_only = b->busy && over && none_else && turns <= over + 2;
    bool passed_over = b->higher_only && was_higher_only;
    set_closed(b, stuck, stuck || (passed_over && none_high), stuck || passed_over);
}

static void sum_up(struct burden *b, const struct sched *s, uint64_t elapsed_ns)
{
    uint64_t done = read_count(&s->switches) - b->switches, sent = read_count(&s->sent) - b->sent;
    uint64_t turns = turns_of(s) - b->switches - b->turns;
    b->spared = steal_would_part(done, sent, elapsed_ns) || steal_meets_burst(b->loads[RANK_NORMAL].least, done, elapsed_ns);
    b->busy = sched_is_online(s) && b->breaks == read_count(&s->breaks) &&
              !atomic_load_explicit(&s->futex, memory_order_relaxed);
    see_who_was_passed_over(b, s, turns);
    look_at_outcome(b, s);
}

static bool is_starved(const struct load *load)
{
    return load->closed && load->least;
}

/* Those who wait at one, of whom none has a turn at all, are more than any number of those who have. */
static uint64_t weight(const struct load *load)
{
    return load->least + (is_starved(load) ? UINT32_MAX : 0);
}

/* Of the next period's order: whoever is as good as another is so now, and the other then. */
static struct sched *in_turn(unsigned i)
{
    return runtime.scheds[(balance.periods + i) % runtime.count];
}

/* Where most of a rank wait, of where something may be taken. NULL: there is none. */
static struct sched *most_burdened(enum process_rank rank)
{
    struct sched *most = NULL;
    for (unsigned i = 0; i < runtime.count; i++) {
        struct sched *s = in_turn(i);
        const struct burden *b = &balance.burdens[s->index];
        const struct load *load = &b->loads[rank];
        if (b->busy && (is_starved(load) || !b->spared) && !load->in_vain &&
            (!most || weight(load) > weight(&balance.burdens[most->index].loads[rank])))
            most = s;
    }
    return most;
}

/* Where fewest do, and would have turns. Who has yet to do as it was told is told nothing else. */
static struct sched *least_burdened(enum process_rank rank)
{
    struct sched *least = NULL;
    for (unsigned i = 0; i < runtime.count; i++) {
        struct sched *s = in_turn(i);
        const struct burden *b = &balance.burdens[s->index];
        if (b->busy && !b->from && !b->loads[rank].closed &&
            (!least || b->loads[rank].most < balance.burdens[least->index].loads[rank].most))
            least = s;
    }
    return least;
}

static void tell_to_take(struct sched *s, struct sched *v, uint64_t n, enum process_rank rank)
{
    struct burden *b = &balance.burdens[s->index];
    b->from = &balance.burdens[v->index].loads[rank];
    b->told_at = turns_of(s);
    atomic_store_explicit(&s->share, n < UINT32_MAX ? (uint32_t)n : UINT32_MAX, memory_order_relaxed);
    atomic_store_explicit(&s->share_rank, rank, memory_order_relaxed);
    /* release: how many; pairs with balance_take(). */
    atomic_store_explicit(&s->share_of, v, memory_order_release);
    sched_nudge(s);
}

/* Where normal ones wait at both, one low one more or less matters little: they have an eighth of a turn, wherever they are. */
static bool is_little(const struct burden *less, const struct burden *more, enum process_rank rank)
{
    return rank == RANK_LOW && more->loads[rank].least == less->loads[rank].most + 1 && less->loads[RANK_NORMAL].least &&
           more->loads[RANK_NORMAL].least;
}

/* So many of those that wait at `more` are to come to `less`; 0: it is not worth while. */
static uint64_t share(const struct burden *less, const struct burden *more, enum process_rank rank)
{
    const struct load *few = &less->loads[rank], *many = &more->loads[rank];
    if (is_starved(many))
        return many->least;
    if (many->least <= few->most + few->most / LEAST_PART || is_little(less, more, rank))
        return 0;
    return (many->least - few->most + 1) / 2;
}

/* Who came alone went before all who wait. Two turns later somebody else has had one, and another may do so. */
static bool may_take(const struct sched *s, uint64_t n)
{
    return n > 1 || turns_of(s) - balance.burdens[s->index].told_at >= 2;
}

/* False: there is nothing more to do. */
static bool even_out_two(enum process_rank rank)
{
    struct sched *s = least_burdened(rank), *v = most_burdened(rank);
    if (!s || !v || s == v)
        return false;
    uint64_t n = share(&balance.burdens[s->index], &balance.burdens[v->index], rank);
    if (!n)
        return false;
    if (may_take(s, n)) {
        tell_to_take(s, v, n, rank);
        balance.burdens[v->index].busy = false;
    }
    balance.burdens[s->index].busy = false;
    return true;
}

/* Each takes from one, of one rank, or gives to one. Now this rank is the first, and now that one. */
static void even_all_out(void)
{
    unsigned first = balance.periods / runtime.count + balance.periods % runtime.count;
    for (unsigned i = 0; i < RANKS; i++)
        while (even_out_two((first + i) % RANKS))
            ;
    balance.periods++;
}

void balance_look(void)
{
    uint64_t now = os_now_ns(), elapsed = now - balance.since_ns;
    for (unsigned i = 0; i < runtime.count; i++)
        look_at_burden(&balance.burdens[i], runtime.scheds[i]);
    if (elapsed < PERIOD_NS)
        return;
    for (unsigned i = 0; i < runtime.count; i++)
        sum_up(&balance.burdens[i], runtime.scheds[i], elapsed);
    if (balance.since_ns)
        even_all_out();
    for (unsigned i = 0; i < runtime.count; i++)
        begin_period(&balance.burdens[i], runtime.scheds[i]);
    balance.since_ns = now;
}

void balance_take(struct sched *s)
{
    /* acquire: how many; pairs with tell_to_take(). */
    struct sched *v = atomic_load_explicit(&s->share_of, memory_order_acquire);
    if (!v)
        return;
    uint32_t n = atomic_load_explicit(&s->share, memory_order_relaxed);
    uint32_t rank = atomic_load_explicit(&s->share_rank, memory_order_relaxed);
    bool good = s->off_line || steal_share(s, v, n, rank);
    atomic_store_explicit(&s->share, good ? SHARE_DONE : SHARE_IN_VAIN, memory_order_relaxed);
    /* release: what came of it; pairs with is_done(). */
    atomic_store_explicit(&s->share_of, NULL, memory_order_release);
}
