/* map.c - see map.h. A flat map grows into a trie at its 33rd key. */
#include "data/map.h"

#include "data/trie.h"

/* ---- flat maps ---- */

static enum order flat_get(term map, term key, term *value)
{
    struct map_parts p = map_parts(map);
    size_t at = keys_scan(p.keys, p.n_keys, key);
    enum order found = at < p.n_keys ? ORDER_SAME : ORDER_LESS;
    if (found != ORDER_SAME && term_is_boxed(key))
        found = keys_search(p.keys, p.n_keys, key, &at);
    if (found == ORDER_SAME)
        *value = p.values[at];
    return found;
}

static term flat_grow(struct heap *h, term map, term key, term value)
{
    struct map_parts p = map_parts(map);
    term pairs[2 * (MAP_FLAT_MOST + 1)];
    for (size_t i = 0; i < MAP_FLAT_MOST; i++) {
        pairs[2 * i] = p.keys[i];
        pairs[2 * i + 1] = p.values[i];
    }
    pairs[2 * MAP_FLAT_MOST] = key;
    pairs[2 * MAP_FLAT_MOST + 1] = value;
    return trie_from(h, pairs, MAP_FLAT_MOST + 1);
}

static term flat_put(struct heap *h, term map, term key, term value)
{
    struct map_parts p = map_parts(map);
    size_t at;
    enum order found = keys_find(p.keys, p.n_keys, key, &at);
    if (found == ORDER_NO_MEMORY)
        return TERM_NONE;
    if (found == ORDER_SAME && p.values[at] == value)
        return map;
    if (found != ORDER_SAME && p.n_keys == MAP_FLAT_MOST)
        return flat_grow(h, map, key, value);
    struct change c = {.pair_in = at + 1, .key = key, .value = value};
    if (found == ORDER_SAME) {
        c.pair_out = at + 1;
        c.key = p.keys[at];
    }
    return box_changed(h, map, term_int((int64_t)(p.n_keys + (found != ORDER_SAME))), &c);
}

static term flat_remove(struct heap *h, term map, term key)
{
    struct map_parts p = map_parts(map);
    size_t at;
    enum order found = keys_find(p.keys, p.n_keys, key, &at);
    if (found == ORDER_NO_MEMORY)
        return TERM_NONE;
    return found == ORDER_SAME
               ? box_changed(h, map, term_int((int64_t)p.n_keys - 1), &(struct change){.pair_out = at + 1})
               : map;
}

/* ---- maps of either kind ---- */

term map_empty(struct heap *h)
{
    return flat_from(h, NULL, 0);
}

enum order map_get(term map, term key, term *value)
{
    if (term_is_kind(map, BOX_MAP))
        return flat_get(map, key, value);
    const term *place;
    enum order found = trie_find(map, key, &place);
    if (found == ORDER_SAME)
        *value = *place;
    return found;
}

term map_put(struct heap *h, term map, term key, term value)
{
    return (term_is_kind(map, BOX_MAP) ? flat_put : trie_put)(h, map, key, value);
}

term map_remove(struct heap *h, term map, term key)
{
    return (term_is_kind(map, BOX_MAP) ? flat_remove : trie_remove)(h, map, key);
}

term map_from(struct heap *h, const term *pairs, size_t n)
{
    return (n <= MAP_FLAT_MOST ? flat_from : trie_from)(h, pairs, n);
}

/* ---- in the order of the keys: J. Williams' heapsort, which needs no memory ---- */

static void pairs_swap(term *pairs, size_t i, size_t j)
{
    term key = pairs[2 * i], value = pairs[2 * i + 1];
    pairs[2 * i] = pairs[2 * j];
    pairs[2 * i + 1] = pairs[2 * j + 1];
    pairs[2 * j] = key;
    pairs[2 * j + 1] = value;
}

/* The greater child of i, among n. */
static enum order pairs_child(const term *pairs, size_t i, size_t n, size_t *child)
{
    *child = 2 * i + 1;
    if (*child + 1 == n)
        return ORDER_SAME;
    enum order o = term_compare_exact(pairs[2 * *child], pairs[2 * *child + 2]);
    *child += o == ORDER_LESS;
    return o;
}

/* Let the pair at i sink to where no child is greater. ORDER_NO_MEMORY, or anything else. */
static enum order pairs_sink(term *pairs, size_t i, size_t n)
{
    enum order o = ORDER_SAME;
    while (2 * i + 1 < n && o != ORDER_NO_MEMORY) {
        size_t child;
        o = pairs_child(pairs, i, n, &child);
        if (o != ORDER_NO_MEMORY)
            o = term_compare_exact(pairs[2 * i], pairs[2 * child]);
        if (o == ORDER_GREATER)
            break;
        if (o == ORDER_LESS)
            pairs_swap(pairs, i, child);
        i = child;
    }
    return o;
}

static enum order pairs_sort(term *pairs, size_t n)
{
    for (size_t i = n / 2; i--;)
        if (pairs_sink(pairs, i, n) == ORDER_NO_MEMORY)
            return ORDER_NO_MEMORY;
    for (size_t end = n; end-- > 1;) {
        pairs_swap(pairs, 0, end);
        if (pairs_sink(pairs, 0, end) == ORDER_NO_MEMORY)
            return ORDER_NO_MEMORY;
    }
    return ORDER_SAME;
}

enum order map_sorted(term map, term *pairs)
{
    struct map_iterator it;
    size_t n = 0;
    for (map_iterate(&it, map); map_next(&it, &pairs[2 * n], &pairs[2 * n + 1]);)
        n++;
    return term_is_kind(map, BOX_MAP) ? ORDER_SAME : pairs_sort(pairs, n);
}
