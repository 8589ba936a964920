/* after.c - cases of after_SUITE. A limit is a number here, so what is no number at all (a float, an
 * atom) cannot be asked for; and -1 is BL_INFINITY. */
#include "otp/otp.h"

static const int64_t ms_in_ns = 1000 * 1000;

static void sleep_well(int64_t ms)
{
    int64_t before = bl_monotonic_ns();
    BL_RECEIVE {
        BL_AFTER(ms) {}
    }
    CLAIM(bl_monotonic_ns() - before >= ms * ms_in_ns);
}

static void wake_often(bl_term unused)
{
    (void)unused;
    for (;;)
        sleep_well(100);
}

/* A minute is a minute, though somebody else wakes all the time. */
CASE(after, t_after)
{
    bl_spawn(wake_often, bl_int(0));
    sleep_well(full(60000, 4000));
}

/* Theirs: from five seconds on. */
CASE(after, receive_after)
{
    for (int64_t ms = full(5000, 2000); ms > 0; ms /= 2)
        sleep_well(ms);
}

static void say_hello(bl_term to)
{
    bl_send(bl_to_pid(to), atom("here_is_a_message"));
}

static void wait_for_hello(int64_t limit)
{
    bool came = false;
    bl_yield();
    bl_spawn(say_hello, bl_from_pid(bl_self()));
    BL_RECEIVE {
        BL_ON("here_is_a_message") came = true;
        BL_AFTER(limit) {}
    }
    CLAIM(came);
}

CASE(after, receive_after_big)
{
    wait_for_hello(0xf7654321);
    wait_for_hello(0xf7999977);
}

static bl_term wait_for_it(bl_term limit)
{
    int64_t ms;
    CLAIM(bl_get_integer(limit, &ms));
    BL_RECEIVE {
        BL_ON("mission") CLAIM(!"nobody has sent it");
        BL_AFTER(ms) {}
    }
    return atom("it_was_taken");
}

static bl_term only_wait(bl_term limit)
{
    int64_t ms;
    CLAIM(bl_get_integer(limit, &ms));
    BL_RECEIVE {
        BL_AFTER(ms) {}
    }
    return atom("it_was_taken");
}

CASE(after, receive_after_errors)
{
    static const int64_t bad[] = {-2, INT64_C(1) << 32, INT64_C(0x3fffffffffffffff), INT64_MAX,
                                  -(INT64_C(1) << 32), INT64_MIN};
    bl_term (*const waits[])(bl_term) = {wait_for_it, only_wait};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (unsigned k = 0; k < 2; k++) {
            bl_term why;
            CLAIM(bl_catch(waits[k], bl_integer(bad[i]), &why) == BL_CAUGHT_ERROR);
            CLAIM(bl_same(why, BL_TERM("{timeout_value, []}")));
        }
}

static void wait_no_time(int64_t zero)
{
    int expired = 0;
    bl_send(bl_self(), atom("x"));
    bl_send(bl_self(), atom("y"));
    BL_RECEIVE {
        BL_ON("z") CLAIM(!"nobody has sent it");
        BL_AFTER(zero) expired++;
    }
    bl_send(bl_self(), atom("w"));
    BL_RECEIVE {
        BL_AFTER(zero) expired++;
    }
    CLAIM(expired == 2);
    CLAIM(is_atom(bl_receive(), "x"));
    BL_RECEIVE {
        BL_ON("w") expired++;
        BL_AFTER(zero) {}
    }
    CLAIM(expired == 3); /* all that is there is looked at */
}

CASE(after, receive_zero)
{
    wait_no_time(0);
}

CASE(after, receive_var_zero)
{
    volatile int64_t zero = 0;
    wait_no_time(zero);
}

static void wait_with_others(bl_term unused)
{
    (void)unused;
    BL_RECEIVE {
        BL_ON("a") {}
    }
    BL_RECEIVE {
        BL_ON("never") CLAIM(!"nobody has sent it");
        BL_AFTER(100000) CLAIM(!"it was to be killed before");
    }
}

static void claim_waits_with(bl_pid p, const char *messages)
{
    sleep_well(full(1000, 200));
    await_waiting(p);
    CLAIM(bl_same(info(p, "messages"), bl_parse(messages, strlen(messages), NULL)));
}

/* Messages come while it waits with a limit. */
CASE(after, multi_timeout)
{
    bl_pid p = bl_spawn(wait_with_others, bl_int(0));
    bl_send(p, atom("a"));
    bl_send(p, atom("b"));
    claim_waits_with(p, "[b]");
    bl_send(p, atom("c"));
    claim_waits_with(p, "[b, c]");
    bl_send(p, atom("d"));
    CLAIM(bl_same(info(p, "messages"), BL_TERM("[b, c, d]")));
    bl_exit_signal(p, atom("kill"));
}

static void wait_the_longest(bl_term limit)
{
    BL_RECEIVE {
        BL_AFTER(bl_to_int(limit)) bl_exit(atom("timeout"));
    }
}

/* 2,048 wait 49 days, and none comes too early. */
CASE(after, receive_after_32bit)
{
    bl_pid p[2048];
    int n = live(2048);
    bl_trap_exit(true);
    for (int i = 0; i < n; i++)
        p[i] = bl_spawn_link(wait_the_longest, bl_int(UINT32_MAX));
    sleep_well(full(2000, 4000));
    claim_nothing();
    for (int i = 0; i < n; i++) {
        bl_unlink(p[i]);
        CLAIM(bl_exit_signal(p[i], atom("kill")) == BL_OK);
    }
}

static void blast(bl_term until)
{
    (void)until;
    BL_RECEIVE {
        BL_ON("{go, %t}", &until) {}
    }
    int64_t deadline = bl_to_int(until), left = deadline - bl_monotonic_ns() / ms_in_ns;
    BL_RECEIVE {
        BL_AFTER(left > 0 ? left : 0) {}
    }
    CLAIM(bl_monotonic_ns() / ms_in_ns >= deadline - 1);
}

/* 10,000 at one instant. */
CASE(after, receive_after_blast)
{
    enum { MOST = 10000 };
    static bl_pid p[MOST];
    static bl_term monitors[MOST]; /* words, not on a heap */
    int n = live(MOST);
    for (int i = 0; i < n; i++)
        p[i] = bl_spawn_monitor(blast, bl_int(0), &monitors[i]);
    int64_t until = bl_monotonic_ns() / ms_in_ns + full(5000, 2000);
    for (int i = 0; i < n; i++)
        BL_SEND(p[i], "{go, %i}", until);
    for (int i = 0; i < n; i++)
        BL_RECEIVE {
            BL_ON("{'DOWN', %=r, process, %=p, normal}", monitors[i], p[i]) {}
        }
}
