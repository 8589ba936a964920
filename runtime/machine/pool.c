/* pool.c - the depot behind the magazines. See pool.h. */
#include "machine/pool.h"

#include "base/memory.h"

struct pool_slab {
    struct pool_slab *next;
};

void pool_init(struct pool *pool, size_t size, size_t slab_size)
{
    ASSERT(size % 16 == 0 && size >= sizeof(struct pool_link) && slab_size % size == 0);
    *pool = (struct pool){.size = size, .slab_size = slab_size};
}

void pool_init_over(struct pool *pool, size_t size, size_t link, void *memory, size_t count)
{
    *pool = (struct pool){.size = size, .link = link, .fresh = memory, .end = (char *)memory + size * count};
}

void pool_fini(struct pool *pool)
{
    while (pool->slabs) {
        struct pool_slab *slab = pool->slabs;
        pool->slabs = slab->next;
        memory_free_slab(slab, pool->slab_size);
    }
    pool->depot = NULL;
    pool->fresh = pool->end = NULL;
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

bool pool_is_whole(const struct pool *pool)
{
    size_t made = 0, here = cache_count(&pool->shared) + (size_t)(pool->end - pool->fresh) / pool->size;
    for (const struct pool_slab *slab = pool->slabs; slab; slab = slab->next)
        made += pool->slab_size / pool->size - 1; /* the first is the slab's own */
    for (const struct pool_link *m = pool->depot; m; m = m->magazine)
        here += POOL_MAGAZINE;
    return here == made;
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

static struct pool_link *refill(struct pool *pool, uint32_t most, uint32_t *count)
{
    lock_acquire(&pool->lock);
    struct pool_link *first = pool->depot;
    if (first) {
        pool->depot = first->magazine;
        *count = POOL_MAGAZINE;
    } else {
        first = carve_locked(pool, most, count);
    }
    lock_release(&pool->lock);
    return first;
}

void *pool_take_slow(struct pool *pool, struct pool_cache *cache)
{
    if (cache->spare) {
        cache->loaded = cache->spare;
        cache->spare = NULL;
        cache->count = POOL_MAGAZINE;
    } else {
        cache->loaded = refill(pool, POOL_MAGAZINE, &cache->count);
        if (!cache->loaded) {
            cache->count = 0;
            return NULL;
        }
    }
    return pool_take(pool, cache);
}

void pool_give_slow(struct pool *pool, struct pool_cache *cache, struct pool_link *l)
{
    if (cache->spare) {
        lock_acquire(&pool->lock);
        cache->spare->magazine = pool->depot;
        pool->depot = cache->spare;
        lock_release(&pool->lock);
    }
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
    *cache = (struct pool_cache){0};
}
