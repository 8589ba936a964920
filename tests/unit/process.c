/* A pid finds its process, and only its process. */
#include "kernel/process.h"

#include <criterion/criterion.h>
#include <string.h>

enum { WANTED = 1000, SLACK = 100 };

static struct pool_cache cache;

static void create(void)
{
    cr_assert_eq(processes_create(WANTED, WANTED, SLACK, PROCESSES_FEW), 0);
}

static void destroy(void)
{
    processes_destroy();
}

/* A slot as spawn makes it. */
static struct process *born(void)
{
    struct process *p = pool_take(&processes.pool, &cache);
    if (p && !process_generation(p))
        atomic_store(&p->generation, 1);
    return p;
}

static void die(struct process *p)
{
    atomic_store(&p->generation, process_generation(p) + 1);
    pool_give(&processes.pool, &cache, p);
}

Test(process, is_two_cache_lines_and_aligned_to_them, .init = create, .fini = destroy)
{
    for (int i = 0; i < 10; i++)
        cr_assert_eq((uintptr_t)born() % (2 * CACHE_LINE), 0);
    cr_assert_eq(offsetof(struct process, ctx), CACHE_LINE, "what its owner touches begins the second line");
}

static bool overlap(const char *a, size_t a_size, const char *b, size_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

Test(process, has_a_home_that_is_nobody_elses, .init = create, .fini = destroy)
{
    const char *slots = (const char *)processes.all;
    size_t size = processes.capacity * sizeof(struct process);
    for (struct process *p; (p = born());) {
        char *home = process_home(p);
        cr_assert(!overlap(home, FRAMES_HOME, slots, size));
        cr_assert(p == processes.all + 1 || home >= (char *)process_home(p - 1) + FRAMES_HOME);
        memset(home, 'h', FRAMES_HOME);
    }
    for (uint32_t i = 1; i < processes.capacity; i++)
        cr_assert(process_generation(&processes.all[i]) == 1);
}

Test(process, and_its_home_are_in_other_sets_of_a_cache, .init = create, .fini = destroy)
{
    struct process *p = born();
    cr_assert_gt(((uintptr_t)process_home(p) - (uintptr_t)p) % 4096, sizeof *p);
    cr_assert_eq((uintptr_t)process_home(p) % FRAMES_HOME, 0);
}

Test(process, is_found_by_its_pid, .init = create, .fini = destroy)
{
    for (int i = 0; i < WANTED; i++) {
        struct process *p = born();
        cr_assert_not_null(p);
        cr_assert_eq(process_find(process_pid(p)), p);
        cr_assert_eq(process_find_to_wake(process_pid(p)), p);
        cr_assert(term_is_pid(process_pid(p)));
    }
}

Test(process, is_not_found_by_the_pid_of_an_earlier_life, .init = create, .fini = destroy)
{
    struct process *p = born();
    term first = process_pid(p);
    die(p);
    cr_assert_null(process_find(first));
    struct process *again = born();
    cr_assert_eq(again, p, "the same slot");
    cr_assert_null(process_find(first));
    cr_assert_eq(process_find(process_pid(again)), again);
    cr_assert_neq(process_pid(again), first);
}

Test(process, is_not_found_by_what_is_no_pid, .init = create, .fini = destroy)
{
    struct process *p = born();
    cr_assert_null(process_find(TERM_NONE));
    cr_assert_null(process_find(term_own(TERM_OWN_ERROR, BL_ELIMIT)));
    cr_assert_null(process_find(term_own(TERM_OWN_ERROR, 1)));
    cr_assert_null(process_find(term_pid(0, process_generation(p))));
    cr_assert_null(process_find(term_pid(0, 1)));
}

Test(process, is_not_found_by_a_forged_pid, .init = create, .fini = destroy)
{
    struct process *p = born();
    cr_assert_null(process_find(term_pid(process_index(p), process_generation(p) + 1)));
    cr_assert_null(process_find(term_pid(process_index(p) + 1, process_generation(p))));
    cr_assert_null(process_find(term_pid((uint32_t)processes.capacity, 1)));
    cr_assert_null(process_find(term_pid((uint32_t)processes.capacity - 1, 1)));
    cr_assert_null(process_find(term_pid(PID_INDEX_NOBODY, 1)));
    cr_assert_null(process_find(term_pid(PID_INDEX_NOBODY - 1, 1)));
}

Test(process, is_found_among_many_to_be_woken_or_not_at_all)
{
    cr_assert_eq(processes_create(20000, 20000, SLACK, PROCESSES_FEW), 0);
    for (int i = 0; i < 20000; i++) {
        struct process *p = born();
        cr_assert_eq(process_find_to_wake(process_pid(p)), p);
        cr_assert_null(process_find_to_wake(term_pid(process_index(p), process_generation(p) + 1)));
    }
    cr_assert_null(process_find_to_wake(term_pid((uint32_t)processes.capacity, 1)));
    cr_assert_null(process_find_to_wake(term_pid(PID_INDEX_NOBODY, 1)));
    cr_assert_null(process_find_to_wake(TERM_NONE));
    processes_destroy();
}

Test(process, nobody_is_found_without_a_table)
{
    cr_assert_null(process_find_to_wake(term_pid(1, 1)));
    cr_assert_null(process_find(term_pid(1, 1)));
    cr_assert_null(process_find(TERM_NONE));
    processes_destroy();
}

Test(process, slot_zero_is_never_given_out, .init = create, .fini = destroy)
{
    int n = 0;
    for (struct process *p; (p = born()); n++)
        cr_assert_gt(process_index(p), 0);
    cr_assert_eq(n, WANTED + SLACK - 1);
}

Test(process, table_counts_the_slots_that_were_used, .init = create, .fini = destroy)
{
    cr_assert_eq(processes_used(), 1, "slot zero");
    uint32_t highest = 0;
    for (int i = 0; i < 200; i++) {
        uint32_t index = process_index(born());
        highest = index > highest ? index : highest;
    }
    cr_assert_gt(processes_used(), highest, "a walk visits every slot that is in use");
    cr_assert_leq(processes_used(), 201 + POOL_MAGAZINE);
}

/* A pool hands slots to a cache by the magazine. */
Test(process, knows_whether_there_were_ever_many)
{
    cr_assert_eq(processes_create(20000, 20000, SLACK, PROCESSES_FEW), 0);
    cr_assert(processes_are_few(), "there is none");
    for (int i = 0; i < PROCESSES_FEW - POOL_MAGAZINE; i++)
        born();
    cr_assert(processes_are_few());
    for (int i = 0; i < POOL_MAGAZINE + 1; i++)
        born();
    cr_assert_not(processes_are_few());
    struct process *p = born();
    pool_give_shared(&processes.pool, p);
    cr_assert_not(processes_are_few(), "though one is gone again");
    processes_destroy();
    cr_assert_eq(processes_create(100, 100, 0, PROCESSES_FEW), 0);
    cr_assert(processes_are_few(), "in a new table");
    processes_destroy();
}

Test(process, table_that_was_asked_for_must_be_had)
{
    uint64_t too_many = UINT64_C(1) << 44; /* 2 PiB */
    cr_assert_lt(processes_create(too_many, too_many, SLACK, PROCESSES_FEW), 0);
    cr_assert_null(processes.all);
}

#ifndef TEST_EMULATED /* an emulator keeps a record of every page */
Test(process, table_shrinks_to_what_address_space_allows)
{
    uint64_t too_many = UINT64_C(1) << 44;
    cr_assert_eq(processes_create(too_many, WANTED, SLACK, PROCESSES_FEW), 0);
    cr_assert_lt(processes.capacity, too_many);
    cr_assert_geq(processes.capacity, WANTED + SLACK);
    struct process *p = born();
    cr_assert_eq(process_find(process_pid(p)), p);
    processes_destroy();
}
#endif
