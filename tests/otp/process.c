/* process.c - cases of process_SUITE. */
#include <limits.h>

#include "otp/words.h"

/* ---- exits ---- */

static void exit_kb_128(bl_term unused)
{
    (void)unused;
    bl_exit(kb_128());
}

CASE(process, t_exit_1)
{
    bl_trap_exit(true);
    for (int i = 0; i < 10; i++)
        claim_exit(bl_spawn_link(exit_kb_128, bl_int(0)), kb_128());
}

CASE(process, t_exit_2_other)
{
    bl_trap_exit(true);
    for (int i = 0; i < 10; i++) {
        bl_pid p = bl_spawn_link(idler, bl_int(0));
        CLAIM(bl_exit_signal(p, kb_128()) == BL_OK);
        claim_exit(p, kb_128());
    }
}

static bl_term signal_oneself(bl_term reason)
{
    bl_exit_signal(bl_self(), reason);
    return atom("survived");
}

static void end_oneself(bl_term reason)
{
    bl_exit(signal_oneself(reason));
}

CASE(process, normal_suicide_exit)
{
    bl_trap_exit(true);
    claim_exit(bl_spawn_link(end_oneself, atom("normal")), atom("normal"));
}

static void catch_own_signal(bl_term reason)
{
    bl_catch(signal_oneself, reason, NULL);
}

CASE(process, t_exit_2_catch)
{
    bl_trap_exit(true);
    claim_exit(bl_spawn_link(catch_own_signal, atom("die")), atom("die"));
}

static void wait_twice(bl_term milliseconds)
{
    int64_t ms = bl_to_int(milliseconds), received = 0;
    BL_RECEIVE {
        BL_AFTER(ms) (void)0;
    }
    BL_RECEIVE {
        BL_ON("_") received++;
        BL_AFTER(ms / 2) (void)0;
    }
    CLAIM(!received);
}

/* Its signal is sent before the time of the other is over, who does not run until it is. */
static void signal_and_keep_the_cpu(bl_term about)
{
    int64_t ms, until;
    bl_pid to;
    MUST_MATCH(about, "{%p, %i}", &to, &ms);
    bl_process_flag(atom("priority"), atom("high"));
    bl_sleep((uint64_t)ms / 2);
    CLAIM(bl_exit_signal(to, BL_TERM("{you, are, dead}")) == BL_OK);
    until = bl_monotonic_ns() + 2 * ms * 1000000;
    while (bl_monotonic_ns() < until)
        ;
}

CASE(process, exit_and_timeout)
{
    bl_term ms = bl_int(milliseconds(2500, 100)), reason;
    bl_pid low, high;
    bl_trap_exit(true);
    low = bl_spawn_link(wait_twice, ms);
    high = bl_spawn_link(signal_and_keep_the_cpu, BL_TUPLE(bl_from_pid(low), ms));
    for (int i = 0; i < 2; i++)
        BL_RECEIVE {
            BL_ON("{'EXIT', %=p, %t}", low, &reason) CLAIM(bl_same(reason, BL_TERM("{you, are, dead}")));
            BL_ON("{'EXIT', %=p, normal}", high) (void)0;
        }
}

static void signal_twice(bl_term to)
{
    bl_process_flag(atom("priority"), atom("high"));
    bl_exit_signal(bl_to_pid(to), atom("first"));
    bl_exit_signal(bl_to_pid(to), atom("second"));
}

CASE(process, exit_twice)
{
    bl_pid low, high;
    bl_trap_exit(true);
    low = bl_spawn_link(looper, bl_int(0));
    high = bl_spawn_link(signal_twice, bl_from_pid(low));
    for (int i = 0; i < 2; i++) {
        bl_term reason;
        BL_RECEIVE {
            BL_ON("{'EXIT', %=p, %t}", low, &reason) CLAIM(is_atom(reason, "first"));
            BL_ON("{'EXIT', %=p, normal}", high) (void)0;
        }
    }
    claim_nothing();
}

/* Theirs calls abs(), and its argument is in the stack of the reason. Here it is in the reason. */
static void bad_argument(bl_term unused)
{
    (void)unused;
    bl_error_exit(BL_TUPLE(atom("badarg"), kb_128()));
}

CASE(process, trap_exit_badarg)
{
    bl_trap_exit(true);
    for (int i = 0; i < 10; i++)
        claim_exit(bl_spawn_link(bad_argument, bl_int(0)), BL_TUPLE(BL_TUPLE(atom("badarg"), kb_128()), bl_nil()));
}

/* The process begins in the library itself. */
CASE(process, trap_exit_badarg_in_bif)
{
    bl_trap_exit(true);
    for (int i = 0; i < 10; i++)
        claim_exit(bl_spawn_link(bl_error_exit, atom("badarg")), BL_TERM("{badarg, []}"));
}

/* Theirs has a table of its own too; and 5 who look at that. Here they look who has the name. */
static void die_with_timers(bl_term parent)
{
    CLAIM(bl_register(atom("otp_6237"), bl_self()) == BL_OK);
    for (int i = 0; i < 1000; i++)
        CLAIM(bl_is_reference(bl_send_after(1000000, self(), BL_TERM("{a, b, c}"))));
    CLAIM(bl_send_to(parent, atom("inited")) == BL_OK);
    BL_RECEIVE {
        BL_ON("die") (void)0;
    }
}

static void look_for_name(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_whereis(atom("otp_6237"));
        bl_send_to(atom("otp_6237"), atom("not matched"));
        bl_reduce(1);
    }
}

CASE(process, otp_6237)
{
    bl_pid p, lookers[5];
    for (int i = 0; i < 5; i++)
        lookers[i] = bl_spawn_link(look_for_name, bl_int(0));
    for (int64_t i = full(100, 100); i > 0; i--) {
        p = bl_spawn_link(die_with_timers, self());
        BL_RECEIVE {
            BL_ON("inited") (void)0;
        }
        CLAIM(bl_send(p, atom("die")) == BL_OK);
        while (bl_pid_error(bl_whereis(atom("otp_6237"))) == BL_OK)
            bl_yield();
        CLAIM(bl_register(atom("otp_6237"), bl_self()) == BL_OK);
        CLAIM(bl_unregister(atom("otp_6237")) == BL_OK);
        receive_all();
    }
    for (int i = 0; i < 5; i++)
        put_away(lookers[i]);
}

/* ---- spawning ---- */

static atomic_int destroyed;

static void count_destroyed(void *object)
{
    (void)object;
    atomic_fetch_add(&destroyed, 1);
}

static void nothing(bl_term unused)
{
    (void)unused;
}

static void spawn_with_binary(bl_term n)
{
    for (int64_t i = bl_to_int(n); i > 0; i--) {
        bl_term reference, arg = BL_TUPLE(bl_binary(NULL, 2 << 20), bl_resource(1, count_destroyed));
        bl_pid p = bl_spawn_monitor(nothing, arg, &reference);
        claim_down(reference, bl_from_pid(p), atom("normal"));
    }
}

/* A resource in the same tuple is counted as the binary is. */
CASE(process, spawn_with_binaries)
{
    int n = (int)full(150, 150);
    bl_term reference;
    destroyed = 0;
    bl_spawn_monitor(spawn_with_binary, bl_int(n), &reference);
    CLAIM(is_atom(claim_fired(reference), "normal"));
    while (destroyed < n)
        bl_yield();
    CLAIM(destroyed == n);
}

static void exit_on_go(bl_term reason)
{
    BL_RECEIVE {
        BL_ON("go") bl_exit(reason);
    }
}

/* Here a process has one argument: the list of all of theirs. */
CASE(process, spawn_huge_arglist)
{
    bl_term arguments = numbers(1, 246), reference, none = no_term();
    int long_list = (int)full(1000000, 200000);
    bl_term head[] = {BL_TERM("#{a => 1, b => 2, c => 3, d => 4, e => 5}"), times(3 * long_list, bl_int('x')),
                      bl_binary(NULL, 1 << 20), BL_TERM("{hej, hopp}"), bl_nil(), bl_processes(),
                      bl_binary(NULL, 1 << 20), times(long_list, bl_int('a')), bl_make_reference()};
    for (int i = 0; i < 9; i++)
        arguments = bl_cons(head[i], arguments);
    for (int how = 0; how < 5; how++) {
        bl_spawn_options o = {.monitor = true, .reference = &reference};
        bl_pid p = {0};
        bl_trap_exit(how == 3);
        switch (how) {
        case 0: reference = bl_spawn_request(exit_on_go, arguments, &o, none); break;
        case 1: p = bl_spawn_monitor(exit_on_go, arguments, &reference); break;
        case 2: p = bl_spawn_opt(exit_on_go, arguments, &o); break;
        case 3: p = bl_spawn_link(exit_on_go, arguments); break;
        default: p = bl_spawn(exit_on_go, arguments); reference = bl_monitor(p);
        }
        if (how == 0)
            MUST_MATCH(bl_receive(), "{spawn_reply, %=r, ok, %p}", reference, &p);
        CLAIM(bl_send(p, atom("go")) == BL_OK);
        if (how == 3)
            claim_exit(p, arguments);
        else
            claim_down(reference, bl_from_pid(p), arguments);
    }
}

/* Requested with this tag, it answers, and ends with the reason that is its argument. */
static void claim_requested(bl_function *function, bl_term arg, bl_term tag, bl_term reason)
{
    bl_spawn_options o = {.monitor = true, .link = true};
    bl_term reference = bl_spawn_request(function, arg, &o, tag);
    bl_pid p;
    MUST_MATCH(bl_receive(), "{%=t, %=r, ok, %p}", bl_is_none(tag) ? atom("spawn_reply") : tag, reference, &p);
    BL_RECEIVE {
        BL_ON("{'DOWN', %=r, process, %=p, %=t}", reference, p, reason) (void)0;
    }
    BL_RECEIVE {
        BL_ON("{'EXIT', %=p, %=t}", p, reason) (void)0;
    }
    claim_nothing();
}

static void send_reference(bl_term about)
{
    bl_send_to(bl_element(about, 0), bl_element(about, 1));
}

CASE(process, spawn_request_bif)
{
    bl_term tag = BL_TERM("{test, 1}"), reason = BL_TERM("{exit, {test, 1}}"), none = no_term(), reference, r;
    bl_spawn_options bad = {.monitor = true, .scheduler = 9999};
    bl_trap_exit(true);
    claim_requested(exit_with, reason, tag, reason);
    claim_requested(exit_with, reason, none, reason);
    claim_requested(bl_exit, reason, tag, reason);
    claim_requested(bl_exit, reason, none, reason);
    reference = bl_make_reference();
    r = bl_spawn_request(send_reference, BL_TUPLE(self(), reference), NULL, none);
    CLAIM(BL_MATCH(bl_receive(), "{spawn_reply, %=r, ok, %*p}", r));
    claim_next(reference);
    r = bl_spawn_request(exit_with, reason, &bad, tag);
    claim_next(BL_TUPLE(tag, r, atom("error"), atom("badopt")));
    r = bl_spawn_request(exit_with, reason, &bad, none);
    claim_next(BL_TUPLE(atom("spawn_reply"), r, atom("error"), atom("badopt")));
    CLAIM(bl_is_none(bl_spawn_request(NULL, reason, NULL, tag)));
    claim_nothing();
}

/* Requested with this option, a child is spawned, and a bad one is not; each is answered or not. */
static void claim_replies(bl_spawn_reply reply, bool of_child, bool of_error)
{
    bl_spawn_options good = {.monitor = true, .reply = reply}, bad = good;
    bl_term tag = BL_TERM("{my, tag}"), reference = bl_spawn_request(exit_with, atom("done"), &good, tag), child;
    bad.scheduler = 9999;
    if (of_child)
        MUST_MATCH(bl_receive(), "{%=t, %=r, ok, %*p}", tag, reference);
    MUST_MATCH(bl_receive(), "{'DOWN', %=r, process, %t, done}", reference, &child);
    CLAIM(bl_is_pid(child));
    reference = bl_spawn_request(nothing, bl_int(0), &bad, tag);
    CLAIM(bl_is_reference(reference));
    if (of_error)
        claim_next(BL_TUPLE(tag, reference, atom("error"), atom("badopt")));
    claim_nothing();
}

CASE(process, spawn_request_reply_option)
{
    bl_spawn_options bad = {.reply = BL_REPLY_SUCCESS_ONLY + 1};
    claim_replies(BL_REPLY_YES, true, true);
    claim_replies(BL_REPLY_NO, false, false);
    claim_replies(BL_REPLY_ERROR_ONLY, false, true);
    claim_replies(BL_REPLY_SUCCESS_ONLY, true, false);
    bl_term reference = bl_spawn_request(nothing, bl_int(0), &bad, no_term());
    claim_next(BL_TUPLE(atom("spawn_reply"), reference, atom("error"), atom("badopt")));
}

static void tell_exit(bl_term about)
{
    bl_pid child, tester;
    bl_term reason;
    MUST_MATCH(about, "{%p, %p}", &child, &tester);
    bl_trap_exit(true);
    bl_send(child, atom("watched"));
    BL_RECEIVE {
        BL_ON("{'EXIT', %=p, %t}", child, &reason) BL_SEND(tester, "{parent_exit, %t}", reason);
    }
}

static const bl_spawn_options linked_max = {.link = true, .priority = BL_PRIORITY_MAX};

static void child_of_request(bl_term tester)
{
    bl_spawn_opt(tell_exit, BL_TUPLE(self(), tester), &linked_max);
    idler(tester);
}

static void request_and_exit(bl_term about)
{
    bl_term tester = bl_element(about, 0);
    bl_spawn_request(child_of_request, tester, &linked_max, no_term());
    bl_sleep((uint64_t)bl_to_int(bl_element(about, 1)));
    bl_exit(bl_element(about, 2));
}

static bool began_in(bl_pid p, bl_function *function)
{
    return bl_same(bl_element(bl_process_info(p, atom("initial_call")), 1), bl_int((int64_t)(uintptr_t)function));
}

/* A child whose parent ends at once may be gone before it has a watcher. But no child lives on, and what
 * watchers hear is the reason of the parent. */
CASE(process, spawn_request_link_parent_exit)
{
    int64_t n = full(10000, 4000), heard = 0;
    for (int64_t i = 1; i <= n; i++)
        bl_spawn(request_and_exit, BL_TUPLE(self(), bl_int(i % 10), atom("kaboom")));
    bl_sleep(100); /* so that few are still at it: those are waited for */
    for (bl_term all = bl_processes(); bl_is_cons(all); all = bl_tail(all)) {
        bl_pid p = bl_to_pid(bl_head(all));
        if (began_in(p, request_and_exit) || began_in(p, child_of_request) || began_in(p, tell_exit))
            bl_wait(p, NULL); /* for ever, if it has missed an end */
    }
    for (; bl_mailbox_length(); heard++)
        claim_next(BL_TERM("{parent_exit, kaboom}"));
    CLAIM(heard > 0 && heard <= n);
}

/* ---- names and flags ---- */

static void fail_to_register(bl_term name, bl_term process)
{
    CLAIM(bl_register(name, bl_to_pid(process)) != BL_OK);
    CLAIM(bl_send_to(name, atom("anything_goes")) != BL_OK);
}

CASE(process, bad_register)
{
    bl_term name = atom("a_long_and_unused_name"), monitor;
    bl_pid dead = bl_spawn_monitor(nothing, bl_int(0), &monitor);
    claim_fired(monitor);
    fail_to_register(BL_TERM("{bad, name}"), self());
    fail_to_register(atom("undefined"), self());
    fail_to_register(BL_TERM("[bad, name]"), self());
    fail_to_register(name, bl_from_pid(dead));
    fail_to_register(name, bl_make_reference());
    fail_to_register(name, bl_nil());
    fail_to_register(name, BL_TERM("{bad, process}"));
    fail_to_register(name, BL_TERM("<<>>"));
    CLAIM(bl_is_nil(bl_process_info(bl_self(), atom("registered_name"))));
}

static void fail_to_set(const char *flag, bl_term value)
{
    CLAIM(bl_is_none(bl_process_flag(atom(flag), value)));
}

CASE(process, process_flag_badarg)
{
    int64_t min = bl_to_int(info(bl_self(), "min_heap_size"));
    bl_term gurka = atom("gurka"), before = info(bl_self(), "max_heap_size");
    fail_to_set("gurka", atom("banan"));
    fail_to_set("trap_exit", gurka);
    fail_to_set("error_handler", bl_int(1));
    fail_to_set("fullsweep_after", gurka);
    fail_to_set("min_heap_size", gurka);
    fail_to_set("min_heap_size", bl_int(-1));
    fail_to_set("min_bin_vheap_size", gurka);
    fail_to_set("max_heap_size", gurka);
    fail_to_set("max_heap_size", bl_int(-1));
    CLAIM(min > 0);
    fail_to_set("max_heap_size", bl_int(min - 1));
    fail_to_set("max_heap_size", BL_TERM("#{size => %i}", min - 1));
    fail_to_set("max_heap_size", bl_map());
    fail_to_set("max_heap_size", BL_TERM("#{kill => true}"));
    fail_to_set("max_heap_size", BL_TERM("#{size => 10000, kill => gurka}"));
    fail_to_set("max_heap_size", BL_TERM("#{size => 10000, error_logger => gurka}"));
    fail_to_set("max_heap_size", BL_TERM("#{size => 10000, include_shared_binaries => gurka}"));
    fail_to_set("max_heap_size", BL_TERM("#{size => 10000, kill => true, error_logger => gurka}"));
    fail_to_set("max_heap_size", BL_TERM("#{size => %i}", INT64_MAX));
    fail_to_set("priority", bl_int(4711));
    fail_to_set("save_calls", atom("hmmm"));
    CLAIM(bl_same(info(bl_self(), "max_heap_size"), before));
}

CASE(process, process_flag_fullsweep_after)
{
    bl_term flag = atom("fullsweep_after"), old = info(bl_self(), "fullsweep_after");
    CLAIM(bl_same(bl_process_flag(flag, bl_int(12345)), old));
    CLAIM(bl_same(info(bl_self(), "fullsweep_after"), bl_int(12345)));
    CLAIM(bl_same(bl_process_flag(flag, bl_int(0)), bl_int(12345)));
    CLAIM(bl_same(info(bl_self(), "fullsweep_after"), bl_int(0)));
    CLAIM(bl_same(bl_process_flag(flag, old), bl_int(0)));
}

/* Here a heap has no sizes to be rounded to, and binaries have no heap. */
CASE(process, process_flag_heap_size)
{
    bl_term flag = atom("min_heap_size"), size = bl_int(2586), old = bl_process_flag(flag, size);
    CLAIM(bl_is_int(old) && bl_same(info(bl_self(), "min_heap_size"), size));
    CLAIM(bl_same(bl_process_flag(flag, old), size));
    CLAIM(bl_same(info(bl_self(), "min_heap_size"), old));
}

CASE(process, spawn_opt_heap_size)
{
    bl_spawn_options o = {.min_heap_size = 987};
    bl_pid p = bl_spawn_opt(idler, bl_int(0), &o);
    CLAIM(bl_same(info(p, "min_heap_size"), bl_int(987)));
    put_away(p);
}

/* ---- who holds too much ends, whatever it is doing: six situations, plain and in a catch ---- */

static bl_term pile(bl_term list)
{
    for (int i = 0; i < 100; i++)
        list = bl_cons(bl_int(i), list);
    return list;
}

static void build_and_call(bl_term list)
{
    for (;;)
        list = pile(bl_cons(bl_from_pid(bl_self()), list));
}

static void build_and_time_out(bl_term list)
{
    for (;;) {
        list = pile(list);
        BL_RECEIVE {
            BL_AFTER(0) (void)0;
        }
    }
}

static void build_and_receive(bl_term list)
{
    for (;;) {
        list = pile(list);
        bl_send(bl_self(), bl_int(1));
        bl_receive();
    }
}

static void call_and_time_out(bl_term term)
{
    for (;;) {
        bl_term read = bl_parse("[1, 2, 3, 4, 5, 6, 7, 8]", 24, NULL);
        term = BL_TUPLE(term, read);
        BL_RECEIVE {
            BL_AFTER(0) (void)0;
        }
    }
}

static void call_and_receive(bl_term map)
{
    map = bl_map();
    for (int64_t i = 0;; i++) {
        map = bl_map_put(map, bl_int(i), bl_make_reference());
        bl_send(bl_self(), bl_int(1));
        bl_receive();
    }
}

static void receive_and_keep(bl_term list)
{
    for (;;) {
        bl_send(bl_self(), BL_TERM("{to, be, [kept]}"));
        list = bl_cons(bl_receive(), list);
    }
}

static bl_function *const builders[] = {build_and_call,    build_and_time_out, build_and_receive,
                                        call_and_time_out, call_and_receive,   receive_and_keep};

static bl_term build_in_catch(bl_term how)
{
    builders[bl_to_int(how) / 2](bl_nil());
    return how;
}

static void build(bl_term how)
{
    build_in_catch(how);
}

static void build_and_catch(bl_term how)
{
    bl_catch(build_in_catch, how, NULL);
}

CASE(process, more_spawn_opt_max_heap_size)
{
    for (int i = 0; i < 12; i++) {
        bl_term reference;
        bl_spawn_options o = {.monitor = true, .reference = &reference, .max_heap_size = 10000};
        bl_pid p = bl_spawn_opt(i % 2 ? build_and_catch : build, bl_int(i), &o);
        claim_down(reference, bl_from_pid(p), atom("killed"));
    }
}

/* The largest limit there can be: theirs is four times as many words. A new process has it, unless something else is said. */
static void claim_limit(bl_pid p, int64_t words, bool kill)
{
    bl_term limit = info(p, "max_heap_size");
    CLAIM(bl_same(bl_map_get(limit, atom("size")), bl_int(words)));
    CLAIM(is_atom(bl_map_get(limit, atom("kill")), kill ? "true" : "false"));
    CLAIM(bl_exit_signal(p, atom("kill")) == BL_OK && !bl_is_alive(p));
}

CASE_WITH(process, command_line_max_heap_size, .max_heap_size = INT64_MAX / 64)
{
    int64_t most = INT64_MAX / 64;
    claim_limit(bl_spawn(idler, bl_nil()), most, true);
    claim_limit(bl_spawn(idler, numbers(1, 100)), most, true);
    claim_limit(bl_spawn_opt(idler, bl_nil(), &(bl_spawn_options){.min_heap_size = 10000}), most, true);
    claim_limit(bl_spawn_opt(idler, bl_nil(), &(bl_spawn_options){.max_heap_size = 10000}), 10000, true);
    claim_limit(bl_spawn_opt(idler, bl_nil(), &(bl_spawn_options){.max_heap_spares = true}), most, false);
    bl_process_flag(atom("max_heap_size"), bl_int(0));
    claim_limit(bl_spawn(idler, bl_nil()), most, true); /* that of the system, not of the parent */
}

enum { LIMIT = 1024 };

/* {Limit, How}: sets its own limit, unless that is []. */
static void limit_and_build(bl_term about)
{
    bl_term limit = bl_element(about, 0), how = bl_element(about, 1);
    CLAIM(bl_is_nil(limit) || !bl_is_none(bl_process_flag(atom("max_heap_size"), limit)));
    if (bl_to_int(how) % 2)
        build_and_catch(how);
    else
        build(how);
}

/* Killed by its limit, or it goes on beyond that until we end it. */
static void claim_limited(bl_pid p, bl_term reference, bool spared)
{
    while (spared && bl_to_int(info(p, "total_heap_size")) <= 4 * LIMIT)
        bl_yield();
    if (spared)
        CLAIM(bl_exit_signal(p, atom("enough")) == BL_OK);
    claim_down(reference, bl_from_pid(p), atom(spared ? "enough" : "killed"));
}

/* Here nothing is logged, binaries that are shared do not count, and the limit for all is another case: what is left of
 * theirs is a limit that kills or does not, as a number or a map, and set by whom. */
CASE(process, spawn_opt_max_heap_size)
{
    bl_term nil = bl_nil(), number = bl_int(LIMIT), spares = BL_TERM("#{size => %i, kill => false}", (int64_t)LIMIT);
    bl_term map = BL_TERM("#{size => %i}", (int64_t)LIMIT), kills = bl_map_put(map, atom("kill"), atom("true"));
    const struct {
        bl_term flag;
        bool spared;
    } limits[] = {{nil, false}, {nil, true}, {number, false}, {map, false}, {kills, false}, {spares, true}};
    for (int i = 0; i < 6; i++)
        for (int how = 0; how < 12; how++) {
            bool spared = limits[i].spared, option = bl_is_nil(limits[i].flag);
            bl_term reference, about = BL_TUPLE(limits[i].flag, bl_int(how));
            bl_spawn_options o = {.monitor = true, .reference = &reference, .max_heap_size = option ? LIMIT : 0};
            o.max_heap_spares = option && spared;
            bl_pid p = bl_spawn_opt(limit_and_build, about, &o);
            claim_limited(p, reference, spared);
        }
}

/* ---- process_info ---- */

static const char *const seen_from_both[] = {"initial_call", "links",        "dictionary",        "trap_exit",
                                             "priority",     "group_leader", "garbage_collection"};
enum { BOTH = sizeof seen_from_both / sizeof *seen_from_both };

static bl_term about(bl_pid p)
{
    bl_term all[BOTH];
    for (int i = 0; i < BOTH; i++)
        all[i] = info(p, seen_from_both[i]);
    return bl_tuple(all, BOTH);
}

static void tell_about(bl_term to)
{
    bl_send_to(to, about(bl_self()));
    idler(to);
}

static bl_term value_in(bl_term list, const char *key)
{
    while (bl_is_cons(list) && !is_atom(bl_element(bl_head(list), 0), key))
        list = bl_tail(list);
    return bl_element(bl_head(list), 1);
}

/* The items are asked for one by one. */
CASE(process, otp_4725)
{
    bl_spawn_options options[] = {{.link = true, .priority = BL_PRIORITY_MAX, .fullsweep_after = 600}, {.link = false}};
    for (int i = 0; i < 2; i++) {
        bl_pid p = bl_spawn_opt(tell_about, self(), &options[i]);
        bl_term inside = bl_receive(), outside = about(p), gc = bl_element(outside, 6);
        bl_term most = value_in(gc, "max_heap_size");
        CLAIM(TEST_HOSTILE_BUILD || bl_same(inside, outside)); /* there, collections come in between, and count */
        CLAIM(bl_same(bl_element(outside, 1), i ? bl_nil() : BL_LIST(self())));
        CLAIM(is_atom(bl_element(outside, 4), i ? "normal" : "max"));
        CLAIM(bl_is_int(value_in(gc, "minor_gcs")) && bl_is_int(value_in(gc, "min_heap_size")));
        CLAIM(bl_same(value_in(gc, "fullsweep_after"), bl_int(i ? 65535 : 600)));
        CLAIM(BL_MATCH(most, "#{size := %*i, kill := true, error_logger := %*a}"));
        put_away(p);
    }
}

CASE(process, t_process_info)
{
    bl_pid nobody = {0};
    CLAIM(bl_is_nil(bl_process_info(bl_self(), atom("registered_name"))));
    CLAIM(bl_register(atom("my_name"), bl_self()) == BL_OK);
    CLAIM(is_atom(info(bl_self(), "registered_name"), "my_name"));
    CLAIM(is_atom(info(bl_self(), "status"), "running"));
    CLAIM(bl_to_int(info(bl_self(), "min_heap_size")) > 0);
    CLAIM(!bl_is_none(info(bl_self(), "current_function")));
    CLAIM(bl_same(info(bl_self(), "group_leader"), bl_from_pid(bl_group_leader())));
    CLAIM(is_atom(bl_process_info(nobody, atom("status")), "undefined"));
    CLAIM(bl_is_none(bl_process_info(bl_self(), atom("no_such_item"))));
}

static void other_process(bl_term parent)
{
    bl_send(bl_self(), BL_TERM("{my, own, message}"));
    bl_send_to(parent, atom("go_ahead"));
    for (;;)
        BL_RECEIVE {
            BL_ON("empty") {
                receive_all();
                bl_send_to(parent, atom("empty"));
            }
            BL_ON("stop") return;
        }
}

CASE(process, process_info_other_msg)
{
    bl_pid p = bl_spawn_link(other_process, self());
    bl_term expected[6] = {BL_TERM("{my, own, message}")}, garbage = kb_128();
    claim_next(atom("go_ahead"));
    CLAIM(bl_same(info(p, "messages"), bl_list(expected, 1)));
    for (size_t i = 1; i < 6; i++) {
        expected[i] = BL_TUPLE(bl_int((int64_t)i), garbage);
        CLAIM(bl_send(p, expected[i]) == BL_OK);
        CLAIM(bl_same(info(p, "messages"), bl_list(expected, i + 1)));
    }
    CLAIM(bl_to_int(info(p, "memory")) > 0 && bl_to_int(info(bl_self(), "memory")) > 0);
    CLAIM(bl_send(p, atom("empty")) == BL_OK);
    claim_next(atom("empty"));
    CLAIM(bl_is_nil(info(p, "messages")));
    CLAIM(bl_to_int(info(p, "min_heap_size")) > 0);
    CLAIM(BL_MATCH(info(p, "max_heap_size"), "#{size := 0, kill := true}"));
    CLAIM(bl_send(p, atom("stop")) == BL_OK);
}

static void send_big_data(bl_term to)
{
    bl_send_to(to, atom("ready"));
    BL_RECEIVE {
        BL_ON("go") (void)0;
    }
    bl_term big = numbers(1, 1000);
    for (int i = 0; i < 3; i++)
        bl_send_to(to, big);
    bl_send_to(to, atom("done"));
}

static void collect_and_answer(bl_term to)
{
    BL_RECEIVE {
        BL_ON("go") (void)0;
    }
    bl_collect();
    CLAIM(bl_mailbox_length() == 31);
    bl_send_to(to, atom("done"));
}

CASE(process, process_info_messages)
{
    bl_pid senders[10], second = bl_spawn_link(collect_and_answer, self());
    bl_term big = numbers(1, 1000), all;
    for (int i = 0; i < 10; i++) {
        senders[i] = bl_spawn_link(send_big_data, self());
        claim_next(atom("ready"));
    }
    bl_collect();
    for (int i = 0; i < 10; i++)
        CLAIM(bl_send(senders[i], atom("go")) == BL_OK);
    for (int i = 0; i < 100; i++)
        bl_yield();
    all = info(bl_self(), "messages");
    for (bl_term l = all; bl_is_cons(l); l = bl_tail(l))
        CLAIM(bl_same(bl_head(l), big) || is_atom(bl_head(l), "done"));
    for (int i = 0; i < 10; i++)
        BL_RECEIVE {
            BL_ON("done") (void)0;
        }
    bl_collect();
    CLAIM(bl_send(second, all) == BL_OK);
    while (bl_mailbox_length())
        bl_send(second, bl_receive());
    bl_send(second, atom("go"));
    bl_collect();
    claim_next(atom("done"));
    CLAIM(length(all) <= 40);
}

static void hello(bl_term to)
{
    bl_send_to(bl_element(to, 0), atom("hello"));
    bl_send_to(bl_element(to, 1), atom("hello"));
    idler(to);
}

CASE(process, process_info_msgq_len_no_very_long_delay)
{
    bl_pid p1 = bl_spawn_link(idler, bl_int(0)), p2;
    CLAIM(bl_same(info(bl_self(), "message_queue_len"), bl_int(0)));
    CLAIM(bl_same(info(p1, "message_queue_len"), bl_int(0)));
    p2 = bl_spawn_link(hello, BL_TUPLE(self(), bl_from_pid(p1)));
    await_waiting(p2);
    CLAIM(bl_same(info(bl_self(), "message_queue_len"), bl_int(1)));
    CLAIM(bl_same(info(p1, "message_queue_len"), bl_int(1)));
    claim_next(atom("hello"));
    CLAIM(bl_same(info(bl_self(), "message_queue_len"), bl_int(0)));
    put_away(p1);
    put_away(p2);
}

static void flush_when_told(bl_term to)
{
    for (;;)
        BL_RECEIVE {
            BL_ON("flush") {
                receive_all();
                bl_send_to(to, atom("flushed"));
            }
        }
}

static void monitor_and_send(bl_term about)
{
    bl_pid tester, receiver;
    MUST_MATCH(about, "{%p, %p}", &tester, &receiver);
    for (;;) {
        claim_next(atom("go"));
        bl_term monitor = bl_monitor(receiver);
        bl_send(receiver, atom("hi"));
        claim_next(atom("demonitor"));
        bl_demonitor(monitor, false, NULL);
        bl_send(tester, atom("demonitored"));
    }
}

CASE(process, process_info_other_message_queue_len_signal_race)
{
    bl_spawn_options first = {.link = true, .scheduler = 1};
    bl_spawn_options second = {.link = true, .scheduler = ON(1) ? 1 : 2, .priority = BL_PRIORITY_HIGH};
    bl_pid r = bl_spawn_opt(flush_when_told, self(), &first);
    bl_pid s = bl_spawn_opt(monitor_and_send, BL_TUPLE(self(), bl_from_pid(r)), &second);
    bl_process_flag(atom("priority"), atom("high"));
    for (int64_t i = full(10000, 10000); i > 0; i--) {
        int64_t n;
        bl_send(s, atom("go"));
        bl_yield();
        n = bl_to_int(info(r, "message_queue_len"));
        CLAIM(n == 0 || n == 1);
        bl_send(s, atom("demonitor"));
        claim_next(atom("demonitored"));
        bl_send(r, atom("flush"));
        claim_next(atom("flushed"));
    }
    put_away(r);
    put_away(s);
}

/* Theirs asks for both items at once. To ask for one is a signal too. */
CASE(process, process_info_status_handled_signal)
{
    bl_pid p = bl_spawn_link(idler, bl_int(0));
    await_waiting(p);
    for (int i = 0; i < 100; i++) {
        CLAIM(is_atom(info(p, "status"), "waiting"));
        CLAIM(bl_is_nil(info(p, "messages")));
    }
    put_away(p);
}

CASE(process, process_info_other_status)
{
    static const char *const priorities[] = {"normal", "high", "max"};
    bl_pid p = bl_spawn_link(other_process, self());
    claim_next(atom("go_ahead"));
    await_waiting(p);
    for (int i = 0; i < 3; i++) {
        bl_process_flag(atom("priority"), atom(priorities[i]));
        CLAIM(is_atom(info(p, "status"), "waiting"));
    }
    CLAIM(bl_send(p, atom("stop")) == BL_OK);
}

/* One that runs, and one that waits; and names to be asked for. */
static void start_targets(bl_pid *target)
{
    target[0] = bl_spawn_link(looper, bl_int(0));
    target[1] = bl_spawn_link(idler, bl_int(0));
    CLAIM(bl_register(atom("target_0"), target[0]) == BL_OK);
    CLAIM(bl_register(atom("target_1"), target[1]) == BL_OK);
}

static void end_targets(const bl_pid *target)
{
    bl_term status = info(target[0], "status");
    CLAIM(is_atom(status, "runnable") || is_atom(status, "running") || is_atom(status, "garbage_collecting"));
    put_away(target[0]);
    put_away(target[1]);
}

CASE(process, process_info_lock_reschedule)
{
    bl_pid target[2];
    start_targets(target);
    for (int64_t i = full(1000, 1000); i > 0; i--)
        for (int k = 0; k < 3; k++) {
            bl_yield();
            CLAIM(is_atom(info(target[0], "registered_name"), "target_0"));
            CLAIM(is_atom(info(target[1], "registered_name"), "target_1"));
        }
    end_targets(target);
}

static void ask_for_name(bl_term unused)
{
    (void)unused;
    bl_pid of, parent;
    bl_term name;
    BL_RECEIVE {
        BL_ON("{go, %a, %p, %p}", &name, &of, &parent) (void)0;
    }
    for (int64_t i = full(10000, 10000); i > 0; i--)
        CLAIM(bl_same(info(of, "registered_name"), name));
    bl_send(parent, atom("done"));
    idler(unused);
}

CASE(process, process_info_lock_reschedule2)
{
    static const int asks[6] = {1, 0, 0, 0, 5, 4};
    bl_pid p[6];
    bl_term names[6];
    for (int i = 0; i < 6; i++) {
        p[i] = bl_spawn_link(ask_for_name, bl_int(0));
        names[i] = BL_TERM("%A", (const char *[]){"p1", "p2", "p3", "p4", "p5", "p6"}[i]);
        CLAIM(bl_register(names[i], p[i]) == BL_OK);
    }
    for (int i = 0; i < 6; i++)
        BL_SEND(p[i], "{go, %a, %p, %p}", names[asks[i]], p[asks[i]], bl_self());
    for (int i = 0; i < 6; i++)
        claim_next(atom("done"));
    for (int i = 0; i < 6; i++)
        put_away(p[i]);
}

CASE(process, process_info_lock_reschedule3)
{
    bl_pid target[2];
    start_targets(target);
    for (int64_t i = full(1000000, 100000); i > 0; i--) {
        if (i % 10 == 0)
            bl_yield();
        CLAIM(bl_same(info(target[0], "message_queue_len"), bl_int(0)));
    }
    end_targets(target);
}

static void spam_with_monitors(bl_term to)
{
    for (;;)
        bl_demonitor(bl_monitor(bl_to_pid(to)), false, NULL);
}

static void spam_with_messages(bl_term to)
{
    for (int i = 0; i < 10000000; i++) {
        bl_send_to(to, atom("hejhopp"));
        bl_demonitor(bl_monitor(bl_to_pid(to)), false, NULL);
    }
}

CASE(process, process_info_self_signal)
{
    bl_pid spammer = bl_spawn_link(spam_with_monitors, self());
    bl_term reference = bl_make_reference();
    bl_process_flag(atom("priority"), atom("low"));
    bl_sleep(10); /* so that many have come, mostly */
    bl_send(bl_self(), reference);
    CLAIM(bl_same(info(bl_self(), "messages"), BL_LIST(reference)));
    put_away(spammer);
}

CASE(process, process_info_self_msgq_len)
{
    bl_pid spammer = bl_spawn_link(spam_with_messages, self());
    bl_process_flag(atom("priority"), atom("low"));
    while (bl_mailbox_length() == 0)
        bl_yield();
    CLAIM(bl_to_int(info(bl_self(), "message_queue_len")) > 0);
    put_away(spammer);
}

CASE(process, process_info_parent)
{
    bl_pid p = bl_spawn_link(idler, bl_int(0)), watcher = bl_to_pid(info(bl_self(), "parent"));
    CLAIM(bl_same(info(p, "parent"), self()));
    bl_collect();
    CLAIM(bl_is_alive(watcher) && bl_same(info(bl_self(), "parent"), bl_from_pid(watcher)));
    CLAIM(is_atom(info(watcher, "parent"), "undefined")); /* the main thread has started it */
    put_away(p);
}

/* ---- process_info: lists of items ---- */

static const char *const all_items[] = {
    "current_function", "dictionary",    "fullsweep_after", "garbage_collection", "group_leader",
    "heap_size",        "initial_call",  "label",           "links",              "max_heap_size",
    "memory",           "message_queue_data", "message_queue_len", "messages",    "min_heap_size",
    "monitored_by",     "monitors",      "parent",          "priority",           "reductions",
    "registered_name",  "sensitive",     "stack_size",      "status",             "suspending",
    "total_heap_size",  "trap_exit"};
enum { ITEMS = sizeof all_items / sizeof *all_items };

/* The answer has the same items in the same order. */
static void claim_items(bl_pid of, bl_term items)
{
    bl_term answers = bl_process_info(of, items);
    for (; bl_is_cons(items); items = bl_tail(items), answers = bl_tail(answers))
        CLAIM(bl_tuple_size(bl_head(answers)) == 2 && bl_same(bl_element(bl_head(answers), 0), bl_head(items)));
    CLAIM(bl_is_nil(answers));
}

/* All items in order, the status, and all in the opposite order. */
static bl_term items_there_and_back(void)
{
    bl_term items = bl_nil();
    for (int i = 0; i < ITEMS; i++)
        items = bl_cons(atom(all_items[i]), items);
    items = bl_cons(atom("status"), items);
    for (int i = ITEMS; i-- > 0;)
        items = bl_cons(atom(all_items[i]), items);
    return items;
}

/* The longest list asks for the links, since here a stack cannot be asked for. */
CASE(process, process_info_2_list)
{
    bl_pid of[] = {bl_self(), bl_spawn(idler, bl_int(0))};
    CLAIM(bl_register(atom("process_info_2_list1"), of[0]) == BL_OK);
    CLAIM(bl_register(atom("process_info_2_list2"), of[1]) == BL_OK);
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < ITEMS; i++)
            CLAIM(bl_tuple_size(bl_process_info(of[k], atom(all_items[i]))) == 2);
        claim_items(of[k], items_there_and_back());
        CLAIM(BL_MATCH(bl_process_info(of[k], BL_TERM("[status, stack_size, trap_exit, priority]")),
                       "[{status, %*a}, {stack_size, %*i}, {trap_exit, %*a}, {priority, %*a}]"));
        claim_items(of[k], times(5000, atom("links")));
    }
    put_away(of[1]);
}

static void link_and_monitor(bl_term unused)
{
    (void)unused;
    bl_register(atom("process_info_smoke_all"), bl_self()); /* the first that comes has it */
    bl_put(atom("binary"), BL_LIST(bl_binary(NULL, 1000), bl_binary(NULL, 1000)));
    for (;;)
        BL_RECEIVE {
            bl_pid other;
            BL_ON("{other_process, %p}", &other) {
                bl_term others = bl_get(atom("procs"));
                bl_put(atom("procs"), bl_cons(bl_from_pid(other), is_atom(others, "undefined") ? bl_nil() : others));
                bl_monitor(other);
                bl_link(other);
            }
        }
}

/* The other process of theirs is on another node. */
CASE(process, process_info_smoke_all)
{
    bl_pid p = bl_spawn_link(link_and_monitor, bl_int(0)), other = bl_spawn_link(link_and_monitor, bl_int(0));
    BL_SEND(other, "{other_process, %p}", p);
    BL_SEND(p, "{other_process, %p}", other);
    BL_SEND(p, "{other_process, %p}", bl_self());
    for (int i = 0; i < 3; i++)
        CLAIM(bl_send(p, i ? bl_binary(NULL, 1000) : bl_int(i)) == BL_OK);
    await_waiting(p);
    await_waiting(other);
    claim_items(p, items_there_and_back());
    CLAIM(bl_same(info(p, "message_queue_len"), bl_int(3)));
    CLAIM(length(info(p, "links")) == 2 && length(info(p, "monitors")) == 2 && length(info(p, "monitored_by")) == 1);
    CLAIM(bl_same(bl_process_info(p, BL_TERM("{dictionary, procs}")),
                  BL_TERM("{{dictionary, procs}, [%p, %p]}", bl_self(), other)));
    CLAIM(bl_unlink(p) == BL_OK && bl_unlink(other) == BL_OK);
    CLAIM(bl_exit_signal(p, atom("kill")) == BL_OK);
    CLAIM(bl_exit_signal(other, atom("kill")) == BL_OK);
    CLAIM(!bl_is_alive(p) && !bl_is_alive(other));
}

static void spam_a_while(bl_term to)
{
    for (int i = rounds(400000); i > 0; i--) {
        bl_send_to(to, atom("hejhopp"));
        bl_demonitor(bl_monitor(bl_to_pid(to)), false, NULL);
    }
    idler(to);
}

/* Until a message is there, and the spammer goes on. */
CASE(process, process_info_self_msgq_len_messages)
{
    bl_pid spammer = bl_spawn_link(spam_a_while, self());
    bl_process_flag(atom("priority"), atom("low"));
    while (bl_mailbox_length() == 0)
        bl_yield();
    for (int i = 0; i < 3; i++) {
        bl_term all = bl_process_info(bl_self(), BL_TERM("[message_queue_len, messages]")), messages;
        int64_t n;
        MUST_MATCH(all, "[{message_queue_len, %i}, {messages, %t}]", &n, &messages);
        CLAIM(n > 0 && length(messages) == (size_t)n);
    }
    put_away(spammer);
}

/* No locations: a C library does not know them. What is left of theirs is that whoever asks about itself sees what it
 * was sent, beside the function that it runs. */
static bl_term ask_in_body(void)
{
    bl_term all = bl_process_info(bl_self(), BL_TERM("[message_queue_len, current_function, messages]"));
    CLAIM(bl_is_cons(all));
    return all;
}

static bl_term ask_in_tail(void)
{
    return bl_process_info(bl_self(), BL_TERM("[message_queue_len, current_function, messages]"));
}

static void claim_more(bl_term all, bl_term function, bool exactly_one)
{
    bl_term now, messages;
    int64_t n;
    MUST_MATCH(all, "[{message_queue_len, %i}, {current_function, %t}, {messages, %t}]", &n, &now, &messages);
    CLAIM(exactly_one ? n == 1 : n > 0);
    CLAIM(length(messages) == (size_t)n);
    CLAIM(bl_same(now, function));
}

CASE(process, process_info_self_msgq_len_more)
{
    bl_term function = info(bl_self(), "initial_call");
    bl_send(bl_self(), atom("hej"));
    claim_more(ask_in_body(), function, true);
    claim_more(ask_in_tail(), function, true);
    claim_next(atom("hej"));
    bl_pid spammer = bl_spawn_link(spam_a_while, self());
    bl_process_flag(atom("priority"), atom("low"));
    while (bl_mailbox_length() == 0)
        bl_yield();
    claim_more(ask_in_body(), function, false);
    claim_more(ask_in_tail(), function, false);
    put_away(spammer);
}

/* ---- what is said about garbage ---- */

static int64_t words_in(bl_term list, const char *key)
{
    bl_term n = value_in(list, key);
    CLAIM(bl_is_int(n) && bl_to_int(n) >= 0);
    return bl_to_int(n);
}

/* The blocks of all kinds are what it has in all. Without what is about shared binaries, which do not count here. */
static bl_term collection_info(bl_pid p)
{
    bl_term both = bl_process_info(p, BL_TERM("[garbage_collection_info, total_heap_size]")), gc;
    int64_t total;
    MUST_MATCH(both, "[{garbage_collection_info, %t}, {total_heap_size, %i}]", &gc, &total);
    CLAIM(total == words_in(gc, "heap_block_size") + words_in(gc, "old_heap_block_size") + words_in(gc, "mbuf_size"));
    CLAIM(words_in(gc, "heap_size") <= words_in(gc, "heap_block_size"));
    CLAIM(words_in(gc, "old_heap_size") <= words_in(gc, "old_heap_block_size"));
    CLAIM(words_in(gc, "recent_size") <= words_in(gc, "heap_block_size"));
    return gc;
}

enum { DEPTH = TEST_HOSTILE_BUILD ? 40 : 200 /* theirs is 1000: a frame of C is larger */ };

static bl_term go_deep(int depth, bl_term parent)
{
    if (depth > 0) {
        bl_term list = numbers(1, 100);
        return bl_cons(list, go_deep(depth - 1, parent));
    }
    bl_send_to(parent, atom("deep"));
    BL_RECEIVE {
        BL_ON("{ok, _}") (void)0;
    }
    return bl_nil();
}

static void go_deep_and_come_back(bl_term parent)
{
    bl_process_flag(atom("message_queue_data"), atom("off_heap"));
    claim_next(atom("go"));
    bl_term lists = go_deep(DEPTH, parent);
    bl_send_to(parent, atom("shallow"));
    claim_next(atom("done"));
    CLAIM(length(lists) == DEPTH);
}

static int64_t used(bl_term gc)
{
    return words_in(gc, "heap_size") + words_in(gc, "old_heap_size");
}

CASE(process, process_info_garbage_collection)
{
    bl_term reference;
    bl_pid p = bl_spawn_monitor(go_deep_and_come_back, self(), &reference);
    await_waiting(p);
    bl_term before = collection_info(p);
    bl_send(p, atom("go"));
    claim_next(atom("deep"));
    await_waiting(p);
    bl_term deep = collection_info(p);
    BL_SEND(p, "{ok, %r}", bl_make_reference());
    claim_next(atom("shallow"));
    await_waiting(p);
    bl_term after = collection_info(p);
    bl_send(p, atom("done"));
    claim_down(reference, bl_from_pid(p), atom("normal"));
    CLAIM(words_in(before, "stack_size") < words_in(deep, "stack_size"));
    CLAIM(words_in(after, "stack_size") < words_in(deep, "stack_size"));
    CLAIM(used(deep) - used(before) >= DEPTH * 100 * 2);
    CLAIM(used(after) - used(before) >= DEPTH * 100 * 2);
}

/* Asks who it is, for ever. */
static void ask_oneself(bl_term parent)
{
    for (;;) {
        CLAIM(!bl_is_none(info(bl_self(), "current_function")));
        bl_is_alive(bl_to_pid(parent));
    }
}

/* No locations. What is left of theirs is that one who runs can be asked again and again, here what is said about its
 * garbage and its function; and all there are, before and after they are collected. */
CASE(process, process_info_other)
{
    bl_pid p = bl_spawn_link(ask_oneself, self());
    bl_term function = info(p, "initial_call");
    for (int i = rounds(10000); i > 0; i--) {
        bl_yield();
        CLAIM(bl_same(info(p, "current_function"), function));
        collection_info(p);
        CLAIM(bl_to_int(info(p, "heap_size")) <= bl_to_int(info(p, "total_heap_size")) + 4096);
    }
    for (bl_term all = bl_processes(); bl_is_cons(all); all = bl_tail(all)) {
        bl_pid one = bl_to_pid(bl_head(all));
        CLAIM(!bl_is_none(info(one, "garbage_collection")));
        CLAIM(bl_garbage_collect(one, BL_COLLECT_MAJOR) == BL_OK);
        CLAIM(bl_same(value_in(info(one, "garbage_collection"), "minor_gcs"), bl_int(0)) || one.word == bl_self().word ||
              one.word == p.word);
        if (one.word != bl_self().word) /* whose heap grows by the answer */
            collection_info(one);
    }
    put_away(p);
}

/* ---- reductions ---- */

static int64_t reductions(bl_pid p)
{
    return bl_to_int(info(p, "reductions"));
}

static void loop_in_receive(bl_term unused)
{
    (void)unused;
    for (;;)
        BL_RECEIVE {
            BL_ON("'is never sent'") return;
            BL_AFTER(0) (void)0;
        }
}

static void loop_asking_oneself(bl_term unused)
{
    (void)unused;
    for (;;)
        bl_process_info(bl_self(), BL_TERM("[messages, reductions]"));
}

/* They never become fewer, and become more as often as this. `items` begin with `reductions`. */
static void watch_reductions(bl_function *function, bl_term items, int increases)
{
    bl_spawn_options o = {.link = true, .scheduler = ON(1) ? 1 : 2};
    bl_pid p = bl_spawn_opt(function, bl_int(0), &o);
    for (int64_t before = 0; increases > 0;) {
        int64_t now = bl_to_int(bl_element(bl_head(bl_process_info(p, items)), 1));
        CLAIM(now >= before);
        if (now > before)
            increases--;
        else
            bl_yield();
        before = now;
    }
    put_away(p);
}

static void watch_all_reductions(bl_term unused)
{
    (void)unused;
    bl_term items[] = {BL_TERM("[reductions]"), BL_TERM("[reductions, messages]")};
    for (int i = 0; i < 2; i++) {
        watch_reductions(looper, items[i], (int)full(100, 100));
        watch_reductions(loop_in_receive, items[i], (int)full(100, 100));
        watch_reductions(loop_asking_oneself, items[i], (int)full(1000, 400));
    }
}

CASE(process, process_info_reductions)
{
    bl_term reference;
    bl_spawn_options o = {.monitor = true, .scheduler = 1, .reference = &reference};
    bl_pid p = bl_spawn_opt(watch_all_reductions, bl_int(0), &o);
    claim_down(reference, bl_from_pid(p), atom("normal"));
}

CASE(process, bump_reductions)
{
    bl_preempt_off(); /* an interruption counts as a time slice */
    bl_collect();
    bl_yield(); /* a time slice begins */
    int64_t first = reductions(bl_self());
    bl_reduce(100);
    int64_t last = reductions(bl_self());
    CLAIM(last - first >= 100 && last - first <= 110);
    while (last <= 0x8000000) {
        int64_t before = last;
        bl_reduce(100000);
        last = reductions(bl_self());
        CLAIM(last > before);
    }
    bl_collect();
    for (int i = 0; i < 10; i++) {
        int64_t before = last;
        bl_reduce(UINT_MAX);
        last = reductions(bl_self());
        CLAIM(last > before);
    }
    CLAIM(last > UINT32_MAX); /* what does not fit into half a word is kept */
}

/* Ways to give way: not last, last after something else, last, by an address. */
static bl_term yield_in_the_middle(bl_term t)
{
    bl_yield();
    return BL_TUPLE(atom("ok"), t);
}

static bl_term yield_at_the_end(bl_term t)
{
    if (bl_same(t, self()))
        bl_yield();
    return t;
}

/* How many reductions four of them take. */
static int64_t yield_four_times(void)
{
    void (*volatile function)(void) = bl_yield;
    int64_t before = reductions(bl_self());
    yield_in_the_middle(atom("true"));
    yield_at_the_end(self());
    bl_yield();
    function();
    return reductions(bl_self()) - before;
}

/* Counts how often it has had its turn until it is asked. Not interrupted in one of them, nor before. */
static void count_turns(bl_term to)
{
    bl_preempt_off();
    bl_send_to(to, atom("ready"));
    claim_next(atom("go"));
    int64_t turns = 0;
    for (bool asked = false; !asked;)
        BL_RECEIVE {
            BL_ON("stop") asked = true;
            BL_AFTER(0) {
                bl_yield();
                turns++;
            }
        }
    bl_send_to(to, bl_int(turns));
}

static void yield_beside_another(bl_term unused)
{
    (void)unused;
    bl_preempt_off();
    bl_collect();
    bl_pid counter = bl_spawn_opt(count_turns, self(), &(bl_spawn_options){.link = true, .scheduler = 1});
    claim_next(atom("ready"));
    bl_yield(); /* a time slice begins */
    bl_send(counter, atom("go"));
    int64_t taken = yield_four_times();
    bl_send(counter, atom("stop"));
    claim_next(bl_int(4));
    CLAIM(taken < 30);
}

/* Theirs blocks all schedulers but one; ours is bound to one, as is who counts. */
CASE(process, yield)
{
    bl_term reference;
    bl_spawn_options o = {.monitor = true, .scheduler = 1, .reference = &reference};
    bl_pid p = bl_spawn_opt(yield_beside_another, bl_int(0), &o);
    claim_down(reference, bl_from_pid(p), atom("normal"));
}

static void yield_when_told(bl_term to)
{
    bl_preempt_off();
    claim_next(atom("go"));
    BL_SEND_TO(to, "{reductions, %i}", yield_four_times());
    bl_exit(BL_TERM("{done, %t}", to));
}

static bl_term next_event(bl_pid p)
{
    bl_term event;
    BL_RECEIVE {
        BL_ON("{trace, %=p, %t, %*t}", p, &event) return event;
    }
    return no_term();
}

/* Here out_exited comes with the same flag. */
CASE(process, yield2)
{
    static const char *const expected[] = {"in", "out", "in", "out", "in", "out", "in", "out", "in"};
    bl_trace *t = bl_trace_to_process(bl_self());
    bl_pid p = bl_spawn(yield_when_told, self());
    int64_t taken;
    await_waiting(p);
    CLAIM(bl_trace_process(t, p, BL_TRACE_RUNNING | BL_TRACE_PROCS, 0) == BL_OK);
    bl_send(p, atom("go"));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        CLAIM(is_atom(next_event(p), expected[i]));
    BL_RECEIVE {
        BL_ON("{trace, %=p, exit, {done, %=p}}", p, bl_self()) (void)0;
    }
    CLAIM(is_atom(next_event(p), "out_exited"));
    BL_RECEIVE {
        BL_ON("{reductions, %i}", &taken) CLAIM(taken > 0 && taken < 30);
    }
    bl_wait(p, NULL);
    claim_nothing();
    CLAIM(bl_trace_end(t) == BL_OK);
}

/* ---- process_info: keys of the dictionary ---- */

static void change_dictionary(bl_term unused)
{
    (void)unused;
    for (;;)
        BL_RECEIVE {
            bl_term key, value, from, reference;
            BL_ON("{put, %t, %t}", &key, &value) bl_put(key, value);
            BL_ON("{put, %t, %t, %t, %t}", &key, &value, &from, &reference) {
                bl_send_to(from, BL_TUPLE(reference, bl_put(key, value)));
            }
            BL_ON("{erase, %t}", &key) bl_erase(key);
            BL_ON("{erase, %t, %t, %t}", &key, &from, &reference) {
                bl_send_to(from, BL_TUPLE(reference, bl_erase(key)));
            }
        }
}

enum { KEYS = 7 };

static bl_term key_of(bl_term key)
{
    return BL_TUPLE(atom("dictionary"), key);
}

/* Their values, or that they have none. Two other items are asked for among them, twice. */
static void claim_dictionary(bl_pid p, const bl_term *keys, const bl_term *values)
{
    bl_term queue = BL_TERM("{message_queue_data, on_heap}"), trap = BL_TERM("{trap_exit, false}");
    bl_term items[KEYS + 4], expected[KEYS + 4], undefined = atom("undefined");
    size_t n = 0;
    for (int i = 0; i < KEYS; i++) {
        if (i % 4 == 0)
            for (int k = 0; k < 2; k++) {
                items[n] = bl_element(k ? trap : queue, 0);
                expected[n++] = k ? trap : queue;
            }
        items[n] = key_of(keys[i]);
        expected[n] = BL_TUPLE(items[n], values ? values[i] : undefined);
        n++;
    }
    CLAIM(bl_garbage_collect(p, BL_COLLECT_MAJOR) == BL_OK);
    CLAIM(bl_same(bl_process_info(p, items[4]), expected[4]));
    CLAIM(bl_same(bl_process_info(p, bl_list(&items[4], 1)), bl_list(&expected[4], 1)));
    CLAIM(bl_same(bl_process_info(p, bl_list(items, n)), bl_list(expected, n)));
}

/* It is told to put all, or to erase all, and answers to the last. */
static void change_all(bl_pid p, const bl_term *keys, const bl_term *values)
{
    bl_term reference = bl_make_reference();
    int last = KEYS - 1;
    for (int i = 0; i < last; i++)
        bl_send(p, values ? BL_TUPLE(atom("put"), keys[i], values[i]) : BL_TUPLE(atom("erase"), keys[i]));
    bl_send(p, values ? BL_TUPLE(atom("put"), keys[last], values[last], self(), reference)
                      : BL_TUPLE(atom("erase"), keys[last], self(), reference));
    claim_next(BL_TUPLE(reference, values ? atom("undefined") : keys[2]));
}

/* Integers that do not fit into a word are of 64 bits here. */
CASE(process, process_info_dict_lookup)
{
    bl_pid p = bl_spawn_link(change_dictionary, bl_int(0));
    bl_term ref = bl_make_reference(), binary = bl_binary(NULL, 512), hej = atom("hej"), hopp = atom("hopp");
    bl_term big = bl_integer(INT64_MAX), other = bl_integer(INT64_MIN), tuple = BL_TUPLE(bl_make_reference(), big);
    bl_term keys[KEYS] = {hej, hopp, ref, big, bl_from_pid(p), tuple, binary};
    bl_term values[KEYS] = {hopp, hej, big, other, ref, binary, ref};
    change_all(p, keys, values);
    claim_dictionary(p, keys, values);
    change_all(p, keys, NULL);
    claim_dictionary(p, keys, NULL);
    put_away(p);
    for (int i = 0; i < KEYS; i++)
        CLAIM(is_atom(bl_put(keys[i], values[i]), "undefined"));
    claim_dictionary(bl_self(), keys, values);
    for (int i = 0; i < KEYS; i++)
        CLAIM(bl_same(bl_erase(keys[i]), values[i]));
    claim_dictionary(bl_self(), keys, NULL);
}

/* ---- priorities, and collecting others ---- */

static void count_by_priority(bl_term enough)
{
    int64_t low = 0, normal = 0;
    while (low + normal < bl_to_int(enough))
        BL_RECEIVE {
            BL_ON("low") low++;
            BL_ON("normal") normal++;
        }
    bl_exit(BL_TUPLE(bl_int(low), bl_int(normal)));
}

static void send_for_ever(bl_term about)
{
    bl_term to = bl_element(about, 0), message = bl_element(about, 1);
    for (;;)
        bl_send_to(to, message);
}

/* Theirs runs for two seconds, on the only scheduler that is not blocked. Ours are bound to one, and run
 * until so many messages have come. */
CASE(process, low_prio)
{
    bl_pid clients[8];
    bl_spawn_options o = {.link = true, .scheduler = 1, .priority = BL_PRIORITY_HIGH};
    bl_pid server = bl_spawn_opt(count_by_priority, bl_int(full(4000000, 400000)), &o);
    int64_t low, normal;
    bl_trap_exit(true);
    for (unsigned i = 0; i < 2 * otp_schedulers; i++) {
        o.priority = i % 2 ? BL_PRIORITY_LOW : BL_PRIORITY_NORMAL;
        clients[i] = bl_spawn_opt(send_for_ever, BL_TERM("{%p, %A}", server, i % 2 ? "low" : "normal"), &o);
    }
    MUST_MATCH(bl_receive(), "{'EXIT', %=p, {%i, %i}}", server, &low, &normal);
    CLAIM(low * 4 < normal && low * 16 > normal);
    for (unsigned i = 0; i < 2 * otp_schedulers; i++)
        put_away(clients[i]);
}

static bool has_fired(bl_term monitor)
{
    BL_RECEIVE {
        BL_ON("{'DOWN', %=r, process, %*p, %*t}", monitor) return true;
        BL_AFTER(0) (void)0;
    }
    return false;
}

/* Collected if it lives on, not if it was dead. */
static void claim_collected(bl_pid p)
{
    bl_term monitor = bl_monitor(p);
    bool dead = has_fired(monitor);
    bl_error error = bl_garbage_collect(p, BL_COLLECT_MAJOR);
    CLAIM(error == BL_OK || error == BL_ENOPROC);
    CLAIM(!dead || error == BL_ENOPROC);
    if (!dead)
        CLAIM(has_fired(monitor) || error == BL_OK);
    bl_demonitor(monitor, true, NULL);
}

static void end_after(bl_term turns)
{
    for (int64_t i = bl_to_int(turns); i > 0; i--)
        bl_yield();
}

/* Theirs has no others that end meanwhile but those of the system. */
CASE(process, garbage_collect)
{
    bl_spawn_options low = {.link = true, .priority = BL_PRIORITY_LOW};
    bl_pid loopers[10], dead = bl_spawn(nothing, bl_int(0));
    bl_term all;
    bl_wait(dead, NULL);
    bl_process_flag(atom("priority"), atom("high"));
    CLAIM(bl_garbage_collect(bl_self(), BL_COLLECT_MAJOR) == BL_OK);
    for (int i = 0; i < 10; i++)
        loopers[i] = bl_spawn_opt(looper, bl_int(0), &low);
    for (int i = 0; i < 40; i++)
        bl_spawn(end_after, bl_int(i));
    for (all = bl_processes(); bl_is_cons(all); all = bl_tail(all))
        claim_collected(bl_to_pid(bl_head(all)));
    CLAIM(bl_garbage_collect(dead, BL_COLLECT_MAJOR) == BL_ENOPROC);
    for (int i = 0; i < 10; i++) {
        CLAIM(bl_garbage_collect(loopers[i], BL_COLLECT_MAJOR) == BL_OK);
        put_away(loopers[i]);
    }
}

/* Has much to be collected, and is woken up. It polls if it is to be suspended and resumed only. */
static void hold_much(bl_term about)
{
    bl_term much = numbers(1, full(20000000, 1000000)), parent = bl_element(about, 0);
    bl_send_to(parent, atom("initialized"));
    for (bool polls = is_atom(bl_element(about, 1), "resume"), woken = false; !woken;)
        BL_RECEIVE {
            BL_ON("wake_up") woken = true;
            BL_AFTER(polls ? 0 : BL_INFINITY) (void)0;
        }
    CLAIM(bl_same(bl_head(much), bl_int(1)) && length(much) == (size_t)full(20000000, 1000000));
    bl_send_to(parent, atom("woke_up"));
}

/* Suspends it, says so, and resumes it soon. */
static void suspend_a_while(bl_term about)
{
    bl_pid p = bl_to_pid(bl_element(about, 1));
    CLAIM(bl_suspend(p) == BL_OK);
    bl_send_to(bl_element(about, 0), atom("suspended"));
    bl_sleep(10);
    CLAIM(bl_resume(p) == BL_OK);
}

/* It is woken up while it is being collected: {waiting, suspended, resume}. Who is suspended is not waited for
 * here, and collects when it goes on. */
static void wake_up(const char *state)
{
    bool suspended = strcmp(state, "suspended") == 0;
    bl_pid p = bl_spawn_link(hold_much, BL_TERM("{%p, %A}", bl_self(), state));
    claim_next(atom("initialized"));
    if (suspended)
        CLAIM(bl_suspend(p) == BL_OK);
    if (strcmp(state, "resume") == 0) {
        bl_spawn_link(suspend_a_while, BL_TERM("{%p, %p}", bl_self(), p));
        claim_next(atom("suspended"));
    }
    CLAIM(bl_is_reference(bl_send_after(10, bl_from_pid(p), atom("wake_up"))));
    CLAIM(bl_garbage_collect(p, BL_COLLECT_MAJOR) == BL_OK);
    if (suspended)
        CLAIM(bl_resume(p) == BL_OK);
    claim_next(atom("woke_up"));
}

CASE(process, otp_7738_resume)
{
    wake_up("waiting");
    wake_up("suspended");
    wake_up("resume");
}

static void say_and_loop(bl_term to)
{
    bl_send_to(to, atom("executing"));
    looper(to);
}

/* On each scheduler somebody of a high priority who never gives way. */
static void start_hogs(bl_pid *hogs)
{
    bl_spawn_options o = {.link = true, .priority = BL_PRIORITY_HIGH};
    for (unsigned i = 0; i < otp_schedulers; i++) {
        o.scheduler = i + 1;
        hogs[i] = bl_spawn_opt(say_and_loop, self(), &o);
    }
    for (unsigned i = 0; i < otp_schedulers; i++)
        claim_next(atom("executing"));
}

static void put_hogs_away(const bl_pid *hogs)
{
    for (unsigned i = 0; i < otp_schedulers; i++)
        put_away(hogs[i]);
}

/* Theirs also asks whether it runs old code. */
CASE(process, no_priority_inversion)
{
    bl_pid hogs[4], low;
    bl_process_flag(atom("priority"), atom("max"));
    start_hogs(hogs);
    low = bl_spawn_opt(looper, bl_int(0), &(bl_spawn_options){.link = true, .priority = BL_PRIORITY_LOW});
    CLAIM(bl_garbage_collect(low, BL_COLLECT_MAJOR) == BL_OK);
    put_away(low);
    put_hogs_away(hogs);
}

/* Requests have no priority here: theirs have one of the four each. */
CASE(process, no_priority_inversion2)
{
    enum { REQUESTS = 4 };
    bl_pid hogs[4], low;
    bl_process_flag(atom("priority"), atom("max"));
    start_hogs(hogs);
    low = bl_spawn_opt(looper, bl_int(0), &(bl_spawn_options){.link = true, .priority = BL_PRIORITY_LOW});
    for (int64_t i = 0; i < REQUESTS; i++)
        CLAIM(bl_garbage_collect_async(low, BL_COLLECT_MAJOR, bl_int(i)) == BL_OK);
    for (int64_t i = 0; i < REQUESTS; i++)
        claim_next(BL_TERM("{garbage_collect, %i, true}", i));
    put_away(low);
    put_hogs_away(hogs);
}

static void request_many(bl_term about)
{
    bl_pid of = bl_to_pid(bl_element(about, 0));
    int64_t n = bl_to_int(bl_element(about, 1));
    for (int64_t i = 0; i < n; i++)
        CLAIM(bl_garbage_collect_async(of, BL_COLLECT_MAJOR, bl_int(i)) == BL_OK);
    for (int64_t i = 0; i < n; i++)
        BL_RECEIVE {
            BL_ON("{garbage_collect, %=i, true}", i) (void)0;
        }
    bl_exit(atom("it_worked"));
}

/* Theirs are of four priorities each. All are of the case itself, who waits. */
CASE(process, system_task_blast)
{
    int64_t n = full(1000, 1000);
    for (int64_t i = 0; i < n; i++)
        bl_spawn_monitor(request_many, BL_TERM("{%p, %i}", bl_self(), full(400, 100)), &(bl_term){0});
    for (int64_t i = 0; i < n; i++)
        CLAIM(is_atom(bl_element(bl_receive(), 4), "it_worked"));
}

/* It stays suspended, and here it collects when it goes on. */
CASE(process, system_task_on_suspended)
{
    bl_term reference;
    bl_pid p = bl_spawn_monitor(looper, bl_int(0), &reference);
    CLAIM(bl_suspend(p) == BL_OK);
    CLAIM(is_atom(info(p, "status"), "suspended"));
    CLAIM(bl_garbage_collect(p, BL_COLLECT_MAJOR) == BL_OK);
    CLAIM(is_atom(info(p, "status"), "suspended"));
    CLAIM(bl_resume(p) == BL_OK);
    CLAIM(!is_atom(info(p, "status"), "suspended"));
    CLAIM(bl_exit_signal(p, atom("kill")) == BL_OK);
    claim_down(reference, bl_from_pid(p), atom("killed"));
}

/* ---- processes() ---- */

/* Those that hang around, and how far they are on their way: told to end before `told`, gone before `gone`. */
static bl_pid *hanging;
static _Atomic int told, gone;

static void hang_around(bl_term cleaner)
{
    if (bl_link(bl_to_pid(cleaner)) == BL_OK)
        idler(cleaner);
}

static void clean(bl_term parent)
{
    bl_trap_exit(true);
    bl_send_to(parent, atom("alive"));
    for (;;)
        bl_receive();
}

static void end_them(bl_term about)
{
    bl_term cleaner = bl_element(about, 0);
    int64_t n = bl_to_int(bl_element(about, 1));
    for (int i = 0; i < n; i++) {
        bl_spawn(hang_around, cleaner);
        told = i + 1;
        bl_exit_signal(hanging[i], atom("bang"));
        CLAIM(!bl_is_alive(hanging[i]));
        gone = i + 1;
        if (i == n / 10)
            bl_yield();
    }
    idler(about);
}

/* A small table may have no room until others have gone. */
static bl_pid spawn_patiently(bl_function *function, bl_term arg, const bl_spawn_options *options)
{
    bl_pid p;
    for (;;) {
        p = bl_spawn_opt(function, arg, options);
        if (bl_pid_error(p) != BL_ELIMIT)
            return p;
        bl_yield();
    }
}

static int by_word(const void *a, const void *b)
{
    uint64_t x = ((const bl_pid *)a)->word, y = ((const bl_pid *)b)->word;
    return x < y ? -1 : x > y;
}

/* processes(): everybody once; all who lived all the time, and none who was gone before. */
static void look_at_all(int n)
{
    int were_gone = gone, are_told, count = 0;
    bl_term all = bl_processes();
    bl_pid *seen = bl_alloc((length(all) + 1) * sizeof *seen);
    are_told = told;
    for (; bl_is_cons(all); all = bl_tail(all))
        seen[count++] = bl_to_pid(bl_head(all));
    qsort(seen, (size_t)count, sizeof *seen, by_word);
    for (int i = 1; i < count; i++)
        CLAIM(!bl_same_pid(seen[i - 1], seen[i]));
    for (int i = 0; i < n; i++) {
        bool found = bsearch(&hanging[i], seen, (size_t)count, sizeof *seen, by_word) != NULL;
        CLAIM(i >= were_gone || !found);
        CLAIM(i < are_told || found);
    }
    bl_free(seen);
}

static bl_pid start_cleaner(void)
{
    bl_pid cleaner = bl_spawn_link(clean, self());
    claim_next(atom("alive"));
    return cleaner;
}

/* Theirs compares with the table itself, while nobody else runs. Here nothing stops the others: what each
 * has to find out of them is known before and after. */
static void look_while_they_end(int n)
{
    static const unsigned priorities[] = {BL_PRIORITY_LOW, BL_PRIORITY_NORMAL, BL_PRIORITY_HIGH};
    bl_pid cleaner = start_cleaner(), killer;
    told = gone = 0;
    hanging = bl_alloc((size_t)n * sizeof *hanging);
    for (int i = 0; i < n; i++) {
        bl_spawn_options o = {.priority = priorities[i % 3]};
        hanging[i] = spawn_patiently(hang_around, bl_from_pid(cleaner), &o);
        CLAIM(bl_pid_error(hanging[i]) == BL_OK);
        if (i % 3 == 2)
            for (int k = live(300000) / 10000; k > 0; k--) /* 30, who are gone at once */
                spawn_patiently(nothing, bl_int(0), NULL);
    }
    look_at_all(n);
    killer = spawn_patiently(end_them, BL_TUPLE(bl_from_pid(cleaner), bl_int(n)), &(bl_spawn_options){.link = true});
    for (int next = 0; next < n; next += n / 10 + 1) {
        while (gone < next)
            bl_yield();
        look_at_all(n);
    }
    while (gone < n)
        bl_yield();
    look_at_all(n);
    put_away(killer);
    put_away(cleaner);
}

CASE_IN(process, processes_large_tab, 1000000)
{
    look_while_they_end(live((int)full(100000, 20000)));
}

CASE(process, processes_default_tab)
{
    look_while_they_end(live((int)full(10000, 10000)));
}

CASE_IN(process, processes_small_tab, 1024)
{
    look_while_they_end((int)full(400, 400));
}

/* Beside others that have been there for long. */
CASE(process, processes_this_tab)
{
    for (int i = 0; i < 100; i++)
        bl_spawn(idler, bl_int(i));
    look_while_they_end(live((int)full(10000, 10000)));
}

/* {Scheduler, Tester, Parent, Generation}: it has a child when it hears `infant`, and its child ends it. */
static void spawn_infant(bl_term about)
{
    int64_t scheduler, generation;
    bl_pid tester, parent, child;
    MUST_MATCH(about, "{%i, %p, %p, %i}", &scheduler, &tester, &parent, &generation);
    bl_link(tester);
    if (is_atom(bl_receive(), "stop")) {
        BL_SEND(tester, "{%p, %i}", bl_self(), generation);
        return;
    }
    if (!bl_same_pid(parent, tester))
        BL_SEND(parent, "{die, %p}", bl_self());
    child = bl_spawn_on((unsigned)scheduler, spawn_infant,
                        BL_TERM("{%i, %p, %p, %i}", scheduler, tester, bl_self(), generation + 1));
    for (;;)
        BL_RECEIVE {
            BL_ON("infant") (void)0;
            BL_ON("{die, %=p}", child) return;
            BL_ON("stop") {
                bl_send(child, atom("stop"));
                return;
            }
        }
}

static void send_to_others(bl_term known, const char *message)
{
    for (bl_term all = bl_processes(); bl_is_cons(all); all = bl_tail(all))
        if (!is_in(bl_head(all), known))
            bl_send_to(bl_head(all), atom(message));
}

static void send_to_infants(bl_term known)
{
    for (bool over = false; !over;) {
        send_to_others(known, "infant");
        BL_RECEIVE {
            BL_ON("timeout") over = true;
            BL_AFTER(0) (void)0;
        }
    }
}

/* Theirs is not for one scheduler. */
CASE(process, processes_send_infant)
{
    enum { SPAWNERS = 6 };
    bl_term known = bl_processes(), reference;
    bl_spawn_options o = {.link = true, .monitor = true, .scheduler = 1, .reference = &reference};
    bl_pid sender;
    for (int64_t i = 0; i < SPAWNERS; i++) {
        int64_t scheduler = ON(1) ? 1 : i % 3 + 2;
        bl_spawn_link(spawn_infant, BL_TERM("{%i, %p, %p, 1}", scheduler, bl_self(), bl_self()));
    }
    sender = bl_spawn_opt(send_to_infants, known, &o);
    bl_send_after((uint64_t)milliseconds(1000, 300), bl_from_pid(sender), atom("timeout"));
    CLAIM(is_atom(claim_fired(reference), "normal"));
    send_to_others(known, "stop");
    for (int i = 0; i < SPAWNERS; i++)
        CLAIM(BL_MATCH(bl_receive(), "{%*p, %*i}"));
    claim_nothing();
}

static void look_for_pid(bl_term old)
{
    int64_t until = bl_monotonic_ns() + milliseconds(180000, 300) * 1000000;
    while (bl_monotonic_ns() < until)
        CLAIM(!bl_same(bl_from_pid(bl_spawn(nothing, bl_int(0))), old));
}

CASE(process, no_pid_wrap)
{
    bl_pid old = bl_spawn(nothing, bl_int(0));
    bl_term references[4];
    bl_process_flag(atom("priority"), atom("high"));
    bl_exit_signal(old, atom("kill"));
    CLAIM(!bl_is_alive(old));
    for (unsigned i = 0; i < otp_schedulers; i++)
        bl_spawn_monitor(look_for_pid, bl_from_pid(old), &references[i]);
    for (unsigned i = 0; i < otp_schedulers; i++)
        CLAIM(is_atom(bl_element(bl_receive(), 4), "normal"));
}

/* ---- aliases and tags ---- */

static void say(bl_term alias, int64_t n)
{
    CLAIM(bl_send_to(alias, BL_TUPLE(alias, bl_int(n))) == BL_OK);
}

static void claim_said(bl_term alias, int64_t n)
{
    claim_next(BL_TUPLE(alias, bl_int(n)));
}

/* {Reason, First, Then}: says 1 .. First to the alias that it is told, and when told so, some more. */
static void talk(bl_term about)
{
    bl_term reason, alias;
    int64_t first, then, n = 0;
    MUST_MATCH(about, "{%t, %i, %i}", &reason, &first, &then);
    BL_RECEIVE {
        BL_ON("{alias, %r}", &alias) (void)0;
    }
    while (n < first)
        say(alias, ++n);
    if (then)
        BL_RECEIVE {
            BL_ON("continue") (void)0;
        }
    while (n < first + then)
        say(alias, ++n);
    bl_exit(reason);
}

enum start { MONITORED, SPAWNED, REQUESTED };

/* Its monitor has these options, and begins in one of three ways. */
static bl_pid start_with_monitor(enum start how, bl_function *function, bl_term arg, unsigned options, bl_term tag,
                                 bl_term *reference)
{
    bl_spawn_options o = {.monitor = true, .monitor_options = options, .monitor_tag = tag, .reference = reference};
    bl_pid p;
    if (how == SPAWNED)
        return bl_spawn_opt(function, arg, &o);
    if (how == REQUESTED) {
        *reference = bl_spawn_request(function, arg, &o, no_term());
        MUST_MATCH(bl_receive(), "{spawn_reply, %=r, ok, %p}", *reference, &p);
        return p;
    }
    p = bl_spawn(function, arg);
    *reference = bl_monitor_opt(bl_from_pid(p), options, tag);
    return p;
}

static bl_pid start_talk(enum start how, bl_term reason, int first, int then, unsigned options, bl_term *alias)
{
    bl_pid p = start_with_monitor(how, talk, BL_TUPLE(reason, bl_int(first), bl_int(then)), options, no_term(), alias);
    BL_SEND(p, "{alias, %r}", *alias);
    return p;
}

/* Who says something to an alias that is none any more. */
static void talk_in_vain(bl_term alias)
{
    bl_term monitor;
    bl_pid p = bl_spawn_monitor(talk, BL_TERM("{normal, 2, 0}"), &monitor);
    BL_SEND(p, "{alias, %r}", alias);
    claim_down(monitor, bl_from_pid(p), atom("normal"));
}

static void live_and_end(enum start how, bl_term reason)
{
    bl_term alias, other;
    bl_pid p = start_talk(how, reason, 2, 2, BL_ALIAS_UNALIAS, &alias);
    claim_said(alias, 1);
    claim_said(alias, 2);
    CLAIM(bl_unalias(alias));
    bl_send(p, atom("continue"));
    claim_down(alias, bl_from_pid(p), reason);
    p = start_talk(how, reason, 2, 2, BL_ALIAS_DEMONITOR, &alias);
    claim_said(alias, 1);
    claim_said(alias, 2);
    CLAIM(bl_demonitor(alias, false, NULL) == BL_OK);
    other = bl_monitor(p);
    bl_send(p, atom("continue"));
    claim_down(other, bl_from_pid(p), reason);
    p = start_talk(how, reason, 2, 0, BL_ALIAS_DEMONITOR, &alias);
    claim_said(alias, 1);
    claim_said(alias, 2);
    claim_down(alias, bl_from_pid(p), reason);
    talk_in_vain(alias);
    p = start_talk(how, reason, 0, 0, BL_ALIAS_REPLY, &alias);
    claim_down(alias, bl_from_pid(p), reason);
    talk_in_vain(alias);
    p = start_with_monitor(how, talk, BL_TUPLE(reason, bl_int(2), bl_int(0)), BL_ALIAS_REPLY, no_term(), &alias);
    other = bl_monitor(p);
    BL_SEND(p, "{alias, %r}", alias);
    claim_said(alias, 1);
    claim_down(other, bl_from_pid(p), reason);
    claim_nothing();
}

CASE(process, alias_bif)
{
    static const unsigned options[] = {0, BL_ALIAS_UNALIAS, BL_ALIAS_REPLY};
    for (int i = 0; i < 3; i++) {
        bl_term alias = bl_alias(options[i]), monitor;
        bl_pid p = bl_spawn_monitor(talk, BL_TERM("{normal, 2, 2}"), &monitor);
        BL_SEND(p, "{alias, %r}", alias);
        claim_said(alias, 1);
        if (i < 2) {
            claim_said(alias, 2);
            CLAIM(bl_unalias(alias));
        }
        bl_send(p, atom("continue"));
        claim_down(monitor, bl_from_pid(p), atom("normal"));
        claim_nothing();
    }
}

CASE(process, monitor_alias)
{
    live_and_end(MONITORED, atom("normal"));
}

/* A reason that is a word, and one that is not, travel in different ways. */
CASE(process, spawn_monitor_alias)
{
    bl_spawn_options bad = {.monitor = true, .monitor_options = 1u << 20};
    CLAIM(bl_pid_error(bl_spawn_opt(nothing, bl_int(0), &bad)) == BL_EINVAL);
    bl_term r = bl_spawn_request(nothing, bl_int(0), &bad, no_term());
    claim_next(BL_TUPLE(atom("spawn_reply"), r, atom("error"), atom("badopt")));
    for (enum start how = SPAWNED; how <= REQUESTED; how++) {
        live_and_end(how, atom("normal"));
        live_and_end(how, BL_TERM("{%r, [compound]}", bl_make_reference()));
    }
}

static void claim_tagged(bl_term tag, bl_term reference, bl_pid p, bl_term reason)
{
    claim_next(BL_TUPLE(tag, reference, atom("process"), bl_from_pid(p), reason));
}

static void tag_it(enum start how, bl_term tag, bl_term reason)
{
    bl_term r;
    bl_pid p = bl_spawn(exit_on_go, reason);
    r = bl_monitor_opt(bl_from_pid(p), 0, tag);
    bl_send(p, atom("go"));
    claim_tagged(tag, r, p, reason);
    r = bl_monitor_opt(bl_from_pid(p), 0, tag);
    claim_tagged(tag, r, p, atom("noproc"));
    p = start_with_monitor(how, exit_with, reason, 0, tag, &r);
    claim_tagged(tag, r, p, reason);
}

CASE(process, monitor_tag)
{
    bl_term words[] = {atom("immed"), BL_TERM("{%r, [compound]}", bl_make_reference())};
    bl_term reasons[] = {atom("normal"), BL_TERM("{%r, [compound]}", bl_make_reference())};
    for (enum start how = SPAWNED; how <= REQUESTED; how++)
        for (int i = 0; i < 4; i++)
            tag_it(how, words[i % 2], reasons[i / 2]);
}
