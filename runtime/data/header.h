/* header.h - what the first word of a boxed term says, and what lies outside the heaps.
 *
 *     | payload words (56 bits) | kind (5 bits) | 000 |    then the payload
 *
 *     tuple       its elements
 *     integer     an int64_t that does not fit into 62 bits
 *     float       a double, never NaN or infinite
 *     binary      length in bytes, then the bytes: up to BINARY_HEAP_MOST of them
 *     shared      length in bytes, address of the first, the struct shared that has them
 *     resource    the struct resource
 *     map         count, keys in order, values in the order of the keys     (data/map)
 *     node        of a map with many keys: see data/map
 *     function    address as an integer, arity, what it captured
 *
 * Payloads are terms throughout or raw throughout, so whoever walks needs to know kinds
 * only by header_is_raw(). `shared` and `resource` count a reference to something outside
 * the heap ("counted"): the block that holds such a box knows (heap_counts()), and when
 * it is freed the boxes in it that were not moved let go. */
#ifndef DATA_HEADER_H
#define DATA_HEADER_H

#include <stdatomic.h>

#include "data/term.h"

enum box_kind {
    BOX_TUPLE = 1,
    BOX_MAP,
    BOX_NODE,
    BOX_FUNCTION,
    BOX_RAW, /* from here on */
    BOX_INTEGER = BOX_RAW,
    BOX_FLOAT,
    BOX_BINARY,
    BOX_FILLER, /* nothing: see data/collect */
    BOX_COUNTED, /* from here on */
    BOX_SHARED = BOX_COUNTED,
    BOX_RESOURCE,
};

enum {
    BOX_KIND_SHIFT = 3,
    BOX_SIZE_SHIFT = 8,
    BOX_MOVED = 4, /* low three bits of what collection leaves in a header's place */
    BOX_LOW_MASK = 7,
    TUPLE_MOST = (1 << 24) - 1, /* elements: as in Erlang */
    BINARY_HEAP_MOST = 64,      /* bytes: as in Erlang */
    FUNCTION_CAPTURED = 2,      /* payload words before what it captured */
};

_Static_assert(BOX_MAP << BOX_KIND_SHIFT == BL_SMALL_MAP_ && BOX_SIZE_SHIFT == 8, "beamling/receive.h looks into small maps");

static inline term box_header(enum box_kind kind, size_t words)
{
    return (term)words << BOX_SIZE_SHIFT | (term)kind << BOX_KIND_SHIFT;
}

static inline size_t header_size(term header)
{
    return header >> BOX_SIZE_SHIFT;
}

static inline enum box_kind header_kind(term header)
{
    return (enum box_kind)(header >> BOX_KIND_SHIFT & 31);
}

static inline bool header_is_raw(term header)
{
    return header_kind(header) >= BOX_RAW;
}

static inline bool header_is_counted(term header)
{
    return header_kind(header) >= BOX_COUNTED;
}

/* ---- what lies outside the heaps ---- */

/* The bytes of a large binary. Whoever makes it has a reference; immutable once it is
 * the payload of a second box. */
struct shared {
    _Atomic uint64_t references;
    size_t size;
    uint8_t bytes[];
};

/* Of a `shared` or `resource` box. */
static inline struct shared *shared_of(const term *header)
{
    return (struct shared *)(uintptr_t)header[3];
}

static inline struct resource *resource_of(const term *header)
{
    return (struct resource *)(uintptr_t)header[1];
}

struct shared *shared_create(size_t size); /* one reference; NULL: no memory */
void shared_release(struct shared *);

/* A native object in terms. `destroy` is called once, when the last term that holds it
 * is gone, by whichever thread that happens to be. */
struct resource {
    _Atomic uint64_t references;
    void (*destroy)(void *);
    size_t size;
    max_align_t object[];
};

void resource_release(struct resource *);

/* One reference more, or less, of a counted box. */
void box_retain(const term *header);
void box_release(const term *header);
/* Of all counted boxes in these words, except those that were moved out of them. */
void box_release_all(const term *at, const term *end);

/* ---- walking the words of a block ---- */

/* The words of the object that begins at `at`; what was moved has its size in its new place. */
static inline size_t object_size(const term *at)
{
    term first = *at;
    if (first && (first & BOX_LOW_MASK) == 0)
        return 1 + header_size(first);
    if ((first & BOX_LOW_MASK) == BOX_MOVED)
        return 1 + header_size(*(const term *)(uintptr_t)(first - BOX_MOVED));
    return 2;
}

static inline bool object_is_box(const term *at)
{
    return *at && (*at & BOX_LOW_MASK) == 0;
}

#endif
