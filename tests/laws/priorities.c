/* Who has a higher priority goes before others, on its scheduler; who has a lower one is passed
 * over, but can be asked and killed. All on one scheduler, unless a law says something else. */
#include "support/processes.h"

static char order[64];
static size_t ordered;

static void note(char c)
{
    if (ordered < sizeof order - 1)
        order[ordered++] = c;
}

static void say(bl_term letter)
{
    note((char)bl_to_int(letter));
}

static bl_pid spawn_with(bl_function *function, int64_t arg, unsigned priority)
{
    const bl_spawn_options options = {.priority = priority, .scheduler = 1};
    bl_pid p = bl_spawn_opt(function, bl_int(arg), &options);
    CLAIM(bl_pid_error(p) == BL_OK);
    return p;
}

static void await_all(const bl_pid *pids, int n)
{
    for (int i = 0; i < n; i++)
        end_of(pids[i]);
}

/* ---- order ---- */

static void spawn_all(bl_term unused)
{
    (void)unused;
    bl_pid all[] = {spawn_with(say, 'n', BL_PRIORITY_NORMAL), spawn_with(say, 'h', BL_PRIORITY_HIGH),
                    spawn_with(say, 'm', BL_PRIORITY_MAX),    spawn_with(say, 'H', BL_PRIORITY_HIGH),
                    spawn_with(say, 'N', BL_PRIORITY_NORMAL), spawn_with(say, 'M', BL_PRIORITY_MAX)};
    await_all(all, 6);
}

Test(priorities, the_highest_first_and_then_in_turn)
{
    start(1);
    run(spawn_all);
    stop();
    cr_assert_str_eq(order, "mMhHnN");
}

static void say_when_told(bl_term letter)
{
    bl_receive();
    say(letter);
}

static void wake_all(bl_term unused)
{
    (void)unused;
    bl_pid all[] = {spawn_with(say_when_told, 'n', BL_PRIORITY_NORMAL),
                    spawn_with(say_when_told, 'h', BL_PRIORITY_HIGH)};
    for (int i = 0; i < 2; i++)
        await_waiting(all[i]);
    for (int i = 0; i < 2; i++) /* the first would run next, if the second had no right to */
        send(all[i], 0);
    await_all(all, 2);
}

Test(priorities, who_was_just_woken_does_not_go_before_a_higher_one)
{
    start(1);
    run(wake_all);
    stop();
    cr_assert_str_eq(order, "hn");
}

static void become(bl_term unused)
{
    (void)unused;
    bl_pid normal = spawn_with(say, 'n', BL_PRIORITY_NORMAL);
    CLAIM(is_atom(bl_process_flag(atom("priority"), atom("high")), "normal"));
    CLAIM(is_atom(info(bl_self(), "priority"), "high"));
    bl_yield();
    note('h');
    CLAIM(is_atom(bl_process_flag(atom("priority"), atom("normal")), "high"));
    bl_yield();
    note('e');
    end_of(normal);
    bl_yield(); /* nobody has a priority any more */
}

Test(priorities, a_process_may_change_its_own)
{
    start(1);
    run(become);
    stop();
    cr_assert_str_eq(order, "hne");
}

static void child(bl_term unused)
{
    (void)unused;
    CLAIM(is_atom(info(bl_self(), "priority"), "normal"));
}

static void parent(bl_term unused)
{
    (void)unused;
    bl_process_flag(atom("priority"), atom("max"));
    CLAIM(ended_well(bl_spawn(child, bl_int(0))));
}

LAW(priorities, nobody_inherits_one)
{
    cr_assert(ended_well(bl_spawn(parent, bl_int(0))));
}

/* ---- those who are passed over ---- */

static _Atomic bool over;
static _Atomic int64_t turns[2];

static void hog(bl_term unused)
{
    (void)unused;
    while (!atomic_load(&over))
        bl_reduce(100);
}

static void count(bl_term which)
{
    while (!atomic_load(&over)) {
        atomic_fetch_add(&turns[bl_to_int(which)], 1);
        bl_yield();
    }
}

static void loop(bl_term unused)
{
    (void)unused;
    for (;;)
        bl_reduce(100);
}

/* Two that never wait, so that who is lower never has its turn. */
static void interrogate(unsigned hogs, unsigned passed_over)
{
    bl_process_flag(atom("priority"), atom("max"));
    bl_pid low = spawn_with(loop, 0, passed_over), ended = spawn_with(loop, 0, passed_over);
    bl_pid watcher = spawn_with(sleeper, 0, BL_PRIORITY_NORMAL);
    bl_pid busy[] = {spawn_with(hog, 0, hogs), spawn_with(hog, 0, hogs)};
    for (int i = 0; i < 100; i++)
        CLAIM(bl_is_tuple(bl_process_info(low, atom("links"))));
    CLAIM(bl_register(atom("passed_over"), low) == BL_OK);
    CLAIM(bl_suspend(low) == BL_OK && bl_resume(low) == BL_OK);
    bl_term reference = bl_monitor(ended);
    CLAIM(bl_exit_signal(ended, atom("enough")) == BL_OK);
    claim_down(reference, bl_from_pid(ended), atom("enough"));
    CLAIM(bl_exit_signal(low, atom("kill")) == BL_OK);
    CLAIM(!bl_is_alive(low));
    CLAIM(bl_exit_signal(watcher, atom("kill")) == BL_OK);
    atomic_store(&over, true);
    await_all(busy, 2);
}

static void ask_low_under_high(bl_term unused)
{
    (void)unused;
    interrogate(BL_PRIORITY_HIGH, BL_PRIORITY_LOW);
}

static void ask_normal_under_max(bl_term unused)
{
    (void)unused;
    interrogate(BL_PRIORITY_MAX, BL_PRIORITY_NORMAL);
}

static void with_lanes(unsigned lanes, bl_function *body)
{
    start_with((bl_options){.schedulers = 1, .lanes = lanes});
    run(body);
    stop();
}

Test(priorities, who_is_passed_over_still_answers_and_dies)
{
    with_lanes(32, ask_low_under_high);
}

Test(priorities, who_is_passed_over_by_max_still_answers_and_dies)
{
    with_lanes(32, ask_normal_under_max);
}

/* In one lane, where they are swapped by way of the native stack, and chosen twice. */
Test(priorities, who_is_passed_over_in_the_same_lane_still_answers_and_dies)
{
    with_lanes(1, ask_low_under_high);
}

/* ---- the others' share ---- */

static void compare(bl_term unused)
{
    (void)unused;
    bl_process_flag(atom("priority"), atom("max"));
    bl_pid both[] = {spawn_with(count, 0, BL_PRIORITY_NORMAL), spawn_with(count, 1, BL_PRIORITY_LOW)};
    while (atomic_load(&turns[0]) < 800)
        CLAIM(bl_sleep(1) == BL_OK);
    atomic_store(&over, true);
    await_all(both, 2);
}

static void assert_eighth(void)
{
    double share = (double)turns[1] / (double)turns[0];
    cr_assert(share > 0.1 && share < 0.15, "%" PRId64 " turns of a low one, %" PRId64 " of a normal one", turns[1],
              turns[0]);
}

Test(priorities, low_is_an_eighth)
{
    with_lanes(32, compare);
    assert_eighth();
}

Test(priorities, low_is_an_eighth_in_the_same_lane)
{
    with_lanes(1, compare);
    assert_eighth();
}

static void alone(bl_term unused)
{
    (void)unused;
    bl_pid low = spawn_with(count, 1, BL_PRIORITY_LOW);
    while (atomic_load(&turns[1]) < 1000)
        CLAIM(bl_sleep(1) == BL_OK);
    atomic_store(&over, true);
    end_of(low);
}

Test(priorities, low_is_all_where_there_is_nobody_else)
{
    start(1);
    run(alone);
    stop();
}

static void two_high(bl_term unused)
{
    (void)unused;
    bl_process_flag(atom("priority"), atom("max"));
    bl_pid both[] = {spawn_with(count, 0, BL_PRIORITY_HIGH), spawn_with(count, 1, BL_PRIORITY_HIGH)};
    while (atomic_load(&turns[0]) < 1000)
        CLAIM(bl_sleep(1) == BL_OK);
    atomic_store(&over, true);
    await_all(both, 2);
}

static void assert_equal(void)
{
    cr_assert(turns[0] - turns[1] < 20 && turns[1] - turns[0] < 20, "%" PRId64 " and %" PRId64 " turns", turns[0],
              turns[1]);
}

Test(priorities, those_of_one_priority_take_turns)
{
    with_lanes(32, two_high);
    assert_equal();
}

Test(priorities, those_of_one_priority_take_turns_in_the_same_lane)
{
    with_lanes(1, two_high);
    assert_equal();
}

/* ---- on another scheduler there may be room ---- */

static void finish(bl_term unused)
{
    (void)unused;
    atomic_store(&over, true);
}

static void begin_behind(bl_term unused)
{
    (void)unused;
    bl_pid busy = spawn_with(hog, 0, BL_PRIORITY_HIGH);
    bl_pid behind = spawn(finish, 0); /* it waits here, behind the other for ever */
    end_of(busy);
    end_of(behind);
}

Test(priorities, who_is_passed_over_is_stolen)
{
    start(2);
    const bl_spawn_options options = {.scheduler = 1, .priority = BL_PRIORITY_MAX};
    cr_assert(ended_well(bl_spawn_opt(begin_behind, bl_int(0), &options)));
    stop();
}
