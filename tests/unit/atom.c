/* The same text is the same atom, for ever and from every thread. */
#include "data/atom.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "support/random.h"
#include "support/scale.h"

static term intern(const char *text)
{
    bl_error error;
    return atom_intern(text, strlen(text), &error);
}

static bl_error error_of(const char *text, size_t length)
{
    bl_error error = BL_OK;
    term t = atom_intern(text, length, &error);
    cr_assert_eq(t == TERM_NONE, error != BL_OK, "an atom or an error, not both");
    return error;
}

Test(atom, the_same_text_is_the_same_atom)
{
    char copy[] = "hello";
    term hello = intern("hello");
    cr_assert(term_is_atom(hello));
    cr_assert_eq(intern(copy), hello);
    cr_assert_neq(intern("hellO"), hello);
    cr_assert_neq(intern("hell"), hello);
    cr_assert_neq(intern("hello "), hello);
}

Test(atom, keeps_its_text)
{
    term t = intern("a text");
    cr_assert_str_eq(atom_text(t), "a text");
    const char *text = atom_text(t);
    for (int i = 0; i < 10000; i++) {
        char name[32];
        snprintf(name, sizeof name, "filler %d", i);
        intern(name);
    }
    cr_assert_eq(atom_text(t), text, "texts do not move");
    cr_assert_str_eq(text, "a text");
}

Test(atom, ten_thousand_are_all_different)
{
    enum { MANY = 10000 };
    static term atoms[MANY];
    char name[32];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "%d", i);
        atoms[i] = intern(name);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "%d", i);
        cr_assert_str_eq(atom_text(atoms[i]), name);
        cr_assert_eq(intern(name), atoms[i]);
    }
}

Test(atom, an_empty_text_is_an_atom)
{
    cr_assert(term_is_atom(intern("")));
    cr_assert_str_eq(atom_text(intern("")), "");
}

Test(atom, zeros_are_characters)
{
    bl_error error;
    size_t length;
    term ab = atom_intern("a\0b", 3, &error), a = atom_intern("a\0", 2, &error);
    cr_assert(ab != a && a != intern("a") && atom_intern("a\0b", 3, &error) == ab);
    cr_assert_arr_eq(atom_text_of(ab, &length), "a\0b", 4);
    cr_assert_eq(length, 3);
    cr_assert_eq(atom_intern("", 0, &error), intern(""));
    cr_assert_eq(bl_atom_n("a\0b", 3).word, ab);
    cr_assert_eq(bl_atom_length((bl_term){ab}), 3);
    cr_assert_eq(bl_atom_length((bl_term){term_int(1)}), 0);
    cr_assert(bl_is_none(bl_atom_n(NULL, 0)));
}

Test(atom, the_predefined_have_the_names_they_are_called_by)
{
    cr_assert_str_eq(atom_text(term_atom(ATOM_normal)), "normal");
    cr_assert_str_eq(atom_text(term_atom(ATOM_noproc)), "noproc");
    cr_assert_str_eq(atom_text(term_atom(ATOM_stack_overflow)), "stack_overflow");
    cr_assert_str_eq(atom_text(term_atom(ATOM_no_memory)), "no_memory");
    cr_assert_eq(intern("normal"), term_atom(ATOM_normal));
    cr_assert_eq(intern("no_memory"), term_atom(ATOM_no_memory));
}

Test(atom, what_is_none_has_no_text)
{
    cr_assert_null(atom_text(TERM_NONE));
    cr_assert_null(atom_text(term_int(1)));
    cr_assert_null(atom_text(term_pid(1, 1)));
    cr_assert_null(atom_text(term_atom(ATOM_MAX - 1)));
    cr_assert_null(atom_text(term_atom(UINT32_MAX >> 4)));
}

/* ---- UTF-8, after RFC 3629 and M. Kuhn's stress test ---- */

static const char *const good[] = {
    "plain",          "\x7f",         "\xc2\x80" /* U+80 */,   "\xdf\xbf" /* U+7ff */, "\xe0\xa0\x80" /* U+800 */,
    "\xed\x9f\xbf",   "\xee\x80\x80", "\xef\xbf\xbf" /* U+ffff */,
    "\xf0\x90\x80\x80" /* U+10000 */, "\xf4\x8f\xbf\xbf" /* U+10ffff */, "sm\xc3\xb6rg\xc3\xa5s", "\xe2\x82\xac",
};

static const char *const bad[] = {
    "\x80", "\xbf",                                     /* continuation of nothing */
    "\xc2", "\xe0\xa0", "\xf0\x90\x80", "x\xe2\x82",    /* cut short */
    "\xc2x", "\xe0\xa0x", "\xf0\x90\x80x", "\xe2x\x82", /* continued by something else */
    "\xc3\xc3", "\xc2\xff",
    "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", /* overlong */
    "\xed\xa0\x80", "\xed\xad\xbf", "\xed\xbf\xbf",                                                 /* surrogates */
    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80",     /* above U+10ffff */
    "\xfe", "\xff",
};

Test(atom, accepts_all_of_utf8)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_assert_eq(error_of(good[i], strlen(good[i])), BL_OK, "good text %zu", i);
        cr_assert_str_eq(atom_text(intern(good[i])), good[i]);
    }
}

Test(atom, refuses_what_is_not_utf8)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(error_of(bad[i], strlen(bad[i])), BL_EINVAL, "bad text %zu", i);
}

Test(atom, does_not_read_beyond_its_length)
{
    cr_assert_eq(error_of("\xe2\x82\xac", 2), BL_EINVAL, "the third byte is not ours");
    cr_assert_eq(error_of("abc", 2), BL_OK);
    bl_error error;
    cr_assert_str_eq(atom_text(atom_intern("abc", 2, &error)), "ab");
}

Test(atom, has_at_most_255_characters)
{
    char text[4 * 256 + 1];
    memset(text, 'a', 256);
    cr_assert_eq(error_of(text, 255), BL_OK);
    cr_assert_eq(error_of(text, 256), BL_EINVAL);
    for (int i = 0; i < 256; i++)
        memcpy(text + 4 * i, "\xf0\x9f\x90\x9d", 4);
    cr_assert_eq(error_of(text, 4 * 255), BL_OK, "characters are counted, not bytes");
    cr_assert_eq(error_of(text, 4 * 256), BL_EINVAL);
}

/* ---- threads ---- */

enum { THREADS = 4, NAMES = 2000 };

static term found[THREADS][NAMES];
static uint64_t seed;

static void *intern_all(void *arg)
{
    term *mine = arg;
    struct random r = random_split(seed, (uint64_t)((term(*)[NAMES])mine - found));
    int order[NAMES];
    for (int i = 0; i < NAMES; i++) {
        int j = (int)random_below(&r, (unsigned)i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    for (int i = 0; i < NAMES; i++) {
        char name[32];
        snprintf(name, sizeof name, "name %d", order[i]);
        term t = intern(name);
        if (!atom_text(t) || strcmp(atom_text(t), name))
            return arg;
        mine[order[i]] = t;
    }
    return NULL;
}

Test(atom, threads_agree)
{
    pthread_t thread[THREADS];
    seed = random_seed("atom.threads_agree");
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, intern_all, found[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(thread[i], &failed);
        cr_assert_null(failed, "thread %d read a wrong text", i);
    }
    for (int i = 1; i < THREADS; i++)
        cr_assert_arr_eq(found[i], found[0], sizeof found[0]);
}

/* ---- life and limit ---- */

Test(atom, survives_stop_and_start)
{
    bl_options small = {.schedulers = 1, .max_processes = 1000};
    bl_term before = bl_atom("made before the runtime");
    const char *text = bl_atom_text(before);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(bl_start(&small), BL_OK);
        cr_assert(bl_same(bl_atom("made before the runtime"), before));
        cr_assert(bl_is_atom(bl_atom("made inside")));
        cr_assert_eq(bl_stop(), BL_OK);
    }
    cr_assert_eq(bl_atom_text(before), text);
    cr_assert_str_eq(bl_atom_text(bl_atom("made inside")), "made inside");
}

Test(atom, table_is_full_at_its_limit_and_still_answers)
{
    char name[32];
    int made = 0;
    bl_error error = BL_OK;
    for (; made <= ATOM_MAX && error == BL_OK; made++)
        error = error_of(name, (size_t)snprintf(name, sizeof name, "%d", made));
    cr_assert_eq(error, BL_ELIMIT);
    cr_assert_eq(made - 1, ATOM_MAX - ATOM_PREDEFINED);
    cr_assert_str_eq(atom_text(intern("777")), "777");
    cr_assert_eq(error_of("new", 3), BL_ELIMIT);
    cr_assert_eq(error_of("normal", 6), BL_OK);
}
