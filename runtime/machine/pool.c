/* pool.c - the depot behind the magazines. See pool.h. */
#include "machine/pool.h"

#include <errno.h>

#include "base/memory.h"
#include "base/os.h"

struct pool_slab {
    struct pool_slab *next;
};

/* Apart from the pool, of which each take and give reads a word: so near to it are words that others write. */
static int make_depots(struct pool *pool)
{
    pool->depots = os_reserve(POOL_DEPOTS * sizeof *pool->depots);
    pool->depots_in_use = 1;
    return pool->depots ? 0 : -ENOMEM;
}

int pool_init(struct pool *pool, size_t size, size_t slab_size)
{
    ASSERT(size % 16 == 0 && size >= sizeof(struct pool_link) && slab_size % size == 0);
    *pool = (struct pool){.size = size, .slab_size = slab_size};
    return make_depots(pool);
}

int pool_init_over(struct pool *pool, size_t size, size_t link, void *memory, size_t count)
{
    *pool = (struct pool){.size = size, .link = link, .fresh = memory, .end = (char *)memory + size * count};
    return make_depots(pool);
}

void pool_cache_init(struct pool *pool, struct pool_cache *cache, uint32_t scheduler)
{
    *cache = (struct pool_cache){.depot = scheduler % POOL_DEPOTS};
    if (pool->depots_in_use <= cache->depot)
        pool->depots_in_use = cache->depot + 1;
}

void pool_fini(struct pool *pool)
{
    while (pool->slabs) {
        struct pool_slab *slab = pool->slabs;
        pool->slabs = slab->next;
        memory_free_slab(slab, pool->slab_size);
    }
    if (pool->depots)
        os_release(pool->depots, POOL_DEPOTS * sizeof *pool->depots);
    *pool = (struct pool){0};
}

static size_t list_length(const struct pool_link *l)
{
    size_t n = 0;
    for (; l; l = l->next)
        n++;
    return n;
}

static size_t cache_count(const struct pool_cache *cache)
{
    return list_length(cache->loaded) + list_length(cache->spare);
}

size_t pool_magazines(const struct pool *pool)
{
    size_t n = 0;
    for (unsigned i = 0; i < POOL_DEPOTS; i++)
        for (const struct pool_link *m = atomic_load_explicit(&pool->depots[i].first, memory_order_relaxed); m; m = m->magazine)
            n++;
    return n;
}

bool pool_is_whole(const struct pool *pool)
{
    size_t made = 0, here = cache_count(&pool->shared) + (size_t)(pool->end - pool->fresh) / pool->size;
    for (const struct pool_slab *slab = pool->slabs; slab; slab = slab->next)
        made += pool->slab_size / pool->size - 1; /* the first is the slab's own */
    return here + pool_magazines(pool) * POOL_MAGAZINE == made;
}

static struct pool_link *link_of(struct pool *pool, void *object)
{
    return (struct pool_link *)((char *)object + pool->link);
}

/* The first object of a slab is spent on the list of slabs. */
static bool grow_locked(struct pool *pool)
{
    struct pool_slab *slab = pool->slab_size ? memory_alloc_slab(pool->slab_size) : NULL;
    if (!slab)
        return false;
    slab->next = pool->slabs;
    pool->slabs = slab;
    pool->fresh = (char *)slab + pool->size;
    pool->end = (char *)slab + pool->slab_size;
    return true;
}

/* Up to `most` objects never used before, as a list in order of address. */
static struct pool_link *carve_locked(struct pool *pool, uint32_t most, uint32_t *count)
{
    if (pool->fresh == pool->end && !grow_locked(pool))
        return NULL;
    struct pool_link *first = link_of(pool, pool->fresh), *last = NULL;
    for (*count = 0; *count < most && pool->fresh < pool->end; (*count)++) {
        struct pool_link *l = link_of(pool, pool->fresh);
        if (last)
            last->next = l;
        last = l;
        l->ahead = (struct pool_link *)((char *)l + POOL_AHEAD * pool->size); /* or beyond the end */
        pool->fresh += pool->size;
    }
    last->next = NULL;
    atomic_store_explicit(&pool->ever_taken, pool_ever_taken(pool) + *count, memory_order_release);
    return first;
}

static struct pool_link *pop_locked(struct pool_depot *d)
{
    struct pool_link *m = atomic_load_explicit(&d->first, memory_order_relaxed);
    if (m)
        atomic_store_explicit(&d->first, m->magazine, memory_order_relaxed);
    return m;
}

/* NULL: there is none, or one came a moment ago. */
static struct pool_link *depot_take(struct pool_depot *d)
{
    /* relaxed: only whether there is one. */
    if (!atomic_load_explicit(&d->first, memory_order_relaxed))
        return NULL;
    lock_acquire(&d->lock);
    struct pool_link *m = pop_locked(d);
    lock_release(&d->lock);
    return m;
}

static void depot_give(struct pool_depot *d, struct pool_link *magazine)
{
    lock_acquire(&d->lock);
    magazine->magazine = atomic_load_explicit(&d->first, memory_order_relaxed);
    atomic_store_explicit(&d->first, magazine, memory_order_relaxed);
    lock_release(&d->lock);
}

/* There is nothing that was never used, and we have looked at one depot after the other, while magazines moved: at all at
 * once, so that one who asks for the last is not told that there is none. In their order, so that two may do so. */
static NOINLINE struct pool_link *take_last(struct pool *pool, uint32_t *count)
{
    struct pool_link *m = NULL;
    uint32_t n = pool->depots_in_use;
    for (uint32_t i = 0; i < n; i++)
        lock_acquire(&pool->depots[i].lock);
    for (uint32_t i = 0; i < n && !m; i++)
        m = pop_locked(&pool->depots[i]);
    for (uint32_t i = 0; i < n; i++)
        lock_release(&pool->depots[i].lock);
    *count = m ? POOL_MAGAZINE : 0;
    return m;
}

/* Of its own depot, else of another, else what was never used. */
static struct pool_link *refill(struct pool *pool, const struct pool_cache *cache, uint32_t *count)
{
    *count = POOL_MAGAZINE;
    for (uint32_t i = 0, n = pool->depots_in_use; i < n; i++) {
        struct pool_link *m = depot_take(&pool->depots[(cache->depot + i) % n]);
        if (m)
            return m;
    }
    lock_acquire(&pool->lock);
    struct pool_link *first = carve_locked(pool, POOL_MAGAZINE, count);
    lock_release(&pool->lock);
    return first ? first : take_last(pool, count);
}

void *pool_take_slow(struct pool *pool, struct pool_cache *cache)
{
    if (cache->spare) {
        cache->loaded = cache->spare;
        cache->spare = NULL;
        cache->count = POOL_MAGAZINE;
    } else {
        cache->loaded = refill(pool, cache, &cache->count);
        if (!cache->loaded) {
            cache->count = 0;
            return NULL;
        }
    }
    return pool_take(pool, cache);
}

void pool_give_slow(struct pool *pool, struct pool_cache *cache, struct pool_link *l)
{
    if (cache->spare)
        depot_give(&pool->depots[cache->depot], cache->spare);
    cache->spare = cache->loaded;
    l->next = NULL;
    cache->loaded = l;
    cache->count = 1;
}

void *pool_take_shared(struct pool *pool)
{
    lock_acquire(&pool->shared_lock);
    void *object = pool_take(pool, &pool->shared);
    lock_release(&pool->shared_lock);
    return object;
}

void pool_give_shared(struct pool *pool, void *object)
{
    lock_acquire(&pool->shared_lock);
    pool_give(pool, &pool->shared, object);
    lock_release(&pool->shared_lock);
}

void pool_drain(struct pool *pool, struct pool_cache *cache)
{
    struct pool_link *lists[] = {cache->loaded, cache->spare};
    for (unsigned i = 0; i < 2; i++)
        for (struct pool_link *l = lists[i], *next; l; l = next) {
            next = l->next;
            pool_give_shared(pool, (char *)l - pool->link);
        }
    *cache = (struct pool_cache){.depot = cache->depot};
}
