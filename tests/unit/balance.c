/* Who is told to take how many of whom, when all schedulers have something to do. The time, and what the schedulers did,
 * are set by hand. */
#include "kernel/balance.h"

#include <criterion/criterion.h>

enum { MS = 1000 * 1000 };

static struct sched first = {.index = 0}, second = {.index = 1};
static struct process waiting[64];
static unsigned used;

static void set_up(void)
{
    runtime.scheds[0] = &first;
    runtime.scheds[1] = &second;
    runtime.count = 2;
    atomic_store(&runtime.online, 2);
    os_clock_set(UINT64_C(1000) * MS);
    cr_assert_eq(balance_begin(), 0);
    balance_look();
}

static void let_wait(struct sched *s, int n, enum process_rank rank)
{
    while (n--) {
        struct process *p = &waiting[used++];
        process_set_rank(p, rank);
        sched_enqueue(s, p);
    }
}

/* It took up so many higher ones, none of them max, and so many others. */
static void let_run(struct sched *s, uint64_t higher, uint64_t others)
{
    atomic_fetch_add(&s->switches, higher + others);
    atomic_fetch_add(&s->ranks.overtaken, higher);
    atomic_fetch_add(&s->ranks.highs, higher);
    atomic_fetch_add(&s->ranks.others, others);
}

static void pass_period(void)
{
    balance_look();
    os_clock_add(4 * MS);
    balance_look();
}

/* s was told to take so many from there; NULL: nothing. */
static void expect(struct sched *s, struct sched *from, unsigned n, enum process_rank rank)
{
    cr_assert_eq(atomic_exchange(&s->share_of, NULL), from);
    if (!from)
        return;
    cr_assert_eq(atomic_load(&s->share), n, "%u", atomic_load(&s->share));
    cr_assert_eq(atomic_load(&s->share_rank), (uint32_t)rank);
}

Test(balance, half_of_the_difference_moves, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_run(&first, 0, 4);
    let_run(&second, 0, 4);
    pass_period();
    expect(&first, NULL, 0, 0);
    expect(&second, &first, 3, RANK_NORMAL);
}

Test(balance, of_a_difference_of_one_one_moves, .init = set_up)
{
    let_wait(&first, 2, RANK_NORMAL);
    let_wait(&second, 1, RANK_NORMAL);
    let_run(&first, 0, 4);
    let_run(&second, 0, 4);
    pass_period();
    expect(&second, &first, 1, RANK_NORMAL);
}

Test(balance, of_no_difference_nobody_moves, .init = set_up)
{
    let_wait(&first, 3, RANK_NORMAL);
    let_wait(&second, 3, RANK_NORMAL);
    let_run(&first, 0, 4);
    let_run(&second, 0, 4);
    pass_period();
    expect(&first, NULL, 0, 0);
    expect(&second, NULL, 0, 0);
}

Test(balance, each_rank_is_shared_by_itself, .init = set_up)
{
    let_wait(&first, 4, RANK_LOW);
    let_wait(&first, 2, RANK_HIGH);
    let_wait(&second, 6, RANK_NORMAL);
    uint32_t told = 0; /* of these ranks */
    for (int i = 0; i < 2 * RANKS; i++) {
        let_run(&first, 2, 2);
        let_run(&second, 2, 2);
        pass_period();
        for (struct sched *s = &first; s; s = s == &first ? &second : NULL)
            if (atomic_exchange(&s->share_of, NULL)) {
                uint32_t rank = atomic_load(&s->share_rank);
                told |= 1u << rank;
                cr_assert_eq(s, rank == RANK_NORMAL ? &first : &second);
                cr_assert_eq(atomic_load(&s->share), rank == RANK_NORMAL ? 3 : rank == RANK_LOW ? 2 : 1);
                atomic_fetch_add(&s->steals, 1); /* not in vain, though nothing is changed here */
            }
    }
    cr_assert_eq(told, 1u << RANK_NORMAL | 1u << RANK_LOW | 1u << RANK_HIGH);
}

/* It would wait there: somebody has a higher priority. */
Test(balance, nobody_comes_where_he_would_have_no_turn, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_run(&first, 0, 4);
    let_run(&second, 1000, 0);
    pass_period();
    expect(&second, NULL, 0, 0);
}

/* Between the count of whose turn it is and that of all turns we may look. */
Test(balance, nor_if_a_turn_was_counted_too_much, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_run(&first, 0, 4);
    let_run(&second, 1000, 0);
    atomic_fetch_add(&second.turns, 1);
    pass_period();
    expect(&second, NULL, 0, 0);
}

Test(balance, he_comes_where_others_have_turns_too, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_run(&first, 0, 4);
    let_run(&second, 1000, 1);
    pass_period();
    expect(&second, &first, 3, RANK_NORMAL);
}

/* Nobody looks whose turn it is while none of higher priority waits. */
Test(balance, he_comes_where_others_had_turns_before, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_run(&first, 0, 4);
    let_run(&second, 5, 0);
    atomic_fetch_add(&second.switches, 3);
    pass_period();
    expect(&second, &first, 3, RANK_NORMAL);
}

Test(balance, nobody_comes_where_one_is_not_to_be_interrupted, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_run(&first, 0, 4);
    pass_period();
    expect(&second, NULL, 0, 0);
}

Test(balance, all_go_from_where_they_have_no_turn, .init = set_up)
{
    let_wait(&first, 2, RANK_NORMAL);
    let_wait(&second, 6, RANK_NORMAL);
    let_run(&first, 1000, 0);
    let_run(&second, 0, 4);
    pass_period();
    expect(&second, &first, 2, RANK_NORMAL);
}

Test(balance, high_ones_go_from_where_max_ones_run, .init = set_up)
{
    let_wait(&first, 1, RANK_HIGH);
    let_wait(&second, 1, RANK_HIGH);
    let_run(&second, 4, 0);
    let_run(&first, 1000, 0);
    atomic_fetch_sub(&first.ranks.highs, 1000);
    balance_look();
    for (int i = 0; i < RANKS && !atomic_load(&second.share_of); i++) {
        os_clock_add(4 * MS);
        balance_look();
        let_run(&second, 4, 0);
        let_run(&first, 1000, 0);
        atomic_fetch_sub(&first.ranks.highs, 1000);
    }
    expect(&second, &first, 1, RANK_HIGH);
}

/* Somebody took them before; but of another rank there may be some. */
Test(balance, what_was_in_vain_is_not_tried_again_soon, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_run(&first, 0, 4);
    let_run(&second, 0, 4);
    pass_period();
    expect(&second, &first, 3, RANK_NORMAL);
    let_run(&first, 0, 4);
    let_run(&second, 0, 4);
    pass_period();
    expect(&second, NULL, 0, 0);
    let_wait(&first, 2, RANK_LOW);
    let_run(&first, 0, 4);
    let_run(&second, 0, 4);
    pass_period();
    expect(&second, &first, 1, RANK_LOW);
}

/* To sleep is no long turn. */
Test(balance, all_flee_from_one_that_is_long_after_a_sleep, .init = set_up)
{
    let_wait(&second, 3, RANK_NORMAL);
    let_run(&first, 0, 1);
    let_run(&second, 0, 1);
    atomic_store(&first.futex, 1);
    for (int i = 0; i < 100; i++) {
        let_run(&second, 0, 1);
        pass_period();
    }
    atomic_store(&first.futex, 0);
    atomic_store(&second.share_of, NULL);
    let_run(&first, 0, 1);
    let_run(&second, 0, 1);
    let_wait(&first, 3, RANK_NORMAL);
    pass_period();
    for (int i = 0; i < 3; i++) {
        let_run(&second, 0, 1);
        pass_period();
    }
    expect(&second, &first, 3, RANK_NORMAL);
}

/* Of many short turns one that is long is not usual: each time. */
Test(balance, all_flee_from_a_long_turn_among_short_ones, .init = set_up)
{
    let_wait(&second, 3, RANK_NORMAL);
    let_wait(&first, 3, RANK_NORMAL);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++) {
            let_run(&first, 0, 4);
            let_run(&second, 0, 4);
            pass_period();
        }
        expect(&second, NULL, 0, 0);
        for (int i = 0; i < 20; i++) {
            let_run(&second, 0, 4);
            pass_period();
            if (!i)
                expect(&second, &first, 3, RANK_NORMAL);
            atomic_store(&second.share_of, NULL);
            atomic_fetch_add(&second.steals, 1); /* though nothing is changed here */
        }
    }
}

Test(balance, who_has_had_nothing_to_do_is_left_to_look_for_himself, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_run(&first, 0, 4);
    let_run(&second, 0, 4);
    balance_look();
    atomic_fetch_add(&second.breaks, 1);
    os_clock_add(4 * MS);
    balance_look();
    expect(&second, NULL, 0, 0);
}

/* first has a turn, and second when first is in the middle of its next. */
static void take_long_turns(unsigned periods)
{
    let_run(&first, 0, 1);
    for (unsigned i = 0; i < periods; i++)
        pass_period();
    let_run(&second, 0, 1);
    for (unsigned i = 0; i < periods; i++)
        pass_period();
}

/* Else all would go to and fro between two that do, and none would have a turn. */
Test(balance, nobody_flees_from_turns_that_are_always_long, .init = set_up)
{
    let_wait(&first, 3, RANK_NORMAL);
    let_wait(&second, 3, RANK_NORMAL);
    take_long_turns(5);
    take_long_turns(5);
    atomic_store(&first.share_of, NULL);
    atomic_store(&second.share_of, NULL);
    for (int i = 0; i < 10; i++)
        take_long_turns(5);
    expect(&first, NULL, 0, 0);
    expect(&second, NULL, 0, 0);
}

Test(balance, all_flee_from_one_that_is_longer_than_ever, .init = set_up)
{
    let_wait(&first, 3, RANK_NORMAL);
    let_wait(&second, 3, RANK_NORMAL);
    for (int i = 0; i < 10; i++)
        take_long_turns(5);
    atomic_store(&first.share_of, NULL);
    atomic_store(&second.share_of, NULL);
    for (int i = 0; i < 50 && !atomic_load(&second.share_of); i++) {
        let_run(&second, 0, 1);
        pass_period();
    }
    expect(&second, &first, 3, RANK_NORMAL);
}

/* What was usual long ago is so no more, though it sleeps now and then. */
Test(balance, long_turns_are_forgotten_while_it_sleeps, .init = set_up)
{
    let_wait(&second, 3, RANK_NORMAL);
    take_long_turns(50);
    let_run(&first, 0, 1);
    for (int i = 0; i < 100; i++) {
        let_run(&second, 0, 1);
        atomic_fetch_add(&first.breaks, 1);
        os_clock_add(4 * MS);
        balance_look();
    }
    let_wait(&first, 3, RANK_NORMAL);
    let_run(&first, 0, 1);
    let_run(&second, 0, 1);
    pass_period();
    atomic_store(&second.share_of, NULL);
    for (int i = 0; i < 3 && !atomic_load(&second.share_of); i++) {
        let_run(&second, 0, 1);
        pass_period();
    }
    expect(&second, &first, 3, RANK_NORMAL);
}
