/* Who goes before whom. (What is due to those who are passed over: tests/laws/priorities.c) */
#include "kernel/ranks.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { MANY = 1000 };

static struct process low[MANY], normal[MANY], high, max;
static struct ranks ranks;
static struct runq queue;

static void push(struct process *p, enum process_rank rank)
{
    process_set_rank(p, rank);
    if (rank == RANK_NORMAL)
        runq_push(&queue, p);
    else
        ranks_push(&ranks, p);
}

/* n turns, after each of which who had it waits again; how many low ones had. */
static int turns_of_low(int n)
{
    int had = 0;
    for (int i = 0; i < n; i++) {
        struct process *p = ranks_pop(&ranks, &queue);
        had += process_rank(p) == RANK_LOW;
        push(p, process_rank(p));
    }
    return had;
}

static void fill(int lows, int normals)
{
    for (int i = 0; i < lows; i++)
        push(&low[i], RANK_LOW);
    for (int i = 0; i < normals; i++)
        push(&normal[i], RANK_NORMAL);
}

Test(ranks, the_highest_first)
{
    push(&low[0], RANK_LOW);
    push(&normal[0], RANK_NORMAL);
    push(&high, RANK_HIGH);
    push(&max, RANK_MAX);
    cr_assert_eq(ranks_pop(&ranks, &queue), &max);
    cr_assert_eq(ranks_pop(&ranks, &queue), &high);
    cr_assert_eq(ranks_pop(&ranks, &queue), &normal[0]);
    cr_assert_eq(ranks_pop(&ranks, &queue), &low[0]);
    cr_assert_null(ranks_pop(&ranks, &queue));
    cr_assert_not(ranks_wait(&ranks));
}

Test(ranks, a_higher_one_precedes_and_an_equal_one_does_not)
{
    push(&high, RANK_HIGH);
    process_set_rank(&max, RANK_MAX);
    process_set_rank(&low[0], RANK_LOW);
    cr_assert(ranks_precede(&ranks, &normal[0]));
    cr_assert(ranks_precede(&ranks, &low[0]));
    cr_assert_not(ranks_precede(&ranks, &high));
    cr_assert_not(ranks_precede(&ranks, &max));
}

Test(ranks, one_low_has_a_ninth_beside_one_normal)
{
    fill(1, 1);
    int had = turns_of_low(9000);
    cr_assert(had >= 990 && had <= 1010, "%d", had);
}

Test(ranks, many_low_have_an_eighth_each_of_what_one_normal_has)
{
    fill(MANY, 1); /* of 1 + 1000 / 8 turns */
    int had = turns_of_low(12600);
    cr_assert(had >= 12400 && had <= 12600, "%d", had);
}

Test(ranks, one_low_has_an_eighth_of_what_each_of_many_has)
{
    fill(1, MANY); /* of 8 * 1000 + 1 turns */
    int had = turns_of_low(80010);
    cr_assert(had >= 9 && had <= 11, "%d", had);
}

/* Not none, since it is too small a part of one. */
Test(ranks, one_low_has_its_turn_among_any_number)
{
    enum { VERY_MANY = 200 * 1000 };
    struct process *normals = calloc(VERY_MANY, sizeof *normals);
    fill(1, 0);
    for (int i = 0; i < VERY_MANY; i++)
        push(&normals[i], RANK_NORMAL);
    int had = turns_of_low(8 * VERY_MANY + VERY_MANY / 100);
    cr_assert_eq(had, 1, "%d", had);
    free(normals);
}

/* Many low ones were due turns; but all have ended, or gone, but one. */
Test(ranks, what_was_due_to_others_is_not_due_to_one)
{
    fill(MANY, 1);
    turns_of_low(50);
    while (runq_length(&ranks.low) > 1)
        runq_pop(&ranks.low);
    int had = turns_of_low(90);
    cr_assert(had >= 9 && had <= 12, "%d", had);
}

Test(ranks, rank_and_place_do_not_touch_each_other)
{
    struct process p = {.bound = BOUND_HELD | 1024};
    process_set_rank(&p, RANK_MAX);
    cr_assert_eq(process_rank(&p), RANK_MAX);
    process_set_rank(&p, RANK_HIGH);
    cr_assert_eq(process_rank(&p), RANK_HIGH);
    process_set_rank(&p, RANK_NORMAL);
    cr_assert_eq(p.bound, BOUND_HELD | 1024);
}
