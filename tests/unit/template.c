/* A text with a template makes what it makes without one, for any values. */
#include "data/template.h"

#include <criterion/criterion.h>
#include <math.h>

#include "data/build.h"
#include "data/order.h"
#include "support/terms.h"

static struct build *compiled(const char *text)
{
    struct text_error why;
    struct build *b = build_compile(text, strlen(text), &why);
    cr_assert_not_null(b, "%s: %s", text, why.sentence);
    return b;
}

static uint64_t word_of(double d)
{
    uint64_t word;
    memcpy(&word, &d, sizeof word);
    return word;
}

/* The same text, with and without. */
static void assert_makes_the_same(const char *text, const uint64_t *words)
{
    struct build *b = compiled(text);
    struct heap h;
    bl_error with, without;
    heap_init(&h);
    cr_assert_not_null(b->template, "%s", text);
    term a = build_make_args(&h, b, words, &with);
    struct block *message = build_message(b, words, &with);
    struct template *t = b->template;
    b->template = NULL;
    term c = build_make_args(&h, b, words, &without);
    b->template = t;
    cr_assert_eq(with, without, "%s: %d and %d", text, with, without);
    cr_assert_eq(!a, !c);
    if (a) {
        cr_assert_eq(term_same(a, c), ORDER_SAME, "%s", text);
        cr_assert_eq(term_same(message->message.word, c), ORDER_SAME, "%s", text);
        blocks_free(message);
    } else {
        cr_assert_null(message);
    }
    heap_fini(&h);
    syntax_free(b);
}

Test(template, makes_what_would_be_built)
{
    uint64_t pid = term_pid(7, 8);
    assert_makes_the_same("{ping, %p, %i}", (uint64_t[]){pid, 42});
}

Test(template, of_everything_that_has_one_shape)
{
    uint64_t atom = term_atom(3), reference = term_reference(99);
    assert_makes_the_same("[%i, %f | %t]", (uint64_t[]){(uint64_t)-5, word_of(-0.5), TERM_NIL});
    assert_makes_the_same("{a, <<1, 2, 3>>, \"text\", 1.5, %f, 9223372036854775807}", (uint64_t[]){word_of(3.25)});
    assert_makes_the_same("{%a, [%r, {%i, [%i | %l]}], {{{%i}}}}",
                          (uint64_t[]){atom, reference, 1, 2, TERM_NIL, 3});
}

Test(template, numbers_that_need_words_of_their_own)
{
    int64_t edges[] = {BL_INT_MIN, BL_INT_MAX, BL_INT_MIN - 1, BL_INT_MAX + 1, INT64_MIN, INT64_MAX, 0, -1};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        assert_makes_the_same("{x, %i, [%i, %f]}", (uint64_t[]){(uint64_t)edges[i], (uint64_t)edges[7 - i], word_of(1e300)});
}

Test(template, refuses_what_is_not_as_the_hole_says)
{
    assert_makes_the_same("{%p, 1}", (uint64_t[]){term_int(1)});
    assert_makes_the_same("{%a, 1}", (uint64_t[]){term_pid(1, 1)});
    assert_makes_the_same("{%t, 1}", (uint64_t[]){0});
    assert_makes_the_same("{%f, 1}", (uint64_t[]){word_of(NAN)});
    assert_makes_the_same("{%f, 1}", (uint64_t[]){word_of(INFINITY)});
    assert_makes_the_same("{%l, %T}", (uint64_t[]){term_int(1), TERM_NIL});
}

Test(template, values_on_a_heap_are_copied_into_a_message)
{
    struct heap h;
    struct random r = {random_seed("template")};
    struct build *b = compiled("{%t, [%t | %t]}");
    for (int i = 0; i < 2000; i++) {
        bl_error error;
        heap_init(&h);
        term values[3];
        for (int k = 0; k < 3; k++)
            values[k] = random_term(&h, &r, random_below(&r, 40));
        term wanted = build_make_args(&h, b, values, &error);
        uint64_t print = fingerprint(wanted);
        struct block *message = build_message(b, values, &error);
        heap_fini(&h); /* the message needs nothing of it */
        cr_assert_eq(fingerprint(message->message.word), print);
        blocks_free(message);
    }
    syntax_free(b);
}

Test(template, none_where_shapes_differ)
{
    const char *texts[] = {"#{a => %i}", "{%s, 1}", "{%b}", "%i", "atom", "{[#{}], 1}", "<<1>>"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct build *b = compiled(texts[i]);
        cr_assert_null(b->template, "%s", texts[i]);
        syntax_free(b);
    }
}

Test(template, a_literal_that_looks_like_a_mark_is_none)
{
    /* the bytes of this binary are those of a mark in a float */
    struct build *b = compiled("{<<0, 0, 0, 97, 101, 98, 248, 127>>, %f}");
    struct heap h;
    bl_error error;
    uint64_t words[] = {word_of(2.0)};
    heap_init(&h);
    term t = build_make_args(&h, b, words, &error);
    const uint8_t bytes[] = {0, 0, 0, 97, 101, 98, 248, 127};
    cr_assert_arr_eq(binary_bytes(box_payload(t)[0]), bytes, 8);
    heap_fini(&h);
    syntax_free(b);
}

/* A text that is one word needs neither a template nor a heap. */
Test(template, one_word_is_there_already)
{
    static const char *const words[] = {"done", "'an atom'", "42", "-1", "[]"};
    static const char *const others[] = {"{done}", "[done]", "%i", "%t", "\"ab\"", "<<1>>", "1.0", "9000000000000000000", "#{}"};
    struct heap h;
    bl_error error;
    heap_init(&h);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct build *b = compiled(words[i]);
        cr_assert(build_word(b), "%s", words[i]);
        cr_assert_eq(build_word(b), build_make_args(&h, b, NULL, &error), "%s", words[i]);
        syntax_free(b);
    }
    cr_assert_eq(heap_used(&h), 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct build *b = compiled(others[i]);
        cr_assert_not(build_word(b), "%s", others[i]);
        syntax_free(b);
    }
    heap_fini(&h);
}
