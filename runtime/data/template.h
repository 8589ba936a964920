/* template.h - a term whose shape never changes is copied, not built.
 *
 * The text "{pong, [%i, %f]}" always makes the same objects; only some words in them differ.
 * So it is built once, with marks where the values go, and kept as an image:
 *
 *     words:  header(2)  pong  cell->     %i  cell->    2.0-box->  []    header(float)  %f
 *                              pointers ----^---------^              holes: %i, %f
 *
 * To make the term is to copy these words, to add an address to those that point to others,
 * and to write the values over the marks. What has no image (texts with maps, or with bytes
 * whose number only the call tells) is built part by part (data/build). */
#ifndef DATA_TEMPLATE_H
#define DATA_TEMPLATE_H

#include <string.h>

#include "data/box.h"

enum { TEMPLATE_WORDS_MOST = 250 }; /* places fit into a byte */

struct template {
    term root; /* its tag, and its place in the image */
    uint8_t words, n_pointers, n_holes;
    uint8_t class; /* of a block for them: block_class() */
    bool plain; /* the values can only be words, and come in the order of the holes */
    uint8_t *pointers;           /* places of words that hold the place of an object, and its tag */
    struct template_hole {
        uint8_t place, arg;
        char letter; /* 'f': the payload of a float */
        uint8_t tag; /* the low bits of all words that it takes; 0: not so simple */
    } *holes;
    term image[]; /* template_room() of them */
};

/* A mark for argument `arg` of a hole: no term that could be met otherwise. */
static inline term template_mark(unsigned arg)
{
    return term_own(TERM_OWN_MARK, arg);
}

/* The same as the payload of a float: a NaN, which no float is. */
static inline uint64_t template_float_mark(unsigned arg)
{
    return UINT64_C(0x7ff8626561000000) | arg;
}

/* The image of a term that lies in these words, whole, with marks in it; `letters` says what
 * hole each argument is for. NULL: no memory. */
struct template *template_create(term root, const term *words, size_t n, const char *letters);
void template_free(struct template *);

/* May a hole of this letter have this term? Not for holes that take other C types. */
bool template_accepts(char letter, term t);

static inline void template_point(const struct template *t, term *words)
{
    for (size_t i = 0, n = t->n_pointers; i < n; i++)
        words[t->pointers[i]] += (term)(uintptr_t)words;
}

/* The image, and nothing in its holes. */
static inline void template_copy(const struct template *t, term *words)
{
    for (size_t i = 0, n = t->words; i < n; i++) {
        words[i] = t->image[i];
        __asm__ volatile(""); /* a few words are copied sooner than memcpy() is called */
    }
    template_point(t, words);
}

/* So many words does the quicker copy need. */
static inline size_t template_room(size_t words)
{
    return (words + 1) & ~(size_t)1;
}

/* The same, two words at a time. */
static inline void template_copy_pairs(const struct template *t, term *words)
{
    for (size_t i = 0, n = t->words; i < n; i += 2) {
        memcpy(&words[i], &t->image[i], 2 * sizeof(term));
        __asm__ volatile("");
    }
    template_point(t, words);
}

static inline bool template_put_int(uint64_t arg, term *at)
{
    *at = term_int((int64_t)arg);
    return LIKELY((int64_t)arg >= BL_INT_MIN && (int64_t)arg <= BL_INT_MAX);
}

/* A hole of a plain one gets its value. False: as for template_fill(). */
static inline bool template_put_plain(const struct template_hole *hole, uint64_t arg, term *at)
{
    if (hole->letter == 'i')
        return template_put_int(arg, at);
    *at = arg;
    return LIKELY((arg & TERM_IMMEDIATE_MASK) == hole->tag);
}

/* Make it in t->words words. False: a value is not what its hole says, or a number needs
 * words of its own: build it, then. */
bool template_fill(const struct template *, term *words, const uint64_t *args, term *made);

#endif
