/* copy.h - a term goes from one heap to another by being copied. */
#ifndef DATA_COPY_H
#define DATA_COPY_H

#include "data/box.h"

/* Blocks of their own with a copy of t, which is a pointer; the copy is the first
 * block's message.word. NULL: no memory. Cost: a few nanoseconds, and about one for
 * each word; large binaries are shared. Never recurses. */
struct block *copy_out(term t);

/* The first of these blocks, by the term: a root is copied before all else. */
static inline struct block *copy_block(term root)
{
    return CONTAINER_OF(term_pointer(root), struct block, words);
}

/* A copy of t on another heap; TERM_NONE: no memory. */
term copy_to(struct heap *, term t);

/* A copy of t that lives for ever, outside all heaps (data/literal); t itself, if it lives on
 * none. TERM_NONE: no memory, or BL_ELIMIT. Large binaries and resources are shared, and so
 * never given back. *words becomes how many there were to copy. Any thread. */
term copy_for_ever(term t, size_t *words, bl_error *error);

/* Words in a chain of blocks: what its copying is charged for. */
size_t copy_words(const struct block *);

#endif
