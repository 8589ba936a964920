/* process_copy.c - copy between two processes of the operating system, made by fork(): through a pipe
 * (contender process) or through a pair of connected sockets (contender socketpair, which can do
 * nothing else). Both are streams of bytes, so a message is its size in 8 bytes, then its bytes; each
 * is written by one writev() where it fits. The receiver reads what has arrived, as much as its buffer
 * holds, and looks at the messages that are complete in it.
 * The two children die with the driver (PR_SET_PDEATHSIG) and are killed at the end. */
#define _GNU_SOURCE
#include "process_copy.h"
#include "../figures/figures.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SILENCE_MS = 60000, GULP = 64 * 1024, HEAD = sizeof(uint64_t) };

enum line { DATA, TO_SENDER, TO_RECEIVER, SAID, LINES };

static struct {
    int ends[LINES][2]; /* read from 0, write to 1: the order of pipe(2) */
    uint64_t size;
    char *buffer; /* of one child or the other: each has its own copy */
    size_t room;
    pid_t driver, children[2];
} crew;

/* ---- words that set off, and report ---- */

/* A child whose line fails has nothing left to do. */
static uint64_t take(enum line line)
{
    uint64_t word;
    if (read(crew.ends[line][0], &word, sizeof word) != sizeof word)
        _exit(EXIT_FAILURE);
    return word;
}

static void put(enum line line, uint64_t word)
{
    while (write(crew.ends[line][1], &word, sizeof word) < 0 && errno == EINTR)
        ;
}

/* The driver waits, but not for ever: a child may have been killed. */
static int hear(uint64_t *word)
{
    struct pollfd fd = {.fd = crew.ends[SAID][0], .events = POLLIN};
    int r;
    while ((r = poll(&fd, 1, SILENCE_MS)) < 0 && errno == EINTR)
        ;
    if (r == 1 && read(fd.fd, word, sizeof *word) == sizeof *word)
        return 0;
    bench_why("a unit has been silent for %d s", SILENCE_MS / 1000);
    return -ETIMEDOUT;
}

/* ---- the sender ---- */

/* What is left of a message after `done` bytes of head and body. */
static int rest_of(struct iovec *parts, const uint64_t *head, size_t done)
{
    int count = 0;
    if (done < HEAD)
        parts[count++] = (struct iovec){(char *)head + done, HEAD - done};
    size_t of_body = done < HEAD ? 0 : done - HEAD;
    if (of_body < crew.size)
        parts[count++] = (struct iovec){crew.buffer + of_body, crew.size - of_body};
    return count;
}

static void send_one(void)
{
    struct iovec parts[2];
    uint64_t head = crew.size;
    for (size_t done = 0; done < HEAD + crew.size;) {
        ssize_t wrote = writev(crew.ends[DATA][1], parts, rest_of(parts, &head, done));
        if (wrote < 0 && errno != EINTR)
            _exit(EXIT_FAILURE);
        done += wrote > 0 ? (size_t)wrote : 0;
    }
}

static _Noreturn void live_as_sender(void)
{
    for (;;)
        for (uint64_t n = take(TO_SENDER); n > 0; n--)
            send_one();
}

/* ---- the receiver ---- */

/* Look at all complete messages in the buffer; the beginning of the next one moves to its front. */
static size_t look_at(size_t held, uint64_t *messages, uint64_t *sum)
{
    size_t at = 0;
    uint64_t size;
    while (held - at >= HEAD) {
        memcpy(&size, crew.buffer + at, HEAD);
        if (held - at - HEAD < size)
            break;
        at += HEAD + size;
        *sum += size + 1;
        --*messages;
    }
    memmove(crew.buffer, crew.buffer + at, held - at);
    return held - at;
}

static uint64_t receive(uint64_t messages)
{
    uint64_t sum = 0;
    for (size_t held = 0; messages > 0;) {
        ssize_t got = read(crew.ends[DATA][0], crew.buffer + held, crew.room - held);
        if (got <= 0)
            _exit(EXIT_FAILURE);
        held = look_at(held + (size_t)got, &messages, &sum);
    }
    return sum;
}

static _Noreturn void live_as_receiver(void)
{
    for (;;)
        put(SAID, receive(take(TO_RECEIVER)));
}

/* ---- the task ---- */

static void end(const struct setting *setting)
{
    (void)setting;
    for (int i = 0; i < 2; i++) {
        if (crew.children[i] <= 0)
            continue;
        kill(crew.children[i], SIGKILL);
        while (waitpid(crew.children[i], NULL, 0) < 0 && errno == EINTR)
            ;
    }
    for (int line = 0; line < LINES; line++)
        for (int side = 0; side < 2; side++)
            if (crew.ends[line][side] > 0)
                close(crew.ends[line][side]);
    free(crew.buffer);
    memset(&crew, 0, sizeof crew);
}

static int hire(int number, void (*live)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != crew.driver)
            _exit(EXIT_FAILURE);
        live();
    }
    crew.children[number] = pid;
    return pid < 0 ? -errno : 0;
}

/* What the sender writes to is read by the receiver, whatever it is. */
static int open_lines(bool sockets)
{
    int r = sockets ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, crew.ends[DATA])
                    : pipe2(crew.ends[DATA], O_CLOEXEC);
    for (int line = TO_SENDER; line < LINES && r == 0; line++)
        r = pipe2(crew.ends[line], O_CLOEXEC);
    return r < 0 ? -errno : 0;
}

static int begin(const struct setting *setting, bool sockets)
{
    if (strcmp(setting->variant, "bin") != 0) {
        bench_why("processes send bytes: they have no %ss", setting->variant);
        return -ENOTSUP;
    }
    crew.driver = getpid();
    crew.size = setting->n;
    crew.room = HEAD + setting->n > GULP ? HEAD + setting->n : GULP;
    crew.buffer = malloc(crew.room);
    if (crew.buffer)
        memset(crew.buffer, 'x', crew.room); /* untouched pages would all be the kernel's one of zeroes */
    int r = crew.buffer ? open_lines(sockets) : -ENOMEM;
    if (r == 0)
        r = hire(0, live_as_receiver);
    if (r == 0)
        r = hire(1, live_as_sender);
    if (r < 0) {
        bench_why("two processes and their lines could not be made: %s", strerror(-r));
        end(setting);
    }
    return r;
}

static int begin_pipe(const struct setting *setting)
{
    return begin(setting, false);
}

static int begin_sockets(const struct setting *setting)
{
    return begin(setting, true);
}

static int batch(const struct setting *setting, struct proof *proof)
{
    uint64_t messages = copy_messages(setting->n);
    put(TO_RECEIVER, messages);
    put(TO_SENDER, messages);
    proof->work = messages;
    proof->peak_live = 2;
    return hear(&proof->checksum);
}

const struct task process_copy = {.begin = begin_pipe, .batch = batch, .end = end};
static const struct task socket_copy = {.begin = begin_sockets, .batch = batch, .end = end};

const struct contender contender_socketpair = {
    .name = "socketpair",
    .what = "processes of the operating system: fork and a pair of connected sockets",
    .copy = &socket_copy,
};
