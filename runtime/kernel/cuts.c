/* cuts.c - see cuts.h. */
#include "kernel/cuts.h"

static bool is_ahead(const struct cut *cut, const struct runq *q)
{
    return cut->end > q->taken;
}

/* If none is left, the next ones are close again. */
static void drop_old(struct cuts *c, const struct runq *q)
{
    unsigned old = 0;
    while (old < c->count && !is_ahead(&c->at[old], q))
        old++;
    c->count -= old;
    for (unsigned i = 0; i < c->count; i++)
        c->at[i] = c->at[i + old];
    if (!c->count)
        c->apart = CUTS_LEAST_APART;
}

/* Every second one stays, and new ones are as far apart. */
static void thin_out(struct cuts *c)
{
    for (unsigned i = 0; i < c->count / 2; i++)
        c->at[i] = c->at[2 * i + 1];
    c->count /= 2;
    if (c->apart < CUTS_MOST_APART)
        c->apart *= 2;
}

void cuts_add(struct cuts *c, const struct runq *q, struct process *last)
{
    drop_old(c, q);
    if (c->count == CUTS_MOST)
        thin_out(c);
    c->since = c->others = 0;
    c->at[c->count++] = (struct cut){last, c->from, c->end};
}

/* The farthest within `most` such that all before it are plain. */
static struct cut *find_cut(struct cuts *c, const struct runq *q, uint64_t most)
{
    struct cut *best = NULL;
    for (unsigned i = 0; i < c->count; i++) {
        struct cut *cut = &c->at[i];
        if (is_ahead(cut, q) && cut->from <= q->taken && cut->end - q->taken <= most)
            best = cut;
    }
    return best;
}

bool cuts_split(struct cuts *c, struct runq *q, uint64_t most, struct runq *front, struct cuts *of_front)
{
    struct cut *cut = find_cut(c, q, most);
    if (!cut)
        return false;
    uint64_t begin = q->taken;
    *of_front = (struct cuts){0};
    for (const struct cut *i = c->at; i <= cut; i++)
        if (is_ahead(i, q))
            of_front->at[of_front->count++] = (struct cut){i->last, 0, i->end - begin};
    runq_split(q, cut->last, cut->end - begin, front);
    return true;
}

void cuts_join(struct cuts *c, struct runq *q, struct runq *end, const struct cuts *of_end)
{
    if (!end->first)
        return;
    drop_old(c, q);
    if (c->end != runq_end(q))
        cuts_begin(c, runq_end(q));
    for (unsigned i = 0; i < of_end->count; i++) {
        if (c->count == CUTS_MOST)
            thin_out(c);
        c->at[c->count++] = (struct cut){of_end->at[i].last, c->from, runq_end(q) + of_end->at[i].end};
    }
    runq_append(q, end);
    c->end = runq_end(q); /* the run goes on behind them */
    c->since = c->others = 0;
    for (unsigned i = 0; i < CUTS_AHEAD; i++)
        c->recent[i] = NULL;
}

void cuts_forget_before(struct cuts *c, uint64_t place)
{
    if (c->from < place)
        c->from = place; /* nor do those before it name anybody any more */
    unsigned kept = 0;
    for (unsigned i = 0; i < c->count; i++) {
        struct cut cut = c->at[i];
        if (cut.from < place)
            cut.from = place;
        if (cut.end > place)
            c->at[kept++] = cut;
    }
    c->count = kept;
}
