/* process.c - the process table. See process.h. */
#include "kernel/process.h"

#include <errno.h>

#include "base/os.h"

struct process_table processes;

/* HOMES_COLOUR: a process and its home do not fight for the same sets of the L1 cache. */
enum { LARGE_PAGE = 2 * 1024 * 1024, HOMES_COLOUR = 2048 };

static size_t slots_size(uint64_t capacity)
{
    return align_up(capacity * sizeof(struct process), LARGE_PAGE);
}

/* The slots, and behind them the homes, which are not asked to be large pages: few may have been there. */
static size_t table_size(uint64_t capacity)
{
    return 2 * slots_size(capacity) + align_up(HOMES_COLOUR, LARGE_PAGE);
}

int processes_create(uint64_t wanted, uint64_t least, uint64_t slack, uint64_t few)
{
    for (; wanted >= least; wanted /= 2) {
        size_t size = slots_size(wanted + slack);
        struct process *all = os_reserve(table_size(wanted + slack));
        if (!all)
            continue;
        /* Small programs stay small: only what lies beyond the first large page asks
         * for large pages, which is worth two microseconds for each 32 processes. */
        if (size > LARGE_PAGE)
            os_wish_large_pages((char *)all + LARGE_PAGE, size - LARGE_PAGE);
        processes.all = all;
        processes.to_homes = size + HOMES_COLOUR;
        processes.capacity = wanted + slack;
        processes.few = processes.capacity < few ? processes.capacity : few;
        atomic_store_explicit(&all[0].generation, UINT32_MAX, memory_order_relaxed); /* nobody's: process_find() */
        return pool_init_over(&processes.pool, sizeof *all, offsetof(struct process, next), all + 1, processes.capacity - 1);
    }
    return -ENOMEM;
}

void processes_destroy(void)
{
    pool_fini(&processes.pool);
    if (processes.all)
        os_release(processes.all, table_size(processes.capacity));
    processes = (struct process_table){0};
}
