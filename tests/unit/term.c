/* A word says what it is, and is never two things. */
#include "data/term.h"

#include <criterion/criterion.h>

static const int64_t numbers[] = {0, 1, -1, 2, -2, 42, 1 << 30, -(1 << 30), INT64_C(1) << 60, BL_INT_MAX, BL_INT_MIN, BL_INT_MAX - 1,
                                  BL_INT_MIN + 1};

#define EACH(array) (size_t i_ = 0; i_ < sizeof(array) / sizeof *(array); i_++)

Test(term, an_integer_comes_out_as_it_went_in)
{
    for EACH (numbers) {
        bl_term t = bl_int(numbers[i_]);
        cr_assert(bl_is_int(t));
        cr_assert_eq(bl_to_int(t), numbers[i_]);
        cr_assert_eq(t.word, term_int(numbers[i_]), "outside and inside are the same word");
        cr_assert_eq(term_int_value(t.word), numbers[i_]);
    }
}

Test(term, an_integer_has_62_bits)
{
    cr_assert_eq(BL_INT_MAX, (INT64_C(1) << 61) - 1);
    cr_assert_eq(BL_INT_MIN, -(INT64_C(1) << 61));
    cr_assert(bl_is_none(bl_int(BL_INT_MAX + 1)));
    cr_assert(bl_is_none(bl_int(BL_INT_MIN - 1)));
    cr_assert(bl_is_none(bl_int(INT64_MAX)));
    cr_assert(bl_is_none(bl_int(INT64_MIN)));
}

Test(term, a_pid_is_its_index_and_its_generation)
{
    static const uint32_t indices[] = {1, 2, 12345, PID_INDEX_NOBODY - 1}, generations[] = {1, 2, 0x80000000, UINT32_MAX};
    for EACH (indices)
        for (int g = 0; g < 4; g++) {
            term t = term_pid(indices[i_], generations[g]);
            cr_assert(term_is_pid(t));
            cr_assert_eq(term_pid_index(t), indices[i_]);
            cr_assert_eq(term_pid_generation(t), generations[g]);
            cr_assert_eq(bl_to_pid((bl_term){t}).word, t);
            cr_assert_eq(bl_from_pid((bl_pid){t}).word, t);
            cr_assert_eq(bl_pid_error((bl_pid){t}), BL_OK);
        }
}

Test(term, an_atom_is_its_index)
{
    for (uint32_t i = 0; i < 1 << 20; i += 4099) {
        cr_assert(term_is_atom(term_atom(i)));
        cr_assert_eq(term_atom_index(term_atom(i)), i);
    }
}

/* How many kinds does a word claim to be? */
static int kinds(term t)
{
    bl_term b = {t};
    return bl_is_none(b) + bl_is_int(b) + bl_is_atom(b) + bl_is_pid(b) + (term_is_own(t, TERM_OWN_SIGNAL) || term_is_own(t, TERM_OWN_ERROR));
}

Test(term, no_word_is_two_things)
{
    cr_assert_eq(kinds(TERM_NONE), 1);
    for EACH (numbers)
        cr_assert_eq(kinds(term_int(numbers[i_])), 1);
    for (uint32_t i = 0; i < 1 << 20; i += 4099) {
        cr_assert_eq(kinds(term_atom(i)), 1);
        cr_assert_eq(kinds(term_pid(i, i + 1)), 1);
        cr_assert_eq(kinds(term_pid(PID_INDEX_NOBODY - 1 - i, UINT32_MAX - i)), 1);
    }
    for (int e = 0; e <= BL_ETHREAD; e++)
        cr_assert_eq(kinds(term_own(TERM_OWN_ERROR, (uint32_t)e)), 1);
    for (uint32_t kind = 0; kind < 4; kind++)
        cr_assert_eq(kinds(term_own(TERM_OWN_SIGNAL, kind)), 1);
}

Test(term, inside_and_outside_agree_on_kinds)
{
    for (uint64_t low = 0; low < 64; low++)
        for (uint64_t high = 0; high < 4; high++) {
            term t = high << 61 | low;
            cr_assert_eq(term_is_int(t), bl_is_int((bl_term){t}));
            cr_assert_eq(term_is_atom(t), bl_is_atom((bl_term){t}));
            cr_assert_eq(term_is_pid(t), bl_is_pid((bl_term){t}));
        }
}

Test(term, an_error_in_place_of_a_pid_says_which_and_names_nobody)
{
    for (int e = BL_EINVAL; e <= BL_ETHREAD; e++) {
        bl_pid pid = {term_own(TERM_OWN_ERROR, (uint32_t)e)};
        cr_assert_eq((int)bl_pid_error(pid), e);
        cr_assert_eq(term_pid_index(pid.word), PID_INDEX_NOBODY);
        cr_assert_not(bl_is_pid(bl_from_pid(pid)));
    }
    cr_assert_eq(bl_pid_error((bl_pid){0}), BL_EINVAL);
}

Test(term, of_another_kind_gives_nothing)
{
    bl_term atom = {term_atom(3)}, pid = {term_pid(3, 3)};
    cr_assert_eq(bl_to_int(atom), 0);
    cr_assert_eq(bl_to_int(pid), 0);
    cr_assert_eq(bl_to_pid(atom).word, 0);
    cr_assert_eq(bl_to_pid(bl_int(3)).word, 0);
    cr_assert_eq(bl_to_pid((bl_term){0}).word, 0);
}

Test(term, the_same_is_the_same_word)
{
    cr_assert(bl_same(bl_int(5), bl_int(5)));
    cr_assert_not(bl_same(bl_int(5), bl_int(6)));
    cr_assert_not(bl_same(bl_int(3), (bl_term){term_atom(3)}));
    cr_assert(bl_same_pid((bl_pid){term_pid(3, 3)}, (bl_pid){term_pid(3, 3)}));
    cr_assert_not(bl_same_pid((bl_pid){term_pid(3, 3)}, (bl_pid){term_pid(3, 4)}));
}
