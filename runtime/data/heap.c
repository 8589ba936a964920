/* heap.c - see heap.h. */
#include "data/heap.h"

#include <string.h>

#include "base/memory.h"

static size_t block_bytes(size_t words)
{
    return sizeof(struct block) + words * sizeof(term);
}

struct block *block_create(size_t words)
{
    if (words > BLOCK_WORDS_MAX)
        return NULL;
    struct block *b = memory_alloc(block_bytes(words));
    if (b) {
        b->message = (struct message){0};
        b->more = NULL;
        b->size = (uint32_t)words;
        b->used = 0;
        b->counted = 0;
    }
    return b;
}

void block_free(struct block *b)
{
    if (UNLIKELY(b->counted))
        box_release_all(b->words, b->words + b->used);
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
    *h = (struct heap){.collect_at = HEAP_COLLECT_LEAST, .least = HEAP_COLLECT_LEAST};
}

void heap_fini(struct heap *h)
{
    heap_settle(h);
    blocks_free(h->blocks);
    heap_init(h);
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
    return (memory_good_size(block_bytes(size)) - sizeof(struct block)) / sizeof(term);
}

term *heap_take_slow(struct heap *h, size_t words)
{
    size_t size = block_size(h, words);
    struct block *b = block_create(size);
    if (!b && size > words)
        b = block_create(size = words);
    if (!b)
        return NULL;
    heap_settle(h);
    h->words += BLOCK_HEAD + size;
    if (h->blocks && size == words && words > HEAP_BLOCK_LEAST) { /* full at once: the front goes on being filled */
        b->used = (uint32_t)words;
        b->more = h->blocks->more;
        h->blocks->more = b;
        return b->words;
    }
    b->more = h->blocks;
    h->blocks = b;
    h->top = b->words + words;
    h->limit = b->words + size;
    return b->words;
}

/* Objects were moved by `distance` bytes, and what they point to with them. */
static void relocate(term *at, const term *end, uintptr_t distance)
{
    while (at < end) {
        const term *next = at + object_size(at);
        if (object_is_box(at) && header_is_raw(*at))
            at += next - at;
        for (; at < next; at++)
            if (term_is_pointer(*at))
                *at += distance;
    }
}

/* False: there is no room, and it must join as it is. */
static bool move_in(struct heap *h, struct block *message, term *root)
{
    size_t words = message->used;
    term *to = heap_take(h, words);
    if (!to)
        return false;
    uintptr_t distance = (uintptr_t)to - (uintptr_t)message->words;
    memcpy(to, message->words, words * sizeof *to);
    relocate(to, to + words, distance);
    *root = message->message.word + distance;
    block_free(message);
    return true;
}

term heap_join(struct heap *h, struct block *message)
{
    term root = message->message.word;
    if (message->used <= HEAP_ABSORB_MOST && !message->more && !message->counted && move_in(h, message, &root))
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
    size_t used = 0;
    for (const struct block *b = h->blocks; b; b = b->more)
        used += b == h->blocks ? (size_t)(h->top - b->words) : b->used;
    return used;
}

size_t heap_bytes(const struct heap *h)
{
    size_t bytes = 0;
    for (const struct block *b = h->blocks; b; b = b->more)
        bytes += block_bytes(b->size);
    return bytes;
}
