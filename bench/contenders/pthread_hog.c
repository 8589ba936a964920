/* pthread_hog.c - hog: threads that compute, beside one that answers; the kernel divides the CPU. The prober is the
 * program's first thread. A semaphore and a word each carry question and answer. */
#define _GNU_SOURCE
#include "../figures/figures.h"
#include "pthread_tasks.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct place {
    sem_t full;
    uint64_t word;
};

static struct {
    struct place question, answer;
    pthread_t responder, *loops;
    uint64_t hired; /* loops */
    _Atomic bool over;
} crew;

static const uint64_t end_of_questions = UINT64_MAX;

static void put(struct place *p, uint64_t word)
{
    p->word = word;
    sem_post(&p->full);
}

static uint64_t take(struct place *p)
{
    while (sem_wait(&p->full) < 0 && errno == EINTR)
        ;
    return p->word;
}

static void *compute(void *unused)
{
    while (!atomic_load_explicit(&crew.over, memory_order_relaxed)) {
    }
    return unused;
}

static void *respond(void *unused)
{
    for (uint64_t i; (i = take(&crew.question)) != end_of_questions;)
        put(&crew.answer, i + 1);
    return unused;
}

static void end(const struct setting *setting)
{
    (void)setting;
    atomic_store(&crew.over, true);
    for (uint64_t i = 0; i < crew.hired; i++)
        pthread_join(crew.loops[i], NULL);
    put(&crew.question, end_of_questions);
    pthread_join(crew.responder, NULL);
    free(crew.loops);
}

static int begin(const struct setting *setting)
{
    memset(&crew, 0, sizeof crew);
    sem_init(&crew.question.full, 0, 0);
    sem_init(&crew.answer.full, 0, 0);
    crew.loops = calloc(setting->n + 1, sizeof *crew.loops);
    if (!crew.loops)
        return -ENOMEM;
    int r = pthread_create(&crew.responder, NULL, respond, NULL);
    if (r) {
        free(crew.loops);
        bench_why("a thread could not be created: %s", strerror(r));
        return -r;
    }
    for (; r == 0 && crew.hired < setting->n; crew.hired += r == 0)
        r = pthread_create(&crew.loops[crew.hired], NULL, compute, NULL);
    if (r) {
        bench_why("a thread could not be created: %s", strerror(r));
        end(setting);
    }
    return -r;
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int batch(const struct setting *setting, struct proof *proof)
{
    uint64_t planned = now_ns();
    for (; proof->work < HOG_PROBES; proof->work++) {
        planned += HOG_EVERY_MS * UINT64_C(1000000);
        struct timespec at = {.tv_sec = (time_t)(planned / 1000000000u), .tv_nsec = (long)(planned % 1000000000u)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
            ;
        put(&crew.question, proof->work);
        proof->checksum += take(&crew.answer) - proof->work;
        bench_latency(now_ns() - planned);
    }
    proof->peak_live = setting->n + 2;
    return 0;
}

const struct task pthread_hog = {.begin = begin, .batch = batch, .end = end};
