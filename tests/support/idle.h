/* idle.h - does the program cost anything while nothing is to be done? Main thread. */
#ifndef SUPPORT_IDLE_H
#define SUPPORT_IDLE_H

#include <sys/resource.h>

#include "support/law.h"

static inline int64_t cpu_ms(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

static inline int64_t cpu_ms_of_nothing(void)
{
    int64_t before = cpu_ms();
    block_ms(300);
    return cpu_ms() - before;
}

/* CPU time of the whole program while its main thread blocks. What has just begun, or ended, costs something yet: threads
 * that start, schedulers that spin before they sleep, a watcher that looks on; and where others want the CPUs that comes
 * late. So there are some windows, and one in which nothing was done is enough: who is never idle has none. */
static inline void assert_idle(void)
{
    enum { WINDOWS = 10, MOST_MS = 20 };
    int64_t used = MOST_MS;
    block_ms(50);
    for (int i = 0; i < WINDOWS && used >= MOST_MS; i++)
        used = cpu_ms_of_nothing();
    cr_assert_lt(used, MOST_MS, "%d ms of CPU in 300 ms of nothing", (int)used);
}

#endif
