/* pthread_copy.c - copy between threads: the sender copies the bytes into memory of the message's own
 * and puts its address on a queue, guarded by a mutex; the receiver looks at the size and frees it.
 * Without the copy it would be shared memory, which is another promise: then nobody may change it.
 * Both wait to be set off by the number of messages. */
#define _GNU_SOURCE
#include "pthread_tasks.h"
#include "../figures/figures.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 1024 };

struct message {
    uint64_t size;
    char bytes[];
};

static struct {
    pthread_mutex_t lock;                /* guards all but what is written before there are threads */
    pthread_cond_t arrived, freed, told; /* a message; half of the places; what is to be done, or was */
    struct message *places[PLACES];
    uint64_t first, count;        /* of the queue */
    uint64_t to_send, to_receive; /* of this batch, 0: wait */
    uint64_t sum;                 /* of what was received */
    bool over;
    char *original;
    uint64_t size;
    pthread_t sender, receiver;
    int hired;
} crew;

/* ---- the queue ---- */

/* The receiver waits only at an empty queue, the sender only at a full one, until it is half empty. */
static void push(struct message *m)
{
    pthread_mutex_lock(&crew.lock);
    while (crew.count == PLACES)
        pthread_cond_wait(&crew.freed, &crew.lock);
    crew.places[(crew.first + crew.count++) % PLACES] = m;
    bool was_empty = crew.count == 1;
    pthread_mutex_unlock(&crew.lock);
    if (was_empty)
        pthread_cond_signal(&crew.arrived);
}

static struct message *pop(void)
{
    pthread_mutex_lock(&crew.lock);
    while (crew.count == 0)
        pthread_cond_wait(&crew.arrived, &crew.lock);
    struct message *m = crew.places[crew.first++ % PLACES];
    bool half_empty = --crew.count == PLACES / 2;
    pthread_mutex_unlock(&crew.lock);
    if (half_empty)
        pthread_cond_signal(&crew.freed);
    return m;
}

/* ---- the two threads ---- */

/* A number of messages to handle; 0: the end. */
static uint64_t await(const uint64_t *messages)
{
    pthread_mutex_lock(&crew.lock);
    while (*messages == 0 && !crew.over)
        pthread_cond_wait(&crew.told, &crew.lock);
    uint64_t n = *messages;
    pthread_mutex_unlock(&crew.lock);
    return n;
}

static void finish(uint64_t *messages, uint64_t sum)
{
    pthread_mutex_lock(&crew.lock);
    *messages = 0;
    crew.sum += sum;
    pthread_cond_broadcast(&crew.told);
    pthread_mutex_unlock(&crew.lock);
}

/* No memory: an empty message, whose size will be found wrong. */
static struct message *copy(void)
{
    struct message *m = malloc(sizeof *m + crew.size);
    if (m) {
        m->size = crew.size;
        memcpy(m->bytes, crew.original, crew.size);
    }
    return m;
}

static void *send_all(void *unused)
{
    for (uint64_t n; (n = await(&crew.to_send)) > 0;) {
        for (uint64_t i = 0; i < n; i++)
            push(copy());
        finish(&crew.to_send, 0);
    }
    return unused;
}

static void *receive_all(void *unused)
{
    for (uint64_t n; (n = await(&crew.to_receive)) > 0;) {
        uint64_t sum = 0;
        for (uint64_t i = 0; i < n; i++) {
            struct message *m = pop();
            sum += m ? m->size + 1 : 0;
            free(m);
        }
        finish(&crew.to_receive, sum);
    }
    return unused;
}

/* ---- the task ---- */

static int hire(pthread_t *thread, void *(*part)(void *))
{
    int r = pthread_create(thread, NULL, part, NULL);
    if (r)
        bench_why("a thread could not be created: %s", strerror(r));
    crew.hired += r == 0;
    return -r;
}

static void end(const struct setting *setting)
{
    (void)setting;
    pthread_mutex_lock(&crew.lock);
    crew.over = true;
    pthread_cond_broadcast(&crew.told);
    pthread_mutex_unlock(&crew.lock);
    if (crew.hired > 0)
        pthread_join(crew.receiver, NULL);
    if (crew.hired > 1)
        pthread_join(crew.sender, NULL);
    free(crew.original);
}

static int begin(const struct setting *setting)
{
    memset(&crew, 0, sizeof crew);
    if (strcmp(setting->variant, "bin") != 0) {
        bench_why("threads are sent bytes here: they have no %ss", setting->variant);
        return -ENOTSUP;
    }
    pthread_mutex_init(&crew.lock, NULL);
    pthread_cond_init(&crew.arrived, NULL);
    pthread_cond_init(&crew.freed, NULL);
    pthread_cond_init(&crew.told, NULL);
    crew.size = setting->n;
    crew.original = malloc(crew.size + 1);
    if (crew.original)
        memset(crew.original, 'x', crew.size); /* untouched pages would all be the kernel's one of zeroes */
    int r = crew.original ? hire(&crew.receiver, receive_all) : -ENOMEM;
    if (r == 0)
        r = hire(&crew.sender, send_all);
    if (r < 0)
        end(setting);
    return r;
}

static int batch(const struct setting *setting, struct proof *proof)
{
    pthread_mutex_lock(&crew.lock);
    crew.sum = 0;
    crew.to_send = crew.to_receive = copy_messages(setting->n);
    pthread_cond_broadcast(&crew.told);
    while (crew.to_send || crew.to_receive)
        pthread_cond_wait(&crew.told, &crew.lock);
    proof->checksum = crew.sum;
    pthread_mutex_unlock(&crew.lock);
    proof->work = copy_messages(setting->n);
    proof->peak_live = 2;
    return 0;
}

const struct task pthread_copy = {.begin = begin, .batch = batch, .end = end};
