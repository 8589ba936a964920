/* What a text matches, what it makes, and what is wrong with it. */
#include "data/compile.h"

#include <criterion/criterion.h>
#include <math.h>

#include "data/atom.h"
#include "data/map.h"
#include "support/random.h"
#include "support/scale.h"

/* ---- short words ---- */

static struct heap heap;

static term atom(const char *text)
{
    bl_error error;
    return atom_intern(text, strlen(text), &error);
}

static struct pattern *compiled(const char *text)
{
    struct text_error error;
    struct pattern *p = pattern_compile(text, strlen(text), &error);
    cr_assert(p, "%s: at %zu: %s", text, error.offset, error.sentence);
    cr_assert_eq(error.error, BL_OK);
    return p;
}

/* What a program sees by itself (bl_look_at()) is true. */
static void assert_looks_right(const struct pattern *p, term t, enum pattern_result result, const char *text)
{
    bl_site site = {(void *)p, 0};
    enum bl_seen seen = bl_look_at((bl_term){t}, &site);
    cr_assert(seen == BL_UNDECIDED_ || seen == (result == PATTERN_YES ? BL_MATCHES_ : BL_MISFIT_), "%s", text);
    if (result == PATTERN_YES)
        cr_assert(pattern_may_match(p, t), "%s", text);
}

static enum pattern_result match_args(const struct pattern *p, term t, const uint64_t *words, const char *text)
{
    enum pattern_result result = pattern_match_args(p, t, words);
    assert_looks_right(p, t, result, text);
    return result;
}

static enum pattern_result match(const char *text, term t, ...)
{
    va_list args;
    struct pattern *p = compiled(text);
    va_start(args, t);
    enum pattern_result result = pattern_match(p, t, &args);
    va_end(args);
    assert_looks_right(p, t, result, text);
    pattern_free(p);
    return result;
}

#define MATCHES(...) cr_assert_eq(match(__VA_ARGS__), PATTERN_YES)
#define MISFITS(...) cr_assert_eq(match(__VA_ARGS__), PATTERN_NO)

/* With the values, on `heap`; TERM_NONE and *error. */
static term try_to_make(bl_error *error, const char *text, va_list *args)
{
    struct text_error wrong;
    struct build *b = build_compile(text, strlen(text), &wrong);
    cr_assert(b, "%s: at %zu: %s", text, wrong.offset, wrong.sentence);
    term t = build_make(&heap, b, args, error);
    syntax_free(b);
    return t;
}

static term make(const char *text, ...)
{
    va_list args;
    bl_error error;
    va_start(args, text);
    term t = try_to_make(&error, text, &args);
    va_end(args);
    cr_assert(t, "%s: %d", text, error);
    cr_assert_eq(error, BL_OK);
    return t;
}

static bl_error refused(const char *text, ...)
{
    va_list args;
    bl_error error;
    va_start(args, text);
    term t = try_to_make(&error, text, &args);
    va_end(args);
    cr_assert_eq(t, TERM_NONE);
    return error;
}

static bool same(term a, term b)
{
    enum order order = term_same(a, b);
    cr_assert_neq(order, ORDER_NO_MEMORY);
    return order == ORDER_SAME;
}

static bl_term give(term t)
{
    return (bl_term){t};
}

static const char *term_text(term binary)
{
    static char text[100];
    cr_assert(term_is_binary(binary) && binary_size(binary) < sizeof text);
    memcpy(text, binary_bytes(binary), binary_size(binary));
    text[binary_size(binary)] = 0;
    return text;
}

/* One term of each kind, and of kinds within kinds. */
enum kind {
    SMALL,
    LARGE,
    FLOAT,
    ATOM,
    PID,
    REFERENCE,
    BINARY,
    SHARED,
    NIL,
    CELL,
    TUPLE,
    PAIR,
    MAP,
    TRIE,
    FUNCTION,
    KINDS
};

static term of_kind(enum kind kind)
{
    static const char bytes[100] = "a hundred";
    static const term two[] = {TERM_NIL, TERM_NIL};
    term map = map_empty(&heap);
    switch (kind) {
    case SMALL: return term_int(42);
    case LARGE: return integer_make(&heap, INT64_MAX);
    case FLOAT: return float_make(&heap, 2.5);
    case ATOM: return atom("atom");
    case PID: return term_pid(17, 4);
    case REFERENCE: return term_reference(77);
    case BINARY: return binary_make(&heap, bytes, 16);
    case SHARED: return binary_make(&heap, bytes, sizeof bytes);
    case NIL: return TERM_NIL;
    case CELL: return cell_make(&heap, term_int(1), TERM_NIL);
    case TUPLE: return tuple_make(&heap, NULL, 0);
    case PAIR: return tuple_make(&heap, two, 2);
    case MAP: return map_put(&heap, map, term_int(1), TERM_NIL);
    case TRIE:
        for (int i = 0; i < 100; i++)
            map = map_put(&heap, map, term_int(i), term_int(-i));
        return map;
    case FUNCTION: return function_make(&heap, 4096, 1, two, 2);
    case KINDS: break;
    }
    return TERM_NONE;
}

/* ---- holes ---- */

Test(pattern, each_hole_has_its_kinds_and_no_others)
{
    static const struct {
        const char *text;
        unsigned kinds;
    } holes[] = {
        {"%t", (1 << KINDS) - 1},
        {"%i", 1 << SMALL | 1 << LARGE},
        {"%f", 1 << FLOAT},
        {"%n", 1 << SMALL | 1 << LARGE | 1 << FLOAT},
        {"%a", 1 << ATOM},
        {"%p", 1 << PID},
        {"%r", 1 << REFERENCE},
        {"%b", 1 << BINARY | 1 << SHARED},
        {"%16b", 1 << BINARY},
        {"%100b", 1 << SHARED},
        {"%l", 1 << NIL | 1 << CELL},
        {"%T", 1 << TUPLE | 1 << PAIR},
        {"%0T", 1 << TUPLE},
        {"%2T", 1 << PAIR},
        {"%m", 1 << MAP | 1 << TRIE},
        {"%1m", 1 << MAP},
        {"%100m", 1 << TRIE},
        {"%F", 1 << FUNCTION},
    };
    /* alone, and where the cursor must go: in tuples, lists, maps, first and not first */
    static const char *const around[][2] = {
        {"", ""},          {"{", "}"},     {"{x, 1, {y, ", "}, 2}"}, {"[", " | 3]"},
        {"[0, {}, ", "]"}, {"[0 | ", "]"}, {"#{k := ", "}"},         {"{#{k := #{l := [", "]}}, 1}"}};
    for (size_t h = 0; h < sizeof holes / sizeof *holes; h++)
        for (int w = 0; w < 8; w++)
            for (enum kind k = 0; k < KINDS; k++) {
                char pattern[100], term_pattern[100];
                snprintf(pattern, sizeof pattern, "%s%s%s", around[w][0], holes[h].text, around[w][1]);
                snprintf(term_pattern, sizeof term_pattern, "%s%%t%s", around[w][0], around[w][1]);
                term inner = of_kind(k), t = make(term_pattern, give(inner));
                union {
                    uint64_t word;
                    double number;
                } got = {.word = 0xdead};
                bool fits = holes[h].kinds >> k & 1;
                cr_assert_eq(match(pattern, t, &got), fits ? PATTERN_YES : PATTERN_NO, "%s and kind %d", pattern, k);
                if (!fits)
                    cr_assert_eq(got.word, 0xdead, "a misfit writes nothing");
                else if (strchr(holes[h].text, 'n'))
                    cr_assert_eq(got.number, k == FLOAT ? 2.5 : (double)integer_value(inner));
                else if (strchr(holes[h].text, 'f'))
                    cr_assert_eq(got.number, 2.5);
                else if (strchr(holes[h].text, 'i'))
                    cr_assert_eq((int64_t)got.word, integer_value(inner));
                else
                    cr_assert_eq(got.word, inner);
                snprintf(pattern, sizeof pattern, "%s%%*%s%s", around[w][0], holes[h].text + 1, around[w][1]);
                cr_assert_eq(match(pattern, t), fits ? PATTERN_YES : PATTERN_NO, "%s and kind %d", pattern, k);
            }
    heap_fini(&heap);
}

Test(pattern, integers_of_all_sizes_come_out)
{
    static const int64_t numbers[] = {0,         1,        -1, BL_INT_MAX, BL_INT_MIN, BL_INT_MAX + 1, BL_INT_MIN - 1,
                                      INT64_MAX, INT64_MIN};
    for (int i = 0; i < 9; i++) {
        int64_t n = 7;
        MATCHES("{%i}", make("{%i}", numbers[i]), &n);
        cr_assert_eq(n, numbers[i]);
        MATCHES("{%=i}", make("{%i}", numbers[i]), numbers[i]);
        MISFITS("{%=i}", make("{%i}", numbers[i]), numbers[(i + 1) % 9]);
        MATCHES("#{%=i := x}", make("#{%i => x}", numbers[i]), numbers[i]);
    }
    heap_fini(&heap);
}

Test(pattern, what_holes_meet_is_written_only_when_all_of_it_matches)
{
    bl_term a = {1}, c = {1};
    int64_t i = 1;
    bl_pid p = {1};
    double f = 1;
    MISFITS("{%t, %i, %p, %f, [%t], wrong}",
            make("{%t, 5, %p, 2.5, [x], right}", give(TERM_NIL), (bl_pid){term_pid(1, 1)}), &a, &i, &p, &f, &c);
    MISFITS("{%t, %i, %p, %f, [%t, %*t]}", make("{%t, 5, %p, 2.5, [x]}", give(TERM_NIL), (bl_pid){term_pid(1, 1)}), &a,
            &i, &p, &f, &c);
    cr_assert(a.word == 1 && i == 1 && p.word == 1 && f == 1 && c.word == 1);
    MATCHES("{%t, %i, %p, %f, [%t], right}",
            make("{%t, 5, %p, 2.5, [x], right}", give(TERM_NIL), (bl_pid){term_pid(1, 1)}), &a, &i, &p, &f, &c);
    cr_assert(a.word == TERM_NIL && i == 5 && p.word == term_pid(1, 1) && f == 2.5 && c.word == atom("x"));
    heap_fini(&heap);
}

Test(pattern, as_many_holes_as_there_may_be)
{
    char text[200] = "{";
    term elements[BUILD_ARGS_MOST];
    bl_term got[BUILD_ARGS_MOST];
    uint64_t words[BUILD_ARGS_MOST];
    for (int i = 0; i < BUILD_ARGS_MOST; i++) {
        strcat(text, i ? ", %t" : "%t");
        elements[i] = term_int(i);
        words[i] = (uintptr_t)&got[i];
    }
    struct pattern *p = compiled(strcat(text, "}"));
    cr_assert_eq(pattern_arguments(p), BUILD_ARGS_MOST);
    cr_assert_eq(pattern_match_args(p, tuple_make(&heap, elements, BUILD_ARGS_MOST), words), PATTERN_YES);
    for (int i = 0; i < BUILD_ARGS_MOST; i++)
        cr_assert_eq(got[i].word, term_int(i));
    pattern_free(p);
    heap_fini(&heap);
}

/* ---- pins ---- */

Test(pattern, pins_match_what_they_are)
{
    for (enum kind k = 0; k < KINDS; k++)
        for (enum kind other = 0; other < KINDS; other++) {
            cr_assert_eq(match("%=t", of_kind(k), give(of_kind(other))), k == other ? PATTERN_YES : PATTERN_NO);
            cr_assert_eq(match("{a, %=t}", make("{a, %t}", give(of_kind(k))), give(of_kind(other))),
                         k == other ? PATTERN_YES : PATTERN_NO, "%d and %d", k, other);
            cr_assert_eq(match("%=a", of_kind(k), give(of_kind(other))),
                         k == other && k == ATOM ? PATTERN_YES : PATTERN_NO);
            cr_assert_eq(match("{%=r}", make("{%t}", give(of_kind(k))), give(of_kind(other))),
                         k == other && k == REFERENCE ? PATTERN_YES : PATTERN_NO);
            cr_assert_eq(match("[%=p]", make("[%t]", give(of_kind(k))), (bl_pid){of_kind(other)}),
                         k == other && k == PID ? PATTERN_YES : PATTERN_NO);
        }
    heap_fini(&heap);
}

Test(pattern, a_pin_may_be_nothing)
{
    MISFITS("%=t", term_int(0), give(TERM_NONE));
    MISFITS("%=a", term_int(0), give(TERM_NONE));
    MISFITS("%=p", term_int(0), (bl_pid){term_own(TERM_OWN_ERROR, BL_ELIMIT)});
    MISFITS("#{%=t := _}", of_kind(MAP), give(TERM_NONE));
    MISFITS("#{%=t := _}", of_kind(TRIE), give(TERM_NONE));
    heap_fini(&heap);
}

/* ---- literals ---- */

Test(pattern, literals_match_themselves_only)
{
    static const char *const literals[] = {
        "inc",
        "'inc '",
        "''",
        "0",
        "1",
        "-1",
        "1.0",
        "0.5",
        "9223372036854775807",
        "-9223372036854775808",
        "\"abc\"",
        "\"abd\"",
        "\"ab\"",
        "[]",
        "<<>>",
        "<<\"abc\">>",
        "<<\"abd\">>",
        "<<\"0123456789012345678901234567890123456789012345678901234567890123456789\">>",
        "{}",
        "{a}",
        "{a, b}",
        "{b, a}",
        "[a]",
        "[a, b]",
        "[a | b]",
        "[a, b | c]",
        "{{}}",
        "{[], {}}",
        "[[], {a, [b, 1.5]}]",
        "{\"abc\"}"};
    enum { N = sizeof literals / sizeof *literals };
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            const char *a = literals[i], *b = literals[j];
            cr_assert_eq(match(a, make(b)), i == j ? PATTERN_YES : PATTERN_NO, "%s and %s", a, b);
            char deep_a[200], deep_b[200];
            snprintf(deep_a, sizeof deep_a, "{x, [1, {%s, %s}]}", a, b);
            snprintf(deep_b, sizeof deep_b, "{x, [1, {%s, %s}]}", b, a);
            cr_assert_eq(match(deep_a, make(deep_b)), i == j ? PATTERN_YES : PATTERN_NO, "%s and %s", deep_a, deep_b);
        }
    heap_fini(&heap);
}

Test(pattern, one_and_one_point_zero_differ_and_zeroes_do_not)
{
    MISFITS("1", make("1.0"));
    MISFITS("1.0", make("1"));
    MATCHES("0.0", make("-0.0"));
    MATCHES("-0.0", make("0.0"));
    heap_fini(&heap);
}

Test(pattern, texts_of_literals)
{
    static const struct {
        const char *text;
        int64_t number;
    } numbers[] = {
        {"16#ff", 255}, {"-16#FF", -255}, {"2#101", 5},    {"36#z", 35},        {"1_000", 1000},        {"$a", 'a'},
        {"$ ", ' '},    {"$\\n", '\n'},   {"$\\\\", '\\'}, {"$\u20ac", 0x20ac}, {"$\\x{20ac}", 0x20ac}, {"-0", 0},
        {"007", 7},     {"\t 42\n", 42}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        cr_assert_eq(make(numbers[i].text), term_int(numbers[i].number), "%s", numbers[i].text);
    static const struct {
        const char *text;
        double number;
    } floats[] = {{"1.5", 1.5},
                  {"-2.5e-3", -2.5e-3},
                  {"1.0E+3", 1000},
                  {"1_0.2_5", 10.25},
                  {"1.7976931348623157e308", 1.7976931348623157e308},
                  {"5.0e-324", 5e-324},
                  {"1.0e-99999999999", 0},
                  {"0.1", 0.1}};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        cr_assert_eq(float_value(make(floats[i].text)), floats[i].number, "%s", floats[i].text);
    cr_assert_eq(make("inc@1_Ab"), atom("inc@1_Ab"));
    cr_assert_eq(make("'a\\'b\\x41\\x{20ac}\u20ac'"), atom("a'bA\u20ac\u20ac"));
    cr_assert_str_eq(term_text(make("<<\"a\\\"\\n\\x41\\101\u20ac\\x{20ac}\", 33, \"!\">>")), "a\"\nAA\u20ac\u20ac!!");
    cr_assert(same(make("\"a\\x{20ac}\u20ac\\e\\s\""), make("[97, 16#20ac, 16#20ac, 27, 32]")));
    cr_assert_eq(make("\"\""), TERM_NIL);
    cr_assert_eq(binary_size(make("<<255, 0, \"\\xff\">>")), 3);
    cr_assert_eq(binary_bytes(make("<<255, 0, \"\\xfe\">>"))[2], 0xfe);
    heap_fini(&heap);
}

Test(pattern, tokens_are_those_of_erlang)
{
    static const char *const same_as[][2] = {
        {"\"ab\" \"c\"", "\"abc\""},
        {"<<\"ab\" \"c\">>", "<<\"abc\">>"},
        {"<<16#ff, $a, 1_0>>", "<<255, 97, 10>>"},
        {"$\\^a", "1"},
        {"\xc3\xa9t\xc3\xa9", "'\xc3\xa9t\xc3\xa9'"},
        {"{a,\v\fb}", "{a, b}"},
    };
    for (size_t i = 0; i < sizeof same_as / sizeof *same_as; i++)
        cr_assert(same(make(same_as[i][0]), make(same_as[i][1])), "%s", same_as[i][0]);
    char text[3000];
    snprintf(text, sizeof text, "1.%02000d1", 0);
    cr_assert_eq(float_value(make(text)), 1.0);
    heap_fini(&heap);
}

Test(pattern, a_text_has_the_length_it_is_given)
{
    struct text_error error;
    struct pattern *p = pattern_compile("{a, b}, and so on", 6, &error);
    cr_assert(p);
    cr_assert_eq(pattern_match_args(p, make("{a, b}"), NULL), PATTERN_YES);
    pattern_free(p);
    heap_fini(&heap);
}

/* ---- maps ---- */

Test(pattern, a_map_needs_the_keys_of_the_pattern_only)
{
    int64_t n = 0;
    bl_term v;
    term m = make("#{a => 1, b => {x, 2}, 3 => \"abc\", {k, [1.5]} => c}");
    MATCHES("#{}", m);
    MATCHES("#{a := 1}", m);
    MATCHES("#{a := %i, b := {x, 2}}", m, &n);
    cr_assert_eq(n, 1);
    MATCHES("#{b := {x, %i}, a := 1, {k, [1.5]} := c}", m, &n);
    cr_assert_eq(n, 2);
    MATCHES("#{%=t := %t}", m, give(make("{k, [1.5]}")), &v);
    cr_assert_eq(v.word, atom("c"));
    MATCHES("#{%=i := \"abc\", %=a := _}", m, INT64_C(3), give(atom("a")));
    MISFITS("#{c := _}", m);
    MISFITS("#{a := 2}", m);
    MISFITS("#{3.0 := _}", m);
    MISFITS("#{a := 1}", make("{a, 1}"));
    MISFITS("#{}", TERM_NIL);
    MATCHES("{#{a := %*i}, {#{99 := -99}, z}}", make("{%t, {%t, z}}", give(m), give(of_kind(TRIE))));
    MISFITS("{#{a := %*i}, {#{99 := -98}, z}}", make("{%t, {%t, z}}", give(m), give(of_kind(TRIE))));
    heap_fini(&heap);
}

Test(pattern, equal_keys_the_last_counts)
{
    cr_assert(same(make("#{a => 1, a => 2}"), make("#{a := 2}")));
    heap_fini(&heap);
}

/* ---- the first look ---- */

Test(pattern, the_first_look_tells_most_misfits)
{
    static const struct {
        const char *pattern, *misfits[5];
    } rows[] = {
        {"inc", {"dec", "1", "{inc}", "[]"}},
        {"{get, %p}", {"get", "{put, x}", "{get}", "{get, 1, 2}", "[get]"}},
        {"{%p, done}", {"{a, b}", "{1, failed}", "[x]"}},
        {"[stop | %t]", {"[go]", "[]", "{stop}"}},
        {"[%t]", {"[1, 2]", "[1 | 2]"}},
        {"%T", {"1", "[]"}},
        {"%p", {"1", "[]", "{}"}},
        {"{%i, %i, end}", {"{1, 2, 3}"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pattern *p = compiled(rows[i].pattern);
        for (int j = 0; j < 5 && rows[i].misfits[j]; j++)
            cr_assert_not(pattern_may_match(p, make(rows[i].misfits[j])), "%s and %s", rows[i].pattern,
                          rows[i].misfits[j]);
        pattern_free(p);
    }
    heap_fini(&heap);
}

Test(pattern, arguments_are_read_once_for_many_terms)
{
    bl_term ref = {term_reference(5)}, got = {0};
    struct pattern *p = compiled("{reply, %=r, %t}");
    uint64_t words[] = {ref.word, (uintptr_t)&got};
    cr_assert_eq(pattern_arguments(p), 2);
    cr_assert_eq(pattern_match_args(p, make("{reply, %r, 1}", give(term_reference(6))), words), PATTERN_NO);
    cr_assert_eq(pattern_match_args(p, make("{other, %r, 1}", ref), words), PATTERN_NO);
    cr_assert_eq(got.word, 0);
    cr_assert_eq(pattern_match_args(p, make("{reply, %r, 1}", ref), words), PATTERN_YES);
    cr_assert_eq(got.word, term_int(1));
    pattern_free(p);
    heap_fini(&heap);
}

/* ---- building ---- */

Test(pattern, each_value_makes_its_term)
{
    cr_assert_eq(make("%i", INT64_C(5)), term_int(5));
    cr_assert_eq(integer_value(make("%i", INT64_MIN)), INT64_MIN);
    cr_assert_eq(float_value(make("%f", 0.25)), 0.25);
    cr_assert_eq(make("%p", (bl_pid){term_pid(3, 4)}), term_pid(3, 4));
    cr_assert_eq(make("%A", "an atom"), atom("an atom"));
    cr_assert_str_eq(term_text(make("%s", "a string")), "a string");
    cr_assert_eq(binary_size(make("%s", "")), 0);
    cr_assert_str_eq(term_text(make("%b", "bytes and more", (size_t)5)), "bytes");
    cr_assert_eq(binary_size(make("%b", NULL, (size_t)0)), 0);
    for (enum kind k = 0; k < KINDS; k++) {
        term t = of_kind(k);
        cr_assert_eq(make("%t", give(t)), t);
    }
    heap_fini(&heap);
}

Test(pattern, a_value_of_another_kind_is_refused)
{
    static const struct {
        const char *text;
        unsigned kinds;
    } rows[] = {{"%a", 1 << ATOM},
                {"%r", 1 << REFERENCE},
                {"%l", 1 << NIL | 1 << CELL},
                {"%T", 1 << TUPLE | 1 << PAIR},
                {"%m", 1 << MAP | 1 << TRIE},
                {"%F", 1 << FUNCTION},
                {"%p", 1 << PID}};
    for (int r = 0; r < 7; r++)
        for (enum kind k = 0; k < KINDS; k++) {
            term t = of_kind(k);
            if (rows[r].kinds >> k & 1)
                cr_assert_eq(make(rows[r].text, give(t)), t);
            else
                cr_assert_eq(refused(rows[r].text, give(t)), BL_EINVAL, "%s of %d", rows[r].text, k);
        }
    cr_assert_eq(refused("{a, %t}", give(TERM_NONE)), BL_EINVAL);
    cr_assert_eq(refused("%t", give(term_own(TERM_OWN_ERROR, BL_ENOMEM))), BL_EINVAL);
    cr_assert_eq(refused("%p", (bl_pid){term_own(TERM_OWN_ERROR, BL_ELIMIT)}), BL_EINVAL);
    cr_assert_eq(refused("{%f}", (double)NAN), BL_EINVAL);
    cr_assert_eq(refused("{%f}", (double)INFINITY), BL_EINVAL);
    cr_assert_eq(refused("[%s]", (const char *)NULL), BL_EINVAL);
    cr_assert_eq(refused("[%A]", (const char *)NULL), BL_EINVAL);
    cr_assert_eq(refused("%A", "\xff"), BL_EINVAL);
    cr_assert_eq(refused("[%b]", NULL, (size_t)3), BL_EINVAL);
    heap_fini(&heap);
}

Test(pattern, shapes_are_built_as_written)
{
    term t = make("{reply, %r, [%i, 2 | %t], #{k => %s}}", give(term_reference(9)), INT64_C(1), give(make("[3]")), "v");
    bl_term ref, rest, v;
    int64_t i, j;
    MATCHES("{reply, %r, [%i, %i | %t], #{k := %1b}}", t, &ref, &i, &j, &rest, &v);
    cr_assert(ref.word == term_reference(9) && i == 1 && j == 2 && same(rest.word, make("[3]")));
    cr_assert_str_eq(term_text(v.word), "v");
    MATCHES("{reply, _, [1, 2, 3], %*m}", t);
    heap_fini(&heap);
}

Test(pattern, what_was_built_outlives_its_text)
{
    term t = make(
        "{\"abc\", <<\"bytes\">>, 2.5, 9223372036854775807, "
        "<<\"0123456789012345678901234567890123456789012345678901234567890123456789\">>, #{\"key\" => \"value\"}}");
    cr_assert(heap.blocks);
    MATCHES("{\"abc\", <<\"bytes\">>, 2.5, 9223372036854775807, %70b, #{\"key\" := \"value\"}}", t, &(bl_term){0});
    heap_fini(&heap);
}

/* ---- what is wrong with a text ---- */

struct wrong {
    const char *text;
    size_t offset;
    const char *says;
};

static void expect_wrong(const struct wrong *w, enum build_use use)
{
    struct text_error error = {BL_OK, 0, NULL};
    struct build *b = syntax_read(w->text, strlen(w->text), use, &error);
    cr_assert_not(b, "%s", w->text);
    cr_assert_eq(error.error, BL_EINVAL, "%s", w->text);
    cr_assert_eq(error.offset, w->offset, "%s: at %zu: %s", w->text, error.offset, error.sentence);
    cr_assert(strstr(error.sentence, w->says), "%s: %s", w->text, error.sentence);
}

Test(pattern, errors_of_both_uses)
{
    static const struct wrong all[] = {
        {"", 0, "ends where a term"},
        {"  ", 2, "ends where a term"},
        {"{", 1, "ends where a term"},
        {"{a,", 3, "ends where a term"},
        {"{a,}", 3, "a term should begin"},
        {"(a)", 0, "a term should begin"},
        {"<a>", 0, "a term should begin"},
        {"+1", 0, "a term should begin"},
        {"{a b}", 3, ", or } of a tuple"},
        {"{a", 2, ", or } of a tuple"},
        {"[a b]", 3, ", or | or ] of a list"},
        {"[a", 2, ", or | or ]"},
        {"[a | b, c]", 6, "there should be ]"},
        {"[ | b]", 2, "a term should begin"},
        {"a b", 2, "the text goes on"},
        {"{} {}", 3, "the text goes on"},
        {"Pid", 0, "no variables"},
        {"{ok, Pid}", 5, "no variables"},
        {"'abc", 0, "never closed"},
        {"\"abc", 0, "never closed"},
        {"<<\"abc", 2, "never closed"},
        {"<<1, 2", 6, ", or >>"},
        {"<<256>>", 2, "strings and bytes"},
        {"<<a>>", 2, "strings and bytes"},
        {"<<1,>>", 4, "strings and bytes"},
        {"'a\\q'", 3, "no such escape"},
        {"\"\\x4\"", 3, "two hexadecimal digits"},
        {"\"\\x{}\"", 3, "code point"},
        {"\"\\x{110000}\"", 3, "code point"},
        {"\"\\x{d800}\"", 3, "code point"},
        {"\"\\400\"", 5, "no such escape"},
        {"\"\\", 2, "no such escape"},
        {"\"a\xff\"", 2, "no UTF-8"},
        {"'\xc0\x80'", 1, "no UTF-8"},
        {"\"\xe2\x82\"", 1, "no UTF-8"},
        {"9223372036854775808", 0, "64 bits"},
        {"{-9223372036854775809}", 1, "64 bits"},
        {"99999999999999999999999", 0, "64 bits"},
        {"1.", 1, "both sides"},
        {"1.e5", 1, "both sides"},
        {"1e5", 1, "both sides"},
        {"1.0e400", 0, "too large"},
        {"1.0e", 4, "exponent"},
        {"<<\"a\"/utf8>>", 5, ", or >>"},
        {"-", 0, "should be a number"},
        {"-a", 0, "should be a number"},
        {"37#1", 0, "2 to 36"},
        {"1#0", 0, "2 to 36"},
        {"16#", 3, "no digit"},
        {"16#g", 3, "no digit"},
        {"2#12", 3, "no digit"},
        {"12ab", 2, "no digit"},
        {"$", 1, "a character"},
        {"#a", 0, "there should be {"},
        {"#{a 1}", 4, "after a key"},
        {"#{a := 1", 8, ", or } of a map"},
        {"#{a := }", 7, "a term should begin"},
        {"%", 1, "no such hole"},
        {"%x", 1, "no such hole"},
        {"%%", 1, "no such hole"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        expect_wrong(&all[i], BUILD_PATTERNS);
        expect_wrong(&all[i], BUILD_TERMS);
    }
}

Test(pattern, errors_of_patterns)
{
    static const struct wrong all[] = {
        {"%s", 1, "for building"},
        {"%A", 1, "for building"},
        {"%=f", 2, "no such pin"},
        {"%=", 2, "no such pin"},
        {"%=16b", 2, "no such pin"},
        {"%16i", 1, "a size is for"},
        {"%*3a", 2, "a size is for"},
        {"%*", 2, "no such hole"},
        {"%3*T", 1, "a size is for"},
        {"#{a => 1}", 4, ":="},
        {"#{%t := 1}", 2, "a key is known"},
        {"#{_ := 1}", 2, "a key is known"},
        {"#{{a, %=t} := 1}", 2, "a key is known"},
        {"#{ [_] := 1}", 3, "a key is known"},
        {"_A", 0, "no variables"},
        {"__", 0, "no variables"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        expect_wrong(&all[i], BUILD_PATTERNS);
}

Test(pattern, errors_of_building)
{
    static const struct wrong all[] = {
        {"_", 0, "for matching"},   {"{a, _}", 4, "for matching"}, {"%n", 1, "%n is for matching"},
        {"%=t", 1, "for matching"}, {"%*t", 1, "for matching"},    {"%16b", 1, "for matching"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        expect_wrong(&all[i], BUILD_TERMS);
}

/* `n` times `open`, `inside`, `n` times `close`. */
static char *repeated(const char *open, const char *inside, const char *close, int n)
{
    static char text[5000];
    text[0] = 0;
    for (int i = 0; i < n; i++)
        strcat(text, open);
    strcat(text, inside);
    for (int i = 0; i < n; i++)
        strcat(text, close);
    return text;
}

Test(pattern, limits_have_sentences)
{
    struct wrong w = {repeated("{", "a", "}", BUILD_DEPTH_MOST + 1), BUILD_DEPTH_MOST, "16 deep"};
    expect_wrong(&w, BUILD_PATTERNS);
    pattern_free(compiled(repeated("{", "a", "}", BUILD_DEPTH_MOST)));
    char text[5000];
    snprintf(text, sizeof text, "[%s", repeated("%t, ", "%t]", "", BUILD_ARGS_MOST));
    w = (struct wrong){text, 4 * BUILD_ARGS_MOST + 2, "32 arguments"};
    expect_wrong(&w, BUILD_PATTERNS);
    expect_wrong(&w, BUILD_TERMS);
    snprintf(text, sizeof text, "[%s", repeated("1, ", "1]", "", BUILD_PARTS_MOST - 1));
    w = (struct wrong){text, 1 + 3 * (BUILD_PARTS_MOST - 1) + 1, "256 parts"};
    expect_wrong(&w, BUILD_TERMS);
    snprintf(text, sizeof text, "[%s", repeated("1, ", "1]", "", BUILD_PARTS_MOST - 3));
    pattern_free(compiled(text));
    snprintf(text, sizeof text, "'%s'", repeated("a", "", "", 256));
    w = (struct wrong){text, 0, "255 characters"};
    expect_wrong(&w, BUILD_PATTERNS);
}

/* ---- any text is read or refused ---- */

Test(pattern, random_texts_are_harmless)
{
    static const char *const pieces[] = {"{",   "}",   "[",    "]",  "|",  ",", "#{", ":=", "=>", "%",  "%t",
                                         "%=t", "%*i", "%16b", "a",  "1",  "-", ".",  "e",  "5",  "\"", "'",
                                         "\\",  "x",   "{",    "<<", ">>", "_", "$",  " ",  "#",  "A",  "\xe2\x82\xac",
                                         "\xff"};
    struct random r = {random_seed("random_texts_are_harmless")};
    for (int i = 0; i < rounds(200000); i++) {
        char text[200] = "";
        for (unsigned n = random_below(&r, 12); n; n--)
            strcat(text, pieces[random_below(&r, sizeof pieces / sizeof *pieces)]);
        struct text_error error;
        size_t length = strlen(text);
        char *exact = malloc(length + 1); /* for a sanitizer to see its end */
        memcpy(exact, text, length);
        struct pattern *p = pattern_compile(exact, length, &error);
        struct build *b = build_compile(exact, length, &error);
        cr_assert(error.offset <= length && error.sentence, "%s", text);
        if (p)
            pattern_free(p);
        if (b)
            syntax_free(b);
        free(exact);
    }
}

/* ---- random terms ---- */

static struct random chance;

static term random_term(int depth);

static term random_leaf(void)
{
    static const char *const names[] = {"a", "b", "ok", "An atom", "'", "\u20ac"};
    char bytes[80];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + random_below(&chance, 3));
    switch (random_below(&chance, 9)) {
    case 0: return term_int((int64_t)random_below(&chance, 5) - 2);
    case 1: return integer_make(&heap, (int64_t)random_next(&chance));
    case 2: return float_make(&heap, (double)random_below(&chance, 100) / 8 - 3);
    case 3: return atom(names[random_below(&chance, 6)]);
    case 4: return term_pid(random_below(&chance, 3) + 1, 1);
    case 5: return term_reference(random_below(&chance, 3));
    case 6: return binary_make(&heap, bytes, random_below(&chance, sizeof bytes + 1));
    case 7: return TERM_NIL;
    default: return function_make(&heap, random_below(&chance, 3), 1, NULL, 0);
    }
}

static term random_row(int depth, bool list)
{
    term elements[5], t = random_below(&chance, 3) ? TERM_NIL : random_term(depth - 1);
    unsigned n = random_below(&chance, 5);
    for (unsigned i = 0; i < n; i++)
        elements[i] = random_term(depth - 1);
    if (!list)
        return tuple_make(&heap, elements, n);
    for (unsigned i = 0; i < n; i++)
        t = cell_make(&heap, elements[i], t);
    return t;
}

static term random_map(int depth)
{
    term map = map_empty(&heap);
    for (unsigned n = random_below(&chance, 20) ? random_below(&chance, 4) : 40; n; n--)
        map = map_put(&heap, map, random_term(n > 4 ? 0 : depth - 1), random_term(depth - 1));
    return map;
}

static term random_term(int depth)
{
    switch (depth > 0 ? random_below(&chance, 8) : 7) {
    case 0:
    case 1:
    case 2: return random_row(depth, false);
    case 3:
    case 4: return random_row(depth, true);
    case 5: return random_map(depth);
    default: return random_leaf();
    }
}

/* A text for a term, and the arguments to go with it. */
struct writer {
    char text[20000];
    size_t n;
    unsigned n_args, n_parts;
    uint64_t words[BUILD_ARGS_MOST];
    enum build_use use;
    unsigned holes; /* one subterm in so many becomes a hole; 0: only what has no literal */
    struct {
        char letter;
        term expected;
        union {
            uint64_t word;
            double number;
        } got;
    } met[BUILD_ARGS_MOST];
};

static void put(struct writer *w, const char *text)
{
    size_t n = strlen(text);
    cr_assert(w->n + n < sizeof w->text);
    memcpy(w->text + w->n, text, n + 1);
    w->n += n;
}

static void put_characters(struct writer *w, const char *text, size_t n, char quote)
{
    char piece[8];
    for (size_t i = 0; i < n; i++) {
        snprintf(piece, sizeof piece, text[i] == quote || text[i] == '\\' ? "\\%c" : "%c", text[i]);
        put(w, piece);
    }
}

static bool has_literal(term t)
{
    return !term_is_pid(t) && !term_is_reference(t) && !term_is_function(t);
}

static char letter_of(term t)
{
    if (term_is_pid(t))
        return 'p';
    if (term_is_reference(t))
        return 'r';
    if (term_is_atom(t))
        return 'a';
    if (term_is_integer(t))
        return "in"[random_below(&chance, 2)];
    if (term_is_float(t))
        return "fn"[random_below(&chance, 2)];
    return term_is_list(t) ? 'l' : term_is_binary(t) ? 'b' : term_is_tuple(t) ? 'T' : term_is_map(t) ? 'm' : 'F';
}

/* Is there room for another argument? If not, the text becomes one that nobody uses. */
static bool room(struct writer *w)
{
    if (w->n_args == BUILD_ARGS_MOST)
        put(w, "%overflow");
    return w->n_args < BUILD_ARGS_MOST;
}

static void put_pin(struct writer *w, term t)
{
    if (!room(w))
        return;
    char letter = random_below(&chance, 2) ? 't' : letter_of(t);
    if (!strchr("tipra", letter))
        letter = 't';
    put(w, (char[]){'%', '=', letter, 0});
    w->words[w->n_args++] = letter == 'i' ? (uint64_t)integer_value(t) : t;
}

static void put_size(struct writer *w, char letter, term t)
{
    char size[30];
    size_t n = letter == 'b' ? binary_size(t) : letter == 'T' ? box_size(t) : letter == 'm' ? map_size(t) : 0;
    if (!strchr("bTm", letter) || random_below(&chance, 2))
        return;
    snprintf(size, sizeof size, "%zu", n);
    put(w, size);
}

static void put_hole(struct writer *w, term t)
{
    if (!room(w))
        return;
    char letter = random_below(&chance, 2) ? 't' : letter_of(t);
    if (random_below(&chance, 4) == 0) {
        put(w, "%*");
        put_size(w, letter, t);
        put(w, (char[]){letter, 0});
        return;
    }
    w->met[w->n_args].letter = letter;
    w->met[w->n_args].expected = t;
    put(w, "%");
    put_size(w, letter, t);
    put(w, (char[]){letter, 0});
    w->words[w->n_args] = (uintptr_t)&w->met[w->n_args].got;
    w->n_args++;
}

static void put_value(struct writer *w, term t)
{
    if (!room(w))
        return;
    char letter = random_below(&chance, 2) ? 't' : letter_of(t);
    if (letter == 'n' || letter == 'f' || letter == 'b')
        letter = 't';
    put(w, (char[]){'%', letter, 0});
    w->words[w->n_args++] = letter == 'i' ? (uint64_t)integer_value(t) : t;
}

static void put_term(struct writer *w, term t);

static void put_list(struct writer *w, term t)
{
    for (put(w, "["); term_is_cell(t); t = cell_tail(t)) {
        put_term(w, cell_head(t));
        if (term_is_cell(cell_tail(t)))
            put(w, ", ");
    }
    if (t != TERM_NIL) {
        put(w, " | ");
        put_term(w, t);
    }
    put(w, "]");
}

static void put_key(struct writer *w, term t)
{
    enum build_use use = w->use;
    if (term_is_pointer(t) || !has_literal(t)) {
        if (use == BUILD_PATTERNS)
            put_pin(w, t);
        else
            put_value(w, t);
        return;
    }
    unsigned holes = w->holes;
    w->holes = 0;
    put_term(w, t);
    w->holes = holes;
}

static void put_map(struct writer *w, term t)
{
    struct map_iterator it;
    term key, value;
    const char *comma = "";
    put(w, "#{");
    for (map_iterate(&it, t); map_next(&it, &key, &value); comma = ", ") {
        put(w, comma);
        put_key(w, key);
        put(w, w->use == BUILD_PATTERNS ? " := " : " => ");
        put_term(w, value);
    }
    put(w, "}");
}

static void put_literal(struct writer *w, term t)
{
    char number[100];
    if (term_is_integer(t)) {
        snprintf(number, sizeof number, "%" PRId64, integer_value(t));
        put(w, number);
    } else if (term_is_float(t)) {
        snprintf(number, sizeof number, "%.3f", float_value(t));
        put(w, number);
    } else if (term_is_atom(t)) {
        put(w, "'");
        put_characters(w, atom_text(t), strlen(atom_text(t)), '\'');
        put(w, "'");
    } else if (term_is_binary(t)) {
        put(w, "<<\"");
        put_characters(w, (const char *)binary_bytes(t), binary_size(t), '"');
        put(w, "\">>");
    } else if (term_is_tuple(t)) {
        put(w, "{");
        for (size_t i = 0; i < box_size(t); i++) {
            put(w, i ? ", " : "");
            put_term(w, box_payload(t)[i]);
        }
        put(w, "}");
    } else if (term_is_map(t)) {
        put_map(w, t);
    } else {
        put_list(w, t);
    }
}

/* What is to be as it is in t is written; what has no literal becomes a pin or a value. */
static void put_term(struct writer *w, term t)
{
    w->n_parts++;
    if (has_literal(t) && (!w->holes || random_below(&chance, w->holes)))
        put_literal(w, t);
    else if (w->use == BUILD_TERMS)
        put_value(w, t);
    else if (!w->holes || random_below(&chance, 3) == 0)
        put_pin(w, t);
    else
        put_hole(w, t);
}

/* Too many arguments or parts for one text: not this one. */
static bool write_text(struct writer *w, enum build_use use, unsigned holes, term t)
{
    w->n = w->n_args = w->n_parts = 0;
    memset(w->met, 0, sizeof w->met);
    w->use = use;
    w->holes = holes;
    put_term(w, t);
    return !strstr(w->text, "%overflow") && w->n_parts < 100;
}

/* Where there is no letter there is a pin. */
static void check_met(const struct writer *w, const struct pattern *p)
{
    for (unsigned arg = 0; arg < pattern_arguments(p); arg++) {
        if (!w->met[arg].letter)
            continue;
        term expected = w->met[arg].expected;
        char letter = w->met[arg].letter;
        if (letter == 'f' || letter == 'n')
            cr_assert_eq(w->met[arg].got.number,
                         term_is_float(expected) ? float_value(expected) : (double)integer_value(expected));
        else if (letter == 'i')
            cr_assert_eq((int64_t)w->met[arg].got.word, integer_value(expected));
        else
            cr_assert_eq(w->met[arg].got.word, expected, "%s", w->text);
    }
}

static void forget_met(struct writer *w)
{
    for (int i = 0; i < BUILD_ARGS_MOST; i++)
        w->met[i].got.word = 0xdead;
}

Test(pattern, subterms_that_became_holes_come_back)
{
    static struct writer w;
    chance.state = random_seed("subterms_that_became_holes_come_back");
    for (int i = 0; i < rounds(30000); i++) {
        term t = random_term(4);
        if (write_text(&w, BUILD_PATTERNS, 2 + random_below(&chance, 8), t)) {
            struct pattern *p = compiled(w.text);
            forget_met(&w);
            cr_assert_eq(match_args(p, t, w.words, w.text), PATTERN_YES, "%s", w.text);
            check_met(&w, p);
            pattern_free(p);
        }
        heap_fini(&heap);
    }
}

/* The same, but for one leaf of it. */
static term changed(term t);

static term changed_row(term t, size_t n)
{
    term elements[64];
    cr_assert(n <= 64);
    memcpy(elements, box_payload(t), n * sizeof *elements);
    size_t i = random_below(&chance, (unsigned)n);
    elements[i] = changed(elements[i]);
    return tuple_make(&heap, elements, n);
}

static term changed_map(term t)
{
    struct map_iterator it;
    term key = TERM_NONE, value = TERM_NONE;
    map_iterate(&it, t);
    for (size_t skip = random_below(&chance, (unsigned)map_size(t)) + 1; skip; skip--)
        map_next(&it, &key, &value);
    return random_below(&chance, 2) ? map_put(&heap, t, key, changed(value)) : map_remove(&heap, t, key);
}

static term changed(term t)
{
    if (term_is_tuple(t) && box_size(t))
        return changed_row(t, box_size(t));
    if (term_is_map(t) && map_size(t))
        return changed_map(t);
    if (term_is_cell(t) && random_below(&chance, 2))
        return cell_make(&heap, changed(cell_head(t)), cell_tail(t));
    if (term_is_cell(t))
        return cell_make(&heap, cell_head(t), changed(cell_tail(t)));
    return random_term(1);
}

Test(pattern, changed_terms_do_not_match)
{
    static struct writer w;
    int misfits = 0;
    chance.state = random_seed("changed_terms_do_not_match");
    for (int i = 0; i < rounds(30000); i++) {
        term t = random_term(4), other = changed(t);
        /* an empty map, as a pattern, matches all maps */
        bool may_match = same(t, other) || (term_is_map(other) && term_is_map(t));
        if (!may_match && write_text(&w, BUILD_PATTERNS, 0, t) && !strstr(w.text, "#{}")) {
            struct pattern *p = compiled(w.text);
            cr_assert_eq(match_args(p, t, w.words, w.text), PATTERN_YES, "%s", w.text);
            cr_assert_eq(match_args(p, other, w.words, w.text), PATTERN_NO, "%s", w.text);
            pattern_free(p);
            misfits++;
        }
        heap_fini(&heap);
    }
    cr_assert_gt(misfits, rounds(30000) / 4);
}

Test(pattern, with_holes_a_misfit_writes_nothing)
{
    static struct writer w;
    chance.state = random_seed("with_holes_a_misfit_writes_nothing");
    for (int i = 0; i < rounds(30000); i++) {
        term t = random_term(4), other = changed(t);
        if (write_text(&w, BUILD_PATTERNS, 2 + random_below(&chance, 8), t)) {
            struct pattern *p = compiled(w.text);
            forget_met(&w);
            if (match_args(p, other, w.words, w.text) == PATTERN_NO)
                for (unsigned arg = 0; arg < BUILD_ARGS_MOST; arg++)
                    cr_assert_eq(w.met[arg].got.word, 0xdead, "%s", w.text);
            pattern_free(p);
        }
        heap_fini(&heap);
    }
}

Test(pattern, what_is_built_is_what_was_written)
{
    static struct writer w;
    chance.state = random_seed("what_is_built_is_what_was_written");
    for (int i = 0; i < rounds(30000); i++) {
        term t = random_term(4);
        if (write_text(&w, BUILD_TERMS, random_below(&chance, 8), t)) {
            struct text_error wrong;
            bl_error error;
            struct build *b = build_compile(w.text, w.n, &wrong);
            cr_assert(b, "%s: at %zu: %s", w.text, wrong.offset, wrong.sentence);
            term made = build_make_args(&heap, b, w.words, &error);
            syntax_free(b);
            cr_assert(made && same(made, t), "%s", w.text);
            cr_assert(write_text(&w, BUILD_PATTERNS, 0, t) || w.n_args);
        }
        heap_fini(&heap);
    }
}

/* ---- large terms ---- */

Test(pattern, deep_and_long_terms_are_only_touched)
{
    enum { MANY = 1000000 };
    bl_term got;
    term deep = TERM_NIL, list = TERM_NIL;
    for (int i = 0; i < rounds(MANY); i++) {
        deep = cell_make(&heap, deep, TERM_NIL);
        list = cell_make(&heap, term_int('a'), list);
    }
    MISFITS("[[[[[[x]]]]]]", deep);
    MISFITS("\"aaa\"", list);
    MATCHES("{%l, [_ | %t]}", make("{%t, %t}", give(deep), give(list)), &got, &got);
    MATCHES("{%=t, x}", make("{%t, x}", give(deep)), give(deep));
    heap_fini(&heap);
}

Test(pattern, a_look_decides_about_words_alone)
{
    bl_site site = {compiled("42"), 0};
    cr_assert_eq(bl_look_at(bl_int(42), &site), BL_MATCHES_);
    cr_assert_eq(bl_look_at(bl_int(43), &site), BL_MISFIT_);
    pattern_free(site.compiled);
    site.compiled = compiled("_");
    cr_assert_eq(bl_look_at(bl_int(42), &site), BL_MATCHES_);
    cr_assert_eq(bl_look_at((bl_term){0}, &site), BL_UNDECIDED_, "no term matches nothing");
    pattern_free(site.compiled);
    site.compiled = compiled("%i");
    cr_assert_eq(bl_look_at(bl_int(42), &site), BL_UNDECIDED_, "there is something to write");
    pattern_free(site.compiled);
    cr_assert_eq(bl_look_at(bl_int(42), &(bl_site){NULL, 0}), BL_UNDECIDED_);
    bl_site exact = {NULL, bl_int(42).word};
    cr_assert_eq(bl_look_at(bl_int(42), &exact), BL_MATCHES_);
    cr_assert_eq(bl_look_at(bl_int(43), &exact), BL_MISFIT_);
    cr_assert_eq(bl_look_at((bl_term){0}, &exact), BL_MISFIT_);
}

/* What the compiler sees in a text is what pattern_match() makes of it. */
Test(pattern, numbers_that_the_compiler_sees)
{
    char text[8];
    for (int n = 0; n < 1200; n++) {
        snprintf(text, sizeof text, "%d", n);
        cr_assert_eq(bl_number_(text), n < 1000 ? n : -1);
        cr_assert_eq(bl_look_clearly(bl_int(n), text) == BL_MATCHES_, n < 1000);
    }
    const char *others[] = {"", "_", "a", "-1", "01", "1a", "12a", "1.0", "1 ", " 1", "1_0"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_eq(bl_number_(others[i]), -1, "%s", others[i]);
    cr_assert_eq(bl_look_clearly(bl_int(7), "8"), BL_MISFIT_);
    cr_assert_eq(bl_look_clearly((bl_term){0}, "0"), BL_MISFIT_);
    cr_assert_eq(bl_look_clearly((bl_term){0}, "_"), BL_MISFIT_);
    cr_assert_eq(bl_look_clearly(bl_int(7), "_"), BL_MATCHES_);
}

Test(pattern, a_look_into_a_map)
{
    MATCHES("#{tag := a, value := 1}", make("#{value => 1, tag => a, other => 2}"));
    MISFITS("#{tag := a, value := 1}", make("#{value => 1, tag => b, other => 2}"));
    MISFITS("#{tag := a, value := 1}", make("#{value => 2, tag => a}"));
    MISFITS("#{tag := a}", make("#{value => 1}"));
    MISFITS("#{tag := a}", make("{tag, a}"));
    MISFITS("#{1 := a}", make("#{1.0 => a}"));
    MATCHES("#{tag := 1.5}", make("#{tag => 1.5}"));
    MATCHES("#{tag := _}", make("#{tag => 1.5}"));
}
