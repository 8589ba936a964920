/* Who is told to take how many of whom, when all schedulers have something to do. The time, and what the schedulers did,
 * are set by hand. */
#include "kernel/balance.h"

#include <criterion/criterion.h>

enum { MS = 1000 * 1000 };

static struct sched first = {.index = 0}, second = {.index = 1}, third = {.index = 2};
static struct process waiting[64];
static unsigned used;

static void begin(unsigned count)
{
    runtime.scheds[0] = &first;
    runtime.scheds[1] = &second;
    runtime.scheds[2] = &third;
    runtime.count = count;
    atomic_store(&runtime.online, count);
    os_clock_set(UINT64_C(1000) * MS);
    cr_assert_eq(balance_begin(), 0);
    balance_look();
}

static void set_up(void)
{
    begin(2);
}

static void set_up_three(void)
{
    begin(3);
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

static void let_all_run(void)
{
    for (unsigned i = 0; i < runtime.count; i++)
        let_run(runtime.scheds[i], 0, 4);
}

static void pass_period(void)
{
    balance_look();
    os_clock_add(4 * MS);
    balance_look();
}

/* It does as it was told, if it was, and somebody comes, though nothing is changed here. */
static void do_as_told(struct sched *s)
{
    atomic_store(&s->share, SHARE_DONE);
    atomic_store(&s->share_of, NULL);
}

/* second has no turns but higher ones, and does as it is told. */
static void let_only_higher_ones_run(int periods)
{
    while (periods--) {
        do_as_told(&second);
        let_run(&first, 0, 4);
        let_run(&second, 1000, 0);
        pass_period();
    }
}

/* There were some, but nobody could be moved. */
static void find_nobody(struct sched *s)
{
    atomic_store(&s->share, SHARE_IN_VAIN);
    atomic_store(&s->share_of, NULL);
}

/* s was told to take so many from there, and does so; NULL: nothing. */
static void expect(struct sched *s, struct sched *from, unsigned n, enum process_rank rank)
{
    cr_assert_eq(atomic_load(&s->share_of), from);
    if (!from)
        return;
    cr_assert_eq(atomic_load(&s->share), n, "%u", atomic_load(&s->share));
    cr_assert_eq(atomic_load(&s->share_rank), (uint32_t)rank);
    do_as_told(s);
}

Test(balance, half_of_the_difference_moves, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_all_run();
    pass_period();
    expect(&first, NULL, 0, 0);
    expect(&second, &first, 3, RANK_NORMAL);
}

Test(balance, of_a_difference_of_one_one_moves, .init = set_up)
{
    let_wait(&first, 2, RANK_NORMAL);
    let_wait(&second, 1, RANK_NORMAL);
    let_all_run();
    pass_period();
    expect(&second, &first, 1, RANK_NORMAL);
}

Test(balance, of_no_difference_nobody_moves, .init = set_up)
{
    let_wait(&first, 3, RANK_NORMAL);
    let_wait(&second, 3, RANK_NORMAL);
    let_all_run();
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
            if (atomic_load(&s->share_of)) {
                uint32_t rank = atomic_load(&s->share_rank);
                told |= 1u << rank;
                cr_assert_eq(s, rank == RANK_NORMAL ? &first : &second);
                cr_assert_eq(atomic_load(&s->share), rank == RANK_NORMAL ? 3 : rank == RANK_LOW ? 2 : 1);
                do_as_told(s);
            }
    }
    cr_assert_eq(told, 1u << RANK_NORMAL | 1u << RANK_LOW | 1u << RANK_HIGH);
}

/* It would wait there: somebody has a higher priority. */
Test(balance, nobody_comes_where_he_would_have_no_turn, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_only_higher_ones_run(2);
    expect(&second, NULL, 0, 0);
}

/* Between the count of whose turn it is and that of all turns we may look. */
Test(balance, nor_if_a_turn_was_counted_too_much, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    for (int i = 0; i < 2; i++) {
        do_as_told(&second);
        let_run(&first, 0, 4);
        let_run(&second, 1000, 0);
        atomic_fetch_add(&second.turns, 1);
        pass_period();
    }
    expect(&second, NULL, 0, 0);
}

/* It was the end of something short. */
Test(balance, he_comes_where_others_had_no_turn_for_once, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    for (int i = 0; i < 3; i++) {
        let_run(&first, 0, 4);
        let_run(&second, 5, i == 1);
        pass_period();
        cr_assert_eq(atomic_load(&second.share_of), &first);
        do_as_told(&second);
    }
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
    for (int i = 0; i < 2; i++) {
        do_as_told(&first);
        let_run(&first, 1000, 0);
        let_run(&second, 0, 4);
        pass_period();
    }
    expect(&second, &first, 2, RANK_NORMAL);
}

/* To whoever has the fewest, and next time to another who has as few. */
Test(balance, they_go_to_where_the_fewest_are, .init = set_up_three)
{
    let_wait(&first, 8, RANK_NORMAL);
    let_wait(&second, 2, RANK_NORMAL);
    for (int i = 0; i < 6; i++) {
        let_all_run();
        pass_period();
        expect(&second, NULL, 0, 0);
        expect(&third, &first, 4, RANK_NORMAL);
    }
    let_wait(&third, 2, RANK_NORMAL);
    int told = 0;
    for (int i = 0; i < 3; i++) {
        let_all_run();
        pass_period();
        struct sched *s = atomic_load(&second.share_of) ? &second : &third;
        told |= 1 << s->index;
        expect(s, &first, 3, RANK_NORMAL);
    }
    cr_assert_eq(told, 1 << 1 | 1 << 2);
}

Test(balance, who_takes_does_not_give, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_wait(&second, 6, RANK_LOW);
    for (int i = 0; i < 2 * RANKS; i++) {
        let_all_run();
        pass_period();
        cr_assert_neq(!atomic_load(&first.share_of), !atomic_load(&second.share_of));
        do_as_told(&first);
        do_as_told(&second);
    }
}

/* It has an eighth of a turn, here or there. */
Test(balance, one_low_stays_among_normal_ones, .init = set_up)
{
    let_wait(&first, 3, RANK_NORMAL);
    let_wait(&first, 1, RANK_LOW);
    let_wait(&second, 3, RANK_NORMAL);
    for (int i = 0; i < 2 * RANKS; i++) {
        let_all_run();
        pass_period();
        expect(&second, NULL, 0, 0);
    }
}

/* Normal ones wait only where it does, or only at the other. */
Test(balance, one_low_goes_to_and_fro_among_few, .init = set_up)
{
    let_wait(&first, 1, RANK_LOW);
    uint32_t told = 0; /* of these ranks */
    for (int i = 0; i < 4 * RANKS; i++) {
        if (i == 2 * RANKS) {
            cr_assert_eq(told, 1u << RANK_LOW | 1u << RANK_NORMAL);
            told = 0;
            runq_pop(&second.queue);
        }
        if (i % (2 * RANKS) == 0)
            let_wait(i ? &first : &second, 1, RANK_NORMAL);
        let_all_run();
        pass_period();
        for (unsigned j = 0; j < runtime.count; j++) {
            if (atomic_load(&runtime.scheds[j]->share_of))
                told |= 1u << atomic_load(&runtime.scheds[j]->share_rank);
            do_as_told(runtime.scheds[j]);
        }
    }
    cr_assert_eq(told, 1u << RANK_LOW | 1u << RANK_NORMAL);
}

/* It has a long turn: until that is over nothing can have been in vain, nor is it told anything else. */
Test(balance, who_has_yet_to_do_as_told_is_not_told_again, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    for (int i = 0; i < 5; i++) {
        let_run(&first, 0, 4);
        let_run(&second, 0, 1);
        pass_period();
        cr_assert_eq(atomic_load(&second.share_of), &first);
        cr_assert_eq(atomic_load(&second.share), 3);
        let_wait(&first, 1, RANK_NORMAL);
    }
    do_as_told(&second);
    let_run(&first, 0, 4);
    let_run(&second, 0, 1);
    pass_period();
    expect(&second, &first, 6, RANK_NORMAL);
}

/* Who comes alone goes before the others: so one of them shall have had a turn before the next does. */
Test(balance, who_comes_alone_is_not_followed_by_another_at_once, .init = set_up)
{
    let_wait(&first, 2, RANK_NORMAL);
    let_wait(&second, 1, RANK_NORMAL);
    let_all_run();
    pass_period();
    for (int i = 0; i < 2; i++) { /* it has only come to do so */
        cr_assert_eq(atomic_load(&second.share_of), &first);
        let_run(&first, 0, 4);
        let_run(&second, 0, 1);
        pass_period();
    }
    do_as_told(&second);
    let_run(&first, 0, 4);
    let_run(&second, 0, 1); /* who came */
    pass_period();
    expect(&second, NULL, 0, 0);
    let_run(&first, 0, 4);
    let_run(&second, 0, 1);
    pass_period();
    expect(&second, &first, 1, RANK_NORMAL);
}

/* While it slept nobody waited there. */
Test(balance, he_comes_where_only_higher_ones_ran_until_it_slept, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_only_higher_ones_run(3);
    expect(&second, NULL, 0, 0);
    balance_look();
    atomic_fetch_add(&second.breaks, 1);
    pass_period();
    let_only_higher_ones_run(1);
    expect(&second, &first, 3, RANK_NORMAL);
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
    let_all_run();
    pass_period();
    cr_assert_eq(atomic_load(&second.share_of), &first);
    find_nobody(&second);
    let_all_run();
    pass_period();
    expect(&second, NULL, 0, 0);
    let_wait(&first, 2, RANK_LOW);
    let_all_run();
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
    do_as_told(&second);
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
            let_all_run();
            pass_period();
        }
        expect(&second, NULL, 0, 0);
        for (int i = 0; i < 20; i++) {
            let_run(&second, 0, 4);
            pass_period();
            if (!i)
                expect(&second, &first, 3, RANK_NORMAL);
            do_as_told(&second);
        }
    }
}

Test(balance, who_has_had_nothing_to_do_is_left_to_look_for_himself, .init = set_up)
{
    let_wait(&first, 6, RANK_NORMAL);
    let_all_run();
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
    do_as_told(&first);
    do_as_told(&second);
    for (int i = 0; i < 10; i++)
        take_long_turns(5);
    expect(&first, NULL, 0, 0);
    expect(&second, NULL, 0, 0);
}

/* Two periods and a half: when we look there was none for one, or for two; and now and then one is a little longer. */
Test(balance, nor_if_one_is_a_little_longer, .init = set_up)
{
    let_wait(&first, 3, RANK_NORMAL);
    let_wait(&second, 3, RANK_NORMAL);
    for (int i = 0; i < 20; i++) {
        int periods[] = {2, 1, 2, 1, 3};
        let_run(&first, 0, 1);
        for (int j = 0; j <= periods[i % 5]; j++) {
            let_run(&second, 0, 1);
            pass_period();
        }
        if (i == 1)
            do_as_told(&second); /* it was the first that was long */
        expect(&second, NULL, 0, 0);
    }
}

Test(balance, all_flee_from_one_that_is_longer_than_ever, .init = set_up)
{
    let_wait(&first, 3, RANK_NORMAL);
    let_wait(&second, 3, RANK_NORMAL);
    for (int i = 0; i < 10; i++)
        take_long_turns(5);
    do_as_told(&first);
    do_as_told(&second);
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
    pass_period();
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
    do_as_told(&second);
    for (int i = 0; i < 3 && !atomic_load(&second.share_of); i++) {
        let_run(&second, 0, 1);
        pass_period();
    }
    expect(&second, &first, 3, RANK_NORMAL);
}
