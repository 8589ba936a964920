/* small.c - see small.h. */
#include "machine/small.h"

struct pool small_pools[SMALL_CLASSES];

enum { SMALL_SLAB = 64 * 1024 };

int small_init(void)
{
    int error = 0;
    for (unsigned class = 0; class < SMALL_CLASSES && !error; class++)
        if (!small_pools[class].depots)
            error = pool_init(&small_pools[class], small_size(class), SMALL_SLAB);
    return error;
}

void small_fini(void)
{
    for (unsigned class = 0; class < SMALL_CLASSES; class++)
        if (small_pools[class].depots && pool_is_whole(&small_pools[class]))
            pool_fini(&small_pools[class]);
}

void small_begin(struct small *own, uint32_t scheduler)
{
    for (unsigned class = 0; class < SMALL_CLASSES; class++)
        pool_cache_init(&small_pools[class], &own->caches[class], scheduler);
}

void small_drain(struct small *own)
{
    for (unsigned class = 0; class < SMALL_CLASSES; class++)
        pool_drain(&small_pools[class], &own->caches[class]);
}
