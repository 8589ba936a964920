/* posix_spawn.c - processes of the operating system that run another program.
 * The unit is posix_spawn_unit, the smallest ordinary C program: it ends with its number modulo 251 as
 * its exit status. That is all the bits a stranger can hand back by ending, so the proof is that each
 * status is the one expected of unit i; then i is added.
 * Measured with the rest: loading the program and its C library, as every new program must.
 * The unit is looked for beside the program that runs. */
#define _GNU_SOURCE
#include "../contender.h"
#include "../limits.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUSES = 251 };

static char unit_path[4096];

static int start(const struct setting *s)
{
    (void)s;
    static const char name[] = "posix_spawn_unit";
    ssize_t length = readlink("/proc/self/exe", unit_path, sizeof unit_path - sizeof name);
    if (length < 0)
        return -errno;
    unit_path[length] = '\0';
    strcpy(strrchr(unit_path, '/') + 1, name);
    if (access(unit_path, X_OK) == 0)
        return 0;
    bench_why("%s: %s", unit_path, strerror(errno));
    return -errno;
}

static int spawn(pid_t *pid, uint64_t number, uint64_t live)
{
    char text[24];
    char *const argv[] = {"unit", text, NULL}, *const no_environment[] = {NULL};
    snprintf(text, sizeof text, "%" PRIu64, number);
    int r = posix_spawn(pid, unit_path, NULL, NULL, argv, no_environment);
    if (r != 0) {
        limits_note(r, live);
        bench_why("process %" PRIu64 " could not be created: %s", number, strerror(r));
    }
    return -r;
}

static void await(pid_t pid, uint64_t number, struct proof *proof)
{
    int status, r;
    while ((r = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
        ;
    if (r < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != (int)(number % STATUSES))
        return;
    proof->work++;
    proof->checksum += number;
}

static int batch_spawn_exit(const struct setting *s, struct proof *proof)
{
    (void)s;
    static pid_t pids[BATCH_SPAWNS];
    uint64_t n = 0;
    int r = 0;
    while (n < BATCH_SPAWNS && (r = spawn(&pids[n], n + 1, n)) == 0)
        n++;
    for (uint64_t i = 0; i < n; i++)
        await(pids[i], i + 1, proof);
    return r;
}

static int batch_spawn_join(const struct setting *s, struct proof *proof)
{
    (void)s;
    pid_t pid;
    int r = 0;
    for (uint64_t i = 1; i <= BATCH_JOINS && (r = spawn(&pid, i, 0)) == 0; i++)
        await(pid, i, proof);
    proof->peak_live = 1;
    return r;
}

const struct contender contender_posix_spawn = {
    .name = "posix_spawn", .what = "processes of the operating system that run another program", .start = start,
    .spawn_exit = {.batch = batch_spawn_exit}, .spawn_join = {.batch = batch_spawn_join},
};
