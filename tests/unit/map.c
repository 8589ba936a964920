/* A map is what a table of keys and values says, and its shape is that of its keys. */
#include "data/map.h"

#include <criterion/criterion.h>
#include <sys/resource.h>
#include <unistd.h>

#include "data/atom.h"
#include "data/copy.h"
#include "support/scale.h"
#include "support/terms.h"

/* ---- keys with a hash of our choice ---- */

static uint64_t unshift(uint64_t x, unsigned by)
{
    uint64_t y = x;
    for (unsigned i = by; i < 64; i += by)
        y = x ^ y >> by;
    return y;
}

static uint64_t inverse(uint64_t odd)
{
    uint64_t x = odd; /* right in three bits, then in twice as many each time */
    for (int i = 0; i < 5; i++)
        x *= 2 - odd * x;
    return x;
}

static uint64_t unfinish(uint64_t hash)
{
    hash = unshift(hash, 31) * inverse(UINT64_C(0x94d049bb133111eb));
    hash = unshift(hash, 27) * inverse(UINT64_C(0xbf58476d1ce4e5b9));
    return unshift(hash, 30);
}

/* The word that leads from one state of the hash to another. */
static uint64_t word_between(uint64_t from, uint64_t to)
{
    return from ^ unshift(to, 32) * inverse(UINT64_C(0x9fb21c651e98df25));
}

/* Some {N, M}. */
static term key_with_hash(struct heap *h, struct random *r, uint64_t hash)
{
    for (;;) {
        term first = term_int((int64_t)(random_next(r) >> 3));
        uint64_t state = hash_add(hash_add(HASH_START, box_header(BOX_TUPLE, 2)), first);
        term second = word_between(state, unfinish(hash));
        if (term_is_int(second))
            return tuple_make(h, (term[]){first, second}, 2);
    }
}

Test(map, hashes_can_be_chosen)
{
    struct random r = {random_seed("map")};
    struct heap h;
    heap_init(&h);
    for (int i = 0; i < 1000; i++) {
        uint64_t wanted = random_next(&r), hash;
        cr_assert(term_hash(key_with_hash(&h, &r, wanted), &hash));
        cr_assert_eq(hash, wanted);
    }
    heap_fini(&h);
}

/* ---- kinds of keys ---- */

enum kind { INTEGERS, ATOMS, MIXED, CLOSE, COLLIDING, KINDS };

static term mixed_key(struct heap *h, struct random *r, unsigned i)
{
    switch (i % 6) {
    case 0: return term_int((int64_t)i);
    case 1: return float_make(h, (double)(i - 1)); /* 0.0 beside 0, and so on */
    case 2: return integer_make(h, INT64_MAX - i);
    case 3: return binary_make(h, &i, sizeof i);
    case 4: return term_reference(i);
    default: return tuple_make(h, (term[]){term_int(i), random_term(h, r, 20)}, 2);
    }
}

/* Hashes with long beginnings in common, now and then all of it. */
static uint64_t close_hash(struct random *r)
{
    uint64_t hash = 0;
    for (unsigned i = 0, end = random_below(r, NODE_DIGITS + 4); i < NODE_DIGITS; i++)
        hash = hash << NODE_DIGIT_BITS | (i < end ? 5u : random_below(r, 2));
    return hash;
}

static term key_make(struct heap *h, struct random *r, enum kind kind, unsigned i)
{
    char text[20];
    bl_error error;
    switch (kind) {
    case INTEGERS: return term_int(i);
    case ATOMS: return atom_intern(text, (size_t)snprintf(text, sizeof text, "key%u", i), &error);
    case MIXED: return mixed_key(h, r, i);
    case CLOSE: return key_with_hash(h, r, close_hash(r));
    default: return key_with_hash(h, r, i % 3 ? 0 : i % 2);
    }
}

/* ---- the model ---- */

enum { KEYS_MOST = 1000 };

struct model {
    struct heap heap;
    struct random random;
    unsigned n;
    term keys[KEYS_MOST], twins[KEYS_MOST]; /* the same terms at other places */
    term values[KEYS_MOST];                 /* or TERM_NONE */
    size_t size;
};

static void model_init(struct model *m, enum kind kind, unsigned n, uint64_t seed)
{
    memset(m, 0, sizeof *m);
    heap_init(&m->heap);
    m->random.state = seed;
    m->n = n;
    for (unsigned i = 0; i < n; i++) {
        m->keys[i] = key_make(&m->heap, &m->random, kind, i);
        m->twins[i] = copy_to(&m->heap, m->keys[i]);
    }
}

static unsigned model_key(struct model *m)
{
    return random_below(&m->random, m->n);
}

static void model_put(struct model *m, unsigned i, term value)
{
    m->size += !m->values[i] - !value;
    m->values[i] = value;
}

/* A map of the model's pairs, made in another way and in another order, with false values
 * for some keys before the true ones. */
static term model_map(struct model *m)
{
    static term pairs[4 * KEYS_MOST];
    size_t n = 0;
    unsigned first = model_key(m);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned j = 0; j < m->n; j++) {
            unsigned i = (first + j) % m->n;
            if (!m->values[i] || (!round && random_below(&m->random, 4)))
                continue;
            pairs[n++] = round ? m->keys[i] : m->twins[i];
            pairs[n++] = round ? m->values[i] : TERM_NIL;
        }
    return map_from(&m->heap, pairs, n / 2);
}

/* ---- what must hold ---- */

/* The shape that mapnode.h promises; how many keys. Of tries, which are not deep. */
static size_t check_node(term node, unsigned level, uint64_t above)
{
    struct map_parts p = map_parts(node);
    uint64_t about = node_about(node);
    size_t count = p.n_keys;
    uint64_t hash;
    cr_assert_eq(box_size(node), 1 + 2 * p.n_keys + p.n_children);
    cr_assert_eq(about_is_bucket(about), level == NODE_DIGITS);
    for (size_t i = 0; i < p.n_keys; i++) {
        cr_assert(term_hash(p.keys[i], &hash));
        cr_assert(!level || (hash ^ above) >> (64 - level * NODE_DIGIT_BITS) == 0);
        if (level == NODE_DIGITS)
            cr_assert(!i || term_compare_exact(p.keys[i - 1], p.keys[i]) == ORDER_LESS);
        else
            cr_assert_eq(digits_before(about_keys(about), hash_bit(hash, level)), i);
    }
    for (unsigned digit = 0, i = 0; digit < NODE_WAYS; digit++)
        if (about_children(about) & 1u << digit) {
            cr_assert_not(about_keys(about) & 1u << digit);
            unsigned shift = 64 - (level + 1) * NODE_DIGIT_BITS;
            uint64_t below = (above >> shift | digit) << shift;
            count += check_node(p.children[i++], level + 1, below);
        }
    cr_assert(!level || count > 1);
    cr_assert_eq(count, about_count(about));
    return count;
}

static void check_shape(term map)
{
    if (term_is_kind(map, BOX_NODE)) {
        cr_assert_gt(check_node(map, 0, 0), MAP_FLAT_MOST);
        return;
    }
    struct map_parts p = map_parts(map);
    cr_assert_leq(p.n_keys, MAP_FLAT_MOST);
    cr_assert_eq(box_size(map), 1 + 2 * p.n_keys);
    for (size_t i = 1; i < p.n_keys; i++)
        cr_assert_eq(term_compare_exact(p.keys[i - 1], p.keys[i]), ORDER_LESS);
}

static void check_key(const struct model *m, term map, unsigned i)
{
    term value = TERM_NONE;
    enum order found = map_get(map, m->twins[i], &value);
    cr_assert_eq(found == ORDER_SAME, m->values[i] != TERM_NONE);
    if (found == ORDER_SAME)
        cr_assert_eq(value, m->values[i]);
}

static void check_iteration(term map)
{
    struct map_iterator it;
    size_t n = 0;
    term key, value, got;
    for (map_iterate(&it, map); map_next(&it, &key, &value); n++)
        cr_assert(map_get(map, key, &got) == ORDER_SAME && got == value);
    cr_assert_eq(n, map_size(map));
}

static void check_sorted(term map)
{
    static term pairs[2 * KEYS_MOST];
    cr_assert_eq(map_sorted(map, pairs), ORDER_SAME);
    for (size_t i = 0; i < map_size(map); i++) {
        term value;
        cr_assert(!i || term_compare_exact(pairs[2 * i - 2], pairs[2 * i]) == ORDER_LESS);
        cr_assert(map_get(map, pairs[2 * i], &value) == ORDER_SAME && value == pairs[2 * i + 1]);
    }
}

static void check(struct model *m, term map)
{
    uint64_t hash, other_hash;
    cr_assert_eq(map_size(map), m->size);
    for (unsigned i = 0; i < m->n; i++)
        check_key(m, map, i);
    check_shape(map);
    check_iteration(map);
    check_sorted(map);
    term other = model_map(m);
    check_shape(other);
    cr_assert_eq(term_same(map, other), ORDER_SAME);
    cr_assert_eq(term_compare(map, other), ORDER_SAME);
    cr_assert_eq(term_compare_exact(map, other), ORDER_SAME);
    cr_assert(term_hash(map, &hash) && term_hash(other, &other_hash));
    cr_assert_eq(hash, other_hash);
}

/* ---- at random ---- */

/* Mostly puts, or mostly removes: so that it grows and shrinks all the way. */
static term change_once(struct model *m, term map, bool growing)
{
    unsigned i = model_key(m);
    term key = random_below(&m->random, 2) ? m->keys[i] : m->twins[i];
    bool put = random_below(&m->random, 8) ? growing : !growing;
    term value = put ? term_int((int64_t)random_below(&m->random, 5)) : TERM_NONE;
    bool nothing = m->values[i] == value;
    term changed = put ? map_put(&m->heap, map, key, value) : map_remove(&m->heap, map, key);
    cr_assert_neq(changed, TERM_NONE);
    cr_assert(!nothing || changed == map, "what changes nothing makes nothing");
    model_put(m, i, value);
    check_key(m, changed, i);
    return changed;
}

static void change_much(enum kind kind, unsigned n, uint64_t seed)
{
    static struct model m;
    model_init(&m, kind, n, seed);
    term map = map_empty(&m.heap);
    unsigned changes = 12 * n, every = 1 + changes / 40;
    for (unsigned i = 0; i < changes; i++) {
        term before = map, kept = i % every == 0 ? copy_to(&m.heap, map) : TERM_NONE;
        map = change_once(&m, map, i / (3 * n) % 2 == 0);
        if (kept) {
            check(&m, map);
            cr_assert_eq(term_same(before, kept), ORDER_SAME, "the old map is as it was");
        }
    }
    heap_fini(&m.heap);
}

Test(map, is_what_the_table_says)
{
    static const unsigned sizes[] = {1, 5, 33, 40, 70, 300, KEYS_MOST};
    uint64_t seed = random_seed("map");
    for (enum kind kind = 0; kind < KINDS; kind++)
        for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
            if (sizes[i] <= 300 / SLOWDOWN + 70 || (SLOWDOWN == 1 && kind != COLLIDING))
                change_much(kind, sizes[i], seed + i);
}

Test(map, removing_every_key_in_any_order_leaves_the_empty_map)
{
    static struct model m;
    uint64_t seed = random_seed("map");
    for (enum kind kind = 0; kind < KINDS; kind++) {
        model_init(&m, kind, 120, seed);
        for (unsigned i = 0; i < m.n; i++)
            model_put(&m, i, term_int(i));
        term map = model_map(&m);
        check(&m, map);
        for (unsigned j = 0, first = model_key(&m); j < m.n; j++) {
            unsigned i = (first + 7 * j) % m.n;
            map = map_remove(&m.heap, map, m.twins[i]);
            model_put(&m, i, TERM_NONE);
            check(&m, map);
        }
        cr_assert_eq(map_size(map), 0);
        heap_fini(&m.heap);
    }
}

Test(map, grows_at_33_keys_and_shrinks_at_32)
{
    struct heap h;
    heap_init(&h);
    term map = map_empty(&h);
    for (int i = 0; i < 40; i++) {
        cr_assert_eq(term_is_kind(map, BOX_MAP), i <= MAP_FLAT_MOST);
        map = map_put(&h, map, term_int(i), TERM_NIL);
    }
    for (int i = 40; i-- > 0;) {
        map = map_remove(&h, map, term_int(i));
        cr_assert_eq(term_is_kind(map, BOX_MAP), i <= MAP_FLAT_MOST);
    }
    heap_fini(&h);
}

Test(map, many_equal_keys_are_one)
{
    static term pairs[2 * KEYS_MOST];
    struct heap h;
    heap_init(&h);
    for (int i = 0; i < KEYS_MOST; i++) {
        pairs[2 * i] = float_make(&h, i % 2 ? 0.0 : -0.0);
        pairs[2 * i + 1] = term_int(i);
    }
    term value, map = map_from(&h, pairs, KEYS_MOST);
    cr_assert(term_is_kind(map, BOX_MAP));
    cr_assert_eq(map_size(map), 1);
    cr_assert_eq(map_get(map, pairs[0], &value), ORDER_SAME);
    cr_assert_eq(value, term_int(KEYS_MOST - 1), "the last counts");
    heap_fini(&h);
}

Test(map, an_integer_and_a_float_are_two_keys)
{
    struct heap h;
    heap_init(&h);
    term value, one = float_make(&h, 1.0), map = map_put(&h, map_empty(&h), term_int(1), TERM_NIL);
    cr_assert_neq(map_get(map, one, &value), ORDER_SAME);
    map = map_put(&h, map, one, term_int(2));
    cr_assert_eq(map_size(map), 2);
    cr_assert_eq(map_get(map, term_int(1), &value), ORDER_SAME);
    cr_assert_eq(value, TERM_NIL);
    heap_fini(&h);
}

Test(map, a_copy_is_the_same_map)
{
    static struct model m;
    for (enum kind kind = 0; kind < KINDS; kind++) {
        model_init(&m, kind, 200, 1);
        for (unsigned i = 0; i < m.n; i++)
            model_put(&m, i, m.keys[m.n - 1 - i]);
        term map = model_map(&m), copy = copy_to(&m.heap, map);
        check_shape(copy);
        cr_assert_neq(copy, map);
        cr_assert_eq(term_same(copy, map), ORDER_SAME);
        heap_fini(&m.heap);
    }
}

/* ---- many ---- */

Test(map, a_million_keys)
{
    size_t n = (size_t)rounds(1000000);
    term *pairs = malloc(2 * n * sizeof *pairs), value;
    struct heap h;
    heap_init(&h);
    for (size_t i = 0; i < n; i++) {
        pairs[2 * i] = integer_make(&h, (int64_t)(i * UINT64_C(0x9e3779b97f4a7c15)));
        pairs[2 * i + 1] = term_int((int64_t)i);
    }
    term map = map_from(&h, pairs, n), half = map_from(&h, pairs, n / 2);
    cr_assert_eq(map_size(map), n);
    for (size_t i = 0; i < n; i++)
        cr_assert(map_get(map, pairs[2 * i], &value) == ORDER_SAME && value == term_int((int64_t)i));
    for (size_t i = n / 2; i < n / 2 + 1000; i++)
        half = map_put(&h, half, pairs[2 * i], pairs[2 * i + 1]);
    for (size_t i = n / 2; i < n / 2 + 1000; i++)
        half = map_remove(&h, half, pairs[2 * i]);
    cr_assert_eq(term_same(half, map_from(&h, pairs, n / 2)), ORDER_SAME);
    cr_assert_eq(map_sorted(map, pairs), ORDER_SAME);
    for (size_t i = 1; i < n; i++)
        cr_assert_eq(term_compare(pairs[2 * i - 2], pairs[2 * i]), ORDER_LESS);
    heap_fini(&h);
    free(pairs);
}

/* ---- no memory ---- */

/* From now on there are `more` bytes of address space. */
static void limit_memory(size_t more)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    cr_assert(f && fscanf(f, "%lu", &pages) == 1);
    fclose(f);
    size_t limit = pages * (size_t)sysconf(_SC_PAGESIZE) + more;
    cr_assert_eq(setrlimit(RLIMIT_AS, &(struct rlimit){limit, RLIM_INFINITY}), 0);
}

/* Sanitizers need address space of their own. */
Test(map, without_memory_the_old_map_is_as_it_was)
{
    enum { MORE = 32 << 20, N = 4000000 };
    struct heap h;
    heap_init(&h);
    if (SLOWDOWN > 1)
        return;
    term *pairs = malloc(2 * N * sizeof *pairs);
    for (size_t i = 0; i < N; i++)
        pairs[2 * i] = pairs[2 * i + 1] = term_int((int64_t)i);
    limit_memory(MORE);
    cr_assert_eq(map_from(&h, pairs, N), TERM_NONE);
    term value, map = map_empty(&h), last = map;
    int64_t n = 0;
    for (; map; n++) {
        last = map;
        map = map_put(&h, map, term_int(n), term_int(-n));
    }
    cr_assert_eq(map_size(last), n - 1);
    for (int64_t i = 0; i < n - 1; i++)
        cr_assert(map_get(last, term_int(i), &value) == ORDER_SAME && value == term_int(-i));
    cr_assert_eq(map_remove(&h, last, term_int(n)), last, "nothing to do needs no memory");
    for (map = last; map; n--) {
        last = map;
        map = map_remove(&h, map, term_int(n - 2));
    }
    check_shape(last);
}
