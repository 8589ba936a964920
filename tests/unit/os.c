/* The kernel keeps the promises of os.h. */
#include "base/os.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>

enum { SIZE = 1 << 20 };

/* ---- memory ---- */

static sigjmp_buf faulted;

static void on_fault(int number)
{
    siglongjmp(faulted, number);
}

/* Does writing one byte there fault? */
static bool faults(char *where)
{
    struct sigaction action = {.sa_handler = on_fault}, before;
    sigaction(SIGSEGV, &action, &before);
    volatile bool fault = true;
    if (sigsetjmp(faulted, 1) == 0) {
        *(volatile char *)where = 1;
        fault = false;
    }
    sigaction(SIGSEGV, &before, NULL);
    return fault;
}

Test(os, reserved_memory_is_zero_and_can_be_written)
{
    char *m = os_reserve(SIZE);
    cr_assert_not_null(m);
    for (int i = 0; i < SIZE; i += 4096) {
        cr_assert_eq(m[i], 0);
        m[i] = 1;
    }
    os_release(m, SIZE);
}

Test(os, closed_memory_faults_until_it_is_opened)
{
    size_t page = os_page_size();
    char *m = os_reserve_closed(SIZE);
    cr_assert_not_null(m);
    cr_assert(faults(m + page));
    cr_assert_eq(os_open(m + page, page), 0);
    cr_assert_not(faults(m + page));
    cr_assert_eq(m[page], 1);
    cr_assert(faults(m + page - 1));
    cr_assert(faults(m + 2 * page));
    os_release(m, SIZE);
}

Test(os, opening_what_is_no_memory_is_an_error)
{
    char *m = os_reserve_closed(SIZE);
    os_release(m, SIZE);
    cr_assert_lt(os_open((char *)1, SIZE), 0);
}

Test(os, reserving_more_than_there_is_gives_null)
{
    cr_assert_null(os_reserve((size_t)1 << 60));
    cr_assert_null(os_reserve_closed((size_t)1 << 60));
}

Test(os, a_page_is_a_power_of_two)
{
    size_t page = os_page_size();
    cr_assert_geq(page, 4096);
    cr_assert_eq(page & (page - 1), 0);
}

/* ---- sleeping ---- */

Test(os, a_futex_with_another_value_does_not_sleep)
{
    _Atomic uint32_t word = 1;
    os_futex_wait(&word, 0, 0); /* for ever, if it did */
}

Test(os, a_futex_sleeps_until_its_timeout)
{
    _Atomic uint32_t word = 0;
    uint64_t from = os_now_ns();
    do
        os_futex_wait(&word, 0, 20 * 1000 * 1000);
    while (os_now_ns() - from < 20 * 1000 * 1000); /* it may wake early at will */
}

static _Atomic uint32_t bell;

static void ring(void *arg)
{
    (void)arg;
    atomic_store(&bell, 1);
    os_futex_wake(&bell, 1);
}

Test(os, a_futex_is_woken_by_another_thread)
{
    struct os_thread t;
    cr_assert_eq(os_thread_start(&t, "ringer", ring, NULL), 0);
    while (!atomic_load(&bell))
        os_futex_wait(&bell, 0, 0);
    os_thread_join(&t);
}

Test(os, time_does_not_go_back)
{
    uint64_t last = os_now_ns();
    for (int i = 0; i < 10000; i++) {
        uint64_t now = os_now_ns();
        cr_assert_geq(now, last);
        last = now;
    }
}

/* ---- CPUs and threads ---- */

Test(os, counts_the_cpus_that_this_os_process_may_use)
{
    cpu_set_t set, one;
    cr_assert_eq(sched_getaffinity(0, sizeof set, &set), 0);
    cr_assert_eq(os_cpu_count(), CPU_COUNT(&set));
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
        if (CPU_ISSET(i, &set))
            CPU_SET(i, &one);
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
    cr_assert_eq(os_cpu_count(), 1);
}

struct witness {
    char name[16];
    sigset_t blocked;
};

static void look_around(void *arg)
{
    struct witness *w = arg;
    pthread_getname_np(pthread_self(), w->name, sizeof w->name);
    pthread_sigmask(SIG_SETMASK, NULL, &w->blocked);
}

Test(os, a_thread_takes_no_signals_but_traps)
{
    struct os_thread t;
    struct witness w = {0};
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    cr_assert_eq(os_thread_start(&t, "witness", look_around, &w), 0);
    os_thread_join(&t);
    cr_assert(sigismember(&w.blocked, SIGINT));
    cr_assert(sigismember(&w.blocked, SIGALRM));
    cr_assert(sigismember(&w.blocked, SIGCHLD));
    cr_assert_not(sigismember(&w.blocked, SIGSEGV));
    cr_assert_not(sigismember(&w.blocked, SIGBUS));
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    cr_assert_eq(sigismember(&before, SIGINT), sigismember(&after, SIGINT), "the starter keeps its own mask");
}

Test(os, joining_twice_or_nothing_is_harmless)
{
    struct os_thread t, none = {0};
    cr_assert_eq(os_thread_start(&t, "brief", ring, NULL), 0);
    os_thread_join(&t);
    os_thread_join(&t);
    os_thread_join(&none);
}

/* ---- the asymmetric fence ----
 * Store, then load what the other stores: one of the two must see the other. The light
 * side has no fence of its own. Without membarrier(2) there is nothing to test. */

static _Atomic uint32_t light_flag, heavy_flag, turn, light_saw;

static void light_side(void *arg)
{
    for (uint32_t i = 1; i <= *(uint32_t *)arg; i++) {
        while (atomic_load_explicit(&turn, memory_order_acquire) != i)
            os_yield_thread();
        atomic_store_explicit(&light_flag, i, memory_order_relaxed);
        atomic_signal_fence(memory_order_seq_cst);
        uint32_t saw = atomic_load_explicit(&heavy_flag, memory_order_relaxed);
        atomic_store_explicit(&light_saw, i << 1 | (saw == i), memory_order_release);
    }
}

Test(os, the_fence_is_for_both_sides_or_absent)
{
    if (!os_fence_register())
        return;
    uint32_t most = 2000;
    struct os_thread t;
    cr_assert_eq(os_thread_start(&t, "light", light_side, &most), 0);
    for (uint32_t i = 1; i <= most; i++) {
        atomic_store_explicit(&turn, i, memory_order_release);
        atomic_store_explicit(&heavy_flag, i, memory_order_relaxed);
        os_fence_all();
        bool heavy_saw = atomic_load_explicit(&light_flag, memory_order_relaxed) == i;
        while (atomic_load_explicit(&light_saw, memory_order_acquire) >> 1 != i)
            os_yield_thread();
        bool saw = atomic_load_explicit(&light_saw, memory_order_relaxed) & 1;
        cr_assert(heavy_saw || saw, "round %u: neither side saw the other", i);
    }
    os_thread_join(&t);
}

/* ---- traps ---- */

static char *volatile trap_page; /* the handler reads it */
static volatile int traps_taken;

static bool open_the_page(struct os_trap *trap)
{
    if (trap->address != trap_page)
        return false;
    traps_taken++;
    return os_open(trap_page, os_page_size()) == 0;
}

Test(os, a_trap_that_is_dealt_with_goes_on)
{
    trap_page = os_reserve_closed(os_page_size());
    cr_assert_eq(os_traps_install(open_the_page), 0);
    *(volatile char *)trap_page = 5;
    os_traps_restore();
    cr_assert_eq(traps_taken, 1);
    cr_assert_eq(trap_page[0], 5);
}

static volatile int handed_over;

static void previous_owner(int number)
{
    (void)number;
    handed_over++;
    os_open(trap_page, os_page_size());
}

Test(os, a_trap_of_somebody_else_is_handed_over)
{
    struct sigaction action = {.sa_handler = previous_owner};
    sigaction(SIGSEGV, &action, NULL);
    cr_assert_eq(os_traps_install(open_the_page), 0);
    trap_page = os_reserve_closed(os_page_size());
    *(volatile char *)(trap_page + 1) = 1; /* an address that open_the_page() refuses */
    os_traps_restore();
    cr_assert_eq(handed_over, 1);
    cr_assert_eq(traps_taken, 0);
}

Test(os, traps_are_as_before_after_restore)
{
    struct sigaction action = {.sa_handler = previous_owner}, now;
    sigaction(SIGSEGV, &action, NULL);
    cr_assert_eq(os_traps_install(open_the_page), 0);
    os_traps_restore();
    sigaction(SIGSEGV, NULL, &now);
    cr_assert_eq(now.sa_handler, previous_owner);
}
