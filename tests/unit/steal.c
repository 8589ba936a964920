/* When a thief takes work, and when he leaves it: where turns are short there is nothing to win by walking, and a lane
 * does not go to and fro. */
#include "kernel/steal.h"

#include <criterion/criterion.h>

enum { MS = 1000 * 1000 };

Test(steal, what_is_done_soon_is_left)
{
    cr_assert_eq(steal_worth(0, MS, 1), ROB_NOBODY);
    cr_assert_eq(steal_worth(1, MS, 1000), ROB_NOBODY, "one, in 1 us");
    cr_assert_eq(steal_worth(49, MS, 1000), ROB_NOBODY, "49 us");
    cr_assert_eq(steal_worth(51, MS, 1000), ROB_HALF, "51 us");
    cr_assert_eq(steal_worth(1, MS, 10), ROB_HALF, "one, in 100 us");
    cr_assert_eq(steal_worth(1, MS, 0), ROB_HALF, "never");
}

Test(steal, where_turns_are_short_nobody_walks)
{
    const uint64_t done = 5000; /* 200 ns each */
    cr_assert_eq(steal_worth(1000, MS, done), ROB_NOBODY, "200 us, too few for a cut");
    cr_assert_eq(steal_worth(2000, MS, done), ROB_AT_A_CUT, "400 us");
    cr_assert_eq(steal_worth(4900, MS, done), ROB_AT_A_CUT, "980 us");
    cr_assert_eq(steal_worth(5100, MS, done), ROB_HALF, "1020 us: it is no burst");
    cr_assert_eq(steal_worth(1000, MS, 2500), ROB_HALF, "400 ns each");
}

Test(steal, who_only_talk_stay_together)
{
    cr_assert(steal_would_part(1000, 1000, 100 * 1000), "a message each 100 ns");
    cr_assert(steal_would_part(1000, 250, 1900 * 1000), "one in four turns, of 1.9 us");
    cr_assert_not(steal_would_part(1000, 1000, 2100 * 1000), "turns of 2.1 us");
    cr_assert_not(steal_would_part(1000, 249, 100 * 1000), "hardly a message");
    cr_assert_not(steal_would_part(0, 0, MS), "it computes");
}

Test(steal, a_burst_is_many_in_short_turns)
{
    cr_assert(steal_meets_burst(2000, 10000, MS));
    cr_assert_not(steal_meets_burst(1000, 10000, MS), "few");
    cr_assert_not(steal_meets_burst(2000, 2000, MS), "500 ns each");
    cr_assert_not(steal_meets_burst(2000, 0, MS), "one computes");
}

Test(steal, a_lane_stays_until_its_move_has_paid)
{
    struct lane lane = {.bound = 100}; /* 200 us */
    const uint64_t now = UINT64_C(5000) * MS;
    cr_assert(steal_unsettle(&lane, now));
    cr_assert_not(steal_unsettle(&lane, now));
    cr_assert_not(steal_unsettle(&lane, now + 199 * 1000));
    cr_assert(steal_unsettle(&lane, now + 201 * 1000));
    cr_assert_not(steal_unsettle(&lane, now + 400 * 1000), "and again");
}

Test(steal, a_lane_of_many_stays_for_a_second)
{
    struct lane lane = {.bound = UINT32_MAX};
    const uint64_t now = UINT64_C(5000) * MS;
    cr_assert(steal_unsettle(&lane, now));
    cr_assert_not(steal_unsettle(&lane, now + 1000));
    cr_assert_not(steal_unsettle(&lane, now + 999 * MS));
    cr_assert(steal_unsettle(&lane, now + 1001 * MS));
}

/* The time is of 32 bits, in microseconds. */
Test(steal, a_lane_settles_when_the_clock_wraps_too)
{
    struct lane lane = {.bound = 100};
    const uint64_t wraps = (UINT64_C(1) << 32) * 1000;
    cr_assert(steal_unsettle(&lane, wraps - 50 * 1000));
    cr_assert_not(steal_unsettle(&lane, wraps + 100 * 1000));
    cr_assert(steal_unsettle(&lane, wraps + 151 * 1000));
}

/* ---- a share ---- */

static struct sched thief, victim;
static struct process own[2], waiting[4], higher[3];

/* Two wait at the one, four at the other. */
static void let_them_wait(enum process_rank rank)
{
    for (int i = 0; i < 2; i++) {
        process_set_rank(&own[i], rank);
        sched_enqueue(&thief, &own[i]);
    }
    for (int i = 0; i < 4; i++) {
        process_set_rank(&waiting[i], rank);
        sched_enqueue(&victim, &waiting[i]);
    }
}

/* At the other. */
static void let_higher_ones_wait(void)
{
    for (int i = 0; i < 3; i++) {
        process_set_rank(&higher[i], RANK_HIGH);
        sched_enqueue(&victim, &higher[i]);
    }
}

/* Queued again and again, where it was taken to, as the oldest or as the only one without a stack, it would have no turn. */
Test(steal, who_is_moved_alone_is_next)
{
    let_them_wait(RANK_NORMAL);
    steal_share(&thief, &victim, 1, RANK_NORMAL);
    cr_assert_eq(runq_pop(&thief.queue), &waiting[0]);
    cr_assert_eq(runq_pop(&thief.queue), &own[0]);
    cr_assert_eq(runq_pop(&thief.queue), &own[1]);
    cr_assert_null(runq_pop(&thief.queue));
    cr_assert_eq(runq_length(&victim.queue), 3);
}

Test(steal, who_is_moved_alone_is_next_of_its_rank)
{
    let_them_wait(RANK_LOW);
    steal_share(&thief, &victim, 1, RANK_LOW);
    cr_assert_eq(runq_pop(&thief.ranks.low), &waiting[0]);
    cr_assert_eq(runq_pop(&thief.ranks.low), &own[0]);
    cr_assert(thief.watch & WATCH_RANKED);
}

Test(steal, a_share_is_of_one_rank)
{
    let_them_wait(RANK_NORMAL);
    let_higher_ones_wait();
    steal_share(&thief, &victim, 2, RANK_HIGH);
    cr_assert_eq(runq_length(&thief.queue), 2);
    cr_assert_eq(runq_length(&thief.ranks.high), 2);
    cr_assert_eq(runq_length(&victim.ranks.high), 1);
    steal_share(&thief, &victim, 2, RANK_NORMAL);
    cr_assert_eq(runq_length(&thief.queue), 4);
    cr_assert_eq(runq_length(&thief.ranks.high), 2);
    cr_assert_eq(runq_length(&victim.ranks.high), 1);
}

/* Nobody who waits is sent back by a crowd. */
Test(steal, several_wait_their_turn)
{
    let_them_wait(RANK_NORMAL);
    steal_share(&thief, &victim, 2, RANK_NORMAL);
    cr_assert_eq(runq_pop(&thief.queue), &own[0]);
    cr_assert_eq(runq_pop(&thief.queue), &own[1]);
    cr_assert_eq(runq_pop(&thief.queue), &waiting[0]);
    cr_assert_eq(runq_pop(&thief.queue), &waiting[1]);
}

/* What came of it: only if there are some, and none may go, it is no use to come again soon. */
Test(steal, a_share_is_in_vain_if_nobody_may_go)
{
    cr_assert(steal_share(&thief, &victim, 1, RANK_NORMAL), "nobody waits");
    let_them_wait(RANK_NORMAL);
    cr_assert(steal_share(&thief, &victim, 1, RANK_NORMAL));
    for (int i = 1; i < 4; i++)
        waiting[i].bound |= 1; /* to a place */
    cr_assert_not(steal_share(&thief, &victim, 1, RANK_NORMAL));
    atomic_fetch_or(&victim.thief, THIEF_STEALING);
    cr_assert(steal_share(&thief, &victim, 1, RANK_NORMAL), "another was there");
    cr_assert_eq(runq_length(&victim.queue), 3);
}
