/* beamling_savina_basic.c - skynet, fj_create, thread_ring, counting, spawn_storm. Straight-line processes
 * hand back what they have by a message to whom they were born with. */
#include "beamling_savina_basic.h"

#include "../figures/figures.h"
#include "beamling_crew.h"

#include <errno.h>
#include <stdlib.h>

/* n messages, each a number. */
static void gather(uint64_t n, struct proof *proof)
{
    proof->work += n;
    for (; n; n--)
        proof->checksum += (uint64_t)bl_to_int(bl_receive());
}

/* ---- skynet: the nodes are numbered level by level, from the root, 0: those of k are 10k + 1 .. 10k + 10 ----
 * What a process is born with is one word, its number; its parent it finds in a list, as others find their
 * partners in the crew's. To be told the number by a message instead cost half as much again. */

static struct {
    int64_t inner;   /* so many are no leaves */
    bl_pid *parents; /* each writes its own before it has children, who only read it; the first is the director */
    bool counts;   /* the rest, in a batch before the clock */
    _Atomic uint64_t live, peak;
} tree;

static void count_birth(void)
{
    uint64_t live = atomic_fetch_add_explicit(&tree.live, 1, memory_order_relaxed) + 1;
    uint64_t peak = atomic_load_explicit(&tree.peak, memory_order_relaxed);
    while (live > peak && !atomic_compare_exchange_weak_explicit(&tree.peak, &peak, live, memory_order_relaxed,
                                                                 memory_order_relaxed))
        ;
}

static void count_end(void)
{
    atomic_fetch_sub_explicit(&tree.live, 1, memory_order_relaxed);
}

static void leaf_or_node(bl_term number);

static void make_node(int64_t k)
{
    if (tree.counts)
        count_birth();
    bl_spawn(leaf_or_node, bl_int(k));
}

static int64_t sum_of_ten(int64_t k)
{
    int64_t sum = 0;
    tree.parents[1 + k] = bl_self();
    for (int64_t i = 1; i <= 10; i++)
        make_node(10 * k + i);
    for (int64_t i = 1; i <= 10; i++)
        sum += bl_to_int(bl_receive());
    return sum;
}

static void leaf_or_node(bl_term number)
{
    int64_t k = bl_to_int(number), sum = k < tree.inner ? sum_of_ten(k) : k - tree.inner;
    bl_send(tree.parents[(k + 9) / 10], bl_int(sum));
    if (tree.counts)
        count_end();
}

static void skynet_batch(uint64_t n, struct proof *proof)
{
    (void)n;
    tree.parents[0] = bl_self();
    make_node(0);
    proof->checksum += (uint64_t)bl_to_int(bl_receive());
    proof->peak_live = tree.peak;
}

/* How many processes there were is the runtime's own count, in which the director is one more. */
static int skynet_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    bl_stats before, after;
    bl_get_stats(&before);
    int r = crew_direct(skynet_batch, setting, count, proof);
    bl_get_stats(&after);
    proof->work = after.spawned - before.spawned - 1;
    return r;
}

static int skynet_begin(const struct setting *setting)
{
    struct proof counted = {0};
    tree.inner = (int64_t)skynet_inner(setting->n);
    tree.parents = calloc((size_t)tree.inner + 1, sizeof *tree.parents);
    if (!tree.parents) {
        bench_why("no memory for a list of %ld pids", (long)tree.inner);
        return -ENOMEM;
    }
    tree.live = tree.peak = 0;
    tree.counts = true;
    int r = skynet_batches(setting, 1, &counted);
    tree.counts = false;
    return r;
}

static void skynet_end(const struct setting *setting)
{
    (void)setting;
    free(tree.parents);
    tree.parents = NULL;
}

const struct task beamling_skynet = {.begin = skynet_begin, .batches = skynet_batches, .end = skynet_end};

/* ---- fj_create ---- */

static void made_for_one(bl_term creator)
{
    bl_send(bl_to_pid(creator), bl_receive());
}

static void fj_create_batch(uint64_t n, struct proof *proof)
{
    bl_term self = bl_from_pid(bl_self());
    for (uint64_t i = 1; i <= n; i++)
        bl_send(bl_spawn(made_for_one, self), bl_int((int64_t)i));
    gather(n, proof);
}

static int fj_create_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(fj_create_batch, setting, count, proof);
}

const struct task beamling_fj_create = {.batches = fj_create_batches};

/* ---- thread_ring: each is told the one before it; the first, which was there before all, is told last ---- */

static void member(bl_term next_pid)
{
    bl_pid next = bl_to_pid(bl_is_pid(next_pid) ? next_pid : bl_receive());
    for (;;) {
        int64_t token = crew_await() + 1;
        bl_send(token == BATCH_RING_HOPS ? crew.director : next, bl_int(token));
    }
}

static int thread_ring_begin(const struct setting *setting)
{
    int r = crew_hire(0, member, bl_int(0));
    for (uint64_t i = 1; i < setting->n && !r; i++)
        r = crew_hire(0, member, bl_from_pid(crew.pids[i - 1]));
    if (!r)
        bl_send(crew.pids[0], bl_from_pid(crew.pids[crew.size - 1]));
    return r;
}

static void thread_ring_batch(uint64_t n, struct proof *proof)
{
    crew_ask(crew.pids[0], bl_int(0), BATCH_RING_HOPS, proof);
    proof->peak_live = n;
}

static int thread_ring_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(thread_ring_batch, setting, count, proof);
}

const struct task beamling_thread_ring = {.begin = thread_ring_begin, .batches = thread_ring_batches, .end = crew_end};

/* ---- counting: pids[0] counts, pids[1] sends ---- */

static void counter(bl_term unused)
{
    (void)unused;
    bool goes_on = true;
    for (int64_t n = 0; goes_on;) {
        bl_pid from;
        BL_RECEIVE {
            BL_ON("increment") n++;
            BL_ON("{retrieve, %p}", &from) {
                bl_send(from, bl_int(n));
                n = 0;
            }
            BL_ON("-1") goes_on = false; /* CREW_END */
        }
    }
}

static void producer(bl_term counter_pid)
{
    bl_pid to = bl_to_pid(counter_pid);
    bl_term increment = bl_atom("increment");
    for (;;) {
        for (int64_t left = crew_await(); left; left--)
            bl_send(to, increment);
        BL_SEND(to, "{retrieve, %p}", bl_self());
        bl_send(crew.director, bl_receive());
    }
}

static int counting_begin(const struct setting *setting)
{
    (void)setting;
    int r = crew_hire(0, counter, bl_nil());
    return r ? r : crew_hire(0, producer, bl_from_pid(crew.pids[0]));
}

static void counting_batch(uint64_t n, struct proof *proof)
{
    crew_ask(crew.pids[1], bl_int((int64_t)n), n, proof);
    proof->peak_live = 2;
}

static int counting_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(counting_batch, setting, count, proof);
}

const struct task beamling_counting = {.begin = counting_begin, .batches = counting_batches, .end = crew_end};

/* ---- spawn_storm: pids[k] is bound to scheduler k + 1, its children are not ---- */

static struct {
    uint64_t spawners, n;
} storm;

/* What a process is born with is one word: two numbers in it, its own and its spawner's. */
enum { NUMBER_BITS = 40 };

static void short_lived(bl_term born_with)
{
    int64_t both = bl_to_int(born_with);
    bl_send(crew.pids[both >> NUMBER_BITS], bl_int(both & ((INT64_C(1) << NUMBER_BITS) - 1)));
}

/* Its share of 1..n: the k-th of so many equal ones. */
static void spawner(bl_term number)
{
    int64_t k = bl_to_int(number);
    uint64_t before = storm.n * (uint64_t)k / storm.spawners, last = storm.n * ((uint64_t)k + 1) / storm.spawners;
    while (bl_to_int(bl_receive()) != CREW_END) {
        struct proof own = {0};
        for (uint64_t i = before + 1; i <= last; i++)
            bl_spawn(short_lived, bl_int(k << NUMBER_BITS | (int64_t)i));
        gather(last - before, &own);
        bl_send(crew.director, bl_int((int64_t)own.checksum));
    }
}

static int spawn_storm_begin(const struct setting *setting)
{
    int r = 0;
    storm.spawners = (uint64_t)setting->cpus;
    storm.n = setting->n;
    for (unsigned k = 0; k < storm.spawners && !r; k++)
        r = crew_hire(k + 1, spawner, bl_int(k));
    return r;
}

static void spawn_storm_batch(uint64_t n, struct proof *proof)
{
    for (uint64_t k = 0; k < storm.spawners; k++)
        bl_send(crew.pids[k], bl_int(0));
    for (uint64_t k = 0; k < storm.spawners; k++)
        proof->checksum += (uint64_t)bl_to_int(bl_receive());
    proof->work += n;
}

static int spawn_storm_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(spawn_storm_batch, setting, count, proof);
}

const struct task beamling_spawn_storm = {.begin = spawn_storm_begin, .batches = spawn_storm_batches, .end = crew_end};
