/* What was printed is read as the same term; what is no term is refused in the right place. */
#include "data/parse.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/atom.h"
#include "data/box.h"
#include "data/map.h"
#include "data/print.h"
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

static term parse(const char *text, size_t length)
{
    struct text_error error;
    term t = term_parse(&heap, text, length, &error);
    cr_assert_eq(error.error == BL_OK, t != TERM_NONE);
    cr_assert(t, "%.*s: byte %zu: %s", length < 100 ? (int)length : 100, text, error.offset, error.sentence);
    return t;
}

/* What t is printed as; the caller frees it. */
static char *printed(term t)
{
    struct text text;
    text_init(&text);
    cr_assert(term_print(&text, t));
    char *copy = strdup(text_string(&text));
    text_fini(&text);
    return copy;
}

static void assert_reads(const char *text, const char *expected)
{
    char *got = printed(parse(text, strlen(text)));
    cr_assert_str_eq(got, expected, "%s is read as %s, and should be %s", text, got, expected);
    free(got);
}

/* As it is read, so it is printed. */
static void assert_comes_back(const char *text)
{
    assert_reads(text, text);
}

static void assert_refused(const char *text, size_t length, size_t offset, const char *word)
{
    struct text_error error;
    char *exact = malloc(length + !length); /* sanitizers see a step behind it */
    memcpy(exact, text, length);
    term t = term_parse(&heap, exact, length, &error);
    free(exact);
    cr_assert_eq(t, TERM_NONE, "%s was read", text);
    cr_assert_eq(error.error, BL_EINVAL);
    cr_assert_eq(error.offset, offset, "%s: byte %zu: %s", text, error.offset, error.sentence);
    cr_assert(strstr(error.sentence, word), "%s: byte %zu: %s", text, error.offset, error.sentence);
    cr_assert_eq(error.sentence[strlen(error.sentence) - 1], '.', "a sentence: %s", error.sentence);
}

/* ---- what is read ---- */

Test(parse, reads_what_is_printed, .init = start_heap, .fini = end_heap)
{
    static const char *const texts[] = {
        "0",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "2305843009213693952",
        "1.0",
        "-0.0",
        "5.0e-324",
        "1.7976931348623157e308",
        "0.0001",
        "ok",
        "'Ok'",
        "''",
        "'it\\'s'",
        "'\\x{1F41D}'",
        "'\\d\\001\\200'",
        "'a\\000b'",
        "'end\\000'",
        "\xc3\xa9t\xc3\xa9",
        "[]",
        "[1,2]",
        "[1|2]",
        "[[],[[]]]",
        "[a,b|{}]",
        "\"abc\"",
        "\"\\\"\\\\\\n\\e\xc3\xbf\"",
        "{}",
        "{a}",
        "{a,{b,[c]}}",
        "#{}",
        "#{1 => a,1.0 => b,a => #{}}",
        "<<>>",
        "<<\"abc\">>",
        "<<\"\xc3\xa9\">>",
        "<<0,1,255>>",
        "<0.12.3>",
        "<0.268435454.4294967295>",
        "#Ref<0.1.2.3>",
        "#Ref<0.1048575.1048575.1048575>",
        "[97,256]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_comes_back(texts[i]);
}

Test(parse, reads_what_erlang_reads_too, .init = start_heap, .fini = end_heap)
{
    static const struct {
        const char *text, *printed;
    } texts[] = {
        {" \n[ 1 ,\t2 % two ]\n , 3 | 4 ]\r\n%", "[1,2,3|4]"},
        {"%[\n%{\n%%\n7", "7"},
        {"16#ff", "255"},
        {"16#FF", "255"},
        {"2#1010", "10"},
        {"36#Zz", "1295"},
        {"-16#8000000000000000", "-9223372036854775808"},
        {"1_000_000", "1000000"},
        {"16#ff_ff", "65535"},
        {"+5", "5"},
        {"- 5", "-5"},
        {"007", "7"},
        {"1_0.2_5e1_0", "1.025e11"},
        {"$a", "97"},
        {"$\\n", "10"},
        {"$\\s", "32"},
        {"$ ", "32"},
        {"$\\x{3bb}", "955"},
        {"$\xce\xbb", "955"},
        {"-$a", "-97"},
        {"$'", "39"},
        {"$\\\\", "92"},
        {"$\\^a", "1"},
        {"$\\^[", "27"},
        {"1.0e5", "1.0e5"},
        {"1.0E+5", "1.0e5"},
        {"1.0e-400", "0.0"},
        {"00.5", "0.5"},
        {"\"a\" \"b\" % c\n \"d\"", "\"abd\""},
        {"\"\"", "[]"},
        {"\"\\x41\\x{42}\\103\\7\"", "[65,66,67,7]"},
        {"\"\\n\\t\\r\\b\\f\\v\\e\\s\\d\\q\\'\\\"\"", "[10,9,13,8,12,11,27,32,127,113,39,34]"},
        {"\"\xce\xbb\"", "[955]"},
        {"'ok'", "ok"},
        {"'\\x6f\\153'", "ok"},
        {"{ }", "{}"},
        {"[ ]", "[]"},
        {"#{ }", "#{}"},
        {"<< >>", "<<>>"},
        {"#{a=>1,b=>2, a => 3}", "#{a => 3,b => 2}"},
        {"[1|[2|[3]]]", "[1,2,3]"},
        {"[1|[]]", "[1]"},
        {"<<1, $b, \"cd\", 16#65>>", "<<1,98,99,100,101>>"},
        {"<<\"a\" \"b\",\"c\">>", "<<\"abc\">>"},
        {"<<\"\">>", "<<>>"},
        {"<<\"\xce\xbb\"/utf8>>", "<<\"\xc3\x8e\xc2\xbb\">>"},
        {"<<\"\xc3\xa9\"/utf8,\"\xc3\xa9\">>", "<<\"\xc3\x83\xc2\xa9\xc3\xa9\">>"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_reads(texts[i].text, texts[i].printed);
}

Test(parse, floats_are_the_nearest, .init = start_heap, .fini = end_heap)
{
    char text[1200] = "0.";
    memset(text + 2, '0', 1000);
    strcpy(text + 1002, "15e1001");
    assert_reads(text, "1.5");
    memset(text, '9', 400);
    strcpy(text + 400, ".0e-400");
    assert_reads(text, "1.0");
    /* half-way between 1 and the next double, and the least more than that */
    assert_reads("1.00000000000000011102230246251565404236316680908203125", "1.0");
    strcpy(text, "1.00000000000000011102230246251565404236316680908203125");
    memset(text + strlen(text), '0', 1001);
    strcpy(text + 1050, "1");
    assert_reads(text, "1.0000000000000002");
    assert_reads("9007199254740993.0", "9.007199254740992e15");
    assert_reads("0.0e999999999999999999999", "0.0");
    assert_reads("1.0e-999999999999999999999", "0.0");
}

Test(parse, a_map_of_many_keys_comes_back, .init = start_heap, .fini = end_heap)
{
    enum { MANY = 1000 };
    static term pairs[2 * MANY];
    for (int i = 0; i < MANY; i++) {
        pairs[2 * i] = i % 2 ? term_int(i) : float_make(&heap, i);
        pairs[2 * i + 1] = tuple_make(&heap, &pairs[i], 1);
    }
    term t = map_from(&heap, pairs, MANY);
    char *text = printed(t);
    cr_assert_eq(term_same(parse(text, strlen(text)), t), ORDER_SAME);
    free(text);
}

Test(parse, a_text_need_not_end_with_nul, .init = start_heap, .fini = end_heap)
{
    cr_assert_eq(parse("12345", 3), term_int(123));
    cr_assert(term_is_atom(parse("okay", 2)));
}

/* ---- what is refused ---- */

Test(parse, refuses_with_place_and_reason, .init = start_heap, .fini = end_heap)
{
    static const struct {
        const char *text;
        size_t offset;
        const char *word;
    } texts[] = {
        {"", 0, "no term"},
        {"  % nothing", 11, "no term"},
        {"1 2", 2, "nothing may follow"},
        {"a.", 1, "nothing may follow"},
        {"9223372036854775808", 0, "64 bits"},
        {"[-9223372036854775809]", 2, "64 bits"},
        {"16#1ffffffffffffffff", 0, "64 bits"},
        {"99999999999999999999", 0, "64 bits"},
        {"37#1", 0, "base"},
        {"1#0", 0, "base"},
        {"16#", 3, "digits"},
        {"2#2", 2, "digits"},
        {"1.0e", 4, "exponent"},
        {"1.0e+", 5, "exponent"},
        {"1.0e309", 0, "too large"},
        {"-", 1, "number"},
        {"-a", 1, "number"},
        {"1.", 1, "nothing may follow"},
        {"1e5", 1, "nothing may follow"},
        {".5", 0, "No term"},
        {"$", 1, "ends behind $"},
        {"$\\", 2, "ends behind \\"},
        {"$\\x", 1 + 2, "\\x"},
        {"$\\x{110000}", 3, "\\x{"},
        {"$\\x{d800}", 3, "\\x{"},
        {"$\\x{41", 3, "\\x{"},
        {"$\\x{}", 3, "\\x{"},
        {"$\\x4", 3, "\\x"},
        {"$\\^", 3, "\\^"},
        {"Name", 0, "variable"},
        {"_", 0, "variable"},
        {"\xce\xbb", 0, "quotes"},
        {"end", 0, "reserved"},
        {"[and]", 1, "reserved"},
        {"\"abc", 4, "\" is missing"},
        {"'abc", 4, "' is missing"},
        {"\"abc\\", 5, "ends behind"},
        {"\"\xff\"", 1, "UTF-8"},
        {"'\xed\xa0\x80'", 1, "UTF-8"},
        {"\xc0\x80", 0, "UTF-8"},
        {"<<\"\xe2\x82\">>", 3, "UTF-8"},
        {"$\xe2", 1, "UTF-8"},
        {"[", 1, "ends where a term"},
        {"[1", 2, "list"},
        {"[1,", 3, "ends where a term"},
        {"[1,]", 3, "No term"},
        {"[1 2]", 3, "list"},
        {"[1}", 2, "list"},
        {"[|1]", 1, "No term"},
        {"[1|", 3, "ends where"},
        {"[1|2,3]", 4, "tail"},
        {"[1|2|3]", 4, "tail"},
        {"]", 0, "No term"},
        {"{", 1, "ends where a term"},
        {"{1", 2, "tuple"},
        {"{1]", 2, "tuple"},
        {"{1|2}", 2, "tuple"},
        {"{,}", 1, "No term"},
        {"#", 0, "#"},
        {"#{", 2, "ends where a term"},
        {"#{a", 3, "=>"},
        {"#{a,", 3, "=>"},
        {"#{a}", 3, "=>"},
        {"#{a := 1}", 4, "=>"},
        {"#{a => 1", 8, "map"},
        {"#{a => }", 7, "No term"},
        {"#{a => 1 => 2}", 9, "map"},
        {"#record{}", 0, "#"},
        {"<<", 2, "0 to 255"},
        {"<<1", 3, ">>"},
        {"<<1,", 4, "0 to 255"},
        {"<<256>>", 2, "0 to 255"},
        {"<<-1>>", 2, "0 to 255"},
        {"<<1.5>>", 2, "0 to 255"},
        {"<<a>>", 2, "0 to 255"},
        {"<<1:4>>", 3, "Sizes"},
        {"<<\"\xce\xbb\">>", 2, "/utf8"},
        {"<<1>", 3, ">>"},
        {"<<\"a\"/utf16>>", 5, "Sizes"},
        {"<", 0, "pid"},
        {"<0.1>", 0, "pid"},
        {"<1.1.1>", 0, "pid"},
        {"<0.268435455.1>", 0, "pid"},
        {"<0.1.4294967296>", 0, "pid"},
        {"<0.1.99999999999999999999>", 0, "pid"},
        {"<0.1.1", 0, "pid"},
        {"#Ref<0.1.2>", 0, "reference"},
        {"#Ref<0.1.2.1048576>", 0, "reference"},
        {"#Fun<0x1234/2>", 0, "function"},
        {"\x01", 0, "No term"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_refused(texts[i].text, strlen(texts[i].text), texts[i].offset, texts[i].word);
    assert_refused("\0", 1, 0, "No term");
}

Test(parse, refuses_long_atoms, .init = start_heap, .fini = end_heap)
{
    enum { LONG = 3000 };
    static char text[LONG + 2];
    memset(text, 'a', LONG + 2);
    assert_refused(text, 256, 0, "too long");
    assert_refused(text, LONG, 0, "too long");
    cr_assert(term_is_atom(parse(text, 255)));
    text[0] = text[LONG + 1] = '\'';
    assert_refused(text, LONG + 2, 0, "too long");
}

static const char sample[] =
    "[{ok,'it''s' ,#{key => <<\"bytes\",1,2>>,{} => [1|2]}},-1.5e-3,\"te\\x{3bb}xt\" \"s\",$a,16#ff,"
    "<0.12.3>,#Ref<0.1.2.3>,9223372036854775807,<<\"\xce\xbb\"/utf8>>, % comment\n\xc3\xa9t\xc3\xa9]";

/* It is refused at a place that is in it, or what it is comes back. */
static void assert_survives(const char *text, size_t n)
{
    struct text_error error;
    char *exact = malloc(n + !n);
    memcpy(exact, text, n);
    term t = term_parse(&heap, exact, n, &error);
    free(exact);
    if (!t) {
        cr_assert(error.error == BL_EINVAL && error.offset <= n && *error.sentence);
        return;
    }
    char *again = printed(t);
    cr_assert_eq(term_same(parse(again, strlen(again)), t), ORDER_SAME, "%s", again);
    free(again);
}

Test(parse, survives_every_beginning_and_end, .init = start_heap, .fini = end_heap)
{
    for (size_t i = 0; i < sizeof sample; i++) {
        assert_survives(sample, i);
        assert_survives(sample + i, sizeof sample - 1 - i);
    }
}

Test(parse, survives_changed_bytes, .init = start_heap, .fini = end_heap)
{
    static const char likely[] = "[]{}<>#|,.\"'\\$=>/%0189aAex_ \n\xc3\xa9\xff";
    struct random r = {random_seed("parse.survives_changed_bytes")};
    for (int i = rounds(200000); i; i--) {
        char text[sizeof sample];
        memcpy(text, sample, sizeof sample);
        size_t from = random_below(&r, sizeof sample - 1),
               n = random_below(&r, (unsigned)(sizeof sample - 1 - from)) + 1;
        for (unsigned changes = 1 + random_below(&r, 3); changes; changes--)
            text[from + random_below(&r, (unsigned)n)] = likely[random_below(&r, sizeof likely - 1)];
        assert_survives(text + from, n);
        if (i % 1000 == 0) {
            heap_fini(&heap);
            heap_init(&heap);
        }
    }
}

/* ---- depth ---- */

/* n times the beginning, the middle, n times the end; the caller frees it. */
static char *repeated(const char *begin, size_t n, const char *middle, const char *end)
{
    size_t b = strlen(begin), m = strlen(middle), e = strlen(end);
    char *text = malloc(n * (b + e) + m + 1), *to = text;
    for (size_t i = 0; i < n; i++, to += b)
        memcpy(to, begin, b);
    memcpy(to, middle, m);
    to += m;
    for (size_t i = 0; i < n; i++, to += e)
        memcpy(to, end, e);
    *to = 0;
    return text;
}

Test(parse, million_levels, .init = start_heap, .fini = end_heap)
{
    static const char *const brackets[][2] = {{"[", "]"}, {"{", "}"}, {"{a,", "}"}, {"[1|[", "]]"}};
    for (int i = 0; i < 4; i++) {
        char *text = repeated(brackets[i][0], (size_t)rounds(1000000), "7", brackets[i][1]);
        term t = parse(text, strlen(text));
        if (i < 3) {
            char *again = printed(t);
            cr_assert(strcmp(again, text) == 0);
            free(again);
        }
        free(text);
        heap_fini(&heap);
    }
}

Test(parse, levels_of_maps, .init = start_heap, .fini = end_heap)
{
    char *text = repeated("#{a => ", (size_t)rounds(1000000), "7", "}");
    char *again = printed(parse(text, strlen(text)));
    cr_assert(strcmp(again, text) == 0);
    free(again);
    free(text);
}

Test(parse, million_levels_that_never_end, .init = start_heap, .fini = end_heap)
{
    static const char *const brackets[] = {"[", "{", "#{", "[1|", "#{{"};
    for (int i = 0; i < 5; i++) {
        size_t n = (size_t)rounds(1000000);
        char *text = repeated(brackets[i], n, "", "");
        struct text_error error;
        cr_assert_eq(term_parse(&heap, text, strlen(text), &error), TERM_NONE);
        cr_assert_eq(error.error, BL_EINVAL);
        cr_assert_eq(error.offset, strlen(text));
        free(text);
    }
}
