/* session.h - one contender doing one figure: what both drivers do around the clock.
 * open: fit the CPUs, start the runtime, create the units. run: some batches, and check their proof.
 * close: end the units, stop the runtime, give the CPUs back. */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include "contender.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a session can fail; the numbers are exit codes. */
enum verdict { SESSION_DONE = 0, SESSION_FAILED = 1, SESSION_CANNOT = 3, SESSION_LIMIT = 4, SESSION_UNEQUAL = 5 };

struct session {
    const struct figure *figure;
    const struct contender *contender;
    struct setting setting;
    bool started, begun; /* what close has to undo */
    uint64_t checksum;   /* what proof.checksum of one batch must be: told once, for it may take longer than a batch */
};

const struct figure *session_figure(const char *name);       /* NULL: no such */
const struct contender *session_contender(const char *name); /* NULL: no such */
bool session_has_variant(const struct figure *f, const char *variant);
bool session_has_size(const struct figure *f, uint64_t n);
bool session_is_parking(const struct figure *f); /* spawn_live, memory, heap_bytes: no batches */
bool session_is_timed(const struct figure *f);   /* as many batches as wished, and their time is the value */
bool session_can(const struct figure *f, const struct contender *c);

/* All return 0 or a negative errno with bench_reason() saying why; pass it to session_verdict().
 * close may be called whatever failed. */
int session_open(struct session *s);
int session_run(const struct session *s, uint64_t count, struct proof *total);
int session_check(const struct session *s, uint64_t count, const struct proof *total);
void session_close(struct session *s);
enum verdict session_verdict(int result);

/* Does the contender want many batches in one call? */
bool session_wants_many(const struct session *s);

/* What the time of these batches is divided by. */
uint64_t session_ops(const struct session *s, uint64_t count, const struct proof *total);

#ifdef __cplusplus
}
#endif
#endif
