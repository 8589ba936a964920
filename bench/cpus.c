/* cpus.c - see cpus.h. The affinity mask is read anew each time: whoever started us set it, and a
 * figure narrows it further; a copy would go stale. */
#define _GNU_SOURCE
#include "cpus.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>

static cpu_set_t given_up;
static bool narrowed;

int cpus_allowed(void)
{
    cpu_set_t mask;
    return sched_getaffinity(0, sizeof mask, &mask) < 0 ? 1 : CPU_COUNT(&mask);
}

int cpus_name(int number)
{
    cpu_set_t mask;
    if (sched_getaffinity(0, sizeof mask, &mask) < 0)
        return -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &mask) && number-- == 0)
            return cpu;
    return -1;
}

int cpus_pin(int number)
{
    int cpu = cpus_name(number);
    cpu_set_t mask;
    if (cpu < 0)
        return -ENODEV;
    CPU_ZERO(&mask);
    CPU_SET(cpu, &mask);
    return sched_setaffinity(0, sizeof mask, &mask) < 0 ? -errno : 0;
}

int cpus_keep(int count)
{
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (count < 1 || count > cpus_allowed() || sched_getaffinity(0, sizeof given_up, &given_up) < 0)
        return -EINVAL;
    for (int i = 0; i < count; i++)
        CPU_SET(cpus_name(i), &mask);
    narrowed = true;
    return sched_setaffinity(0, sizeof mask, &mask) < 0 ? -errno : 0;
}

void cpus_restore(void)
{
    if (narrowed)
        (void)sched_setaffinity(0, sizeof given_up, &given_up);
    narrowed = false;
}
