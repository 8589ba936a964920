/* table.c - see table.h. */
#include "data/table.h"

#include "base/os.h"

enum { BUCKETS_LEAST = 16, BUCKETS_SHIFT = 27, PER_BUCKET = 2, TAG_BITS = 4, PAGE_BITS = 9 };

static const size_t buckets_most = (size_t)1 << BUCKETS_SHIFT;

/* Keys are terms, mostly numbered one after the other, and what was added in turn is removed in turn:
 * such go to buckets beside each other, within a page of them. Which page, and from which end, is
 * left to chance, so that it does no harm if only every so manieth number stays. */
static size_t bucket_hash(uint64_t key)
{
    uint64_t number = key >> TAG_BITS, page = number >> PAGE_BITS;
    size_t chance = (size_t)((page * UINT64_C(0x9e3779b97f4a7c15)) >> 20);
    return chance ^ (number & (((size_t)1 << PAGE_BITS) - 1));
}

/* Buckets from `size` on are not there yet: what belongs there is still in the one that they come from. */
static size_t bucket_of(const struct table *t, uint64_t key)
{
    size_t bucket = bucket_hash(key) & (2 * t->half - 1);
    return bucket < t->size ? bucket : bucket - t->half;
}

static void push(struct table *t, struct table_entry *e)
{
    struct table_entry **bucket = &t->buckets[bucket_of(t, e->key)];
    e->next = *bucket;
    *bucket = e;
}

static void redistribute(struct table *t, size_t bucket)
{
    struct table_entry *e = t->buckets[bucket];
    t->buckets[bucket] = NULL;
    while (e) {
        struct table_entry *next = e->next;
        push(t, e);
        e = next;
    }
}

static void grow(struct table *t)
{
    if (t->size == 2 * t->half)
        t->half = t->size;
    t->buckets[t->size++] = NULL;
    redistribute(t, t->size - 1 - t->half);
}

static void shrink(struct table *t)
{
    t->size--;
    redistribute(t, t->size);
    if (t->size == t->half)
        t->half /= 2;
}

bool table_add(struct table *t, struct table_entry *e)
{
    if (!t->buckets) {
        t->buckets = os_reserve(buckets_most * sizeof *t->buckets);
        if (!t->buckets)
            return false;
        t->size = BUCKETS_LEAST;
        t->half = BUCKETS_LEAST / 2;
    }
    push(t, e);
    t->count++;
    if (t->count > PER_BUCKET * t->size && t->size < buckets_most)
        grow(t);
    return true;
}

struct table_entry *table_find(const struct table *t, uint64_t key)
{
    struct table_entry *e = t->buckets ? t->buckets[bucket_of(t, key)] : NULL;
    while (e && e->key != key)
        e = e->next;
    return e;
}

void table_remove(struct table *t, struct table_entry *e)
{
    struct table_entry **link = &t->buckets[bucket_of(t, e->key)];
    while (*link != e)
        link = &(*link)->next;
    *link = e->next;
    t->count--;
    if (t->size > BUCKETS_LEAST && t->count < t->size)
        shrink(t);
}

struct table_entry *table_any(const struct table *t)
{
    for (size_t i = t->count ? t->size : 0; i-- > 0;)
        if (t->buckets[i])
            return t->buckets[i];
    return NULL;
}

void table_fini(struct table *t)
{
    if (t->buckets)
        os_release(t->buckets, buckets_most * sizeof *t->buckets);
    *t = (struct table){0};
}
