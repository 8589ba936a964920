/* build.h - a term from a text and values: "{reply, %r, [%i, %i]}".
 *
 * The text is written as in Erlang, and read once (data/syntax); then terms are made of it
 * with the values for its holes, which come as C arguments, as to printf().
 *
 *     text                          what it stands for
 *     inc  'an atom'                atom
 *     42  -1  16#ff  1_000  $a      integer, int64_t; $a is the number of a character
 *     1.0  -2.5e-3                  float
 *     "abc"                         list of characters; the text is UTF-8
 *     <<"abc">>  <<1, 255, "x">>    binary; bytes as they are, \x{20ac} as UTF-8
 *     {a, b}  {}                    tuple
 *     [a, b]  [a, b | tail]  []     list
 *     #{key => value, ...}          map; := is allowed for =>
 *
 *     hole   C argument             makes
 *     %t     bl_term                that term
 *     %i     int64_t                integer
 *     %f     double                 float; not NaN or infinite
 *     %p     bl_pid                 pid
 *     %a %r %l %T %m %F  bl_term    that term; it must be an atom, reference, list, tuple, map, function
 *     %s     const char *           binary of the string's bytes
 *     %A     const char *           atom
 *     %b     const void *, size_t   binary
 *
 * Numbers, atoms and what is in quotes in detail: data/scan. Arguments are read as what the
 * table says: 5 for %i must be written (int64_t)5, as for printf("%" PRId64). */
#ifndef DATA_BUILD_H
#define DATA_BUILD_H

#include <stdarg.h>

#include "data/box.h"
#include "data/syntax.h"
#include "data/template.h"

/* A text, read to build terms of it. NULL: *error says why. Freed by syntax_free(). */
struct build *build_compile(const char *text, size_t length, struct text_error *error);

/* The C arguments of one call, each as a word; there are n_args. */
void build_read_args(const struct build *, va_list *args, uint64_t *words);

/* The term, on h. TERM_NONE: no memory (BL_ENOMEM), a value is not what its hole says
 * (BL_EINVAL), no more atoms (BL_ELIMIT); *error says which. Terms among the values are
 * not copied: they must be on h, too, or be immediates. */
term build_make_args(struct heap *, const struct build *, const uint64_t *words, bl_error *error);
term build_make(struct heap *, const struct build *, va_list *args, bl_error *error);

/* The same in blocks of its own, as a message: the word of the first is the term. Only if it is
 * no immediate; what terms among the values point to is copied. NULL: as TERM_NONE above. */
struct block *build_message(const struct build *, const uint64_t *words, bl_error *error);

/* An argument that is a word, whatever its type: every ABI that we have passes all of these alike. */
_Static_assert(sizeof(bl_term) == 8 && sizeof(bl_pid) == 8 && sizeof(int64_t) == 8 && sizeof(void *) == 8, "a word");
static inline __attribute__((always_inline)) uint64_t build_read_word(va_list *args)
{
    return va_arg(*args, uint64_t);
}

/* The usual message: its text has a plain template, so the values are read into their places.
 * NULL: one is not what its hole says, or there is no memory; and *args is used up. */
static inline __attribute__((always_inline)) struct block *build_message_plain(const struct template *t, va_list *args)
{
    struct block *b = block_of_class(t->class);
    if (UNLIKELY(!b) && !(b = block_create(template_room(t->words))))
        return NULL;
    term *words = b->words;
    template_copy_pairs(t, words);
    for (const struct template_hole *hole = t->holes, *end = hole + t->n_holes; hole < end; hole++) {
        uint64_t value = build_read_word(args);
        __asm__ volatile("" ::: "memory"); /* the state of the va_list is not worth three registers */
        if (UNLIKELY(!template_put_plain(hole, value, &words[hole->place]))) {
            block_free(b);
            return NULL;
        }
    }
    b->used = t->words;
    b->message.word = t->root + (term)(uintptr_t)words;
    return b;
}

/* Does what this text builds live on a heap, whatever the values are? */
static inline bool build_is_boxed(const struct build *b)
{
    return b->parts[0].kind >= PART_TUPLE && b->parts[0].kind <= PART_MAP && b->parts[0].size > 1;
}

/* What it always builds, if that is one word: an atom, or a number that is not large. TERM_NONE: it is not. */
static inline term build_word(const struct build *b)
{
    const struct part *root = b->parts;
    return root->kind == PART_LITERAL && !term_is_pointer(root->value) ? root->value : TERM_NONE;
}

/* The same for a part in which there is no hole. TERM_NONE: no memory. */
term build_literal(struct heap *, const struct part *);

#endif
