/* order.c - see order.h.
 *
 * Nobody recurses: what is to be compared is a row of words here and one as long there,
 * and the rows that had to wait lie in a worklist. A list cell is a row of two, so the
 * tail of a list needs no place of its own.
 *
 * The first difference decides, except inside two tries of the same size, whose keys are
 * in no order: there the least key decides that only one of them has; and if they have
 * the same keys, the least whose values differ. These keys compete in a "contest": they
 * are compared with one another, and a difference found in the meantime decides only
 * which of two goes on. Keys may be such maps themselves, so there may be a contest
 * inside a contest. Who takes part is known beforehand: that needs equality only, in
 * which there are no contests. So compare_rows() calls itself, by way of contest_enter(),
 * once and never twice.
 *
 * Why not sort the keys of both, and compare row by row: sorting compares keys, and would
 * have to be a contest itself, of all of them and not of those few that differ. */
#include "data/order.h"

#include "base/memory.h"
#include "data/atom.h"
#include "data/worklist.h"

/* ---- what has no parts ---- */

enum rank {
    RANK_NUMBER,
    RANK_ATOM,
    RANK_REFERENCE,
    RANK_FUNCTION,
    RANK_PID,
    RANK_TUPLE,
    RANK_MAP,
    RANK_NIL,
    RANK_LIST,
    RANK_BINARY,
    RANK_OWN, /* which no Erlang term is */
};

static enum rank rank_of_box(term t)
{
    switch (header_kind(box_header_of(t))) {
    case BOX_TUPLE: return RANK_TUPLE;
    case BOX_MAP:
    case BOX_NODE: return RANK_MAP;
    case BOX_FUNCTION: return RANK_FUNCTION;
    case BOX_INTEGER:
    case BOX_FLOAT: return RANK_NUMBER;
    case BOX_BINARY:
    case BOX_SHARED: return RANK_BINARY;
    case BOX_RESOURCE: return RANK_REFERENCE; /* as in Erlang */
    case BOX_FILLER: break;                   /* no term */
    }
    return RANK_OWN;
}

static enum rank rank_of(term t)
{
    if (term_is_int(t))
        return RANK_NUMBER;
    if (term_is_boxed(t))
        return term_is_cell(t) ? RANK_LIST : rank_of_box(t);
    switch (t & TERM_IMMEDIATE_MASK) {
    case TERM_ATOM: return RANK_ATOM;
    case TERM_PID: return RANK_PID;
    case TERM_REFERENCE: return RANK_REFERENCE;
    }
    return t == TERM_NIL ? RANK_NIL : RANK_OWN;
}

static enum order order_of_sizes(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static enum order order_of_floats(double a, double b)
{
    return (a > b) - (a < b);
}

/* By value, exactly: neither becomes the other where that would round it. */
static enum order order_of_integer_and_float(int64_t n, double d)
{
    if (d >= 0x1p63)
        return ORDER_LESS;
    if (d < -0x1p63)
        return ORDER_GREATER;
    int64_t whole = (int64_t)d; /* towards zero */
    return n != whole ? order_of_words(n, whole) : order_of_floats((double)whole, d);
}

static enum order compare_numbers(term a, term b, bool exact)
{
    bool float_a = term_is_float(a), float_b = term_is_float(b);
    if (float_a && float_b)
        return order_of_floats(float_value(a), float_value(b));
    if (!float_a && !float_b)
        return order_of_words(integer_value(a), integer_value(b));
    if (exact)
        return float_b ? ORDER_LESS : ORDER_GREATER;
    return float_b ? order_of_integer_and_float(integer_value(a), float_value(b))
                   : -order_of_integer_and_float(integer_value(b), float_value(a));
}

/* Two that differ. The order of UTF-8 is that of its code points. */
static enum order compare_atoms(term a, term b)
{
    size_t size_a, size_b;
    const char *text_a = atom_text_of(a, &size_a), *text_b = atom_text_of(b, &size_b);
    if (!text_a || !text_b)
        return order_of_sizes(a, b);
    int difference = memcmp(text_a, text_b, size_a < size_b ? size_a : size_b);
    return difference ? order_of_words(difference, 0) : order_of_sizes(size_a, size_b);
}

/* Resources come after the others. */
static enum order compare_references(term a, term b)
{
    if (term_is_boxed(a) && term_is_boxed(b))
        return order_of_sizes(box_payload(a)[0], box_payload(b)[0]);
    return term_is_boxed(a) == term_is_boxed(b) ? order_of_sizes(a, b)
                                                : order_of_sizes(term_is_boxed(a), term_is_boxed(b));
}

static enum order compare_binaries(term a, term b, bool same_only)
{
    size_t size_a = binary_size(a), size_b = binary_size(b);
    if (same_only && size_a != size_b)
        return ORDER_LESS;
    int difference = memcmp(binary_bytes(a), binary_bytes(b), size_a < size_b ? size_a : size_b);
    return difference ? order_of_words(difference, 0) : order_of_sizes(size_a, size_b);
}

/* ---- what has parts ---- */

struct comparison {
    const term *a, *b; /* two rows, and how many words are left of each */
    size_t left;
    bool exact;              /* an integer is no float: of these rows */
    bool same_only;          /* which one is less does not matter */
    size_t words;            /* looked at, for who is charged for it */
    struct contest *contest; /* the innermost, or NULL */
    struct worklist waiting; /* other rows, three words each: a, b, left << 1 | exact */
};

/* The keys in which two tries differ. */
struct contest {
    struct contest *outer;
    size_t *words;           /* of the comparison around it */
    size_t waiting;          /* words of c->waiting that are from before it began */
    bool exact;              /* of the values */
    size_t best, next;       /* who is compared now, in words of `entries` */
    struct worklist entries; /* three words each: where the key is, its value in a, its value in b, or 0 */
};

enum { ENTRY_WORDS = 3, CONTEST_WORDS = 16 /* that finding a key in the other trie is counted as */ };

static enum order compare_rows(struct comparison *);

static enum order compare_words(term a, term b, bool exact, bool same_only, size_t *words)
{
    struct comparison c;
    c.a = &a;
    c.b = &b;
    c.left = 1;
    c.exact = exact;
    c.same_only = same_only;
    c.words = 0;
    enum order o = compare_rows(&c);
    *words += c.words;
    return o;
}

static const term *place_of(uint64_t word)
{
    return (const term *)(uintptr_t)word;
}

/* Compare n words at a with n at b before the rest. No memory: nothing has changed. */
static enum order row_enter(struct comparison *c, const term *a, const term *b, size_t n, bool exact)
{
    while (c->left && *c->a == *c->b) {
        c->a++;
        c->b++;
        c->left--;
    }
    if (c->left && !(worklist_push(&c->waiting, (uintptr_t)c->a) && worklist_push(&c->waiting, (uintptr_t)c->b) &&
                     worklist_push(&c->waiting, c->left << 1 | c->exact)))
        return ORDER_NO_MEMORY;
    c->a = a;
    c->b = b;
    c->left = n;
    c->exact = exact;
    c->words += n;
    return ORDER_SAME;
}

/* To a row that waits. False: none does, of this contest. */
static bool row_go_back(struct comparison *c)
{
    if (c->waiting.count == (c->contest ? c->contest->waiting : 0))
        return false;
    uint64_t left = worklist_pop(&c->waiting);
    c->left = left >> 1;
    c->exact = left & 1;
    c->b = place_of(worklist_pop(&c->waiting));
    c->a = place_of(worklist_pop(&c->waiting));
    return true;
}

static enum order enter_boxes(struct comparison *c, term a, term b)
{
    enum order o = order_of_sizes(box_size(a), box_size(b));
    return o ? o : row_enter(c, box_payload(a), box_payload(b), box_size(a), c->exact);
}

/* ---- tries of which one may be less ---- */

enum order trie_find(term trie, term key, const term **value)
{
    uint64_t hash;
    if (!term_hash(key, &hash))
        return ORDER_NO_MEMORY;
    const term *keys;
    enum order o = ORDER_LESS;
    for (size_t n = node_find(trie, hash, &keys, value); n; n--, keys++, ++*value) {
        o = term_same(*keys, key);
        if (o == ORDER_SAME || o == ORDER_NO_MEMORY)
            break;
    }
    return o;
}

/* False: no memory. So do all these. */
static bool contest_add(struct contest *k, const term *key, const term *value_a, const term *value_b)
{
    return worklist_push(&k->entries, (uintptr_t)key) && worklist_push(&k->entries, (uintptr_t)value_a) &&
           worklist_push(&k->entries, (uintptr_t)value_b);
}

/* A key that both have takes part if its values differ. */
static bool contest_add_values(struct contest *k, const term *key, const term *value_a, const term *value_b)
{
    enum order o = *value_a == *value_b ? ORDER_SAME : compare_words(*value_a, *value_b, k->exact, true, k->words);
    return o == ORDER_SAME || (o != ORDER_NO_MEMORY && contest_add(k, key, value_a, value_b));
}

/* A key that only a has: values do not matter any more. */
static bool contest_add_missing(struct contest *k, const term *key, const term *value_a, bool *missing)
{
    if (!*missing)
        k->entries.count = 0;
    *missing = true;
    return contest_add(k, key, value_a, NULL);
}

static bool contest_add_keys(struct contest *k, term a, term b, bool *missing)
{
    struct map_iterator it;
    const term *key, *value_a, *value_b;
    for (map_iterate(&it, a); map_next_places(&it, &key, &value_a);) {
        enum order o = trie_find(b, *key, &value_b);
        if (o == ORDER_NO_MEMORY)
            return false;
        if (o != ORDER_SAME ? !contest_add_missing(k, key, value_a, missing)
                            : !*missing && !contest_add_values(k, key, value_a, value_b))
            return false;
    }
    return true;
}

static bool contest_add_other_keys(struct contest *k, term a, term b)
{
    struct map_iterator it;
    const term *key, *value_a, *value_b;
    for (map_iterate(&it, b); map_next_places(&it, &key, &value_b);) {
        enum order o = trie_find(a, *key, &value_a);
        if (o == ORDER_NO_MEMORY || (o != ORDER_SAME && !contest_add(k, key, NULL, value_b)))
            return false;
    }
    return true;
}

/* The maps are of one size: if a has all keys of b, b has all of a. */
static bool contest_gather(struct contest *k, term a, term b)
{
    bool missing = false;
    return contest_add_keys(k, a, b, &missing) && (!missing || contest_add_other_keys(k, a, b));
}

static void contest_leave(struct comparison *c)
{
    struct contest *k = c->contest;
    c->contest = k->outer;
    worklist_fini(&k->entries);
    memory_free(k, sizeof *k);
}

static enum order contest_end(struct comparison *c)
{
    const uint64_t *best = &c->contest->entries.items[c->contest->best];
    c->a = place_of(best[1]);
    c->b = place_of(best[2]);
    c->left = 1;
    c->exact = c->contest->exact;
    contest_leave(c);
    if (c->a && c->b)
        return ORDER_SAME; /* so far: the values decide */
    c->left = 0;
    return c->a ? ORDER_LESS : ORDER_GREATER;
}

/* The best so far against the next. */
static enum order contest_go_on(struct comparison *c)
{
    struct contest *k = c->contest;
    if (k->next >= k->entries.count)
        return contest_end(c);
    c->a = place_of(k->entries.items[k->best]);
    c->b = place_of(k->entries.items[k->next]);
    c->left = 1;
    c->exact = true;
    return ORDER_SAME;
}

static enum order contest_enter(struct comparison *c, term a, term b)
{
    bool exact = c->exact;
    struct contest *k = memory_alloc(sizeof *k);
    if (!k)
        return ORDER_NO_MEMORY;
    worklist_init(&k->entries);
    k->outer = c->contest;
    c->contest = k; /* whoever gives up leaves it */
    k->words = &c->words;
    c->words += CONTEST_WORDS * map_size(a);
    k->exact = exact;
    k->best = 0;
    k->next = ENTRY_WORDS;
    if (!contest_gather(k, a, b) || row_enter(c, NULL, NULL, 0, exact))
        return ORDER_NO_MEMORY;
    k->waiting = c->waiting.count;
    if (k->entries.count)
        return contest_go_on(c);
    contest_leave(c);
    return ORDER_SAME;
}

/* The next is better than the best, or not. */
static enum order contest_decide(struct comparison *c, enum order o)
{
    struct contest *k = c->contest;
    c->waiting.count = k->waiting;
    if (o == ORDER_GREATER)
        k->best = k->next;
    k->next += ENTRY_WORDS;
    return contest_go_on(c);
}

/* ---- maps ---- */

static enum order enter_map_parts(struct comparison *c, term a, term b)
{
    bool exact = c->exact;
    if (box_payload(a)[0] != box_payload(b)[0])
        return ORDER_LESS; /* two nodes with keys of other digits: only asked whether they are the same */
    struct map_parts in_a = map_parts(a), in_b = map_parts(b);
    if (row_enter(c, in_a.children, in_b.children, in_a.n_children, exact) ||
        row_enter(c, in_a.values, in_b.values, in_a.n_keys, exact))
        return ORDER_NO_MEMORY;
    return row_enter(c, in_a.keys, in_b.keys, in_a.n_keys, true);
}

static enum order enter_maps(struct comparison *c, term a, term b)
{
    enum order o = order_of_sizes(map_size(a), map_size(b));
    if (o)
        return o;
    return term_is_kind(a, BOX_NODE) && !c->same_only ? contest_enter(c, a, b) : enter_map_parts(c, a, b);
}

/* ---- all of it ---- */

/* Two that differ as words, and are of one rank. ORDER_SAME: also, so far. */
static enum order compare_alike(struct comparison *c, enum rank rank, term a, term b)
{
    switch (rank) {
    case RANK_NUMBER: return compare_numbers(a, b, c->exact);
    case RANK_ATOM: return c->same_only ? ORDER_LESS : compare_atoms(a, b);
    case RANK_REFERENCE: return compare_references(a, b);
    case RANK_TUPLE:
    case RANK_FUNCTION: return enter_boxes(c, a, b);
    case RANK_MAP: return enter_maps(c, a, b);
    case RANK_LIST: return row_enter(c, term_pointer(a), term_pointer(b), 2, c->exact);
    case RANK_BINARY: c->words += binary_size(a) / sizeof(term); return compare_binaries(a, b, c->same_only);
    case RANK_PID:
    case RANK_NIL:
    case RANK_OWN: break;
    }
    return order_of_sizes(a, b);
}

static enum order compare_next(struct comparison *c)
{
    term a = *c->a++, b = *c->b++;
    c->left--;
    if (a == b)
        return ORDER_SAME;
    if (term_is_int(a) && term_is_int(b))
        return order_of_words((int64_t)a, (int64_t)b);
    enum rank rank_a = rank_of(a), rank_b = rank_of(b);
    return rank_a == rank_b ? compare_alike(c, rank_a, a, b) : order_of_sizes(rank_a, rank_b);
}

static bool is_decided(enum order o)
{
    return o == ORDER_LESS || o == ORDER_GREATER;
}

static enum order compare_rows(struct comparison *c)
{
    enum order o = ORDER_SAME;
    worklist_init(&c->waiting);
    c->contest = NULL;
    while (o == ORDER_SAME && (c->left || row_go_back(c))) {
        o = compare_next(c);
        while (is_decided(o) && c->contest)
            o = contest_decide(c, o);
    }
    ASSERT(!c->contest || o == ORDER_NO_MEMORY); /* keys of one map are not the same */
    while (c->contest)
        contest_leave(c);
    worklist_fini(&c->waiting);
    return o;
}

enum order term_compare_slow(term a, term b, size_t *words)
{
    return compare_words(a, b, false, false, words);
}

enum order term_compare_exact_slow(term a, term b)
{
    size_t words = 0;
    return compare_words(a, b, true, false, &words);
}

enum order term_same_slow(term a, term b, size_t *words)
{
    return compare_words(a, b, true, true, words);
}

/* ---- the hash ---- */

static uint64_t hash_bytes(uint64_t hash, const uint8_t *bytes, size_t n)
{
    uint64_t word;
    hash = hash_add(hash, n ^ HASH_BINARY);
    for (; n >= sizeof word; n -= sizeof word, bytes += sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = hash_add(hash, word);
    }
    word = 0;
    memcpy(&word, bytes, n);
    return n ? hash_add(hash, word) : hash;
}

/* 0.0 and -0.0 are the same. */
static uint64_t hash_float(uint64_t hash, term t)
{
    return hash_add(hash, (float_value(t) == 0 ? 0 : box_payload(t)[0]) ^ HASH_FLOAT);
}

struct hashing {
    const term *at; /* a row, and how many words are left of it */
    size_t left;
    size_t words; /* of all rows */
    uint64_t hash;
    struct worklist waiting; /* other rows, two words each */
};

/* Read n words at `at` before the rest. False: no memory. */
static bool hash_enter(struct hashing *h, const term *at, size_t n)
{
    if (h->left && !(worklist_push(&h->waiting, (uintptr_t)h->at) && worklist_push(&h->waiting, h->left)))
        return false;
    h->at = at;
    h->left = n;
    h->words += n;
    return true;
}

static bool hash_go_back(struct hashing *h)
{
    if (!h->waiting.count)
        return false;
    h->left = worklist_pop(&h->waiting);
    h->at = place_of(worklist_pop(&h->waiting));
    return true;
}

static bool hash_box(struct hashing *h, term t)
{
    switch (header_kind(box_header_of(t))) {
    case BOX_FLOAT: h->hash = hash_float(h->hash, t); return true;
    case BOX_INTEGER: h->hash = hash_add(h->hash, box_payload(t)[0] ^ HASH_INTEGER); return true;
    case BOX_BINARY:
    case BOX_SHARED:
        h->words += binary_size(t) / sizeof(term);
        h->hash = hash_bytes(h->hash, binary_bytes(t), binary_size(t));
        return true;
    case BOX_RESOURCE: h->hash = hash_add(h->hash, box_payload(t)[0]); return true;
    case BOX_TUPLE:
    case BOX_MAP:
    case BOX_NODE:
    case BOX_FUNCTION:
    case BOX_FILLER: break;
    }
    h->hash = hash_add(h->hash, box_header_of(t));
    return hash_enter(h, box_payload(t), box_size(t));
}

static bool hash_next(struct hashing *h)
{
    term t = *h->at++;
    h->left--;
    if (term_is_box(t))
        return hash_box(h, t);
    h->hash = hash_add(h->hash, term_is_cell(t) ? HASH_CELL : t);
    return !term_is_cell(t) || hash_enter(h, term_pointer(t), 2);
}

bool term_hash_slow(term t, uint64_t *hash, size_t *words)
{
    struct hashing h;
    h.at = &t;
    h.left = 1;
    h.hash = HASH_START;
    h.words = 0;
    worklist_init(&h.waiting);
    bool memory = true;
    while (memory && (h.left || hash_go_back(&h)))
        memory = hash_next(&h);
    worklist_fini(&h.waiting);
    *hash = hash_finish(h.hash);
    *words += h.words;
    return memory;
}
