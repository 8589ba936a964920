/* pthread_hog.c - hog: threads that compute, beside one that answers; the kernel divides the CPU. The prober is the
 * program's first thread. A semaphore and a word each carry question and answer. */
#define _GNU_SOURCE
#include "../figures/figures.h"
#include "hog_probes.h"
#include "pthread_tasks.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

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

static uint64_t ask(uint64_t question)
{
    put(&crew.question, question);
    return take(&crew.answer);
}

static int batch(const struct setting *setting, struct proof *proof)
{
    return hog_probe(setting, proof, ask);
}

const struct task pthread_hog = {.begin = begin, .batch = batch, .end = end};
