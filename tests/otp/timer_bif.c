/* timer_bif.c - cases of timer_bif_SUITE. `false` is -1 here, and a time is an unsigned number: what is
 * none (a float, an atom) does not compile. What memory the timers take is seen by how many there are
 * (bl_stats). Where their process goes to another scheduler, another process is there. */
#include "otp/otp.h"

static const int64_t ms_in_ns = 1000 * 1000;

static bl_term self(void)
{
    return bl_from_pid(bl_self());
}

static uint64_t timers_set(void)
{
    bl_stats stats;
    CLAIM(bl_get_stats(&stats) == BL_OK);
    return stats.timers;
}

/* What is over is counted so when somebody has seen to it. */
static void await_timers(uint64_t n)
{
    while (timers_set() != n)
        bl_yield();
}

static void wait_ms(int64_t ms)
{
    CLAIM(bl_sleep((uint64_t)ms) == BL_OK);
}

static int64_t now_ms(void)
{
    return bl_monotonic_ns() / ms_in_ns;
}

/* ---- basic ---- */

CASE(timer_bif, send_after_1)
{
    int64_t before = bl_monotonic_ns(), ms = full(1000, 1000);
    bl_term timer = bl_send_after((uint64_t)ms, self(), atom("plipp"));
    CLAIM(is_atom(bl_receive(), "plipp"));
    CLAIM(bl_monotonic_ns() - before >= ms * ms_in_ns);
    CLAIM(bl_read_timer(timer) == -1);
}

enum { STEP_MS = 50 };

/* Ends with `late` if it took too long to set them: then their times were others. */
static void set_and_collect(bl_term unused)
{
    static const int64_t order[] = {10, 0, 2, 1, 5, 3, 4}; /* theirs: 50, 0, 2, ..., a hundred milliseconds each */
    int64_t before = now_ms();
    (void)unused;
    for (unsigned i = 0; i < 7; i++)
        CLAIM(!bl_is_none(bl_send_after((uint64_t)order[i] * STEP_MS, self(), bl_int(order[i]))));
    if (now_ms() - before >= STEP_MS / 2)
        bl_exit(atom("late"));
    for (int64_t i = 0; i < 6; i++)
        CLAIM(receive() == i);
    CLAIM(receive() == 10);
}

/* In the order of their times, not of their making. */
CASE(timer_bif, send_after_2)
{
    bl_term monitor, m;
    bl_spawn_options in_one_place = {.scheduler = 1, .monitor = true, .reference = &monitor};
    do {
        CLAIM(bl_pid_error(bl_spawn_opt(set_and_collect, bl_int(0), &in_one_place)) == BL_OK);
        m = bl_receive();
        CLAIM(bl_same(bl_element(m, 1), monitor));
    } while (is_atom(bl_element(m, 4), "late"));
    CLAIM(is_atom(bl_element(m, 4), "normal"));
}

CASE(timer_bif, cancel_timer_1)
{
    CLAIM(bl_cancel_timer(bl_make_reference()) == -1);
}

struct sync {
    bl_term wanted[3], over[3], none[3];
};

static struct sync sync_timers;

/* Three ways to cancel: to be told how much was left; not to look; to be told by message. */
static void cancel_them(bl_term unused)
{
    (void)unused;
    struct sync *t = &sync_timers;
    CLAIM(bl_cancel_timer(t->wanted[0]) >= 0);
    (void)bl_cancel_timer(t->wanted[1]);
    CLAIM(bl_cancel_timer_async(t->wanted[2]) == BL_OK);
    bl_term m = bl_receive();
    CLAIM(is_atom(bl_element(m, 0), "cancel_timer") && bl_same(bl_element(m, 1), t->wanted[2]));
    CLAIM(bl_is_int(bl_element(m, 2)));
    for (int i = 0; i < 3; i++) {
        CLAIM(bl_cancel_timer(t->over[i]) == -1);
        CLAIM(bl_cancel_timer(t->none[i]) == -1);
        CLAIM(bl_cancel_timer_async(t->over[i]) == BL_OK);
        CLAIM(BL_MATCH(bl_receive(), "{cancel_timer, %=r, false}", t->over[i]));
    }
}

static void run_on(unsigned scheduler, bl_function *function)
{
    bl_term monitor;
    bl_spawn_options there = {.scheduler = scheduler, .monitor = true, .reference = &monitor};
    bl_pid p = bl_spawn_opt(function, bl_int(0), &there);
    claim_down(monitor, bl_from_pid(p), atom("normal"));
}

static void set_and_cancel(void (*cancel)(void))
{
    struct sync *t = &sync_timers;
    for (int i = 0; i < 3; i++) {
        t->wanted[i] = bl_send_after(60000, self(), atom("unwanted"));
        t->over[i] = bl_send_after(0, self(), bl_int(i));
        t->none[i] = bl_make_reference();
    }
    for (int i = 0; i < 3; i++)
        receive();
    cancel();
    await_timers(0);
    claim_nothing();
}

static void cancel_here(void)
{
    cancel_them(bl_int(0));
}

static void cancel_elsewhere(void)
{
    run_on(ON(4) ? 4 : 1, cancel_them);
}

CASE(timer_bif, cancel_timer_sync)
{
    set_and_cancel(cancel_here);
    set_and_cancel(cancel_elsewhere);
}

/* What is no timer is as good as one that is over; to ask for a message about it is a mistake. */
CASE(timer_bif, read_timer_trivial)
{
    bl_term wrong[] = {bl_int(42), bl_float(4234978347444444.0), self(), atom("ab"), BL_TERM("{ab}")};
    CLAIM(bl_read_timer(bl_make_reference()) == -1);
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CLAIM(bl_read_timer(wrong[i]) == -1);
        CLAIM(bl_read_timer_async(wrong[i]) == BL_EINVAL);
    }
    claim_nothing();
}

CASE(timer_bif, send_after_e)
{
    bl_term wrong[] = {bl_int(42), bl_float(4.5), BL_TERM("{a, node}"), BL_TERM("[]"), bl_make_reference()};
    CLAIM(bl_is_none(bl_send_after((uint64_t)-4, self(), atom("hej"))));
    CLAIM(bl_is_none(bl_send_after(UINT64_MAX, self(), atom("hej"))));
    CLAIM(bl_is_none(bl_send_after(1, self(), (bl_term){0})));
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CLAIM(bl_is_none(bl_send_after(1000, wrong[i], atom("hej"))));
    CLAIM(timers_set() == 0);
}

/* ---- far ahead ---- */

typedef bl_term set_timer(uint64_t, bl_term, bl_term);

static void set_far(set_timer *set, int64_t ms)
{
    bl_term timer = set((uint64_t)ms, self(), atom("hej"));
    wait_ms(full(200, 200));
    int64_t left = bl_cancel_timer(timer);
    CLAIM(left > 0 && ms - left >= full(200, 200));
    CLAIM(ms - left < 3600 * 1000); /* as long as we have waited, not days */
}

CASE(timer_bif, start_timer_big)
{
    set_far(bl_start_timer, INT64_C(1) << 31);
}

CASE(timer_bif, send_after_big)
{
    set_far(bl_send_after, INT64_C(1) << 31);
}

static bl_term far_timer;

/* {what, Timer, Left} is the next message. Left; -1: false. */
static int64_t left_in(const char *what)
{
    bl_term m = bl_receive();
    CLAIM(is_atom(bl_element(m, 0), what) && bl_same(bl_element(m, 1), far_timer));
    CLAIM(bl_is_int(bl_element(m, 2)) || is_atom(bl_element(m, 2), "false"));
    return bl_is_int(bl_element(m, 2)) ? bl_to_int(bl_element(m, 2)) : -1;
}

static void read_from_elsewhere(bl_term unused)
{
    (void)unused;
    wait_ms(full(200, 200));
    CLAIM(bl_read_timer_async(far_timer) == BL_OK);
    CLAIM(bl_cancel_timer_async(far_timer) == BL_OK);
    CLAIM(bl_read_timer_async(far_timer) == BL_OK);
    int64_t left = left_in("read_timer"), left_then = left_in("cancel_timer");
    CLAIM(left_in("read_timer") == -1);
    CLAIM(left_then > 0 && left_then <= left);
    CLAIM((INT64_C(1) << 33) - left >= full(200, 200) && (INT64_C(1) << 33) - left < 3600 * 1000);
}

/* More than a wheel reaches ahead, from another scheduler. */
CASE(timer_bif, read_timer_async)
{
    far_timer = bl_send_after(UINT64_C(1) << 33, self(), atom("hej_hopp"));
    run_on(ON(4) ? 4 : 1, read_from_elsewhere);
    CLAIM(timers_set() == 0);
}

/* ---- what is left over ---- */

static void end_when_told(bl_term unused)
{
    (void)unused;
    bl_receive();
}

static bl_pid ended(void)
{
    bl_pid p = bl_spawn(end_when_told, bl_int(0));
    bl_send(p, bl_int(0));
    bl_wait(p, NULL);
    return p;
}

static void claim_over(bl_term a, bl_term b)
{
    CLAIM(bl_read_timer(a) == -1 && bl_read_timer(b) == -1);
    await_timers(0);
}

CASE(timer_bif, cleanup)
{
    bl_term hej = BL_TERM("\"hej\""), t[2];
    bl_pid p = ended();
    t[0] = bl_start_timer(60000, bl_from_pid(p), hej); /* for the dead: not kept at all */
    t[1] = bl_send_after(60000, bl_from_pid(p), hej);
    CLAIM(bl_is_reference(t[0]) && bl_is_reference(t[1]) && timers_set() == 0);
    claim_over(t[0], t[1]);

    p = bl_spawn(end_when_told, bl_int(0)); /* it ends before */
    t[0] = bl_start_timer(60000, bl_from_pid(p), hej);
    t[1] = bl_send_after(60000, bl_from_pid(p), hej);
    CLAIM(timers_set() == 2 && bl_read_timer(t[0]) >= 0 && bl_read_timer(t[1]) >= 0);
    bl_send(p, bl_int(0));
    bl_wait(p, NULL);
    claim_over(t[0], t[1]);

    p = bl_spawn(end_when_told, bl_int(0)); /* cancelled */
    t[0] = bl_start_timer(60000, bl_from_pid(p), hej);
    t[1] = bl_send_after(60000, bl_from_pid(p), hej);
    CLAIM(timers_set() == 2 && bl_cancel_timer(t[0]) >= 0 && bl_cancel_timer(t[1]) >= 0);
    claim_over(t[0], t[1]);
    bl_exit_signal(p, atom("kill"));

    t[0] = bl_start_timer((uint64_t)full(5001, 2000), self(), hej); /* due */
    t[1] = bl_send_after((uint64_t)full(5001, 2000), self(), hej);
    CLAIM(timers_set() == 2 && bl_read_timer(t[0]) >= 0 && bl_read_timer(t[1]) >= 0);
    BL_RECEIVE {
        BL_ON("{timeout, %=r, \"hej\"}", t[0]) {}
    }
    BL_RECEIVE {
        BL_ON("\"hej\"") {}
    }
    claim_over(t[0], t[1]);
}

/* The name counts when the time has come; it may be nobody's until then. */
CASE(timer_bif, registered_process)
{
    uint64_t ms = (uint64_t)full(5001, 2000);
    bl_term name = atom("timer_bif"), hej = BL_TERM("\"hej\""), t[2];
    t[0] = bl_start_timer(ms, name, hej);
    t[1] = bl_send_after(ms, name, hej);
    CLAIM(bl_pid_error(bl_whereis(name)) != BL_OK && timers_set() == 2);
    CLAIM(bl_cancel_timer(t[0]) >= 0 && bl_cancel_timer(t[1]) >= 0);
    claim_over(t[0], t[1]);
    for (int round = 0; round < 2; round++) { /* registered after it was set; and before */
        bl_term reference = bl_make_reference();
        t[0] = bl_start_timer(ms, name, reference);
        t[1] = bl_send_after(ms, name, reference);
        CLAIM(timers_set() == 2 && bl_read_timer(t[0]) >= 0 && bl_read_timer(t[1]) >= 0);
        if (round == 0)
            CLAIM(bl_register(name, bl_self()) == BL_OK);
        BL_RECEIVE {
            BL_ON("{timeout, %=r, %=r}", t[0], reference) {}
        }
        BL_RECEIVE {
            BL_ON("%=r", reference) {}
        }
        claim_over(t[0], t[1]);
    }
    CLAIM(bl_unregister(name) == BL_OK);
}

/* ---- what they carry ---- */

enum { EVIL = 200 };

static bl_term answer_to(const bl_term *captured, size_t n, bl_term arg)
{
    return n == 1 ? BL_TUPLE(captured[0], arg) : arg;
}

static bl_term evil_message(void)
{
    static const char a[100000] = "a", b[100000] = "b";
    bl_term captured = BL_TERM("[captured]"), map = bl_map();
    bl_term binaries = BL_LIST(bl_binary("bla", 3), bl_binary("blipp", 5), bl_binary(a, sizeof a), bl_binary(b, sizeof b));
    bl_term functions = BL_LIST(bl_function_of(answer_to, NULL, 0), bl_function_of(answer_to, &captured, 1));
    bl_term references = BL_LIST(bl_make_reference(), bl_make_reference(), bl_alias(BL_ALIAS_UNALIAS));
    bl_term large = BL_LIST(bl_integer(INT64_MAX), bl_integer(INT64_MIN), bl_float(1e300));
    for (int64_t i = 0; i < 50; i++)
        map = bl_map_put(map, bl_int(i), BL_TUPLE(bl_int(i), captured));
    return BL_TERM("{%t, [%t, {%t, %t, %t, %t}]}", binaries, functions, references, bl_processes(), large, map);
}

static bl_term evil_set(bl_term to, bl_term message)
{
    bl_term all = bl_nil();
    for (uint64_t i = 0; i < EVIL; i++)
        all = bl_cons(bl_start_timer(i, to, message), all);
    return all;
}

/* Each timer of the list has sent its message, once. */
static void evil_receive(bl_term timers, bl_term message, bool wait)
{
    for (; bl_is_cons(timers); timers = bl_tail(timers)) {
        bl_term got = {0};
        while (bl_is_none(got))
            BL_RECEIVE {
                BL_ON("{timeout, %=r, %t}", bl_head(timers), &got) {}
                BL_AFTER(wait ? BL_INFINITY : 0) bl_yield();
            }
        CLAIM(bl_same(got, message));
    }
}

static void evil_set_by_another(bl_term arg)
{
    bl_term to = bl_element(arg, 0), message = bl_element(arg, 1);
    bl_send_to(to, evil_set(to, message));
}

/* What they carry is whole, whoever has set them, though he has ended or has collected his garbage; to
 * one who runs, and to one who waits. */
CASE(timer_bif, evil_timers)
{
    const bl_term messages[] = {evil_message(), atom("immediate")};
    for (int i = 0; i < 2; i++) {
        bl_term timers = evil_set(self(), messages[i]);
        bl_collect();
        evil_receive(timers, messages[i], false);
        bl_spawn_link(evil_set_by_another, BL_TUPLE(self(), messages[i]));
        BL_RECEIVE {
            BL_ON("%l", &timers) {}
        }
        wait_ms(EVIL);
        evil_receive(timers, messages[i], true);
        bl_collect();
        bl_collect();
    }
    claim_nothing();
    CLAIM(timers_set() == 0);
}

/* ---- very many at one instant ---- */

/* Theirs: three times what is dealt with at once, and one, on each scheduler: it is 200 here. */
enum { PER_SCHEDULER = 3 * 200 + 1, SCHEDULERS_MOST = 4 };

static unsigned scheduler_count(void)
{
    return ON(4) ? 4 : 1;
}

struct many {
    bl_term to;
    int64_t at_ms;
    bl_term timers[SCHEDULERS_MOST][PER_SCHEDULER]; /* words, not on a heap */
};

static struct many many;

static void set_many(bl_term scheduler)
{
    for (int i = 0; i < PER_SCHEDULER; i++)
        many.timers[bl_to_int(scheduler)][i] = bl_start_timer_at((uint64_t)many.at_ms, many.to, atom("hej"));
}

/* On all schedulers, for us, in so many milliseconds. */
static void set_on_all(int64_t ms)
{
    many.to = self();
    many.at_ms = now_ms() + ms;
    for (unsigned i = 0; i < scheduler_count(); i++)
        bl_wait(bl_spawn_on(i + 1, set_many, bl_int(i)), NULL);
}

CASE(timer_bif, same_time_yielding)
{
    set_on_all(full(3000, 4000));
    CLAIM(timers_set() == scheduler_count() * PER_SCHEDULER || now_ms() >= many.at_ms);
    for (unsigned n = scheduler_count() * PER_SCHEDULER; n > 0; n--) {
        CLAIM(BL_MATCH(bl_receive(), "{timeout, %*r, hej}"));
        CLAIM(now_ms() >= many.at_ms);
    }
    await_timers(0);
    claim_nothing();
}

/* What is said of one timer: it has sent, and could not be cancelled; or the reverse. */
static bool claim_one_of_two(bl_term timer)
{
    bl_term left = {0};
    BL_RECEIVE {
        BL_ON("{cancel_timer, %=r, %t}", timer, &left) {}
    }
    CLAIM(bl_is_int(left) || is_atom(left, "false"));
    if (!is_atom(left, "false"))
        return false;
    BL_RECEIVE {
        BL_ON("{timeout, %=r, hej}", timer) {}
    }
    return true;
}

/* Cancelled while they are due, in the midst of that. */
CASE(timer_bif, same_time_yielding_with_cancel)
{
    set_on_all(full(3000, 2000));
    while (now_ms() < many.at_ms)
        bl_yield();
    for (unsigned s = 0; s < scheduler_count(); s++)
        for (int i = PER_SCHEDULER - 1; i >= 0; i--)
            CLAIM(bl_cancel_timer_async(many.timers[s][i]) == BL_OK);
    for (unsigned s = 0; s < scheduler_count(); s++)
        for (int i = 0; i < PER_SCHEDULER; i++)
            claim_one_of_two(many.timers[s][i]);
    await_timers(0);
    claim_nothing();
}

static void have_many_timers(bl_term parent)
{
    for (uint64_t i = 0; i < PER_SCHEDULER * SCHEDULERS_MOST; i++) {
        bl_process_flag(atom("scheduler"), bl_int((int64_t)i % bl_schedulers_online() + 1));
        bl_start_timer((UINT64_C(1) << 28) + i * 10, self(), atom("hej"));
    }
    bl_send_to(parent, atom("ready"));
    sleeper(parent);
}

/* They end with their process, on whichever scheduler they are. */
CASE(timer_bif, auto_cancel_yielding)
{
    bl_pid p = bl_spawn(have_many_timers, self());
    CLAIM(is_atom(bl_receive(), "ready"));
    CLAIM(timers_set() == PER_SCHEDULER * SCHEDULERS_MOST);
    bl_exit_signal(p, atom("bang"));
    await_timers(0);
    CLAIM(!bl_is_alive(p));
}

/* ---- schedulers that are off line ---- */

/* One timer on each; then all but one scheduler are taken off line. (Theirs blocks multi-scheduling, which
 * comes to the same.) */
CASE(timer_bif, suspended_scheduler_timeout)
{
    unsigned n = bl_schedulers_online();
    for (unsigned i = 1; i <= n; i++) {
        bl_process_flag(atom("scheduler"), bl_int(i));
        CLAIM(bl_scheduler() == i);
        bl_send_after((uint64_t)full(1000, 400), self(), bl_int(i));
    }
    bl_process_flag(atom("scheduler"), bl_int(0));
    CLAIM(bl_set_schedulers_online(1) == n);
    for (unsigned i = 1; i <= n; i++)
        BL_RECEIVE {
            BL_ON("%=i", (int64_t)i) {}
        }
    CLAIM(bl_set_schedulers_online(n) == 1);
    claim_nothing();
}

/* Timers of no time, set when another is due, one after the other: all come before one that is later.
 * (Theirs are set inside the runtime.) */
CASE(timer_bif, multizero_timeout_in_timeout)
{
    bl_process_flag(atom("scheduler"), bl_int(bl_scheduler())); /* all on the same one */
    bl_term pling = bl_send_after(600000, self(), atom("pling"));
    bl_yield();
    bl_send_after((uint64_t)full(500, 400), self(), bl_int(full(1000, 4000)));
    for (int64_t left = receive(); left > 0; left--) {
        for (int64_t i = 0; i < 3; i++)
            bl_send_after(0, self(), bl_int(i));
        CLAIM(receive() + receive() + receive() == 3);
    }
    claim_nothing();
    CLAIM(timers_set() == 1 && bl_cancel_timer(pling) >= 0);
}
