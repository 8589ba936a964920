/* First in, first out; and what a thief may not take goes back to the front. */
#include "kernel/runq.h"

#include <criterion/criterion.h>

enum { MANY = 8 };

static struct process process[MANY];

static void push(struct runq *q, int from, int to)
{
    for (int i = from; i < to; i++)
        runq_push(q, &process[i]);
}

/* q holds exactly the processes from .. to - 1, in order; it is empty afterwards. */
static void assert_holds(struct runq *q, int from, int to)
{
    cr_assert_eq(runq_length(q), to - from);
    for (int i = from; i < to; i++)
        cr_assert_eq(runq_pop(q), &process[i], "place %d", i);
    cr_assert_null(runq_pop(q));
    cr_assert_eq(runq_length(q), 0);
}

Test(runq, is_empty_at_first)
{
    struct runq q = {0};
    assert_holds(&q, 0, 0);
}

Test(runq, is_first_in_first_out)
{
    struct runq q = {0};
    push(&q, 0, MANY);
    assert_holds(&q, 0, MANY);
}

Test(runq, can_be_used_again_after_it_was_empty)
{
    struct runq q = {0};
    for (int i = 0; i < 3; i++) {
        push(&q, 0, 2);
        assert_holds(&q, 0, 2);
    }
}

Test(runq, takes_and_pushes_may_alternate)
{
    struct runq q = {0};
    push(&q, 0, 2);
    for (int i = 0; i + 2 < MANY; i++) {
        cr_assert_eq(runq_pop(&q), &process[i]);
        push(&q, i + 2, i + 3);
        cr_assert_eq(runq_length(&q), 2);
    }
    assert_holds(&q, MANY - 2, MANY);
}

Test(runq, prepend_goes_before_what_is_there)
{
    struct runq q = {0}, front = {0};
    push(&front, 0, 3);
    push(&q, 3, MANY);
    runq_prepend(&q, &front);
    assert_holds(&q, 0, MANY);
}

Test(runq, prepend_to_an_empty_queue_makes_one_that_can_grow)
{
    struct runq q = {0}, front = {0};
    push(&front, 0, 3);
    runq_prepend(&q, &front);
    push(&q, 3, 5);
    assert_holds(&q, 0, 5);
}

Test(runq, prepend_to_a_queue_that_was_emptied_forgets_its_old_end)
{
    struct runq q = {0}, front = {0};
    push(&q, 5, 6);
    runq_pop(&q);
    push(&front, 0, 2);
    runq_prepend(&q, &front);
    push(&q, 2, 4);
    assert_holds(&q, 0, 4);
}

Test(runq, prepending_nothing_changes_nothing)
{
    struct runq q = {0}, front = {0};
    runq_prepend(&q, &front);
    assert_holds(&q, 0, 0);
    push(&q, 0, 3);
    runq_prepend(&q, &front);
    assert_holds(&q, 0, 3);
}
