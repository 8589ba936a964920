/* balance.c - see balance.h. */
#include "kernel/balance.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel/steal.h"

enum {
    PERIOD_NS = 4 * 1000 * 1000,
    LEAST_PART = 16, /* of those who wait: a smaller difference is none */
    PERIODS_IN_VAIN = 32,
};

/* Of one scheduler, in this period. */
struct burden {
    uint64_t least, most; /* so many waited, at one time or other */
    uint64_t switches, sent, breaks, overtaken;
    uint64_t steals; /* until it was told to take */
    struct burden *from;
    uint32_t in_vain; /* so many periods are left in which nobody is told to take from it */
    bool spared, busy;
    bool starved; /* others waited, and none but higher ones was taken up, all through the period */
};

static struct {
    struct burden *burdens;
    uint64_t since_ns;
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
    b->least = UINT64_MAX;
    b->most = 0;
    b->switches = read_count(&s->switches);
    b->sent = read_count(&s->sent);
    b->breaks = read_count(&s->breaks);
    b->overtaken = read_count(&s->ranks.overtaken);
}

static void look_at_burden(struct burden *b, const struct sched *s)
{
    uint64_t n = sched_waiting(s);
    b->least = n < b->least ? n : b->least;
    b->most = n > b->most ? n : b->most;
}

/* Was something taken from whom it was told? */
static void look_at_outcome(struct burden *b, const struct sched *s)
{
    if (b->from && read_count(&s->steals) == b->steals)
        b->from->in_vain = PERIODS_IN_VAIN;
    b->from = NULL;
}

static void sum_up(struct burden *b, const struct sched *s, uint64_t elapsed_ns)
{
    uint64_t done = read_count(&s->switches) - b->switches, sent = read_count(&s->sent) - b->sent;
    uint64_t overtaken = read_count(&s->ranks.overtaken) - b->overtaken;
    b->spared = steal_would_part(done, sent, elapsed_ns) || steal_meets_burst(b->least, done, elapsed_ns);
    b->busy = sched_is_online(s) && b->breaks == read_count(&s->breaks) &&
              !atomic_load_explicit(&s->futex, memory_order_relaxed);
    b->starved = b->busy && b->least && done <= overtaken;
    b->in_vain -= b->in_vain != 0;
    look_at_outcome(b, s);
}

/* Those who wait at one, of whom none has a turn at all, are more than any number of those who have. */
static uint64_t weight(const struct burden *b)
{
    return b->least + (b->starved ? UINT32_MAX : 0);
}

/* At whom most wait, of those from whom something may be taken. NULL: there is none. */
static struct sched *most_burdened(void)
{
    struct sched *most = NULL;
    for (unsigned i = 0; i < runtime.count; i++) {
        const struct burden *b = &balance.burdens[i];
        if (b->busy && (b->starved || !b->spared) && !b->in_vain &&
            (!most || weight(b) > weight(&balance.burdens[most->index])))
            most = runtime.scheds[i];
    }
    return most;
}

static void tell_to_take(struct sched *s, struct sched *v, uint64_t n)
{
    struct burden *b = &balance.burdens[s->index];
    b->from = &balance.burdens[v->index];
    b->steals = read_count(&s->steals);
    atomic_store_explicit(&s->share, n, memory_order_relaxed);
    /* release: how many; pairs with balance_take(). */
    atomic_store_explicit(&s->share_of, v, memory_order_release);
    sched_nudge(s);
}

/* So many of those that wait at `more` are to come to `less`; 0: it is not worth while. */
static uint64_t share(const struct burden *less, const struct burden *more)
{
    if (less->starved)
        return 0;
    if (more->starved)
        return more->least;
    return more->least > less->most + less->most / LEAST_PART ? (more->least - less->most + 1) / 2 : 0;
}

/* Each gives to one, and takes from one. */
static void even_out(struct sched *s)
{
    const struct burden *b = &balance.burdens[s->index];
    struct sched *v = b->busy ? most_burdened() : NULL;
    uint64_t n = v && v != s ? share(b, &balance.burdens[v->index]) : 0;
    if (!n)
        return;
    tell_to_take(s, v, n);
    balance.burdens[v->index].busy = false;
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
    for (unsigned i = 0; balance.since_ns && i < runtime.count; i++)
        even_out(runtime.scheds[i]);
    for (unsigned i = 0; i < runtime.count; i++)
        begin_period(&balance.burdens[i], runtime.scheds[i]);
    balance.since_ns = now;
}

void balance_take(struct sched *s)
{
    /* acquire: how many; pairs with tell_to_take(). */
    struct sched *v = atomic_exchange_explicit(&s->share_of, NULL, memory_order_acquire);
    if (v)
        steal_share(s, v, atomic_load_explicit(&s->share, memory_order_relaxed));
}
