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

/* CPU time of the whole program while its main thread blocks; schedulers spin a little
 * before they sleep, and the watcher looks on for a while, so the window opens after that. */
static inline void assert_idle(void)
{
    block_ms(50);
    int64_t before = cpu_ms();
    block_ms(300);
    int64_t used = cpu_ms() - before;
    cr_assert_lt(used, 20, "%d ms of CPU in 300 ms of nothing", (int)used);
}

#endif
