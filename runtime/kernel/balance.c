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
    uint64_t steals; /* until it was told to take */
    struct load *from;
    uint32_t quiet;     /* so many periods without a turn; */
    uint32_t quiet_was; /* and before, at most, not long ago */
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

/* Was something taken of what it was told? */
static void look_at_outcome(struct burden *b, const struct sched *s)
{
    for (unsigned rank = 0; rank < RANKS; rank++)
        b->loads[rank].in_vain -= b->loads[rank].in_vain != 0;
    if (b->from && read_count(&s->steals) == b->steals)
        b->from->in_vain = PERIODS_IN_VAIN;
    b->from = NULL;
}

/* Is somebody there for longer than is usual there? Who takes turns longer than a period must not seem to: all would go to the
 * other scheduler, where somebody has just begun such a turn, and when that is over, back, and never have one. */
static bool is_stuck(struct burden *b, uint64_t turns)
{
    if (b->busy && !turns)
        return ++b->quiet > 2 * b->quiet_was;
    b->quiet_was -= (b->quiet_was + 7) / 8;
    if (b->busy && b->quiet > b->quiet_was)
        b->quiet_was = b->quiet;
    if (turns >= SHORT_TURNS)
        b->quiet_was = 0; /* it is not usual: those behind it are to go */
    b->quiet = 0; /* to sleep is no turn */
    return false;
}

/* In so many turns, those counted of who went on since nobody else was to. Where no higher one waits, nobody counts whose turn
 * it is; but there are more turns then than of higher ones, even if two were counted of which we have not seen whose they were.
 * Without a turn all is as it was, until somebody is there for too long. */
static void see_who_was_passed_over(struct burden *b, const struct sched *s, uint64_t turns)
{
    uint64_t over = read_count(&s->ranks.overtaken) - b->overtaken;
    bool none_high = read_count(&s->ranks.highs) == b->highs, none_else = read_count(&s->ranks.others) == b->others;
    bool stuck = is_stuck(b, turns), only_higher = over && none_else && turns <= over + 2;
    if (!turns && !stuck)
        return;
    b->loads[RANK_MAX].closed = stuck;
    b->loads[RANK_HIGH].closed = stuck || (only_higher && none_high);
    b->loads[RANK_NORMAL].closed = b->loads[RANK_LOW].closed = stuck || only_higher;
}

static void sum_up(struct burden *b, const struct sched *s, uint64_t elapsed_ns)
{
    uint64_t done = read_count(&s->switches) - b->switches, sent = read_count(&s->sent) - b->sent;
    uint64_t turns = done + read_count(&s->turns) - b->turns;
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

/* Where most of a rank wait, of where something may be taken. NULL: there is none. */
static struct sched *most_burdened(enum process_rank rank)
{
    struct sched *most = NULL;
    for (unsigned i = 0; i < runtime.count; i++) {
        const struct burden *b = &balance.burdens[i];
        const struct load *load = &b->loads[rank];
        if (b->busy && (is_starved(load) || !b->spared) && !load->in_vain &&
            (!most || weight(load) > weight(&balance.burdens[most->index].loads[rank])))
            most = runtime.scheds[i];
    }
    return most;
}

static void tell_to_take(struct sched *s, struct sched *v, uint64_t n, enum process_rank rank)
{
    struct burden *b = &balance.burdens[s->index];
    b->from = &balance.burdens[v->index].loads[rank];
    b->steals = read_count(&s->steals);
    atomic_store_explicit(&s->share, n < UINT32_MAX ? (uint32_t)n : UINT32_MAX, memory_order_relaxed);
    atomic_store_explicit(&s->share_rank, rank, memory_order_relaxed);
    /* release: how many; pairs with balance_take(). */
    atomic_store_explicit(&s->share_of, v, memory_order_release);
    sched_nudge(s);
}

/* So many of those that wait at `more` are to come to `less`; 0: it is not worth while. Where none of them would have a
 * turn, none is to come, though nobody waits there. */
static uint64_t share(const struct load *less, const struct load *more)
{
    if (less->closed)
        return 0;
    if (is_starved(more))
        return more->least;
    return more->least > less->most + less->most / LEAST_PART ? (more->least - less->most + 1) / 2 : 0;
}

static bool even_out_rank(struct sched *s, enum process_rank rank)
{
    struct sched *v = most_burdened(rank);
    if (!v || v == s)
        return false;
    uint64_t n = share(&balance.burdens[s->index].loads[rank], &balance.burdens[v->index].loads[rank]);
    if (!n)
        return false;
    tell_to_take(s, v, n, rank);
    balance.burdens[v->index].busy = false;
    return true;
}

/* Each takes from one, of one rank, or gives to one. */
static void even_out(struct sched *s, unsigned first_rank)
{
    for (unsigned i = 0; i < RANKS; i++)
        if (balance.burdens[s->index].busy && even_out_rank(s, (first_rank + i) % RANKS))
            return;
}

/* Now this one is the first that may take, and now that one, of this rank or of that. */
static void even_all_out(void)
{
    for (unsigned i = 0; i < runtime.count; i++)
        even_out(runtime.scheds[(balance.periods + i) % runtime.count], balance.periods / runtime.count % RANKS);
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
    struct sched *v = atomic_exchange_explicit(&s->share_of, NULL, memory_order_acquire);
    if (v)
        steal_share(s, v, atomic_load_explicit(&s->share, memory_order_relaxed),
                    atomic_load_explicit(&s->share_rank, memory_order_relaxed));
}
