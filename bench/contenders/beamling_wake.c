/* beamling_wake.c - wake: two processes, each bound to a scheduler of its own, so that neither can run in the
 * other's place. Their schedulers sleep in a futex meanwhile. */
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_terms.h"

#include <time.h>

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

enum { SENDER, RECEIVER };

/* CREW_END is no time. */
static void receiver(bl_term unused)
{
    (void)unused;
    for (;;) {
        int64_t sent = crew_await();
        bl_send(crew.pids[SENDER], bl_int(now_ns() - sent));
    }
}

static void sender(bl_term ms)
{
    for (;;) {
        int64_t right = 0;
        for (int64_t i = crew_await(); i > 0; i--) {
            bl_sleep((uint64_t)bl_to_int(ms));
            bl_send(crew.pids[RECEIVER], bl_int(now_ns()));
            int64_t ns = bl_to_int(bl_receive());
            bench_latency((uint64_t)ns);
            right += ns > 0;
        }
        bl_send(crew.director, bl_int(right));
    }
}

static int begin(const struct setting *setting)
{
    bool apart = setting->cpus > 1;
    int r = crew_hire(apart ? 1 : 0, sender, bl_int((int64_t)setting->n));
    return r ? r : crew_hire(apart ? 2 : 0, receiver, bl_nil());
}

static void batch(uint64_t n, struct proof *proof)
{
    (void)n;
    crew_ask(crew.pids[SENDER], bl_int(WAKES), WAKES, proof);
    proof->peak_live = 2;
}

static int batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(batch, setting, count, proof);
}

const struct task beamling_wake = {.begin = begin, .batches = batches, .end = crew_end};
