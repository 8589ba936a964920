/* pthread_line.c - bare_line: two threads on two CPUs, and one cache line that both write in turn. Neither sleeps, and
 * neither asks the kernel for anything: what is left is the way of the line to the other CPU and back. */
#define _GNU_SOURCE
#include "../cpus.h"
#include "../figures/figures.h"
#include "pthread_tasks.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

enum { APART = 128 /* the CPU may fetch lines in pairs */ };

struct side {
    pthread_t thread;
    sem_t begin, done;
    uint64_t trips; /* 0: there is no more */
    uint64_t first; /* it writes this number, and each second one after it, when it reads the one before */
};

static struct {
    struct side sides[2];
    int hired;
    _Alignas(APART) _Atomic uint64_t line;
    char others[APART];
} crew;

static void await(sem_t *s)
{
    while (sem_wait(s) < 0 && errno == EINTR)
        ;
}

static void *play(void *of)
{
    struct side *s = of;
    for (await(&s->begin); s->trips; sem_post(&s->done), await(&s->begin))
        for (uint64_t i = 0, mine = s->first; i < s->trips; i++, mine += 2) {
            while (atomic_load_explicit(&crew.line, memory_order_acquire) != mine - 1)
                ;
            atomic_store_explicit(&crew.line, mine, memory_order_release);
        }
    return NULL;
}

static void set_off(uint64_t trips)
{
    crew.line = 0;
    for (int i = 0; i < crew.hired; i++) {
        crew.sides[i].trips = trips;
        sem_post(&crew.sides[i].begin);
    }
}

static int hire(struct side *s, int number)
{
    cpu_set_t mask;
    pthread_attr_t shape;
    *s = (struct side){.first = 1 + (uint64_t)number};
    sem_init(&s->begin, 0, 0);
    sem_init(&s->done, 0, 0);
    CPU_ZERO(&mask);
    CPU_SET(cpus_name(number), &mask);
    pthread_attr_init(&shape);
    int r = pthread_attr_setaffinity_np(&shape, sizeof mask, &mask);
    if (r == 0)
        r = pthread_create(&s->thread, &shape, play, s);
    pthread_attr_destroy(&shape);
    if (r)
        bench_why("a thread could not be created on a CPU of its own: %s", strerror(r));
    crew.hired += r == 0;
    return -r;
}

static void end(const struct setting *setting)
{
    (void)setting;
    set_off(0);
    for (int i = 0; i < crew.hired; i++)
        pthread_join(crew.sides[i].thread, NULL);
}

static int begin(const struct setting *setting)
{
    int r = 0;
    crew.hired = 0;
    for (int i = 0; i < 2 && r == 0; i++)
        r = hire(&crew.sides[i], i);
    if (r < 0)
        end(setting);
    return r;
}

static int batch(const struct setting *setting, struct proof *proof)
{
    (void)setting;
    set_off(BATCH_LINE);
    for (int i = 0; i < 2; i++)
        await(&crew.sides[i].done);
    proof->work = BATCH_LINE;
    proof->checksum = crew.line / 2;
    return 0;
}

const struct task pthread_line = {.begin = begin, .batch = batch, .end = end};
