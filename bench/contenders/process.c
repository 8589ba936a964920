/* process.c - processes of the operating system, made by fork().
 * A unit is a child that shares no memory with the others but one page of results; it is woken, and
 * speaks, through pipes in messages of 8 bytes. stream and fan_in: each message is one write, so that
 * it is under way at once; the reader takes what has arrived, up to 512 messages a read
 * (with one message a read fan_in was a third slower, stream on one CPU a quarter faster). The pipe
 * holds 8,192 messages.
 *
 * No child may outlive the driver. A unit that lives asks the kernel to be killed when its parent
 * dies, and makes sure it has not died already; the units of spawn_exit and spawn_join do nothing but
 * end, so they spare themselves these two calls. Whatever goes wrong, crew_dismiss() kills and awaits
 * all that were created.
 *
 * fork() copies the page tables of its parent: the price is that of a small parent. */
#define _GNU_SOURCE
#include "../contender.h"
#include "../cpus.h"
#include "../figures/figures.h"
#include "../limits.h"
#include "process_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GULP = 512, SILENCE_MS = 60000 };

struct pipe {
    int out, in; /* read here, write there: the order of pipe(2) */
};

/* What a unit did; it writes while it plays, the driver reads when it has said that it finished. */
struct result {
    uint64_t work, sum, switches;
};

struct unit {
    pid_t pid;
    uint64_t index;
    struct pipe inbox; /* not used by parked units: they share crew.inbox */
};

/* Shared by all processes. */
struct board {
    _Atomic uint64_t last; /* yield: who ran last */
    struct result results[];
};

/* The units of the figure that is running; each child has the copy of the moment it was born. */
static struct {
    struct unit *units;
    struct board *board;
    uint64_t size, planned, hops;
    bool own_inboxes;
    pid_t driver;
    struct pipe said, inbox; /* a unit says its number: it runs, or it has finished. inbox: for all */
} crew;

/* ---- pipes ---- */

static void pipe_close(struct pipe *p)
{
    if (p->in > 0) {
        close(p->in);
        close(p->out);
    }
    *p = (struct pipe){0};
}

static int pipe_open(struct pipe *p)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    *p = (struct pipe){.out = ends[0], .in = ends[1]};
    return 0;
}

static void put(const struct pipe *p, uint64_t word)
{
    while (write(p->in, &word, sizeof word) < 0 && errno == EINTR)
        ;
}

/* A unit whose inbox fails has nothing left to do. */
static uint64_t take(const struct pipe *p)
{
    uint64_t word;
    ssize_t got;
    while ((got = read(p->out, &word, sizeof word)) < 0 && errno == EINTR)
        ;
    if (got != sizeof word)
        _exit(EXIT_FAILURE);
    return word;
}

/* The driver waits for a unit to say something, but not for ever: it may have been killed. */
static int hear(uint64_t *word)
{
    struct pollfd fd = {.fd = crew.said.out, .events = POLLIN};
    int r;
    while ((r = poll(&fd, 1, SILENCE_MS)) < 0 && errno == EINTR)
        ;
    if (r == 1 && read(crew.said.out, word, sizeof *word) == sizeof *word)
        return 0;
    bench_why("a unit has been silent for %d s", SILENCE_MS / 1000);
    return -ETIMEDOUT;
}

/* As many open files as the hard limit allows: a ring of 1,000 needs 2,000. */
static void raise_nofile(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &r);
    }
}

/* ---- a crew of units ---- */

typedef void play(struct unit *, uint64_t word);

static void die_with_driver(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != crew.driver)
        _exit(EXIT_FAILURE);
}

static _Noreturn void unit_live(struct unit *u, const struct setting *setting, play *part)
{
    die_with_driver();
    if (strcmp(setting->variant, "two_cpus") == 0 && cpus_pin((int)(u->index % 2)) < 0)
        _exit(EXIT_FAILURE);
    put(&crew.said, u->index);
    for (;;)
        part(u, take(crew.own_inboxes ? &u->inbox : &crew.inbox));
}

/* End all units, however far the crew has come; they are not asked. */
static void crew_dismiss(const struct setting *setting)
{
    (void)setting;
    for (uint64_t i = 0; i < crew.size; i++)
        kill(crew.units[i].pid, SIGKILL);
    for (uint64_t i = 0; i < crew.size; i++)
        while (waitpid(crew.units[i].pid, NULL, 0) < 0 && errno == EINTR)
            ;
    for (uint64_t i = 0; crew.units && i < crew.planned; i++)
        pipe_close(&crew.units[i].inbox);
    pipe_close(&crew.said);
    pipe_close(&crew.inbox);
    if (crew.board)
        munmap(crew.board, sizeof *crew.board + crew.planned * sizeof *crew.board->results);
    free(crew.units);
    memset(&crew, 0, sizeof crew);
}

static int plan(uint64_t n, bool own_inboxes)
{
    void *board = mmap(NULL, sizeof *crew.board + n * sizeof *crew.board->results, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    crew.planned = n;
    crew.own_inboxes = own_inboxes;
    crew.hops = ring_hops(n);
    crew.driver = getpid();
    crew.board = board == MAP_FAILED ? NULL : board;
    crew.units = calloc(n, sizeof *crew.units);
    if (crew.board && crew.units)
        return 0;
    bench_why("no memory for a list of %" PRIu64 " units", n);
    return -ENOMEM;
}

static int open_pipes(void)
{
    raise_nofile();
    int r = pipe_open(&crew.said);
    if (r == 0)
        r = pipe_open(&crew.inbox);
    for (uint64_t i = 0; crew.own_inboxes && r == 0 && i < crew.planned; i++)
        r = pipe_open(&crew.units[i].inbox);
    if (r < 0) {
        limits_note(-r, 0);
        bench_why("%" PRIu64 " units need a pipe each: %s", crew.planned, strerror(-r));
    }
    return r;
}

static int hire(struct unit *u, const struct setting *setting, play *part)
{
    u->index = crew.size;
    u->pid = fork();
    if (u->pid == 0)
        unit_live(u, setting, part);
    if (u->pid > 0) {
        crew.size++;
        return 0;
    }
    int r = -errno;
    limits_note(-r, crew.size);
    bench_why("process %" PRIu64 " could not be created: %s", crew.size + 1, strerror(-r));
    return r;
}

static int hire_all(const struct setting *setting, play *first, play *others)
{
    uint64_t number;
    int r = 0, heard = 0;
    for (uint64_t i = 0; i < crew.planned && r == 0; i++)
        r = hire(&crew.units[i], setting, i == 0 ? first : others);
    for (uint64_t i = 0; i < crew.size && heard == 0; i++)
        heard = hear(&number);
    return r < 0 ? r : heard;
}

/* Have n units: the first with a part of its own, the others all alike. All wait when this returns. */
static int crew_hire(const struct setting *setting, uint64_t n, play *first, play *others)
{
    int r = plan(n, true);
    if (r == 0)
        r = open_pipes();
    if (r == 0)
        r = hire_all(setting, first, others);
    if (r < 0)
        crew_dismiss(setting);
    return r;
}

static struct result *mine(const struct unit *u)
{
    return &crew.board->results[u->index];
}

/* Wait until `players` units have finished their parts; add up what all units did. */
static int crew_finish(uint64_t players, struct proof *proof)
{
    uint64_t number;
    int r = 0;
    for (uint64_t i = 0; i < players && r == 0; i++)
        r = hear(&number);
    for (uint64_t i = 0; i < crew.size; i++) {
        struct result *did = &crew.board->results[i];
        proof->work += did->work;
        proof->checksum += did->sum;
        proof->ops += did->switches;
        *did = (struct result){0};
    }
    proof->peak_live = crew.size;
    return r;
}

/* ---- the parts ---- */

static void play_asker(struct unit *u, uint64_t trips)
{
    uint64_t sum = 0;
    for (uint64_t i = 1; i <= trips; i++) {
        put(&u[1].inbox, i);
        sum += take(&u->inbox);
    }
    *mine(u) = (struct result){.work = trips, .sum = sum};
    put(&crew.said, u->index);
}

static void play_answerer(struct unit *u, uint64_t word)
{
    put(&u[-1].inbox, word + 1);
}

static void play_member(struct unit *u, uint64_t token)
{
    mine(u)->work++;
    if (token + 1 < crew.hops) {
        put(&crew.units[(u->index + 1) % crew.planned].inbox, token + 1);
    } else {
        mine(u)->sum = token + 1;
        put(&crew.said, u->index);
    }
}

static void play_sender(struct unit *u, uint64_t words)
{
    (void)u;
    for (uint64_t i = 1; i <= words; i++)
        put(&crew.inbox, i);
}

/* Writes of 8 bytes are atomic, so a read never sees half a message. */
static void play_receiver(struct unit *u, uint64_t words)
{
    uint64_t gulp[GULP], sum = 0, work = 0;
    while (work < words) {
        ssize_t got = read(crew.inbox.out, gulp, sizeof gulp);
        if (got <= 0 || got % (ssize_t)sizeof *gulp != 0)
            _exit(EXIT_FAILURE);
        for (ssize_t i = 0; i < got / (ssize_t)sizeof *gulp; i++, work++)
            sum += gulp[i];
    }
    *mine(u) = (struct result){.work = work, .sum = sum};
    put(&crew.said, u->index);
}

/* relaxed: both run on one CPU and only want to know whether the other one did. */
static void play_yielder(struct unit *u, uint64_t times)
{
    uint64_t switches = 0;
    for (uint64_t i = 0; i < times; i++) {
        if (atomic_load_explicit(&crew.board->last, memory_order_relaxed) != u->index) {
            atomic_store_explicit(&crew.board->last, u->index, memory_order_relaxed);
            switches++;
        }
        sched_yield();
    }
    *mine(u) = (struct result){.work = times, .sum = times, .switches = switches};
    put(&crew.said, u->index);
}

/* Whichever unit gets the question answers with its own number, and ends. */
static void play_parked(struct unit *u, uint64_t word)
{
    (void)word;
    put(&crew.said, u->index + 1);
    _exit(EXIT_SUCCESS);
}

/* ---- the figures ---- */

static int begin_ping_pong(const struct setting *s)
{
    return crew_hire(s, 2, play_asker, play_answerer);
}

static int begin_ring(const struct setting *s)
{
    return crew_hire(s, s->n, play_member, play_member);
}

static int begin_stream(const struct setting *s)
{
    return crew_hire(s, 2, play_receiver, play_sender);
}

static int begin_fan_in(const struct setting *s)
{
    return crew_hire(s, 1 + FAN_IN_SENDERS, play_receiver, play_sender);
}

static int begin_yield(const struct setting *s)
{
    return crew_hire(s, 2, play_yielder, play_yielder);
}

static int batch_ping_pong(const struct setting *s, struct proof *proof)
{
    (void)s;
    put(&crew.units[0].inbox, BATCH_TRIPS);
    return crew_finish(1, proof);
}

static int batch_ring(const struct setting *s, struct proof *proof)
{
    (void)s;
    put(&crew.units[0].inbox, 0);
    return crew_finish(1, proof);
}

static int batch_pipe(const struct setting *s, struct proof *proof)
{
    (void)s;
    uint64_t senders = crew.size - 1, words = BATCH_STREAM;
    put(&crew.units[0].inbox, words);
    for (uint64_t i = 1; i <= senders; i++)
        put(&crew.units[i].inbox, words / senders);
    return crew_finish(1, proof);
}

static int batch_yield(const struct setting *s, struct proof *proof)
{
    (void)s;
    atomic_store(&crew.board->last, UINT64_MAX);
    put(&crew.units[0].inbox, BATCH_YIELDS / 2);
    put(&crew.units[1].inbox, BATCH_YIELDS / 2);
    return crew_finish(2, proof);
}

/* An exit status has only 8 bits, so the number goes into the unit's place on the board. */
static int spawn(uint64_t index)
{
    pid_t pid = fork();
    if (pid == 0) {
        crew.board->results[index].sum = index + 1;
        _exit(EXIT_SUCCESS);
    }
    if (pid < 0) {
        int r = -errno;
        limits_note(-r, crew.size);
        bench_why("process %" PRIu64 " could not be created: %s", index + 1, strerror(-r));
        return r;
    }
    crew.units[crew.size++].pid = pid;
    return 0;
}

/* Await all there are, and add up what those that ended well left on the board from `first` on. */
static void await_all(uint64_t first, struct proof *proof)
{
    struct result *left = &crew.board->results[first];
    for (uint64_t i = 0; i < crew.size; i++) {
        int status, r;
        while ((r = waitpid(crew.units[i].pid, &status, 0)) < 0 && errno == EINTR)
            ;
        proof->work += r > 0 && status == 0;
        proof->checksum += left[i].sum;
        left[i].sum = 0;
    }
    crew.size = 0;
}

static int begin_spawns(const struct setting *s)
{
    int r = plan(BATCH_SPAWNS, false);
    if (r < 0)
        crew_dismiss(s);
    return r;
}

static int batch_spawn_exit(const struct setting *s, struct proof *proof)
{
    (void)s;
    int r = 0;
    for (uint64_t i = 0; i < BATCH_SPAWNS && r == 0; i++)
        r = spawn(i);
    await_all(0, proof);
    return r;
}

static int batch_spawn_join(const struct setting *s, struct proof *proof)
{
    (void)s;
    int r = 0;
    for (uint64_t i = 0; i < BATCH_JOINS && r == 0; i++) {
        r = spawn(i);
        await_all(i, proof);
    }
    proof->peak_live = 1;
    return r;
}

/* Whichever unit gets the word ends, and leaves its number. */
static void play_mortal(struct unit *u, uint64_t word)
{
    (void)word;
    mine(u)->sum = u->index + 1;
    _exit(EXIT_SUCCESS);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* The units wait at one pipe, as parked ones do. They are made, and what is left of them is cleared up,
 * outside the clock. */
static int batch_monitor(const struct setting *s, struct proof *proof)
{
    uint64_t began = now_ns();
    int r = plan(s->n, false);
    if (r == 0)
        r = open_pipes();
    if (r == 0)
        r = hire_all(s, play_mortal, play_mortal);
    uint64_t told = now_ns();
    proof->peak_live = crew.size;
    for (uint64_t i = 0; i < crew.size && r == 0; i++)
        put(&crew.inbox, 0);
    if (r == 0)
        await_all(0, proof);
    uint64_t over = now_ns();
    crew_dismiss(s);
    proof->aside_ns = told - began + now_ns() - over;
    return r;
}

/* All parked units read one pipe: a pipe for each would need 60,000 open files, and would be counted
 * as a unit's memory though waiting does not need it. */
static int park(const struct setting *s, uint64_t n, uint64_t *live)
{
    int r = plan(n, false);
    if (r == 0)
        r = open_pipes();
    if (r == 0)
        r = hire_all(s, play_parked, play_parked);
    *live = crew.size;
    if (r < 0)
        crew_dismiss(s);
    return r;
}

static int prove(const struct setting *s, struct proof *proof)
{
    uint64_t number;
    int r = 0;
    proof->peak_live = crew.size;
    for (uint64_t i = 0; i < crew.size && r == 0; i++) {
        put(&crew.inbox, 0);
        r = hear(&number);
        proof->checksum += r == 0 ? number : 0;
        proof->work += r == 0;
    }
    crew_dismiss(s);
    return r;
}

static const struct task process_monitor = {.batch = batch_monitor};

#define CREW(begin_it, batch_it) {.begin = begin_it, .batch = batch_it, .end = crew_dismiss}

const struct contender contender_process = {
    .name = "process", .what = "processes of the operating system: fork and pipes",
    .spawn_exit = CREW(begin_spawns, batch_spawn_exit), .spawn_join = CREW(begin_spawns, batch_spawn_join),
    .yield = CREW(begin_yield, batch_yield), .ping_pong = CREW(begin_ping_pong, batch_ping_pong),
    .ring = CREW(begin_ring, batch_ring), .stream = CREW(begin_stream, batch_pipe),
    .fan_in = CREW(begin_fan_in, batch_pipe), .copy = &process_copy, .monitor = &process_monitor, .hog = &process_hog,
    .shares = &process_shares,
    .parking = {park, prove},
};
