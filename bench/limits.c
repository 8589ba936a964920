/* limits.c - see limits.h.
 * Every candidate is a pair used/max, read from /proc and the cgroup; the fullest one is named.
 * Two candidates can be equally full (32,700 threads are 65,400 mappings: pid_max and max_map_count
 * end within 100 threads of each other), so mappings are also tried: if a new one still succeeds,
 * they were not the reason. */
#define _GNU_SOURCE
#include "limits.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below this share of its maximum nothing is accused, only mentioned. */
#define FULL 0.9

struct candidate {
    char name[96];
    uint64_t used, max;
};

static struct limit_hit hit;

static double fullness(const struct candidate *c)
{
    return c->max ? (double)c->used / (double)c->max : 0;
}

static void consider(struct candidate *fullest, const char *name, uint64_t used, uint64_t max)
{
    struct candidate c = {.used = used, .max = max};
    snprintf(c.name, sizeof c.name, "%s", name);
    if (fullness(&c) >= fullness(fullest))
        *fullest = c;
}

/* The first number in a file; 0 if there is none ("max", or no such file). */
static uint64_t number_in(const char *path)
{
    uint64_t number = 0;
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%" SCNu64, &number) != 1)
        number = 0;
    if (f)
        fclose(f);
    return number;
}

/* The number behind `key` at the start of a line of /proc/meminfo, /proc/self/status, ... */
static uint64_t number_of(const char *path, const char *key, const char *format)
{
    char line[256];
    uint64_t number = 0;
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, key, strlen(key)) == 0 && sscanf(line + strlen(key), format, &number) == 1)
            break;
    if (f)
        fclose(f);
    return number;
}

static uint64_t lines_in(const char *path)
{
    uint64_t lines = 0;
    FILE *f = fopen(path, "re");
    for (int c; f && (c = getc(f)) != EOF;)
        lines += c == '\n';
    if (f)
        fclose(f);
    return lines;
}

/* Threads on this kernel: /proc/loadavg says "0.10 0.20 0.30 running/all last". */
static uint64_t tasks_of_all(void)
{
    uint64_t all = 0;
    FILE *f = fopen("/proc/loadavg", "re");
    if (f && fscanf(f, "%*s %*s %*s %*u/%" SCNu64, &all) != 1)
        all = 0;
    if (f)
        fclose(f);
    return all;
}

/* Threads of this user that /proc shows: a task directory has a link per thread, and two of its own. */
static uint64_t tasks_of_user(void)
{
    uint64_t tasks = 0;
    char path[300];
    struct stat st;
    DIR *proc = opendir("/proc");
    for (struct dirent *e; proc && (e = readdir(proc));) {
        snprintf(path, sizeof path, "%s/task", e->d_name);
        if (isdigit((unsigned char)e->d_name[0]) && fstatat(dirfd(proc), path, &st, 0) == 0 &&
            st.st_uid == getuid() && st.st_nlink > 2)
            tasks += st.st_nlink - 2;
    }
    if (proc)
        closedir(proc);
    return tasks;
}

static uint64_t soft_limit(int resource)
{
    struct rlimit r;
    return getrlimit((__rlimit_resource_t)resource, &r) < 0 || r.rlim_cur == RLIM_INFINITY ? 0 : r.rlim_cur;
}

/* The kernel does not hold RLIMIT_NPROC against CAP_SYS_ADMIN (21) or CAP_SYS_RESOURCE (24). */
static bool nproc_applies(void)
{
    uint64_t effective = number_of("/proc/self/status", "CapEff:", "%" SCNx64);
    return !(effective & (1u << 21 | 1u << 24));
}

/* One controller's pair of files in the cgroup `path` and in all its ancestors. A container may
 * not see its own path under the mount, but then sees itself at the mount's root. */
static void consider_cgroup(struct candidate *fullest, const char *mount, const char *path, const char *max_file,
                            const char *used_file)
{
    char dir[512], file[600], name[96];
    snprintf(dir, sizeof dir, "%s%s", mount, path);
    for (;;) {
        snprintf(file, sizeof file, "%s/%s", dir, max_file);
        uint64_t max = number_in(file);
        snprintf(file, sizeof file, "%s/%s", dir, used_file);
        snprintf(name, sizeof name, "cgroup %s", max_file);
        consider(fullest, name, number_in(file), max);
        char *slash = strrchr(dir, '/');
        if (!slash || (size_t)(slash - dir) < strlen(mount))
            return;
        *slash = '\0';
    }
}

/* Calls consider_cgroup for version 2 and for the version 1 controller of that name. */
static void consider_cgroups(struct candidate *fullest, const char *controller, const char *const v2[2],
                             const char *const v1[2])
{
    char line[512], mount[64];
    FILE *f = fopen("/proc/self/cgroup", "re");
    snprintf(mount, sizeof mount, "/sys/fs/cgroup/%s", controller);
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        if (names[1] == '\0')
            consider_cgroup(fullest, "/sys/fs/cgroup", path, v2[0], v2[1]);
        else if (strstr(names + 1, controller))
            consider_cgroup(fullest, mount, path, v1[0], v1[1]);
    }
    if (f)
        fclose(f);
}

static void consider_tasks(struct candidate *fullest, uint64_t live)
{
    static const char *const pids[2] = {"pids.max", "pids.current"};
    uint64_t mine = nproc_applies() ? tasks_of_user() : 0;
    consider(fullest, "kernel.pid_max", tasks_of_all(), number_in("/proc/sys/kernel/pid_max"));
    consider(fullest, "kernel.threads-max", tasks_of_all(), number_in("/proc/sys/kernel/threads-max"));
    if (nproc_applies())
        consider(fullest, "RLIMIT_NPROC", mine > live ? mine : live, soft_limit(RLIMIT_NPROC));
    consider_cgroups(fullest, "pids", pids, pids);
}

static void consider_memory(struct candidate *fullest)
{
    static const char *const v2[2] = {"memory.max", "memory.current"};
    static const char *const v1[2] = {"memory.limit_in_bytes", "memory.usage_in_bytes"};
    uint64_t total = number_of("/proc/meminfo", "MemTotal:", "%" SCNu64);
    uint64_t available = number_of("/proc/meminfo", "MemAvailable:", "%" SCNu64);
    consider(fullest, "MemTotal in kB", total - available, total);
    consider_cgroups(fullest, "memory", v2, v1);
    consider(fullest, "RLIMIT_AS", number_of("/proc/self/status", "VmSize:", "%" SCNu64) * 1024,
             soft_limit(RLIMIT_AS));
    if (number_in("/proc/sys/vm/overcommit_memory") == 2)
        consider(fullest, "CommitLimit in kB", number_of("/proc/meminfo", "Committed_AS:", "%" SCNu64),
                 number_of("/proc/meminfo", "CommitLimit:", "%" SCNu64));
}

/* What a guarded stack needs: a mapping, split in two. */
static bool mapping_works(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *p = mmap(NULL, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return false;
    bool works = mprotect(p + page, page, PROT_READ | PROT_WRITE) == 0;
    munmap(p, 2 * page);
    return works;
}

/* The fullest of all that can stand behind this errno. */
static struct candidate culprit(int error, uint64_t live)
{
    struct candidate fullest = {.name = "nothing known"};
    if (error == EMFILE) {
        consider(&fullest, "RLIMIT_NOFILE", soft_limit(RLIMIT_NOFILE), soft_limit(RLIMIT_NOFILE));
    } else if (error == ENFILE) {
        consider(&fullest, "fs.file-max", number_in("/proc/sys/fs/file-nr"), number_in("/proc/sys/fs/file-max"));
    } else if (mapping_works()) {
        consider_memory(&fullest);
        consider_tasks(&fullest, live);
    } else {
        consider_memory(&fullest);
        consider(&fullest, "vm.max_map_count", lines_in("/proc/self/maps"), number_in("/proc/sys/vm/max_map_count"));
    }
    return fullest;
}

void limits_note(int error, uint64_t live)
{
    struct candidate c = culprit(error, live);
    hit.error = error;
    hit.live = live;
    if (fullness(&c) >= FULL)
        snprintf(hit.text, sizeof hit.text, "%s = %" PRIu64, c.name, c.max);
    else
        snprintf(hit.text, sizeof hit.text, "unknown; nearest is %s = %" PRIu64 " at %.0f %%", c.name, c.max,
                 100 * fullness(&c));
}

const struct limit_hit *limits_noted(void)
{
    return &hit;
}

void limits_forget(void)
{
    hit = (struct limit_hit){0};
}

bool limits_error(int error)
{
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

const char *limits_error_name(int error)
{
    static char other[16];
    switch (error) {
    case EAGAIN: return "EAGAIN";
    case ENOMEM: return "ENOMEM";
    case EMFILE: return "EMFILE";
    case ENFILE: return "ENFILE";
    case EPERM: return "EPERM";
    case ENOSYS: return "ENOSYS";
    case ETIMEDOUT: return "ETIMEDOUT";
    }
    snprintf(other, sizeof other, "%d", error);
    return other;
}
