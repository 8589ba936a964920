/* trie.h - maps of many keys. What a trie looks like is in data/mapnode; how a key is found
 * in one, in data/order.
 *
 * A changed box gets a new parent, and so on up to the root (path_up()). What has to be taken
 * care of is the shape: it depends on the keys only. So a trie shrinks to a flat map; two
 * keys that meet move to a child, and one that is left alone in a child moves up.
 *
 * TERM_NONE: no memory. */
#ifndef DATA_TRIE_H
#define DATA_TRIE_H

#include "data/mapbox.h"

/* Of n pairs, key and value in turn; of equal keys the last one's value counts. A flat map, if
 * there are few. */
term trie_from(struct heap *, const term *pairs, size_t n);

term trie_put(struct heap *, term trie, term key, term value);

/* The same trie, if the key was not there; a flat map, if few are left. */
term trie_remove(struct heap *, term trie, term key);

#endif
