/* copy.c - copying a term out of its heap, without a stack.
 *
 * After C. Cheney, 1970, with the new blocks as the queue: an object is copied as it
 * is, pointing to the old ones; then the copies are scanned in order, and what they
 * point to is copied behind the last. Other than in collection the old objects stay
 * as they are, so what was shared inside a term is copied each time it is met, as in
 * BEAM.
 *
 * Most messages are small, so the size is counted first, if that is quick, and the one
 * block is exact. What is not counted to the end goes into blocks that double. */
#include "data/copy.h"

#include "data/worklist.h"

enum { COUNT_MOST = 4096, COUNT_PENDING = 32, FIRST_GUESS = 1000 };

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
    size_t size = 2 * (size_t)c->last->size;
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

/* Copy the one object that *slot points to, and let the slot point to the copy. */
static inline bool copy_object(struct copy *c, term *slot)
{
    const term *from = term_pointer(*slot);
    bool cell = term_is_cell(*slot);
    size_t words = cell ? 2 : 1 + header_size(*from);
    term *to = take(c, words);
    if (UNLIKELY(!to))
        return false;
    *slot = (term)(uintptr_t)to | (*slot & TERM_POINTER_MASK);
    if (cell) {
        to[0] = from[0];
        to[1] = from[1];
        return true;
    }
    memcpy(to, from, words * sizeof *to);
    if (UNLIKELY(header_is_counted(*from))) {
        box_retain(from);
        c->last->counted = 1;
    }
    return true;
}

static inline const term *end_of(const struct copy *c, const struct block *b)
{
    return b == c->last ? c->top : b->words + b->used;
}

/* Copy what the objects of b point to; more may follow behind them meanwhile. */
static bool scan_block(struct copy *c, struct block *b)
{
    for (term *at = b->words; at < end_of(c, b);) {
        term *end = at + object_size(at);
        if (object_is_box(at) && header_is_raw(*at))
            at = end;
        for (; at < end; at++)
            if (term_is_pointer(*at) && UNLIKELY(!copy_object(c, at)))
                return false;
    }
    return true;
}

struct block *copy_out(term t)
{
    struct copy c = {0};
    size_t words = count_words(t);
    if (!add_block(&c, words ? words : FIRST_GUESS))
        return NULL;
    term root = t;
    bool copied = copy_object(&c, &root);
    for (struct block *b = c.first; copied && b; b = b->more)
        copied = scan_block(&c, b);
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
    term copy = b->message.word;
    heap_join(h, b);
    return copy;
}

size_t copy_words(const struct block *b)
{
    size_t words = 0;
    for (; b; b = b->more)
        words += b->used;
    return words;
}
