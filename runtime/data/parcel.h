/* parcel.h - a term outside all heaps, for many to share.
 *
 * The reason why a process ended goes to everybody who is linked to it, and from each of
 * them on to others: it is copied once, and counted. A parcel is one word: a term that
 * fits into a word is itself, any other lies in a box of its own, whose address, unlike
 * every term, ends in 000. What is inside never changes, so anybody may read it. */
#ifndef DATA_PARCEL_H
#define DATA_PARCEL_H

#include <stdatomic.h>

#include "data/copy.h"

typedef uint64_t parcel;

struct parcel_box {
    _Atomic uint64_t holders;
    struct block *block;
};

/* A parcel with a copy of the term; 0: no memory. Any thread, like all here. */
parcel parcel_make(term t);
/* A parcel, or a term of which one is to be made. */
parcel parcel_of(uint64_t word);
void parcel_release_box(struct parcel_box *);

static inline struct parcel_box *parcel_box(parcel p)
{
    return (p & TERM_POINTER_MASK) ? NULL : (struct parcel_box *)(uintptr_t)p;
}

/* Is this word, a term or a parcel, a term that fits into a word? All of those are odd. */
static inline bool parcel_is_word(uint64_t word)
{
    return word & 1;
}

/* What is inside; valid as long as the parcel. */
static inline term parcel_term(parcel p)
{
    const struct parcel_box *box = parcel_box(p);
    return box ? box->block->message.word : p;
}

static inline parcel parcel_retain(parcel p)
{
    struct parcel_box *box = parcel_box(p);
    if (box) /* relaxed: we hold it already */
        atomic_fetch_add_explicit(&box->holders, 1, memory_order_relaxed);
    return p;
}

/* Also of 0. */
static inline void parcel_release(parcel p)
{
    struct parcel_box *box = parcel_box(p);
    if (UNLIKELY(box != NULL))
        parcel_release_box(box);
}

#endif
