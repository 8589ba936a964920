/* Terms as bytes. The bytes here were written by term_to_binary() of OTP 25. */
#include "data/external.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/atom.h"
#include "data/map.h"
#include "support/scale.h"

struct bytes {
    const char *first;
    size_t size;
};

#define BYTES(literal) ((struct bytes){literal, sizeof(literal) - 1})
#define NODE           "\x77\x0dnonode@nohost"
#define COUNT(array)   (sizeof(array) / sizeof *(array))

static term atom(const char *text)
{
    bl_error error;
    return atom_intern(text, strlen(text), &error);
}

/* Decode bytes that lie alone in memory, so that sanitizers see each step behind them. */
static term decode(struct heap *h, const void *bytes, size_t n, size_t *used, struct external_error *error)
{
    uint8_t *alone = malloc(n + !n);
    if (n)
        memcpy(alone, bytes, n);
    *error = (struct external_error){0};
    term t = term_decode(h, alone, n, used, error);
    free(alone);
    return t;
}

static term decode_good(struct heap *h, struct bytes b)
{
    struct external_error error;
    size_t used;
    term t = decode(h, b.first, b.size, &used, &error);
    cr_assert(t, "at byte %zu: %s", error.at, error.what);
    cr_assert_eq(used, b.size);
    return t;
}

static struct text encode_good(term t)
{
    struct text text;
    struct external_error error;
    text_init(&text);
    cr_assert(term_encode(t, &text, &error), "%s", error.what);
    return text;
}

static void assert_encodes(term t, struct bytes expected)
{
    struct text text = encode_good(t);
    cr_assert_eq(text.count, expected.size);
    cr_assert_arr_eq(text.bytes, expected.first, text.count);
    text_fini(&text);
}

static void assert_encodes_and_decodes(term t, struct bytes expected)
{
    struct heap h;
    heap_init(&h);
    assert_encodes(t, expected);
    cr_assert_eq(term_same(decode_good(&h, expected), t), ORDER_SAME);
    heap_fini(&h);
}

/* ---- what Erlang writes ---- */

static const struct {
    int64_t n;
    struct bytes bytes;
} integers[] = {
    {0, BYTES("\x83\x61\x00")},
    {255, BYTES("\x83\x61\xff")},
    {256, BYTES("\x83\x62\x00\x00\x01\x00")},
    {-1, BYTES("\x83\x62\xff\xff\xff\xff")},
    {(1 << 27) - 1, BYTES("\x83\x62\x07\xff\xff\xff")},
    {1 << 27, BYTES("\x83\x62\x08\x00\x00\x00")},
    {INT32_MAX, BYTES("\x83\x62\x7f\xff\xff\xff")},
    {INT32_MIN, BYTES("\x83\x62\x80\x00\x00\x00")},
    {INT64_C(1) << 31, BYTES("\x83\x6e\x04\x00\x00\x00\x00\x80")},
    {-(INT64_C(1) << 31) - 1, BYTES("\x83\x6e\x04\x01\x01\x00\x00\x80")},
    {BL_INT_MAX, BYTES("\x83\x6e\x08\x00\xff\xff\xff\xff\xff\xff\xff\x1f")},
    {BL_INT_MAX + 1, BYTES("\x83\x6e\x08\x00\x00\x00\x00\x00\x00\x00\x00\x20")},
    {INT64_MAX, BYTES("\x83\x6e\x08\x00\xff\xff\xff\xff\xff\xff\xff\x7f")},
    {INT64_MIN, BYTES("\x83\x6e\x08\x01\x00\x00\x00\x00\x00\x00\x00\x80")},
};

Test(external, integers_are_as_erlang_writes_them)
{
    struct heap h;
    heap_init(&h);
    for (size_t i = 0; i < COUNT(integers); i++)
        assert_encodes_and_decodes(integer_make(&h, integers[i].n), integers[i].bytes);
    heap_fini(&h);
}

Test(external, floats_keep_every_bit)
{
    static const struct {
        double d;
        struct bytes bytes;
    } floats[] = {
        {1.5, BYTES("\x83\x46\x3f\xf8\x00\x00\x00\x00\x00\x00")},
        {-0.0, BYTES("\x83\x46\x80\x00\x00\x00\x00\x00\x00\x00")},
        {5e-324, BYTES("\x83\x46\x00\x00\x00\x00\x00\x00\x00\x01")},
    };
    struct heap h;
    heap_init(&h);
    for (size_t i = 0; i < COUNT(floats); i++)
        assert_encodes_and_decodes(float_make(&h, floats[i].d), floats[i].bytes);
    cr_assert(signbit(float_value(decode_good(&h, floats[1].bytes))));
    heap_fini(&h);
}

Test(external, atoms_are_utf8)
{
    assert_encodes_and_decodes(atom(""), BYTES("\x83\x77\x00"));
    assert_encodes_and_decodes(atom("a\xc3\xa4\xe2\x82\xac"), BYTES("\x83\x77\x06"
                                                                    "a\xc3\xa4\xe2\x82\xac"));
}

/* 255 characters of four bytes: what is longer than 255 bytes has a length of two. */
Test(external, atoms_may_have_zeros)
{
    bl_error error;
    struct heap h;
    heap_init(&h);
    term t = atom_intern("\xc3\xa5\0b", 4, &error);
    assert_encodes_and_decodes(t, BYTES("\x83\x77\x04\xc3\xa5\0b"));
    cr_assert_eq(decode_good(&h, BYTES("\x83\x73\x03\xe5\0b")), t);
    cr_assert_eq(decode_good(&h, BYTES("\x83\x64\0\x03\xe5\0b")), t);
    heap_fini(&h);
}

Test(external, the_longest_atom_has_1020_bytes)
{
    char text[4 * ATOM_LENGTH_MAX + 1], bytes[4 + sizeof text] = "\x83\x76\x03\xfc";
    for (size_t i = 0; i < sizeof text - 1; i += 4)
        memcpy(text + i, "\xf0\x9f\x98\x80", 4);
    text[sizeof text - 1] = 0;
    memcpy(bytes + 4, text, sizeof text);
    assert_encodes_and_decodes(atom(text), (struct bytes){bytes, 4 + sizeof text - 1});
}

Test(external, tuples_and_lists)
{
    struct heap h;
    heap_init(&h);
    term two[] = {atom("a"), TERM_NIL};
    term tail = cell_make(&h, term_int(2), atom("b"));
    assert_encodes_and_decodes(tuple_make(&h, NULL, 0), BYTES("\x83\x68\x00"));
    assert_encodes_and_decodes(tuple_make(&h, two, 2), BYTES("\x83\x68\x02\x77\x01\x61\x6a"));
    assert_encodes_and_decodes(TERM_NIL, BYTES("\x83\x6a"));
    assert_encodes_and_decodes(cell_make(&h, TERM_NIL, TERM_NIL), BYTES("\x83\x6c\x00\x00\x00\x01\x6a\x6a"));
    assert_encodes_and_decodes(cell_make(&h, term_int(1), tail),
                               BYTES("\x83\x6c\x00\x00\x00\x02\x61\x01\x61\x02\x77\x01\x62"));
    heap_fini(&h);
}

static term list_of(struct heap *h, size_t n, term element)
{
    term list = TERM_NIL;
    while (n--)
        list = cell_make(h, element, list);
    return list;
}

Test(external, lists_of_bytes_are_strings_up_to_65535)
{
    struct heap h;
    heap_init(&h);
    assert_encodes_and_decodes(list_of(&h, 3, term_int(255)), BYTES("\x83\x6b\x00\x03\xff\xff\xff"));
    assert_encodes_and_decodes(list_of(&h, 1, term_int(256)),
                               BYTES("\x83\x6c\x00\x00\x00\x01\x62\x00\x00\x01\x00\x6a"));
    assert_encodes_and_decodes(list_of(&h, 1, term_int(-1)), BYTES("\x83\x6c\x00\x00\x00\x01\x62\xff\xff\xff\xff\x6a"));
    for (size_t n = 65534; n <= 65537; n++) {
        term list = list_of(&h, n, term_int('x'));
        struct text text = encode_good(list);
        cr_assert_eq(text.bytes[1], n <= 65535 ? 'k' : 'l');
        cr_assert_eq(text.count, n <= 65535 ? 4 + n : 7 + 2 * n);
        cr_assert_eq(term_same(decode_good(&h, (struct bytes){text.bytes, text.count}), list), ORDER_SAME);
        text_fini(&text);
    }
    heap_fini(&h);
}

Test(external, binaries_small_and_shared)
{
    static const char bytes[300] = "\x83\x6d\x00\x00\x00";
    struct heap h;
    heap_init(&h);
    for (unsigned n = 0; n < 256; n++) {
        char expected[sizeof bytes];
        memcpy(expected, bytes, sizeof bytes);
        expected[5] = (char)n;
        assert_encodes_and_decodes(binary_make(&h, NULL, n), (struct bytes){expected, 6 + n});
    }
    heap_fini(&h);
}

static term map_of(struct heap *h, unsigned n)
{
    term *pairs = calloc(2 * n + 1, sizeof *pairs);
    for (unsigned i = 0; i < n; i++) {
        pairs[2 * i] = term_int(n - i);
        pairs[2 * i + 1] = atom("v");
    }
    term map = map_from(h, pairs, n);
    free(pairs);
    return map;
}

Test(external, small_maps_name_their_keys_in_order)
{
    struct heap h;
    heap_init(&h);
    assert_encodes_and_decodes(map_of(&h, 0), BYTES("\x83\x74\x00\x00\x00\x00"));
    assert_encodes_and_decodes(map_of(&h, 2),
                               BYTES("\x83\x74\x00\x00\x00\x02\x61\x01\x77\x01\x76\x61\x02\x77\x01\x76"));
    heap_fini(&h);
}

Test(external, maps_of_any_size_come_back)
{
    for (unsigned n = 0; n < 200; n++) {
        struct heap h;
        heap_init(&h);
        term map = map_of(&h, n);
        struct text text = encode_good(map);
        cr_assert_eq(term_same(decode_good(&h, (struct bytes){text.bytes, text.count}), map), ORDER_SAME, "%u keys", n);
        text_fini(&text);
        heap_fini(&h);
    }
}

Test(external, our_pids_come_back)
{
    assert_encodes_and_decodes(term_pid(1, 2), BYTES("\x83\x58" NODE "\0\0\0\x01\0\0\0\x02\0\0\0\0"));
    assert_encodes_and_decodes(term_pid(PID_INDEX_NOBODY - 1, UINT32_MAX),
                               BYTES("\x83\x58" NODE "\x0f\xff\xff\xfe\xff\xff\xff\xff\0\0\0\0"));
}

Test(external, our_references_come_back)
{
    assert_encodes_and_decodes(term_reference(0), BYTES("\x83\x5a\x00\x03" NODE "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    assert_encodes_and_decodes(
        term_reference((UINT64_C(1) << 60) - 1),
        BYTES("\x83\x5a\x00\x03" NODE "\0\0\0\0\x00\x03\xff\xff\xff\xff\xff\xff\x00\x00\x03\xff"));
    assert_encodes_and_decodes(term_reference(UINT64_C(1) << 18 | 5),
                               BYTES("\x83\x5a\x00\x03" NODE "\0\0\0\0\0\0\0\x05\0\0\0\x01\0\0\0\0"));
}

/* ---- what else Erlang reads ---- */

/* Decoded, and encoded as it is written now. */
static void assert_becomes(struct bytes given, struct bytes now)
{
    struct heap h;
    heap_init(&h);
    assert_encodes(decode_good(&h, given), now);
    heap_fini(&h);
}

Test(external, what_older_erlang_wrote_is_read)
{
    static const struct bytes pairs[][2] = {
        {BYTES("\x83\x64\x00\x02"
               "a\xe4"),
         BYTES("\x83\x77\x03"
               "a\xc3\xa4")},                                       /* ATOM_EXT is Latin-1 */
        {BYTES("\x83\x73\x01\xe4"), BYTES("\x83\x77\x02\xc3\xa4")}, /* SMALL_ATOM_EXT too */
        {BYTES("\x83\x76\x00\x01\x61"), BYTES("\x83\x77\x01\x61")}, /* a short one with a long length */
        {BYTES("\x83\x63"
               "1.50000000000000000000e+00\0\0\0\0\0"),
         BYTES("\x83\x46\x3f\xf8\0\0\0\0\0\0")}, /* FLOAT_EXT */
        {BYTES("\x83\x63"
               "-1.5000000000000000000000000e+0"),
         BYTES("\x83\x46\xbf\xf8\0\0\0\0\0\0")}, /* with no zero behind it */
        {BYTES("\x83\x58\x64\x00\x0dnonode@nohost\0\0\0\x01\0\0\0\x02\0\0\0\0"),
         BYTES("\x83\x58" NODE "\0\0\0\x01\0\0\0\x02\0\0\0\0")},
    };
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_becomes(pairs[i][0], pairs[i][1]);
}

Test(external, what_could_be_shorter_is_read)
{
    static const struct bytes pairs[][2] = {
        {BYTES("\x83\x62\0\0\0\x01"), BYTES("\x83\x61\x01")},
        {BYTES("\x83\x6e\x00\x00"), BYTES("\x83\x61\x00")},                       /* no digits */
        {BYTES("\x83\x6e\x01\x01\x00"), BYTES("\x83\x61\x00")},                   /* minus zero */
        {BYTES("\x83\x6e\x0a\x00\x05\0\0\0\0\0\0\0\0\0"), BYTES("\x83\x61\x05")}, /* zeros in front */
        {BYTES("\x83\x6f\0\0\0\x01\x00\x05"), BYTES("\x83\x61\x05")},             /* LARGE_BIG_EXT */
        {BYTES("\x83\x69\0\0\0\x01\x6a"), BYTES("\x83\x68\x01\x6a")},             /* LARGE_TUPLE_EXT */
        {BYTES("\x83\x6b\x00\x00"), BYTES("\x83\x6a")},                           /* a string of nothing */
        {BYTES("\x83\x6c\0\0\0\0\x61\x05"), BYTES("\x83\x61\x05")},               /* a list of nothing and a tail */
        {BYTES("\x83\x6c\0\0\0\x02\x61\x61\x61\x62\x6a"), BYTES("\x83\x6b\x00\x02\x61\x62")},
        {BYTES("\x83\x6c\0\0\0\x01\x61\x61\x6b\x00\x01\x62"), BYTES("\x83\x6b\x00\x02\x61\x62")},
        {BYTES("\x83\x4d\0\0\0\x01\x08\xff"), BYTES("\x83\x6d\0\0\0\x01\xff")}, /* a bit string of whole bytes */
        {BYTES("\x83\x4d\0\0\0\0\0"), BYTES("\x83\x6d\0\0\0\0")},
        {BYTES("\x83\x74\0\0\0\x02\x61\x02\x6a\x61\x01\x6a"), BYTES("\x83\x74\0\0\0\x02\x61\x01\x6a\x61\x02\x6a")},
    };
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_becomes(pairs[i][0], pairs[i][1]);
}

Test(external, what_follows_the_term_is_left)
{
    struct heap h;
    struct external_error error;
    size_t used = 0;
    heap_init(&h);
    cr_assert_eq(decode(&h, "\x83\x61\x05\x83\x61\x06", 6, &used, &error), term_int(5));
    cr_assert_eq(used, 3);
    cr_assert_eq(decode(&h, "\x83\x61\x05\x83", 4, NULL, &error), term_int(5));
    heap_fini(&h);
}

Test(external, encoding_appends)
{
    struct text text = encode_good(term_int(1));
    struct external_error error;
    cr_assert(term_encode(TERM_NIL, &text, &error));
    cr_assert_eq(text.count, 5);
    cr_assert_arr_eq(text.bytes, "\x83\x61\x01\x83\x6a", 5);
    text_fini(&text);
}

/* ---- what cannot be ---- */

static const struct {
    size_t at;
    const char *what;
    struct bytes bytes;
} bad[] = {
    {0, "the input ends inside a term", BYTES("")},
    {0, "the input ends inside a term", BYTES("\x83")},
    {0, "no version byte 131", BYTES("\x61\x01")},
    {1, "the input ends inside a term", BYTES("\x83\x61")},
    {3, "the input ends inside a term", BYTES("\x83\x68\x02\x61\x01")},
    {5, "the input ends inside a term", BYTES("\x83\x68\x02\x61\x01\x61")},
    {1, "the input ends inside a term", BYTES("\x83\x6d\xff\xff\xff\xff\x01")},
    {1, "the input ends inside a term", BYTES("\x83\x6f\xff\xff\xff\xff\x01\x01")},
    {1, "the input ends inside a term", BYTES("\x83\x77\x02\x61")},
    {1, "the input ends inside a term", BYTES("\x83\x6b\xff\xff\x61")},
    {1, "the input ends inside a term",
     BYTES("\x83\x63"
           "1.5")},
    {1, "the input ends inside a term", BYTES("\x83\x58" NODE "\0\0\0\x01\0\0\0\x02\0\0\0")},
    {1, "the input ends inside a term", BYTES("\x83\x5a\xff\xff" NODE "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
    {1, "more elements than there are bytes", BYTES("\x83\x68\x02\x6a")},
    {1, "more elements than there are bytes", BYTES("\x83\x69\x00\xff\xff\xff\x6a")},
    {1, "more elements than there are bytes", BYTES("\x83\x6c\xff\xff\xff\xff\x6a\x6a")},
    {1, "more elements than there are bytes", BYTES("\x83\x6c\0\0\0\x01\x6a")},
    {1, "more elements than there are bytes", BYTES("\x83\x74\xff\xff\xff\xff\x6a\x6a")},
    {1, "more elements than there are bytes", BYTES("\x83\x74\0\0\0\x01\x6a")},
    {3, "more elements than there are bytes", BYTES("\x83\x68\x02\x68\x02\x6a\x6a")},
    {1, "a tuple of more than 16,777,215 elements", BYTES("\x83\x69\xff\xff\xff\xff\x6a")},
    {1, "a tag that the format does not have", BYTES("\x83\x00")},
    {1, "a tag that the format does not have", BYTES("\x83\x83\x6a")},
    {1, "a compressed term: not supported here", BYTES("\x83\x50\0\0\0\x02\x78\x9c")},
    {1, "a function: not supported here", BYTES("\x83\x71\x77\x01\x61\x77\x01\x61\x61\x01")},
    {1, "a function: not supported here", BYTES("\x83\x70\0\0\0\x01")},
    {1, "a port: not supported here", BYTES("\x83\x78" NODE "\0\0\0\0\0\0\0\x01\0\0\0\0")},
    {1, "a pid from before OTP 23: not supported here", BYTES("\x83\x67" NODE "\0\0\0\x01\0\0\0\x02\0")},
    {1, "a reference from before OTP 23: not supported here", BYTES("\x83\x72\x00\x01" NODE "\0\0\0\0\0")},
    {1, "an integer beyond 64 bits: not supported here", BYTES("\x83\x6e\x08\x00\0\0\0\0\0\0\0\x80")},
    {1, "an integer beyond 64 bits: not supported here", BYTES("\x83\x6e\x08\x01\x01\0\0\0\0\0\0\x80")},
    {1, "an integer beyond 64 bits: not supported here", BYTES("\x83\x6e\x09\x00\0\0\0\0\0\0\0\0\x01")},
    {1, "a float that is no number", BYTES("\x83\x46\x7f\xf0\0\0\0\0\0\0")},
    {1, "a float that is no number", BYTES("\x83\x46\x7f\xf8\0\0\0\0\0\0")},
    {1, "a float that is no number",
     BYTES("\x83\x63"
           "infinity\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
    {1, "a float that is no number",
     BYTES("\x83\x63"
           "0x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
    {1, "a float that is no number",
     BYTES("\x83\x63"
           "1.0e+999\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
    {1, "an atom that is not UTF-8, or longer than 255 characters", BYTES("\x83\x77\x01\xe4")},
    {1, "an atom that is not UTF-8, or longer than 255 characters", BYTES("\x83\x77\x03\xed\xa0\x80")},
    {1, "a node whose name has a zero byte: not supported here",
     BYTES("\x83\x58\x77\x0fnonode@nohost\0x\0\0\0\x01\0\0\0\x02\0\0\0\0")},
    {1, "a node whose name is no atom", BYTES("\x83\x58\x61\x0dnonode@nohost\0\0\0\x01\0\0\0\x02\0\0\0\0")},
    {1, "a pid of another node: not supported here",
     BYTES("\x83\x58\x77\x03"
           "a@b\0\0\0\x01\0\0\0\x02\0\0\0\0")},
    {1, "a pid of another node: not supported here", BYTES("\x83\x58" NODE "\0\0\0\x01\0\0\0\x02\0\0\0\x01")},
    {1, "a pid that nobody can have here: not supported", BYTES("\x83\x58" NODE "\0\0\0\x00\0\0\0\x02\0\0\0\0")},
    {1, "a pid that nobody can have here: not supported", BYTES("\x83\x58" NODE "\x0f\xff\xff\xff\0\0\0\x02\0\0\0\0")},
    {1, "a reference that is not of this runtime: not supported here",
     BYTES("\x83\x5a\x00\x03" NODE "\0\0\0\0\x00\x04\x00\x00\0\0\0\0\0\0\0\0")},
    {1, "a reference that is not of this runtime: not supported here",
     BYTES("\x83\x5a\x00\x03" NODE "\0\0\0\0\0\0\0\0\0\0\0\0\x00\x00\x04\x00")},
    {1, "a reference that is not of this runtime: not supported here",
     BYTES("\x83\x5a\x00\x01" NODE "\0\0\0\0\0\0\0\0")},
    {1, "a bit string that ends inside a byte: not supported here", BYTES("\x83\x4d\0\0\0\x01\x07\xfe")},
    {1, "a bit string with more bits than a byte has", BYTES("\x83\x4d\0\0\0\x01\x09\xff")},
    {1, "a bit string with more bits than a byte has", BYTES("\x83\x4d\0\0\0\x01\x00\xff")},
    {10, "a map that has a key twice, which ends before this byte", BYTES("\x83\x74\0\0\0\x02\x6a\x6a\x6a\x6a")},
    {10, "an integer beyond 64 bits: not supported here",
     BYTES("\x83\x68\x02\x6c\0\0\0\x01\x61\x01\x6e\x08\x00\0\0\0\0\0\0\0\x80\x6a")},
};

Test(external, errors_say_where_and_what)
{
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct heap h;
        struct external_error error;
        heap_init(&h);
        cr_assert_eq(decode(&h, bad[i].bytes.first, bad[i].bytes.size, NULL, &error), TERM_NONE, "number %zu", i);
        cr_assert_str_eq(error.what, bad[i].what, "number %zu says: %s", i, error.what);
        cr_assert_eq(error.at, bad[i].at, "number %zu: %zu", i, error.at);
        cr_assert_eq(error.code, BL_EINVAL);
        heap_fini(&h);
    }
}

/* ATOM_UTF8_EXT, or ATOM_EXT, of n letters. */
static bl_error error_of_letters(char tag, size_t n)
{
    char bytes[4 + UINT16_MAX] = {(char)131, tag, (char)(n >> 8), (char)n};
    struct heap h;
    struct external_error error;
    memset(bytes + 4, 'x', n);
    heap_init(&h);
    term t = decode(&h, bytes, 4 + n, NULL, &error);
    cr_assert_eq(t == TERM_NONE, error.code != BL_OK);
    cr_assert(t || !strcmp(error.what, "an atom that is not UTF-8, or longer than 255 characters"));
    heap_fini(&h);
    return error.code;
}

Test(external, an_atom_has_255_characters_at_most)
{
    static const size_t too_long[] = {256, 1020, 1021, 1022, 2000, 65535};
    cr_assert_eq(error_of_letters('v', 255), BL_OK);
    cr_assert_eq(error_of_letters('d', 255), BL_OK);
    for (size_t i = 0; i < COUNT(too_long); i++) {
        cr_assert_eq(error_of_letters('v', too_long[i]), BL_EINVAL);
        cr_assert_eq(error_of_letters('d', too_long[i]), BL_EINVAL);
    }
}

Test(external, an_atom_too_many)
{
    struct heap h;
    struct external_error error;
    bl_error full = BL_OK;
    heap_init(&h);
    for (unsigned i = 0; full == BL_OK; i++) {
        char text[16];
        atom_intern(text, (size_t)snprintf(text, sizeof text, "atom_%u", i), &full);
    }
    cr_assert_eq(full, BL_ELIMIT);
    cr_assert_not(decode(&h, "\x83\x68\x01\x77\x03new", 8, NULL, &error));
    cr_assert_eq(error.code, BL_ELIMIT);
    cr_assert_eq(error.at, 3);
    cr_assert_eq(decode(&h, "\x83\x77\x06normal", 9, NULL, &error), term_atom(ATOM_normal), "known ones are read");
    heap_fini(&h);
}

static void assert_not_encoded(term t, const char *why)
{
    struct text text = encode_good(term_int(1));
    struct external_error error;
    cr_assert_not(term_encode(t, &text, &error));
    cr_assert_str_eq(error.what, why);
    cr_assert_eq(error.code, BL_EINVAL);
    cr_assert_eq(text.count, 3, "the text is as long as before");
    text_fini(&text);
}

Test(external, functions_and_own_words_are_not_encoded)
{
    struct heap h;
    heap_init(&h);
    term function = function_make(&h, 16, 1, NULL, 0), inside[] = {term_int(1), function};
    assert_not_encoded(function, "a function cannot be encoded");
    assert_not_encoded(tuple_make(&h, inside, 2), "a function cannot be encoded");
    assert_not_encoded(cell_make(&h, function, TERM_NIL), "a function cannot be encoded");
    assert_not_encoded(term_own(TERM_OWN_SIGNAL, 1), "what only the runtime says cannot be encoded");
    assert_not_encoded(TERM_NONE, "what only the runtime says cannot be encoded");
    assert_not_encoded(term_atom(ATOM_MAX - 1), "an atom that does not exist");
    heap_fini(&h);
}

Test(external, resources_are_not_encoded)
{
    static struct resource resource;
    struct heap h;
    heap_init(&h);
    term *payload = NULL, t = box_take(&h, BOX_RESOURCE, 1, &payload);
    payload[0] = (term)(uintptr_t)&resource;
    assert_not_encoded(t, "a resource cannot be encoded");
    heap_fini(&h);
}

/* ---- an enemy ---- */

static const struct bytes samples[] = {
    BYTES(
        "\x83\x68\x05\x61\x01\x62\xff\xff\xff\xff\x6e\x04\x00\x00\x00\x00\x80\x46\x3f\xf8\x00\x00\x00\x00\x00\x00\x6a"),
    BYTES("\x83\x6c\x00\x00\x00\x03\x77\x02\xc3\xa4\x6b\x00\x03\x61\x62\x63\x6d\x00\x00\x00\x03\x61\x62\x63\x6a"),
    BYTES("\x83\x74\x00\x00\x00\x02\x61\x01\x64\x00\x01\xe4\x68\x01\x6a\x74\x00\x00\x00\x01\x6a\x6a"),
    BYTES("\x83\x68\x02\x58" NODE "\0\0\0\x01\0\0\0\x02\0\0\0\0\x5a\x00\x03" NODE
          "\0\0\0\0\0\0\0\x05\0\0\0\x01\0\0\0\0"),
    BYTES("\x83\x68\x02\x63"
          "1.50000000000000000000e+00\0\0\0\0\0\x6f\0\0\0\x08\x00\x01\x02\x03\x04\x05\x06\x07\x08"),
    BYTES("\x83\x69\0\0\0\x02\x4d\0\0\0\x02\x08\xff\xff\x6c\0\0\0\x01\x6c\0\0\0\0\x6a\x61\x01"),
};

Test(external, no_beginning_of_a_term_is_one)
{
    for (size_t i = 0; i < COUNT(samples); i++)
        for (size_t n = 0; n < samples[i].size; n++) {
            struct heap h;
            struct external_error error;
            heap_init(&h);
            cr_assert_not(decode(&h, samples[i].first, n, NULL, &error), "%zu bytes of sample %zu", n, i);
            cr_assert_leq(error.at, n);
            heap_fini(&h);
        }
}

/* What could be decoded is encoded, and comes back the same. */
static void assert_survives(const void *bytes, size_t n)
{
    struct heap h;
    struct external_error error;
    heap_init(&h);
    term t = decode(&h, bytes, n, NULL, &error);
    if (t) {
        struct text text = encode_good(t);
        cr_assert_eq(term_same(decode_good(&h, (struct bytes){text.bytes, text.count}), t), ORDER_SAME);
        text_fini(&text);
    }
    heap_fini(&h);
}

Test(external, every_byte_may_be_any_other)
{
    for (size_t i = 0; i < COUNT(samples); i++)
        for (size_t at = 1; at < samples[i].size; at++)
            for (unsigned byte = 0; byte < 256; byte++) {
                char bytes[128];
                memcpy(bytes, samples[i].first, samples[i].size);
                bytes[at] = (char)byte;
                assert_survives(bytes, samples[i].size);
            }
}

/* Each of many nested containers claims one in `share` of the bytes that follow it. */
static void assert_claims_cost_little(uint8_t tag, size_t share)
{
    enum { LEVELS = 20000 };
    static uint8_t bytes[1 + 5 * LEVELS] = {131};
    for (size_t at = 1; at < sizeof bytes; at += 5) {
        size_t n = (sizeof bytes - at - 5) / share + (share > 1);
        memcpy(&bytes[at], (uint8_t[]){tag, n >> 24, n >> 16, n >> 8, n}, 5);
    }
    struct heap h;
    struct external_error error;
    heap_init(&h);
    cr_assert_not(decode(&h, bytes, sizeof bytes, NULL, &error));
    cr_assert_lt(heap_bytes(&h), 32 * sizeof bytes);
    heap_fini(&h);
}

Test(external, claims_of_elements_cost_little)
{
    for (size_t share = 1; share < 100000; share *= 3) {
        assert_claims_cost_little('i', share);
        assert_claims_cost_little('l', share);
        assert_claims_cost_little('t', share);
    }
}

static bool encodes_into(term t, size_t room, struct external_error *error)
{
    char buffer[256];
    struct text text;
    text_init_fixed(&text, buffer, room);
    bool good = term_encode(t, &text, error);
    cr_assert(good || text.count == 0);
    return good;
}

/* A text that lies in a buffer of ours cannot grow: memory runs out in all places. */
Test(external, a_text_without_room_is_no_memory)
{
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct heap h;
        heap_init(&h);
        term t = decode_good(&h, samples[i]);
        struct text text = encode_good(t);
        struct external_error error;
        for (size_t room = 0; room <= text.count; room++)
            cr_assert(!encodes_into(t, room, &error) && error.code == BL_ENOMEM);
        cr_assert(encodes_into(t, 256, &error));
        text_fini(&text);
        heap_fini(&h);
    }
}

/* ---- a million levels ---- */

/* `level`, `levels` times, an empty list, and `end` as often. */
static struct bytes nested(size_t levels, struct bytes level, struct bytes end)
{
    size_t size = 2 + levels * (level.size + end.size);
    char *bytes = malloc(size), *to = bytes;
    *to++ = (char)131;
    for (size_t i = 0; i < levels; i++, to += level.size)
        memcpy(to, level.first, level.size);
    *to++ = 'j';
    for (size_t i = 0; i < levels; i++, to += end.size)
        memcpy(to, end.first, end.size);
    return (struct bytes){bytes, size};
}

static void assert_depth(size_t levels, struct bytes level, struct bytes end)
{
    struct bytes deep = nested(levels, level, end);
    struct heap h;
    heap_init(&h);
    term t = decode_good(&h, deep);
    cr_assert_lt(heap_bytes(&h), 32 * deep.size);
    assert_encodes(t, deep);
    free((void *)deep.first);
    heap_fini(&h);
}

#define DEEP ((size_t)rounds(1000 * 1000))

Test(external, tuples_nested_million_deep)
{
    assert_depth(DEEP, BYTES("\x68\x01"), BYTES(""));
}

Test(external, tuples_nested_in_the_middle)
{
    assert_depth(DEEP, BYTES("\x68\x03\x61\x01"), BYTES("\x61\x03"));
}

Test(external, lists_nested_million_deep)
{
    assert_depth(DEEP, BYTES("\x6c\0\0\0\x01"), BYTES("\x6a"));
}

Test(external, maps_nested_million_deep)
{
    assert_depth(DEEP, BYTES("\x74\0\0\0\x01\x6a"), BYTES(""));
}
