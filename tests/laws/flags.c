/* Flags, the dictionary, what can be asked, and all the options of spawning. */
#include "support/processes.h"

static void flags(bl_term unused)
{
    (void)unused;
    CLAIM(is_atom(bl_process_flag(atom("trap_exit"), atom("true")), "false"));
    CLAIM(is_atom(bl_process_flag(atom("trap_exit"), atom("false")), "true"));
    CLAIM(bl_is_none(bl_process_flag(atom("trap_exit"), bl_int(1))));
    CLAIM(is_atom(bl_process_flag(atom("priority"), atom("high")), "normal"));
    CLAIM(is_atom(bl_process_flag(atom("priority"), atom("low")), "high"));
    CLAIM(is_atom(info(bl_self(), "priority"), "low"));
    CLAIM(bl_is_none(bl_process_flag(atom("priority"), atom("lowest"))));
    CLAIM(is_atom(bl_process_flag(atom("message_queue_data"), atom("off_heap")), "on_heap"));
    CLAIM(is_atom(info(bl_self(), "message_queue_data"), "off_heap"));
    CLAIM(bl_same(bl_process_flag(atom("fullsweep_after"), bl_int(10)), bl_int(65535)));
    CLAIM(bl_is_none(bl_process_flag(atom("fullsweep_after"), bl_int(65536))));
    CLAIM(bl_is_int(bl_process_flag(atom("min_heap_size"), bl_int(10000))));
    CLAIM(bl_same(info(bl_self(), "min_heap_size"), bl_int(10000)));
    bl_term most = BL_TERM("#{size => 50000, kill => false}");
    CLAIM(bl_same(bl_map_get(bl_process_flag(atom("max_heap_size"), most), atom("size")), bl_int(0)));
    CLAIM(bl_same(bl_map_get(info(bl_self(), "max_heap_size"), atom("size")), bl_int(50000)));
    CLAIM(is_atom(bl_map_get(info(bl_self(), "max_heap_size"), atom("kill")), "false"));
    CLAIM(bl_is_none(bl_process_flag(atom("nonsense"), bl_int(1))));
}

LAW(flags, give_their_old_value)
{
    run(flags);
}

static void dictionary(bl_term unused)
{
    (void)unused;
    CLAIM(is_atom(bl_get(atom("a")), "undefined"));
    CLAIM(is_atom(bl_put(atom("a"), BL_TERM("{1, [2]}")), "undefined"));
    CLAIM(bl_same(bl_put(atom("a"), bl_int(2)), BL_TERM("{1, [2]}")));
    for (int64_t i = 0; i < 1000; i++)
        bl_put(bl_int(i), BL_TUPLE(bl_int(i), atom("value")));
    bl_collect();
    for (int64_t i = 0; i < 20000; i++)
        bl_cons(bl_int(i), bl_nil()); /* garbage: it is collected, and the dictionary stays */
    bl_collect();
    for (int64_t i = 0; i < 1000; i++)
        CLAIM(bl_same(bl_element(bl_get(bl_int(i)), 0), bl_int(i)));
    size_t n;
    CLAIM(bl_length(bl_get_keys(), &n) && n == 1001);
    CLAIM(bl_length(bl_get_all(), &n) && n == 1001);
    CLAIM(bl_same(bl_get_keys_of(bl_int(2)), BL_TERM("[a]")));
    CLAIM(bl_same(bl_erase(atom("a")), bl_int(2)));
    CLAIM(is_atom(bl_erase(atom("a")), "undefined"));
    CLAIM(bl_length(info(bl_self(), "dictionary"), &n) && n == 1000);
}

LAW(flags, the_dictionary_keeps_what_was_put)
{
    run(dictionary);
}

static bl_term resting_with_dictionary(bl_term state, bl_term m)
{
    if (bl_is_int(m)) {
        bl_put(m, BL_TUPLE(m, m));
        for (int i = 0; i < 1000; i++)
            bl_cons(m, bl_nil());
        return bl_int(bl_to_int(state) + 1);
    }
    for (int64_t i = 0; i < 100; i++)
        CLAIM(bl_same(bl_get(bl_int(i)), BL_TUPLE(bl_int(i), bl_int(i))));
    bl_exit(state);
}

LAW(flags, a_resting_process_has_a_dictionary_too)
{
    bl_pid p = spawn_resting(resting_with_dictionary, 0);
    for (int i = 0; i < 100; i++)
        send(p, i);
    bl_send(p, bl_atom("check"));
    bl_term why = end_of(p);
    cr_assert(bl_same(why, bl_int(100)) || is_atom(why, "noproc"));
}

static void asked(bl_term parent)
{
    bl_set_label(BL_TERM("{label, 1}"));
    bl_put(atom("k"), atom("v"));
    bl_send(bl_self(), BL_TERM("{queued, 1}"));
    bl_send(bl_self(), bl_int(2));
    bl_monitor(bl_to_pid(parent));
    bl_trap_exit(true);
    bl_send_to(parent, atom("ready"));
    BL_RECEIVE {
        BL_ON("done") (void)0;
    }
}

static void ask(bl_term unused)
{
    (void)unused;
    bl_spawn_options o = {.link = true, .priority = BL_PRIORITY_MAX, .message_queue_off_heap = true,
                          .min_heap_size = 5000, .fullsweep_after = 7};
    bl_pid p = bl_spawn_opt(asked, bl_from_pid(bl_self()), &o);
    bl_receive();
    await_waiting(p);
    CLAIM(bl_same(info(p, "label"), BL_TERM("{label, 1}")));
    CLAIM(bl_same(info(p, "dictionary"), BL_TERM("[{k, v}]")));
    CLAIM(bl_same(info(p, "messages"), BL_TERM("[{queued, 1}, 2]")));
    CLAIM(bl_same(info(p, "message_queue_len"), bl_int(2)));
    CLAIM(bl_same(info(p, "links"), BL_LIST(bl_from_pid(bl_self()))));
    CLAIM(bl_same(info(p, "monitors"), BL_LIST(BL_TUPLE(atom("process"), bl_from_pid(bl_self())))));
    CLAIM(bl_same(info(bl_self(), "monitored_by"), BL_LIST(bl_from_pid(p))));
    CLAIM(bl_same(info(p, "parent"), bl_from_pid(bl_self())));
    CLAIM(is_atom(info(p, "status"), "waiting"));
    CLAIM(is_atom(info(bl_self(), "status"), "running"));
    CLAIM(is_atom(info(p, "trap_exit"), "true"));
    CLAIM(is_atom(info(p, "priority"), "max"));
    CLAIM(is_atom(info(p, "message_queue_data"), "off_heap"));
    CLAIM(bl_same(info(p, "min_heap_size"), bl_int(5000)));
    CLAIM(bl_same(info(p, "fullsweep_after"), bl_int(7)));
    CLAIM(bl_to_int(info(p, "memory")) > 128);
    CLAIM(bl_to_int(info(p, "total_heap_size")) >= bl_to_int(info(p, "heap_size")));
    CLAIM(!bl_is_none(info(p, "initial_call")) && !bl_is_none(info(p, "current_function")));
    CLAIM(bl_is_cons(info(p, "garbage_collection")));
    CLAIM(bl_is_none(bl_process_info(p, atom("nonsense"))));
    bool found = false;
    for (bl_term all = bl_processes(); bl_is_cons(all); all = bl_tail(all))
        found |= bl_same(bl_head(all), bl_from_pid(p));
    CLAIM(found);
    bl_send(p, atom("done"));
    bl_wait(p, NULL);
    CLAIM(is_atom(bl_process_info(p, atom("links")), "undefined"));
}

LAW(flags, a_process_can_be_asked)
{
    run(ask);
}

static void wait_for_ever(bl_term unused)
{
    (void)unused;
    bl_receive();
}

static bl_term rest_for_ever(bl_term state, bl_term message)
{
    (void)message;
    return state;
}

static void weigh(bl_term unused)
{
    (void)unused;
    bl_pid with_stack = bl_spawn(wait_for_ever, bl_nil()), at_rest = bl_spawn_resting(rest_for_ever, bl_nil());
    await_waiting(with_stack);
    int64_t more = bl_to_int(info(with_stack, "memory")), less = bl_to_int(info(at_rest, "memory"));
    CLAIM(less >= 128);
    CLAIM(more >= less + 128);
    bl_send(with_stack, bl_nil());
}

LAW(flags, memory_is_also_a_place_for_the_stack)
{
    run(weigh);
}

/* ---- several items ---- */

static bl_term value_of(bl_term pairs, int i)
{
    while (i--)
        pairs = bl_tail(pairs);
    return bl_element(bl_head(pairs), 1);
}

static void ask_several(bl_pid p)
{
    bl_term items = BL_TERM("[links, {dictionary, k}, links, registered_name, {dictionary, {none}}, label]");
    bl_term pairs = bl_process_info(p, items);
    for (bl_term rest = pairs; bl_is_cons(items); items = bl_tail(items), rest = bl_tail(rest))
        CLAIM(bl_same(bl_element(bl_head(rest), 0), bl_head(items)));
    CLAIM(bl_is_cons(value_of(pairs, 0)) && bl_same(value_of(pairs, 0), value_of(pairs, 2)));
    CLAIM(is_atom(value_of(pairs, 1), "v") && bl_is_nil(value_of(pairs, 3)));
    CLAIM(is_atom(value_of(pairs, 4), "undefined"));
    CLAIM(bl_same(value_of(pairs, 5), BL_TERM("{label, 1}")));
    CLAIM(bl_same(bl_process_info(p, BL_TERM("{dictionary, k}")), BL_TERM("{{dictionary, k}, v}")));
    CLAIM(bl_is_nil(bl_process_info(p, bl_nil())));
    CLAIM(bl_is_none(bl_process_info(p, BL_TERM("[links, nonsense]"))));
    CLAIM(bl_is_none(bl_process_info(p, BL_TERM("[links | label]"))));
    CLAIM(bl_is_none(bl_process_info(p, BL_TERM("{dictionary}"))));
}

static void several(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn_link(asked, bl_from_pid(bl_self()));
    bl_receive();
    ask_several(p);
    bl_set_label(BL_TERM("{label, 1}"));
    bl_put(atom("k"), atom("v"));
    ask_several(bl_self());
    bl_send(p, atom("done"));
    bl_wait(p, NULL);
    CLAIM(is_atom(bl_process_info(p, BL_TERM("[links, {dictionary, k}]")), "undefined"));
}

LAW(flags, several_items_are_told_in_the_order_asked)
{
    run(several);
}

LAW(flags, a_thread_may_ask_too)
{
    bl_pid p = spawn(sleeper, 0);
    bl_term pairs = bl_process_info(p, BL_TERM("[message_queue_len, trap_exit]"));
    cr_assert(is_atom(value_of(pairs, 1), "false"));
    bl_exit_signal(p, bl_atom("kill"));
    cr_assert(is_atom(bl_process_info(p, BL_TERM("[links]")), "undefined"));
}

static void be_asked_and_killed(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(1000); i++) {
        bl_pid p = bl_spawn_link(sleeper, bl_int(0));
        bl_unlink(p);
        bl_send_after(100000, bl_from_pid(p), atom("late"));
        bl_exit_signal(p, atom("kill"));
        CLAIM(is_atom(bl_process_info(p, atom("links")), "undefined"));
    }
}

LAW(flags, who_is_exiting_cannot_be_asked)
{
    run(be_asked_and_killed);
}

/* ---- reductions: of who is not interrupted, which counts as a time slice ---- */

static int64_t reductions_of(bl_pid p)
{
    return bl_to_int(info(p, "reductions"));
}

static void work_and_wait(bl_term n)
{
    CLAIM(bl_preempt_off() == BL_OK);
    for (;;) {
        bl_receive();
        for (int64_t i = bl_to_int(n); i > 0; i--)
            bl_reduce(100);
    }
}

/* Nobody else charges it: what it has done is what it was charged, and a few for receiving and for being asked. */
static void count_reductions(bl_term unused)
{
    (void)unused;
    CLAIM(bl_preempt_off() == BL_OK);
    int64_t n = rounds(1000), before = reductions_of(bl_self());
    bl_reduce(12345);
    CLAIM(reductions_of(bl_self()) - before >= 12345 && reductions_of(bl_self()) - before < 12355);
    bl_pid p = bl_spawn(work_and_wait, bl_int(n));
    await_waiting(p); /* in its region */
    before = reductions_of(p);
    for (int64_t i = 1, few = 0; i <= 10; i++) {
        send(p, 0);
        few += 10 + 2 * await_waiting(p);
        int64_t done = reductions_of(p) - before;
        CLAIM(done >= i * n * 100 && done <= i * n * 100 + few);
    }
}

LAW(flags, reductions_are_added_up)
{
    run(count_reductions);
}

static bl_term rest_after(bl_term n, bl_term message)
{
    (void)message;
    CLAIM(bl_preempt_off() == BL_OK);
    bl_reduce((unsigned)bl_to_int(n));
    return n; /* in the region: it stays in it */
}

static void count_at_rest(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn_resting(rest_after, bl_int(700));
    send(p, 0);
    await_waiting(p); /* in its region */
    int64_t before = reductions_of(p);
    for (int64_t i = 1, few = 0; i <= 100; i++) {
        send(p, 0);
        few += 10 + 2 * await_waiting(p);
        int64_t done = reductions_of(p) - before;
        CLAIM(done >= i * 700 && done <= i * 700 + few);
    }
}

LAW(flags, reductions_of_a_resting_process_are_added_up)
{
    run(count_at_rest);
}

/* More than 2^32: a process has room for so many, and the rest elsewhere. */
static void count_many(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < 9; i++)
        bl_reduce(1u << 29);
    CLAIM(reductions_of(bl_self()) >= INT64_C(9) << 29 && reductions_of(bl_self()) < (INT64_C(9) << 29) + 1000000);
}

LAW(flags, there_may_be_many_reductions)
{
    run(count_many);
}

static void tell_leader(bl_term to)
{
    bl_send_to(to, bl_from_pid(bl_group_leader()));
    bl_receive();
    bl_send_to(to, bl_from_pid(bl_group_leader()));
}

static void leaders(bl_term unused)
{
    (void)unused;
    bl_pid l = bl_spawn(sleeper, bl_int(0)), other = bl_spawn(sleeper, bl_int(0));
    CLAIM(bl_set_group_leader(l, bl_self()) == BL_OK);
    CLAIM(bl_same_pid(bl_group_leader(), l));
    bl_pid child = bl_spawn(tell_leader, bl_from_pid(bl_self()));
    CLAIM(bl_same(bl_receive(), bl_from_pid(l)));
    CLAIM(bl_set_group_leader(other, child) == BL_OK);
    bl_send(child, bl_int(1));
    CLAIM(bl_same(bl_receive(), bl_from_pid(other)));
}

LAW(flags, groups_are_inherited)
{
    run(leaders);
}

static void nothing(bl_term unused)
{
    (void)unused;
}

static void requests(bl_term unused)
{
    (void)unused;
    bl_trap_exit(true);
    bl_spawn_options o = {.monitor = true, .link = true};
    bl_term none = {0};
    for (int i = 0; i < rounds(500); i++) {
        bl_term r = bl_spawn_request(nothing, bl_int(0), &o, i % 2 ? atom("tag") : none), m = bl_receive();
        CLAIM(is_atom(bl_element(m, 0), i % 2 ? "tag" : "spawn_reply"));
        CLAIM(bl_same(bl_element(m, 1), r) && is_atom(bl_element(m, 2), "ok"));
        bl_term first = bl_receive(), second = bl_receive();
        CLAIM(bl_tuple_size(first) + bl_tuple_size(second) == 8);
    }
}

LAW(flags, a_spawn_request_is_answered_first)
{
    run(requests);
}

static void too_much(bl_term unused)
{
    (void)unused;
    bl_term list = bl_nil();
    for (int i = 0; i < (TEST_HOSTILE_BUILD ? 3000 /* which move at every cell */ : 20000); i++)
        list = bl_cons(bl_int(i), list);
    bl_exit(bl_int((int64_t)bl_is_cons(list)));
}

static void limits(bl_term unused)
{
    (void)unused;
    bl_spawn_options o = {.monitor = true, .max_heap_size = 5000};
    bl_spawn_opt(too_much, bl_int(0), &o);
    CLAIM(is_atom(bl_element(bl_receive(), 4), "killed"));
    o.max_heap_spares = true;
    bl_spawn_opt(too_much, bl_int(0), &o);
    CLAIM(bl_same(bl_element(bl_receive(), 4), bl_int(1)));
}

LAW(flags, a_heap_that_is_too_large_kills_or_not)
{
    run(limits);
}

/* The end of who is over a limit that all have, and of those for whom something else is said. */
static void limits_of_all(bl_term kills)
{
    bl_term flag = BL_TERM("#{size => 5000, kill => true}"), reference;
    bool spares = is_atom(kills, "false");
    bl_spawn_monitor(too_much, bl_int(0), &reference);
    CLAIM(bl_same(bl_element(bl_receive(), 4), spares ? bl_int(1) : atom("killed")));
    bl_spawn_opt(too_much, bl_int(0), &(bl_spawn_options){.monitor = true, .max_heap_spares = true});
    CLAIM(bl_same(bl_element(bl_receive(), 4), bl_int(1)));
    bl_spawn_opt(too_much, bl_int(0), &(bl_spawn_options){.monitor = true, .max_heap_size = 10000000});
    CLAIM(bl_same(bl_element(bl_receive(), 4), bl_int(1)));
    bl_spawn_opt(too_much, bl_int(0), &(bl_spawn_options){.monitor = true, .max_heap_size = 5000});
    CLAIM(is_atom(bl_element(bl_receive(), 4), "killed"));
    CLAIM(is_atom(bl_map_get(bl_process_flag(atom("max_heap_size"), flag), atom("kill")), spares ? "false" : "true"));
}

Test(flags, a_limit_for_all_heaps)
{
    for (int spares = 0; spares < 2; spares++) {
        start_with((bl_options){.schedulers = 2, .max_heap_size = 5000, .max_heap_spares = spares});
        cr_assert(ended_well(bl_spawn(limits_of_all, atom(spares ? "false" : "true"))));
        stop();
    }
    bl_options bad = {.max_heap_size = 1};
    cr_assert_eq(bl_start(&bad), BL_EINVAL);
    bad.max_heap_size = SIZE_MAX;
    cr_assert_eq(bl_start(&bad), BL_EINVAL);
}
