/* beamling_crew.h - what the beamling contenders share: the runtime's start and stop,
 * and the director, the process that sets the others off and adds up what they did.
 *
 * The driver is a thread, and a thread's way into the runtime (two futex calls, two
 * switches of threads) costs as much as hundreds of the operations to be measured. So
 * any number of batches is one trip: the director runs them all (task.batches). */
#ifndef BENCH_BEAMLING_CREW_H
#define BENCH_BEAMLING_CREW_H

#include "../contender.h"
#include "beamling/beamling.h"

#include <stdatomic.h>

/* The units of the figure that is running. Written before they are set off, then read only,
 * but for `slots`, of which each unit writes its own, and `parked`. */
struct crew {
    bl_pid director;
    bl_pid *pids; /* parked units, in order of creation */
    uint64_t size, hops;
    bl_pid first, last; /* ring: where the token starts; pairs: both */
    bl_pid senders[FAN_IN_SENDERS];
    uint64_t slots[BATCH_SPAWNS]; /* what short-lived units hand back */
    _Atomic uint64_t parked;
    uint64_t to_park;
};

extern struct crew crew;

int crew_start(const struct setting *);
void crew_stop(void);

/* The scheduler for partner 0 or 1: one each with "two_cpus", else none in particular. */
unsigned crew_place(const struct setting *, unsigned partner);

/* A straight-line unit that waits before the clock starts; on no scheduler in particular if 0. */
int crew_hire(unsigned scheduler, bl_function *part, bl_term arg);

/* In a unit: the next number asked of it, or its end. */
int64_t crew_await(void);

/* In a process of its own, `count` times: batch(count so far, proof). */
typedef void crew_batch(uint64_t n, struct proof *);
int crew_direct(crew_batch *, const struct setting *, uint64_t count, struct proof *);

/* For the director: set one unit off, wait for its answer, take it as the batch's checksum. */
void crew_ask(bl_pid unit, bl_term what, uint64_t work, struct proof *);

/* For a unit that gets itself ready before the clock, and whose mailbox may be full of other things then.
 * It awaits a number, gets ready, and calls this with 0, and after each batch with what it has to say,
 * until it is false. The batch says "go". */
bool crew_told_to_go_on(int64_t number);
/* begin(): send the first unit that number, and wait until it is ready. */
int crew_await_first(const struct setting *);

/* Why a spawn failed, as bench_why() and a negative errno. */
int crew_failed(bl_pid);

/* end() of figures whose units wait in a receive: -1 ends each. */
enum { CREW_END = -1 };
void crew_end(const struct setting *);

/* parking.park: n units of this birth (numbers from 1). If they report, all have called
 * crew_parked() when this returns. */
int crew_park(const struct setting *, uint64_t n, uint64_t *live, bl_pid (*birth)(uint64_t number), bool report);
void crew_parked(void);

/* parking.prove: every parked unit answers a pid with its number, and ends. */
int crew_prove(const struct setting *, struct proof *);

#endif
