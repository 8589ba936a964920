/* collect.h - giving back what a heap no longer needs. */
#ifndef DATA_COLLECT_H
#define DATA_COLLECT_H

#include "data/keep.h"

enum collected {
    COLLECTED,
    COLLECT_POSTPONED, /* no memory to begin: nothing has changed */
    COLLECT_FAILED,    /* no memory in the middle: the heap is good for heap_fini() only */
};

/* Collect h. Its owner only, with no object half-built. Costs a few nanoseconds for each
 * word that is live and each block that is not; *moved (may be NULL) becomes the words moved. */
enum collected collect(struct heap *h, const struct roots *roots, size_t *moved);

#endif
