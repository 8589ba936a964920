/* Objects come from a pool and go home to it; nobody gets one that somebody has. */
#include "machine/pool.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/random.h"
#include "support/scale.h"

enum { SIZE = 32, SLAB = 4096, MANY = 1000 };

static int slabs(const struct pool *pool)
{
    int n = 0;
    for (char *s = (char *)pool->slabs; s; s = *(char **)s) /* a slab begins with the next one's address */
        n++;
    return n;
}

static void take_all(struct pool *pool, struct pool_cache *cache, void **objects, int n)
{
    for (int i = 0; i < n; i++)
        cr_assert_not_null(objects[i] = pool_take(pool, cache));
}

static void give_all(struct pool *pool, struct pool_cache *cache, void **objects, int n)
{
    for (int i = 0; i < n; i++)
        pool_give(pool, cache, objects[i]);
}

Test(pool, objects_do_not_overlap)
{
    struct pool pool;
    struct pool_cache cache = {0};
    unsigned char *object[MANY];
    cr_assert_eq(pool_init(&pool, SIZE, SLAB), 0);
    take_all(&pool, &cache, (void **)object, MANY);
    for (int i = 0; i < MANY; i++)
        memset(object[i], i, SIZE);
    for (int i = 0; i < MANY; i++)
        for (int j = 0; j < SIZE; j++)
            cr_assert_eq(object[i][j], (unsigned char)i);
    pool_fini(&pool);
}

Test(pool, what_was_given_last_is_taken_first)
{
    struct pool pool;
    struct pool_cache cache = {0};
    cr_assert_eq(pool_init(&pool, SIZE, SLAB), 0);
    void *a = pool_take(&pool, &cache), *b = pool_take(&pool, &cache);
    pool_give(&pool, &cache, a);
    pool_give(&pool, &cache, b);
    cr_assert_eq(pool_take(&pool, &cache), b);
    cr_assert_eq(pool_take(&pool, &cache), a);
    pool_fini(&pool);
}

/* What is fetched ahead is only fetched: nobody gets what somebody has, whatever the order. */
Test(pool, looking_ahead_changes_nothing)
{
    struct pool pool;
    struct pool_cache cache = {0};
    struct pool_ahead ahead = {{0}};
    struct random r = {random_seed("pool.ahead")};
    unsigned char *object[MANY];
    int n = 0;
    cr_assert_eq(pool_init(&pool, SIZE, SLAB), 0);
    for (int round = 0; round < 20000; round++) {
        int i = n ? (int)random_below(&r, (uint32_t)n) : 0;
        if (n == MANY || (n && random_below(&r, 1000) < (round / 2000 % 2 ? 600u : 400u))) {
            for (int j = 0; j < SIZE; j++)
                cr_assert_eq(object[i][j], (unsigned char)(uintptr_t)object[i] / 2);
            pool_give_ahead(&pool, &cache, &ahead, object[i]);
            object[i] = object[--n];
        } else {
            cr_assert_not_null(object[n] = pool_take_ahead(&pool, &cache));
            memset(object[n], (unsigned char)(uintptr_t)object[n] / 2, SIZE);
            n++;
        }
    }
    while (n)
        pool_give_ahead(&pool, &cache, &ahead, object[--n]);
    pool_drain(&pool, &cache);
    cr_assert(pool_is_whole(&pool));
    pool_fini(&pool);
}

/* In order, so that what is fetched is what will be taken. */
Test(pool, each_names_one_that_comes_later)
{
    struct pool pool;
    struct pool_cache cache = {0};
    struct pool_ahead ahead = {{0}};
    void *object[POOL_MAGAZINE];
    cr_assert_eq(pool_init(&pool, SIZE, SLAB), 0);
    take_all(&pool, &cache, object, POOL_MAGAZINE);
    for (int i = 0; i < POOL_MAGAZINE; i++)
        pool_give_ahead(&pool, &cache, &ahead, object[i]);
    for (int i = POOL_MAGAZINE - 1; i >= POOL_AHEAD; i--) {
        cr_assert_eq(cache.loaded->ahead, object[i - POOL_AHEAD]);
        cr_assert_eq(pool_take_ahead(&pool, &cache), object[i]);
    }
    pool_fini(&pool);
}

Test(pool, takes_and_gives_at_the_edge_of_a_magazine_stay_in_the_cache)
{
    struct pool pool;
    struct pool_cache cache = {0};
    void *object[2 * POOL_MAGAZINE];
    cr_assert_eq(pool_init(&pool, SIZE, 16 * SLAB), 0); /* one slab is enough: no magazine is left half full */
    take_all(&pool, &cache, object, 2 * POOL_MAGAZINE);
    give_all(&pool, &cache, object, 2 * POOL_MAGAZINE);
    cr_assert_eq((int)pool_magazines(&pool), 0);
    for (int i = 0; i < 100; i++) { /* over the edge and back */
        take_all(&pool, &cache, object, POOL_MAGAZINE + 1);
        give_all(&pool, &cache, object, POOL_MAGAZINE + 1);
    }
    cr_assert_eq((int)pool_magazines(&pool), 0);
    pool_fini(&pool);
}

Test(pool, full_magazines_travel_through_the_depot)
{
    struct pool pool;
    struct pool_cache ours = {0}, theirs = {0};
    void *object[MANY];
    cr_assert_eq(pool_init(&pool, SIZE, SLAB), 0);
    take_all(&pool, &ours, object, MANY);
    int before = slabs(&pool);
    give_all(&pool, &theirs, object, MANY);
    cr_assert_eq((int)pool_magazines(&pool), MANY / POOL_MAGAZINE - 1, "all but what a cache may keep");
    take_all(&pool, &ours, object, MANY - 2 * POOL_MAGAZINE);
    cr_assert_eq(slabs(&pool), before, "what they gave back was enough for us");
    pool_fini(&pool);
}

/* What we gave back comes to us, not to them, as long as there is something else for them. */
Test(pool, each_scheduler_finds_its_own)
{
    struct pool pool;
    struct pool_cache ours, theirs;
    void *object[MANY], *other[MANY];
    cr_assert_eq(pool_init(&pool, SIZE, SLAB), 0);
    pool_cache_init(&pool, &ours, 0);
    pool_cache_init(&pool, &theirs, 1);
    take_all(&pool, &ours, object, MANY);
    take_all(&pool, &theirs, other, MANY);
    give_all(&pool, &ours, object, MANY);
    give_all(&pool, &theirs, other, MANY);
    for (int i = 0; i < MANY - POOL_MAGAZINE; i++) { /* a half empty one apart */
        void *one = pool_take(&pool, &theirs);
        bool was_theirs = false;
        for (int j = 0; j < MANY && !was_theirs; j++)
            was_theirs = one == other[j];
        cr_assert(was_theirs);
    }
    pool_fini(&pool);
}

/* Two schedulers of which one takes what the other gives: more than all can have are not needed. */
Test(pool, depots_of_others_come_before_what_was_never_used)
{
    struct pool pool;
    struct pool_cache ours, theirs;
    void *object[MANY];
    cr_assert_eq(pool_init(&pool, SIZE, SLAB), 0);
    pool_cache_init(&pool, &ours, 70); /* more than there are depots */
    pool_cache_init(&pool, &theirs, 1);
    take_all(&pool, &ours, object, MANY);
    size_t used = pool_ever_taken(&pool);
    for (int i = 0; i < 20; i++) {
        give_all(&pool, &theirs, object, MANY);
        take_all(&pool, &ours, object, MANY);
    }
    cr_assert_leq(pool_ever_taken(&pool), used + 2 * POOL_MAGAZINE, "what a cache may keep");
    pool_fini(&pool);
}

Test(pool, a_pool_over_memory_ends_when_the_memory_does)
{
    enum { COUNT = 100 };
    static char memory[COUNT * SIZE] __attribute__((aligned(16)));
    struct pool pool;
    struct pool_cache cache = {0};
    void *object[COUNT];
    cr_assert_eq(pool_init_over(&pool, SIZE, 0, memory, COUNT), 0);
    take_all(&pool, &cache, object, COUNT);
    for (int i = 0; i < COUNT; i++)
        cr_assert((char *)object[i] >= memory && (char *)object[i] <= memory + sizeof memory - SIZE);
    cr_assert_null(pool_take(&pool, &cache));
    cr_assert_null(pool_take(&pool, &cache));
    pool_give(&pool, &cache, object[7]);
    cr_assert_eq(pool_take(&pool, &cache), object[7]);
    cr_assert_null(pool_take(&pool, &cache));
    give_all(&pool, &cache, object, COUNT);
    take_all(&pool, &cache, object, COUNT);
    cr_assert_null(pool_take(&pool, &cache));
}

Test(pool, another_cache_finds_what_the_first_gave_to_the_depot)
{
    enum { COUNT = 5 * POOL_MAGAZINE };
    static char memory[COUNT * SIZE] __attribute__((aligned(16)));
    struct pool pool;
    struct pool_cache ours = {0}, theirs = {0};
    void *object[COUNT];
    cr_assert_eq(pool_init_over(&pool, SIZE, 0, memory, COUNT), 0);
    take_all(&pool, &ours, object, COUNT);
    cr_assert_null(pool_take(&pool, &theirs));
    give_all(&pool, &ours, object, COUNT);
    int found = 0;
    while (pool_take(&pool, &theirs))
        found++;
    cr_assert_eq(found, COUNT - 2 * POOL_MAGAZINE, "all but the two magazines of the other cache");
}

Test(pool, a_free_object_keeps_what_is_not_its_link)
{
    struct record {
        char keep[16];
        struct pool_link link;
        char keep_too[32];
    } memory[POOL_MAGAZINE * 4];
    struct pool pool;
    struct pool_cache cache = {0};
    void *object[POOL_MAGAZINE * 4];
    cr_assert_eq(pool_init_over(&pool, sizeof *memory, offsetof(struct record, link), memory, POOL_MAGAZINE * 4), 0);
    take_all(&pool, &cache, object, POOL_MAGAZINE * 4);
    for (int i = 0; i < POOL_MAGAZINE * 4; i++)
        memset(&memory[i], i, sizeof *memory);
    give_all(&pool, &cache, object, POOL_MAGAZINE * 4);
    for (int i = 0; i < POOL_MAGAZINE * 4; i++) {
        for (int j = 0; j < 16; j++)
            cr_assert_eq((unsigned char)memory[i].keep[j], (unsigned char)i);
        for (int j = 0; j < 32; j++)
            cr_assert_eq((unsigned char)memory[i].keep_too[j], (unsigned char)i);
    }
}

Test(pool, knows_how_much_of_its_memory_was_ever_used)
{
    enum { COUNT = 1000 };
    static char memory[COUNT * SIZE] __attribute__((aligned(16)));
    struct pool pool;
    struct pool_cache cache = {0};
    cr_assert_eq(pool_init_over(&pool, SIZE, 0, memory, COUNT), 0);
    cr_assert_eq(pool_ever_taken(&pool), 0);
    void *one = pool_take(&pool, &cache);
    size_t used = pool_ever_taken(&pool);
    cr_assert_geq(used, 1);
    cr_assert_leq(used, POOL_MAGAZINE);
    for (int i = 0; i < 1000; i++) {
        pool_give(&pool, &cache, one);
        one = pool_take(&pool, &cache);
    }
    cr_assert_eq(pool_ever_taken(&pool), used, "using one again is not using more");
}

/* ---- threads ----
 * Every object has an owner, exchanged on taking and giving: nobody may take an object
 * that has one. */

enum { THREADS = 4, HELD = 300, CONTESTED = THREADS * HELD };

struct owned {
    _Atomic int owner;
    char padding[SIZE - sizeof(int) - sizeof(struct pool_link)];
    struct pool_link link;
};

static struct owned contested[CONTESTED] __attribute__((aligned(16)));
static struct pool contested_pool;
static _Atomic int taken_twice, given_twice;

struct player {
    pthread_t thread;
    int id;
    bool shared;
    struct random random;
    struct pool_cache cache;
};

static void *play(void *arg)
{
    struct player *me = arg;
    struct owned *held[HELD];
    int n = 0;
    for (int i = 0; i < rounds(200000); i++) {
        if (n < HELD && (n == 0 || random_below(&me->random, 2))) {
            struct owned *o = me->shared ? pool_take_shared(&contested_pool) : pool_take(&contested_pool, &me->cache);
            if (!o)
                continue;
            if (atomic_exchange(&o->owner, me->id))
                atomic_fetch_add(&taken_twice, 1);
            held[n++] = o;
        } else {
            unsigned which = random_below(&me->random, (unsigned)n);
            struct owned *o = held[which];
            held[which] = held[--n];
            if (atomic_exchange(&o->owner, 0) != me->id)
                atomic_fetch_add(&given_twice, 1);
            if (me->shared)
                pool_give_shared(&contested_pool, o);
            else
                pool_give(&contested_pool, &me->cache, o);
        }
    }
    return NULL;
}

Test(pool, threads_never_hold_the_same_object)
{
    uint64_t seed = random_seed("pool.threads_never_hold_the_same_object");
    struct player player[THREADS];
    cr_assert_eq(pool_init_over(&contested_pool, sizeof(struct owned), offsetof(struct owned, link), contested, CONTESTED), 0);
    for (int i = 0; i < THREADS; i++) {
        player[i] = (struct player){.id = i + 1, .shared = i % 2, .random = random_split(seed, (uint64_t)i)};
        pool_cache_init(&contested_pool, &player[i].cache, (uint32_t)i);
    }
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&player[i].thread, NULL, play, &player[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(player[i].thread, NULL);
    cr_assert_eq(atomic_load(&taken_twice), 0);
    cr_assert_eq(atomic_load(&given_twice), 0);
}

/* One thread takes and another gives back, as messages do: the memory must not grow. */

static struct pool one_way_pool;
static struct pool_cache one_way_home;
static _Atomic(void *) belt[256];

static void *give_back(void *arg)
{
    for (int i = 0; i < *(int *)arg; i++) {
        void *o;
        while (!(o = atomic_exchange(&belt[i % 256], NULL)))
            os_yield_thread();
        pool_give(&one_way_pool, &one_way_home, o);
    }
    return NULL;
}

Test(pool, objects_that_go_one_way_come_home)
{
    int n = rounds(200000);
    struct pool_cache cache = {0};
    pthread_t t;
    cr_assert_eq(pool_init(&one_way_pool, SIZE, SLAB), 0);
    pool_cache_init(&one_way_pool, &one_way_home, 1);
    cr_assert_eq(pthread_create(&t, NULL, give_back, &n), 0);
    for (int i = 0; i < n; i++) {
        void *o = pool_take(&one_way_pool, &cache), *none = NULL;
        while (!atomic_compare_exchange_weak(&belt[i % 256], &none, o)) {
            none = NULL;
            os_yield_thread();
        }
    }
    pthread_join(t, NULL);
    /* On the belt, in two caches, and a depot that has seen both: a few slabs of 127. */
    cr_assert_leq(slabs(&one_way_pool), 10);
    pool_fini(&one_way_pool);
}

Test(pool, is_whole_when_all_has_come_home)
{
    struct pool pool;
    struct pool_cache a = {0}, b = {0};
    void *object[300];
    cr_assert_eq(pool_init(&pool, SIZE, SLAB), 0);
    cr_assert(pool_is_whole(&pool));
    take_all(&pool, &a, object, 300);
    give_all(&pool, &b, object, 299);
    pool_drain(&pool, &a);
    pool_drain(&pool, &b);
    cr_assert(!pool_is_whole(&pool), "one is still out");
    pool_give_shared(&pool, object[299]);
    cr_assert(pool_is_whole(&pool));
    cr_assert_null(a.loaded);
    cr_assert_null(b.spare);
    take_all(&pool, &a, object, 300); /* what was drained can be had again */
    pool_fini(&pool);
}
