/* A term looks as Erlang would print it. */
#include "data/print.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "data/atom.h"
#include "data/box.h"
#include "data/decimal.h"
#include "data/map.h"
#include "support/random.h"
#include "support/scale.h"

static struct heap heap;

static void start_heap(void)
{
    heap_init(&heap);
}

static void end_heap(void)
{
    heap_fini(&heap);
}

static term atom(const char *text)
{
    bl_error error;
    term t = atom_intern(text, strlen(text), &error);
    cr_assert(t != TERM_NONE);
    return t;
}

static term number(double d)
{
    term t = float_make(&heap, d);
    cr_assert(t != TERM_NONE);
    return t;
}

static term list(const term *elements, size_t n, term tail)
{
    while (n)
        tail = cell_make(&heap, elements[--n], tail);
    return tail;
}

static term characters(const char *bytes, size_t n)
{
    term t = TERM_NIL;
    while (n)
        t = cell_make(&heap, term_int((unsigned char)bytes[--n]), t);
    return t;
}

#define TUPLE(...) tuple_make(&heap, (term[]){__VA_ARGS__}, sizeof((term[]){__VA_ARGS__}) / sizeof(term))
#define LIST(...)  list((term[]){__VA_ARGS__}, sizeof((term[]){__VA_ARGS__}) / sizeof(term), TERM_NIL)
#define MAP(...)   map_from(&heap, (term[]){__VA_ARGS__}, sizeof((term[]){__VA_ARGS__}) / sizeof(term) / 2)

/* Until the next one is printed. */
static const char *printed(term t, unsigned columns)
{
    static struct text text;
    text_fini(&text);
    text_init(&text);
    cr_assert(columns ? term_print_pretty(&text, t, columns) : term_print(&text, t));
    return text_string(&text);
}

static void assert_prints(term t, const char *expected)
{
    const char *got = printed(t, 0);
    cr_assert_str_eq(got, expected, "%s is printed, and should be %s", got, expected);
}

static void assert_pretty(term t, unsigned columns, const char *expected)
{
    const char *got = printed(t, columns);
    cr_assert_str_eq(got, expected, "\n%s\nis printed, and should be\n%s", got, expected);
}

/* ---- what is a word ---- */

Test(print, integers, .init = start_heap, .fini = end_heap)
{
    assert_prints(term_int(0), "0");
    assert_prints(term_int(-17), "-17");
    assert_prints(term_int(BL_INT_MAX), "2305843009213693951");
    assert_prints(term_int(BL_INT_MIN), "-2305843009213693952");
    assert_prints(integer_make(&heap, INT64_MAX), "9223372036854775807");
    assert_prints(integer_make(&heap, INT64_MIN), "-9223372036854775808");
}

Test(print, atoms_are_quoted_when_they_must_be)
{
    static const char *const plain[] = {"ok", "a1_@Z", "maybe", "else", "\xc3\xa9t\xc3\xa9", "\xc3\x9f"};
    static const struct {
        const char *text, *printed;
    } quoted[] = {
        {"", "''"},
        {"Ok", "'Ok'"},
        {"two words", "'two words'"},
        {"1a", "'1a'"},
        {"_", "'_'"},
        {"it's", "'it\\'s'"},
        {"a\\b", "'a\\\\b'"},
        {"a\nb", "'a\\nb'"},
        {"\x7f", "'\\d'"},
        {"\x01", "'\\001'"},
        {"\xc2\x80", "'\\200'"},
        {"\xc2\xa0", "'\xc2\xa0'"},
        {"\xce\xbb", "'\\x{3BB}'"},
        {"a\xf0\x9f\x90\x9d", "'a\\x{1F41D}'"},
        {"\"", "'\"'"},
        {"end", "'end'"},
        {"receive", "'receive'"},
        {"xor", "'xor'"},
        {"\xc3\xb7", "'\xc3\xb7'"},
        {"a-b", "'a-b'"},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_prints(atom(plain[i]), plain[i]);
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++)
        assert_prints(atom(quoted[i].text), quoted[i].printed);
}

Test(print, pids_and_references_name_their_parts)
{
    assert_prints(term_pid(12, 3), "<0.12.3>");
    assert_prints(term_pid(PID_INDEX_NOBODY - 1, UINT32_MAX), "<0.268435454.4294967295>");
    assert_prints(term_reference(0), "#Ref<0.0.0.0>");
    assert_prints(term_reference((UINT64_C(1) << 60) - 1), "#Ref<0.1048575.1048575.1048575>");
    assert_prints(term_reference(UINT64_C(1) << 40 | 2 << 20 | 3), "#Ref<0.1.2.3>");
}

Test(print, what_is_no_term_is_printed_too, .init = start_heap, .fini = end_heap)
{
    assert_prints(TERM_NONE, "#Own<16#0>");
    assert_prints(function_make(&heap, 0x1234, 2, (term[]){term_int(1)}, 1), "#Fun<0x1234/2>");
}

/* ---- floats ---- */

Test(print, floats_are_as_short_as_can_be, .init = start_heap, .fini = end_heap)
{
    static const struct {
        double value;
        const char *printed;
    } known[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {0.1, "0.1"},
        {0.001, "0.001"},
        {0.0001, "0.0001"},
        {0.00012, "1.2e-4"},
        {1e-5, "1.0e-5"},
        {100.0, "100.0"},
        {1000.0, "1.0e3"},
        {1200.0, "1.2e3"},
        {123456.789, "123456.789"},
        {1e10, "1.0e10"},
        {-2.5e-3, "-0.0025"},
        {123456789012.0, "123456789012.0"},
        {9007199254740991.0, "9007199254740991.0"},
        {9007199254740992.0, "9.007199254740992e15"},
        {1e22, "1.0e22"},
        {1e23, "1.0e23"},
        {5e-324, "5.0e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e308"},
        {0x1p-44, "5.684341886080802e-14"},
        {0x1p-1022, "2.2250738585072014e-308"},
        {0.3, "0.3"},
        {2.0 / 3, "0.6666666666666666"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_prints(number(known[i].value), known[i].printed);
}

Test(print, floats_read_back_as_the_same)
{
    struct random r = {random_seed("print.floats_read_back_as_the_same")};
    for (int i = rounds(200000); i; i--) {
        uint64_t bits = random_next(&r) >> 1;
        struct decimal d;
        double f, shorter;
        memcpy(&f, &bits, sizeof f);
        if (!isfinite(f) || f == 0)
            continue;
        decimal_shortest(f, &d);
        cr_assert(decimal_value(d.digits, (size_t)d.count, d.point - d.count) == f, "%a", f);
        cr_assert(d.digits[0] != '0' && (d.count == 1 || d.digits[d.count - 1] != '0'), "%a", f);
        char text[40];
        snprintf(text, sizeof text, "%.*e", d.count > 1 ? d.count - 2 : 0, f);
        shorter = strtod(text, NULL);
        cr_assert(d.count == 1 || shorter != f, "%a has a shorter form: %s", f, text);
    }
}

/* ---- text and bytes ---- */

Test(print, lists_of_printable_characters_are_text, .init = start_heap, .fini = end_heap)
{
    assert_prints(TERM_NIL, "[]");
    assert_prints(characters("abc", 3), "\"abc\"");
    assert_prints(characters("\"\\\n\r\t\v\b\f\x1b'", 10), "\"\\\"\\\\\\n\\r\\t\\v\\b\\f\\e'\"");
    assert_prints(characters("\xa0\xff", 2), "\"\xc2\xa0\xc3\xbf\"");
    assert_prints(characters("a\x7f", 2), "[97,127]");
    assert_prints(characters("a\0", 2), "[97,0]");
    assert_prints(characters("\x9f", 1), "[159]");
    assert_prints(LIST(term_int(97), term_int(256)), "[97,256]");
    assert_prints(LIST(term_int(97), term_int(-1)), "[97,-1]");
    assert_prints(list((term[]){term_int(97)}, 1, term_int(98)), "[97|98]");
    assert_prints(LIST(characters("a", 1), characters("b", 1)), "[\"a\",\"b\"]");
}

Test(print, binaries, .init = start_heap, .fini = end_heap)
{
    uint8_t large[BINARY_HEAP_MOST + 1];
    memset(large, 'x', sizeof large);
    assert_prints(binary_make(&heap, "", 0), "<<>>");
    assert_prints(binary_make(&heap, "a\"b\n\xe9", 5), "<<\"a\\\"b\\n\xc3\xa9\">>");
    assert_prints(binary_make(&heap, "a\0\xff\x01", 4), "<<97,0,255,1>>");
    cr_assert_eq(strlen(printed(binary_make(&heap, large, sizeof large), 0)), sizeof large + 6);
}

/* ---- what has parts ---- */

Test(print, lists_and_tuples, .init = start_heap, .fini = end_heap)
{
    term a = atom("a"), one = term_int(1);
    assert_prints(tuple_make(&heap, NULL, 0), "{}");
    assert_prints(TUPLE(a), "{a}");
    assert_prints(TUPLE(a, TUPLE(one, number(1.0)), LIST(a, TUPLE(a))), "{a,{1,1.0},[a,{a}]}");
    assert_prints(list((term[]){one, a}, 2, TUPLE(one)), "[1,a|{1}]");
    assert_prints(LIST(LIST(LIST(TERM_NIL))), "[[[[]]]]");
}

Test(print, maps_have_their_keys_in_order, .init = start_heap, .fini = end_heap)
{
    term a = atom("a"), one = term_int(1);
    assert_prints(map_empty(&heap), "#{}");
    assert_prints(MAP(TUPLE(a), one, a, term_int(2), number(1.0), one, one, a, TERM_NIL, map_empty(&heap)),
                  "#{1 => a,1.0 => 1,a => 2,{a} => 1,[] => #{}}");
}

Test(print, maps_with_many_keys_have_them_all, .init = start_heap, .fini = end_heap)
{
    enum { MANY = 1000 };
    static term pairs[2 * MANY];
    static int seen[MANY];
    for (int i = 0; i < MANY; i++)
        pairs[2 * i] = pairs[2 * i + 1] = term_int(i);
    const char *s = printed(map_from(&heap, pairs, MANY), 0);
    int n = 0, key, value, length;
    cr_assert_eq(strncmp(s, "#{", 2), 0);
    for (s += 2; sscanf(s, "%d => %d%n", &key, &value, &length) == 2; s += length + 1, n++) {
        cr_assert(key == value && key >= 0 && key < MANY && !seen[key]++);
        cr_assert_eq(s[length], n == MANY - 1 ? '}' : ',');
    }
    cr_assert_eq(n, MANY);
}

/* ---- on several lines ---- */

Test(print, breaks_where_erlang_breaks, .init = start_heap, .fini = end_heap)
{
    term numbers[40], a = atom("a");
    for (int i = 0; i < 40; i++)
        numbers[i] = term_int(i + 300);
    assert_pretty(list(numbers, 40, TERM_NIL), 80,
                  "[300,301,302,303,304,305,306,307,308,309,310,311,312,313,314,315,316,317,318,\n"
                  " 319,320,321,322,323,324,325,326,327,328,329,330,331,332,333,334,335,336,337,\n"
                  " 338,339]");
    assert_pretty(TUPLE(a, list(numbers, 20, TERM_NIL), a), 40,
                  "{a,[300,301,302,303,304,305,306,307,\n"
                  "    308,309,310,311,312,313,314,315,\n"
                  "    316,317,318,319],\n"
                  "   a}");
    assert_pretty(MAP(a, list(numbers, 10, TERM_NIL), TERM_NIL, a), 20,
                  "#{a =>\n"
                  "      [300,301,\n"
                  "       302,303,\n"
                  "       304,305,\n"
                  "       306,307,\n"
                  "       308,309],\n"
                  "  [] => a}");
    assert_pretty(binary_make(&heap, "\1\2\3\4\5\6\7", 7), 10, "<<1,2,3,4,\n  5,6,7>>");
    assert_pretty(LIST(TUPLE(a), TUPLE(a)), 80, "[{a},{a}]");
    assert_pretty(LIST(TUPLE(a), TUPLE(a)), 8, "[{a},\n {a}]");
    assert_pretty(a, 1, "a");
}

Test(print, zero_columns_are_one_line, .init = start_heap, .fini = end_heap)
{
    term long_text = characters("0123456789", 10), pair = TUPLE(long_text, long_text),
         t = TUPLE(pair, pair, pair, pair, pair);
    struct text text;
    text_init(&text);
    cr_assert(term_print_pretty(&text, t, 0));
    cr_assert_str_eq(text_string(&text), printed(t, 0));
    cr_assert(!strchr(text_string(&text), '\n'));
    text_fini(&text);
}

/* ---- depth ---- */

static term nested(bool tuples, int levels, term t)
{
    for (; levels; levels--)
        t = tuples ? tuple_make(&heap, &t, 1) : cell_make(&heap, t, TERM_NIL);
    return t;
}

Test(print, million_levels, .init = start_heap, .fini = end_heap)
{
    int levels = rounds(1000000);
    for (int tuples = 0; tuples < 2; tuples++) {
        const char *s = printed(nested(tuples, levels, term_int(7)), 0);
        cr_assert_eq(strlen(s), 2 * (size_t)levels + 1);
        cr_assert_eq(strspn(s, tuples ? "{" : "["), levels);
        cr_assert_eq(s[levels], '7');
        cr_assert_eq(strspn(s + levels + 1, tuples ? "}" : "]"), levels);
    }
}

Test(print, million_levels_pretty, .init = start_heap, .fini = end_heap)
{
    int levels = rounds(1000000);
    const char *s = printed(nested(true, levels, term_int(7)), 80);
    cr_assert_eq(strlen(s), 2 * (size_t)levels + 1, "nothing to break: all on one line");
    term t = nested(true, PRETTY_DEPTH + 10, term_int(7));
    cr_assert_eq(strspn(printed(TUPLE(t, t), 80) + 1, "{"), PRETTY_DEPTH + 10);
}

Test(print, million_elements, .init = start_heap, .fini = end_heap)
{
    int n = rounds(1000000);
    term t = TERM_NIL;
    for (int i = 0; i < n; i++)
        t = cell_make(&heap, term_int(0), t);
    cr_assert_eq(strlen(printed(t, 0)), 2 * (size_t)n + 1);
    const char *s = printed(t, 80);
    cr_assert_eq(strcspn(s, "\n"), 77);
}

/* ---- the text itself ---- */

Test(text, grows)
{
    struct text t;
    text_init(&t);
    cr_assert_str_eq(text_string(&t), "");
    for (int i = 0; i < 10000; i++)
        text_add(&t, "abc", 3);
    text_add_char(&t, '!');
    text_add_spaces(&t, 100);
    cr_assert_eq(t.count, 30101);
    cr_assert_eq(strlen(text_string(&t)), 30101);
    cr_assert_eq(strcspn(t.bytes, "!"), 30000);
    cr_assert_not(t.failed);
    text_fini(&t);
}

Test(text, counts_what_does_not_fit)
{
    for (size_t size = 0; size < 12; size++) {
        char buffer[12];
        struct text t;
        memset(buffer, '#', sizeof buffer);
        text_init_fixed(&t, buffer, size);
        text_add(&t, "abc", 3);
        text_add_char(&t, 'd');
        text_add_string(&t, "efgh");
        text_string(&t);
        cr_assert_eq(t.count, 8);
        if (size)
            cr_assert_eq(strlen(buffer), size > 8 ? 8 : size - 1);
        cr_assert_eq(strncmp(buffer, "abcdefgh", size ? strlen(buffer) : 0), 0);
        cr_assert_eq(buffer[size < 12 ? size : 0], '#', "nothing behind the buffer");
        text_fini(&t);
    }
}

Test(text, only_counts_without_a_buffer, .init = start_heap, .fini = end_heap)
{
    struct text t;
    text_init_fixed(&t, NULL, 0);
    cr_assert(term_print(&t, TUPLE(term_int(1), term_int(2))));
    cr_assert_eq(t.count, 5);
    cr_assert_null(text_string(&t));
    text_fini(&t);
}

Test(text, a_buffer_takes_a_term_as_snprintf_would, .init = start_heap, .fini = end_heap)
{
    char buffer[4];
    struct text t;
    text_init_fixed(&t, buffer, sizeof buffer);
    cr_assert(term_print(&t, TUPLE(atom("abc"), term_int(2))));
    cr_assert_str_eq(text_string(&t), "{ab");
    cr_assert_eq(t.count, 7);
    text_fini(&t);
}
