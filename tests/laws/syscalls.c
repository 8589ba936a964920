/* In steady state the runtime makes no system call.
 *
 * A child does a million operations of one kind and is watched through ptrace(2): every
 * system call of every thread of it is counted, exactly. The process that does the
 * work marks the beginning and the end by a call that nobody else makes (getpgid).
 * A first lap before the mark lets pools, lanes and tables reach their size.
 *
 * One scheduler: the count between the marks is exactly 0, for N and for 2N.
 * Two schedulers: the second one looks for work now and then, and sleeps in between, so
 * it is time that costs calls, not operations: less than 1 for every 10,000 operations,
 * or, where operations are slow (no optimization, a busy machine), 10 for each millisecond.
 * Who waits for timers sleeps until they are due, once for many; with one CPU, where nobody looks around before he sleeps.
 * The watcher, which sees to it that nobody computes for ever, is a thread of its own that sleeps
 * between two looks, of which there is one in a slice: its calls are counted apart, and it is time that costs them, too. Where operations are
 * slow, those of one slice take longer than it allows, and it interrupts: that costs two calls, at most twice
 * in a millisecond.
 *
 * No privilege is needed. Exit status 77 (skipped) where ptrace is not permitted. */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/ptrace.h>

#include "beamling/beamling.h"

enum { SKIPPED = 77, BROKEN = 99, N = 1000000, CROWD = 100 };

static void mark(void)
{
    syscall(SYS_getpgid, 0);
}

/* ---- the operations; each is a process that does n of them ---- */

static void nothing(bl_term unused)
{
    (void)unused;
}

static void spawn_and_exit(int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        bl_spawn(nothing, bl_int(i));
        bl_yield();
    }
}

static void spawn_and_wait(int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        bl_wait(bl_spawn(nothing, bl_int(i)), NULL);
}

static void yield_to_and_fro(int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        bl_yield();
}

static bl_term add(bl_term sum, bl_term message)
{
    return bl_int(bl_to_int(sum) + bl_to_int(message));
}

static bl_pid resting;

static void send_to_resting(int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        bl_send(resting, bl_int(1));
}

static void send_to_oneself(int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        bl_send(bl_self(), bl_int(1));
        bl_receive();
    }
}

static bl_pid partner;

static void echo(bl_term unused)
{
    (void)unused;
    for (;;)
        bl_send(bl_to_pid(bl_receive()), bl_int(1));
}

static void ping_pong(int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        bl_send(partner, bl_from_pid(bl_self()));
        bl_receive();
    }
}

/* Straight-line processes, more than lanes: each hop copies frames out and in. */
static bl_pid ring[CROWD];

static void pass_on(bl_term place)
{
    for (;;)
        bl_send(ring[(bl_to_int(place) + 1) % CROWD], bl_receive());
}

static bl_pid ring_master;

static void close_ring(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_term token = bl_receive();
        bl_send(bl_to_int(token) > 0 ? ring[1] : ring_master, bl_int(bl_to_int(token) - CROWD));
    }
}

static void hop_around(int64_t n)
{
    bl_send(ring[1], bl_int(n));
    bl_receive();
}

static void hear_of_timers(int64_t n)
{
    enum { AT_ONCE = 10000 };
    for (int64_t left = n; left > 0; left -= AT_ONCE) {
        for (int i = 0; i < AT_ONCE; i++)
            bl_send_after(1, bl_from_pid(bl_self()), bl_int(i));
        for (int i = 0; i < AT_ONCE; i++)
            bl_receive();
    }
}

/* ---- the child ---- */

static const struct operation {
    const char *name;
    void (*function)(int64_t n);
    int64_t sleeps_after; /* not before so many; 0: never */
} operations[] = {
    {.name = "spawn, exit", .function = spawn_and_exit},
    {.name = "spawn, wait", .function = spawn_and_wait},
    {.name = "yield", .function = yield_to_and_fro},
    {.name = "send to resting", .function = send_to_resting},
    {.name = "send to self", .function = send_to_oneself},
    {.name = "ping-pong", .function = ping_pong},
    {.name = "hop with eviction", .function = hop_around},
    {.name = "hear of timers", .function = hear_of_timers, .sleeps_after = 500},
};

enum { OPERATIONS = sizeof operations / sizeof *operations };

static const struct operation *operation;

static void do_it(bl_term n)
{
    ring_master = bl_self();
    resting = bl_spawn_resting(add, bl_int(0));
    partner = bl_spawn(echo, bl_int(0));
    ring[0] = bl_spawn(close_ring, bl_int(0));
    for (int i = 1; i < CROWD; i++)
        ring[i] = bl_spawn(pass_on, bl_int(i));
    operation->function(N / 10);
    mark();
    operation->function(bl_to_int(n));
    mark();
}

static void keep_one_cpu(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
}

static _Noreturn void child(unsigned schedulers, int64_t n)
{
    if (ptrace(PTRACE_TRACEME, 0, 0, 0))
        _exit(SKIPPED);
    raise(SIGSTOP);
    if (schedulers == 1 && operation->sleeps_after)
        keep_one_cpu();
    bl_options o = {.schedulers = schedulers};
    if (bl_start(&o))
        _exit(BROKEN);
    bl_wait(bl_spawn(do_it, bl_int(n)), NULL);
    bl_stop();
    _exit(0);
}

/* ---- the watcher ---- */

struct count {
    int marks;
    int64_t calls, watchers, interruptions;
    uint64_t first; /* which call, if any, came between the marks */
    int64_t ms[2];  /* when the marks came */
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The thread of this name; its number does not change, and is asked for once. */
static bool is_watcher(pid_t thread)
{
    static pid_t known;
    char path[64], name[32] = "";
    if (thread == known)
        return true;
    snprintf(path, sizeof path, "/proc/%d/comm", thread);
    FILE *f = fopen(path, "r");
    if (f && !fgets(name, sizeof name, f))
        name[0] = 0;
    if (f)
        fclose(f);
    bool it_is = !strcmp(name, "beamling-watch\n");
    if (it_is)
        known = thread;
    return it_is;
}

static void note_call(struct count *c, pid_t thread)
{
    struct ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY)
        return;
    if (info.entry.nr == SYS_getpgid) {
        c->ms[c->marks++ % 2] = now_ms();
    } else if (c->marks == 1 && is_watcher(thread)) {
        c->watchers++;
    } else if (c->marks == 1) {
        c->first = c->calls++ ? c->first : info.entry.nr;
    }
}

/* The child's exit status, and what it did between the marks. */
static int watch(pid_t first, struct count *c)
{
    int status, result = BROKEN;
    waitpid(first, &status, 0);
    if (!WIFSTOPPED(status))
        return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
    if (ptrace(PTRACE_SETOPTIONS, first, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL))
        return SKIPPED;
    ptrace(PTRACE_SYSCALL, first, 0, 0);
    for (pid_t p; (p = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
        if (p < 0)
            continue;
        if (!WIFSTOPPED(status)) {
            if (p == first)
                result = WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
            continue;
        }
        int signal = WSTOPSIG(status), deliver = 0;
        if (signal == (SIGTRAP | 0x80))
            note_call(c, p);
        else if (signal != SIGTRAP && signal != SIGSTOP) /* events, and the first stop of a new thread */
            deliver = signal;
        c->interruptions += c->marks == 1 && deliver == SIGURG;
        ptrace(PTRACE_SYSCALL, p, 0, deliver);
    }
    return result;
}

static int count_calls(unsigned schedulers, int64_t n, struct count *c)
{
    *c = (struct count){0};
    pid_t p = fork();
    if (p == 0)
        child(schedulers, n);
    return p < 0 ? BROKEN : watch(p, c);
}

/* A look is two calls, and there is one in a slice, where turns are shorter than that. */
static bool watcher_within(unsigned schedulers, int64_t n, int64_t ms, const struct count *c)
{
    bool turns_are_short = schedulers == 1 && ms * 8000 < n; /* 4,000 reductions take half a slice; two may share a CPU */
    int64_t most = turns_are_short ? 3 * ms : 10 * ms;
    return c->watchers <= most + 20;
}

static bool within(unsigned schedulers, int64_t n, const struct count *c)
{
    int64_t ms = c->ms[1] - c->ms[0];
    if (!watcher_within(schedulers, n, ms, c) || c->interruptions > 5 + 2 * ms * schedulers)
        return false;
    int64_t sleeps = operation->sleeps_after ? n / operation->sleeps_after : 0;
    return schedulers == 1 ? c->calls <= 2 * c->interruptions + sleeps : c->calls * 10000 < n || c->calls < 10 * ms;
}

static int check(unsigned schedulers, int64_t n)
{
    struct count c;
    int status = count_calls(schedulers, n, &c);
    if (status)
        return status;
    bool good = c.marks == 2 && within(schedulers, n, &c);
    printf("%-18s %u scheduler%s %8" PRId64 " operations: %4" PRId64 " system calls in %4" PRId64 " ms, the watcher's %4" PRId64 "%s",
           operation->name, schedulers, schedulers > 1 ? "s" : " ", n, c.calls, c.ms[1] - c.ms[0], c.watchers,
           good ? "\n" : "  <- too many");
    if (!good)
        printf(" (the first is number %" PRIu64 ", %d marks)\n", c.first, c.marks);
    fflush(stdout);
    return !good;
}

int main(void)
{
    int failed = 0;
    for (int i = 0; i < OPERATIONS; i++) {
        operation = &operations[i];
        int64_t plan[][2] = {{1, N}, {1, 2 * N}, {2, 4 * N}};
        for (int j = 0; j < 3; j++) {
            int status = check((unsigned)plan[j][0], plan[j][1]);
            if (status == SKIPPED) {
                printf("SKIPPED: ptrace(2) is not permitted here (%s): nothing was counted\n", strerror(errno));
                return SKIPPED;
            }
            failed += status != 0;
        }
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
