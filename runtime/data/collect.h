/* collect.h - giving back what a heap no longer needs. */
#ifndef DATA_COLLECT_H
#define DATA_COLLECT_H

#include "data/box.h"

/* What is still needed: all that can be reached from these. */
struct roots {
    term *terms;      /* words that are terms, or 0; they are told where their terms went */
    size_t count;
    const void *low;  /* a stack, [low, high): of its words nobody knows which are terms. */
    const void *high; /* NULL, NULL: none */
    size_t room;      /* what is copied is known to be this many words; 0: not known */
};

enum collected {
    COLLECTED,
    COLLECT_POSTPONED, /* no memory to begin: nothing has changed */
    COLLECT_FAILED,    /* no memory in the middle: the heap is good for heap_fini() only */
};

/* Collect h. Its owner only, with no object half-built. Costs a few nanoseconds for each
 * word that is live and each block that is not; *moved (may be NULL) becomes the words moved. */
enum collected collect(struct heap *h, const struct roots *roots, size_t *moved);

#endif
