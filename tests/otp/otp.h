/* otp.h - how a case of OTP's own test suites is ported.
 *
 * One file for each suite, tests/otp/SUITE.c; in it
 *
 *     CASE(link, exit_of_a_linked) { ... }
 *
 * is the test `exit_of_a_linked` of link_SUITE.erl, in our own words: it checks what the case
 * checks. The body is what a process does, which may CLAIM() (support/law.h); the case holds if
 * that process ends with `normal`. It is run under 1 scheduler and under 4, in a fresh runtime
 * each time. ON(n) in a body is true under n of them.
 *
 * Sizes are those of the case if that takes no more than a second or two; else full(case's, ours)
 * says both: the first is used if BEAMLING_OTP_FULL is set in the environment, and the second
 * shrinks where a sanitizer watches (support/scale.h).
 *
 * What is ported, what is not, and why: cases.tsv; what passes: docs/otp-conformance.md, which
 * tests/otp/score writes, and checks. */
#ifndef OTP_OTP_H
#define OTP_OTP_H

#include <stdlib.h>

#include "support/processes.h"

static unsigned otp_schedulers;

#define ON(n) (otp_schedulers == (n))

static inline __attribute__((unused)) int64_t full(int64_t theirs, int64_t ours)
{
    return getenv("BEAMLING_OTP_FULL") ? theirs : rounds((int)ours);
}

/* The end of the body, awaited by a process, so that no reason is missed. */
static inline void otp_watch(bl_function *body)
{
    bl_term reference, m;
    bl_pid p = bl_spawn_monitor(body, bl_int(0), &reference);
    CLAIM(bl_pid_error(p) == BL_OK);
    m = bl_receive();
    CLAIM(is_atom(bl_element(m, 0), "DOWN"));
    if (!is_atom(bl_element(m, 4), "normal")) {
        static char text[1000];
        size_t n = (size_t)snprintf(text, sizeof text, "the case ended with ");
        bl_print(bl_element(m, 4), 0, text + n, sizeof text - n);
        claim(false, text);
    }
}

static inline void otp_hold(unsigned schedulers, bl_function *watcher, bl_options options)
{
    otp_schedulers = schedulers;
    options.schedulers = schedulers;
    start_with(options);
    cr_assert(ended_well(bl_spawn(watcher, bl_int(0))));
    stop();
}

/* In a runtime with these options (as `.lanes = 1`). */
#define CASE_WITH(suite, name, ...)                                                                \
    static void otp_##suite##_##name(bl_term);                                                     \
    static void otp_watch_##suite##_##name(bl_term unused)                                         \
    {                                                                                              \
        (void)unused;                                                                              \
        otp_watch(otp_##suite##_##name);                                                           \
    }                                                                                              \
    Test(suite, name)                                                                              \
    {                                                                                              \
        otp_hold(1, otp_watch_##suite##_##name, (bl_options){__VA_ARGS__});                                        \
        otp_hold(4, otp_watch_##suite##_##name, (bl_options){__VA_ARGS__});                                        \
    }                                                                                              \
    static void otp_##suite##_##name(bl_term unused __attribute__((unused)))

/* With room for so many processes. */
#define CASE_IN(suite, name, processes) CASE_WITH(suite, name, .max_processes = (processes))
#define CASE(suite, name)               CASE_WITH(suite, name, .max_processes = 0)

/* About how a runtime is started: the body does so, on the main thread. */
#define CASE_OUTSIDE(suite, name) Test(suite, name)

#endif
