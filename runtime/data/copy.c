/* copy.c - copying a term out of its heap, without a stack.
 *
 * An object is copied as it is, and its words that point to others are put on a list of
 * what is still to be copied (data/worklist): their places in the new blocks. A run of
 * list cells is copied in one go. The old objects stay as they are, so what was shared
 * inside a term is copied each time it is met, as in BEAM.
 *
 * Most messages are small, so the size is counted first, and the one block is exact. Only
 * to a few dozen words: to count a list takes as long as to copy it. What is larger
 * goes into blocks that double, and the last may be half empty until it is collected. */
#include "data/copy.h"

#include "data/worklist.h"

/* A block of FIRST_GUESS words takes 2 KiB with its head. */
enum { COUNT_MOST = 64, COUNT_PENDING = 32, FIRST_GUESS = 256 - BLOCK_HEAD };

struct copy {
    struct block *first, *last;
    term *top, *limit; /* of the last */
};

/* Words that a copy of t needs, if they are few and not deep; else 0. */
static size_t count_words(term t)
{
    term pending[COUNT_PENDING];
    unsigned n = 0;
    size_t words = 0;
    for (;;) {
        if (term_is_cell(t)) {
            words += 2;
            term head = cell_head(t);
            if (term_is_pointer(head)) {
                if (n == COUNT_PENDING)
                    return 0;
                pending[n++] = head;
            }
            t = cell_tail(t);
            if (term_is_pointer(t) && words < COUNT_MOST)
                continue;
        } else {
            size_t size = box_size(t);
            words += 1 + size;
            if (words >= COUNT_MOST)
                return 0;
            if (!header_is_raw(box_header_of(t)))
                for (const term *e = box_payload(t), *end = e + size; e < end; e++)
                    if (term_is_pointer(*e)) {
                        if (n == COUNT_PENDING)
                            return 0;
                        pending[n++] = *e;
                    }
        }
        if (words >= COUNT_MOST)
            return 0;
        if (!n)
            return words;
        t = pending[--n];
    }
}

static bool add_block(struct copy *c, size_t words)
{
    struct block *b = block_create(words);
    if (!b)
        return false;
    if (c->last) {
        c->last->used = (uint32_t)(c->top - c->last->words);
        c->last->more = b;
    } else {
        c->first = b;
    }
    c->last = b;
    c->top = b->words;
    c->limit = b->words + b->size;
    return true;
}

static COLD term *take_slow(struct copy *c, size_t words)
{
    size_t size = 2 * ((size_t)c->last->size + BLOCK_HEAD) - BLOCK_HEAD;
    if (size > HEAP_BLOCK_MOST)
        size = HEAP_BLOCK_MOST;
    if (!add_block(c, words > size ? words : size))
        return NULL;
    c->top += words;
    return c->last->words;
}

static inline term *take(struct copy *c, size_t words)
{
    term *taken = c->top;
    if (UNLIKELY((size_t)(c->limit - taken) < words))
        return take_slow(c, words);
    c->top = taken + words;
    return taken;
}

/* A new word that points to an old object. False: no memory. */
static inline bool later(struct worklist *rest, const term *slot)
{
    return !term_is_pointer(*slot) || worklist_push(rest, (uint64_t)(uintptr_t)slot);
}

/* Copy the cell at `from`, and those that follow it in its list; *slot points to the copy. */
static bool copy_cells(struct copy *c, term *slot, const term *from, struct worklist *rest)
{
    for (;;) {
        term *to = take(c, 2);
        if (UNLIKELY(!to))
            return false;
        *slot = term_cell(to);
        to[0] = from[0];
        term tail = to[1] = from[1];
        if (UNLIKELY(!later(rest, to)))
            return false;
        if (!term_is_cell(tail) || literal_has(tail))
            return later(rest, to + 1);
        slot = to + 1;
        from = term_pointer(tail);
    }
}

static bool copy_box(struct copy *c, term *slot, const term *from, struct worklist *rest)
{
    size_t size = header_size(*from);
    term *to = take(c, 1 + size);
    if (UNLIKELY(!to))
        return false;
    *slot = term_box(to);
    if (header_is_raw(*from)) {
        memcpy(to, from, (1 + size) * sizeof *to);
        if (UNLIKELY(header_is_counted(*from))) {
            box_retain(from);
            c->last->counted = 1;
        }
        return true;
    }
    *to = *from;
    for (size_t i = 1; i <= size; i++) {
        to[i] = from[i];
        if (UNLIKELY(!later(rest, to + i)))
            return false;
    }
    return true;
}

static inline bool copy_object(struct copy *c, term *slot, struct worklist *rest)
{
    term t = *slot;
    return term_is_cell(t) ? copy_cells(c, slot, term_pointer(t), rest) : copy_box(c, slot, term_pointer(t), rest);
}

struct block *copy_out(term t)
{
    struct copy c = {0};
    size_t words = count_words(t);
    if (!words)
        words = term_is_box(t) && box_size(t) >= FIRST_GUESS ? 1 + box_size(t) : FIRST_GUESS;
    if (!add_block(&c, words))
        return NULL;
    struct worklist rest;
    worklist_init(&rest);
    term root = t;
    bool copied = copy_object(&c, &root, &rest);
    while (copied && rest.count)
        copied = copy_object(&c, (term *)(uintptr_t)worklist_pop(&rest), &rest);
    worklist_fini(&rest);
    c.last->used = (uint32_t)(c.top - c.last->words);
    if (!copied) {
        blocks_free(c.first);
        return NULL;
    }
    c.first->message.word = root;
    return c.first;
}

term copy_to(struct heap *h, term t)
{
    if (!term_is_pointer(t))
        return t;
    struct block *b = copy_out(t);
    if (!b)
        return TERM_NONE;
    return heap_join(h, b);
}

size_t copy_words(const struct block *b)
{
    size_t words = 0;
    for (; b; b = b->more)
        words += b->used;
    return words;
}

/* ---- for ever ---- */

/* One object goes to `top`, and *slot points to it there. Returns the end of it. */
static term *copy_place(term *top, term *slot)
{
    const term *from = term_pointer(*slot);
    size_t words = object_size(from);
    memcpy(top, from, words * sizeof *top);
    if (object_is_box(top) && header_is_counted(*top))
        box_retain(top);
    *slot = (term)(uintptr_t)top | (*slot & TERM_POINTER_MASK);
    return top + words;
}

/* The term goes to `at`, where there is room for exactly it. What was placed is the list of
 * what is still to be: it is walked, and what it points to is placed behind it. */
static term copy_placed(term *at, term t)
{
    term *top = copy_place(at, &t);
    while (at < top) {
        term *end = at + object_size(at);
        if (object_is_box(at) && header_is_raw(*at))
            at = end;
        for (; at < end; at++)
            if (term_is_pointer(*at))
                top = copy_place(top, at);
    }
    return t;
}

term copy_for_ever(term t, bl_error *error)
{
    *error = BL_OK;
    if (!term_is_pointer(t))
        return t;
    bool full = false;
    struct block *b = copy_out(t); /* of which the size is known */
    term *at = b ? literal_take(copy_words(b), &full) : NULL;
    if (at)
        t = copy_placed(at, b->message.word);
    else
        *error = full ? BL_ELIMIT : BL_ENOMEM;
    blocks_free(b);
    return at ? t : TERM_NONE;
}
