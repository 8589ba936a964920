/* template.c - see template.h. */
#include "data/template.h"

#include <math.h>

#include "base/memory.h"

/* ---- making the image ---- */

static size_t template_size(size_t words, size_t holes, size_t pointers)
{
    return sizeof(struct template) + template_room(words) * sizeof(term) + holes * sizeof(struct template_hole) + pointers;
}

enum template_words { WORDS_OF_TERMS, WORDS_OF_FLOAT, WORDS_RAW };

static enum template_words template_kind(const term *object)
{
    if (!object_is_box(object) || !header_is_raw(*object))
        return WORDS_OF_TERMS;
    return header_kind(*object) == BOX_FLOAT ? WORDS_OF_FLOAT : WORDS_RAW;
}

static uint8_t template_tag(char letter)
{
    switch (letter) {
    case 'a': return TERM_ATOM;
    case 'p': return TERM_PID;
    case 'r': return TERM_REFERENCE;
    default: return 0;
    }
}

static void template_note_hole(struct template *t, size_t place, unsigned arg, const char *letters)
{
    if (letters) {
        uint8_t tag = template_tag(letters[arg]);
        t->holes[t->n_holes] = (struct template_hole){(uint8_t)place, (uint8_t)arg, letters[arg], tag};
        t->plain &= arg == t->n_holes && (tag || letters[arg] == 'i');
    }
    t->n_holes++;
}

static void template_note_pointer(struct template *t, size_t place, term word, const term *words, bool keep)
{
    if (keep) {
        t->pointers[t->n_pointers] = (uint8_t)place;
        t->image[place] = word - (term)(uintptr_t)words;
    }
    t->n_pointers++;
}

/* Find marks and pointers in the words: to count them, or (`letters` given) to keep them. */
static void template_scan(struct template *t, const term *words, size_t n, const char *letters)
{
    t->n_holes = t->n_pointers = 0;
    for (size_t i = 0; i < n;) {
        enum template_words kind = template_kind(words + i);
        size_t end = i + object_size(words + i);
        for (; i < end; i++)
            if (kind == WORDS_OF_FLOAT && (words[i] & ~UINT64_C(0xff)) == template_float_mark(0))
                template_note_hole(t, i, (unsigned)(words[i] & 0xff), letters);
            else if (kind == WORDS_OF_TERMS && term_is_own(words[i], TERM_OWN_MARK))
                template_note_hole(t, i, term_own_value(words[i]), letters);
            else if (kind == WORDS_OF_TERMS && term_is_pointer(words[i]))
                template_note_pointer(t, i, words[i], words, letters);
    }
}

struct template *template_create(term root, const term *words, size_t n, const char *letters)
{
    struct template found;
    template_scan(&found, words, n, NULL);
    struct template *t = memory_alloc(template_size(n, found.n_holes, found.n_pointers));
    if (!t)
        return NULL;
    t->root = root - (term)(uintptr_t)words;
    t->words = (uint8_t)n;
    t->class = (uint8_t)block_class(n);
    t->plain = true;
    memcpy(t->image, words, n * sizeof *words);
    if (n < template_room(n))
        t->image[n] = TERM_NONE;
    t->holes = (struct template_hole *)(t->image + template_room(n));
    t->pointers = (uint8_t *)(t->holes + found.n_holes);
    template_scan(t, words, n, letters);
    return t;
}

void template_free(struct template *t)
{
    memory_free(t, template_size(t->words, t->n_holes, t->n_pointers));
}

/* ---- using it ---- */

static bool template_float(uint64_t word)
{
    double d;
    memcpy(&d, &word, sizeof d);
    return isfinite(d);
}

bool template_accepts(char letter, term t)
{
    switch (letter) {
    case 't': return (t & TERM_TAG_MASK) && ((t & TERM_IMMEDIATE_MASK) != TERM_OWN || t == TERM_NIL);
    case 'a': return term_is_atom(t);
    case 'p': return term_is_pid(t);
    case 'r': return term_is_reference(t);
    case 'l': return term_is_list(t);
    case 'T': return term_is_tuple(t);
    case 'm': return term_is_map(t);
    case 'F': return term_is_function(t);
    }
    return false;
}

static inline bool template_value(const struct template_hole *hole, uint64_t arg, term *at)
{
    if (hole->letter == 'i')
        return template_put_int(arg, at);
    *at = arg;
    if (LIKELY(hole->tag))
        return LIKELY((arg & TERM_IMMEDIATE_MASK) == hole->tag);
    return LIKELY(hole->letter == 'f' ? template_float(arg) : template_accepts(hole->letter, arg));
}

bool template_fill(const struct template *t, term *words, const uint64_t *args, term *made)
{
    template_copy(t, words);
    for (size_t i = 0, n = t->n_holes; i < n; i++)
        if (UNLIKELY(!template_value(&t->holes[i], args[t->holes[i].arg], &words[t->holes[i].place])))
            return false;
    *made = t->root + (term)(uintptr_t)words;
    return true;
}
