/* heap.c - see heap.h. */
#include "data/heap.h"

#include <string.h>

#include "base/memory.h"

static NOINLINE struct block *block_create_large(size_t words)
{
    if (words > BLOCK_WORDS_MAX)
        return NULL;
    struct block *b = memory_alloc(block_bytes(words));
    return b ? block_init(b, words, false) : NULL;
}

struct block *block_create(size_t words)
{
    struct block *b = block_of_class(block_class(words));
    return LIKELY(b != NULL) ? b : block_create_large(words);
}

void block_free(struct block *b)
{
    if (UNLIKELY(b->counted))
        box_release_all(b->words, b->words + b->used);
    if (LIKELY(b->small))
        small_give(small_class(block_bytes(b->size)), b);
    else
        memory_free(b, block_bytes(b->size));
}

void blocks_free(struct block *b)
{
    while (b) {
        struct block *more = b->more;
        block_free(b);
        b = more;
    }
}

void heap_init(struct heap *h)
{
    *h = (struct heap){.collect_at = HEAP_NURSERY, .rest_at = HEAP_COLLECT_LEAST, .least = HEAP_COLLECT_LEAST,
                       .major_at = HEAP_OLD_NURSERY};
}

/* A block whose boxes are counted is walked. */
static int cost_of(const struct block *b)
{
    return b->counted ? 1 + (int)(b->used / HEAP_BLOCK_MOST) : 1;
}

static bool free_some(struct block **blocks, int *left)
{
    while (*blocks) {
        struct block *b = *blocks;
        if (!*left)
            return false;
        *left = *left > cost_of(b) ? *left - cost_of(b) : 0;
        *blocks = b->more;
        block_free(b);
    }
    return true;
}

bool heap_fini_some(struct heap *h, int *left)
{
    heap_settle(h);
    if (!free_some(&h->blocks, left)) {
        h->top = h->limit = h->blocks->words + h->blocks->used; /* the front is another */
        return false;
    }
    h->top = h->limit = NULL;
    return free_some(&h->old, left);
}

void heap_fini(struct heap *h)
{
    heap_settle(h);
    blocks_free(h->blocks);
    blocks_free(h->old);
    heap_init(h);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The sizes of blocks follow the heap: a quarter of what it has, so that few are needed
 * and little is left over, between one cache line or four and what a cache holds. */
static size_t block_size(const struct heap *h, size_t words)
{
    size_t size = h->words / 4;
    if (size < HEAP_BLOCK_LEAST)
        size = HEAP_BLOCK_LEAST;
    if (size > HEAP_BLOCK_MOST)
        size = HEAP_BLOCK_MOST;
    if (size < words)
        return words;
    if (block_bytes(size) <= SMALL_MOST)
        return size; /* block_create() takes all there is */
    return (memory_good_size(block_bytes(size)) - sizeof(struct block)) / sizeof(term);
}

/* After so many words more; sooner if there may not be so many, but not at once, nor before a
 * whole block: who is just below his limit would collect for each word. */
static size_t next_after(const struct heap *h, size_t words)
{
    size_t next = h->words + words;
    if (!h->most || next <= h->most)
        return next;
    return larger(h->most, h->words + BLOCK_HEAD + block_size(h, 0) + HEAP_COLLECT_LEAST);
}

void heap_set_next(struct heap *h)
{
    size_t words = larger(h->old ? larger(HEAP_OLD_NURSERY, h->old_used / HEAP_OLD_PART) : h->live, h->least);
    h->rest_at = next_after(h, words);
    h->collect_at = next_after(h, larger(words, HEAP_NURSERY));
}

void heap_limit(struct heap *h, size_t least, size_t most)
{
    h->least = larger(least, HEAP_COLLECT_LEAST);
    h->most = most;
    heap_set_next(h);
    if (most && most < h->collect_at)
        h->collect_at = h->rest_at = most;
}

term *heap_take_slow(struct heap *h, size_t words)
{
    size_t size = block_size(h, words);
    struct block *b = block_create(size);
    if (!b && size > words)
        b = block_create(words);
    if (!b)
        return NULL;
    heap_settle(h);
    h->words += BLOCK_HEAD + b->size;
    if (h->blocks && b->size == words && words > HEAP_BLOCK_LEAST) { /* full at once: the front goes on being filled */
        b->used = (uint32_t)words;
        b->more = h->blocks->more;
        h->blocks->more = b;
        return b->words;
    }
    b->more = h->blocks;
    h->blocks = b;
    h->top = b->words + words;
    h->limit = b->words + b->size;
    return b->words;
}

bool heap_reserve(struct heap *h, size_t words)
{
    struct block *b = block_create(words);
    if (!b)
        return false;
    h->blocks = b;
    h->words = BLOCK_HEAD + b->size;
    h->top = b->words;
    h->limit = b->words + b->size;
    return true;
}

/* Copy objects; what they point to moves by the same distance. */
static void move_objects(term *to, const term *from, size_t words)
{
    uintptr_t distance = (uintptr_t)to - (uintptr_t)from;
    for (const term *end = from + words; from < end;) {
        term word = *from++;
        *to++ = term_is_pointer(word) ? word + distance : word;
        if (UNLIKELY(word && !(word & BOX_LOW_MASK) && header_is_raw(word)))
            for (size_t raw = header_size(word); raw; raw--)
                *to++ = *from++;
    }
}

/* False: there is no room, and it must join as it is. */
static bool move_in(struct heap *h, struct block *message, term *root)
{
    term *to = heap_take(h, message->used);
    if (!to)
        return false;
    move_objects(to, message->words, message->used);
    if (UNLIKELY(message->counted)) {
        heap_counts(h);
        message->counted = 0; /* what it counted is counted here */
    }
    *root = message->message.word + ((uintptr_t)to - (uintptr_t)message->words);
    block_free(message);
    return true;
}

term heap_join(struct heap *h, struct block *message)
{
    term root = message->message.word;
    if (message->used <= HEAP_ABSORB_MOST && !message->more && move_in(h, message, &root))
        return root;
    struct block *last = message;
    h->words += BLOCK_HEAD + last->size;
    while (last->more) {
        last = last->more;
        h->words += BLOCK_HEAD + last->size;
    }
    if (h->blocks) {
        last->more = h->blocks->more;
        h->blocks->more = message;
    } else { /* the first block of all: what room it has left is free to take */
        h->blocks = message;
        h->top = message->words + message->used;
        h->limit = message->words + message->size;
    }
    return root;
}

size_t heap_used(const struct heap *h)
{
    size_t used = h->old_used;
    for (const struct block *b = h->blocks; b; b = b->more)
        used += b == h->blocks ? (size_t)(h->top - b->words) : b->used;
    return used;
}

static size_t blocks_bytes(const struct block *b)
{
    size_t bytes = 0;
    for (; b; b = b->more)
        bytes += block_bytes(b->size);
    return bytes;
}

size_t heap_bytes(const struct heap *h)
{
    return blocks_bytes(h->blocks) + blocks_bytes(h->old);
}
