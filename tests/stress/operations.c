/* Anything may happen next, and the books must balance.
 *
 * Walkers do random things: spawn walkers, send, wait, yield, recurse, exit, and rest.
 * Everything is booked outside the runtime, in plain atomic counters, by who does it;
 * in the end the runtime's own counters must say the same, and all must have ended. */
#include "support/law.h"
#include "support/random.h"

static uint64_t seed;
static _Atomic int64_t budget; /* of walkers yet to be spawned */
static _Atomic uint64_t walkers_begun, walkers_ended, resting_begun, resting_ended;
static _Atomic uint64_t notes_sent, notes_received;

/* Some pids that were once somebody's. Stale ones are welcome. */
enum { BOARD = 256 };
static _Atomic uint64_t board[BOARD];

static bl_pid somebody(struct random *r)
{
    return (bl_pid){atomic_load(&board[random_below(r, BOARD)])};
}

static void publish(struct random *r, bl_pid pid)
{
    atomic_store(&board[random_below(r, BOARD)], pid.word);
}

/* ---- resting: count notes until told to end ---- */

static bl_term take_notes(bl_term count, bl_term message)
{
    if (is_atom(message, "end")) {
        atomic_fetch_add(&resting_ended, 1);
        bl_exit(count);
    }
    if (bl_is_pid(message)) {
        bl_send(bl_to_pid(message), bl_int(1)); /* an answer, in the middle of everything */
        return count;
    }
    if (bl_to_int(message) % 7 == 0)
        bl_yield();
    return bl_int(bl_to_int(count) + 1);
}

/* Sends notes to a resting process of one's own, and hears of each in its reason. */
static void keep_a_notebook(struct random *r)
{
    bl_pid book = bl_spawn_resting(take_notes, bl_int(0));
    if (bl_pid_error(book))
        return;
    atomic_fetch_add(&resting_begun, 1);
    unsigned notes = random_below(r, 20);
    for (unsigned i = 0; i < notes; i++)
        bl_send(book, bl_int((int64_t)random_below(r, 100)));
    bl_send(book, bl_from_pid(bl_self()));
    int64_t answer;
    do
        answer = bl_to_int(bl_receive()); /* others' greetings may come first */
    while (answer != 1);
    atomic_fetch_add(&notes_sent, notes);
    bl_send(book, bl_atom("end"));
    bl_term reason = end_of(book);
    if (bl_is_int(reason)) {
        CLAIM(bl_to_int(reason) == notes);
        atomic_fetch_add(&notes_received, (uint64_t)bl_to_int(reason));
    } else { /* it was faster than our question */
        CLAIM(is_atom(reason, "noproc"));
        atomic_fetch_add(&notes_received, notes);
    }
}

/* ---- deep ---- */

static uint64_t recurse(struct random *r, unsigned left)
{
    volatile uint64_t mine[8];
    uint64_t mark = random_next(r);
    for (int i = 0; i < 8; i++)
        mine[i] = mark + (uint64_t)i;
    uint64_t depth = left ? recurse(r, left - 1) : 0;
    if (random_below(r, 8) == 0)
        bl_yield();
    for (int i = 0; i < 8; i++)
        CLAIM(mine[i] == mark + (uint64_t)i);
    return depth + 1;
}

/* ---- walkers ---- */

static void walk(bl_term number);

static bl_pid spawn_walker(struct random *r)
{
    bl_pid nobody = {0};
    if (atomic_fetch_sub(&budget, 1) <= 0)
        return nobody;
    bl_pid child = bl_spawn(walk, bl_int((int64_t)(random_next(r) >> 8)));
    CLAIM(bl_pid_error(child) == BL_OK);
    atomic_fetch_add(&walkers_begun, 1);
    publish(r, child);
    return child;
}

static void step(struct random *r)
{
    switch (random_below(r, 10)) {
    case 0: case 1:
        spawn_walker(r);
        break;
    case 2: case 3: case 4:
        for (unsigned i = random_below(r, 10); i > 0; i--)
            CLAIM(bl_send(somebody(r), bl_int(2)) == BL_OK); /* a greeting; nobody must read it */
        break;
    case 5: {
        bl_pid child = spawn_walker(r);
        if (!bl_pid_error(child)) {
            bl_term reason = end_of(child);
            CLAIM(is_atom(reason, "normal") || is_atom(reason, "tired") || is_atom(reason, "noproc"));
        }
        break;
    }
    case 6:
        bl_yield();
        break;
    case 7: {
        unsigned depth = random_below(r, 100);
        CLAIM(recurse(r, depth) == depth + 1);
        break;
    }
    case 8:
        keep_a_notebook(r);
        break;
    case 9:
        bl_send(bl_self(), bl_int(3)); /* so that there is something to receive */
        CLAIM(bl_is_int(bl_receive()));
        break;
    }
}

static void walk(bl_term number)
{
    struct random r = random_split(seed, (uint64_t)bl_to_int(number));
    for (unsigned steps = 1 + random_below(&r, 20); steps > 0; steps--)
        step(&r);
    atomic_fetch_add(&walkers_ended, 1);
    if (random_below(&r, 2))
        bl_exit(bl_atom("tired"));
}

/* Until there is nobody left: every walker ends by itself, except that it may first
 * have to wait for a child, which ends by itself. */
static void wait_for_quiet(void)
{
    while (atomic_load(&walkers_ended) < atomic_load(&walkers_begun))
        sched_yield();
    bl_stats s;
    do
        bl_get_stats(&s);
    while (s.ended < s.spawned);
}

static void balance(uint64_t more_spawned)
{
    bl_stats s;
    bl_get_stats(&s);
    cr_assert_eq(atomic_load(&walkers_begun), atomic_load(&walkers_ended));
    cr_assert_eq(atomic_load(&resting_begun), atomic_load(&resting_ended));
    cr_assert_eq(atomic_load(&notes_sent), atomic_load(&notes_received));
    cr_assert_eq(s.spawned, atomic_load(&walkers_begun) + atomic_load(&resting_begun) + more_spawned);
    cr_assert_eq(s.ended, s.spawned);
}

static void found(bl_term walkers)
{
    struct random r = random_split(seed, UINT64_MAX);
    for (int64_t i = 0; i < bl_to_int(walkers); i++)
        spawn_walker(&r);
}

static void stress(const char *name, bl_options options, int walkers)
{
    seed = random_seed(name);
    start_with(options);
    atomic_store(&budget, rounds(walkers));
    cr_assert(ended_well(spawn(found, 50)));
    wait_for_quiet();
    balance(1);
    stop();
}

SCALE_ON_1(Test(operations, on_one_scheduler) { stress("operations.on_one_scheduler", (bl_options){.schedulers = 1}, 200000); })
Test(operations, on_two_schedulers) { stress("operations.on_two_schedulers", (bl_options){.schedulers = 2}, 200000); }
Test(operations, on_eight_schedulers) { stress("operations.on_eight_schedulers", (bl_options){.schedulers = 8}, 200000); }

Test(operations, on_few_lanes_with_short_slices)
{
    stress("operations.on_few_lanes_with_short_slices", (bl_options){.schedulers = 4, .lanes = 2, .reductions = 5}, 100000);
}

Test(operations, on_one_lane)
{
    stress("operations.on_one_lane", (bl_options){.schedulers = 2, .lanes = 1, .reductions = 50}, 100000);
}
