/* keep.c - see keep.h. */
#include "data/keep.h"

#include <stdlib.h>

#include "base/memory.h"

/* ---- words ---- */

static int by_address(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return (x > y) - (x < y);
}

/* The library's sort takes its time to begin. */
static void sort_addresses(uintptr_t *words, size_t n)
{
    if (n > 16) {
        qsort(words, n, sizeof *words, by_address);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        uintptr_t word = words[i];
        size_t j = i;
        for (; j && words[j - 1] > word; j--)
            words[j] = words[j - 1];
        words[j] = word;
    }
}

/* Room for words: on our own stack, if they are few. */
struct scratch {
    uintptr_t *words;
    size_t size;
    uintptr_t few[FEW_WORDS];
};

static bool scratch_init(struct scratch *s, size_t size)
{
    s->size = size;
    s->words = size <= FEW_WORDS ? s->few : memory_alloc(size * sizeof *s->words);
    return s->words;
}

static void scratch_fini(struct scratch *s)
{
    if (s->words && s->words != s->few)
        memory_free(s->words, s->size * sizeof *s->words);
}

/* Where a counted box's bytes are: [low, high]. */
static void counted_range(const term *box, uintptr_t *low, uintptr_t *high)
{
    if (header_kind(*box) == BOX_SHARED) {
        *low = (uintptr_t)shared_of(box)->bytes;
        *high = *low + shared_of(box)->size;
    } else {
        *low = (uintptr_t)resource_of(box)->object;
        *high = *low + resource_of(box)->size;
    }
}

/* Does a word of the stack, sorted, lie in what this counted box refers to? Then somebody
 * may be reading there, though the compiler has no more use for the term. */
static bool is_in_use(const term *box, const uintptr_t *words, size_t n)
{
    uintptr_t low, high;
    counted_range(box, &low, &high);
    for (size_t first = 0; first < n;) {
        size_t middle = first + (n - first) / 2;
        if (words[middle] >= low && words[middle] <= high)
            return true;
        if (words[middle] < low)
            first = middle + 1;
        else
            n = middle;
    }
    return false;
}

/* The addresses of counted boxes that are in use, into `found` if it is not NULL. */
static size_t boxes_in_use(const struct heap *h, const uintptr_t *words, size_t n, uintptr_t *found)
{
    size_t in_use = 0;
    for (const struct block *b = h->blocks; b; b = b->more) {
        const term *end = b->words + b->used;
        for (const term *at = b->counted ? b->words : end; at < end; at += object_size(at))
            if (object_is_box(at) && header_is_counted(*at) && is_in_use(at, words, n)) {
                if (found)
                    found[in_use] = (uintptr_t)at;
                in_use++;
            }
    }
    return in_use;
}

static int by_block(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const struct kept *)a)->block, y = (uintptr_t)((const struct kept *)b)->block;
    return (x > y) - (x < y);
}

/* Words that could be addresses within [low, high). It reads a stack, whatever the
 * sanitizers think of it. */
__attribute__((noinline, no_sanitize_address, no_sanitize_thread)) static size_t
suspects(const struct roots *roots, uintptr_t low, uintptr_t high, uintptr_t *found)
{
    size_t n = 0;
    for (const uintptr_t *w = roots->low; w < (const uintptr_t *)roots->high; w++)
        if (*w >= low && *w < high)
            found[n++] = *w & ~(uintptr_t)(sizeof(term) - 1);
    return n;
}

/* Mark the objects of k in which the suspects [first, end) lie. */
static void mark_suspects(struct collection *c, struct kept *k, const uintptr_t *first, const uintptr_t *end)
{
    for (const term *at = k->block->words; first < end;) {
        const term *next = at + object_size(at);
        bool filler = object_is_box(at) && header_kind(*at) == BOX_FILLER;
        if (*first < (uintptr_t)next && !filler)
            mark(c, k, at);
        while (first < end && *first < (uintptr_t)next)
            first++;
        at = next;
    }
}

static uintptr_t *first_from(uintptr_t *first, uintptr_t *end, uintptr_t from)
{
    while (first < end) {
        uintptr_t *middle = first + (end - first) / 2;
        if (*middle < from)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* Two maps of so many words. */
static uint64_t *take_maps(struct collection *c, size_t words)
{
    if (c->few_maps_used + 2 * words > FEW_MAPS)
        return memory_alloc(2 * words * sizeof(uint64_t));
    uint64_t *maps = c->few_maps + c->few_maps_used;
    c->few_maps_used += 2 * words;
    return maps;
}

static bool keep(struct collection *c, struct block *b)
{
    size_t words = (size_t)b->used / 64 + 1, bytes = 2 * words * sizeof(uint64_t);
    uint64_t *maps = take_maps(c, words);
    if (!maps)
        return false;
    memset(maps, 0, bytes);
    c->kept[c->kept_count++] = (struct kept){.block = b, .marked = maps, .scanned = maps + words, .bytes = bytes};
    return true;
}

/* Find the blocks to keep, and in them what the stack may mean. False: no memory. */
static bool keep_suspected(struct collection *c, const struct heap *h, uintptr_t *found, size_t n)
{
    sort_addresses(found, n);
    for (struct block *b = h->blocks; b; b = b->more) {
        uintptr_t low = (uintptr_t)b->words, high = (uintptr_t)(b->words + b->used);
        uintptr_t *first = first_from(found, found + n, low);
        if (first < found + n && *first < high && !keep(c, b))
            return false;
    }
    if (!c->kept_count)
        return true;
    if (c->kept_count > 1)
        qsort(c->kept, c->kept_count, sizeof *c->kept, by_block);
    c->kept_low = (uintptr_t)c->kept[0].block->words;
    const struct block *last = c->kept[c->kept_count - 1].block;
    c->kept_high = (uintptr_t)(last->words + last->used);
    for (size_t i = 0; i < c->kept_count; i++) {
        const struct block *b = c->kept[i].block;
        mark_suspects(c, &c->kept[i], first_from(found, found + n, (uintptr_t)b->words),
                      first_from(found, found + n, (uintptr_t)(b->words + b->used)));
    }
    return true;
}

static bool is_few_map(const struct collection *c, const uint64_t *maps)
{
    return maps >= c->few_maps && maps < c->few_maps + FEW_MAPS;
}

void keep_forget(struct collection *c)
{
    for (size_t i = 0; i < c->kept_count; i++)
        if (!is_few_map(c, c->kept[i].marked))
            memory_free(c->kept[i].marked, c->kept[i].bytes);
    if (c->kept && c->kept != c->few_kept)
        memory_free(c->kept, c->kept_room * sizeof *c->kept);
}

/* What the stack might point into: the blocks, and what counted boxes refer to. */
struct extent {
    uintptr_t low, high;
    uintptr_t outside_low, outside_high; /* inclusive */
};

static void extend_by_counted(struct extent *e, const struct block *b)
{
    for (const term *at = b->words, *end = at + b->used; at < end; at += object_size(at)) {
        uintptr_t low, high;
        if (!object_is_box(at) || !header_is_counted(*at))
            continue;
        counted_range(at, &low, &high);
        e->outside_low = low < e->outside_low ? low : e->outside_low;
        e->outside_high = high > e->outside_high ? high : e->outside_high;
    }
}

static struct extent extent_of(const struct heap *h)
{
    struct extent e = {.low = UINTPTR_MAX, .outside_low = UINTPTR_MAX};
    for (const struct block *b = h->blocks; b; b = b->more) {
        uintptr_t low = (uintptr_t)b->words, high = (uintptr_t)(b->words + b->used);
        e.low = low < e.low ? low : e.low;
        e.high = high > e.high ? high : e.high;
        if (UNLIKELY(b->counted))
            extend_by_counted(&e, b);
    }
    return e;
}

/* The list of kept blocks gets room for n. */
static bool make_list(struct collection *c, size_t n)
{
    c->kept_room = n;
    c->kept = n <= FEW_KEPT ? c->few_kept : memory_alloc(n * sizeof *c->kept);
    return c->kept;
}

/* Words of the stack that mean something: `outside`, those that lie in what counted boxes refer to. */
static bool keep_what_is_meant(struct collection *c, const struct heap *h, const struct roots *roots,
                               const struct extent *e, const uintptr_t *outside, size_t n_outside, size_t words)
{
    size_t used = n_outside ? boxes_in_use(h, outside, n_outside, NULL) : 0;
    struct scratch found;
    if (!scratch_init(&found, words + used))
        return false;
    size_t n = suspects(roots, e->low, e->high, found.words);
    n += used ? boxes_in_use(h, outside, n_outside, found.words + n) : 0;
    bool good = !n || (make_list(c, n) && keep_suspected(c, h, found.words, n)); /* not more blocks than suspects */
    scratch_fini(&found);
    return good;
}

bool keep_for_stack(struct collection *c, const struct heap *h, const struct roots *roots)
{
    size_t words = (size_t)((const char *)roots->high - (const char *)roots->low) / sizeof(uintptr_t);
    if (!words || !h->blocks)
        return true;
    struct extent e = extent_of(h);
    if (LIKELY(e.outside_low > e.outside_high))
        return keep_what_is_meant(c, h, roots, &e, NULL, 0, words);
    struct scratch outside;
    if (!scratch_init(&outside, words))
        return false;
    size_t n = suspects(roots, e.outside_low, e.outside_high + 1, outside.words);
    sort_addresses(outside.words, n);
    bool good = keep_what_is_meant(c, h, roots, &e, outside.words, n, words);
    scratch_fini(&outside);
    return good;
}
