/* pthread.c - threads of the operating system, as a C program would use them.
 * Two contenders: `pthread` has the default stack (reserved, not touched), `pthread_min` the smallest
 * the C library allows. A unit is a thread with a one-place mailbox of its own: a semaphore and a word.
 * It says that it runs, then plays its part for every word it is given, until the word is STOP.
 *
 * The mailbox is a sem_t because it was the fastest of five (one CPU, a round trip: semaphore and
 * bare futex 5.5 us, mutex and condition variable signalled after unlocking 5.6 to 6.9 us, signalled
 * before unlocking 11 us). stream and fan_in need a queue of many places: a mutex, two condition
 * variables, 1,024 places of 8 bytes. */
#define _GNU_SOURCE
#include "../contender.h"
#include "../cpus.h"
#include "../figures/figures.h"
#include "../limits.h"
#include "pthread_tasks.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STOP UINT64_MAX

enum { QUEUE_PLACES = 1024, CACHE_LINE = 64 };

/* A mailbox for one word. Who puts knows that the last word has been taken. */
struct slot {
    sem_t full;
    uint64_t word;
};

struct unit {
    _Alignas(CACHE_LINE) struct slot in;
    void (*play)(struct unit *, uint64_t word);
    pthread_t thread;
    uint64_t index;
    uint64_t work, sum, switches; /* the unit writes while it plays, the driver reads when all have finished */
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t has_word, has_place;
    uint64_t first, count;
    uint64_t words[QUEUE_PLACES];
};

static pthread_attr_t shape; /* stack size of all threads; set by start */

/* The units of the figure that is running. */
static struct {
    struct unit *units;
    uint64_t size, hops;
    sem_t said; /* posted by a unit: it runs, or it has finished its part */
    struct queue queue;
    _Atomic uint64_t last; /* yield: who ran last */
} crew;

/* ---- words, and queues of words ---- */

static void slot_put(struct slot *s, uint64_t word)
{
    s->word = word;
    sem_post(&s->full);
}

static void await(sem_t *s)
{
    while (sem_wait(s) < 0 && errno == EINTR)
        ;
}

static uint64_t slot_take(struct slot *s)
{
    await(&s->full);
    return s->word;
}

static void queue_init(struct queue *q)
{
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->has_word, NULL);
    pthread_cond_init(&q->has_place, NULL);
    q->first = q->count = 0;
}

/* Only the one receiver waits for words, and only when there are none. */
static void queue_push(struct queue *q, uint64_t word)
{
    pthread_mutex_lock(&q->lock);
    while (q->count == QUEUE_PLACES)
        pthread_cond_wait(&q->has_place, &q->lock);
    bool was_empty = q->count == 0;
    q->words[(q->first + q->count++) % QUEUE_PLACES] = word;
    pthread_mutex_unlock(&q->lock);
    if (was_empty)
        pthread_cond_signal(&q->has_word);
}

/* Senders wait only when the queue is full, and on the way down it passes the half: nobody is
 * forgotten. To wake a sender for every place would be a switch a message: 5 to 30 times slower for
 * four senders, twice for one. */
static uint64_t queue_pop(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    while (q->count == 0)
        pthread_cond_wait(&q->has_word, &q->lock);
    uint64_t word = q->words[q->first++ % QUEUE_PLACES];
    bool half_empty = --q->count == QUEUE_PLACES / 2;
    pthread_mutex_unlock(&q->lock);
    if (half_empty)
        pthread_cond_broadcast(&q->has_place);
    return word;
}

/* ---- a crew of units ---- */

static void *unit_live(void *self)
{
    struct unit *u = self;
    sem_post(&crew.said);
    for (uint64_t word; (word = slot_take(&u->in)) != STOP;)
        u->play(u, word);
    return NULL;
}

/* Two CPUs: units take turns on the first two allowed ones, from their first instruction on. */
static int create(struct unit *u, const struct setting *setting)
{
    cpu_set_t mask;
    int r = 0;
    CPU_ZERO(&mask);
    if (strcmp(setting->variant, "two_cpus") == 0) {
        CPU_SET(cpus_name((int)(u->index % 2)), &mask);
        r = pthread_attr_setaffinity_np(&shape, sizeof mask, &mask);
    }
    return r ? -r : -pthread_create(&u->thread, &shape, unit_live, u);
}

static int hire(struct unit *u, const struct setting *setting, void (*play)(struct unit *, uint64_t))
{
    *u = (struct unit){.play = play, .index = crew.size};
    sem_init(&u->in.full, 0, 0);
    int r = create(u, setting);
    if (r < 0) {
        limits_note(-r, crew.size);
        bench_why("thread %" PRIu64 " could not be created: %s", crew.size + 1, strerror(-r));
        return r;
    }
    crew.size++;
    return 0;
}

static void crew_dismiss(const struct setting *setting)
{
    (void)setting;
    for (uint64_t i = 0; i < crew.size; i++)
        slot_put(&crew.units[i].in, STOP);
    for (uint64_t i = 0; i < crew.size; i++)
        pthread_join(crew.units[i].thread, NULL);
    free(crew.units);
    memset(&crew, 0, sizeof crew);
}

/* Have n units: the first with a part of its own, the others all alike. All wait when this returns. */
static int crew_hire(const struct setting *setting, uint64_t n, void (*first)(struct unit *, uint64_t),
                     void (*others)(struct unit *, uint64_t), uint64_t *hired)
{
    crew.units = aligned_alloc(CACHE_LINE, n * sizeof *crew.units);
    if (!crew.units) {
        bench_why("no memory for a list of %" PRIu64 " units", n);
        return -ENOMEM;
    }
    sem_init(&crew.said, 0, 0);
    queue_init(&crew.queue);
    crew.hops = ring_hops(n);
    int r = 0;
    for (uint64_t i = 0; i < n && r == 0; i++)
        r = hire(&crew.units[i], setting, i == 0 ? first : others);
    for (uint64_t i = 0; i < crew.size; i++)
        await(&crew.said);
    *hired = crew.size;
    if (r < 0)
        crew_dismiss(setting);
    return r;
}

/* Wait until `players` units have finished their parts; add up what all units did. */
static int crew_finish(uint64_t players, struct proof *proof)
{
    for (uint64_t i = 0; i < players; i++)
        await(&crew.said);
    for (struct unit *u = crew.units; u < crew.units + crew.size; u++) {
        proof->work += u->work;
        proof->checksum += u->sum;
        proof->ops += u->switches;
        u->work = u->sum = u->switches = 0;
    }
    proof->peak_live = crew.size;
    return 0;
}

/* ---- the parts ---- */

static void play_asker(struct unit *u, uint64_t trips)
{
    for (uint64_t i = 1; i <= trips; i++, u->work++) {
        slot_put(&u[1].in, i);
        u->sum += slot_take(&u->in);
    }
    sem_post(&crew.said);
}

static void play_answerer(struct unit *u, uint64_t word)
{
    slot_put(&u[-1].in, word + 1);
}

static void play_member(struct unit *u, uint64_t token)
{
    u->work++;
    if (token + 1 < crew.hops) {
        slot_put(&crew.units[(u->index + 1) % crew.size].in, token + 1);
    } else {
        u->sum = token + 1;
        sem_post(&crew.said);
    }
}

static void play_sender(struct unit *u, uint64_t words)
{
    (void)u;
    for (uint64_t i = 1; i <= words; i++)
        queue_push(&crew.queue, i);
}

static void play_receiver(struct unit *u, uint64_t words)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < words; i++)
        sum += queue_pop(&crew.queue);
    u->work = words;
    u->sum = sum;
    sem_post(&crew.said);
}

/* Counts words that are 0, and tells how many at one that is not. */
static void play_counter(struct unit *u, uint64_t word)
{
    (void)word;
    while (queue_pop(&crew.queue) == 0)
        u->sum++;
    u->work = u->sum;
    sem_post(&crew.said);
}

static void play_producer(struct unit *u, uint64_t words)
{
    (void)u;
    for (uint64_t i = 0; i < words; i++)
        queue_push(&crew.queue, 0);
    queue_push(&crew.queue, 1);
}

/* relaxed: both run on one CPU and only want to know whether the other one did. */
static void play_yielder(struct unit *u, uint64_t times)
{
    uint64_t switches = 0;
    for (uint64_t i = 0; i < times; i++) {
        if (atomic_load_explicit(&crew.last, memory_order_relaxed) != u->index) {
            atomic_store_explicit(&crew.last, u->index, memory_order_relaxed);
            switches++;
        }
        sched_yield();
    }
    u->work = u->sum = times;
    u->switches = switches;
    sem_post(&crew.said);
}

static void play_parked(struct unit *u, uint64_t word)
{
    (void)word;
    u->sum = u->index + 1;
    sem_post(&crew.said);
}

/* ---- the figures ---- */

static int begin_ping_pong(const struct setting *s)
{
    return crew_hire(s, 2, play_asker, play_answerer, &(uint64_t){0});
}

static int begin_ring(const struct setting *s)
{
    return crew_hire(s, s->n, play_member, play_member, &(uint64_t){0});
}

static int begin_stream(const struct setting *s)
{
    return crew_hire(s, 2, play_receiver, play_sender, &(uint64_t){0});
}

static int begin_fan_in(const struct setting *s)
{
    return crew_hire(s, 1 + FAN_IN_SENDERS, play_receiver, play_sender, &(uint64_t){0});
}

static int begin_yield(const struct setting *s)
{
    return crew_hire(s, 2, play_yielder, play_yielder, &(uint64_t){0});
}

/* Programs of Savina, with two CPUs too, run where the kernel places them. */
static struct setting placed_by_kernel(const struct setting *s)
{
    struct setting anywhere = *s;
    anywhere.variant = "free";
    return anywhere;
}

static int begin_thread_ring(const struct setting *s)
{
    struct setting anywhere = placed_by_kernel(s);
    int r = crew_hire(&anywhere, s->n, play_member, play_member, &(uint64_t){0});
    crew.hops = BATCH_RING_HOPS;
    return r;
}

static int begin_counting(const struct setting *s)
{
    struct setting anywhere = placed_by_kernel(s);
    return crew_hire(&anywhere, 2, play_counter, play_producer, &(uint64_t){0});
}

static int batch_ping_pong(const struct setting *s, struct proof *proof)
{
    (void)s;
    slot_put(&crew.units[0].in, BATCH_TRIPS);
    return crew_finish(1, proof);
}

static int batch_ring(const struct setting *s, struct proof *proof)
{
    (void)s;
    slot_put(&crew.units[0].in, 0);
    return crew_finish(1, proof);
}

static int batch_queue(const struct setting *s, struct proof *proof)
{
    (void)s;
    uint64_t senders = crew.size - 1, words = BATCH_STREAM;
    slot_put(&crew.units[0].in, words);
    for (uint64_t i = 1; i <= senders; i++)
        slot_put(&crew.units[i].in, words / senders);
    return crew_finish(1, proof);
}

static int batch_counting(const struct setting *s, struct proof *proof)
{
    slot_put(&crew.units[0].in, 0);
    slot_put(&crew.units[1].in, s->n);
    return crew_finish(1, proof);
}

static int batch_yield(const struct setting *s, struct proof *proof)
{
    (void)s;
    atomic_store(&crew.last, STOP);
    slot_put(&crew.units[0].in, BATCH_YIELDS / 2);
    slot_put(&crew.units[1].in, BATCH_YIELDS / 2);
    return crew_finish(2, proof);
}

/* A thread hands its number back the way threads do: as its return value. */
static void *hand_back(void *number)
{
    return number;
}

static int await_all(const pthread_t *threads, uint64_t n, struct proof *proof)
{
    void *number;
    for (uint64_t i = 0; i < n; i++) {
        int r = pthread_join(threads[i], &number);
        if (r != 0)
            return -r;
        proof->work++;
        proof->checksum += (uintptr_t)number;
    }
    return 0;
}

static int spawn(pthread_t *thread, uint64_t number, uint64_t live)
{
    int r = pthread_create(thread, &shape, hand_back, (void *)(uintptr_t)number);
    if (r != 0) {
        limits_note(r, live);
        bench_why("thread %" PRIu64 " could not be created: %s", number, strerror(r));
    }
    return -r;
}

static int batch_spawn_exit(const struct setting *s, struct proof *proof)
{
    (void)s;
    static pthread_t threads[BATCH_SPAWNS];
    uint64_t n = 0;
    int r = 0;
    while (n < BATCH_SPAWNS && (r = spawn(&threads[n], n + 1, n)) == 0)
        n++;
    int joined = await_all(threads, n, proof);
    return r < 0 ? r : joined;
}

static int batch_spawn_join(const struct setting *s, struct proof *proof)
{
    (void)s;
    pthread_t thread;
    int r = 0;
    for (uint64_t i = 1; i <= BATCH_JOINS && r == 0; i++) {
        r = spawn(&thread, i, 0);
        if (r == 0)
            r = await_all(&thread, 1, proof);
    }
    proof->peak_live = 1;
    return r;
}

static int park(const struct setting *s, uint64_t n, uint64_t *live)
{
    return crew_hire(s, n, play_parked, play_parked, live);
}

static int prove(const struct setting *s, struct proof *proof)
{
    proof->peak_live = crew.size;
    for (uint64_t i = 0; i < crew.size; i++) {
        slot_put(&crew.units[i].in, 0);
        await(&crew.said);
        proof->checksum += crew.units[i].sum;
        proof->work++;
    }
    crew_dismiss(s);
    return 0;
}

/* ---- the contenders ---- */

static int start_default(const struct setting *s)
{
    (void)s;
    return -pthread_attr_init(&shape);
}

static int start_min(const struct setting *s)
{
    int r = start_default(s);
    return r < 0 ? r : -pthread_attr_setstacksize(&shape, (size_t)sysconf(_SC_THREAD_STACK_MIN));
}

static void stop(void)
{
    pthread_attr_destroy(&shape);
}

#define CREW(begin_it, batch_it) {.begin = begin_it, .batch = batch_it, .end = crew_dismiss}
#define THREADS                                                                                        \
    .stop = stop, .spawn_exit = {.batch = batch_spawn_exit}, .spawn_join = {.batch = batch_spawn_join}, \
    .yield = CREW(begin_yield, batch_yield), .ping_pong = CREW(begin_ping_pong, batch_ping_pong),       \
    .ring = CREW(begin_ring, batch_ring), .stream = CREW(begin_stream, batch_queue),                    \
    .fan_in = CREW(begin_fan_in, batch_queue), .parking = {park, prove}

static const struct task thread_ring = CREW(begin_thread_ring, batch_ring);
static const struct task counting = CREW(begin_counting, batch_counting);

const struct contender contender_pthread = {
    .name = "pthread", .what = "threads of the operating system, default stack", .start = start_default, THREADS,
    .copy = &pthread_copy, .link_exit = &pthread_link_exit, .monitor = &pthread_monitor, .call = &pthread_call,
    .timer = &pthread_timer,
    .wake = &pthread_wake,
    .bare_line = &pthread_line,
    .hog = &pthread_hog, .shares = &pthread_shares,
    .skynet = &pthread_skynet, .fj_create = &pthread_fj_create, .thread_ring = &thread_ring, .counting = &counting,
};

const struct contender contender_pthread_min = {
    .name = "pthread_min", .what = "threads of the operating system, smallest stack", .start = start_min, THREADS,
};
