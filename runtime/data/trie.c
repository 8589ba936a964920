/* trie.c - see trie.h. */
#include "data/trie.h"

#include "base/memory.h"

/* ---- a trie from nothing ----
 * The entries are parted by the first digit of their hashes, each part by the second, and
 * so on; what has been made of a part takes the place of its first entry. Here a function
 * calls itself, and may: once for each digit of a hash, which is 16 times. */

struct entry {
    uint64_t hash;
    term key, value; /* or a node and TERM_NONE */
};

#define ABOUT_ONE ((uint64_t)1 << NODE_COUNT_SHIFT)

static size_t entry_count(const struct entry *e)
{
    return e->value ? 1 : about_count(node_about(e->key));
}

/* One pair more for a bucket that nobody else knows yet. */
static term bucket_add(struct heap *h, term bucket, term key, term value)
{
    struct map_parts p = map_parts(bucket);
    size_t at;
    enum order found = keys_search(p.keys, p.n_keys, key, &at);
    if (found == ORDER_NO_MEMORY)
        return TERM_NONE;
    if (found == ORDER_SAME) {
        box_payload(bucket)[1 + p.n_keys + at] = value;
        return bucket;
    }
    struct change c = {.pair_in = at + 1, .key = key, .value = value};
    return box_changed(h, bucket, node_about_term(node_about(bucket) + ABOUT_ONE), &c);
}

/* Of entries with the same hash. False: no memory. */
static NOINLINE bool bucket_build(struct heap *h, const struct entry *e, size_t n, struct entry *made)
{
    term *payload, bucket = box_take(h, BOX_NODE, 3, &payload);
    if (bucket) {
        payload[0] = node_about_term(ABOUT_ONE);
        payload[1] = e->key;
        payload[2] = e->value;
    }
    for (size_t i = 1; bucket && i < n; i++)
        bucket = bucket_add(h, bucket, e[i].key, e[i].value);
    if (!bucket)
        return false;
    struct map_parts p = map_parts(bucket);
    *made = p.n_keys > 1 ? (struct entry){e->hash, bucket, TERM_NONE} : (struct entry){e->hash, p.keys[0], p.values[0]};
    return true;
}

/* From e to `to`, those with the same digit together, in the order they had. */
static NOINLINE void entries_part(const struct entry *e, size_t n, unsigned level, struct entry *to)
{
    size_t next[NODE_WAYS] = {0};
    for (size_t i = 0; i < n; i++)
        next[hash_digit(e[i].hash, level)]++;
    for (size_t i = 0, sum = 0; i < NODE_WAYS; i++) {
        size_t in_part = next[i];
        next[i] = sum;
        sum += in_part;
    }
    for (size_t i = 0; i < n; i++)
        to[next[hash_digit(e[i].hash, level)]++] = e[i];
}

/* Where the part that begins at `begin` ends. Also when it has been built: whatever it
 * leaves behind was an entry of it, or was made of some, and has its digit. */
static size_t part_end(const struct entry *e, size_t begin, size_t n, unsigned level)
{
    size_t end = begin + 1;
    while (end < n && hash_digit(e[end].hash, level) == hash_digit(e[begin].hash, level))
        end++;
    return end;
}

/* Of pairs and children in the order of their digits. */
static term node_make(struct heap *h, uint64_t about, const struct entry *const *made, unsigned n)
{
    unsigned pairs = digits_count(about_keys(about));
    term *payload, node = box_take(h, BOX_NODE, 1 + n + pairs, &payload);
    if (!node)
        return TERM_NONE;
    *payload++ = node_about_term(about);
    term *children = payload + 2 * pairs;
    for (unsigned i = 0; i < n; i++)
        if (made[i]->value) {
            payload[pairs] = made[i]->value;
            *payload++ = made[i]->key;
        } else {
            *children++ = made[i]->key;
        }
    return node;
}

/* A node of what has been made of its parts. */
static NOINLINE term node_build(struct heap *h, const struct entry *e, size_t n, unsigned level)
{
    const struct entry *made[NODE_WAYS];
    unsigned parts = 0;
    uint64_t about = 0;
    for (size_t i = 0; i < n; i = part_end(e, i, n, level)) {
        unsigned digit = hash_digit(e[i].hash, level);
        about += entry_count(&e[i]) << NODE_COUNT_SHIFT;
        about |= (uint64_t)1 << (e[i].value ? digit : digit + NODE_CHILD_SHIFT);
        made[parts++] = &e[i];
    }
    return node_make(h, about, made, parts);
}

/* Of entries whose hashes have the same digits above this level: `made` becomes a node,
 * or the only pair. e and scratch, of n entries both, are used up. False: no memory. Its
 * frame is small, since there may be 16 of them on the stack of a process. */
static bool trie_build(struct heap *h, struct entry *e, struct entry *scratch, size_t n, unsigned level,
                       struct entry *made)
{
    if (level == NODE_DIGITS)
        return bucket_build(h, e, n, made);
    entries_part(e, n, level, scratch);
    size_t parts = 0;
    for (size_t i = 0, end; i < n; i = end, parts++) {
        end = part_end(scratch, i, n, level);
        if (end - i > 1 && !trie_build(h, scratch + i, e + i, end - i, level + 1, &scratch[i]))
            return false;
    }
    if (parts == 1 && scratch->value) { /* one pair, however often */
        *made = *scratch;
        return true;
    }
    term node = node_build(h, scratch, n, level);
    *made = (struct entry){scratch->hash, node, TERM_NONE};
    return node != TERM_NONE;
}

/* A map of what the root would be. */
static term map_of_entry(struct heap *h, const struct entry *root)
{
    if (root->value)
        return flat_make(h, &root->key, &root->value, 1);
    return map_size(root->key) > MAP_FLAT_MOST ? root->key : flat_from_trie(h, root->key);
}

static term trie_from_entries(struct heap *h, struct entry *e, const term *pairs, size_t n)
{
    struct entry root;
    for (size_t i = 0; i < n; i++) {
        if (!term_hash(pairs[2 * i], &e[i].hash))
            return TERM_NONE;
        e[i].key = pairs[2 * i];
        e[i].value = pairs[2 * i + 1];
    }
    return trie_build(h, e, e + n, n, 0, &root) ? map_of_entry(h, &root) : TERM_NONE;
}

term trie_from(struct heap *h, const term *pairs, size_t n)
{
    if (n > NODE_COUNT_MOST)
        return TERM_NONE;
    struct entry *e = memory_alloc(2 * n * sizeof *e);
    if (!e)
        return TERM_NONE;
    term map = trie_from_entries(h, e, pairs, n);
    memory_free(e, 2 * n * sizeof *e);
    return map;
}

/* ---- changing a trie ---- */

/* The nodes from the root down to the one where a hash belongs. */
struct path {
    uint64_t hash;
    unsigned level; /* of the last */
    term nodes[NODE_DIGITS + 1];
};

static unsigned key_place(uint64_t about, unsigned bit)
{
    return digits_before(about_keys(about), bit);
}

static unsigned child_place(uint64_t about, unsigned bit)
{
    return digits_before(about_children(about), bit);
}

static uint64_t child_bit(unsigned bit)
{
    return (uint64_t)bit << NODE_CHILD_SHIFT;
}

static void path_down(struct path *p, term root, uint64_t hash)
{
    p->hash = hash;
    p->level = 0;
    for (term node = root;; p->level++) {
        uint64_t about = node_about(node);
        p->nodes[p->level] = node;
        if (!about_children(about) || !(about_children(about) & hash_bit(hash, p->level)))
            return;
        node = map_parts(node).children[child_place(about, hash_bit(hash, p->level))];
    }
}

/* The root above `child`, which takes the place of the one at p->nodes[level]; with `more`
 * keys more. TERM_NONE, as child or as answer: no memory. */
static term path_up(struct heap *h, const struct path *p, unsigned level, term child, uint64_t more)
{
    while (child && level--) {
        uint64_t about = node_about(p->nodes[level]);
        size_t at = 1 + child_place(about, hash_bit(p->hash, level));
        struct change c = {.child_out = at, .child_in = at, .child = child};
        child = box_changed(h, p->nodes[level], node_about_term(about + more), &c);
    }
    return child;
}

/* Another value for the key at `at` of the last node. */
static term trie_replace(struct heap *h, const struct path *p, size_t at, term value)
{
    term node = p->nodes[p->level];
    struct map_parts parts = map_parts(node);
    if (parts.values[at] == value)
        return p->nodes[0];
    struct change c = {.pair_out = at + 1, .pair_in = at + 1, .key = parts.keys[at], .value = value};
    return path_up(h, p, p->level, box_changed(h, node, node_about_term(node_about(node)), &c), 0);
}

/* A new key at `at` of the last node; `digit`: its bit there, 0 in a bucket. */
static term trie_insert(struct heap *h, const struct path *p, size_t at, unsigned digit, term key, term value)
{
    term node = p->nodes[p->level];
    struct change c = {.pair_in = at + 1, .key = key, .value = value};
    return path_up(h, p, p->level, box_changed(h, node, node_about_term((node_about(node) + ABOUT_ONE) | digit), &c),
                   ABOUT_ONE);
}

/* The digit of a new key has another at `at`: both move to a child. */
static term trie_split(struct heap *h, const struct path *p, size_t at, unsigned digit, term key, term value)
{
    term node = p->nodes[p->level];
    uint64_t about = node_about(node);
    struct map_parts parts = map_parts(node);
    struct entry made, scratch[2], two[2] = {{0, parts.keys[at], parts.values[at]}, {p->hash, key, value}};
    if (!term_hash(parts.keys[at], &two[0].hash) || !trie_build(h, two, scratch, 2, p->level + 1, &made))
        return TERM_NONE;
    struct change c = {.pair_out = at + 1, .child_in = 1 + child_place(about, digit), .child = made.key};
    about = (about - digit + ABOUT_ONE) | child_bit(digit);
    return path_up(h, p, p->level, box_changed(h, node, node_about_term(about), &c), ABOUT_ONE);
}

/* Is this key in the last node? As keys_search(); *digit is its bit there, 0 in a bucket,
 * and *taken: the digit has another key. */
static enum order path_find(const struct path *p, term key, size_t *at, unsigned *digit, bool *taken)
{
    uint64_t about = node_about(p->nodes[p->level]);
    struct map_parts parts = map_parts(p->nodes[p->level]);
    *digit = 0;
    *taken = false;
    if (about_is_bucket(about))
        return keys_find(parts.keys, parts.n_keys, key, at);
    *digit = hash_bit(p->hash, p->level);
    *at = key_place(about, *digit);
    *taken = about_keys(about) & *digit;
    return *taken ? term_same(parts.keys[*at], key) : ORDER_LESS;
}

term trie_put(struct heap *h, term map, term key, term value)
{
    struct path p;
    uint64_t hash;
    size_t at;
    unsigned digit;
    bool taken;
    if (!term_hash(key, &hash))
        return TERM_NONE;
    path_down(&p, map, hash);
    enum order found = path_find(&p, key, &at, &digit, &taken);
    if (found == ORDER_SAME)
        return trie_replace(h, &p, at, value);
    if (found == ORDER_NO_MEMORY || map_size(map) == NODE_COUNT_MOST)
        return TERM_NONE;
    return (taken ? trie_split : trie_insert)(h, &p, at, digit, key, value);
}

/* One of two keys in the last node, which is not the root, goes: the other moves up, past
 * all nodes that have nothing but this child. */
static term trie_join(struct heap *h, const struct path *p, size_t at)
{
    struct map_parts last = map_parts(p->nodes[p->level]);
    unsigned level = p->level - 1;
    while (level && map_size(p->nodes[level]) == 2)
        level--;
    uint64_t about = node_about(p->nodes[level]);
    unsigned bit = hash_bit(p->hash, level);
    struct change c = {.child_out = 1 + child_place(about, bit),
                       .pair_in = 1 + key_place(about, bit),
                       .key = last.keys[1 - at],
                       .value = last.values[1 - at]};
    about = (about - child_bit(bit) - ABOUT_ONE) | bit;
    return path_up(h, p, level, box_changed(h, p->nodes[level], node_about_term(about), &c), -ABOUT_ONE);
}

static term trie_drop(struct heap *h, const struct path *p, size_t at, unsigned digit)
{
    term node = p->nodes[p->level];
    if (p->level && map_size(node) == 2)
        return trie_join(h, p, at);
    struct change c = {.pair_out = at + 1};
    return path_up(h, p, p->level, box_changed(h, node, node_about_term(node_about(node) - ABOUT_ONE - digit), &c),
                   -ABOUT_ONE);
}

term trie_remove(struct heap *h, term map, term key)
{
    struct path p;
    uint64_t hash;
    size_t at;
    unsigned digit;
    bool taken;
    if (!term_hash(key, &hash))
        return TERM_NONE;
    path_down(&p, map, hash);
    enum order found = path_find(&p, key, &at, &digit, &taken);
    if (found == ORDER_NO_MEMORY)
        return TERM_NONE;
    if (found != ORDER_SAME)
        return map;
    term rest = trie_drop(h, &p, at, digit);
    return rest && map_size(rest) <= MAP_FLAT_MOST ? flat_from_trie(h, rest) : rest;
}
