/* law.h - how to say what must hold, from inside processes too.
 *
 * A failed cr_assert_*() jumps out of the test: only the main thread may do that, and
 * never from the stack of a process. So processes CLAIM(): the first claim that is
 * broken is remembered, and asserted on the main thread when the runtime has stopped.
 *
 * LAW(suite, name) { ... } is a test that is run three times, with a runtime of 1, 2 and 4
 * schedulers (some of them, where that is slow: scale.h) that is stopped afterwards. Criterion gives each test an OS
 * process of its own: static variables start at zero each time. */
#ifndef SUPPORT_LAW_H
#define SUPPORT_LAW_H

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "beamling/beamling.h"
#include "support/scale.h"

/* ---- claims ---- */

static _Atomic(const char *) broken_claim;

static inline void claim(bool holds, const char *text)
{
    const char *none = NULL;
    if (!holds)
        atomic_compare_exchange_strong(&broken_claim, &none, text);
}

#define CLAIM_TEXT_(x) #x
#define CLAIM_TEXT(x)  CLAIM_TEXT_(x)
#define CLAIM(...)     claim((__VA_ARGS__), __FILE__ ":" CLAIM_TEXT(__LINE__) ": " #__VA_ARGS__)

static inline void assert_claims(void)
{
    const char *broken = atomic_load(&broken_claim);
    cr_assert(!broken, "a process found this broken: %s", broken ? broken : "");
}

/* ---- a runtime for a test ---- */

/* A table of processes costs address space only, but an emulator walks all of it. */
#ifdef TEST_EMULATED
enum { TABLE = 1 << 16 };
#else
enum { TABLE = 0 };
#endif

static inline void start_with(bl_options options)
{
    if (!options.max_processes)
        options.max_processes = TABLE;
    if (!options.lanes)
        options.lanes = 32; /* few, so that frames are copied */
    if (!options.reductions && SLOWDOWN > 1)
        options.reductions = (unsigned)rounds(4000); /* time slices of about the usual length */
    bl_error error = bl_start(&options);
    cr_assert_eq(error, BL_OK, "bl_start: %s", bl_strerror(error));
}

static inline void start(unsigned schedulers)
{
    start_with((bl_options){.schedulers = schedulers});
}

static inline void stop(void)
{
    bl_error error = bl_stop();
    cr_assert_eq(error, BL_OK, "bl_stop: %s", bl_strerror(error));
    assert_claims();
}

static inline void law_hold(unsigned schedulers, void (*law)(unsigned))
{
    start(schedulers);
    law(schedulers);
    stop();
}

#define LAW(suite, name)                                                                           \
    static void law_##suite##_##name(unsigned schedulers);                                         \
    SCALE_ON_1(Test(suite, name##_on_1) { law_hold(1, law_##suite##_##name); })                    \
    SCALE_ON_2(Test(suite, name##_on_2) { law_hold(2, law_##suite##_##name); })                    \
    Test(suite, name##_on_4) { law_hold(4, law_##suite##_##name); }                                \
    static void law_##suite##_##name(unsigned schedulers __attribute__((unused)))

/* ---- short words; from processes and from the main thread ---- */

static inline bl_pid spawn(bl_function *function, int64_t arg)
{
    bl_pid pid = bl_spawn(function, bl_int(arg));
    CLAIM(bl_pid_error(pid) == BL_OK);
    return pid;
}

static inline bl_pid spawn_resting(bl_handler *handler, int64_t state)
{
    bl_pid pid = bl_spawn_resting(handler, bl_int(state));
    CLAIM(bl_pid_error(pid) == BL_OK);
    return pid;
}

static inline void send(bl_pid to, int64_t n)
{
    CLAIM(bl_send(to, bl_int(n)) == BL_OK);
}

static inline int64_t receive(void)
{
    bl_term t = bl_receive();
    CLAIM(bl_is_int(t));
    return bl_to_int(t);
}

/* Why did it end? Waits. */
static inline bl_term end_of(bl_pid pid)
{
    bl_term reason = {0};
    CLAIM(bl_wait(pid, &reason) == BL_OK);
    return reason;
}

static inline bool is_atom(bl_term t, const char *text)
{
    return bl_same(t, bl_atom(text));
}

/* It ended as it should, or it was over before we asked. */
static inline bool ended_well(bl_pid pid)
{
    bl_term reason = end_of(pid);
    return is_atom(reason, "normal") || is_atom(reason, "noproc");
}

/* ---- hearing a reason for certain ----
 * Who asks after the end hears `noproc`. So the process is held back by a message until
 * somebody has asked: the asker spawns who sends it, when it sees the asker wait. Main thread. */

static bl_pid mortal;
static bl_term last_word;

static inline void open_gate(bl_term asker)
{
    while (!is_atom(bl_element(bl_process_info(bl_to_pid(asker), bl_atom("status")), 1), "waiting"))
        bl_yield();
    CLAIM(bl_send(mortal, bl_atom("go")) == BL_OK);
}

static inline void ask_mortal(bl_term unused)
{
    (void)unused;
    CLAIM(bl_pid_error(bl_spawn_on(1, open_gate, bl_from_pid(bl_self()))) == BL_OK);
    last_word = end_of(mortal);
}

/* Why does it end, which waits for the message `go`? */
static inline bl_term last_words(bl_pid pid)
{
    mortal = pid;
    CLAIM(bl_pid_error(mortal) == BL_OK);
    cr_assert(ended_well(bl_spawn_on(1, ask_mortal, bl_int(0))));
    return last_word;
}

/* ---- the main thread blocks, for real: where time itself is the subject ---- */

static inline void block_us(long us)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += us % 1000000 * 1000;
    t.tv_sec += us / 1000000 + t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    pthread_mutex_lock(&mutex);
    while (pthread_cond_timedwait(&never, &mutex, &t) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&mutex);
}

static inline void block_ms(long ms)
{
    block_us(ms * 1000);
}

#endif
