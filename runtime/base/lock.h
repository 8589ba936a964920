/* lock.h - a spinlock for sections of a few dozen instructions on slow paths.
 * The fast paths of the runtime take no lock; what is shared and rare (refilling a
 * pool, interning an atom) does. Holders never block, never switch, never call out. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdatomic.h>

#include "base/os.h"

struct lock {
    _Atomic uint32_t held;
};

static inline void lock_acquire(struct lock *l)
{
    /* acquire: sees all that the last holder wrote; pairs with the release below. */
    for (unsigned spins = 0; atomic_exchange_explicit(&l->held, 1, memory_order_acquire); spins++) {
        if (spins < 100)
            os_pause();
        else
            os_yield_thread(); /* the holder lost its CPU to us */
    }
}

static inline void lock_release(struct lock *l)
{
    atomic_store_explicit(&l->held, 0, memory_order_release);
}

#endif
