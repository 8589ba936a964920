/* beamling_hog.c - hog: loops in C beside a prober and a responder, which wait in a receive.
 * beamling's loops call nothing, and are preempted; beamling_resting's count reductions, and its responder rests. */
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_terms.h"

#include <time.h>

/* relaxed: a flag that ends the loops, nothing else hangs on it. */
static _Atomic bool over;
static bl_pid responder;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void compute(bl_term unused)
{
    (void)unused;
    while (!atomic_load_explicit(&over, memory_order_relaxed)) {
    }
}

static void compute_counting(bl_term unused)
{
    (void)unused;
    while (!atomic_load_explicit(&over, memory_order_relaxed))
        bl_reduce(1);
}

static void respond(bl_term unused)
{
    (void)unused;
    for (int64_t i; (i = crew_await()) != CREW_END;)
        bl_send(crew.director, bl_int(i + 1));
}

static bl_term respond_at_rest(bl_term state, bl_term i)
{
    if (bl_to_int(i) == CREW_END)
        bl_exit(bl_atom("normal"));
    bl_send(crew.director, bl_int(bl_to_int(i) + 1));
    return state;
}

static int begin_with(const struct setting *setting, bl_function *loop, bl_pid made)
{
    if (bl_pid_error(made))
        return crew_failed(made);
    responder = made;
    atomic_store(&over, false);
    for (uint64_t i = 0; i < setting->n; i++) {
        bl_pid pid = bl_spawn(loop, bl_nil());
        if (bl_pid_error(pid))
            return crew_failed(pid);
    }
    return 0;
}

static int begin(const struct setting *setting)
{
    return begin_with(setting, compute, bl_spawn(respond, bl_nil()));
}

static int begin_counting(const struct setting *setting)
{
    return begin_with(setting, compute_counting, bl_spawn_resting(respond_at_rest, bl_nil()));
}

static void end(const struct setting *setting)
{
    (void)setting;
    atomic_store(&over, true);
    bl_send(responder, bl_int(CREW_END));
}

static void sleep_until(uint64_t planned)
{
    for (uint64_t now; (now = now_ns()) < planned;)
        bl_sleep((planned - now + 999999) / 1000000);
}

/* The director is the prober. */
static void batch(uint64_t n, struct proof *proof)
{
    (void)n;
    uint64_t planned = now_ns();
    for (; proof->work < HOG_PROBES; proof->work++) {
        planned += HOG_EVERY_MS * UINT64_C(1000000);
        sleep_until(planned);
        bl_send(responder, bl_int((int64_t)proof->work));
        proof->checksum += (uint64_t)bl_to_int(bl_receive()) - proof->work;
        bench_latency(now_ns() - planned);
    }
}

static int batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    int r = crew_direct(batch, setting, count, proof);
    proof->peak_live = setting->n + 2;
    return r;
}

const struct task beamling_hog = {.begin = begin, .batches = batches, .end = end};
const struct task beamling_resting_hog = {.begin = begin_counting, .batches = batches, .end = end};
