/* Nobody who calls the runtime keeps others from running, even if he never waits.
 * Every test here hangs, or fails, when this is broken, on one scheduler at least. */
#include "support/law.h"

#include <string.h>

static _Atomic bool over;
static _Atomic int hogs_done;

/* Hogs run until somebody else has had a turn. */

static bl_term sink(bl_term state, bl_term message)
{
    (void)message;
    return state;
}

static void send_for_ever(bl_term to)
{
    while (!atomic_load(&over))
        bl_send(bl_to_pid(to), bl_int(1));
    atomic_fetch_add(&hogs_done, 1);
}

static void send_to_the_dead_for_ever(bl_term unused)
{
    (void)unused;
    bl_pid nobody = {0};
    while (!atomic_load(&over))
        bl_send(nobody, bl_int(1));
    atomic_fetch_add(&hogs_done, 1);
}

static void end_at_once(bl_term unused)
{
    (void)unused;
}

static void spawn_for_ever(bl_term unused)
{
    (void)unused;
    while (!atomic_load(&over))
        bl_spawn(end_at_once, bl_int(1));
    atomic_fetch_add(&hogs_done, 1);
}

static void compute_and_say_so(bl_term unused)
{
    (void)unused;
    while (!atomic_load(&over))
        bl_reduce(100);
    atomic_fetch_add(&hogs_done, 1);
}

static void yield_for_ever(bl_term unused)
{
    (void)unused;
    while (!atomic_load(&over))
        bl_yield();
    atomic_fetch_add(&hogs_done, 1);
}

static void send_to_oneself_for_ever(bl_term unused)
{
    (void)unused;
    while (!atomic_load(&over)) {
        send(bl_self(), 1);
        CLAIM(receive() == 1);
    }
    atomic_fetch_add(&hogs_done, 1);
}

static void end_it(bl_term turns)
{
    for (int64_t i = 0; i < bl_to_int(turns); i++)
        bl_yield();
    atomic_store(&over, true);
}

/* Twice as many hogs as schedulers, and somebody who needs ten turns. */
static void hold_against(bl_function *hog, bl_term arg, unsigned schedulers)
{
    int hogs = 2 * (int)schedulers;
    for (int i = 0; i < hogs; i++)
        bl_spawn(hog, arg);
    cr_assert(ended_well(spawn(end_it, 10)));
    while (atomic_load(&hogs_done) < hogs)
        sched_yield();
}

LAW(fairness, against_who_sends) { hold_against(send_for_ever, bl_from_pid(spawn_resting(sink, 0)), schedulers); }
LAW(fairness, against_who_sends_to_the_dead) { hold_against(send_to_the_dead_for_ever, bl_int(0), schedulers); }
LAW(fairness, against_who_spawns) { hold_against(spawn_for_ever, bl_int(0), schedulers); }
LAW(fairness, against_who_computes_and_says_so) { hold_against(compute_and_say_so, bl_int(0), schedulers); }
LAW(fairness, against_who_yields) { hold_against(yield_for_ever, bl_int(0), schedulers); }
LAW(fairness, against_who_sends_to_himself) { hold_against(send_to_oneself_for_ever, bl_int(0), schedulers); }

/* Two that wake each other, always: each would go before the queue. */

static void ping(bl_term partner_or_none)
{
    bl_pid partner = bl_to_pid(bl_is_pid(partner_or_none) ? partner_or_none : bl_receive());
    if (bl_is_pid(partner_or_none))
        bl_send(partner, bl_from_pid(bl_self())); /* before all else: it must be the first that he gets */
    while (!atomic_load(&over)) {
        bl_send(partner, bl_int(1));
        bl_receive();
    }
    bl_send(partner, bl_int(1));
    atomic_fetch_add(&hogs_done, 1);
}

LAW(fairness, against_pairs_that_play_ping_pong)
{
    int pairs = (int)schedulers;
    for (int i = 0; i < pairs; i++) {
        bl_spawn(ping, bl_from_pid(spawn(ping, 0)));
    }
    cr_assert(ended_well(spawn(end_it, 1000)));
    while (atomic_load(&hogs_done) < 2 * pairs)
        sched_yield();
}

/* The same when one of the two has a higher priority: it does not go before the others, but its partner does, by it. */
Test(fairness, against_pairs_of_which_one_is_higher)
{
    start(1);
    bl_spawn_options o = {.priority = BL_PRIORITY_HIGH};
    bl_pid partner = spawn(ping, 0);
    bl_spawn_opt(ping, bl_from_pid(partner), &o);
    cr_assert(ended_well(spawn(end_it, 1000)));
    while (atomic_load(&hogs_done) < 2)
        sched_yield();
    stop();
}

/* The same when all have their frames in one lane, and are swapped by the native stack. */
Test(fairness, against_pairs_in_one_lane)
{
    start_with((bl_options){.schedulers = 1, .lanes = 1});
    bl_spawn(ping, bl_from_pid(spawn(ping, 0)));
    cr_assert(ended_well(spawn(end_it, 1000)));
    while (atomic_load(&hogs_done) < 2)
        sched_yield();
    stop();
}

/* ---- shares ----
 * On one scheduler, who always yields gets as many turns as any other. */

enum { SHARERS = 10 };

static int64_t had[SHARERS];

static void count_turns(bl_term id)
{
    while (!atomic_load(&over)) {
        had[bl_to_int(id)]++;
        bl_yield();
    }
}

/* All begin in one queue: who spawns them does not give way meanwhile. Spawned from outside,
 * the first would have its turns alone until the last is there. */
static void spawn_sharers_and_compare(bl_term turns)
{
    for (int i = 0; i < SHARERS; i++)
        spawn(count_turns, i);
    end_it(turns);
    for (int i = 0; i < SHARERS; i++)
        CLAIM(had[i] >= bl_to_int(turns) - 1 && had[i] <= bl_to_int(turns) + 1);
}

Test(fairness, turns_are_shared_equally_on_one_scheduler)
{
    start(1);
    cr_assert(ended_well(spawn(spawn_sharers_and_compare, 1000)));
    stop();
}

/* On two, not at once: they all begin at the one that has told them to, where an idle one finds them; and later, when
 * they are as many here as there, all but the first leave that are where he is, and none is idle (kernel/balance).
 * How soon is up to the kernel; but both times there comes a time when nobody has three times as many turns as another. */

enum { PARTAKERS = 20, TURNS = 50 };

static bl_pid partakers[PARTAKERS];
static _Atomic int have_begun;
static _Atomic int64_t turns_had[PARTAKERS];
static _Atomic bool has_left[PARTAKERS];
static _Atomic unsigned left_by; /* a scheduler; 0: none yet */
static int64_t turns_before[PARTAKERS]; /* the first one's */

/* Since the last look, if all have had enough for one. */
static bool all_had_equally_much(void)
{
    int64_t most = 0, now[PARTAKERS];
    for (int i = 0; i < PARTAKERS; i++) {
        now[i] = atomic_load(&turns_had[i]);
        int64_t had_since = now[i] - turns_before[i];
        if (atomic_load(&has_left[i]))
            continue;
        if (had_since < TURNS)
            return false;
        most = had_since > most ? had_since : most;
    }
    for (int i = 0; i < PARTAKERS; i++)
        turns_before[i] = now[i];
    return most <= 3 * TURNS;
}

static void compute_a_little(void)
{
    for (volatile int i = 0; i < 20000; i++) {}
}

/* False: it is to leave. Each is asked once. */
static bool may_stay(int64_t i)
{
    if (i && bl_scheduler() == atomic_load(&left_by))
        atomic_store(&has_left[i], true);
    return !atomic_load(&has_left[i]);
}

static void see_how_much_all_had(void)
{
    if (!all_had_equally_much())
        return;
    if (atomic_load(&left_by))
        atomic_store(&over, true);
    else
        atomic_store(&left_by, bl_scheduler());
}

static void partake(bl_term id)
{
    int64_t i = bl_to_int(id);
    atomic_fetch_add(&have_begun, 1);
    CLAIM(receive() == 1);
    for (bool asked = false; !atomic_load(&over);) {
        compute_a_little();
        atomic_fetch_add(&turns_had[i], 1);
        if (!i)
            see_how_much_all_had();
        if (!asked && atomic_load(&left_by) && !may_stay(i))
            break;
        asked = atomic_load(&left_by);
        bl_yield();
    }
    atomic_fetch_add(&hogs_done, 1);
}

/* They have begun, and wait: each has its frames on a stack. */
static void tell_them_to_begin(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < PARTAKERS; i++)
        partakers[i] = spawn(partake, i);
    while (atomic_load(&have_begun) < PARTAKERS)
        bl_yield();
    for (int i = 0; i < PARTAKERS; i++)
        send(partakers[i], 1);
}

Test(fairness, turns_are_shared_by_busy_schedulers)
{
    start(2);
    cr_assert(ended_well(spawn(tell_them_to_begin, 0)));
    while (atomic_load(&hogs_done) < PARTAKERS)
        sched_yield();
    stop();
}

/* Where somebody has a higher priority, and nobody else is taken up, none of the others goes: they have equally much of the
 * other scheduler, from birth. Long turns, or it would even out that they go there, wait, and come back. */

enum { TURNS_OF_ALL = 600 };

static _Atomic int turns_of_all;

static void compare_turns(void)
{
    for (int i = 0; i < PARTAKERS; i++)
        CLAIM(4 * atomic_load(&turns_had[i]) >= 3 * TURNS_OF_ALL / PARTAKERS);
}

static void compute_for_long(void)
{
    for (int i = 0; i < 40; i++)
        compute_a_little();
}

static void partake_in_long_turns(bl_term id)
{
    for (int turn = 0; turn < TURNS_OF_ALL; bl_yield()) {
        compute_for_long();
        atomic_fetch_add(&turns_had[bl_to_int(id)], 1);
        turn = atomic_fetch_add(&turns_of_all, 1) + 1;
        if (turn == TURNS_OF_ALL)
            compare_turns();
    }
    atomic_store(&over, true);
    atomic_fetch_add(&hogs_done, 1);
}

static void yield_as_a_higher_one(bl_term unused)
{
    (void)unused;
    bl_process_flag(bl_atom("priority"), bl_atom("high"));
    while (!atomic_load(&over))
        bl_yield();
}

static void spawn_a_higher_one_and_others(bl_term unused)
{
    (void)unused;
    spawn(yield_as_a_higher_one, 0);
    for (int i = 0; i < PARTAKERS; i++)
        spawn(partake_in_long_turns, i);
}

Test(fairness, turns_are_shared_where_nobody_is_higher)
{
    start(2);
    cr_assert(ended_well(spawn(spawn_a_higher_one_and_others, 0)));
    while (atomic_load(&hogs_done) < PARTAKERS)
        sched_yield();
    stop();
}

/* Nor does one of three with a higher priority have a scheduler for itself. There comes a time when nobody has had a fifth
 * more than another. */

enum { HIGHER = 3, TURNS_OF_HIGHER = 100 };

static bool higher_ones_had_equally_much(void)
{
    int64_t least = INT64_MAX, most = 0, now[HIGHER];
    for (int i = 0; i < HIGHER; i++) {
        now[i] = atomic_load(&turns_had[i]);
        int64_t had_since = now[i] - turns_before[i];
        least = had_since < least ? had_since : least;
        most = had_since > most ? had_since : most;
    }
    if (least < TURNS_OF_HIGHER)
        return false;
    memcpy(turns_before, now, sizeof now);
    return 5 * most <= 6 * least;
}

static void partake_as_a_higher_one(bl_term id)
{
    int64_t i = bl_to_int(id);
    for (; !atomic_load(&over); bl_yield()) {
        compute_for_long();
        atomic_fetch_add(&turns_had[i], 1);
        if (!i && higher_ones_had_equally_much())
            atomic_store(&over, true);
    }
    atomic_fetch_add(&hogs_done, 1);
}

/* They have it from birth: else one that does not would wait behind two that do. */
static void spawn_higher_ones(bl_term unused)
{
    (void)unused;
    bl_spawn_options o = {.priority = BL_PRIORITY_HIGH};
    for (int i = 0; i < HIGHER; i++)
        bl_spawn_opt(partake_as_a_higher_one, bl_int(i), &o);
}

Test(fairness, turns_are_shared_by_higher_ones)
{
    start(2);
    cr_assert(ended_well(spawn(spawn_higher_ones, 0)));
    while (atomic_load(&hogs_done) < HIGHER)
        sched_yield();
    stop();
}

/* Who waits behind one with a higher priority, for ever, is taken to where nobody has one, though that is not idle. */

static _Atomic bool other_is_busy;

static void be_busy(bl_term unused)
{
    (void)unused;
    for (; !atomic_load(&over); bl_yield())
        atomic_store(&other_is_busy, true);
}

static void have_a_turn(bl_term unused)
{
    (void)unused;
    atomic_fetch_add(&hogs_done, 1);
}

static void spawn_others_and_be_higher(bl_term others)
{
    while (!atomic_load(&other_is_busy))
        bl_yield();
    bl_process_flag(bl_atom("priority"), bl_atom("high"));
    for (int64_t i = 0; i < bl_to_int(others); i++)
        spawn(have_a_turn, i);
    while (atomic_load(&hogs_done) < bl_to_int(others))
        bl_yield();
    atomic_store(&over, true);
}

Test(fairness, nobody_waits_for_ever_behind_a_higher_one_while_another_scheduler_has_none)
{
    start(2);
    bl_spawn_on(2, be_busy, bl_int(0));
    cr_assert(ended_well(bl_spawn_on(1, spawn_others_and_be_higher, bl_int(10))));
    stop();
}

/* A time slice is as long as was asked for. */

static int64_t sent_in_slice;

static void send_and_count(bl_term unused)
{
    (void)unused;
    bl_pid nobody = {0};
    while (!atomic_load(&over)) {
        sent_in_slice++;
        bl_send(nobody, bl_int(1));
    }
}

static void look_after_one_turn(bl_term reductions)
{
    bl_yield();
    int64_t before = sent_in_slice;
    bl_yield();
    CLAIM(sent_in_slice - before == bl_to_int(reductions));
    atomic_store(&over, true);
}

Test(fairness, a_time_slice_is_as_many_calls_as_options_say)
{
    start_with((bl_options){.schedulers = 1, .reductions = 500});
    spawn(send_and_count, 0);
    cr_assert(ended_well(spawn(look_after_one_turn, 500)));
    stop();
}

/* ---- long work counts for as much as it is ---- */

enum { SLICE = 100, CALLS = 20, CELLS_FOR_HALF = 1620 /* 50 times 64 words, in cells of two, and a few more */ };

static int64_t turns; /* of the other process: as often the first gave way */

static void watch_turns(bl_term unused)
{
    (void)unused;
    while (!atomic_load(&over)) {
        turns++;
        bl_yield();
    }
}

struct work {
    bl_term a, b;       /* two that are the same */
    char *text;         /* as which the first is printed */
    bl_term bytes, map; /* and as which it is encoded; a map of as many keys */
};

static bl_term list_of_length(int n)
{
    bl_term list = bl_nil();
    while (n--)
        list = bl_cons(bl_int(1000000 + n), list);
    return list;
}

static struct work work_of(int cells)
{
    struct work w = {.a = list_of_length(cells), .b = list_of_length(cells), .map = bl_map()};
    size_t n = bl_print(w.a, 0, NULL, 0) + 1;
    w.text = bl_alloc(n);
    bl_print(w.a, 0, w.text, n);
    w.bytes = bl_encode(w.a, NULL);
    for (int i = 0; i < cells; i++)
        w.map = bl_map_put(w.map, bl_int(i), bl_nil());
    return w;
}

typedef void job(const struct work *);

static void compare(const struct work *w)
{
    CLAIM(bl_compare(w->a, w->b) == 0);
}

static void be_same(const struct work *w)
{
    CLAIM(bl_same(w->a, w->b));
}

static void hash(const struct work *w)
{
    bl_hash(w->a);
}

static void length(const struct work *w)
{
    size_t n;
    CLAIM(bl_length(w->a, &n));
}

static void print(const struct work *w)
{
    bl_print(w->a, 80, NULL, 0);
}

static void parse(const struct work *w)
{
    CLAIM(!bl_is_none(bl_parse(w->text, strlen(w->text), NULL)));
}

static void encode(const struct work *w)
{
    CLAIM(bl_is_binary(bl_encode(w->a, NULL)));
}

static void decode(const struct work *w)
{
    size_t n;
    const void *bytes = bl_bytes(w->bytes, &n);
    CLAIM(bl_is_list(bl_decode(bytes, n, NULL)));
}

static void map_pairs(const struct work *w)
{
    CLAIM(bl_is_list(bl_map_pairs(w->map)));
}

static int64_t turns_for(job *work, const struct work *w)
{
    bl_yield(); /* a slice begins */
    int64_t before = turns;
    for (int i = 0; i < CALLS; i++)
        work(w);
    return turns - before;
}

/* What builds is charged for the garbage, too. */
static bool has_external(const struct work *w)
{
    return bl_is_binary(w->bytes);
}

static void work_in_half_slices(bl_term unused)
{
    (void)unused;
    static job *const jobs[] = {compare, be_same, hash, length};
    struct work w = work_of(CELLS_FOR_HALF), small = work_of(10);
    for (int i = 0; i < 4; i++) {
        CLAIM(turns_for(jobs[i], &w) == CALLS / 2);
        CLAIM(turns_for(jobs[i], &small) == 0);
    }
}

static void work_in_slices(bl_term unused)
{
    (void)unused;
    static job *const jobs[] = {compare, be_same, hash, length, print, parse, map_pairs, encode, decode};
    struct work w = work_of(2 * CELLS_FOR_HALF);
    for (int i = 0; i < (has_external(&w) ? 9 : 7); i++) {
        int64_t n = turns_for(jobs[i], &w);
        CLAIM(i < 5 ? n == CALLS : n >= CALLS);
    }
}

static void measure_turns(bl_function *work)
{
    start_with((bl_options){.schedulers = 1, .reductions = SLICE, .no_preemption = true}); /* or a slice may end sooner */
    spawn(watch_turns, 0);
    cr_assert(ended_well(spawn(work, 0)));
    atomic_store(&over, true);
    stop();
}

Test(fairness, work_of_half_a_slice_is_charged_as_that)
{
    measure_turns(work_in_half_slices);
}

Test(fairness, work_of_a_slice_ends_it)
{
    measure_turns(work_in_slices);
}
