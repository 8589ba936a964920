/* beamling_isolation.c - gc_isolation: one process holds very much, ten thousand wait for a question.
 * Straight-line or resting is what the ten thousand are; the large one and the prober are
 * straight-line in both contenders. Where all of them run is up to the runtime. */
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_terms.h"

#include <errno.h>
#include <time.h>

/* relaxed: a flag that ends the probing, nothing else hangs on it. */
static _Atomic bool collected;
static bl_pid collector;

static void small_unit(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_pid from;
        int64_t i;
        BL_RECEIVE {
            BL_ON("{probe, %p, %i}", &from, &i) bl_send(from, bl_int(i + 1));
            BL_ON("-1") return; /* CREW_END */
        }
    }
}

static bl_term small_resting_unit(bl_term state, bl_term message)
{
    bl_pid from;
    int64_t i;
    if (!BL_MATCH(message, "{probe, %p, %i}", &from, &i))
        bl_exit(bl_atom("normal"));
    bl_send(from, bl_int(i + 1));
    return state;
}

/* ---- the large unit ---- */

/* At least so many bytes: a list of pairs, [{1, 1}, {2, 2}, ...]; five words each. */
static bl_term many_terms(uint64_t bytes)
{
    bl_term list = bl_nil();
    for (uint64_t i = bytes / (5 * sizeof(bl_term)) + 1; i > 0; i--)
        list = bl_cons(BL_TUPLE(bl_int((int64_t)i), bl_int((int64_t)i)), list);
    return list;
}

/* Builds its heap, and says whether it has it; then collects it whenever it is told to. */
static void big_unit(bl_term bytes)
{
    uint64_t n = (uint64_t)bl_to_int(bytes);
    int64_t times = crew_await();
    bl_term list = many_terms(n);
    bl_send(crew.director, bl_int(bl_is_cons(list) && bl_get_heap_info().words * sizeof(bl_term) >= n));
    for (;;) {
        times = crew_await();
        for (int64_t i = 0; i < times; i++)
            bl_collect();
        atomic_store_explicit(&collected, true, memory_order_relaxed);
        bl_send(crew.director, bl_head(list)); /* which was alive all the time */
    }
}

static void await_heap(uint64_t n, struct proof *proof)
{
    (void)n;
    crew_ask(collector, bl_int(0), 0, proof);
}

static int hire_collector(const struct setting *setting)
{
    struct proof built = {0};
    int r = crew_hire(0, big_unit, bl_int((int64_t)setting->n));
    collector = crew.pids[crew.size - (r == 0)];
    if (!r)
        r = crew_direct(await_heap, setting, 1, &built);
    if (r || built.checksum)
        return r;
    bench_why("a heap of %lu bytes could not be built", (unsigned long)setting->n);
    return -ENOMEM;
}

static int hire_all(const struct setting *setting, bool resting)
{
    for (crew.size = 0; crew.size < PROBED_UNITS; crew.size++) {
        bl_pid pid = resting ? bl_spawn_resting(small_resting_unit, bl_nil()) : bl_spawn(small_unit, bl_nil());
        if (bl_pid_error(pid))
            return crew_failed(pid);
        crew.pids[crew.size] = pid;
    }
    return setting->n ? hire_collector(setting) : 0;
}

static int begin(const struct setting *setting)
{
    return hire_all(setting, false);
}

static int begin_resting(const struct setting *setting)
{
    return hire_all(setting, true);
}

/* ---- probing ---- */

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Ask unit `number` modulo all at the planned instant, or at once if that is over. 1: it answered right. */
static uint64_t probe(uint64_t number, uint64_t planned)
{
    while (now_ns() < planned)
        bl_yield();
    BL_SEND(crew.pids[number % PROBED_UNITS], "{probe, %p, %i}", bl_self(), (int64_t)number);
    int64_t answer = 0;
    BL_RECEIVE {
        BL_ON("%i", &answer) {}
    }
    bench_latency(now_ns() - planned);
    return (uint64_t)answer - number;
}

static void batch(uint64_t n, struct proof *proof)
{
    atomic_store_explicit(&collected, n == 0, memory_order_relaxed);
    if (n)
        bl_send(collector, bl_int(COLLECTIONS));
    uint64_t planned = now_ns();
    while (proof->work < PROBES || !atomic_load_explicit(&collected, memory_order_relaxed)) {
        planned += PROBE_EVERY_US * 1000;
        proof->checksum += probe(proof->work, planned);
        proof->work++;
    }
    if (n)
        BL_RECEIVE {
            BL_ON("{1, 1}") {}
        }
    proof->peak_live = PROBED_UNITS;
}

static int batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(batch, setting, count, proof);
}

const struct task beamling_gc_isolation = {.begin = begin, .batches = batches, .end = crew_end};
const struct task beamling_resting_gc_isolation = {.begin = begin_resting, .batches = batches, .end = crew_end};
