/* hog_probes.h - the prober of hog, for contenders whose prober is the driver's own thread: a question at
 * each planned instant, and the time from that instant to its answer. */
#ifndef BENCH_HOG_PROBES_H
#define BENCH_HOG_PROBES_H

#include "../contender.h"

#include <errno.h>
#include <time.h>

static inline uint64_t hog_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ask: what it answers; 0: nothing, the responder is gone. */
static inline int hog_probe(const struct setting *setting, struct proof *proof, uint64_t (*ask)(uint64_t question))
{
    uint64_t planned = hog_now_ns();
    for (; proof->work < HOG_PROBES; proof->work++) {
        planned += HOG_EVERY_MS * UINT64_C(1000000);
        struct timespec at = {.tv_sec = (time_t)(planned / 1000000000u), .tv_nsec = (long)(planned % 1000000000u)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
            ;
        uint64_t answer = ask(proof->work);
        if (!answer) {
            bench_why("the responder does not answer");
            return -EPIPE;
        }
        proof->checksum += answer - proof->work;
        bench_latency(hog_now_ns() - planned);
    }
    proof->peak_live = setting->n + 2;
    return 0;
}

#endif
