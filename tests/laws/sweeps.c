/* Anybody may have a process collect its garbage: whatever it does meanwhile, it keeps what it holds, and
 * goes on with what it was at; and who has asked is answered once. */
#include "support/processes.h"
#include "support/random.h"

enum { HELD = 1000 };

static bl_term list_to(int64_t n)
{
    bl_term list = bl_nil();
    while (n > 0)
        list = bl_cons(bl_int(n--), list);
    return list;
}

static void claim_held(bl_term list)
{
    int64_t sum = 0;
    for (; bl_is_cons(list); list = bl_tail(list))
        sum += bl_to_int(bl_head(list));
    CLAIM(bl_is_nil(list) && sum == HELD * (HELD + 1) / 2);
}

/* ---- whatever it does: `say` is who is told when it is there, and when it has looked at what it held ---- */

static bl_term ready(bl_term say, bl_pid to)
{
    bl_term held = list_to(HELD);
    list_to(100);
    bl_send_to(say, bl_from_pid(to));
    return held;
}

static void receives(bl_term say)
{
    bl_term held = ready(say, bl_self());
    CLAIM(is_atom(bl_receive(), "go"));
    claim_held(held);
    bl_send_to(say, atom("fine"));
}

static void selects(bl_term say)
{
    bl_term held = ready(say, bl_self());
    BL_RECEIVE {
        BL_ON("go") claim_held(held);
    }
    bl_send_to(say, atom("fine"));
}

static void selects_for_a_while(bl_term say)
{
    bl_term held = ready(say, bl_self());
    for (bool more = true; more;)
        BL_RECEIVE {
            BL_ON("go") more = false;
            BL_AFTER(1) {}
        }
    claim_held(held);
    bl_send_to(say, atom("fine"));
}

static void sleeps(bl_term say)
{
    bl_term held = ready(say, bl_self());
    bl_sleep(20);
    CLAIM(is_atom(bl_receive(), "go"));
    claim_held(held);
    bl_send_to(say, atom("fine"));
}

static void go_first(bl_term unused)
{
    (void)unused;
    CLAIM(is_atom(bl_receive(), "go"));
}

static void waits(bl_term say)
{
    bl_pid other = bl_spawn(go_first, bl_int(0));
    bl_term held = ready(say, other);
    CLAIM(bl_wait(other, NULL) == BL_OK);
    claim_held(held);
    bl_send_to(say, atom("fine"));
}

static void gives_way(bl_term say)
{
    bl_term held = ready(say, bl_self());
    while (!bl_mailbox_length())
        bl_yield();
    claim_held(held);
    bl_send_to(say, atom("fine"));
}

static void wakes_up(bl_term kept)
{
    CLAIM(is_atom(bl_receive(), "go"));
    claim_held(bl_element(kept, 0));
    bl_send_to(bl_element(kept, 1), atom("fine"));
}

static void hibernates(bl_term say)
{
    bl_term held = ready(say, bl_self());
    bl_hibernate(wakes_up, BL_TUPLE(held, say));
}

static bl_term rests(bl_term state, bl_term message)
{
    if (!is_atom(message, "go"))
        return BL_TUPLE(ready(message, bl_self()), message);
    claim_held(bl_element(state, 0));
    bl_send_to(bl_element(state, 1), atom("fine"));
    return bl_nil();
}

static int64_t minors(bl_pid p)
{
    bl_term all = info(p, "garbage_collection");
    for (; bl_is_cons(all); all = bl_tail(all))
        if (is_atom(bl_element(bl_head(all), 0), "minor_gcs"))
            return bl_to_int(bl_element(bl_head(all), 1));
    return -1;
}

static void sweep_thoroughly(bl_pid p, bool quiet)
{
    CLAIM(bl_garbage_collect(p, BL_COLLECT_MAJOR) == BL_OK);
    int64_t before = minors(p);
    CLAIM(bl_garbage_collect(p, BL_COLLECT_MINOR) == BL_OK);
    CLAIM(!quiet || TEST_HOSTILE_BUILD || minors(p) == before + 1);
    for (int i = 0; i < 5; i++)
        CLAIM(bl_garbage_collect(p, i % 2 ? BL_COLLECT_MINOR : BL_COLLECT_MAJOR) == BL_OK);
    CLAIM(!quiet || TEST_HOSTILE_BUILD || minors(p) == 0);
    CLAIM(bl_to_int(info(p, "heap_size")) >= 2 * HELD);
}

static bl_term self(void)
{
    return bl_from_pid(bl_self());
}

static void finish(bl_term gate)
{
    bl_send_to(gate, atom("go"));
    CLAIM(is_atom(bl_receive(), "fine"));
}

static void sweep_all(bl_term unused)
{
    bl_function *const kinds[] = {receives, selects, selects_for_a_while, sleeps, waits, gives_way, hibernates};
    (void)unused;
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (int k = 0; k < 5; k++) {
            bl_pid p = bl_spawn(kinds[i], self());
            if (k == 4)
                CLAIM(bl_garbage_collect(p, BL_COLLECT_MAJOR) == BL_OK); /* it may not have begun */
            bl_term gate = bl_receive();
            if (k % 2 && kinds[i] != gives_way)
                await_waiting(p);
            sweep_thoroughly(p, kinds[i] == receives || kinds[i] == selects);
            finish(gate);
        }
    bl_pid resting = bl_spawn_resting(rests, bl_nil());
    bl_send(resting, self());
    bl_term gate = bl_receive();
    sweep_thoroughly(resting, true);
    finish(gate);
}

LAW(sweeps, leave_what_a_process_holds)
{
    run(sweep_all);
}

static void sweep_self(bl_term unused)
{
    bl_term held = list_to(HELD);
    (void)unused;
    sweep_thoroughly(bl_self(), true);
    CLAIM(bl_garbage_collect_async(bl_self(), BL_COLLECT_MAJOR, BL_TERM("{my, id}")) == BL_OK);
    CLAIM(bl_same(bl_receive(), BL_TERM("{garbage_collect, {my, id}, true}")));
    claim_held(held);
    CLAIM(bl_garbage_collect(bl_self(), (bl_collection)7) == BL_EINVAL);
    CLAIM(bl_garbage_collect_async(bl_self(), BL_COLLECT_MAJOR, (bl_term){0}) == BL_EINVAL);
}

LAW(sweeps, of_oneself)
{
    run(sweep_self);
}

/* Nobody waits for one who is suspended. */
static void sweep_suspended(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(selects, self());
    bl_term gate = bl_receive();
    CLAIM(bl_suspend(p) == BL_OK);
    CLAIM(bl_garbage_collect(p, BL_COLLECT_MAJOR) == BL_OK);
    CLAIM(bl_resume(p) == BL_OK);
    finish(gate);
}

LAW(sweeps, do_not_wait_for_the_suspended)
{
    run(sweep_suspended);
}

/* It is taken in together with a message, or comes when all is over: what a sleeper without a stack keeps
 * is found all the same. */
static void sweep_behind_message(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(200); i++) {
        bl_pid p = bl_spawn(hibernates, self());
        bl_term gate = bl_receive();
        await_waiting(p);
        bl_send_to(gate, atom("go"));
        CLAIM(bl_garbage_collect_async(p, BL_COLLECT_MAJOR, bl_int(7)) == BL_OK);
        for (int n = 0; n < 2; n++)
            BL_RECEIVE {
                BL_ON("fine") {}
                BL_ON("{garbage_collect, 7, %*a}") {}
            }
    }
}

LAW(sweeps, behind_a_message)
{
    run(sweep_behind_message);
}

static bl_term rest_long(bl_term state, bl_term message)
{
    if (bl_is_pid(message))
        return BL_TUPLE(ready(message, bl_self()), message);
    bl_reduce(100);
    claim_held(bl_element(state, 0));
    if (bl_to_int(message) == 0)
        bl_send_to(bl_element(state, 1), atom("fine"));
    return state;
}

/* It comes between two time slices of a resting process, which has messages left over. */
static void sweep_between_slices(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(40); i++) {
        bl_pid p = bl_spawn_resting(rest_long, bl_nil());
        bl_send(p, self());
        CLAIM(bl_same_pid(bl_to_pid(bl_receive()), p));
        for (int64_t n = 100; n >= 0; n--)
            bl_send(p, bl_int(n));
        for (bool more = true; more;) {
            CLAIM(bl_garbage_collect(p, BL_COLLECT_MAJOR) == BL_OK);
            BL_RECEIVE {
                BL_ON("fine") more = false;
                BL_AFTER(0) bl_yield();
            }
        }
        bl_exit_signal(p, atom("kill"));
    }
}

LAW(sweeps, between_time_slices)
{
    run(sweep_between_slices);
}

/* It ends before it comes to it. */
static void sweep_and_kill(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(200); i++) {
        bl_pid p = bl_spawn(i % 2 ? selects : receives, self());
        bl_receive();
        await_waiting(p);
        CLAIM(bl_garbage_collect_async(p, BL_COLLECT_MAJOR, bl_int(7)) == BL_OK);
        bl_exit_signal(p, atom("kill"));
        BL_RECEIVE {
            BL_ON("{garbage_collect, 7, %*a}") {}
        }
    }
    claim_nothing();
}

LAW(sweeps, of_who_is_killed_are_answered)
{
    run(sweep_and_kill);
}

/* Two who wait for each other: each collects meanwhile, and answers. */
static void sweep_each_other(bl_term first)
{
    bl_term held = list_to(HELD);
    bl_pid other;
    if (bl_is_pid(first)) {
        other = bl_to_pid(first);
        bl_send(other, self());
    } else {
        bl_spawn_link(sweep_each_other, self());
        other = bl_to_pid(bl_receive());
    }
    for (int i = rounds(2000); i > 0; i--)
        CLAIM(bl_garbage_collect(other, i % 2 ? BL_COLLECT_MAJOR : BL_COLLECT_MINOR) == BL_OK);
    claim_held(held);
    bl_send(other, atom("enough"));
    CLAIM(is_atom(bl_receive(), "enough"));
}

LAW(sweeps, of_each_other)
{
    run(sweep_each_other);
}

/* From a thread. */
LAW(sweeps, from_outside)
{
    bl_pid p = bl_spawn(receives, bl_from_pid(bl_spawn(sleeper, bl_int(0))));
    for (int i = 0; i < 10; i++)
        cr_assert_eq(bl_garbage_collect(p, i % 2 ? BL_COLLECT_MINOR : BL_COLLECT_MAJOR), BL_OK);
    bl_send(p, atom("go"));
    cr_assert(ended_well(p));
    cr_assert_eq(bl_garbage_collect(p, BL_COLLECT_MAJOR), BL_ENOPROC);
}

/* ---- many, at random ---- */

enum { TARGETS = 4, ASKERS = 4 };

static _Atomic uint64_t targets[TARGETS];

/* Holds, makes garbage, and dies now and then. */
static void live_on(bl_term which)
{
    bl_term held = list_to(HELD);
    for (int64_t i = 0;; i++)
        BL_RECEIVE {
            BL_ON("live") {
                list_to(i % 50);
                claim_held(held);
            }
            BL_ON("die") {
                bl_pid next = bl_spawn(live_on, which);
                atomic_store(&targets[bl_to_int(which)], next.word);
                return;
            }
            BL_AFTER(i % 3) {}
        }
}

static int64_t answered(int64_t wanted, bool all)
{
    int64_t n = 0;
    for (bool more = true; more && n < wanted;)
        BL_RECEIVE {
            BL_ON("{garbage_collect, 7, true}") n++;
            BL_ON("{garbage_collect, 7, false}") n++;
            BL_AFTER(all ? BL_INFINITY : 0) more = false;
        }
    return n;
}

static void ask_at_random(bl_term seed)
{
    struct random r = {(uint64_t)bl_to_int(seed)};
    int64_t open = 0;
    for (int i = rounds(4000); i > 0; i--) {
        bl_pid p = {atomic_load(&targets[random_below(&r, TARGETS)])};
        bl_collection type = random_below(&r, 2) ? BL_COLLECT_MAJOR : BL_COLLECT_MINOR;
        bl_send(p, atom(random_below(&r, 50) ? "live" : "die"));
        if (random_below(&r, 2)) {
            CLAIM(bl_garbage_collect_async(p, type, bl_int(7)) == BL_OK);
            open++;
        } else {
            bl_error error = bl_garbage_collect(p, type);
            CLAIM(error == BL_OK || error == BL_ENOPROC);
        }
        open -= answered(open, false);
    }
    CLAIM(answered(open, true) == open);
    bl_yield();
    claim_nothing();
}

LAW(sweeps, are_answered_once)
{
    uint64_t seed = random_seed("are_answered_once");
    bl_pid askers[ASKERS];
    for (int i = 0; i < TARGETS; i++)
        atomic_store(&targets[i], bl_spawn(live_on, bl_int(i)).word);
    for (int i = 0; i < ASKERS; i++)
        askers[i] = bl_spawn(ask_at_random, bl_int((int64_t)(random_split(seed, (uint64_t)i).state >> 4)));
    for (int i = 0; i < ASKERS; i++)
        cr_assert(ended_well(askers[i]));
}
