/* Lanes are guarded stacks; frames leave them and come back to the same addresses. */
#include "machine/lane.h"

#include <criterion/criterion.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>

#include "base/os.h"
#include "support/random.h"

enum { COUNT = 20, STACK = 64 * 1024 };

static struct lanes lanes;

static void create(void)
{
    cr_assert_eq(lanes_create(&lanes, COUNT, COUNT, STACK), 0);
}

static void destroy(void)
{
    lanes_destroy(&lanes);
}

static char *low_of(int i)
{
    return lanes.all[i].stack.low;
}

/* ---- mapping ---- */

Test(lane, every_byte_of_every_stack_is_its_own, .init = create, .fini = destroy)
{
    for (int i = 0; i < COUNT; i++)
        memset(low_of(i), i + 1, lanes.all[i].stack.size);
    for (int i = 0; i < COUNT; i++)
        for (size_t at = 0; at < lanes.all[i].stack.size; at++)
            cr_assert_eq(low_of(i)[at], i + 1);
}

Test(lane, a_stack_has_the_usable_size_that_was_asked_for, .init = create, .fini = destroy)
{
    for (int i = 0; i < COUNT; i++) {
        cr_assert_eq((char *)lanes.all[i].foot, low_of(i) + lanes.all[i].stack.size);
        cr_assert_geq(lanes.all[i].stack.size + LANE_COLOURS * LANE_COLOUR_STEP, STACK);
        cr_assert_eq((uintptr_t)lanes.all[i].foot % 16, 0, "the ABI's alignment");
        cr_assert_eq(lanes.all[i].limit - low_of(i), LANE_RESERVE);
    }
}

Test(lane, neighbours_feet_differ_modulo_4k, .init = create, .fini = destroy)
{
    for (int i = 0; i < COUNT; i++)
        for (int j = i + 1; j < COUNT && j < i + LANE_COLOURS; j++)
            cr_assert_neq((uintptr_t)lanes.all[i].foot % 4096, (uintptr_t)lanes.all[j].foot % 4096);
}

Test(lane, a_size_that_is_no_page_is_rounded_up)
{
    cr_assert_eq(lanes_create(&lanes, 2, 2, 33 * 1024 + 1), 0);
    memset(low_of(1), 1, lanes.all[1].stack.size);
    cr_assert_geq(lanes.all[0].stack.size, 33 * 1024 + 1);
    lanes_destroy(&lanes);
}

Test(lane, more_lanes_than_address_space_are_refused)
{
    cr_assert_lt(lanes_create(&lanes, 4096, 4096, (size_t)1 << 50), 0);
    lanes_destroy(&lanes);
}

Test(lane, destroying_none_is_harmless)
{
    lanes_destroy(&lanes);
}

/* ---- guards ---- */

Test(lane, a_hit_in_a_guard_names_the_lane_above_it, .init = create, .fini = destroy)
{
    for (int i = 0; i < COUNT; i++) {
        cr_assert_eq(lanes_guard_hit(&lanes, low_of(i) - 1), &lanes.all[i]);
        cr_assert_eq(lanes_guard_hit(&lanes, low_of(i) - LANE_GUARD / 2), &lanes.all[i]);
        cr_assert_eq(lanes_guard_hit(&lanes, low_of(i) - LANE_GUARD), &lanes.all[i]);
    }
}

Test(lane, an_address_outside_the_guards_is_no_hit, .init = create, .fini = destroy)
{
    int elsewhere;
    for (int i = 0; i < COUNT; i++) {
        cr_assert_null(lanes_guard_hit(&lanes, low_of(i)));
        cr_assert_null(lanes_guard_hit(&lanes, lanes.all[i].foot - 1));
    }
    cr_assert_null(lanes_guard_hit(&lanes, &elsewhere));
    cr_assert_null(lanes_guard_hit(&lanes, NULL));
    cr_assert_null(lanes_guard_hit(&lanes, lanes.memory - 1));
    cr_assert_null(lanes_guard_hit(&lanes, lanes.memory + lanes.count * lanes.stride));
}

static sigjmp_buf faulted;
static void *volatile fault_address;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    fault_address = info->si_addr;
    siglongjmp(faulted, 1);
}

Test(lane, touching_a_guard_traps_where_it_was_touched, .init = create, .fini = destroy)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    volatile int traps = 0;
    for (volatile int i = 0; i < COUNT; i++) {
        char *touched = low_of(i) - 8;
        if (sigsetjmp(faulted, 1) == 0)
            *(volatile char *)touched = 1;
        else
            traps += lanes_guard_hit(&lanes, fault_address) == &lanes.all[i] && fault_address == touched;
    }
    signal(SIGSEGV, SIG_DFL);
    cr_assert_eq(traps, COUNT);
}

Test(lane, one_that_is_not_open_yet_traps_until_it_is)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    cr_assert_eq(lanes_create(&lanes, 3, 1, STACK), 0);
    *low_of(0) = 1;
    sigaction(SIGSEGV, &action, NULL);
    volatile bool trapped = true;
    if (sigsetjmp(faulted, 1) == 0) {
        *(volatile char *)low_of(1) = 1;
        trapped = false;
    }
    signal(SIGSEGV, SIG_DFL);
    cr_assert(trapped && fault_address == low_of(1));
    cr_assert(lane_open(&lanes, &lanes.all[1]));
    memset(low_of(1), 1, lanes.all[1].stack.size);
    lanes_destroy(&lanes);
}

/* ---- frames ---- */

/* Of each its own. */
static char *home_of(const struct frames *f)
{
    static char homes[16][FRAMES_HOME];
    return homes[(uintptr_t)f / sizeof *f % 16];
}

static void fill(char *from, char *to, struct random *r)
{
    while (from < to)
        *from++ = (char)random_next(r);
}

Test(frames, come_back_to_the_same_place_byte_for_byte, .init = create, .fini = destroy)
{
    struct random r = {random_seed("frames.come_back_to_the_same_place_byte_for_byte")};
    static char expected[STACK];
    struct frames f = {0};
    struct lane *lane = &lanes.all[3];
    for (size_t size = 8; size <= lane->stack.size; size += size / 2 + 8) {
        char *sp = lane->foot - size;
        fill(sp, lane->foot, &r);
        memcpy(expected, sp, size);
        cr_assert(frames_save(&f, home_of(&f), lane, sp));
        cr_assert(size <= FRAMES_HOME || f.room >= size);
        memset(low_of(3), 0, lane->stack.size);
        frames_load(&f, home_of(&f), lane, sp);
        cr_assert_arr_eq(sp, expected, size);
        if (size < lane->stack.size)
            cr_assert_eq(sp[-1], 0, "nothing below the stack pointer was written");
    }
    frames_drop(&f);
}

Test(frames, of_two_processes_take_turns_in_one_lane, .init = create, .fini = destroy)
{
    struct frames one = {0}, two = {0};
    struct lane *lane = &lanes.all[0];
    char *sp_one = lane->foot - 200, *sp_two = lane->foot - 3000;
    memset(sp_one, 'a', 200);
    cr_assert(frames_save(&one, home_of(&one), lane, sp_one));
    memset(sp_two, 'b', 3000);
    for (int i = 0; i < 10; i++) {
        cr_assert(frames_save(&two, home_of(&two), lane, sp_two));
        frames_load(&one, home_of(&one), lane, sp_one);
        for (char *p = sp_one; p < lane->foot; p++)
            cr_assert_eq(*p, 'a');
        cr_assert(frames_save(&one, home_of(&one), lane, sp_one));
        frames_load(&two, home_of(&two), lane, sp_two);
        for (char *p = sp_two; p < lane->foot; p++)
            cr_assert_eq(*p, 'b');
    }
    frames_drop(&one);
    frames_drop(&two);
}

Test(frames, keep_a_block_that_fits, .init = create, .fini = destroy)
{
    struct frames f = {0};
    struct lane *lane = &lanes.all[0];
    cr_assert(frames_save(&f, home_of(&f), lane, lane->foot - 1000));
    void *block = f.block;
    cr_assert(frames_save(&f, home_of(&f), lane, lane->foot - 900));
    cr_assert_eq(f.block, block);
    cr_assert(frames_save(&f, home_of(&f), lane, lane->foot - 1000));
    cr_assert_eq(f.block, block);
    frames_drop(&f);
}

Test(frames, exchange_a_block_that_is_too_small, .init = create, .fini = destroy)
{
    struct frames f = {0};
    struct lane *lane = &lanes.all[0];
    cr_assert(frames_save(&f, home_of(&f), lane, lane->foot - 100));
    cr_assert(frames_save(&f, home_of(&f), lane, lane->foot - 5000));
    cr_assert_geq(f.room, 5000);
    frames_drop(&f);
}

Test(frames, do_not_hold_a_deep_block_for_ever, .init = create, .fini = destroy)
{
    struct frames f = {0};
    struct lane *lane = &lanes.all[0];
    cr_assert(frames_save(&f, home_of(&f), lane, lane->foot - 50000));
    cr_assert(frames_save(&f, home_of(&f), lane, lane->foot - 200));
    cr_assert_leq(f.room, 2 * 200 + 64);
    cr_assert(frames_save(&f, home_of(&f), lane, lane->foot - 50000));
    cr_assert(frames_save(&f, home_of(&f), lane, lane->foot - 100));
    cr_assert_null(f.block, "nor if there is room at home");
    frames_drop(&f);
}

Test(frames, that_are_small_lie_at_home, .init = create, .fini = destroy)
{
    struct frames f = {0};
    struct lane *lane = &lanes.all[0];
    char home[FRAMES_HOME + 1] = {0};
    memset(lane->foot - FRAMES_HOME - 1, 'f', FRAMES_HOME + 1);
    cr_assert(frames_save(&f, home, lane, lane->foot - FRAMES_HOME));
    cr_assert_null(f.block);
    cr_assert_eq(frames_bytes(&f, home, FRAMES_HOME), home);
    for (int i = 0; i < FRAMES_HOME; i++)
        cr_assert_eq(home[i], 'f');
    cr_assert_eq(home[FRAMES_HOME], 0, "there is somebody else's");

    memset(home, 0, sizeof home);
    cr_assert(frames_save(&f, home, lane, lane->foot - FRAMES_HOME - 1));
    cr_assert_eq(frames_bytes(&f, home, FRAMES_HOME + 1), f.block);
    for (int i = 0; i < FRAMES_HOME; i++)
        cr_assert_eq(home[i], 0);
    frames_drop(&f);
}

Test(frames, keep_a_small_block_while_they_are_at_home, .init = create, .fini = destroy)
{
    struct frames f = {0};
    struct lane *lane = &lanes.all[0];
    cr_assert(frames_save(&f, home_of(&f), lane, lane->foot - 300));
    void *block = f.block;
    for (int i = 0; i < 3; i++) {
        cr_assert(frames_save(&f, home_of(&f), lane, lane->foot - 100));
        cr_assert(frames_save(&f, home_of(&f), lane, lane->foot - 300));
        cr_assert_eq(f.block, block);
    }
    frames_drop(&f);
}

Test(frames, dropped_are_none, .init = create, .fini = destroy)
{
    struct frames f = {0};
    cr_assert(frames_save(&f, home_of(&f), &lanes.all[0], lanes.all[0].foot - 1000));
    frames_drop(&f);
    cr_assert_null(f.block);
    cr_assert_eq(f.room, 0);
    frames_drop(&f);
}
