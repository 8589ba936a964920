/* process_shares.c - shares: OS processes that compute until the window closes; the kernel divides the CPUs. Their turns
 * stand in memory they share with the driver; they are killed when it dies. */
#define _GNU_SOURCE
#include "../figures/turns.h"
#include "process_copy.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t hire(uint64_t *turns, const struct window *window)
{
    pid_t driver = getpid(), p = fork();
    if (p == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != driver)
            _exit(EXIT_FAILURE);
        *turns = turns_of_a_unit(window);
        _exit(EXIT_SUCCESS);
    }
    return p;
}

/* The number of a unit that ended well, else 0. */
static uint64_t await(pid_t unit, uint64_t number)
{
    int status;
    while (waitpid(unit, &status, 0) < 0)
        if (errno != EINTR)
            return 0;
    return status == 0 ? number : 0;
}

static int run(uint64_t *turns, pid_t *units, uint64_t n, struct proof *proof)
{
    uint64_t made = 0;
    struct window window = turns_window();
    int r = 0;
    for (; made < n && !r; made += !r) {
        units[made] = hire(&turns[made], &window);
        r = units[made] < 0 ? -errno : 0;
    }
    if (r)
        bench_why("an OS process could not be created: %s", strerror(-r));
    for (; proof->work < made; proof->work++)
        proof->checksum += await(units[proof->work], proof->work + 1);
    turns_tell(turns, n, proof);
    proof->peak_live = made;
    return r;
}

static int batch(const struct setting *setting, struct proof *proof)
{
    uint64_t n = setting->n;
    pid_t *units = calloc(n, sizeof *units);
    uint64_t *turns = mmap(NULL, n * sizeof *turns, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int r = units && turns != MAP_FAILED ? run(turns, units, n, proof) : -ENOMEM;
    if (turns != MAP_FAILED)
        munmap(turns, n * sizeof *turns);
    free(units);
    return r;
}

const struct task process_shares = {.batch = batch};
