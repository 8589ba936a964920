/* box.c - see box.h. */
#include "data/box.h"

#include <math.h>

/* ---- building ---- */

term integer_make(struct heap *h, int64_t n)
{
    if (n >= BL_INT_MIN && n <= BL_INT_MAX)
        return term_int(n);
    term *payload, t = box_take(h, BOX_INTEGER, 1, &payload);
    if (t)
        payload[0] = (term)n;
    return t;
}

term float_make(struct heap *h, double d)
{
    if (!isfinite(d))
        return TERM_NONE;
    term *payload, t = box_take(h, BOX_FLOAT, 1, &payload);
    if (t)
        memcpy(payload, &d, sizeof d);
    return t;
}

term tuple_make(struct heap *h, const term *elements, size_t n)
{
    term *payload, t = n > TUPLE_MOST ? TERM_NONE : box_take(h, BOX_TUPLE, n, &payload);
    if (t && n)
        memcpy(payload, elements, n * sizeof *elements);
    return t;
}

/* A box for bytes of s, whose reference it takes over. */
static term shared_make(struct heap *h, struct shared *s, const uint8_t *first, size_t n)
{
    term *payload, t = box_take(h, BOX_SHARED, 3, &payload);
    if (t) {
        payload[0] = n;
        payload[1] = (term)(uintptr_t)first;
        payload[2] = (term)(uintptr_t)s;
        heap_counts(h);
    }
    return t;
}

static term small_binary(struct heap *h, const void *bytes, size_t n)
{
    size_t words = (n + sizeof(term) - 1) / sizeof(term);
    term *payload, t = box_take(h, BOX_BINARY, 1 + words, &payload);
    if (!t)
        return t;
    payload[0] = n;
    if (words)
        payload[words] = 0; /* the bytes after the end are always the same */
    if (bytes && n)
        memcpy(payload + 1, bytes, n);
    else
        memset(payload + 1, 0, words * sizeof *payload);
    return t;
}

term binary_make(struct heap *h, const void *bytes, size_t n)
{
    if (n <= BINARY_HEAP_MOST)
        return small_binary(h, bytes, n);
    struct shared *s = shared_create(n);
    if (!s)
        return TERM_NONE;
    if (bytes)
        memcpy(s->bytes, bytes, n);
    else
        memset(s->bytes, 0, n);
    term t = shared_make(h, s, s->bytes, n);
    if (!t)
        shared_release(s);
    return t;
}

const uint8_t *binary_bytes(term t)
{
    const term *payload = box_payload(t);
    return header_kind(box_header_of(t)) == BOX_BINARY ? (const uint8_t *)(payload + 1)
                                                       : (const uint8_t *)(uintptr_t)payload[1];
}

term binary_part(struct heap *h, term binary, size_t from, size_t n)
{
    const uint8_t *first = binary_bytes(binary) + from;
    ASSERT(from <= binary_size(binary) && n <= binary_size(binary) - from);
    if (n <= BINARY_HEAP_MOST)
        return small_binary(h, first, n);
    term t = shared_make(h, shared_of(term_pointer(binary)), first, n);
    if (t)
        box_retain(term_pointer(t));
    return t;
}

term function_make(struct heap *h, uintptr_t address, unsigned arity, const term *captured, size_t n)
{
    term *payload, t = n > TUPLE_MOST ? TERM_NONE : box_take(h, BOX_FUNCTION, FUNCTION_CAPTURED + n, &payload);
    if (t) {
        payload[0] = term_int((int64_t)address);
        payload[1] = term_int(arity);
        if (n)
            memcpy(payload + FUNCTION_CAPTURED, captured, n * sizeof *captured);
    }
    return t;
}
