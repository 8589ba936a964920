/* A process's terms are its own, are copied when they are sent, and are forgotten by themselves. */
#include "support/law.h"

/* ---- garbage: both kinds of process, looping for ever over bounded state ----
 * 100 million iterations of either kind stay within 1 MiB: each makes a term of some words,
 * which is garbage after the next. Where everything is slower there are fewer (support/scale).
 * A resting process, for which an iteration is a message and so takes several times as long,
 * makes the garbage of 100 in each of a million. */

enum { BOUND = 1024 * 1024, ITERATIONS = 100 * 1000 * 1000, AT_ONCE = 100, LOOK = 1 << 16 };

static void loop_over_a_cell(bl_term rounds_to_do)
{
    bl_term state = bl_nil();
    for (int64_t i = 0, n = bl_to_int(rounds_to_do); i < n; i++) {
        state = bl_cons(bl_int(i), i % 8 ? state : bl_nil());
        if (i % LOOK == 0)
            CLAIM(bl_get_heap_info().bytes <= BOUND);
    }
    CLAIM(bl_get_heap_info().bytes <= BOUND);
}

LAW(heaps, of_a_loop_stay_small)
{
    cr_assert(ended_well(spawn(loop_over_a_cell, rounds(ITERATIONS))));
}

static void loop_over_a_tuple(bl_term rounds_to_do)
{
    bl_term state = bl_nil();
    for (int64_t i = 0; i < bl_to_int(rounds_to_do); i++) {
        state = BL_TUPLE(bl_int(i), bl_cons(bl_int(i + 1), bl_nil()), state);
        if (i % 8 == 0)
            state = bl_nil();
        if (i % 1024 == 0)
            CLAIM(bl_get_heap_info().bytes <= BOUND);
    }
}

LAW(heaps, of_a_loop_over_nested_terms_stay_small)
{
    cr_assert(ended_well(spawn(loop_over_a_tuple, rounds(ITERATIONS / 10))));
}

static bl_term rebuild(bl_term state, bl_term message)
{
    int64_t n = bl_to_int(bl_element(state, 0)) + 1;
    CLAIM(bl_to_int(bl_element(message, 1)) == n);
    if (n % 1024 == 0)
        CLAIM(bl_get_heap_info().bytes <= BOUND);
    if (is_atom(bl_element(message, 0), "last"))
        bl_exit(state);
    for (int i = 0; i < AT_ONCE; i++)
        state = bl_cons(bl_int(i), bl_nil());
    return BL_TUPLE(bl_int(n), state);
}

static void feed(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn_resting(rebuild, BL_TUPLE(bl_int(0), bl_nil()));
    int n = rounds(ITERATIONS / AT_ONCE);
    for (int i = 1; i < n; i++) {
        CLAIM(bl_send(p, BL_TUPLE(bl_atom("next"), bl_int(i))) == BL_OK);
        if (i % 100 == 0)
            bl_yield(); /* its mailbox is its own business; this is about its heap */
    }
    bl_send(p, BL_TUPLE(bl_atom("last"), bl_int(n)));
    bl_term reason;
    CLAIM(bl_wait(p, &reason) == BL_OK);
    CLAIM(is_atom(reason, "noproc") || bl_to_int(bl_element(reason, 0)) == n - 1);
}

LAW(heaps, of_a_resting_process_stay_small)
{
    cr_assert(ended_well(spawn(feed, 0)));
}

static void drop_messages(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_term message = bl_receive();
        CLAIM(bl_get_heap_info().bytes <= BOUND);
        if (is_atom(bl_element(message, 0), "last"))
            return;
    }
}

static void send_many(bl_term to)
{
    for (int i = 0; i < rounds(1000000); i++) {
        bl_send(bl_to_pid(to), BL_TUPLE(bl_atom("next"), bl_int(i)));
        if (i % 100 == 0)
            bl_yield();
    }
    bl_send(bl_to_pid(to), BL_TUPLE(bl_atom("last"), bl_nil()));
}

LAW(heaps, of_who_only_receives_stay_small)
{
    bl_pid p = spawn(drop_messages, 0);
    cr_assert(ended_well(bl_spawn(send_many, bl_from_pid(p))));
    cr_assert(ended_well(p));
}

/* ---- what is reachable stays ---- */

static bl_term list_to(int64_t n)
{
    bl_term list = bl_nil();
    while (n > 0)
        list = bl_cons(bl_int(n--), list);
    return list;
}

static int64_t sum_of(bl_term list)
{
    int64_t sum = 0;
    for (; bl_is_cons(list); list = bl_tail(list))
        sum += bl_to_int(bl_head(list));
    CLAIM(bl_is_nil(list));
    return sum;
}

/* ---- literals belong to nobody ---- */

static bl_term table; /* a literal, which may be kept anywhere */

static void look_at_table(bl_term given)
{
    bl_term mine = given;
    CLAIM(given.word == table.word);
    for (int i = 0; i < 100; i++) {
        bl_term message = bl_receive();
        CLAIM(bl_element(message, 1).word == table.word);
        CLAIM(sum_of(bl_element(message, 1)) == 5050);
        mine = BL_TUPLE(table, mine);
        list_to(100); /* garbage */
    }
    bl_collect();
    CLAIM(bl_receive().word == table.word);
    CLAIM(bl_element(mine, 0).word == table.word);
    bl_exit(table);
}

static void share_table(bl_term unused)
{
    (void)unused;
    table = bl_literal(list_to(100));
    CLAIM(sum_of(table) == 5050);
    CLAIM(bl_literal(table).word == table.word);
    CLAIM(bl_literal(bl_int(1)).word == bl_int(1).word);
    CLAIM(bl_is_none(bl_literal((bl_term){0})));
    bl_pid p = bl_spawn(look_at_table, table);
    for (int i = 0; i < 100; i++)
        CLAIM(bl_send(p, BL_TUPLE(bl_int(i), table)) == BL_OK);
    CLAIM(bl_send(p, table) == BL_OK);
    bl_term reason;
    CLAIM(bl_wait(p, &reason) == BL_OK);
    CLAIM(reason.word == table.word || is_atom(reason, "noproc"));
}

static bl_term rest_with_table(bl_term state, bl_term message)
{
    CLAIM(state.word == table.word);
    if (bl_is_int(message))
        bl_exit(bl_nil());
    return message; /* it becomes the state */
}

LAW(heaps, of_all_processes_leave_literals_where_they_are)
{
    cr_assert(ended_well(spawn(share_table, 0)));
    bl_pid p = bl_spawn_resting(rest_with_table, table);
    for (int i = 0; i < 100; i++)
        CLAIM(bl_send(p, table) == BL_OK);
    send(p, 1);
    end_of(p);
    bl_term copy = bl_head(table);
    CLAIM(bl_to_int(copy) == 1);
    CLAIM(sum_of(table) == 5050);
}

static void hibernate_with_table(bl_term kept)
{
    CLAIM(kept.word == table.word);
    CLAIM(bl_receive().word == table.word);
}

static void go_to_sleep(bl_term unused)
{
    (void)unused;
    list_to(100);
    bl_hibernate(hibernate_with_table, table);
}

LAW(heaps, of_who_hibernates_with_a_literal_are_empty)
{
    table = bl_literal(list_to(100));
    bl_pid p = spawn(go_to_sleep, 0);
    CLAIM(bl_send(p, table) == BL_OK);
    cr_assert(ended_well(p));
}

/* ---- deep stacks ---- */

static __attribute__((noinline)) void deeper(int depth, bl_term mine)
{
    bl_term list = bl_cons(bl_int(depth), mine);
    if (depth > 0) {
        deeper(depth - 1, list);
        list_to(50); /* garbage */
        bl_yield();
    }
    int64_t i = depth;
    for (; bl_is_cons(list); list = bl_tail(list))
        CLAIM(bl_to_int(bl_head(list)) == i++);
}

static void keep_on_the_stack(bl_term arg)
{
    CLAIM(sum_of(arg) == 5050);
    for (int i = 0; i < rounds(100) + 2; i++)
        deeper(SLOWDOWN > 100 ? 30 : 200, bl_nil()); /* a collection looks at all frames */
    bl_term many[100];
    for (int i = 0; i < 100; i++)
        many[i] = list_to(i);
    for (int round = TEST_HOSTILE_BUILD ? 3 : 20; round > 0; round--) {
        bl_collect();
        list_to(100);
        for (int i = 0; i < 100; i++)
            CLAIM(sum_of(many[i]) == (int64_t)i * (i + 1) / 2);
    }
}

LAW(heaps, keep_what_the_stack_holds)
{
    enum { MANY = TEST_HOSTILE_BUILD ? 6 : 20 };
    bl_pid p[MANY];
    for (int i = 0; i < MANY; i++)
        p[i] = bl_spawn(keep_on_the_stack, list_to(100));
    for (int i = 0; i < MANY; i++)
        cr_assert(ended_well(p[i]));
    bl_forget();
    cr_assert_eq(bl_get_heap_info().bytes, 0);
}

/* ---- copies ---- */

static bl_term everything(void)
{
    static const char text[1000] = "large";
    bl_term captured[] = {bl_int(7), bl_nil()};
    bl_term t = BL_TUPLE(bl_int(-1), bl_integer(INT64_MAX), bl_float(1.5), bl_atom("atom"), bl_from_pid(bl_self()),
                         bl_make_reference(), bl_binary("small", 5), bl_binary(text, sizeof text), list_to(10),
                         bl_cons(bl_int(1), bl_int(2)), bl_function_of(NULL, captured, 2), bl_tuple(NULL, 0));
    CLAIM(bl_is_none(t)); /* no function: one part is "no term", so is the whole */
    return BL_TUPLE(bl_int(-1), bl_integer(INT64_MAX), bl_float(1.5), bl_atom("atom"), bl_from_pid(bl_self()),
                    bl_make_reference(), bl_binary("small", 5), bl_binary(text, sizeof text), list_to(10),
                    bl_cons(bl_int(1), bl_int(2)), bl_tuple(NULL, 0),
                    bl_binary_part(bl_binary(text, sizeof text), 100, 500));
}

static void echo(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_term message = bl_receive();
        if (bl_is_atom(message))
            bl_exit(everything());
        bl_send(bl_to_pid(bl_element(message, 0)), bl_element(message, 1));
    }
}

static void compare_echoes(bl_term arg)
{
    bl_pid to = bl_to_pid(bl_element(arg, 0));
    for (int i = 0; i < rounds(20000); i++) {
        bl_term sent = everything();
        CLAIM(bl_tuple_size(sent) == 12);
        bl_send(to, BL_TUPLE(bl_from_pid(bl_self()), sent));
        bl_term got = bl_receive();
        CLAIM(got.word != sent.word && bl_same(got, sent));
        CLAIM(bl_bytes(bl_element(got, 7), NULL) == bl_bytes(bl_element(sent, 7), NULL)); /* shared */
        CLAIM(bl_bytes(bl_element(got, 6), NULL) != bl_bytes(bl_element(sent, 6), NULL));
        int64_t n;
        CLAIM(bl_get_integer(bl_element(got, 1), &n) && n == INT64_MAX);
    }
}

LAW(heaps, a_message_is_a_copy)
{
    bl_pid p = spawn(echo, 0);
    bl_pid q[4];
    for (int i = 0; i < 4; i++)
        q[i] = bl_spawn(compare_echoes, BL_TUPLE(bl_from_pid(p), bl_int(i)));
    for (int i = 0; i < 4; i++)
        cr_assert(ended_well(q[i]));
    bl_send(p, bl_atom("go"));
    bl_term reason = end_of(p);
    cr_assert(is_atom(reason, "noproc") || bl_tuple_size(reason) == 12);
}

static void exit_with(bl_term unused)
{
    (void)unused;
    bl_receive();
    bl_exit(BL_TUPLE(bl_atom("error"), list_to(100)));
}

LAW(heaps, a_reason_is_a_copy)
{
    for (int i = 0; i < 100; i++) {
        bl_term reason = last_words(spawn(exit_with, 0));
        (void)reason; /* it was on the heap of the asker, which is gone */
    }
    bl_pid p = spawn(exit_with, 0);
    send(p, 1);
    bl_term reason = end_of(p);
    cr_assert(is_atom(reason, "noproc") || sum_of(bl_element(reason, 1)) == 5050);
    bl_forget();
}

static void wait_for_ever(bl_term mine)
{
    bl_receive();
    bl_wait(bl_spawn(wait_for_ever, mine), NULL);
}

/* Whatever is in mailboxes and heaps at the end is given back: ASan looks. */
LAW(heaps, are_given_back_at_the_end)
{
    for (int i = 0; i < 100; i++) {
        bl_pid p = bl_spawn(wait_for_ever, list_to(i));
        for (int n = 0; n < i; n++)
            bl_send(p, BL_TUPLE(bl_binary(NULL, 100), bl_int(n)));
    }
}

/* ---- memory that is no term ---- */

static _Atomic int destroyed;

static void destroy(void *object)
{
    CLAIM(*(int *)object == 42);
    *(int *)object = 0;
    atomic_fetch_add(&destroyed, 1);
}

static void other_destructor(void *object)
{
    (void)object;
}

static void hold_a_resource(bl_term t)
{
    int *object = bl_resource_object(t, destroy);
    CLAIM(object && *object == 42);
    CLAIM(!bl_resource_object(t, other_destructor) && !bl_resource_object(bl_int(1), destroy));
    bl_receive();
    CLAIM(bl_resource_object(t, destroy) == object && *object == 42);
    void *mine = bl_alloc(1000);
    memset(mine, 1, 1000);
    bl_free(bl_alloc(10)); /* the other goes with us */
}

static void make_resources(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++) {
        bl_term t = bl_resource(sizeof(int), destroy);
        *(int *)bl_resource_object(t, destroy) = 42;
        bl_pid p[3];
        for (int k = 0; k < 3; k++)
            p[k] = bl_spawn(hold_a_resource, t);
        for (int k = 0; k < 3; k++)
            send(p[k], 1);
    }
}

LAW(heaps, a_resource_is_destroyed_once_when_nobody_holds_it)
{
    int n = rounds(2000) + 5;
    cr_assert(ended_well(spawn(make_resources, n)));
    bl_stats s;
    do
        bl_get_stats(&s);
    while (s.ended < s.spawned);
    cr_assert_eq(atomic_load(&destroyed), n);
}

/* The binary is in no variable any more when bl_binary() begins, only its bytes are. */
static void copy_from_bytes(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(20000) + 100; i++) {
        size_t n;
        const unsigned char *bytes = bl_bytes(bl_binary_part(bl_binary(NULL, 5000), 10, 4000), &n);
        bl_term copy = bl_binary(bytes, n);
        bl_collect();
        CLAIM(bl_same(bl_binary(bytes + 1000, 1000), bl_binary_part(copy, 1000, 1000)));
    }
}

LAW(heaps, bytes_stay_while_somebody_holds_their_address)
{
    cr_assert(ended_well(spawn(copy_from_bytes, 0)));
}

/* ---- limits ---- */

static void hoard(bl_term unused)
{
    (void)unused;
    bl_receive();
    bl_term all = bl_nil();
    for (int64_t i = 0; i < 1000000; i++)
        all = bl_cons(bl_int(i), all);
    CLAIM(!"it was to be killed");
}

static void waste(bl_term unused)
{
    (void)unused;
    bl_receive();
    for (int i = 0; i < rounds(1000000); i++)
        list_to(10);
}

LAW(heaps, who_holds_more_than_the_limit_is_killed)
{
    bl_spawn_options limit = {.max_heap_size = 20000};
    cr_assert(is_atom(last_words(bl_spawn_opt(hoard, bl_int(0), &limit)), "killed"));
    cr_assert(is_atom(last_words(bl_spawn_opt(waste, bl_int(0), &limit)), "normal"), "garbage does not count");
}

/* Most of what it may have is live, and it must not collect at every call for that. */
static void live_near_the_limit(bl_term unused)
{
    (void)unused;
    bl_receive();
    bl_term all = list_to(9000);
    for (int i = 0; i < 10000; i++)
        bl_cons(bl_int(i), bl_nil());
    CLAIM(sum_of(all) == 9000 * 9001 / 2);
    CLAIM(TEST_HOSTILE_BUILD || bl_get_heap_info().collections < 1000);
}

LAW(heaps, near_the_limit_is_not_over_it)
{
    bl_spawn_options limit = {.max_heap_size = 20000};
    cr_assert(is_atom(last_words(bl_spawn_opt(live_near_the_limit, bl_int(0), &limit)), "normal"));
}

static void count_collections(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < 100; i++)
        list_to(100);
    CLAIM(TEST_HOSTILE_BUILD || bl_get_heap_info().collections == 0);
}

LAW(heaps, nothing_is_collected_below_the_least_size)
{
    cr_assert(ended_well(bl_spawn_opt(count_collections, bl_int(0), &(bl_spawn_options){.min_heap_size = 100000})));
}

/* ---- hibernation ---- */

static void wake_up(bl_term kept)
{
    CLAIM(sum_of(kept) == 500500);
    bl_heap_info info = bl_get_heap_info();
    CLAIM(info.words == 2000);
    bl_exit(bl_receive());
}

static void hibernate(bl_term unused)
{
    (void)unused;
    list_to(5000);
    bl_hibernate(wake_up, list_to(1000));
}

LAW(heaps, hibernation_keeps_one_term_and_no_stack)
{
    for (int i = 0; i < 20; i++)
        cr_assert(bl_same(last_words(spawn(hibernate, 0)), bl_atom("go")));
    bl_pid p = spawn(hibernate, 0);
    for (int i = 0; i < 3; i++)
        send(p, i); /* early or late: it wakes all the same */
    bl_term reason = end_of(p);
    cr_assert(bl_same(reason, bl_int(0)) || is_atom(reason, "noproc"));
}

/* ---- large collections ---- */

/* 1: it is collecting, and 2: once more, ...; 0: it is not. */
static _Atomic int64_t collecting;
static _Atomic bool enough;

/* Where the frames of the caller are: two processes are near each other if they share a lane. */
static __attribute__((noinline)) int64_t where(void)
{
    return (int64_t)(uintptr_t)__builtin_frame_address(0);
}

static void collect_again_and_again(bl_term asker)
{
    send(bl_to_pid(asker), where());
    if (!is_atom(bl_receive(), "go"))
        return;
    bl_term all = list_to(200000);
    for (int64_t i = 1; !atomic_load(&enough); i++) {
        atomic_store(&collecting, i);
        bl_collect();
        atomic_store(&collecting, 0);
        CLAIM(bl_get_heap_info().words >= 400000);
        bl_yield();
    }
    CLAIM(sum_of(all) == INT64_C(200000) * 200001 / 2);
}

static void say_where_for_ever(bl_term unused)
{
    (void)unused;
    for (bl_term from; bl_is_pid(from = bl_receive());)
        send(bl_to_pid(from), where());
}

static int64_t ask(bl_pid mate)
{
    bl_send(mate, bl_from_pid(bl_self()));
    return receive();
}

/* Two that have their frames in one lane. Each scheduler has one; but either of the two may be
 * taken over by the other scheduler before it begins: then there is another try. */
static void make_lane_mates(bl_pid *mate, bl_pid *collector)
{
    for (;;) {
        *mate = spawn(say_where_for_ever, 0);
        *collector = bl_spawn(collect_again_and_again, bl_from_pid(bl_self()));
        if (llabs(receive() - ask(*mate)) < 4096)
            return;
        bl_send(*mate, bl_atom("stop"));
        bl_send(*collector, bl_atom("stop"));
    }
}

/* Asks until an answer has come during one collection of the other. */
static void ask_meanwhile(bl_term unused)
{
    (void)unused;
    bl_pid mate, collector;
    make_lane_mates(&mate, &collector);
    bl_send(collector, bl_atom("go"));
    for (int64_t before = 0, after = -1; !before || before != after;) {
        before = atomic_load(&collecting);
        ask(mate);
        after = atomic_load(&collecting);
    }
    atomic_store(&enough, true);
    bl_send(mate, bl_atom("stop"));
    CLAIM(ended_well(collector));
}

Test(heaps, who_shares_a_lane_with_a_large_collection_runs_meanwhile)
{
    if (TEST_HOSTILE_BUILD)
        return; /* it collects all the time */
    start_with((bl_options){.schedulers = 2, .lanes = 1});
    cr_assert(ended_well(spawn(ask_meanwhile, 0)));
    stop();
}

enum { LARGE = TEST_HOSTILE_BUILD ? 20000 /* which move at every cell; large from 16,384 on */ : 100000 };

/* The stack is scanned where it was saved: a term that only a local variable holds stays. */
static void hold_on_to_many(bl_term unused)
{
    (void)unused;
    bl_term held[50], large = list_to(LARGE);
    for (int i = 0; i < 50; i++)
        held[i] = BL_TERM("{%i, [%i]}", (int64_t)i, (int64_t)i * i);
    for (int round = 0; round < 3; round++) {
        bl_collect();
        for (int64_t i = 0; i < 50; i++)
            CLAIM(BL_MATCH(held[i], "{%=i, [%=i]}", i, i * i));
    }
    CLAIM(sum_of(large) == (int64_t)LARGE * (LARGE + 1) / 2);
}

LAW(heaps, a_large_collection_keeps_what_the_stack_holds)
{
    cr_assert(ended_well(spawn(hold_on_to_many, 0)));
}

static bl_term grow_and_answer(bl_term state, bl_term message)
{
    bl_term grown = state;
    for (int64_t i = 0; i < 100000; i++)
        grown = bl_cons(bl_int(i), grown);
    size_t n = 0;
    bl_length(grown, &n);
    send(bl_to_pid(message), (int64_t)n);
    return n >= 300000 ? bl_nil() : grown;
}

static void ask_for_growth(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn_resting(grow_and_answer, bl_nil());
    for (int round = 0; round < 9; round++) {
        bl_send(p, bl_from_pid(bl_self()));
        CLAIM(receive() == 100000 * (round % 3 + 1));
    }
}

LAW(heaps, a_resting_process_collects_much_between_messages)
{
    if (TEST_HOSTILE_BUILD)
        return; /* at every cell */
    cr_assert(ended_well(spawn(ask_for_growth, 0)));
}

/* Who may not have so much ends, wherever it was collected. */
static void have_far_too_much(bl_term unused)
{
    (void)unused;
    bl_receive();
    bl_term all = list_to(60000);
    CLAIM(sum_of(all) == 0); /* never reached */
}

LAW(heaps, a_large_heap_over_its_limit_ends_its_process)
{
    bl_spawn_options limit = {.max_heap_size = 40000};
    cr_assert(is_atom(last_words(bl_spawn_opt(have_far_too_much, bl_int(0), &limit)), "killed"));
}
