/* A timer sends once, never early, and not at all after it was cancelled. */
#include "support/processes.h"

static bl_term self(void)
{
    return bl_from_pid(bl_self());
}

static void shapes(bl_term unused)
{
    (void)unused;
    int64_t before = bl_monotonic_ns();
    bl_send_after(20, self(), BL_TERM("{plain, [1]}"));
    CLAIM(bl_same(bl_receive(), BL_TERM("{plain, [1]}")));
    CLAIM(bl_monotonic_ns() - before >= 20 * 1000000);
    bl_term t = bl_start_timer(5, self(), atom("m"));
    CLAIM(bl_same(bl_receive(), BL_TUPLE(atom("timeout"), t, atom("m"))));
    CLAIM(bl_read_timer(t) == -1 && bl_cancel_timer(t) == -1);
    t = bl_send_at((uint64_t)(bl_monotonic_ns() / 1000000) + 10000, self(), bl_int(9));
    CLAIM(bl_read_timer(t) > 0 && bl_read_timer(t) <= 10000 && bl_cancel_timer(t) > 0);
    bl_send_at((uint64_t)(bl_monotonic_ns() / 1000000) + 10, self(), bl_int(1));
    CLAIM(receive() == 1);
    bl_register(atom("me"), bl_self());
    bl_send_after(1, atom("me"), bl_int(2));
    bl_send_after(1, atom("nobody"), bl_int(3));
    CLAIM(receive() == 2);
    CLAIM(bl_is_none(bl_send_after(1, bl_int(1), bl_int(1))));
    const uint64_t latest = (uint64_t)1 << 43;
    CLAIM(bl_is_none(bl_send_after(latest + 1, self(), bl_int(1))));
    int64_t left = bl_cancel_timer(bl_send_after(latest, self(), bl_int(1)));
    CLAIM(left > (int64_t)latest - 60000 && left <= (int64_t)latest);
    before = bl_monotonic_ns();
    bl_sleep(15);
    CLAIM(bl_monotonic_ns() - before >= 15 * 1000000);
}

LAW(timers, send_what_was_asked_and_never_early)
{
    run(shapes);
}

/* Who sets very many of them makes the scheduler's own clock learn its rate, and is told the time by that. */
static void set_many_of(void)
{
    for (int64_t end = bl_monotonic_ns() + 15 * 1000000; bl_monotonic_ns() < end;)
        CLAIM(bl_cancel_timer(bl_send_after(1000, self(), bl_int(1))) >= 0);
}

static void set_and_look(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(100); i++) {
        set_many_of();
        int64_t before = bl_monotonic_ns();
        int ms = 1 + i % 3;
        if (i % 2) {
            bl_send_after((uint64_t)ms, self(), bl_int(1));
            receive();
        } else {
            BL_RECEIVE {
                BL_AFTER(ms) {}
            }
        }
        CLAIM(bl_monotonic_ns() - before >= ms * 1000000);
    }
}

LAW(timers, are_not_early_by_the_schedulers_own_clock)
{
    run(set_and_look);
}

static void cancel(bl_term unused)
{
    (void)unused;
    bl_term t = bl_send_after(60000, self(), bl_int(1));
    int64_t left = bl_cancel_timer(t);
    CLAIM(left > 50000 && left <= 60000);
    CLAIM(bl_cancel_timer(t) == -1);
    t = bl_send_after(60000, self(), bl_int(1));
    bl_cancel_timer_async(t);
    bl_term m = bl_receive();
    CLAIM(is_atom(bl_element(m, 0), "cancel_timer") && bl_same(bl_element(m, 1), t));
    CLAIM(bl_to_int(bl_element(m, 2)) > 50000);
    bl_read_timer_async(t);
    m = bl_receive();
    CLAIM(is_atom(bl_element(m, 0), "read_timer") && is_atom(bl_element(m, 2), "false"));
    int expired = 0;
    for (int i = 0; i < rounds(300); i++) {
        t = bl_send_after((uint64_t)i % 3, self(), bl_int(i));
        if (i % 2)
            bl_sleep((uint64_t)i % 4);
        if (bl_cancel_timer(t) < 0) {
            CLAIM(receive() == i);
            expired++;
        }
        CLAIM(bl_mailbox_length() == 0);
    }
    CLAIM(expired > 0 || SLOWDOWN > 1);
}

LAW(timers, are_cancelled_or_have_sent)
{
    run(cancel);
}

static void set_for_self(bl_term parent)
{
    bl_term t = bl_nil();
    for (int i = 0; i < 2000; i++)
        t = bl_cons(bl_send_after(100000, self(), BL_TERM("{boxed, 1}")), t);
    bl_send_to(parent, t);
    bl_receive();
}

static void owner_dies(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(set_for_self, self());
    bl_term timers = bl_receive(), first = bl_head(timers);
    CLAIM(bl_read_timer(first) > 0);
    CLAIM(bl_cancel_timer(first) > 0); /* by another than its owner */
    bl_send(p, bl_int(1));
    bl_wait(p, NULL);
    for (; bl_is_cons(timers); timers = bl_tail(timers))
        CLAIM(bl_read_timer(bl_head(timers)) == -1);
}

LAW(timers, of_the_dead_are_gone)
{
    run(owner_dies);
}

/* Places in memory are used again; what referred to the timer before must not find the next. */
static void outlive(bl_term unused)
{
    (void)unused;
    enum { N = 200 };
    bl_term old[N], new[N];
    for (int i = 0; i < N; i++) {
        old[i] = bl_send_after(60000, self(), bl_int(i));
        CLAIM(bl_cancel_timer(old[i]) > 0);
        new[i] = bl_send_after(60000, self(), bl_int(i));
        for (int k = 0; k <= i; k++)
            CLAIM(bl_cancel_timer(old[k]) == -1 && bl_read_timer(old[k]) == -1 && !bl_same(old[k], new[i]));
    }
    for (int i = 0; i < N; i++)
        CLAIM(bl_cancel_timer(new[i]) > 0);
}

LAW(timers, of_before_are_not_taken_for_those_of_now)
{
    run(outlive);
}

static _Atomic int64_t arrived;

static bl_term count(bl_term state, bl_term m)
{
    (void)m;
    atomic_fetch_add(&arrived, 1);
    return state;
}

static void storm(bl_term to)
{
    uint64_t at = (uint64_t)(bl_monotonic_ns() / 1000000) + 300;
    for (int i = 0; i < rounds(100000); i++)
        CLAIM(!bl_is_none(bl_send_at(at, to, bl_int(i))));
}

LAW(timers, of_one_instant_all_come)
{
    atomic_store(&arrived, 0);
    bl_pid to = spawn_resting(count, 0);
    cr_assert(ended_well(bl_spawn(storm, bl_from_pid(to))));
    while (atomic_load(&arrived) < rounds(100000))
        sched_yield();
}

/* Whoever sees to them, and however late: those that were set on one scheduler, and before the first was due. (Of one
 * instant, which is a tick of the wheel, in any order.) */
static void in_order(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(100); i++) {
        uint64_t now = (uint64_t)(bl_monotonic_ns() / 1000000);
        bl_send_at(now + 6, self(), bl_int(2));
        bl_send_at(now + 3, self(), bl_int(1));
        bl_send_at(now + 9, self(), bl_int(3));
        bool in_time = (uint64_t)(bl_monotonic_ns() / 1000000) < now + 3;
        for (int64_t k = 1; k <= 3; k++) {
            int64_t got = receive();
            CLAIM(got == k || !in_time);
        }
    }
}

LAW(timers, come_in_the_order_of_their_times)
{
    bl_pid p[8];
    for (int i = 0; i < 8; i++)
        p[i] = bl_spawn_on((unsigned)i % schedulers + 1, in_order, bl_int(0));
    for (int i = 0; i < 8; i++)
        cr_assert(ended_well(p[i]));
}

static void cancel_storm(bl_term seed)
{
    enum { N = 500 };
    uint64_t x = (uint64_t)bl_to_int(seed);
    bl_term timers = bl_nil();
    int64_t sent = 0, got = 0;
    for (int i = 0; i < rounds(N); i++) {
        x = x * UINT64_C(6364136223846793005) + 1;
        timers = bl_cons(bl_send_after((x >> 40) % 20, self(), bl_int(i)), timers);
        if ((x >> 50) % 4 == 0)
            bl_sleep(1);
    }
    for (; bl_is_cons(timers); timers = bl_tail(timers))
        sent += bl_cancel_timer(bl_head(timers)) < 0;
    for (; got < sent; got++) /* those that have expired may still be on their way */
        bl_receive();
    for (bool more = true; more;)
        BL_RECEIVE {
            BL_ON("_") got++;
            BL_AFTER(20) more = false;
        }
    CLAIM(sent == got);
}

LAW(timers, are_cancelled_or_come_on_any_scheduler)
{
    bl_pid p[8];
    for (int i = 0; i < 8; i++)
        p[i] = bl_spawn(cancel_storm, bl_int(i + 1));
    for (int i = 0; i < 8; i++)
        cr_assert(ended_well(p[i]));
}
