/* box.h - boxed terms and list cells: asking what they are, building them on a heap. */
#ifndef DATA_BOX_H
#define DATA_BOX_H

#include <string.h>

#include "data/heap.h"

/* ---- of a box t ---- */

static inline term box_header_of(term t)
{
    return *term_pointer(t);
}

static inline size_t box_size(term t)
{
    return header_size(box_header_of(t));
}

static inline term *box_payload(term t)
{
    return term_pointer(t) + 1;
}

/* ---- of any term ---- */

static inline bool term_is_kind(term t, enum box_kind kind)
{
    return term_is_box(t) && header_kind(box_header_of(t)) == kind;
}

static inline bool term_is_tuple(term t)
{
    return term_is_kind(t, BOX_TUPLE);
}

static inline bool term_is_float(term t)
{
    return term_is_kind(t, BOX_FLOAT);
}

static inline bool term_is_integer(term t)
{
    return term_is_int(t) || term_is_kind(t, BOX_INTEGER);
}

static inline bool term_is_number(term t)
{
    return term_is_integer(t) || term_is_float(t);
}

static inline bool term_is_binary(term t)
{
    return term_is_kind(t, BOX_BINARY) || term_is_kind(t, BOX_SHARED);
}

static inline bool term_is_map(term t)
{
    return term_is_kind(t, BOX_MAP) || term_is_kind(t, BOX_NODE);
}

static inline bool term_is_function(term t)
{
    return term_is_kind(t, BOX_FUNCTION);
}

static inline bool term_is_list(term t)
{
    return term_is_cell(t) || t == TERM_NIL;
}

static inline term cell_head(term t)
{
    return term_pointer(t)[0];
}

static inline term cell_tail(term t)
{
    return term_pointer(t)[1];
}

/* Of term_is_integer(). */
static inline int64_t integer_value(term t)
{
    return term_is_int(t) ? term_int_value(t) : (int64_t)box_payload(t)[0];
}

static inline double float_value(term t)
{
    double d;
    memcpy(&d, box_payload(t), sizeof d);
    return d;
}

/* Of term_is_binary(). */
static inline size_t binary_size(term t)
{
    return box_payload(t)[0];
}

const uint8_t *binary_bytes(term t);

/* ---- building, on a heap; TERM_NONE: no memory ---- */

/* A box whose payload the caller fills at once: *payload. */
static inline term box_take(struct heap *h, enum box_kind kind, size_t words, term **payload)
{
    term *box = heap_take(h, 1 + words);
    if (UNLIKELY(!box))
        return TERM_NONE;
    *box = box_header(kind, words);
    *payload = box + 1;
    return term_box(box);
}

static inline term cell_make(struct heap *h, term head, term tail)
{
    term *cell = heap_take(h, 2);
    if (UNLIKELY(!cell))
        return TERM_NONE;
    cell[0] = head;
    cell[1] = tail;
    return term_cell(cell);
}

term integer_make(struct heap *, int64_t n);
/* Also TERM_NONE for NaN and infinities, which Erlang does not have. */
term float_make(struct heap *, double d);
term tuple_make(struct heap *, const term *elements, size_t n);
/* `bytes` NULL: zeroes. */
term binary_make(struct heap *, const void *bytes, size_t n);
/* Bytes from .. from + n - 1 of a binary; they must be there. Small: copied; else shared. */
term binary_part(struct heap *, term binary, size_t from, size_t n);
term function_make(struct heap *, uintptr_t address, unsigned arity, const term *captured, size_t n);

#endif
