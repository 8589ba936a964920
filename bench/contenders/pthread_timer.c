/* pthread_timer.c - timer by the kernel's timers: a timerfd each, and so an open file each, which is the
 * limit. To set one is timerfd_settime(2); the files are opened before the clock, as a program would keep
 * them. Those that fire are awaited by epoll(7) and read. */
#define _GNU_SOURCE
#include "../figures/figures.h"
#include "../limits.h"
#include "pthread_tasks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { HOUR_S = 3600, AT_ONCE = 512, MS = 1000 * 1000 };

static struct {
    int *files; /* first those that a batch uses, then the others, which live on */
    uint64_t size, used;
    int poll;
} crew;

static int arm(int file, time_t s, long ns)
{
    struct itimerspec when = {.it_value = {.tv_sec = s, .tv_nsec = ns}};
    return timerfd_settime(file, 0, &when, NULL) < 0 ? -errno : 0;
}

static int open_one(uint64_t i)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};
    int file = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (file < 0)
        return -errno;
    crew.files[crew.size++] = file;
    if (i >= crew.used)
        return arm(file, HOUR_S + (time_t)(i % HOUR_S), 0);
    return epoll_ctl(crew.poll, EPOLL_CTL_ADD, file, &event) < 0 ? -errno : 0;
}

static void end(const struct setting *setting)
{
    (void)setting;
    while (crew.size > 0)
        close(crew.files[--crew.size]);
    if (crew.poll >= 0)
        close(crew.poll);
    free(crew.files);
}

/* As many open files as the hard limit allows. */
static void raise_nofile(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &r);
    }
}

static int begin(const struct setting *setting)
{
    bool fires = strcmp(setting->variant, "set_fire") == 0;
    memset(&crew, 0, sizeof crew);
    raise_nofile();
    crew.used = fires ? BATCH_TIMERS : 1;
    crew.poll = epoll_create1(EPOLL_CLOEXEC);
    crew.files = malloc((crew.used + setting->n) * sizeof *crew.files);
    int r = crew.poll < 0 ? -errno : crew.files ? 0 : -ENOMEM;
    for (uint64_t i = 0; i < crew.used + setting->n && r == 0; i++)
        r = open_one(i);
    if (r < 0) {
        limits_note(-r, crew.size);
        bench_why("timer %" PRIu64 " could not be had: %s", crew.size + 1, strerror(-r));
        end(setting);
    }
    return r;
}

/* Disarmed, it tells how much was left. */
static bool disarm(int file)
{
    struct itimerspec never = {0}, left = {0};
    return timerfd_settime(file, 0, &never, &left) == 0 && left.it_value.tv_sec > 0;
}

static int set_and_cancel(struct proof *proof)
{
    int r = 0;
    for (int i = 0; i < BATCH_TIMERS && r == 0; i++) {
        r = arm(crew.files[0], HOUR_S, 0);
        proof->checksum += disarm(crew.files[0]);
    }
    proof->work = BATCH_TIMERS;
    return r;
}

/* One reads how often it has fired: once. */
static void take(uint64_t i, struct proof *proof)
{
    uint64_t times;
    if (read(crew.files[i], &times, sizeof times) == sizeof times) {
        proof->work += times;
        proof->checksum += i + 1;
    }
}

static int set_and_await(struct proof *proof)
{
    struct epoll_event events[AT_ONCE];
    int r = 0;
    for (uint64_t i = 1; i <= BATCH_TIMERS && r == 0; i++)
        r = arm(crew.files[i - 1], 0, (long)(1 + i % TIMERS_WITHIN_MS) * MS);
    while (r == 0 && proof->work < BATCH_TIMERS) {
        int count = epoll_wait(crew.poll, events, AT_ONCE, -1);
        r = count < 0 && errno != EINTR ? -errno : 0;
        for (int i = 0; i < count; i++)
            take(events[i].data.u64, proof);
    }
    return r;
}

static int batch(const struct setting *setting, struct proof *proof)
{
    proof->peak_live = 1;
    return strcmp(setting->variant, "set_fire") == 0 ? set_and_await(proof) : set_and_cancel(proof);
}

const struct task pthread_timer = {.begin = begin, .batch = batch, .end = end};
