/* pool.h - objects of one size, taken and given back in a few instructions.
 *
 * Each scheduler keeps a cache of two magazines (lists of up to POOL_MAGAZINE free
 * objects) and normally touches nothing else. Full magazines go to a depot, and come from it when
 * none is left, under its lock, one lock per POOL_MAGAZINE objects. Each scheduler has a depot of its own, so that what it has
 * given back comes to it again, whose CPU it was last written by; and takes from those of others when its own is
 * empty: so objects that one scheduler takes and another gives back (messages do) come home in batches.
 * After J. Bonwick, J. Adams: Magazines and Vmem, 2001, where there is one depot for all CPUs.
 *
 * A free object is linked through two words at `link` bytes from its start; the rest
 * of it keeps its contents (a process slot keeps its generation that way). Memory
 * stays with the pool until pool_fini(). */
#ifndef MACHINE_POOL_H
#define MACHINE_POOL_H

#include "base/base.h"
#include "base/lock.h"

enum { POOL_MAGAZINE = 64, POOL_AHEAD = 8 /* a power of two */, POOL_DEPOTS = 64 /* schedulers beyond share them */ };

struct pool_link {
    struct pool_link *next;     /* in its magazine */
    union {
        struct pool_link *ahead;    /* one to come later, or any: only to be fetched */
        struct pool_link *magazine; /* in the depot, in the first of a magazine: the next magazine */
    };
};

/* Belongs to one scheduler. */
struct pool_cache {
    struct pool_link *loaded, *spare; /* spare: empty or full */
    uint32_t count;                   /* objects in `loaded` */
    uint32_t depot;                   /* its own */
};

/* Full magazines. */
struct pool_depot {
    struct lock lock __attribute__((aligned(CACHE_LINE)));
    _Atomic(struct pool_link *) first; /* written under the lock; read by anyone, as a hint */
};

struct pool {
    struct lock lock;
    /* Under the lock. */
    char *fresh, *end;       /* memory never handed out yet */
    struct pool_slab *slabs; /* to be freed; NULL if the memory is not ours */
    _Atomic size_t ever_taken; /* written there, read by anyone */

    struct lock shared_lock; /* taken before `lock`, and before those of depots */
    struct pool_cache shared; /* under shared_lock: for threads without a cache */

    /* Constant. */
    size_t size, link, slab_size; /* slab_size 0: [fresh, end) is all there is */
    uint32_t depots_in_use;       /* the first so many: set before two threads have anything of it */

    struct pool_depot *depots; /* POOL_DEPOTS */
};

/* A pool of `size`-byte objects (a multiple of 16) that grows by slabs of slab_size. 0 or -ENOMEM. */
int pool_init(struct pool *, size_t size, size_t slab_size);
/* A pool over the caller's memory of `count` objects, linked at `link`. 0 or -ENOMEM. */
int pool_init_over(struct pool *, size_t size, size_t link, void *memory, size_t count);
/* Also of one that was not made, and is all zeroes. */
void pool_fini(struct pool *);
/* A cache, of zeroes, is this scheduler's. Before anybody takes anything; a cache of which this is not said has the first. */
void pool_cache_init(struct pool *, struct pool_cache *, uint32_t scheduler);

/* The slow halves of take and give: the cache is empty, or holds a full magazine. */
void *pool_take_slow(struct pool *, struct pool_cache *);
void pool_give_slow(struct pool *, struct pool_cache *, struct pool_link *);

/* One object without a cache, for threads that are no scheduler. */
void *pool_take_shared(struct pool *);
void pool_give_shared(struct pool *, void *object);

/* All that a cache holds goes to the shared one; its owner must not use it meanwhile. */
void pool_drain(struct pool *, struct pool_cache *);
/* Has every object that was ever handed out come back, with no cache holding any? Only for
 * pools that grow by slabs; nobody may use it meanwhile. */
bool pool_is_whole(const struct pool *);
/* Full ones in the depots. Nobody may use it meanwhile. */
size_t pool_magazines(const struct pool *);

/* How many objects were ever handed out, or put into a cache. Of a pool over memory: the first so many. */
static inline size_t pool_ever_taken(const struct pool *pool)
{
    /* acquire: who has been told of an object is told of no fewer; pairs with carve_locked(). */
    return atomic_load_explicit(&pool->ever_taken, memory_order_acquire);
}

/* An object with undefined contents, or NULL: no memory. Owner of the cache only. */
static inline void *pool_take(struct pool *pool, struct pool_cache *cache)
{
    struct pool_link *l = cache->loaded;
    if (UNLIKELY(!l))
        return pool_take_slow(pool, cache);
    cache->loaded = l->next;
    cache->count--;
    return (char *)l - pool->link;
}

/* Giving one back is short. */
static inline bool pool_has_room(const struct pool_cache *cache)
{
    return cache->count != POOL_MAGAZINE;
}

static inline void pool_give(struct pool *pool, struct pool_cache *cache, void *object)
{
    struct pool_link *l = (struct pool_link *)((char *)object + pool->link);
    if (UNLIKELY(cache->count == POOL_MAGAZINE)) {
        pool_give_slow(pool, cache, l);
        return;
    }
    l->next = cache->loaded;
    cache->loaded = l;
    cache->count++;
}

/* ---- ahead ----
 *
 * Where very many objects live, a free one has not been touched for long, and to take one is to wait for memory: one
 * miss after the other, as each names the next. For such a pool, each also names one that is POOL_AHEAD further down,
 * which is fetched meanwhile. (As far as it goes: who takes and gives in turns finds some that are in use, and
 * nothing is lost.) */

/* The last ones given back, by their places. */
struct pool_ahead {
    struct pool_link *given[POOL_AHEAD];
};

static inline void *pool_take_ahead(struct pool *pool, struct pool_cache *cache)
{
    const struct pool_link *l = cache->loaded;
    if (LIKELY(l != NULL))
        __builtin_prefetch(l->ahead, 1);
    return pool_take(pool, cache);
}

static inline void pool_give_ahead(struct pool *pool, struct pool_cache *cache, struct pool_ahead *ahead, void *object)
{
    struct pool_link *l = (struct pool_link *)((char *)object + pool->link);
    struct pool_link **given = &ahead->given[cache->count % POOL_AHEAD];
    l->ahead = *given;
    *given = l;
    pool_give(pool, cache, object);
}

#endif
