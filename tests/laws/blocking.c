/* bl_blocking(): who waits in a call of the kernel keeps nobody else from running, and nothing that the
 * call needs is gone before it returns. */
#include <unistd.h>

#include "support/idle.h"
#include "support/processes.h"

enum { LIMIT = 4, DEFAULT_LIMIT = 64 };

/* ---- a function that blocks until it is let go ---- */

static int gate[2];
static _Atomic int inside, most_inside, begun, returned;

static void let_go(int n)
{
    for (; n > 0; n--)
        CLAIM(write(gate[1], "x", 1) == 1);
}

static void make_gate(void)
{
    cr_assert_eq(pipe(gate), 0);
}

static intptr_t pass_gate(void *unused)
{
    char c;
    (void)unused;
    int now = atomic_fetch_add(&inside, 1) + 1, most = atomic_load(&most_inside);
    while (now > most && !atomic_compare_exchange_weak(&most_inside, &most, now))
        ;
    atomic_fetch_add(&begun, 1);
    CLAIM(read(gate[0], &c, 1) == 1);
    atomic_fetch_sub(&inside, 1);
    atomic_fetch_add(&returned, 1);
    return 7;
}

static void block(bl_term unused)
{
    bl_blocked result;
    (void)unused;
    CLAIM(bl_blocking(pass_gate, NULL, 0, &result) == BL_OK);
    CLAIM(result.value == 7);
}

static void await_count(_Atomic int *counter, int n)
{
    while (atomic_load(counter) < n)
        if (bl_self().word)
            bl_yield();
        else
            sched_yield();
}

/* ---- what is handed to it, and back ---- */

struct sum {
    int a, b, result;
    char text[100];
};

static intptr_t add(void *arg)
{
    struct sum *sum = arg;
    sum->result = sum->a + sum->b;
    errno = ERANGE;
    return sum->result + 1;
}

static intptr_t double_it(void *arg)
{
    int *n = arg;
    *n *= 2;
    return (intptr_t)n;
}

/* While its stack is elsewhere others have the lane. */
static void add_copies(bl_term n)
{
    struct sum sum = {.a = (int)bl_to_int(n), .b = 1000, .text = "and a text"};
    bl_blocked result = {0};
    errno = 0;
    CLAIM(bl_blocking(add, &sum, sizeof sum, &result) == BL_OK);
    CLAIM(sum.result == bl_to_int(n) + 1000 && result.value == sum.result + 1);
    CLAIM(result.error_number == ERANGE);
    CLAIM(sum.a == bl_to_int(n) && strcmp(sum.text, "and a text") == 0);
    CLAIM(bl_blocking(add, &sum, sizeof sum, NULL) == BL_OK);
}

static void double_in_place(bl_term unused)
{
    bl_blocked result;
    int *n = bl_alloc(sizeof *n), here = 1;
    (void)unused;
    *n = 21;
    CLAIM(bl_blocking(double_it, n, 0, &result) == BL_OK);
    CLAIM(*n == 42 && result.value == (intptr_t)n && result.error_number == 0);
    CLAIM(bl_blocking(double_it, &here, 0, &result) == BL_EINVAL);
    CLAIM(bl_blocking(double_it, &here, sizeof here, &result) == BL_OK);
    CLAIM(here == 2 && result.value != (intptr_t)&here);
    CLAIM(bl_blocking(NULL, n, 0, NULL) == BL_EINVAL);
    CLAIM(bl_blocking(add, NULL, 1, NULL) == BL_EINVAL);
}

LAW(blocking, an_argument_is_copied_and_comes_back)
{
    bl_pid p[200];
    for (int i = 0; i < 200; i++)
        p[i] = spawn(add_copies, i);
    for (int i = 0; i < 200; i++)
        cr_assert(ended_well(p[i]));
}

LAW(blocking, a_pointer_is_handed_on_if_it_leads_to_no_stack)
{
    run(double_in_place);
}

/* A thread may wait, and so it does. */
LAW(blocking, a_thread_calls_it_itself)
{
    bl_blocked result;
    int n = 4;
    cr_assert_eq(bl_blocking(double_it, &n, 0, &result), BL_OK);
    cr_assert(n == 8 && result.value == (intptr_t)&n);
    cr_assert_eq(bl_blocking(double_it, &n, sizeof n, &result), BL_OK);
    cr_assert(n == 16 && result.value == (intptr_t)&n);
}

/* ---- the others run ---- */

static void run_meanwhile(bl_term reader)
{
    await_count(&begun, 1);
    for (int i = 0; i < rounds(1000); i++)
        bl_yield();
    for (int i = 0; i < 10; i++)
        send(bl_to_pid(reader), i);
    CLAIM(bl_is_alive(bl_to_pid(reader)));
    await_waiting(bl_to_pid(reader)); /* each message has woken it for a moment */
    CLAIM(atomic_load(&returned) == 0);
    let_go(1);
}

static void block_and_read(bl_term unused)
{
    block(unused);
    for (int i = 0; i < 10; i++)
        CLAIM(receive() == i);
}

LAW(blocking, others_run_meanwhile_and_messages_wait)
{
    make_gate();
    bl_pid reader = spawn(block_and_read, 0);
    cr_assert(ended_well(bl_spawn(run_meanwhile, bl_from_pid(reader))));
    cr_assert(ended_well(reader));
    cr_assert_eq(atomic_load(&returned), 1);
}

static bl_term block_at_rest(bl_term count, bl_term message)
{
    block(message);
    return bl_to_int(count) == 1 ? (bl_exit(bl_atom("twice")), count) : bl_int(bl_to_int(count) + 1);
}

LAW(blocking, a_resting_process_may_too)
{
    make_gate();
    bl_pid p = spawn_resting(block_at_rest, 0);
    let_go(2);
    send(p, 1);
    send(p, 2);
    bl_term reason = end_of(p);
    cr_assert(is_atom(reason, "twice") || is_atom(reason, "noproc"));
    cr_assert_eq(atomic_load(&returned), 2);
}

LAW(blocking, costs_no_time_while_it_lasts)
{
    make_gate();
    bl_pid p = spawn(block, 0);
    await_count(&begun, 1);
    assert_idle();
    let_go(1);
    cr_assert(ended_well(p));
}

/* ---- many ---- */

static void block_many(int n, int limit)
{
    make_gate();
    bl_pid *p = calloc((size_t)n, sizeof *p);
    for (int i = 0; i < n; i++)
        p[i] = spawn(block, i);
    await_count(&begun, limit);
    let_go(n);
    for (int i = 0; i < n; i++)
        cr_assert(ended_well(p[i]));
    cr_assert_eq(atomic_load(&returned), n);
    cr_assert_eq(atomic_load(&most_inside), limit);
    free(p);
}

LAW(blocking, more_than_there_may_be_threads_all_come)
{
    block_many(DEFAULT_LIMIT + 100, DEFAULT_LIMIT);
}

Test(blocking, the_limit_is_an_option)
{
    start_with((bl_options){.schedulers = 2, .blocking_threads = LIMIT});
    block_many(50, LIMIT);
    stop();
    bl_options too_many = {.blocking_threads = 4097};
    cr_assert_eq(bl_start(&too_many), BL_EINVAL);
}

static void block_again_and_again(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(300); i++)
        add_copies(bl_int(i));
}

LAW(blocking, again_and_again)
{
    bl_pid p[100];
    for (int i = 0; i < 100; i++)
        p[i] = spawn(block_again_and_again, i);
    for (int i = 0; i < 100; i++)
        cr_assert(ended_well(p[i]));
}

/* ---- the kernel refuses threads ---- */

/* New threads are to have a stack larger than there are addresses. 0: as before. */
static void refuse_threads(bool refuse)
{
    static size_t before;
    pthread_attr_t shape;
    cr_assert_eq(pthread_getattr_default_np(&shape), 0);
    if (!before)
        cr_assert_eq(pthread_attr_getstacksize(&shape, &before), 0);
    cr_assert_eq(pthread_attr_setstacksize(&shape, refuse ? (size_t)1 << 62 : before), 0);
    cr_assert_eq(pthread_setattr_default_np(&shape), 0);
}

static void be_refused(bl_term unused)
{
    bl_blocked result = {.value = 5};
    (void)unused;
    CLAIM(bl_blocking(pass_gate, NULL, 0, &result) == BL_ETHREAD);
    CLAIM(result.value == 5 && atomic_load(&begun) == 0);
}

LAW(blocking, without_any_thread_is_an_error)
{
    refuse_threads(true);
    for (int i = 0; i < 3; i++)
        run(be_refused);
    refuse_threads(false);
    make_gate();
    let_go(1);
    run(block);
}

/* Each is refused, or done by a thread that another has got. */
static void add_or_be_refused(bl_term n)
{
    for (int i = 0; i < 20; i++) {
        struct sum sum = {.a = (int)bl_to_int(n), .b = 1};
        bl_error error = bl_blocking(add, &sum, sizeof sum, NULL);
        CLAIM(error == BL_ETHREAD ? sum.result == 0 : error == BL_OK && sum.result == bl_to_int(n) + 1);
    }
}

LAW(blocking, some_may_be_refused_and_nobody_waits_for_ever)
{
    bl_pid p[50];
    for (int i = 0; i < 50; i++) {
        p[i] = spawn(add_or_be_refused, i);
        refuse_threads(i % 3);
    }
    for (int i = 0; i < 50; i++)
        cr_assert(ended_well(p[i]));
    refuse_threads(false);
}

LAW(blocking, the_threads_there_are_do_the_work_of_those_refused)
{
    bl_pid p[20];
    make_gate();
    p[0] = spawn(block, 0);
    await_count(&begun, 1);
    refuse_threads(true);
    for (int i = 1; i < 20; i++)
        p[i] = spawn(block, i);
    for (int i = 1; i < 20; i++)
        while (!is_atom(info(p[i], "status"), "waiting"))
            sched_yield();
    let_go(20);
    for (int i = 0; i < 20; i++)
        cr_assert(ended_well(p[i]));
    refuse_threads(false);
    cr_assert_eq(atomic_load(&returned), 20);
    cr_assert_eq(atomic_load(&most_inside), 1);
}

/* ---- killed meanwhile ---- */

/* Its memory is looked at after its owner has ended. */
static _Atomic(const char *) seen;

static intptr_t pass_gate_then_read(void *arg)
{
    const char *const *text = arg;
    pass_gate(NULL);
    atomic_store(&seen, strcmp(*text, "still here") == 0 ? "yes" : "no");
    return 0;
}

static void block_with_memory(bl_term unused)
{
    char *text = bl_alloc(100);
    (void)unused;
    strcpy(text, "still here");
    bl_blocking(pass_gate_then_read, &text, sizeof text, NULL);
    CLAIM(!"it was killed");
}

static void kill_who_blocks(bl_term unused)
{
    bl_term reference;
    (void)unused;
    bl_trap_exit(true);
    bl_pid p = bl_spawn_opt(block_with_memory, bl_nil(), &(bl_spawn_options){.link = true, .monitor = true, .reference = &reference});
    await_count(&begun, 1);
    CLAIM(bl_exit_signal(p, atom("kill")) == BL_OK);
    CLAIM(!bl_is_alive(p));
    bool exit_heard = false, down_heard = false;
    while (!exit_heard || !down_heard)
        BL_RECEIVE {
            BL_ON("{'EXIT', _, killed}") exit_heard = true;
            BL_ON("{'DOWN', _, process, _, killed}") down_heard = true;
        }
    CLAIM(atomic_load(&returned) == 0); /* which was before it returned */
    let_go(1);
    while (!atomic_load(&seen))
        bl_yield();
    CLAIM(strcmp(atomic_load(&seen), "yes") == 0);
}

LAW(blocking, who_is_killed_ends_at_once_and_its_memory_waits)
{
    make_gate();
    run(kill_who_blocks);
}

static void trap_and_block(bl_term unused)
{
    bl_trap_exit(true);
    block(unused);
    bl_term m = bl_receive();
    CLAIM(is_atom(bl_element(m, 2), "gently"));
}

static void signal_who_blocks(bl_term unused)
{
    (void)unused;
    bl_pid p = spawn(trap_and_block, 0);
    await_count(&begun, 1);
    CLAIM(bl_exit_signal(p, atom("gently")) == BL_OK);
    CLAIM(bl_is_alive(p));
    let_go(1);
    CLAIM(ended_well(p));
}

LAW(blocking, who_traps_exits_goes_on)
{
    make_gate();
    run(signal_who_blocks);
}

static void count(bl_term unused)
{
    (void)unused;
    CLAIM(bl_blocking(pass_gate, NULL, 0, NULL) == BL_OK);
}

/* One thread: the others wait for it, and some of them are killed. */
Test(blocking, who_is_killed_in_the_queue_is_not_called)
{
    enum { N = 20 };
    bl_pid p[N];
    start_with((bl_options){.schedulers = 2, .blocking_threads = 1});
    make_gate();
    for (int i = 0; i < N; i++)
        p[i] = spawn(count, i);
    await_count(&begun, 1);
    for (int i = 0; i < N; i++)
        while (is_atom(bl_element(bl_process_info(p[i], atom("status")), 1), "runnable"))
            sched_yield();
    for (int i = 1; i < N; i += 2)
        cr_assert_eq(bl_exit_signal(p[i], atom("kill")), BL_OK);
    for (int i = 1; i < N; i += 2)
        cr_assert(!bl_is_alive(p[i]));
    let_go(N);
    for (int i = 0; i < N; i += 2)
        cr_assert(ended_well(p[i]));
    stop();
    int made = atomic_load(&returned); /* of those that were killed one may have been the first */
    cr_assert(made == N / 2 || made == N / 2 + 1, "%d of %d", made, N);
}

/* Ends and returns race. */
static void kill_some(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(2000); i++) {
        bl_pid p = spawn(add_copies, i);
        for (int k = i % 7; k > 0; k--)
            bl_yield();
        bl_exit_signal(p, atom("kill"));
    }
}

LAW(blocking, races_with_the_end)
{
    bl_pid p[4];
    for (int i = 0; i < 4; i++)
        p[i] = spawn(kill_some, i);
    for (int i = 0; i < 4; i++)
        cr_assert(ended_well(p[i]));
}

/* ---- the runtime stops ---- */

static void *open_later(void *unused)
{
    block_ms(100);
    let_go(1);
    return unused;
}

LAW(blocking, stopping_waits_for_who_blocks)
{
    pthread_t later;
    make_gate();
    spawn(block, 0);
    await_count(&begun, 1);
    pthread_create(&later, NULL, open_later, NULL);
    stop();
    cr_assert_eq(atomic_load(&returned), 1);
    pthread_join(later, NULL);
    start(schedulers);
    cr_assert(ended_well(spawn(add_copies, 1)));
}

Test(blocking, stopping_forgets_who_waits_for_a_thread)
{
    pthread_t later;
    start_with((bl_options){.schedulers = 2, .blocking_threads = 1});
    make_gate();
    for (int i = 0; i < 20; i++)
        spawn(count, 0);
    await_count(&begun, 1);
    bl_pid p = spawn(count, 0);
    while (is_atom(bl_element(bl_process_info(p, atom("status")), 1), "runnable"))
        sched_yield();
    cr_assert_eq(bl_exit_signal(p, atom("kill")), BL_OK);
    pthread_create(&later, NULL, open_later, NULL);
    stop();
    pthread_join(later, NULL);
    cr_assert_eq(atomic_load(&returned), 1);
}

/* ---- it is a thread that calls ---- */

static bl_pid asker;

static void end_soon(bl_term unused)
{
    (void)unused;
}

static intptr_t behave_as_a_thread(void *unused)
{
    (void)unused;
    CLAIM(bl_self().word == 0);
    CLAIM(bl_is_none(bl_receive()));
    CLAIM(bl_link(asker) == BL_ECONTEXT);
    CLAIM(bl_sleep(1) == BL_ECONTEXT);
    CLAIM(bl_stop() == BL_ECONTEXT);
    CLAIM(bl_start(NULL) == BL_ESTATE);
    CLAIM(ended_well(spawn(end_soon, 0)));
    CLAIM(bl_is_alive(asker));
    await_waiting(asker); /* it may be on its way there */
    int n = 3;
    CLAIM(bl_blocking(double_it, &n, 0, NULL) == BL_OK && n == 6);
    CLAIM(bl_send(asker, BL_TERM("{from, [a, thread]}")) == BL_OK);
    return 0;
}

static void have_it_behave(bl_term unused)
{
    (void)unused;
    asker = bl_self();
    CLAIM(bl_blocking(behave_as_a_thread, NULL, 0, NULL) == BL_OK);
    bl_term m = bl_receive();
    CLAIM(bl_same(m, BL_TERM("{from, [a, thread]}")));
}

LAW(blocking, a_function_is_called_by_a_thread)
{
    run(have_it_behave);
}
