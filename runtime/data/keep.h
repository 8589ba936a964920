/* keep.h - what a collection must leave where it is, since a stack may mean it.
 *
 * Words of a stack are compared with the blocks of the heap, and with what its counted boxes
 * refer to; a block that one may point into is kept. The rest is data/collect, whose head says
 * why this is safe. */
#ifndef DATA_KEEP_H
#define DATA_KEEP_H

#include "data/box.h"

/* What is still needed: all that can be reached from these. */
struct roots {
    term *terms;      /* words that are terms, or 0; they are told where their terms went */
    size_t count;
    const void *low;  /* a stack, [low, high): of its words nobody knows which are terms. */
    const void *high; /* NULL, NULL: none */
    size_t room;      /* what is copied is known to be this many words; 0: not known */
};

/* One that is kept. Bit i of both maps is the word i of the block. */
struct kept {
    struct block *block;
    uint64_t *marked;  /* reached */
    uint64_t *scanned; /* and so is all that it points to */
    size_t bytes;      /* of both maps */
    bool dirty;        /* some are marked and not scanned */
};

enum { FEW_KEPT = 8, FEW_MAPS = 32, FEW_WORDS = 128 };

/* One collection. This room sees to the first part, data/collect to the others. */
struct collection {
    struct kept *kept; /* in the order of their addresses */
    size_t kept_count, kept_room;
    struct kept few_kept[FEW_KEPT]; /* most of the time these are enough, and nothing is allocated */
    uint64_t few_maps[FEW_MAPS];
    size_t few_maps_used;
    uintptr_t kept_low, kept_high; /* no kept block outside of these */
    uintptr_t stays_low, stays_bytes; /* outside of these nothing stays: no kept block, no literal */
    struct block **young; /* minor: all blocks that are looked at, in the order of their addresses; else NULL */
    size_t young_count;
    bool in_copies;       /* what is reached is reached from a copy, */
    bool copies_point;    /* and some of it was in a kept block */

    struct block *to, *last; /* copies, and the block that takes the next */
    term *top, *limit;
    size_t room;             /* the first block is to have so many words, if not 0 */
    size_t grown;            /* words in blocks of copies, for their sizes */
    bool failed;
    bool dirty;              /* some kept block is */
};

/* The kept block in which p lies, or NULL. */
static inline struct kept *kept_of(const struct collection *c, const term *p)
{
    uintptr_t at = (uintptr_t)p;
    if (at < c->kept_low || at >= c->kept_high)
        return NULL;
    size_t low = 0, high = c->kept_count; /* the last that begins at or before p */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if ((uintptr_t)c->kept[middle].block->words <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NULL;
    struct kept *k = &c->kept[low - 1];
    return p < k->block->words + k->block->used ? k : NULL;
}

/* The object at `object`, in k, is reached. */
static inline void mark(struct collection *c, struct kept *k, const term *object)
{
    size_t i = (size_t)(object - k->block->words);
    uint64_t bit = UINT64_C(1) << i % 64;
    if (!(k->marked[i / 64] & bit)) {
        k->marked[i / 64] |= bit;
        k->dirty = c->dirty = true;
    }
}

/* Keep what the stack of these roots may mean. False: no memory. */
bool keep_for_stack(struct collection *c, const struct heap *h, const struct roots *roots);
/* It is over. */
void keep_forget(struct collection *c);

#endif
