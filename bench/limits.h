/* limits.h - which limit ended a contender.
 * fork() and pthread_create() say EAGAIN for five different reasons. Whoever hits a limit calls
 * limits_note() while the units are still alive, because it names the culprit by looking how full
 * each candidate is at that moment. */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct limit_hit {
    int error;     /* a positive errno; 0: no limit was hit */
    uint64_t live; /* units alive when it happened */
    char text[160]; /* "kernel.pid_max = 32768", or what came nearest */
};

/* error: a positive errno. live: units alive now. */
void limits_note(int error, uint64_t live);
const struct limit_hit *limits_noted(void);
void limits_forget(void);

/* Is this errno one by which a limit speaks? */
bool limits_error(int error);
const char *limits_error_name(int error); /* "EAGAIN" */

#ifdef __cplusplus
}
#endif
#endif
