/* pthread_call.c - call between two threads: a place for the request and one for the answer, guarded by a
 * mutex, each with a condition variable. There is no mailbox, so nothing can wait in it; and nobody would
 * notice that the server has ended, as threads of a program end together. */
#define _GNU_SOURCE
#include "../cpus.h"
#include "../figures/figures.h"
#include "pthread_tasks.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

/* One word at a time. */
struct place {
    pthread_cond_t filled;
    bool full;
    uint64_t word;
};

static struct {
    pthread_mutex_t lock; /* guards all but the threads */
    struct place request, answer, order, result; /* order: how many calls; result: the sum of the answers */
    pthread_t caller, server;
    int hired;
} crew;

enum { OVER = 0 }; /* as a word: there is no more */

static void put(struct place *p, uint64_t word)
{
    pthread_mutex_lock(&crew.lock);
    p->word = word;
    p->full = true;
    pthread_mutex_unlock(&crew.lock);
    pthread_cond_signal(&p->filled);
}

static uint64_t take(struct place *p)
{
    pthread_mutex_lock(&crew.lock);
    while (!p->full)
        pthread_cond_wait(&p->filled, &crew.lock);
    uint64_t word = p->word;
    p->full = false;
    pthread_mutex_unlock(&crew.lock);
    return word;
}

static void *call_all(void *unused)
{
    for (uint64_t n; (n = take(&crew.order)) != OVER;) {
        uint64_t sum = 0;
        for (uint64_t i = 1; i <= n; i++) {
            put(&crew.request, i);
            sum += take(&crew.answer);
        }
        put(&crew.result, sum);
    }
    return unused;
}

static void *serve(void *unused)
{
    for (uint64_t i; (i = take(&crew.request)) != OVER;)
        put(&crew.answer, i + 1);
    return unused;
}

/* Two CPUs: on different ones from their first instruction on. */
static int hire(const struct setting *setting, pthread_t *thread, void *(*part)(void *))
{
    pthread_attr_t attributes;
    cpu_set_t mask;
    pthread_attr_init(&attributes);
    CPU_ZERO(&mask);
    int r = 0;
    if (strcmp(setting->variant, "two_cpus") == 0) {
        CPU_SET(cpus_name(crew.hired), &mask);
        r = pthread_attr_setaffinity_np(&attributes, sizeof mask, &mask);
    }
    if (r == 0)
        r = pthread_create(thread, &attributes, part, NULL);
    pthread_attr_destroy(&attributes);
    if (r)
        bench_why("a thread could not be created: %s", strerror(r));
    crew.hired += r == 0;
    return -r;
}

static void end(const struct setting *setting)
{
    (void)setting;
    put(&crew.order, OVER);
    if (crew.hired > 0)
        pthread_join(crew.caller, NULL);
    put(&crew.request, OVER);
    if (crew.hired > 1)
        pthread_join(crew.server, NULL);
}

static int begin(const struct setting *setting)
{
    memset(&crew, 0, sizeof crew);
    if (setting->n) {
        bench_why("threads have no mailbox in which other messages could wait");
        return -ENOTSUP;
    }
    pthread_mutex_init(&crew.lock, NULL);
    struct place *places[] = {&crew.request, &crew.answer, &crew.order, &crew.result};
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        pthread_cond_init(&places[i]->filled, NULL);
    int r = hire(setting, &crew.caller, call_all);
    if (r == 0)
        r = hire(setting, &crew.server, serve);
    if (r < 0)
        end(setting);
    return r;
}

static int batch(const struct setting *setting, struct proof *proof)
{
    (void)setting;
    put(&crew.order, BATCH_TRIPS);
    proof->checksum = take(&crew.result);
    proof->work = BATCH_TRIPS;
    proof->peak_live = 2;
    return 0;
}

const struct task pthread_call = {.begin = begin, .batch = batch, .end = end};
