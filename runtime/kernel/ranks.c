/* ranks.c - see ranks.h. */
#include "kernel/ranks.h"

enum {
    PATIENCE = 8, /* overtaken so often in a row, they are looked at */
    PASSES = 8,   /* one turn of a low one for so many of a normal one */
};

/* Of a turn. One low process has some of these for each turn of one of very many normal ones. */
static const uint64_t LOW_UNIT = UINT64_C(1) << 32;

static struct runq *queue_of(struct ranks *r, const struct process *p)
{
    switch (process_rank(p)) {
    case RANK_MAX: return &r->max;
    case RANK_HIGH: return &r->high;
    default: return &r->low;
    }
}

void ranks_push(struct ranks *r, struct process *p)
{
    runq_push(queue_of(r, p), p);
}

bool ranks_precede(const struct ranks *r, const struct process *p)
{
    enum process_rank rank = process_rank(p);
    return (rank != RANK_MAX && r->max.first) || (rank != RANK_MAX && rank != RANK_HIGH && r->high.first);
}

bool ranks_wait(const struct ranks *r)
{
    return r->max.first || r->high.first || r->low.first;
}

/* ---- low among normal ones ---- */

/* As if all stood in one queue, and a low one were sent to its end seven times: for each turn
 * of a normal one, of n, the low ones, of l, are due l / n eighths of a turn. */
static bool low_is_due(struct ranks *r, const struct runq *normal)
{
    uint64_t n = runq_length(normal), l = runq_length(&r->low);
    if (!l || !n)
        return l;
    if (r->due > l * PASSES * LOW_UNIT)
        r->due = l * PASSES * LOW_UNIT; /* they were more: what was due to the others is not due to these */
    if (r->due >= PASSES * LOW_UNIT) {
        r->due -= PASSES * LOW_UNIT;
        return true;
    }
    r->due += l * LOW_UNIT / n;
    return false;
}

/* ---- those who are passed over ---- */

/* The first of q goes to its end, unless it has something to attend to: then it is the result. */
static struct process *look_at_first(struct runq *q)
{
    struct process *p = runq_pop(q);
    if (!p || process_doomed(p) || signals_are_due(p))
        return p;
    runq_push(q, p);
    return NULL;
}

/* Never two in a row: who sends signals shall not stop the higher ones either. And not soon:
 * to be sent to the end now and then would be unfair. */
static struct process *grant(struct ranks *r, struct runq *normal)
{
    struct process *p = NULL;
    if (!r->granted) {
        if (r->over_high > PATIENCE)
            p = look_at_first(&r->high);
        if (!p && r->over_others > PATIENCE)
            p = look_at_first(normal);
        if (!p && r->over_others > PATIENCE)
            p = look_at_first(&r->low);
    }
    r->granted = p;
    r->brief = p;
    return p;
}

/* relaxed: only its owner writes it. */
static void count_up(_Atomic uint64_t *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1, memory_order_relaxed);
}

static struct process *overtake(struct ranks *r, struct runq *normal)
{
    count_up(&r->overtaken);
    if (!r->max.first)
        count_up(&r->highs);
    r->over_others++;
    r->over_high = r->max.first ? r->over_high + 1 : 0;
    struct process *p = grant(r, normal);
    return p ? p : runq_pop(r->max.first ? &r->max : &r->high);
}

struct process *ranks_pop(struct ranks *r, struct runq *normal)
{
    r->brief = NULL;
    if (r->max.first || r->high.first)
        return overtake(r, normal);
    r->over_others = r->over_high = 0;
    count_up(&r->others);
    return runq_pop(low_is_due(r, normal) ? &r->low : normal);
}
