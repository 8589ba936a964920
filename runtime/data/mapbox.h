/* mapbox.h - making a box of a map out of an old one, for data/map and data/trie.
 *
 * Every change makes a new box of an old one, in box_changed(): a pair or a child more,
 * less, or another one in its place. */
#ifndef DATA_MAPBOX_H
#define DATA_MAPBOX_H

#include "data/order.h"

/* What is different in a new box. Places in the old one, counted from 1; 0: none. If there
 * are both, one to leave out and one to put something in, they are the same. */
struct change {
    size_t pair_out, pair_in, child_out, child_in;
    term key, value, child;
};

/* A box like this one, with the change, and with `first` as its first word. TERM_NONE: no memory. */
term box_changed(struct heap *, term box, term first, const struct change *);

/* ---- keys in order: those of a flat map, or of a bucket ---- */

/* ORDER_SAME: the key is at *at. ORDER_NO_MEMORY; else it belongs at *at. */
enum order keys_search(const term *keys, size_t n, term key, size_t *at);

/* Where this word is, or n. */
static inline size_t keys_scan(const term *keys, size_t n, term word)
{
    size_t at = 0;
    while (at < n && keys[at] != word)
        at++;
    return at;
}

/* As keys_search(), and quick for an immediate that is there: it is the same word. */
static inline enum order keys_find(const term *keys, size_t n, term key, size_t *at)
{
    *at = term_is_boxed(key) ? n : keys_scan(keys, n, key);
    return *at < n ? ORDER_SAME : keys_search(keys, n, key, at);
}

/* ---- flat maps; TERM_NONE: no memory ---- */

/* Of keys in order. */
term flat_make(struct heap *, const term *keys, const term *values, size_t n);
/* Of n pairs, at most MAP_FLAT_MOST; of equal keys the last one's value counts. */
term flat_from(struct heap *, const term *pairs, size_t n);
/* Of a trie that has become too small for one. */
term flat_from_trie(struct heap *, term trie);

#endif
