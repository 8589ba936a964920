/* A stack overflow is the end of one process, with the reason `stack_overflow`. */
#include "support/law.h"

/* ---- ways to have too deep a stack ---- */

static volatile bool ever = true;

/* Never inlined into itself: three frames in one could step over the guard. Nor watched by
 * ThreadSanitizer: an overflow inside its own code would leave its locks taken for ever. */
#define ONE_FRAME static __attribute__((noinline, no_sanitize_thread))

/* Of an array of which two bytes are used clang keeps those two, unless somebody might look at all of it. */
#define KEEP_WHOLE(array) __asm__ volatile("" : : "r"(array) : "memory")

ONE_FRAME int64_t fall(int64_t depth)
{
    volatile int64_t mine = depth;
    return ever ? fall(depth + 1) + mine : 0;
}

ONE_FRAME int64_t fall_in_big_steps(int64_t depth)
{
    volatile char big[32 * 1024]; /* less than the guard: C promises no more */
    KEEP_WHOLE(big);
    big[0] = big[sizeof big - 1] = (char)depth;
    return ever ? fall_in_big_steps(depth + 1) + big[0] : 0;
}

ONE_FRAME int64_t fall_and_call(int64_t depth)
{
    volatile int64_t mine = depth;
    bl_reduce(0);
    return ever ? fall_and_call(depth + 1) + mine : 0;
}

ONE_FRAME int64_t fall_and_yield(int64_t depth)
{
    volatile int64_t mine = depth;
    if (depth % 64 == 0)
        bl_yield();
    return ever ? fall_and_yield(depth + 1) + mine : 0;
}

static int64_t (*const falls[])(int64_t) = {fall, fall_in_big_steps, fall_and_call, fall_and_yield};

enum { FALLS = 4 };

static void overflow(bl_term how)
{
    bl_receive();
    falls[bl_to_int(how)](0);
    CLAIM(!"came back from an endless recursion");
}

LAW(overflow, is_heard_as_stack_overflow)
{
    for (int how = 0; how < FALLS; how++)
        cr_assert(is_atom(last_words(spawn(overflow, how)), "stack_overflow"), "way %d", how);
}

static bl_term overflow_in_handler(bl_term how, bl_term message)
{
    (void)message;
    falls[bl_to_int(how)](0);
    CLAIM(!"came back from an endless recursion");
    return how;
}

LAW(overflow, in_a_handler_ends_the_resting_process)
{
    for (int how = 0; how < FALLS; how++)
        cr_assert(is_atom(last_words(spawn_resting(overflow_in_handler, how)), "stack_overflow"), "way %d", how);
}

LAW(overflow, leaves_a_pid_that_names_nobody)
{
    bl_pid p = spawn(overflow, 0);
    send(p, 1);
    end_of(p);
    cr_assert_not(bl_is_alive(p));
    cr_assert_eq(bl_send(p, bl_int(1)), BL_OK);
}

/* ---- the others go on ---- */

enum { OTHERS = 4000 };

static bl_pid other[OTHERS];
static _Atomic bool over;

static void go_on(bl_term id)
{
    volatile int64_t mine = bl_to_int(id);
    while (!atomic_load(&over)) {
        bl_yield();
        CLAIM(mine == bl_to_int(id));
    }
}

static void wait_with_a_full_stack(bl_term id)
{
    volatile int64_t mine[200];
    for (int i = 0; i < 200; i++)
        mine[i] = bl_to_int(id) + i;
    bl_receive();
    for (int i = 0; i < 200; i++)
        CLAIM(mine[i] == bl_to_int(id) + i);
}

LAW(overflow, again_and_again_while_thousands_go_on)
{
    int others = live(OTHERS);
    for (int i = 0; i < others; i++)
        other[i] = i % 100 ? spawn(wait_with_a_full_stack, i) : spawn(go_on, i);
    for (int i = 0; i < rounds(400); i++) {
        bl_pid falling[3];
        for (int j = 0; j < 3; j++)
            send(falling[j] = spawn(overflow, (i + j) % FALLS), 1);
        for (int j = 0; j < 3; j++) {
            bl_term reason = end_of(falling[j]);
            cr_assert(is_atom(reason, "stack_overflow") || is_atom(reason, "noproc"));
        }
    }
    atomic_store(&over, true);
    for (int i = 0; i < others; i++)
        send(other[i], 1);
    for (int i = 0; i < others; i++)
        cr_assert(ended_well(other[i]));
}

/* ---- at every depth ----
 * Each call into the runtime must either work or end the process, however little of
 * the stack is left when it begins. Frames of many sizes make it begin everywhere. */

#define STEP(bytes)                                                                                \
    ONE_FRAME int64_t step_##bytes(int64_t depth, void (*call)(void))                              \
    {                                                                                              \
        volatile char frame[bytes];                                                                \
        KEEP_WHOLE(frame);                                                                         \
        frame[0] = frame[bytes - 1] = (char)depth;                                                 \
        call();                                                                                    \
        return ever ? step_##bytes(depth + 1, call) + frame[0] : 0;                                \
    }
#define EACH_STEP(X)                                                                               \
    X(7000) X(7600) X(7680) X(7760) X(7840) X(7920) X(8000) X(8080) X(8160) X(8240) X(8320) X(8400) \
    X(8480) X(8560) X(8640) X(8720) X(9000) X(9500) X(10000) X(11000) X(12000) X(13000)
EACH_STEP(STEP)

static int64_t (*const steps[])(int64_t, void (*)(void)) = {
#define STEP_NAME(bytes) step_##bytes,
    EACH_STEP(STEP_NAME)};

enum { STEPS = sizeof steps / sizeof *steps };

ONE_FRAME void call_yield(void)
{
    bl_yield();
}

static void return_at_once(bl_term unused)
{
    (void)unused;
}

ONE_FRAME void call_spawn(void)
{
    bl_spawn(return_at_once, bl_int(0));
}

ONE_FRAME void call_wait(void)
{
    CLAIM(ended_well(spawn(return_at_once, 0)));
}

ONE_FRAME void call_send_and_receive(void)
{
    send(bl_self(), 1);
    CLAIM(receive() == 1);
}

ONE_FRAME void call_atom(void)
{
    static _Atomic int made;
    char name[5] = "aaaa"; /* made by hand: what overflows inside the C library is not ours to save */
    for (int i = 0, n = atomic_fetch_add(&made, 1); i < 4; i++, n /= 26)
        name[i] = (char)('a' + n % 26);
    CLAIM(bl_is_atom(bl_atom(name)));
}

static void (*const calls[])(void) = {call_yield, call_spawn, call_wait, call_send_and_receive, call_atom};

enum { CALLS = sizeof calls / sizeof *calls };

static bl_pid nosy;

static void step_down(bl_term which)
{
    int64_t n = bl_to_int(which);
    volatile char shift[4096]; /* and begin at many places, too */
    KEEP_WHOLE(shift);
    shift[0] = 0;
    bl_send(nosy, bl_from_pid(bl_self()));
    bl_receive();
    steps[n % STEPS](0, calls[n / STEPS]);
    CLAIM(shift[0] == 1);
}

static void ask_everybody(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++) {
        bl_pid p = bl_to_pid(bl_receive());
        send(p, 1);
        bl_term reason = end_of(p);
        CLAIM(is_atom(reason, "stack_overflow") || is_atom(reason, "noproc"));
    }
}

LAW(overflow, may_come_at_any_depth_before_any_call)
{
    nosy = spawn(ask_everybody, STEPS * CALLS);
    for (int i = 0; i < STEPS * CALLS; i++)
        spawn(step_down, i);
    cr_assert(ended_well(nosy));
}

/* To exit is a call too: its reason, or the overflow, but never the end of the program. */

ONE_FRAME int64_t exit_at(int64_t depth)
{
    volatile char frame[1000];
    KEEP_WHOLE(frame);
    frame[0] = frame[999] = (char)depth;
    if (depth > 0)
        return exit_at(depth - 1) + frame[0];
    if (ever)
        bl_exit(bl_int(1));
    return 0;
}

static void exit_in_the_depth(bl_term depth)
{
    bl_receive();
    exit_at(bl_to_int(depth));
}

LAW(overflow, or_exit_at_every_depth)
{
    int exits = 0, overflows = 0;
    for (int depth = 100; depth < 300; depth++) {
        bl_term reason = last_words(spawn(exit_in_the_depth, depth));
        exits += bl_same(reason, bl_int(1));
        overflows += is_atom(reason, "stack_overflow");
    }
    cr_assert_eq(exits + overflows, 200);
    cr_assert_gt(exits, 0);
    cr_assert_gt(overflows, 0);
}

Test(overflow, of_the_smallest_lane)
{
    start_with((bl_options){.schedulers = 1, .lanes = 2, .lane_size = 32 * 1024});
    for (int i = 0; i < 100; i++)
        cr_assert(is_atom(last_words(spawn(overflow, i % FALLS)), "stack_overflow"));
    stop();
}

/* ---- a fault that is no overflow is not ours ---- */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* which report it in their own way */
static void write_to_nowhere(bl_term unused)
{
    (void)unused;
    *(volatile int *volatile)NULL = 1;
}

Test(overflow, is_not_said_of_other_faults, .signal = SIGSEGV)
{
    start(1);
    end_of(spawn(write_to_nowhere, 0));
}
#endif
