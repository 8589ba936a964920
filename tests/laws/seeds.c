/* With a seed there is one thread, and what happens, when, and in which order comes again; with
 * another seed something else happens that may happen too. See docs/DETERMINISM.md. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/processes.h"
#include "support/random.h"

static void start_seeded(unsigned schedulers, uint64_t seed)
{
    start_with((bl_options){.schedulers = schedulers, .seed = seed, .max_processes = 20000, .lanes = 4});
}

/* ---- a program of everything, and its trace ---- */

enum { WORKERS = 8, STEPS = 60 };

static void be_short(bl_term reason)
{
    bl_exit(reason);
}

static bl_term tell(bl_term state, bl_term message)
{
    if (is_atom(message, "stop"))
        bl_exit(state);
    return message;
}

static void hear(int64_t patience_ms)
{
    int64_t n;
    BL_RECEIVE {
        BL_ON("{tick, %i}", &n)              bl_reduce((unsigned)n);
        BL_ON("{'DOWN', _, process, _, _}")  bl_reduce(1);
        BL_ON("%i", &n)                      bl_reduce((unsigned)n % 7);
        BL_AFTER(patience_ms)                bl_yield();
    }
}

static void be_timed(bl_pid other, struct random *r)
{
    bl_term message = BL_TERM("{tick, %i}", (int64_t)random_below(r, 5));
    bl_term timer = bl_send_after(random_below(r, 4), bl_from_pid(other), message);
    if (random_below(r, 2))
        bl_cancel_timer(timer);
}

static void be_rested(struct random *r)
{
    bl_pid p = bl_spawn_resting(tell, bl_atom("normal"));
    for (unsigned i = random_below(r, 4); i; i--)
        bl_send(p, bl_int(i));
    bl_send(p, bl_atom("stop"));
}

static void step(bl_pid other, struct random *r)
{
    bl_term unused;
    switch (random_below(r, 16)) {
    case 0: bl_link(other); break;
    case 1: bl_unlink(other); break;
    case 2: bl_monitor(other); break;
    case 3: bl_spawn_monitor(be_short, bl_int(random_below(r, 3)), &unused); break;
    case 4: bl_spawn_link(be_short, bl_atom("normal")); break;
    case 5:
    case 6: be_timed(other, r); break;
    case 7: bl_yield(); break;
    case 8: be_rested(r); break;
    case 9: bl_trap_exit(random_below(r, 2)); break;
    case 10: bl_exit_signal(other, bl_atom(random_below(r, 20) ? "normal" : "kill")); break;
    case 11:
    case 12: hear(random_below(r, 5)); break;
    default: bl_send(other, bl_int(random_below(r, 100))); break;
    }
}

static void worker(bl_term index)
{
    struct random r = random_split(7, (uint64_t)bl_to_int(index));
    bl_pid others[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        BL_RECEIVE { BL_ON("{is, %p}", &others[i]) {} }
    for (int i = 0; i < STEPS; i++)
        step(others[random_below(&r, WORKERS)], &r);
}

static void churn(bl_term unused)
{
    (void)unused;
    bl_pid p[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        p[i] = spawn(worker, i);
    for (int i = 0; i < WORKERS; i++)
        for (int j = 0; j < WORKERS; j++)
            BL_SEND(p[i], "{is, %p}", p[j]);
    for (int i = 0; i < WORKERS; i++)
        bl_wait(p[i], NULL);
}

struct text {
    char *bytes;
    size_t size;
};

static struct text read_whole(int fd)
{
    struct text t = {.size = (size_t)lseek(fd, 0, SEEK_END)};
    t.bytes = malloc(t.size + 1);
    cr_assert(t.bytes);
    cr_assert_eq(pread(fd, t.bytes, t.size, 0), (ssize_t)t.size);
    return t;
}

/* Seed 0: that of the environment. */
static void write_trace(const char *path, unsigned schedulers, uint64_t seed)
{
    start_seeded(schedulers, seed);
    bl_trace *t = bl_trace_to_file(path);
    CLAIM(t && bl_trace_new(t, BL_TRACE_ALL, 0) == BL_OK);
    CLAIM(ended_well(bl_spawn(churn, bl_int(0))));
    CLAIM(bl_trace_end(t) == BL_OK);
    CLAIM(bl_stop() == BL_OK);
    _exit(atomic_load(&broken_claim) != NULL);
}

/* All that happens, in an OS process of its own: one never gives the same reference twice. */
static struct text trace_of(unsigned schedulers, uint64_t seed)
{
    char path[] = "/tmp/beamling-seeds-XXXXXX";
    int fd = mkstemp(path), status = -1;
    cr_assert(fd >= 0);
    pid_t child = fork();
    if (!child)
        write_trace(path, schedulers, seed);
    cr_assert(child > 0 && waitpid(child, &status, 0) == child && !status);
    struct text text = read_whole(fd);
    unlink(path);
    close(fd);
    cr_assert_gt(text.size, 10000, "much happens");
    return text;
}

static bool same(struct text a, struct text b)
{
    return a.size == b.size && !memcmp(a.bytes, b.bytes, a.size);
}

enum { OTHERS = 20 };

static void law_same_again(unsigned schedulers)
{
    unsetenv("BEAMLING_SEED");
    struct text first = trace_of(schedulers, 1), again = trace_of(schedulers, 1);
    cr_assert(same(first, again), "the same seed, another trace");
    free(again.bytes);
    int differ = 0;
    for (uint64_t seed = 2; seed < 2 + OTHERS; seed++) {
        struct text other = trace_of(schedulers, seed);
        differ += !same(first, other);
        free(other.bytes);
    }
    cr_assert_geq(differ, OTHERS - 2);
    free(first.bytes);
}

Test(seeds, come_again_byte_for_byte_on_1) { law_same_again(1); }
Test(seeds, come_again_byte_for_byte_on_2) { law_same_again(2); }
Test(seeds, come_again_byte_for_byte_on_4) { law_same_again(4); }

Test(seeds, come_from_the_environment)
{
    unsetenv("BEAMLING_SEED");
    struct text by_option = trace_of(2, 0x10);
    setenv("BEAMLING_SEED", "0x10", 1);
    struct text by_variable = trace_of(2, 0);
    cr_assert(same(by_option, by_variable));
    setenv("BEAMLING_SEED", "17", 1);
    struct text option_first = trace_of(2, 16);
    cr_assert(same(by_option, option_first), "who asks for a seed gets that one");
    free(by_option.bytes);
    free(by_variable.bytes);
    free(option_first.bytes);
}

Test(seeds, are_numbers)
{
    setenv("BEAMLING_SEED", "12x", 1);
    cr_assert_eq(bl_start(NULL), BL_EINVAL);
    setenv("BEAMLING_SEED", "99999999999999999999999999", 1);
    cr_assert_eq(bl_start(NULL), BL_EINVAL);
    setenv("BEAMLING_SEED", "", 1);
    start(1);
    stop();
}

/* ---- one thread, and others' turns ---- */

enum { PLACES = 4 };

static _Atomic(pthread_t) thread_of[PLACES];

static void note_thread(bl_term place)
{
    atomic_store(&thread_of[bl_to_int(place)], pthread_self());
}

Test(seeds, have_one_thread_for_all_schedulers)
{
    start_seeded(PLACES, 3);
    for (unsigned i = 0; i < PLACES; i++)
        cr_assert(ended_well(bl_spawn_on(i + 1, note_thread, bl_int(i))));
    stop();
    for (int i = 0; i < PLACES; i++)
        cr_assert(pthread_equal(thread_of[i], thread_of[0]) && !pthread_equal(thread_of[i], pthread_self()));
}

static char order[4];
static int ordered;

static void sign(bl_term letter)
{
    order[ordered++] = (char)bl_to_int(letter);
}

static void sign_all(bl_term unused)
{
    (void)unused;
    bl_pid p[3];
    for (int i = 0; i < 3; i++)
        p[i] = spawn(sign, "abc"[i]);
    for (int i = 0; i < 3; i++)
        bl_wait(p[i], NULL);
}

/* A bit for each order of three letters that occurs. */
static unsigned orders_seen(unsigned schedulers)
{
    static const char *const all[] = {"abc", "acb", "bac", "bca", "cab", "cba"};
    unsigned seen = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        ordered = 0;
        start_seeded(schedulers, seed);
        run(sign_all);
        stop();
        for (unsigned i = 0; i < 6; i++)
            seen |= !strcmp(order, all[i]) ? 1u << i : 0;
    }
    return seen;
}

Test(seeds, find_every_order_of_three_on_1) { cr_assert_eq(orders_seen(1), 63); }
Test(seeds, find_every_order_of_three_on_2) { cr_assert_eq(orders_seen(2), 63); }

static int balance;

static void add_one(bl_term unused)
{
    int was = balance;
    (void)unused;
    bl_reduce(1); /* nobody would be interrupted here so soon, but may be */
    balance = was + 1;
}

static void add_twice(bl_term unused)
{
    bl_pid p = bl_spawn(add_one, unused), q = bl_spawn(add_one, unused);
    bl_wait(p, NULL);
    bl_wait(q, NULL);
}

Test(seeds, interrupt_at_any_call)
{
    int lost = 0, kept = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        balance = 0;
        start_seeded(1, seed);
        run(add_twice);
        stop();
        lost += balance == 1;
        kept += balance == 2;
    }
    cr_assert(lost > 0 && kept > 0 && lost + kept == 100, "%d lost, %d kept", lost, kept);
}

Test(seeds, steal_and_evict)
{
    uint64_t steals = 0, evictions = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        bl_stats stats;
        start_seeded(4, seed);
        run(churn);
        cr_assert_eq(bl_get_stats(&stats), BL_OK);
        stop();
        steals += stats.steals;
        evictions += stats.evictions;
    }
    cr_assert(steals > 0 && evictions > 0, "%" PRIu64 " steals, %" PRIu64 " evictions", steals, evictions);
}

/* ---- time ---- */

enum { HOUR_MS = 3600 * 1000 };

static void wait_an_hour(bl_term unused)
{
    (void)unused;
    int64_t began = bl_monotonic_ns();
    BL_RECEIVE { BL_AFTER(HOUR_MS) (void)0; }
    CLAIM(bl_monotonic_ns() - began >= HOUR_MS * INT64_C(1000000));
}

Test(seeds, wait_for_nothing)
{
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    start_seeded(2, 5);
    run(wait_an_hour);
    stop();
    clock_gettime(CLOCK_MONOTONIC, &ended);
    cr_assert_lt(ended.tv_sec - began.tv_sec, 1800);
    cr_assert_gt(bl_monotonic_ns() / 1000000000, began.tv_sec - 1, "the clock is the kernel's again");
}

/* It computes, and looks at the clock to know when to end. */
static void burn(bl_term ms)
{
    int64_t until = bl_monotonic_ns() + bl_to_int(ms) * 1000000;
    while (bl_monotonic_ns() < until)
        ;
}

Test(seeds, let_time_pass_for_who_looks)
{
    start_seeded(2, 5);
    cr_assert(ended_well(bl_spawn(burn, bl_int(20))));
    stop();
}

/* ---- threads of the program ---- */

static _Atomic int finished;

static void finish(bl_term unused)
{
    (void)unused;
    bl_yield();
    atomic_store(&finished, 1);
}

Test(seeds, go_on_without_who_waits_elsewhere)
{
    start_seeded(2, 9);
    spawn(finish, 0);
    while (!atomic_load(&finished))
        sched_yield();
    atomic_store(&finished, 0);
    spawn(finish, 0);
    while (!atomic_load(&finished))
        sched_yield();
    stop();
}

static void *wait_for_ever(void *pid)
{
    return bl_wait(*(bl_pid *)pid, NULL) == BL_ESTATE ? pid : NULL;
}

Test(seeds, dismiss_who_waits)
{
    pthread_t thread;
    void *dismissed;
    start_seeded(2, 9);
    bl_pid p = spawn(sleeper, 0);
    cr_assert_eq(pthread_create(&thread, NULL, wait_for_ever, &p), 0);
    await_waiting(p);
    stop();
    pthread_join(thread, &dismissed);
    cr_assert(dismissed == &p, "it had ended, or never been there");
}

/* ---- memory ---- */

Test(seeds, fail_allocations_where_that_can_be)
{
    bl_stats stats;
    bl_error error = bl_start(&(bl_options){.schedulers = 1, .seed = 1, .seed_fail = true});
    (void)bl_get_stats(&stats);
    cr_assert_eq(error, strcmp(stats.allocator, "hostile") ? BL_EINVAL : BL_OK);
    if (!error)
        bl_stop();
    unsetenv("BEAMLING_SEED");
    cr_assert_eq(bl_start(&(bl_options){.seed_fail = true}), BL_EINVAL, "by whom?");
}
