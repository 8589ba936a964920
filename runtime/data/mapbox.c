/* mapbox.c - see mapbox.h. */
#include "data/mapbox.h"

/* n words, with the change; the end of them. */
static term *words_changed(term *to, const term *from, size_t n, size_t out, size_t in, term item)
{
    size_t at = out ? out - 1 : in ? in - 1 : n;
    memcpy(to, from, at * sizeof *to);
    to += at;
    if (in)
        *to++ = item;
    at += out != 0;
    memcpy(to, from + at, (n - at) * sizeof *to);
    return to + (n - at);
}

term box_changed(struct heap *h, term box, term first, const struct change *c)
{
    struct map_parts p = map_parts(box);
    size_t pairs = p.n_keys + (c->pair_in != 0) - (c->pair_out != 0);
    size_t children = p.n_children + (c->child_in != 0) - (c->child_out != 0);
    term *to, made = box_take(h, header_kind(box_header_of(box)), 1 + 2 * pairs + children, &to);
    if (made) {
        *to++ = first;
        to = words_changed(to, p.keys, p.n_keys, c->pair_out, c->pair_in, c->key);
        to = words_changed(to, p.values, p.n_keys, c->pair_out, c->pair_in, c->value);
        words_changed(to, p.children, p.n_children, c->child_out, c->child_in, c->child);
    }
    return made;
}

enum order keys_search(const term *keys, size_t n, term key, size_t *at)
{
    size_t low = 0, high = n;
    enum order o = ORDER_LESS;
    while (low < high && o != ORDER_SAME && o != ORDER_NO_MEMORY) {
        *at = low + (high - low) / 2;
        o = term_compare_exact(key, keys[*at]);
        if (o == ORDER_LESS)
            high = *at;
        else if (o == ORDER_GREATER)
            low = *at + 1;
    }
    if (o != ORDER_SAME)
        *at = low;
    return o;
}

/* ---- flat maps ---- */

term flat_make(struct heap *h, const term *keys, const term *values, size_t n)
{
    term *payload, map = box_take(h, BOX_MAP, 1 + 2 * n, &payload);
    if (map) {
        payload[0] = term_int((int64_t)n);
        memcpy(payload + 1, keys, n * sizeof *keys);
        memcpy(payload + 1 + n, values, n * sizeof *values);
    }
    return map;
}

/* Keys in order and their values, which become a flat map. */
struct rows {
    term keys[MAP_FLAT_MOST], values[MAP_FLAT_MOST];
    size_t n;
};

/* There must be room. False: no memory. */
static bool rows_put(struct rows *r, term key, term value)
{
    size_t at;
    enum order found = keys_search(r->keys, r->n, key, &at);
    if (found == ORDER_NO_MEMORY)
        return false;
    if (found != ORDER_SAME) {
        memmove(r->keys + at + 1, r->keys + at, (r->n - at) * sizeof *r->keys);
        memmove(r->values + at + 1, r->values + at, (r->n - at) * sizeof *r->values);
        r->keys[at] = key;
        r->n++;
    }
    r->values[at] = value;
    return true;
}

term flat_from(struct heap *h, const term *pairs, size_t n)
{
    struct rows r;
    r.n = 0;
    for (size_t i = 0; i < n; i++)
        if (!rows_put(&r, pairs[2 * i], pairs[2 * i + 1]))
            return TERM_NONE;
    return flat_make(h, r.keys, r.values, r.n);
}

term flat_from_trie(struct heap *h, term trie)
{
    struct rows r;
    struct map_iterator it;
    term key, value;
    r.n = 0;
    for (map_iterate(&it, trie); map_next(&it, &key, &value);)
        if (!rows_put(&r, key, value))
            return TERM_NONE;
    return flat_make(h, r.keys, r.values, r.n);
}
