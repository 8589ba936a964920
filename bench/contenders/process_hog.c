/* process_hog.c - hog: OS processes that compute, beside one that answers; the kernel divides the CPU. The prober is
 * the driver. A pipe each carries question and answer. All are killed in the end, and when the driver dies. */
#define _GNU_SOURCE
#include "../figures/figures.h"
#include "hog_probes.h"
#include "process_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    int question[2], answer[2]; /* read at 0, written at 1 */
    pid_t *units; /* the responder, then the loops */
    uint64_t hired;
} crew;

static bool put(int fd, uint64_t word)
{
    ssize_t n;
    while ((n = write(fd, &word, sizeof word)) < 0 && errno == EINTR)
        ;
    return n == sizeof word;
}

static bool take(int fd, uint64_t *word)
{
    ssize_t n;
    while ((n = read(fd, word, sizeof *word)) < 0 && errno == EINTR)
        ;
    return n == sizeof *word;
}

static _Noreturn void compute(void)
{
    for (;;)
        __asm__ volatile("");
}

static _Noreturn void respond(void)
{
    for (uint64_t i; take(crew.question[0], &i);)
        if (!put(crew.answer[1], i + 1))
            break;
    _exit(EXIT_SUCCESS);
}

static int hire(void (*part)(void))
{
    pid_t driver = getpid(), p = fork();
    if (p < 0) {
        int error = errno;
        bench_why("an OS process could not be created: %s", strerror(error));
        return -error;
    }
    if (p == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != driver)
            _exit(EXIT_FAILURE);
        part(); /* does not return */
    }
    crew.units[crew.hired++] = p;
    return 0;
}

static void end(const struct setting *setting)
{
    (void)setting;
    for (uint64_t i = 0; i < crew.hired; i++)
        kill(crew.units[i], SIGKILL);
    for (uint64_t i = 0; i < crew.hired; i++)
        waitpid(crew.units[i], NULL, 0);
    close(crew.question[1]);
    close(crew.answer[0]);
    free(crew.units);
}

static int open_pipes(void)
{
    if (pipe2(crew.question, O_CLOEXEC) < 0)
        return -errno;
    if (pipe2(crew.answer, O_CLOEXEC) == 0)
        return 0;
    int error = errno;
    close(crew.question[0]);
    close(crew.question[1]);
    return -error;
}

static int begin(const struct setting *setting)
{
    memset(&crew, 0, sizeof crew);
    int r = open_pipes();
    if (r) {
        bench_why("a pipe could not be made: %s", strerror(-r));
        return r;
    }
    crew.units = calloc(setting->n + 1, sizeof *crew.units);
    r = crew.units ? hire(respond) : -ENOMEM;
    close(crew.question[0]); /* nobody else has the responder's ends: its death is heard of */
    close(crew.answer[1]);
    signal(SIGPIPE, SIG_IGN);
    for (uint64_t i = 0; i < setting->n && !r; i++)
        r = hire(compute);
    if (r)
        end(setting);
    return r;
}

static uint64_t ask(uint64_t question)
{
    uint64_t answer;
    return put(crew.question[1], question) && take(crew.answer[0], &answer) ? answer : 0;
}

static int batch(const struct setting *setting, struct proof *proof)
{
    return hog_probe(setting, proof, ask);
}

const struct task process_hog = {.begin = begin, .batch = batch, .end = end};
