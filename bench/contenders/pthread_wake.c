/* pthread_wake.c - wake: two threads with a semaphore and a word each: the kernel's own way to wake somebody, which is
 * a futex. On which CPUs is up to the kernel. */
#include "../figures/figures.h"
#include "pthread_tasks.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

struct unit {
    pthread_t thread;
    sem_t full;
    int64_t word;
};

static struct {
    struct unit sender, receiver, driver; /* the driver has no thread but the program's */
    uint64_t ms;
    int hired;
} crew;

enum { OVER = 0 }; /* as a word: there is no more */

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void put(struct unit *u, int64_t word)
{
    u->word = word;
    sem_post(&u->full);
}

static int64_t take(struct unit *u)
{
    while (sem_wait(&u->full) < 0 && errno == EINTR)
        ;
    return u->word;
}

static void *receive_all(void *unused)
{
    for (int64_t sent; (sent = take(&crew.receiver)) != OVER;)
        put(&crew.sender, now_ns() - sent);
    return unused;
}

/* How many answers were right. */
static int64_t wake(int64_t times)
{
    struct timespec pause = {.tv_sec = (time_t)(crew.ms / 1000), .tv_nsec = (long)(crew.ms % 1000) * 1000000};
    int64_t right = 0;
    for (; times > 0; times--) {
        nanosleep(&pause, NULL);
        put(&crew.receiver, now_ns());
        int64_t ns = take(&crew.sender);
        bench_latency((uint64_t)ns);
        right += ns > 0;
    }
    return right;
}

static void *send_all(void *unused)
{
    for (int64_t times; (times = take(&crew.sender)) != OVER;)
        put(&crew.driver, wake(times));
    return unused;
}

static int hire(struct unit *u, void *(*part)(void *))
{
    int r = pthread_create(&u->thread, NULL, part, NULL);
    if (r)
        bench_why("a thread could not be created: %s", strerror(r));
    crew.hired += r == 0;
    return -r;
}

static void end(const struct setting *setting)
{
    (void)setting;
    put(&crew.sender, OVER);
    if (crew.hired > 0)
        pthread_join(crew.sender.thread, NULL);
    put(&crew.receiver, OVER);
    if (crew.hired > 1)
        pthread_join(crew.receiver.thread, NULL);
}

static int begin(const struct setting *setting)
{
    memset(&crew, 0, sizeof crew);
    crew.ms = setting->n;
    sem_init(&crew.sender.full, 0, 0);
    sem_init(&crew.receiver.full, 0, 0);
    sem_init(&crew.driver.full, 0, 0);
    int r = hire(&crew.sender, send_all);
    if (r == 0)
        r = hire(&crew.receiver, receive_all);
    if (r < 0)
        end(setting);
    return r;
}

static int batch(const struct setting *setting, struct proof *proof)
{
    (void)setting;
    put(&crew.sender, WAKES);
    proof->checksum = (uint64_t)take(&crew.driver);
    proof->work = WAKES;
    proof->peak_live = 2;
    return 0;
}

const struct task pthread_wake = {.begin = begin, .batch = batch, .end = end};
