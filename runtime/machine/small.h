/* small.h - blocks of 64, 128, ... 2,048 bytes, for what is made and dropped all the time.
 *
 * A general allocator takes some 20 ns for such a block and its end, more than all the
 * rest of a message. Here the scheduler that runs takes it from a magazine of its own
 * (machine/pool): three instructions, and no lock. Blocks that one scheduler takes and
 * another gives back come home in batches, as the pool's objects do.
 *
 * Whoever is no scheduler gets none, and asks base/memory; what he gives back goes to the
 * shared magazine. Nor does anybody if a sanitizer is to watch: it knows only what its own
 * allocator handed out. So a caller remembers where a block came from.
 *
 * Memory: what a peak has used stays with the pools until the runtime stops. */
#ifndef MACHINE_SMALL_H
#define MACHINE_SMALL_H

#include "base/base.h"
#include "machine/ctx.h"
#include "machine/pool.h"
#include "machine/self.h"

enum { SMALL_CLASSES = 6, SMALL_LEAST = 64, SMALL_MOST = SMALL_LEAST << (SMALL_CLASSES - 1) };

/* One for each scheduler, at the very beginning of it: this room knows no more of schedulers. */
struct small {
    struct pool_cache caches[SMALL_CLASSES];
};

extern struct pool small_pools[SMALL_CLASSES] __attribute__((visibility("hidden")));

/* The runtime starts; it has stopped. A block that somebody still holds then keeps the
 * memory of its class, for the next start. */
int small_init(void); /* 0 or -ENOMEM */
void small_fini(void);
/* A scheduler, the so manieth, is made. */
void small_begin(struct small *, uint32_t scheduler);
/* A scheduler stops: its magazines go to the shared one. Any thread, with nobody else in them. */
void small_drain(struct small *);

enum { SMALL_IN_USE = !CTX_ASAN && !CTX_TSAN && !BL_HOSTILE };

/* 64: 0, 128: 1, 256: 2, ... `bytes` is at most SMALL_MOST. */
static inline unsigned small_class(size_t bytes)
{
    return 58u - (unsigned)__builtin_clzll((bytes - 1) | (SMALL_LEAST - 1));
}

static inline size_t small_size(unsigned class)
{
    return (size_t)SMALL_LEAST << class;
}

/* A block of small_size(class) bytes, or NULL: take it from elsewhere. */
static inline void *small_take(unsigned class)
{
    struct small *own = (struct small *)self_sched();
    if (!SMALL_IN_USE || UNLIKELY(!own))
        return NULL;
    return pool_take(&small_pools[class], &own->caches[class]);
}

/* What small_take() returned. Any thread. */
static inline void small_give(unsigned class, void *block)
{
    struct small *own = (struct small *)self_sched();
    if (LIKELY(own != NULL))
        pool_give(&small_pools[class], &own->caches[class], block);
    else
        pool_give_shared(&small_pools[class], block);
}

#endif
