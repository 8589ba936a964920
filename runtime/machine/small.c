/* small.c - see small.h. */
#include "machine/small.h"

struct pool small_pools[SMALL_CLASSES];

enum { SMALL_SLAB = 64 * 1024 };

void small_init(void)
{
    for (unsigned class = 0; class < SMALL_CLASSES; class++)
        if (!small_pools[class].size)
            pool_init(&small_pools[class], small_size(class), SMALL_SLAB);
}

void small_fini(void)
{
    for (unsigned class = 0; class < SMALL_CLASSES; class++)
        if (small_pools[class].size && pool_is_whole(&small_pools[class])) {
            pool_fini(&small_pools[class]);
            small_pools[class] = (struct pool){0};
        }
}

void small_drain(struct small *own)
{
    for (unsigned class = 0; class < SMALL_CLASSES; class++)
        pool_drain(&small_pools[class], &own->caches[class]);
}
