/* Where very many live, what resting processes send is put off for a moment (kernel/outbox). Nobody can tell: what one
 * sends arrives in the order in which it was sent, whatever it does between two sends, and before its end does.
 *
 * Tokens go round among senders, in a crowd of others that rest. Whoever has one tells a collector, does something, and
 * tells it more; so most of the time resting processes run one after another, as it must be for anything to be put off. */
#include <stdatomic.h>

#include "support/law.h"
#include "support/processes.h"
#include "support/random.h"

enum { CROWD = SLOWDOWN >= 100 ? 100 : 25 * 1024, SENDERS = 64, TOKENS = 48, DONE = -1, NONE = -2 };

static bl_pid senders[SENDERS], collector, director;
static struct random draws[SENDERS];
static int64_t told[SENDERS]; /* each its own */
static int64_t heard[SENDERS]; /* the collector's */

static bl_term stand_by(bl_term state, bl_term message)
{
    (void)message;
    return state;
}

static int64_t numbered(int64_t i)
{
    return i << 32 | told[i]++;
}

/* By one of two plain sends, which are put off. */
static void tell(int64_t i)
{
    if (random_below(&draws[i], 2))
        send(collector, numbered(i));
    else
        CLAIM(BL_SEND(collector, "{%i}", numbered(i)) == BL_OK);
}

static intptr_t elsewhere(void *i)
{
    return *(int64_t *)i;
}

static void child(bl_term i)
{
    (void)i;
}

/* More than fits into a short time slice: in the middle of it the receiver gives way at rest. */
static void send_many(bl_pid to)
{
    for (int i = 0; i < 40; i++)
        CLAIM(bl_send(to, bl_atom("tell")) == BL_OK);
}

/* Mostly nothing; else what must come after what was sent, or take the process off its stack. */
static void do_something(int64_t i)
{
    bl_blocked result;
    switch (random_below(&draws[i], 13 * 20)) {
    case 0: bl_yield(); break;
    case 1: bl_reduce(1000000); break;
    case 2: CLAIM(bl_blocking(elsewhere, &i, sizeof i, &result) == BL_OK); break;
    case 3: CLAIM(bl_send_to(bl_atom("collector"), bl_int(numbered(i))) == BL_OK); break;
    case 4: spawn(child, i); break;
    case 5: CLAIM(bl_sleep(0) == BL_OK); break; /* gives way: nothing is waited for */
    case 6: CLAIM(bl_exit_signal(collector, bl_atom("ignored")) == BL_OK); break;
    case 7: CLAIM(bl_is_alive(collector)); break;
    case 8:
        CLAIM(bl_send(bl_self(), bl_atom("mine")) == BL_OK);
        BL_RECEIVE {
            BL_ON("mine") {}
            BL_AFTER(0) CLAIM(!"what it sent to itself is there");
        }
        break;
    case 9: bl_monitor(collector); break; /* until we end */
    case 10:
        BL_RECEIVE {
            BL_ON("nothing_of_the_kind") CLAIM(!"it was sent");
            BL_AFTER(1) {}
        }
        break;
    case 11: send_many(senders[random_below(&draws[i], SENDERS)]); break;
    case 12: /* to who is no more, and to nobody */
        CLAIM(bl_send(spawn(child, i), bl_nil()) == BL_OK);
        CLAIM(bl_send(bl_to_pid(bl_nil()), bl_nil()) == BL_OK);
        break;
    }
}

static bl_term sender(bl_term state, bl_term message)
{
    int64_t i = bl_to_int(state), left = bl_is_int(message) ? bl_to_int(message) : NONE;
    if (left != NONE || is_atom(message, "tell"))
        tell(i);
    if (left == NONE)
        return state;
    if (left == DONE)
        bl_exit(bl_atom("normal"));
    do_something(i);
    tell(i);
    if (left)
        send(senders[random_below(&draws[i], SENDERS)], left - 1);
    else
        send(director, DONE);
    return state;
}

/* Its state: how many have ended. */
static bl_term collect(bl_term ended, bl_term message)
{
    if (bl_is_int(message) || bl_is_int(bl_element(message, 0))) {
        int64_t n = bl_to_int(bl_is_int(message) ? message : bl_element(message, 0));
        CLAIM((n & 0xffffffff) == heard[n >> 32]++);
        return ended;
    }
    if (is_atom(bl_element(message, 0), "EXIT"))
        return ended; /* "ignored", by one who lives */
    if (!is_atom(bl_element(message, 0), "DOWN")) {
        for (int i = 0; i < SENDERS; i++)
            bl_monitor(senders[i]);
        bl_trap_exit(true);
        send(director, DONE);
        return ended;
    }
    for (int i = 0; i < SENDERS; i++)
        if (bl_same(bl_from_pid(senders[i]), bl_element(message, 3)))
            CLAIM(heard[i] == told[i]);
    if (bl_to_int(ended) == SENDERS - 1)
        bl_exit(bl_atom("normal"));
    return bl_int(bl_to_int(ended) + 1);
}

static void direct(bl_term unused)
{
    (void)unused;
    director = bl_self();
    CLAIM(bl_send(collector, bl_atom("begin")) == BL_OK);
    receive();
    for (int t = 0; t < TOKENS; t++)
        send(senders[t], rounds(20000));
    for (int t = 0; t < TOKENS; t++)
        CLAIM(receive() == DONE);
    for (int i = 0; i < SENDERS; i++)
        send(senders[i], DONE);
}

static bool watched;
static _Atomic bool over;

static void see(void *unused, const bl_trace_event *e)
{
    (void)unused;
    (void)e;
}

/* Comes and goes. */
static void watch(bl_term unused)
{
    (void)unused;
    for (int i = 0; !over; i = (i + 1) % SENDERS) {
        bl_trace *t = bl_trace_to_function(see, NULL);
        CLAIM(t != NULL);
        bl_error error = bl_trace_process(t, senders[i], BL_TRACE_RUNNING | BL_TRACE_SEND, 0);
        CLAIM(error == BL_OK || error == BL_ENOPROC);
        CLAIM(bl_trace_end(t) == BL_OK);
        bl_yield();
    }
}

static void hold(void)
{
    uint64_t seed = random_seed("outbox");
    for (int i = 0; i < CROWD; i++)
        spawn_resting(stand_by, 0);
    collector = spawn_resting(collect, 0);
    cr_assert_eq(bl_register(bl_atom("collector"), collector), BL_OK);
    for (int i = 0; i < SENDERS; i++) {
        draws[i] = random_split(seed, (uint64_t)i);
        senders[i] = spawn_resting(sender, i);
    }
    over = false;
    bl_pid watcher = watched ? spawn(watch, 0) : bl_self();
    cr_assert(ended_well(spawn(direct, 0)));
    cr_assert(ended_well(collector));
    over = true;
    cr_assert(ended_well(watcher));
    for (int i = 0; i < SENDERS; i++)
        cr_assert_eq(heard[i], told[i]);
}

LAW(outbox, keeps_the_order)
{
    hold();
}

static void with_short_slices(unsigned schedulers)
{
    start_with((bl_options){.schedulers = schedulers, .reductions = 20});
    hold();
    stop();
}

SCALE_ON_1(Test(outbox, keeps_the_order_with_short_slices_on_1) { with_short_slices(1); })
Test(outbox, keeps_the_order_with_short_slices_on_4) { with_short_slices(4); }

/* What is put off when somebody begins to watch is sent first. */
LAW(outbox, keeps_the_order_whoever_watches)
{
    watched = true;
    hold();
}
