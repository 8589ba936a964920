/* The order of terms is Erlang's, and what is the same has the same hash. */
#include "data/order.h"

#include <criterion/criterion.h>
#include <math.h>

#include "base/memory.h"
#include "data/atom.h"
#include "data/copy.h"
#include "data/map.h"
#include "support/random.h"
#include "support/scale.h"

static struct heap heap;

static void init(void)
{
    heap_init(&heap);
}

static void fini(void)
{
    heap_fini(&heap);
}

static term atom(const char *text)
{
    bl_error error;
    return atom_intern(text, strlen(text), &error);
}

static term real(double d)
{
    return float_make(&heap, d);
}

static term integer(int64_t n)
{
    return integer_make(&heap, n);
}

static term bytes(const char *text)
{
    return binary_make(&heap, text, strlen(text));
}

static term tuple2(term a, term b)
{
    return tuple_make(&heap, (term[]){a, b}, 2);
}

/* ---- all comparisons of two terms must agree ---- */

static enum order opposite(enum order o)
{
    return o == ORDER_NO_MEMORY ? o : -o;
}

static void check_agreement(term a, term b)
{
    enum order exact = term_compare_exact(a, b);
    uint64_t hash_a, hash_b;
    cr_assert_eq(term_compare(b, a), opposite(term_compare(a, b)));
    cr_assert_eq(term_compare_exact(b, a), opposite(exact));
    cr_assert_eq(term_same(a, b) == ORDER_SAME, exact == ORDER_SAME);
    cr_assert_eq(term_same(b, a) == ORDER_SAME, exact == ORDER_SAME);
    cr_assert(exact != ORDER_SAME || term_compare(a, b) == ORDER_SAME);
    cr_assert(term_hash(a, &hash_a) && term_hash(b, &hash_b));
    cr_assert_eq(hash_a == hash_b, exact == ORDER_SAME, "or it is one chance in 2^64");
}

static void check_compare(term a, term b, enum order expected)
{
    check_agreement(a, b);
    cr_assert_eq(term_compare(a, b), expected);
}

static void check_exact(term a, term b, enum order expected)
{
    check_agreement(a, b);
    cr_assert_eq(term_compare_exact(a, b), expected);
}

/* Of terms, each less than the next. */
static void check_ascending(const term *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            enum order expected = i < j ? ORDER_LESS : i > j ? ORDER_GREATER : ORDER_SAME;
            cr_assert_eq(term_compare(t[i], t[j]), expected, "%zu, %zu", i, j);
            check_agreement(t[i], t[j]);
        }
}

/* ---- kind by kind ---- */

Test(order, numbers_atoms_and_so_on, .init = init, .fini = fini)
{
    term t[] = {
        term_int(5),
        atom("a"),
        term_reference(3),
        function_make(&heap, 4096, 1, NULL, 0),
        term_pid(1, 1),
        tuple_make(&heap, NULL, 0),
        map_empty(&heap),
        TERM_NIL,
        cell_make(&heap, term_int(1), TERM_NIL),
        binary_make(&heap, NULL, 0),
        term_own(TERM_OWN_ERROR, BL_EINVAL),
    };
    check_ascending(t, sizeof t / sizeof *t);
}

Test(order, numbers_by_value, .init = init, .fini = fini)
{
    double two53 = 0x1p53, two61 = 0x1p61, two63 = 0x1p63;
    term t[] = {
        real(-1e308),
        real(-0x1.8p63),
        integer(INT64_MIN),
        integer(INT64_MIN + 1),
        integer(-(INT64_C(1) << 61) - 1),
        real(-two61),
        integer(-(INT64_C(1) << 61) + 1),
        term_int(-2),
        real(-1.5),
        term_int(-1),
        real(-1e-300),
        term_int(0),
        real(5e-324),
        real(0.5),
        term_int(1),
        real(1 + 0x1p-52),
        real(two53),
        integer((INT64_C(1) << 53) + 1),
        real(two53 + 2),
        integer((INT64_C(1) << 61) - 1),
        real(two61),
        integer((INT64_C(1) << 61) + 1),
        integer(INT64_MAX - 1024),
        real(nextafter(two63, 0)),
        integer(INT64_MAX),
        real(two63),
        real(1e308),
    };
    check_ascending(t, sizeof t / sizeof *t);
}

Test(order, a_float_is_an_integer_but_not_the_same, .init = init, .fini = fini)
{
    static const int64_t n[] = {0, 1, -1, INT64_C(1) << 53, -(INT64_C(1) << 61), INT64_C(1) << 61, INT64_MIN};
    for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
        term a = integer(n[i]), b = real((double)n[i]);
        check_compare(a, b, ORDER_SAME);
        check_exact(a, b, ORDER_LESS);
        check_compare(tuple2(a, TERM_NIL), tuple2(b, TERM_NIL), ORDER_SAME);
        check_exact(tuple2(a, TERM_NIL), tuple2(b, TERM_NIL), ORDER_LESS);
    }
    check_exact(term_int(2), real(1.0), ORDER_LESS);
    check_compare(term_int(2), real(1.0), ORDER_GREATER);
    check_exact(real(0.0), real(-0.0), ORDER_SAME);
    check_exact(term_int(0), real(-0.0), ORDER_LESS);
}

Test(order, atoms_by_their_text, .init = init, .fini = fini)
{
    bl_error error;
    term later = atom("z_made_first"), t[] = {
                                           atom(""),
                                           atom("A"),
                                           atom("Z"),
                                           atom("a"),
                                           atom_intern("a\0", 2, &error),
                                           atom_intern("a\0b", 3, &error),
                                           atom("aa"),
                                           atom("ab"),
                                           atom("b"),
                                           later,
                                           atom("\xc3\xa9"),
                                           atom("\xe2\x82\xac"),
                                           atom("\xef\xbf\xbd"),
                                           atom("\xf0\x9f\x98\x80"),
                                       };
    check_ascending(t, sizeof t / sizeof *t);
}

Test(order, binaries_by_bytes, .init = init, .fini = fini)
{
    static uint8_t large[100];
    memset(large, 'a', sizeof large);
    term long_a = binary_make(&heap, large, sizeof large);
    large[99] = 0xff;
    term long_z = binary_make(&heap, large, sizeof large);
    term t[] = {bytes(""),
                binary_make(&heap, NULL, 1),
                binary_make(&heap, NULL, 9),
                bytes("a"),
                bytes("aaaaaaaa"),
                bytes("aaaaaaaaa"),
                long_a,
                long_z,
                bytes("ab"),
                bytes("\x80"),
                bytes("\xff")};
    check_ascending(t, sizeof t / sizeof *t);
    check_exact(binary_part(&heap, long_z, 8, 9), bytes("aaaaaaaaa"), ORDER_SAME);
    check_exact(binary_part(&heap, long_z, 0, 99), binary_part(&heap, long_a, 1, 99), ORDER_SAME);
}

Test(order, tuples_by_size_lists_by_elements, .init = init, .fini = fini)
{
    term one = cell_make(&heap, term_int(1), TERM_NIL);
    term t[] = {
        tuple_make(&heap, NULL, 0),
        tuple_make(&heap, (term[]){bytes("z")}, 1),
        tuple2(term_int(1), term_int(9)),
        tuple2(term_int(2), term_int(1)),
        tuple2(term_int(2), term_int(2)),
        cell_make(&heap, term_int(1), term_int(7)), /* [1 | 7] */
        one,
        cell_make(&heap, term_int(1), one),
        cell_make(&heap, term_int(2), TERM_NIL),
        cell_make(&heap, one, TERM_NIL),
    };
    check_ascending(t, sizeof t / sizeof *t);
}

/* The text of an atom has an end that we do not see; the atom has. */
Test(order, atoms_with_a_nul_inside_are_still_two, .init = init, .fini = fini)
{
    bl_error error;
    term a = atom_intern("a\0b", 3, &error), b = atom_intern("a\0c", 3, &error);
    cr_assert_neq(a, b);
    cr_assert_neq(term_compare(a, b), ORDER_SAME);
    check_agreement(a, b);
    check_agreement(a, atom("a"));
}

/* A box of a native object; each has its own. */
static term resource(struct resource *r)
{
    term *payload = NULL, t = box_take(&heap, BOX_RESOURCE, 1, &payload);
    cr_assert_not_null(payload);
    payload[0] = (term)(uintptr_t)r;
    heap_counts(&heap);
    atomic_fetch_add(&r->references, 1);
    return t;
}

Test(order, pids_references_and_functions_have_some_order, .init = init, .fini = fini)
{
    static struct resource native[2] = {{.references = 1}, {.references = 1}};
    term t[] = {
        term_reference(1),
        term_reference(UINT64_C(1) << 59),
        resource(&native[0]),
        resource(&native[1]),
        function_make(&heap, 4096, 1, NULL, 0),
        function_make(&heap, 4096, 2, NULL, 0),
        function_make(&heap, 8192, 1, NULL, 0),
        function_make(&heap, 4096, 1, (term[]){term_int(1)}, 1),
        function_make(&heap, 4096, 1, (term[]){term_int(2)}, 1),
        term_pid(5, 1),
        term_pid(6, 1),
        term_pid(1, 2),
    };
    check_ascending(t, sizeof t / sizeof *t);
    check_exact(resource(&native[0]), t[2], ORDER_SAME);
}

/* ---- maps ---- */

static term map1(term key, term value)
{
    return map_put(&heap, map_empty(&heap), key, value);
}

Test(order, maps_by_size_then_keys_then_values, .init = init, .fini = fini)
{
    term t[] = {
        map_empty(&heap),
        map1(term_int(1), term_int(5)),
        map1(term_int(1), real(5.5)),
        map1(term_int(2), term_int(0)),
        map1(real(0.5), term_int(0)), /* as keys, floats come after integers */
        map1(real(1.0), term_int(0)),
        map1(atom("a"), term_int(0)),
        map_put(&heap, map1(term_int(1), term_int(9)), atom("b"), term_int(1)),
        map_put(&heap, map1(term_int(1), term_int(9)), atom("b"), term_int(2)),
        map_put(&heap, map1(term_int(1), term_int(9)), atom("c"), term_int(1)),
    };
    check_ascending(t, sizeof t / sizeof *t);
    check_compare(map1(term_int(1), term_int(5)), map1(term_int(1), real(5.0)), ORDER_SAME);
    check_exact(map1(term_int(1), term_int(5)), map1(term_int(1), real(5.0)), ORDER_LESS);
}

/* 0 to 99, but for one key and its value. */
static term hundred(term key, term value)
{
    term map = map1(key, value);
    for (int i = 0; i < 99; i++)
        map = map_put(&heap, map, term_int(i), term_int(i));
    return map;
}

Test(order, large_maps_too, .init = init, .fini = fini)
{
    term t[] = {
        hundred(term_int(-1), term_int(1)),
        hundred(term_int(-1), term_int(2)),
        hundred(term_int(1000), TERM_NIL),
        hundred(term_int(1000), bytes("x")),
        hundred(real(-5.0), TERM_NIL),
        map_put(&heap, hundred(atom("a"), TERM_NIL), term_int(98), term_int(99)), /* 98 comes before a */
    };
    term last = t[5];
    t[5] = hundred(atom("a"), TERM_NIL);
    check_ascending(t, 6);
    check_compare(t[5], last, ORDER_LESS);
    check_compare(hundred(term_int(99), term_int(1)), hundred(term_int(99), real(1.0)), ORDER_SAME);
    check_exact(hundred(term_int(99), term_int(1)), hundred(term_int(99), real(1.0)), ORDER_LESS);
}

/* Large maps as keys of large maps: to find the least key is to compare maps. */
static term nested_keys(int depth, term innermost)
{
    term map = innermost;
    for (int i = 0; i < depth; i++)
        map = hundred(map, TERM_NIL);
    return map;
}

static term nested_values(int depth, term innermost)
{
    term map = innermost;
    for (int i = 0; i < depth; i++)
        map = hundred(atom("a"), map);
    return map;
}

Test(order, large_maps_inside_large_maps, .init = init, .fini = fini)
{
    int depth = rounds(160);
    check_compare(nested_keys(depth, term_int(-2)), nested_keys(depth, term_int(-1)), ORDER_LESS);
    check_compare(nested_keys(depth, atom("b")), nested_keys(depth, atom("b")), ORDER_SAME);
    check_compare(nested_values(depth, term_int(5)), nested_values(depth, real(4.5)), ORDER_GREATER);
    check_compare(nested_values(depth, term_int(5)), nested_values(depth, real(5.0)), ORDER_SAME);
    check_exact(nested_values(depth, term_int(5)), nested_values(depth, real(5.0)), ORDER_LESS);
}

/* ---- the order again, in the simplest way: for shallow terms ---- */

static int sign(long double d)
{
    return (d > 0) - (d < 0);
}

/* Has 64 bits or more, wherever long double is more than double. */
static long double number(term t)
{
    return term_is_float(t) ? float_value(t) : (long double)integer_value(t);
}

static int plain_rank(term t)
{
    return term_is_number(t)      ? 0
           : term_is_atom(t)      ? 1
           : term_is_reference(t) ? 2
           : term_is_function(t)  ? 3
           : term_is_pid(t)       ? 4
           : term_is_tuple(t)     ? 5
           : term_is_map(t)       ? 6
           : t == TERM_NIL        ? 7
           : term_is_cell(t)      ? 8
                                  : 9;
}

static int plain(term a, term b, bool exact);

static int plain_row(const term *a, const term *b, size_t n, size_t step, bool exact)
{
    int o = 0;
    for (size_t i = 0; i < n && !o; i++)
        o = plain(a[i * step], b[i * step], exact);
    return o;
}

enum { PAIRS_MOST = 100 };

/* All pairs, in the order of the keys. */
static size_t plain_pairs(term map, term *pairs)
{
    struct map_iterator it;
    term key, value;
    size_t n = 0;
    for (map_iterate(&it, map); map_next(&it, &key, &value); n++) {
        size_t i = n;
        for (; i && plain(key, pairs[2 * i - 2], true) < 0; i--)
            memcpy(&pairs[2 * i], &pairs[2 * i - 2], 2 * sizeof *pairs);
        pairs[2 * i] = key;
        pairs[2 * i + 1] = value;
    }
    return n;
}

static int plain_maps(term a, term b, bool exact)
{
    term pairs_a[2 * PAIRS_MOST], pairs_b[2 * PAIRS_MOST];
    size_t n = plain_pairs(a, pairs_a);
    int o = sign((long double)n - plain_pairs(b, pairs_b));
    o = o ? o : plain_row(pairs_a, pairs_b, n, 2, true);
    return o ? o : plain_row(pairs_a + 1, pairs_b + 1, n, 2, exact);
}

static int plain_boxes(term a, term b, bool exact)
{
    int o = sign((long double)box_size(a) - box_size(b));
    return o ? o : plain_row(box_payload(a), box_payload(b), box_size(a), 1, exact);
}

static int plain_binaries(term a, term b)
{
    size_t i = 0;
    while (i < binary_size(a) && i < binary_size(b) && binary_bytes(a)[i] == binary_bytes(b)[i])
        i++;
    if (i < binary_size(a) && i < binary_size(b))
        return binary_bytes(a)[i] - binary_bytes(b)[i];
    return (i < binary_size(a)) - (i < binary_size(b));
}

static int plain_atoms(term a, term b)
{
    size_t size_a, size_b;
    const char *text_a = atom_text_of(a, &size_a), *text_b = atom_text_of(b, &size_b);
    for (size_t i = 0; i < size_a && i < size_b; i++)
        if (text_a[i] != text_b[i])
            return (unsigned char)text_a[i] - (unsigned char)text_b[i];
    return (size_a > size_b) - (size_a < size_b);
}

static int plain(term a, term b, bool exact)
{
    int o = plain_rank(a) - plain_rank(b);
    if (o)
        return o;
    switch (plain_rank(a)) {
    case 0: o = exact ? term_is_float(a) - term_is_float(b) : 0; return o ? o : sign(number(a) - number(b));
    case 1: return plain_atoms(a, b);
    case 3:
    case 5: return plain_boxes(a, b, exact);
    case 6: return plain_maps(a, b, exact);
    case 8: return plain_row(term_pointer(a), term_pointer(b), 2, 1, exact);
    case 9: return plain_binaries(a, b);
    default: return (a > b) - (a < b);
    }
}

/* ---- random terms: few different leaves, so that much is equal ---- */

static term random_number(struct random *r)
{
    static const int64_t near[] = {
        0, 0, 0, INT64_C(1) << 53, INT64_C(1) << 61, -(INT64_C(1) << 61), INT64_MAX - 4, INT64_MIN + 4};
    int64_t n = near[random_below(r, 8)] + (int)random_below(r, 5) - 2;
    if (random_below(r, 2))
        return integer(n);
    return real((double)n + (random_below(r, 3) ? 0 : 0.5));
}

static term random_leaf(struct random *r)
{
    static const char *const texts[] = {"", "a", "ab", "abcdefgh", "abcdefghi", "\xc3\xa9"};
    const char *text = texts[random_below(r, 6)];
    switch (random_below(r, 8)) {
    case 0: return atom(text);
    case 1: return bytes(text);
    case 2: return binary_make(&heap, NULL, 100 + random_below(r, 2));
    case 3: return TERM_NIL;
    case 4: return random_below(r, 2) ? term_pid(random_below(r, 3), 1) : term_reference(random_below(r, 3));
    default: return random_number(r);
    }
}

static term random_term(struct random *r, int depth);

static term random_map(struct random *r, int depth)
{
    unsigned n = random_below(r, 12) ? random_below(r, 4) : 30 + random_below(r, 6);
    term pairs[2 * 40];
    for (unsigned i = 0; i < n; i++) {
        pairs[2 * i] = i > 4 ? term_int(i) : random_term(r, depth - 1);
        pairs[2 * i + 1] = random_below(r, 10) ? TERM_NIL : random_term(r, depth - 1);
    }
    return map_from(&heap, pairs, n);
}

static term random_term(struct random *r, int depth)
{
    term e[4], list;
    unsigned n = random_below(r, 4);
    for (unsigned i = 0; i < n; i++)
        e[i] = depth > 0 ? random_term(r, depth - 1) : random_leaf(r);
    switch (depth > 0 ? random_below(r, 7) : 0) {
    case 1: return tuple_make(&heap, e, n);
    case 2:
        for (list = random_below(r, 5) ? TERM_NIL : random_leaf(r); n--;)
            list = cell_make(&heap, e[n], list);
        return list;
    case 3: return random_map(r, depth);
    case 4: return random_below(r, 3) ? tuple_make(&heap, e, n) : function_make(&heap, 4096, random_below(r, 2), e, n);
    default: return random_leaf(r);
    }
}

/* ---- a term like another, but for a few leaves ---- */

static term changed(struct random *r, term t, unsigned one_in);

static term changed_map(struct random *r, term t, unsigned one_in)
{
    struct map_iterator it;
    term key, value, map = map_empty(&heap);
    for (map_iterate(&it, t); map_next(&it, &key, &value);)
        map = map_put(&heap, map, changed(r, key, 3 * one_in), changed(r, value, one_in));
    return map;
}

static term changed_leaf(struct random *r, term t)
{
    if (term_is_float(t) && random_below(r, 2) && fabs(float_value(t)) < 0x1p63)
        return integer((int64_t)float_value(t));
    if (term_is_integer(t) && random_below(r, 2))
        return real((double)integer_value(t));
    return random_leaf(r);
}

static term changed(struct random *r, term t, unsigned one_in)
{
    term e[8];
    if (term_is_map(t))
        return changed_map(r, t, one_in);
    if (term_is_cell(t))
        return cell_make(&heap, changed(r, cell_head(t), one_in), changed(r, cell_tail(t), one_in));
    if (term_is_tuple(t)) {
        for (size_t i = 0; i < box_size(t); i++)
            e[i] = changed(r, box_payload(t)[i], one_in);
        return tuple_make(&heap, e, box_size(t));
    }
    return random_below(r, one_in) ? copy_to(&heap, t) : changed_leaf(r, t);
}

static void check_plain(term a, term b)
{
    check_agreement(a, b);
    cr_assert_eq(term_compare(a, b), sign(plain(a, b, false)));
    cr_assert_eq(term_compare_exact(a, b), sign(plain(a, b, true)));
}

Test(order, agrees_with_the_simplest_way, .fini = fini)
{
    struct random r = {random_seed("order")};
    int same = 0, n = rounds(100000);
    heap_init(&heap);
    for (int i = 0; i < n; i++) {
        term a = random_term(&r, 4), b = changed(&r, a, 1 + random_below(&r, 60)), c = random_term(&r, 4);
        check_plain(a, b);
        check_plain(b, c);
        check_plain(a, copy_to(&heap, a));
        same += term_same(a, b) == ORDER_SAME;
        if (i % 100 == 0)
            fini();
    }
    cr_assert(same > n / 20 && same < n - n / 20, "both cases occur: %d of %d", same, n);
}

/* ---- deep and long ---- */

enum shape { TUPLES, PAIRS, HEADS, TAILS, MAPS, SHAPES };

static term nested(enum shape shape, int depth, term innermost)
{
    term t = innermost;
    for (int i = 0; i < depth && t; i++)
        t = shape == TUPLES  ? tuple_make(&heap, &t, 1)
            : shape == PAIRS ? tuple2(t, real(i)) /* has to wait */
            : shape == HEADS ? cell_make(&heap, t, TERM_NIL)
            : shape == TAILS ? cell_make(&heap, term_int(i), t)
                             : map1(t, term_int(0));
    return t;
}

static void check_deep(enum shape shape, int depth)
{
    uint64_t hash_a, hash_b;
    init();
    term a = nested(shape, depth, real(1.0)), b = nested(shape, depth, term_int(1));
    cr_assert(a && b);
    cr_assert_eq(term_compare(a, b), shape == MAPS ? ORDER_GREATER : ORDER_SAME);
    cr_assert_eq(term_compare_exact(b, a), ORDER_LESS);
    cr_assert_neq(term_same(a, b), ORDER_SAME);
    cr_assert(term_hash(a, &hash_a) && term_hash(b, &hash_b));
    cr_assert_neq(hash_a, hash_b);
    fini();
}

Test(order, million_deep)
{
    for (enum shape shape = 0; shape < SHAPES; shape++)
        check_deep(shape, rounds(1000000));
}

/* ---- no memory: with the allocator that runs out ---- */

#ifdef TEST_HOSTILE
Test(order, says_that_there_is_no_memory, .init = init, .fini = fini)
{
    enum { DEPTH = 5000 };
    term a = nested(PAIRS, DEPTH, term_int(1)), b = nested(PAIRS, DEPTH, term_int(2));
    term map_a = hundred(term_int(-1), a), map_b = hundred(term_int(-1), b);
    term key_a = hundred(a, TERM_NIL), key_b = hundred(b, TERM_NIL);
    uint64_t hash;
    memory_fail_after(0);
    cr_assert_eq(term_compare(a, b), ORDER_NO_MEMORY);
    cr_assert_eq(term_compare_exact(a, b), ORDER_NO_MEMORY);
    cr_assert_eq(term_same(a, b), ORDER_NO_MEMORY);
    cr_assert_eq(term_compare(map_a, map_b), ORDER_NO_MEMORY);
    cr_assert_eq(term_compare(key_a, key_b), ORDER_NO_MEMORY);
    cr_assert_not(term_hash(a, &hash));
    cr_assert_eq(map_put(&heap, map_a, a, a), TERM_NONE);
    cr_assert_eq(map_get(map_a, a, &a), ORDER_NO_MEMORY);
    cr_assert_gt(memory_fail_never(), 0);
}
#endif

/* ---- what it costs ---- */

static term numbers(int n)
{
    term list = TERM_NIL;
    while (n--)
        list = cell_make(&heap, term_int(n), list);
    return list;
}

Test(order, words_are_counted_up_to_the_first_difference, .init = init, .fini = fini)
{
    size_t words = 0;
    uint64_t hash;
    cr_assert_eq(term_compare_counted(term_int(1), term_int(2), &words), ORDER_LESS);
    cr_assert_eq(words, 0);
    cr_assert_eq(term_compare_counted(numbers(1000), numbers(1000), &words), ORDER_SAME);
    cr_assert(words >= 2000 && words <= 2010, "%zu", words);
    words = 0;
    cr_assert_eq(term_same_counted(numbers(1000), numbers(1000), &words), ORDER_SAME);
    cr_assert(words >= 2000 && words <= 2010, "%zu", words);
    words = 0;
    term_same_counted(cell_make(&heap, TERM_NIL, numbers(1000)), numbers(1000), &words);
    cr_assert(words <= 10, "%zu", words);
    words = 0;
    cr_assert(term_hash_counted(numbers(1000), &hash, &words));
    cr_assert(words >= 2000 && words <= 2010, "%zu", words);
    words = 0;
    term_compare_counted(binary_make(&heap, NULL, 80000), binary_make(&heap, NULL, 80000), &words);
    cr_assert(words >= 10000 && words <= 10010, "%zu", words);
    term a = map_empty(&heap), b = map_empty(&heap);
    for (int i = 0; i < 1000; i++) {
        a = map_put(&heap, a, term_int(i), numbers(10));
        b = map_put(&heap, b, term_int(i), numbers(10));
    }
    words = 0;
    cr_assert_eq(term_compare_counted(a, b, &words), ORDER_SAME);
    cr_assert(words >= 1000 * 20, "%zu: what is in tries, too", words);
}
