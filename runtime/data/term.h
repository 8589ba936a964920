/* term.h - a term is a tagged 64-bit word.
 *
 *     ...payload... 01   small integer, 62 bits, two's complement
 *     ..payload.. 0011   pid: generation (32 bits), index (28 bits)
 *     ..payload.. 0111   atom: index in the atom table
 *     ..payload.. 1111   reference: 60 bits that nobody else was given
 *     ..payload.. 1011   the runtime's own words: the empty list, errors a caller can hold,
 *                        signals in an inbox, what was read there, marks in a template
 *     ...pointer.. 110   list cell: two words on a heap, head and tail
 *     ...pointer.. 010   boxed term: a header and its payload on a heap (data/header.h)
 *     ........ 00        no term: 0 itself, or the header of a box
 *
 * Words with a payload in them ("immediates") are sent by copying the word; what the
 * others point to is copied by data/copy. The public types bl_term and bl_pid wrap the
 * same word; see include/beamling. After the tagging scheme of M. Pettersson, 2000. */
#ifndef DATA_TERM_H
#define DATA_TERM_H

#include "beamling/beamling.h"
#include "data/literal.h"

typedef uint64_t term;

enum {
    TERM_TAG_MASK = 3,
    TERM_INT = 1,
    TERM_POINTER = 2, /* a box or a list cell */
    TERM_POINTER_MASK = 7,
    TERM_BOX = 2,
    TERM_CELL = 6,
    TERM_IMMEDIATE_MASK = 15,
    TERM_PID = 3,
    TERM_ATOM = 7,
    TERM_OWN = 11,
    TERM_REFERENCE = 15,
};

#define TERM_NONE ((term)0)

/* The last index belongs to nobody: a pid that could not be had carries it, and its
 * reason, so that a send needs no look at the tag. */
enum { PID_INDEX_BITS = 28, PID_INDEX_NOBODY = (1 << PID_INDEX_BITS) - 1 };

/* The runtime's own words: 1011 in the low bits, then what it is, then a value. */
enum { TERM_OWN_SIGNAL = 1, TERM_OWN_NIL = 2, TERM_OWN_MARK = 3, TERM_OWN_READ = 4, TERM_OWN_ERROR = PID_INDEX_NOBODY };

#define TERM_NIL ((term)(TERM_OWN_NIL << 4 | TERM_OWN))

static inline term term_own(unsigned what, uint32_t value)
{
    return (term)value << 32 | what << 4 | TERM_OWN;
}

static inline bool term_is_own(term t, unsigned what)
{
    return (t & 0xffffffffu) == (what << 4 | TERM_OWN);
}

static inline uint32_t term_own_value(term t)
{
    return (uint32_t)(t >> 32);
}

static inline term term_int(int64_t n)
{
    return (term)n << 2 | TERM_INT;
}

static inline int64_t term_int_value(term t)
{
    return (int64_t)t >> 2;
}

static inline bool term_is_int(term t)
{
    return (t & TERM_TAG_MASK) == TERM_INT;
}

static inline term term_atom(uint32_t index)
{
    return (term)index << 4 | TERM_ATOM;
}

static inline uint32_t term_atom_index(term t)
{
    return (uint32_t)(t >> 4);
}

static inline bool term_is_atom(term t)
{
    return (t & TERM_IMMEDIATE_MASK) == TERM_ATOM;
}

static inline term term_pid(uint32_t index, uint32_t generation)
{
    return (term)generation << 32 | (term)index << 4 | TERM_PID;
}

static inline uint32_t term_pid_index(term t)
{
    return (uint32_t)t >> 4;
}

static inline uint32_t term_pid_generation(term t)
{
    return (uint32_t)(t >> 32);
}

static inline bool term_is_pid(term t)
{
    return (t & TERM_IMMEDIATE_MASK) == TERM_PID;
}

static inline term term_reference(uint64_t number)
{
    return number << 4 | TERM_REFERENCE;
}

static inline uint64_t term_reference_number(term t)
{
    return t >> 4;
}

static inline bool term_is_reference(term t)
{
    return (t & TERM_IMMEDIATE_MASK) == TERM_REFERENCE;
}

/* Is there more of it than this word? */
static inline bool term_is_boxed(term t)
{
    return (t & TERM_TAG_MASK) == TERM_POINTER;
}

/* Does it live on a heap? Everything else, immediates and literals, is one word to whoever
 * copies or collects. */
static inline bool term_is_pointer(term t)
{
    return term_is_boxed(t) && !literal_has(t);
}

static inline bool term_is_box(term t)
{
    return (t & TERM_POINTER_MASK) == TERM_BOX;
}

static inline bool term_is_cell(term t)
{
    return (t & TERM_POINTER_MASK) == TERM_CELL;
}

/* What it points to: a box's header, or a cell's head. */
static inline term *term_pointer(term t)
{
    return (term *)(uintptr_t)(t & ~(term)TERM_POINTER_MASK);
}

static inline term term_box(const term *header)
{
    return (term)(uintptr_t)header | TERM_BOX;
}

static inline term term_cell(const term *head)
{
    return (term)(uintptr_t)head | TERM_CELL;
}

/* The public wrappers. */
static inline bl_term term_give(term t)
{
    return (bl_term){t};
}

#endif
