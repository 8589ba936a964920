/* A long queue is cut where only such wait of whom nothing needs to be looked at, and nobody is lost or changes
 * places; and who has left a queue is not written to any more. */
#include "kernel/cuts.h"

#include <criterion/criterion.h>

#include "kernel/sched.h"

#include "support/random.h"
#include "support/scale.h"

enum { MOST = 20000, REFUSED_MOST = 8 };

static struct process *all;
static struct lane *const some_lane = (struct lane *)64, *const must_stay = (struct lane *)128;
static struct process *const its_context = (struct process *)192; /* of who has a lane, where others name somebody */

/* A queue, and what should be in it. */
struct side {
    struct runq q;
    struct cuts cuts;
    struct process *expected[2 * MOST];
    unsigned first, end;
};

static struct side sides[2];

static unsigned expected_length(const struct side *x)
{
    return x->end - x->first;
}

/* Those that are expected go to the beginning of their array, but for those that may be put before them. */
static void make_room(struct side *x, unsigned more)
{
    if (x->end + more <= 2 * MOST)
        return;
    memmove(x->expected + REFUSED_MOST, x->expected + x->first, expected_length(x) * sizeof *x->expected);
    x->end -= x->first - REFUSED_MOST;
    x->first = REFUSED_MOST;
}

static void push(struct side *x, struct process *p)
{
    make_room(x, 1);
    x->expected[x->end++] = p;
    runq_push(&x->q, p);
    if (!p->lane)
        cuts_note(&x->cuts, &x->q, p);
    else if (p->lane == some_lane)
        cuts_note_other(&x->cuts, &x->q);
    if (p->lane)
        p->ahead = its_context;
}

/* NULL: empty. */
static struct process *pop(struct side *x)
{
    struct process *p = runq_pop(&x->q);
    cr_assert(!p || !p->lane || p->ahead == its_context, "it was written to though it has a lane");
    cr_assert_eq(p, expected_length(x) ? x->expected[x->first++] : NULL);
    return p;
}

static void assert_as_expected(struct side *x)
{
    unsigned n = 0;
    cr_assert_eq(runq_length(&x->q), expected_length(x));
    for (struct process *p = x->q.first; p; p = p->next)
        cr_assert_eq(p, x->expected[x->first + n++]);
    cr_assert_eq(n, expected_length(x));
}

/* As a thief does. How many were taken. */
static unsigned cut(struct side *from, struct side *to)
{
    struct runq front = {0};
    struct cuts cuts = {0};
    uint64_t most = expected_length(from) / 2;
    if (!cuts_split(&from->cuts, &from->q, most, &front, &cuts))
        return 0;
    unsigned n = (unsigned)runq_length(&front);
    cr_assert(n > 0 && n <= most);
    make_room(to, n);
    for (unsigned i = 0; i < n; i++) {
        struct process *p = from->expected[from->first++];
        cr_assert_neq(p->lane, must_stay, "it has to be looked at");
        to->expected[to->end++] = p;
    }
    cuts_join(&to->cuts, &to->q, &front, &cuts);
    return n;
}

static struct process *rotate(struct side *x, struct process *p)
{
    make_room(x, 1);
    x->expected[x->end++] = p;
    struct process *first = runq_rotate(&x->q, p);
    cr_assert(!first->lane || first == p || first->ahead == its_context);
    cr_assert_eq(first, x->expected[x->first++]);
    return first;
}

/* Who is in no queue. */
static struct process *outside[MOST];
static unsigned out;

static void leave(struct process *p)
{
    p->ahead = NULL;
    outside[out++] = p;
}

/* As a thief does who walks: some of the front stay there. */
static void refuse_some(struct side *x, struct random *r)
{
    struct runq left = {0};
    struct process *kept[REFUSED_MOST];
    unsigned n = 0;
    for (int i = 0; i < REFUSED_MOST && expected_length(x); i++) {
        struct process *p = pop(x);
        if (random_below(r, 2)) {
            runq_push(&left, p);
            kept[n++] = p;
        } else {
            leave(p);
        }
    }
    if (left.first)
        cuts_forget_before(&x->cuts, x->q.taken);
    runq_prepend(&x->q, &left);
    while (n)
        x->expected[--x->first] = kept[--n];
}

static void step(struct random *r, unsigned specials)
{
    struct side *x = &sides[random_below(r, 2)];
    unsigned n = random_below(r, 40) ? random_below(r, 30) : random_below(r, 5000);
    switch (random_below(r, 12)) {
    case 0: refuse_some(x, r); break;
    case 1: cut(x, x == sides ? &sides[1] : &sides[0]); break;
    case 2:
        if (out) {
            struct process *p = outside[--out];
            p->lane = some_lane;
            p->ahead = its_context;
            leave(rotate(x, p));
        }
        break;
    case 3: case 4: case 5: case 6:
        for (struct process *p; n-- && (p = pop(x));)
            leave(p);
        break;
    default:
        while (n-- && out) {
            struct process *p = outside[--out];
            cr_assert_null(p->ahead, "it was written to though it had left");
            p->lane = !specials || random_below(r, specials) ? NULL : random_below(r, 10) ? some_lane : must_stay;
            push(x, p);
        }
    }
}

/* Two queues, used at random; one in `specials` has to be looked at (0: nobody). */
static void play(struct random *r, unsigned specials)
{
    out = 0;
    for (int i = 0; i < 2; i++) {
        sides[i].q = (struct runq){0};
        sides[i].cuts = (struct cuts){0};
        sides[i].first = sides[i].end = 0;
    }
    for (unsigned i = 0; i < MOST; i++)
        leave(&all[i]);
    for (int i = 0; i < 3000; i++) {
        step(r, specials);
        if (i % 64 == 0) {
            assert_as_expected(&sides[0]);
            assert_as_expected(&sides[1]);
        }
    }
    for (int i = 0; i < 2; i++)
        while (expected_length(&sides[i]))
            leave(pop(&sides[i]));
    cr_assert_eq(out, MOST);
    for (unsigned i = 0; i < MOST; i++)
        cr_assert_null(outside[i]->ahead);
}

Test(cuts, lose_nobody)
{
    struct random r = {random_seed("cuts")};
    static const unsigned specials[] = {0, 2000, 100, 3};
    all = calloc(MOST, sizeof *all);
    for (int i = 0; i < 40 / SLOWDOWN + 4; i++)
        play(&r, specials[i % 4]);
    free(all);
}

/* What was taken at once can be cut again; and few cuts are enough for very many. */
Test(cuts, come_near_to_half)
{
    all = calloc(MOST, sizeof *all);
    sides[0] = sides[1] = (struct side){0};
    for (unsigned i = 0; i < MOST / 2; i++) /* it has been used before */
        push(&sides[1], &all[i]);
    while (pop(&sides[1])) {
    }
    for (unsigned i = 0; i < MOST; i++)
        push(&sides[0], &all[i]);
    cr_assert_leq(sides[0].cuts.count, CUTS_MOST);
    unsigned taken = cut(&sides[0], &sides[1]);
    cr_assert(taken > MOST / 2 - 2 * MOST / CUTS_MOST && taken <= MOST / 2, "%u", taken);
    unsigned again = cut(&sides[1], &sides[0]);
    cr_assert(again > taken / 2 - 2 * MOST / CUTS_MOST && again <= taken / 2, "%u", again);
    assert_as_expected(&sides[0]);
    assert_as_expected(&sides[1]);
    free(all);
}

/* Also who begins with what he took notes places far enough apart. */
Test(cuts, stay_apart_after_a_theft)
{
    all = calloc(MOST, sizeof *all);
    sides[0] = sides[1] = (struct side){0};
    enum { TAKEN_FROM = 4 * CUTS_LEAST_APART };
    for (unsigned i = 0; i < TAKEN_FROM; i++)
        push(&sides[0], &all[i]);
    cr_assert_gt(cut(&sides[0], &sides[1]), 0);
    unsigned before = sides[1].cuts.count;
    for (unsigned i = TAKEN_FROM; i < TAKEN_FROM + 2 * CUTS_LEAST_APART; i++)
        push(&sides[1], &all[i]);
    cr_assert_eq(sides[1].cuts.count, before + 2);
    free(all);
}

/* A few with a lane do not end a run; where they are the more, nothing is cut. */
Test(cuts, take_few_others_along)
{
    all = calloc(MOST, sizeof *all);
    for (unsigned k = 0; k < 3; k++) {
        sides[0] = sides[1] = (struct side){0};
        for (unsigned i = 0; i < MOST; i++) {
            bool plain = k == 0 ? i % 10 != 0 : k == 1 ? i % 5 < 3 : i % 3 == 0;
            all[i].lane = plain ? NULL : some_lane;
            push(&sides[0], &all[i]);
        }
        unsigned taken = cut(&sides[0], &sides[1]);
        cr_assert(k == 2 ? taken <= 1 : taken > MOST / 3, "%u: %u", k, taken);
    }
    free(all);
}

/* What a thief who walks puts back before the front is in the way for as long as it is there, and no longer. */
Test(cuts, outlive_a_walk)
{
    all = calloc(MOST, sizeof *all);
    sides[0] = sides[1] = (struct side){0};
    struct runq left = {0};
    enum { LOOKED_AT = 500 };
    for (unsigned i = 0; i < MOST; i++)
        push(&sides[0], &all[i]);
    for (unsigned i = 0; i < LOOKED_AT; i++)
        runq_push(&left, runq_pop(&sides[0].q));
    cuts_forget_before(&sides[0].cuts, sides[0].q.taken);
    runq_prepend(&sides[0].q, &left);
    cr_assert_eq(cut(&sides[0], &sides[1]), 0);
    for (unsigned i = 0; i < LOOKED_AT; i++)
        pop(&sides[0]);
    cr_assert_gt(cut(&sides[0], &sides[1]), MOST / 3);
    assert_as_expected(&sides[0]);
    assert_as_expected(&sides[1]);
    free(all);
}

/* One that must be looked at, in the middle: what is before it can be had, what is behind it only when it has left. */
Test(cuts, end_where_somebody_has_to_be_looked_at)
{
    all = calloc(MOST, sizeof *all);
    sides[0] = sides[1] = (struct side){0};
    enum { FEW = 1000 };
    for (unsigned i = 0; i < MOST; i++) {
        all[i].lane = i == FEW ? must_stay : NULL;
        push(&sides[0], &all[i]);
    }
    unsigned taken = cut(&sides[0], &sides[1]);
    cr_assert(taken > 0 && taken <= FEW, "%u", taken);
    while (pop(&sides[0]) != &all[FEW]) {
    }
    cr_assert_gt(cut(&sides[0], &sides[1]), MOST / 3);
    free(all);
}

static void queue_one_more(struct sched *s, struct pool_cache *cache)
{
    struct process *p = pool_take(&processes.pool, cache);
    p->lane = NULL; /* it was a link */
    sched_enqueue_plain(s, p);
}

/* The notes cost every birth something. */
Test(cuts, are_noted_only_where_there_were_ever_many)
{
    enum { MANY = 2 * PROCESSES_FEW + MOST };
    static struct sched s;
    struct pool_cache cache = {0};
    cr_assert_eq(processes_create(MANY, MANY, POOL_MAGAZINE, PROCESSES_FEW), 0);
    while (processes_are_few() && runq_length(&s.queue) < MANY) {
        cr_assert_eq(s.cuts.count, 0);
        cr_assert_null(s.cuts.recent[runq_end(&s.queue) % CUTS_AHEAD]);
        queue_one_more(&s, &cache);
    }
    uint64_t before = runq_length(&s.queue);
    cr_assert_lt(before, MANY, "they were never many");
    while (runq_length(&s.queue) < before + 2 * CUTS_LEAST_APART)
        queue_one_more(&s, &cache);
    cr_assert_gt(s.cuts.count, 0);
    cr_assert_geq(s.cuts.at[0].from + 1, PROCESSES_FEW, "of those before nothing is known");
    processes_destroy();
}
