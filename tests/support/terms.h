/* terms.h - random terms, and a number that says what a term is.
 * For rooms that are tested without an order or a printer: two terms are the same if
 * their fingerprints are. Terms made here are shallow, so recursion is fine. */
#ifndef SUPPORT_TERMS_H
#define SUPPORT_TERMS_H

#include "data/box.h"
#include "support/random.h"

static inline uint64_t mix(uint64_t a, uint64_t b)
{
    struct random r = {a ^ b * UINT64_C(0x9e3779b97f4a7c15)};
    return random_next(&r);
}

static inline uint64_t fingerprint(term t)
{
    if (term_is_cell(t)) {
        uint64_t print = 6;
        for (; term_is_cell(t); t = cell_tail(t)) /* lists may be long */
            print = mix(print, fingerprint(cell_head(t)));
        return mix(print, fingerprint(t));
    }
    if (!term_is_box(t))
        return mix(1, t);
    uint64_t print = mix(2, term_is_binary(t) ? 0 : box_header_of(t)); /* small or shared: the same bytes */
    if (term_is_binary(t)) {
        for (size_t i = 0; i < binary_size(t); i++)
            print = mix(print, binary_bytes(t)[i]);
    } else {
        bool raw = header_is_raw(box_header_of(t));
        for (size_t i = 0; i < box_size(t); i++)
            print = mix(print, raw ? box_payload(t)[i] : fingerprint(box_payload(t)[i]));
    }
    return print;
}

/* A term of at most `size` parts or so. */
static inline term random_term(struct heap *h, struct random *r, unsigned size)
{
    static const uint8_t bytes[300];
    term e[8];
    switch (random_below(r, size ? 9 : 6)) {
    case 0: return term_int((int64_t)random_next(r) >> (2 + random_below(r, 60)));
    case 1: return term_atom(random_below(r, 5));
    case 2: return TERM_NIL;
    case 3: return integer_make(h, (int64_t)random_next(r));
    case 4: return float_make(h, (double)random_next(r));
    case 5: return binary_make(h, random_below(r, 2) ? bytes : NULL, random_below(r, 4) ? random_below(r, 20) : random_below(r, 300));
    case 6: {
        unsigned n = random_below(r, 8);
        for (unsigned i = 0; i < n; i++)
            e[i] = random_term(h, r, size / (n + 1));
        return tuple_make(h, e, n);
    }
    case 7: {
        unsigned n = random_below(r, 8);
        term list = random_below(r, 4) ? TERM_NIL : term_int(5);
        for (unsigned i = 0; i < n; i++)
            list = cell_make(h, random_term(h, r, size / (n + 1)), list);
        return list;
    }
    default: {
        unsigned n = random_below(r, 3);
        for (unsigned i = 0; i < n; i++)
            e[i] = random_term(h, r, size / (n + 1));
        return function_make(h, 4096, 1, e, n);
    }
    }
}

#endif
