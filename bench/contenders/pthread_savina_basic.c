/* pthread_savina_basic.c - skynet and fj_create by threads. In a tree a thread hands back its return value,
 * for which pthread_join() waits; a mailbox is a semaphore and a word. How many can live is the machine's
 * business: the limit that ends it is named. With two CPUs the kernel places them. */
#include "../figures/figures.h"
#include "../limits.h"
#include "pthread_tasks.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- skynet: the nodes are numbered level by level, from the root, 0: those of k are 10k + 1 .. 10k + 10 ---- */

enum { TEN = 10 };

static struct {
    uint64_t inner; /* so many are no leaves */
    bool counts;    /* in a batch before the clock */
    _Atomic uint64_t made, live, peak;
    _Atomic int error; /* the first that there was */
} tree;

static void count_birth(void)
{
    uint64_t live = atomic_fetch_add_explicit(&tree.live, 1, memory_order_relaxed) + 1;
    uint64_t peak = atomic_load_explicit(&tree.peak, memory_order_relaxed);
    atomic_fetch_add_explicit(&tree.made, 1, memory_order_relaxed);
    while (live > peak && !atomic_compare_exchange_weak_explicit(&tree.peak, &peak, live, memory_order_relaxed,
                                                                 memory_order_relaxed))
        ;
}

static void count_end(void)
{
    atomic_fetch_sub_explicit(&tree.live, 1, memory_order_relaxed);
}

/* False: there can be no more, and nobody tries again. */
static bool make_thread(pthread_t *thread, void *(*part)(void *), uint64_t k)
{
    int none = 0, r;
    if (atomic_load(&tree.error))
        return false;
    if (tree.counts)
        count_birth();
    r = pthread_create(thread, NULL, part, (void *)(uintptr_t)k);
    if (r != 0 && atomic_compare_exchange_strong(&tree.error, &none, r)) {
        limits_note(r, tree.live);
        bench_why("thread %" PRIu64 " of a tree could not be created: %s", k, strerror(r));
    }
    return r == 0;
}

static uint64_t join(pthread_t thread)
{
    void *number = NULL;
    pthread_join(thread, &number);
    return (uintptr_t)number;
}

static void *node(void *number)
{
    uint64_t k = (uintptr_t)number, sum = 0;
    pthread_t threads[TEN];
    unsigned made = 0;
    if (k >= tree.inner)
        sum = k - tree.inner;
    else
        while (made < TEN && make_thread(&threads[made], node, TEN * k + 1 + made))
            made++;
    for (unsigned i = 0; i < made; i++)
        sum += join(threads[i]);
    if (tree.counts)
        count_end();
    return (void *)(uintptr_t)sum;
}

static int batch_skynet(const struct setting *setting, struct proof *proof)
{
    pthread_t root;
    if (make_thread(&root, node, 0))
        proof->checksum = join(root);
    proof->work = skynet_inner(setting->n) + skynet_leaves(setting->n);
    proof->peak_live = tree.peak;
    return -tree.error;
}

static int begin_skynet(const struct setting *setting)
{
    struct proof counted = {0};
    tree.inner = skynet_inner(setting->n);
    tree.made = tree.live = tree.peak = 0;
    tree.error = 0;
    tree.counts = true;
    int r = batch_skynet(setting, &counted);
    tree.counts = false;
    if (!r && tree.made != counted.work) {
        bench_why("%" PRIu64 " threads were made, expected %" PRIu64, tree.made, counted.work);
        r = -EPROTO;
    }
    return r;
}

const struct task pthread_skynet = {.begin = begin_skynet, .batch = batch_skynet};

/* ---- fj_create: detached, for a thread that has ended and is not joined keeps its stack ---- */

struct unit {
    sem_t full; /* its mailbox, of one place */
    uint64_t word, handed_back;
};

static struct unit *units;
static sem_t said; /* posted by each, the last thing it does */

static void await(sem_t *s)
{
    while (sem_wait(s) < 0 && errno == EINTR)
        ;
}

static int begin_fj_create(const struct setting *setting)
{
    sem_init(&said, 0, 0);
    units = calloc(setting->units, sizeof *units);
    if (units)
        return 0;
    bench_why("no memory for a list of %" PRIu64 " units", setting->units);
    return -ENOMEM;
}

static void end_fj_create(const struct setting *setting)
{
    (void)setting;
    free(units);
    units = NULL;
}

static void *made_for_one(void *self)
{
    struct unit *u = self;
    await(&u->full);
    u->handed_back = u->word;
    sem_post(&said);
    return NULL;
}

static int make_for_one(struct unit *u, uint64_t word)
{
    pthread_t thread;
    *u = (struct unit){.word = word};
    sem_init(&u->full, 0, 0);
    int r = pthread_create(&thread, NULL, made_for_one, u);
    if (r != 0) {
        limits_note(r, word - 1);
        bench_why("thread %" PRIu64 " could not be created: %s", word, strerror(r));
        return -r;
    }
    pthread_detach(thread);
    sem_post(&u->full);
    return 0;
}

static int batch_fj_create(const struct setting *setting, struct proof *proof)
{
    uint64_t made = 0;
    int r = 0;
    while (made < setting->n && (r = make_for_one(&units[made], made + 1)) == 0)
        made++;
    for (uint64_t i = 0; i < made; i++)
        await(&said);
    for (uint64_t i = 0; i < made; i++, proof->work++)
        proof->checksum += units[i].handed_back;
    return r;
}

const struct task pthread_fj_create = {.begin = begin_fj_create, .batch = batch_fj_create, .end = end_fj_create};
