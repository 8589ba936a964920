/* erl_link.c - cases of erl_link_SUITE. */
#include "otp/words.h"
#include "support/random.h"

/* ---- a process that does what it is told: {call, Function, Argument, From}, or cast ---- */

static void test_process(bl_term unused)
{
    bl_term function, arg;
    bl_pid from;
    (void)unused;
    for (;;)
        BL_RECEIVE {
            BL_ON("{call, %F, %t, %p}", &function, &arg, &from)
                bl_send(from, BL_TUPLE(atom("answer"), self(), bl_call(function, arg)));
            BL_ON("{cast, %F, %t}", &function, &arg) bl_call(function, arg);
        }
}

static bl_term call(bl_pid p, bl_callback *f, bl_term arg)
{
    bl_term answer = atom("none");
    bl_send(p, BL_TUPLE(atom("call"), bl_function_of(f, NULL, 0), arg, self()));
    BL_RECEIVE {
        BL_ON("{answer, %=p, %t}", p, &answer) (void)0;
    }
    return answer;
}

static void cast(bl_pid p, bl_callback *f, bl_term arg)
{
    CLAIM(bl_send(p, BL_TUPLE(atom("cast"), bl_function_of(f, NULL, 0), arg)) == BL_OK);
}

/* What it can be told. */
#define TOLD(name) static bl_term name(const bl_term *captured __attribute__((unused)), \
                                       size_t n __attribute__((unused)), bl_term arg)

TOLD(link_to)
{
    return bl_int(bl_link(bl_to_pid(arg)));
}

TOLD(unlink_from)
{
    return bl_int(bl_unlink(bl_to_pid(arg)));
}

TOLD(spawn_linked)
{
    return bl_from_pid(bl_spawn_link(test_process, arg));
}

TOLD(trap)
{
    return atom(bl_trap_exit(is_atom(arg, "true")) ? "true" : "false");
}

TOLD(leave)
{
    bl_exit(arg);
    return arg;
}

TOLD(next_message)
{
    return bl_is_nil(arg) ? bl_receive() : arg;
}

TOLD(monitor_it)
{
    return bl_monitor_opt(arg, 0, no_term());
}

TOLD(demonitor_it)
{
    return bl_int(bl_demonitor(arg, false, NULL));
}

TOLD(take_name)
{
    return bl_int(bl_register(arg, bl_self()));
}

/* ---- what both ends say ---- */

/* Of one who has ended: nothing. */
static bool says(bl_pid p, const char *item, bl_term element)
{
    return is_in(element, bl_element(bl_process_info(p, atom(item)), 1));
}

static bool linked(bl_pid a, bl_pid b)
{
    return says(a, "links", bl_from_pid(b));
}

static void claim_link(bl_pid a, bl_pid b)
{
    CLAIM(linked(a, b) && linked(b, a));
}

static void claim_no_link(bl_pid a, bl_pid b)
{
    CLAIM(!linked(a, b) && !linked(b, a));
}

static void await_dead(bl_pid p)
{
    while (bl_is_alive(p))
        bl_yield();
}

static void claim_ok(bl_term answer)
{
    CLAIM(bl_same(answer, bl_int(BL_OK)));
}

CASE(erl_link, links)
{
    bl_pid p1 = bl_spawn(test_process, bl_int(0)), p2, p3;
    claim_no_link(p1, bl_self());
    p2 = bl_to_pid(call(p1, spawn_linked, bl_int(0)));
    claim_link(p1, p2);
    claim_ok(call(p2, unlink_from, bl_from_pid(p1)));
    claim_no_link(p1, p2);
    claim_ok(call(p2, link_to, bl_from_pid(p1)));
    claim_link(p1, p2);
    CLAIM(is_atom(call(p2, trap, atom("true")), "false"));
    cast(p1, leave, atom("died"));
    CLAIM(bl_same(call(p2, next_message, bl_nil()), BL_TERM("{'EXIT', %p, died}", p1)));
    claim_no_link(p1, p2);
    p3 = bl_to_pid(call(p2, spawn_linked, bl_int(0)));
    claim_link(p3, p2);
    cast(p2, leave, atom("died"));
    await_dead(p3);
    claim_no_link(p3, p2);
    CLAIM(bl_link(bl_self()) == BL_OK);
    CLAIM(!linked(bl_self(), bl_self()));
    CLAIM(bl_unlink(bl_self()) == BL_OK);
}

/* ---- monitors ---- */

static bl_term in_down(bl_term of)
{
    return bl_is_pid(of) ? of : BL_TUPLE(of, atom("nonode@nohost"));
}

static void claim_monitor(bl_pid watcher, bl_pid watched, bl_term of)
{
    CLAIM(says(watcher, "monitors", BL_TUPLE(atom("process"), in_down(of))));
    CLAIM(says(watched, "monitored_by", bl_from_pid(watcher)));
}

static void claim_no_monitor(bl_pid watcher, bl_pid watched, bl_term of)
{
    CLAIM(!says(watcher, "monitors", BL_TUPLE(atom("process"), in_down(of))));
    CLAIM(!says(watched, "monitored_by", bl_from_pid(watcher)));
}

static bl_term down(bl_term reference, bl_term of, const char *reason)
{
    return BL_TUPLE(atom("DOWN"), reference, atom("process"), in_down(of), atom(reason));
}

/* `of` is the second, or a name that it has. */
static void monitor_each_other(bl_pid p1, bl_pid p2, bl_term of)
{
    bl_term r = call(p1, monitor_it, of);
    claim_monitor(p1, p2, of);
    call(p2, demonitor_it, r); /* not one of his */
    claim_monitor(p1, p2, of);
    claim_ok(call(p1, demonitor_it, r));
    claim_no_monitor(p1, p2, of);
    r = call(p1, monitor_it, of);
    claim_monitor(p1, p2, of);
    cast(p2, leave, atom("bye"));
    await_dead(p2);
    CLAIM(bl_same(call(p1, next_message, bl_nil()), down(r, of, "bye")));
    claim_no_monitor(p1, p2, of);
    r = call(p1, monitor_it, of);
    CLAIM(bl_same(call(p1, next_message, bl_nil()), down(r, of, "noproc")));
    claim_no_monitor(p1, p2, of);
    cast(p1, leave, atom("normal"));
    await_dead(p1);
}

CASE(erl_link, process_monitors)
{
    bl_term name = atom("common_process_monitors"), r1, r2;
    bl_pid p1 = bl_spawn(test_process, bl_int(0)), p2 = bl_spawn(test_process, bl_int(0));
    monitor_each_other(p1, p2, bl_from_pid(p2));
    p1 = bl_spawn(test_process, bl_int(0));
    p2 = bl_spawn(test_process, bl_int(0));
    claim_ok(call(p2, take_name, name));
    monitor_each_other(p1, p2, name);
    r1 = bl_monitor(bl_self());
    CLAIM(bl_register(atom("process_monitors"), bl_self()) == BL_OK);
    r2 = bl_monitor_name(atom("process_monitors"));
    CLAIM(bl_is_reference(r1) && bl_is_reference(r2));
    CLAIM(bl_is_nil(info(bl_self(), "monitors")) && !says(bl_self(), "monitored_by", self()));
    BL_RECEIVE {
        BL_ON("{'DOWN', %*r, _, _, _}") CLAIM(false);
        BL_AFTER(milliseconds(500, 50)) (void)0;
    }
    CLAIM(bl_demonitor(r1, false, NULL) == BL_OK && bl_demonitor(r2, false, NULL) == BL_OK);
}

/* After it is said that a monitor is over, its message is there or does not come. */
CASE(erl_link, otp_5772_monitor)
{
    bl_spawn_options low = {.priority = BL_PRIORITY_LOW};
    bl_process_flag(atom("priority"), atom("high"));
    for (int64_t i = full(1, 1000); i > 0; i--) {
        bl_pid p = bl_spawn_opt(test_process, bl_int(0), &low);
        bl_term r = bl_monitor(p);
        bl_exit_signal(p, atom("bang"));
        if (i % 2)
            bl_yield();
        CLAIM(bl_demonitor(r, false, NULL) == BL_OK);
        BL_RECEIVE {
            BL_ON("{'DOWN', %=r, _, _, _}", r) (void)0;
            BL_AFTER(0) (void)0;
        }
    }
    BL_RECEIVE {
        BL_ON("{'DOWN', %*r, _, _, _}") CLAIM(false);
        BL_AFTER(milliseconds(1000, 50)) (void)0;
    }
}

/* ---- both ends link and unlink at once ---- */

static void link_and_unlink(bl_term tester)
{
    bl_pid to = bl_to_pid(tester);
    for (;;) {
        claim_next(atom("go"));
        CLAIM(bl_link(to) == BL_OK);
        CLAIM(bl_unlink(to) == BL_OK);
        bl_send(to, atom("done"));
    }
}

/* We link while the other links and unlinks us. If then there is a link, both know of it. */
CASE(erl_link, otp_17127_local_link_with_simultaneous_link_unlink)
{
    bl_spawn_options o = {.scheduler = ON(1) ? 1 : 2};
    bl_pid p = bl_spawn_opt(link_and_unlink, self(), &o);
    bool is;
    bl_trap_exit(true);
    for (int64_t i = full(1000, 40000); i > 0; i--) {
        bl_send(p, atom("go"));
        if (i % 3 == 0)
            bl_yield();
        CLAIM(bl_link(p) == BL_OK);
        claim_next(atom("done"));
        is = linked(bl_self(), p);
        CLAIM(is == linked(p, bl_self()));
        CLAIM(bl_unlink(p) == BL_OK);
        claim_no_link(bl_self(), p);
    }
    CLAIM(bl_link(p) == BL_OK);
    CLAIM(bl_exit_signal(p, atom("bang")) == BL_OK);
    claim_exit(p, atom("bang"));
    claim_nothing();
}

/* {Seed, Operations, Tester}: links to the other and unlinks, as it comes; and waits for the end. */
static void link_at_random(bl_term about)
{
    int64_t seed, operations;
    bl_pid tester, other;
    bl_term reason;
    MUST_MATCH(about, "{%i, %i, %p}", &seed, &operations, &tester);
    struct random random = random_split((uint64_t)seed, (uint64_t)operations);
    bl_trap_exit(true);
    BL_RECEIVE {
        BL_ON("{other, %p}", &other) (void)0;
    }
    for (int64_t i = 0; i < operations; i++)
        CLAIM((random_below(&random, 2) ? bl_link(other) : bl_unlink(other)) == BL_OK);
    bl_send(tester, atom("done"));
    BL_RECEIVE {
        BL_ON("{'EXIT', %=p, %t}", other, &reason) BL_SEND(tester, "{exit, %t}", reason);
        BL_ON("'no link'") bl_send(tester, atom("none"));
    }
}

enum { PAIRS = 50 };

static void link_pair_at_random(int64_t seed)
{
    bl_pid p[2];
    bool is;
    for (int64_t i = 0; i < 2; i++)
        p[i] = bl_spawn(link_at_random, BL_TERM("{%i, %i, %p}", seed, full(1000, 400) + i, bl_self()));
    BL_SEND(p[0], "{other, %p}", p[1]);
    BL_SEND(p[1], "{other, %p}", p[0]);
    claim_next(atom("done"));
    claim_next(atom("done"));
    is = linked(p[0], p[1]);
    CLAIM(is == linked(p[1], p[0]));
    if (!is)
        bl_send(p[1], atom("no link"));
    bl_exit_signal(p[0], atom("kill"));
    claim_next(is ? BL_TERM("{exit, killed}") : atom("none"));
}

CASE(erl_link, otp_17127_local_random)
{
    int64_t seed = (int64_t)(random_seed("otp_17127_local_random") & 0xffffffff);
    for (int64_t i = 0; i < PAIRS; i++)
        link_pair_at_random(seed + i);
}
