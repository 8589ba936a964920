/* mapnode.h - what maps look like, for those who walk them.
 *
 *     flat    up to 32 keys: a box of kind map        | count | keys | values |
 *     trie    more: boxes of kind node                | about | keys | values | children |
 *
 * A flat map has its keys in the order of term_compare_exact(). A trie is read by the
 * hash of a key, four bits of it at each node, the highest first. A node says in `about`
 * for which of the 16 digits it has a key, and for which a child, where all keys are that
 * have this digit here; and how many keys there are, below it and in it:
 *
 *     about: | keys in all (30 bits) | digits with a child (16) | digits with a key (16) |   a small integer
 *
 * Keys, values and children are in the order of their digits. Where the hash is used up,
 * below 16 nodes, is a node without digits: a bucket, of keys whose whole hashes are the
 * same, in the order of term_compare_exact().
 *
 * So the shape of a map depends on its keys only, and not on its history: a child has two
 * keys or more, a trie more than 32, a bucket is sorted. Maps that are the same term are
 * the same word for word, and whoever compares or hashes them need not know more.
 *
 * After P. Bagwell, 2001, and M. Steindorff and J. Vinju, 2015 (keys apart from children).
 * Why not a list cell for each pair, as in BEAM: a third more memory, and another cache
 * line for each look at a key. */
#ifndef DATA_MAPNODE_H
#define DATA_MAPNODE_H

#include "data/box.h"

enum {
    MAP_FLAT_MOST = 32,
    NODE_DIGIT_BITS = 4,
    NODE_DIGITS = 64 / NODE_DIGIT_BITS, /* of a hash: a trie is no deeper */
    NODE_WAYS = 1 << NODE_DIGIT_BITS,
    NODE_KEYS_MASK = (1 << NODE_WAYS) - 1,
    NODE_CHILD_SHIFT = NODE_WAYS, /* from the bit of a digit's key to that of its child */
    NODE_COUNT_SHIFT = 2 * NODE_WAYS,
    NODE_COUNT_MOST = (1 << 30) - 1,
};

/* `about` without its tag. Of nodes. */
static inline uint64_t node_about(term node)
{
    return box_payload(node)[0] >> 2;
}

static inline term node_about_term(uint64_t about)
{
    return about << 2 | TERM_INT;
}

static inline size_t about_count(uint64_t about)
{
    return about >> NODE_COUNT_SHIFT;
}

/* The digits that have a key, or a child: one bit each. */
static inline unsigned about_keys(uint64_t about)
{
    return about & NODE_KEYS_MASK;
}

static inline unsigned about_children(uint64_t about)
{
    return about >> NODE_CHILD_SHIFT & NODE_KEYS_MASK;
}

static inline bool about_is_bucket(uint64_t about)
{
    return (uint32_t)about == 0;
}

static inline size_t map_size(term map)
{
    return header_kind(box_header_of(map)) == BOX_MAP ? (size_t)term_int_value(box_payload(map)[0])
                                                      : about_count(node_about(map));
}

/* How many of 16 bits are set. By hand: the oldest x86-64 have no instruction for it, and
 * compilers call a function instead. */
static inline unsigned digits_count(unsigned bits)
{
    bits -= bits >> 1 & 0x5555;
    bits = (bits & 0x3333) + (bits >> 2 & 0x3333);
    bits = (bits + (bits >> 4)) & 0x0f0f;
    return (bits + (bits >> 8)) & 0x1f;
}

/* Where the digit `bit` is, or would be, among those that are set. */
static inline unsigned digits_before(unsigned bits, unsigned bit)
{
    return digits_count(bits & (bit - 1));
}

/* The digit that a node at this level (0: the root) looks at. */
static inline unsigned hash_digit(uint64_t hash, unsigned level)
{
    return hash << level * NODE_DIGIT_BITS >> (64 - NODE_DIGIT_BITS);
}

static inline unsigned hash_bit(uint64_t hash, unsigned level)
{
    return 1u << hash_digit(hash, level);
}

/* ---- a box of either kind, taken apart ---- */

struct map_parts {
    const term *keys, *values, *children;
    size_t n_keys; /* and as many values */
    unsigned n_children;
};

static inline struct map_parts map_parts(term box)
{
    struct map_parts p = {.keys = box_payload(box) + 1, .n_keys = map_size(box)};
    if (header_kind(box_header_of(box)) == BOX_NODE && !about_is_bucket(node_about(box))) {
        p.n_keys = digits_count(about_keys(node_about(box)));
        p.n_children = digits_count(about_children(node_about(box)));
    }
    p.values = p.keys + p.n_keys;
    p.children = p.values + p.n_keys;
    return p;
}

/* ---- all pairs, one after the other ---- */

/* Takes no memory. It points into the heap: good until the next collection. */
struct map_iterator {
    struct map_parts parts; /* of `box` */
    term box;
    size_t next; /* of its keys, then its children */
    unsigned depth;
    struct {
        term box;
        size_t next;
    } above[NODE_DIGITS];
};

static inline void iterator_enter(struct map_iterator *it, term box, size_t next)
{
    it->box = box;
    it->parts = map_parts(box);
    it->next = next;
}

/* A flat map: in the order of the keys. A trie: in that of their hashes, more or less. */
static inline void map_iterate(struct map_iterator *it, term map)
{
    it->depth = 0;
    iterator_enter(it, map, 0);
}

/* To the next box that may have keys. False: there is none. */
static inline bool iterator_move(struct map_iterator *it)
{
    size_t child = it->next - it->parts.n_keys;
    if (child < it->parts.n_children) {
        it->above[it->depth].box = it->box;
        it->above[it->depth++].next = it->next + 1;
        iterator_enter(it, it->parts.children[child], 0);
        return true;
    }
    if (!it->depth)
        return false;
    it->depth--;
    iterator_enter(it, it->above[it->depth].box, it->above[it->depth].next);
    return true;
}

/* Where the next key is, and its value. False: there are no more. */
static inline bool map_next_places(struct map_iterator *it, const term **key, const term **value)
{
    while (it->next >= it->parts.n_keys)
        if (!iterator_move(it))
            return false;
    *key = &it->parts.keys[it->next];
    *value = &it->parts.values[it->next++];
    return true;
}

/* The next key and its value. False: there are no more. */
static inline bool map_next(struct map_iterator *it, term *key, term *value)
{
    const term *key_place, *value_place;
    if (!map_next_places(it, &key_place, &value_place))
        return false;
    *key = *key_place;
    *value = *value_place;
    return true;
}

/* ---- looking for a hash in a trie ---- */

/* The keys of a trie among which one with this hash must be: how many (often none, or
 * one, which may have another hash), and where they are and their values. */
static inline size_t node_find(term node, uint64_t hash, const term **keys, const term **values)
{
    for (unsigned level = 0;; level++) {
        struct map_parts p = map_parts(node);
        uint64_t about = node_about(node);
        *keys = p.keys;
        *values = p.values;
        if (about_is_bucket(about))
            return p.n_keys;
        unsigned bit = hash_bit(hash, level);
        if (about_keys(about) & bit) {
            unsigned i = digits_before(about_keys(about), bit);
            *keys += i;
            *values += i;
            return 1;
        }
        if (!(about_children(about) & bit))
            return 0;
        node = p.children[digits_before(about_children(about), bit)];
    }
}

#endif
