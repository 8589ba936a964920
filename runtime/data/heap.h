/* heap.h - where a process keeps its terms: a chain of blocks, filled from one end.
 *
 * A heap allocates nothing before the first term that needs it. Taking words is a bump
 * of a pointer; when the block at the front is full another is put before it. Nothing
 * is ever given back one by one: collection (data/collect) copies what is still needed
 * and frees blocks whole, and the end of a process frees them all.
 *
 * A message is a block too. Its sender fills it; when it has been received, the block
 * joins the chain of the receiver: one copy, not two.
 *
 *     block: | next, word | more | size, used | words ....................... |
 *               in a mailbox  ^ the next block of this message, or of this heap
 *
 * The words of a block are objects one after the other, so it can be walked: a box
 * begins with its header, a list cell is two terms, and no term looks like a header.
 * Words are whole when they are taken: whoever takes some fills them before anything
 * else may happen to the heap. */
#ifndef DATA_HEAP_H
#define DATA_HEAP_H

#include "data/header.h"
#include "data/mailbox.h"
#include "machine/small.h"

struct block {
    struct message message; /* while it is one: its place in a mailbox, and its term */
    struct block *more;     /* the next block: of the same message, or of the same heap */
    uint32_t size;          /* words there is room for */
    uint32_t used : 30;     /* words that hold objects */
    uint32_t counted : 1;   /* some of them are boxes that count references: see header.h */
    uint32_t small : 1;     /* from machine/small: its size says of which class */
    term words[];
};

_Static_assert(sizeof(struct block) == 32, "{ping, Pid, N} is a message of one cache line");

/* Sizes are in words. */
enum {
    BLOCK_WORDS_MAX = (1 << 30) - 16,
    BLOCK_HEAD = sizeof(struct block) / sizeof(term),
    HEAP_BLOCK_LEAST = 28,            /* 256 bytes with the block's head */
    HEAP_BLOCK_MOST = 8 * 1024 - 4,   /* 64 KiB, but for messages (data/copy); what is larger gets a block of its own, of its own size */
    HEAP_ABSORB_MOST = 32, /* a message of so many is small */
    HEAP_COLLECT_LEAST = 512, /* no collection before so many, whatever is live */
    HEAP_NURSERY = 4096,      /* nor before these, while it runs: they fit into the nearest cache */
    HEAP_OLD_LEAST = BL_HOSTILE ? 64 : 32 * 1024, /* live words that are worth a generation of their own */
    HEAP_OLD_NURSERY = BL_HOSTILE ? 64 : 16 * 1024, /* what is taken between two minor collections, at least: */
    HEAP_OLD_PART = 8, /* this part of what is old */
    HEAP_MINORS_MOST = 65535, /* then one is major: fullsweep_after, as in BEAM */
};

struct heap {
    term *top, *limit;    /* free words of the block at the front */
    struct block *blocks; /* from the front */
    struct block *old;    /* others, which minor collections leave alone: see data/collect */
    size_t words;         /* in all blocks, with their heads */
    size_t old_words;     /* of these, in the old ones, */
    size_t old_used;      /* which hold so many in objects */
    size_t major_at;      /* a collection is major if there are more old ones than these */
    size_t collect_at;    /* a collection pays when there are more, */
    size_t rest_at;       /* and before it waits: so that what waits holds little garbage */
    size_t least;         /* min_heap_size: there is no collection below */
    size_t most;          /* max_heap_size, or 0: no limit */
    size_t live;          /* after the last collection */
    uint32_t collections, minors; /* minors: since the last that was of old ones too, or was asked to be major */
    struct native *natives; /* see kernel/native */
    struct message **mark; /* see kernel/select: messages that came after mark_reference was made */
    term mark_reference;
};

static inline size_t block_bytes(size_t words)
{
    return sizeof(struct block) + words * sizeof(term);
}

/* The class of machine/small for a block of so many words, or SMALL_CLASSES: none. */
static inline unsigned block_class(size_t words)
{
    size_t bytes = block_bytes(words);
    return LIKELY(bytes <= SMALL_MOST) ? small_class(bytes) : SMALL_CLASSES;
}

static inline struct block *block_init(struct block *b, size_t words, bool small)
{
    b->more = NULL;
    b->size = (uint32_t)words;
    b->used = 0;
    b->counted = 0;
    b->small = small;
    return b;
}

/* A block of a class; NULL: block_create() it. */
static inline struct block *block_of_class(unsigned class)
{
    struct block *b = LIKELY(class < SMALL_CLASSES) ? small_take(class) : NULL;
    return LIKELY(b != NULL) ? block_init(b, (small_size(class) - sizeof *b) / sizeof(term), true) : NULL;
}

/* Give back a small block where nothing may be called. False: block_free() it. */
static inline bool block_free_quickly(struct small *own, struct block *b)
{
    if (UNLIKELY(!b->small || b->counted))
        return false;
    unsigned class = small_class(block_bytes(b->size));
    if (UNLIKELY(!pool_has_room(&own->caches[class])))
        return false;
    pool_give(&small_pools[class], &own->caches[class], b);
    return true;
}

/* A block for `words` words or a few more, not zeroed; NULL: no memory, or more than a block
 * can have. The message in it is the caller's to fill. */
struct block *block_create(size_t words);
void block_free(struct block *);
/* The same for it and all `more`. */
void blocks_free(struct block *);

void heap_init(struct heap *);
/* An empty heap is going to need so many words, or a few more: one block for them. False: no memory. */
bool heap_reserve(struct heap *, size_t words);
/* min_heap_size and max_heap_size (0: no limit), in words. */
void heap_limit(struct heap *, size_t least, size_t most);
/* When the next collection pays: `live` words are. */
void heap_set_next(struct heap *);
/* Free up to *left blocks, and count them there. True: there are no more. Nobody uses it any more. */
bool heap_fini_some(struct heap *, int *left);
/* Free everything. Counted boxes let go of what they count. */
void heap_fini(struct heap *);

/* The slow half of heap_take(): a new block. NULL: no memory. */
term *heap_take_slow(struct heap *, size_t words);

/* `words` words, more than 0, of undefined contents, 8-byte aligned; NULL: no memory. */
static inline term *heap_take(struct heap *h, size_t words)
{
    term *taken = h->top;
    if (UNLIKELY((size_t)(h->limit - taken) < words))
        return heap_take_slow(h, words);
    h->top = taken + words;
    return taken;
}

/* Give back the end of what was taken last: from `end` on. */
static inline void heap_give_back(struct heap *h, term *end)
{
    ASSERT(h->blocks && end >= h->blocks->words && end <= h->top);
    h->top = end;
}

/* The block at the front says how much of it is used: before anybody walks the chain. */
static inline void heap_settle(struct heap *h)
{
    if (h->blocks)
        h->blocks->used = (uint32_t)(h->top - h->blocks->words);
}

/* The last words taken (few: they are in the front) are a box that counts a reference. */
static inline void heap_counts(struct heap *h)
{
    h->blocks->counted = 1;
}

/* A received message becomes part of the heap; returns its term, whose words are now
 * here. Its blocks join the chain behind the front; but what is small is copied once more,
 * into the front, and its block given back: to keep it until the next collection would
 * cost more. */
term heap_join(struct heap *, struct block *message);

/* What a message takes, in units of 16 bytes: its entry, or its blocks. A few loads for most. */
static inline uint32_t message_bulk(const struct message *m)
{
    if (!term_is_pointer(m->word))
        return sizeof(struct message) / 16;
    uint32_t bulk = 0;
    for (const struct block *b = (const struct block *)m; b; b = b->more)
        bulk += (uint32_t)((sizeof *b + b->size * sizeof(term) + 15) / 16);
    return bulk;
}

static inline bool heap_wants_collection(const struct heap *h)
{
    return h->words >= h->collect_at;
}

static inline bool heap_wants_collection_at_rest(const struct heap *h)
{
    return h->words >= h->rest_at;
}

/* The next collection is to be of all there is. */
static inline void heap_want_major(struct heap *h)
{
    h->major_at = 0;
}

/* It pays at once, and, if it is to be `major`, is of all there is. */
static inline void heap_want_collection(struct heap *h, bool major)
{
    h->collect_at = h->rest_at = 0;
    if (major)
        heap_want_major(h);
}

static inline bool heap_next_is_minor(const struct heap *h)
{
    return h->old && h->old_words <= h->major_at && h->minors < HEAP_MINORS_MOST && !(h->most && h->words >= h->most);
}

/* Words that the next collection is going to look through. */
static inline size_t heap_to_collect(const struct heap *h)
{
    return heap_next_is_minor(h) ? h->words - h->old_words : h->words;
}

/* How much of it is in use, in words, and in bytes with everything. */
size_t heap_used(const struct heap *);
size_t heap_bytes(const struct heap *);

#endif
