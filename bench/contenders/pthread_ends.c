/* pthread_ends.c - link_exit and monitor by threads. What a thread has to hear of another's end is
 * pthread_join().
 * link_exit: each waits in pthread_join() for the one before it, and ends with what that ended with; the
 * first is cancelled. monitor: each waits to be told, and returns its number; all are joined, in their
 * order, which costs a switch only for those that have not ended yet.
 * The threads are made anew for each batch, outside the clock. */
#define _GNU_SOURCE
#include "../figures/figures.h"
#include "../limits.h"
#include "pthread_tasks.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct unit {
    pthread_t thread;
    sem_t told; /* to end */
};

static struct {
    struct unit *units;
    uint64_t size;
    sem_t runs;                 /* posted by each, before it waits */
    _Atomic uint64_t gone, sum; /* link_exit: how many ended for the right reason, and their numbers */
} crew;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void await(sem_t *s)
{
    while (sem_wait(s) < 0 && errno == EINTR)
        ;
}

/* ---- the crew ---- */

static int begin(const struct setting *setting)
{
    memset(&crew, 0, sizeof crew);
    sem_init(&crew.runs, 0, 0);
    crew.units = calloc(setting->units, sizeof *crew.units);
    if (crew.units)
        return 0;
    bench_why("no memory for a list of %" PRIu64 " units", setting->units);
    return -ENOMEM;
}

static void end(const struct setting *setting)
{
    (void)setting;
    free(crew.units);
    crew.units = NULL;
}

/* As many as there can be, up to n: crew.size. All wait when this returns. */
static int make_units(uint64_t n, void *(*part)(void *))
{
    int r = 0;
    for (crew.size = 0; crew.size < n; crew.size++) {
        struct unit *u = &crew.units[crew.size];
        sem_init(&u->told, 0, 0);
        r = pthread_create(&u->thread, NULL, part, u);
        if (r != 0)
            break;
    }
    if (r != 0) {
        limits_note(r, crew.size);
        bench_why("thread %" PRIu64 " could not be created: %s", crew.size + 1, strerror(r));
    }
    for (uint64_t i = 0; i < crew.size; i++)
        await(&crew.runs);
    return -r;
}

/* ---- link_exit ---- */

/* relaxed: read when all have ended. */
static void count_end(uint64_t number, const void *reason)
{
    if (reason != PTHREAD_CANCELED)
        return;
    atomic_fetch_add_explicit(&crew.gone, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&crew.sum, number, memory_order_relaxed);
}

static void *linked(void *self)
{
    struct unit *u = self;
    void *reason = NULL;
    sem_post(&crew.runs);
    if (u == crew.units) {
        await(&u->told); /* until it is cancelled */
        return NULL;
    }
    pthread_join(u[-1].thread, &reason);
    count_end((uint64_t)(u - crew.units), reason);
    return reason;
}

static int batch_link_exit(const struct setting *setting, struct proof *proof)
{
    void *reason = NULL;
    uint64_t began = now_ns();
    int r = make_units(setting->n, linked);
    crew.gone = crew.sum = 0;
    uint64_t told = now_ns();
    if (crew.size) {
        pthread_cancel(crew.units[0].thread);
        pthread_join(crew.units[crew.size - 1].thread, &reason);
    }
    proof->aside_ns = told - began;
    count_end(crew.size, reason);
    proof->work = crew.gone;
    proof->checksum = crew.sum;
    proof->peak_live = crew.size;
    return r;
}

const struct task pthread_link_exit = {.begin = begin, .batch = batch_link_exit, .end = end};

/* ---- monitor ---- */

static void *ends_when_told(void *self)
{
    struct unit *u = self;
    sem_post(&crew.runs);
    await(&u->told);
    return (void *)(uintptr_t)(u - crew.units + 1);
}

static int batch_monitor(const struct setting *setting, struct proof *proof)
{
    void *number;
    uint64_t began = now_ns();
    int r = make_units(setting->n, ends_when_told);
    proof->aside_ns = now_ns() - began;
    for (uint64_t i = 0; i < crew.size; i++)
        sem_post(&crew.units[i].told);
    for (uint64_t i = 0; i < crew.size; i++) {
        pthread_join(crew.units[i].thread, &number);
        proof->work++;
        proof->checksum += (uintptr_t)number;
    }
    proof->peak_live = crew.size;
    return r;
}

const struct task pthread_monitor = {.begin = begin, .batch = batch_monitor, .end = end};
