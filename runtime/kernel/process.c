/* process.c - the process table. See process.h. */
#include "kernel/process.h"

#include <errno.h>

#include "base/os.h"

struct process_table processes;

enum { LARGE_PAGE = 2 * 1024 * 1024 };

int processes_create(uint64_t wanted, uint64_t least, uint64_t slack)
{
    for (; wanted >= least; wanted /= 2) {
        size_t size = align_up((wanted + slack) * sizeof(struct process), os_page_size());
        struct process *all = os_reserve(size);
        if (!all)
            continue;
        /* Small programs stay small: only what lies beyond the first large page asks
         * for large pages, which is worth two microseconds for each 32 processes. */
        if (size > LARGE_PAGE)
            os_wish_large_pages((char *)all + LARGE_PAGE, size - LARGE_PAGE);
        processes.all = all;
        processes.capacity = wanted + slack;
        atomic_store_explicit(&all[0].generation, UINT32_MAX, memory_order_relaxed); /* nobody's: process_find() */
        pool_init_over(&processes.pool, sizeof *all, offsetof(struct process, next), all + 1, processes.capacity - 1);
        return 0;
    }
    return -ENOMEM;
}

void processes_destroy(void)
{
    if (processes.all)
        os_release(processes.all, align_up(processes.capacity * sizeof(struct process), os_page_size()));
    processes = (struct process_table){0};
}

uint64_t processes_used(void)
{
    return 1 + pool_ever_taken(&processes.pool, processes.all + 1);
}
