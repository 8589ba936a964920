/* map.h - maps: immutable, so a changed map is a new one, which shares most with the old.
 *
 * Up to 32 keys it is two rows to look through, and each change copies them; above it is
 * a trie (data/mapnode), where a change copies a few hundred bytes. Keys are the same if
 * term_same() says so: 1 and 1.0 are two keys.
 *
 * Where a map is built TERM_NONE means no memory. The heap then has some garbage more,
 * and the old map is as it was. A map has NODE_COUNT_MOST keys at most; more count as no
 * memory. Iteration: see data/mapnode. */
#ifndef DATA_MAP_H
#define DATA_MAP_H

#include "data/order.h"

term map_empty(struct heap *);

/* ORDER_SAME: *value is the value; ORDER_NO_MEMORY; else there is no such key. */
enum order map_get(term map, term key, term *value);

/* With this key and value, whether the key was there or not. */
term map_put(struct heap *, term map, term key, term value);

/* Without this key. If it was not there, the same map. */
term map_remove(struct heap *, term map, term key);

/* Of n pairs, key and value in turn; of equal keys the last one's value counts. */
term map_from(struct heap *, const term *pairs, size_t n);

/* All pairs, key and value in turn, into an array for 2 * map_size() terms, in the order
 * of the keys. ORDER_SAME, or ORDER_NO_MEMORY. */
enum order map_sorted(term map, term *pairs);

#endif
