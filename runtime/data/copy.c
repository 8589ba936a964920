/* copy.c - copying a term out of its heap, without a stack.
 *
 * The old objects stay as they are, so what was shared inside a term is copied each time it
 * is met, as in BEAM. Three ways, because most messages are small:
 *
 * - An object that points to no other is copied as it is.
 * - To a few dozen words the size is counted first, and the one block is exact. The copies
 *   themselves are the list of what is still to be done: they are walked from the first,
 *   and what they point to is copied behind the last (C. Cheney, 1970).
 * - To count a long list takes as long as to copy it. What is larger goes into blocks that
 *   double; the places of words that still point to old objects are kept on a list
 *   (data/worklist), but a run of list cells is copied in one go. */
#include "data/copy.h"

#include "base/memory.h"
#include "data/worklist.h"

/* A block of FIRST_GUESS words takes 2 KiB with its head. */
enum { COUNT_MOST = 56, COUNT_PENDING = 32, FIRST_GUESS = 256 - BLOCK_HEAD };

/* Blocks double until they are of 8 MiB, and what a message needs is soon taken in large pieces: many of 64 KiB that come
 * and go together are not found again by the allocator (base/memory_jemalloc.c), and most of the time of the copy went into
 * page faults. The price: a word on a stack may keep half a large message, where it would keep 64 KiB. */
enum { COPY_BLOCK_MOST = 1024 * 1024 - BLOCK_HEAD };

struct copy {
    struct block *first, *last;
    term *top, *limit; /* of the last */
};

/* What count_words() has still to look at. */
struct pending {
    unsigned n;
    term terms[COUNT_PENDING];
};

static inline bool count_later(struct pending *rest, term t)
{
    if (!term_is_pointer(t))
        return true;
    if (rest->n == COUNT_PENDING)
        return false;
    rest->terms[rest->n++] = t;
    return true;
}

/* Words of a run of cells, no more than a few too many; 0: too much is pending. As in copy_run(),
 * the next cell is where it is expected, and one comparison tells. */
static size_t count_cells(term t, struct pending *rest)
{
    ptrdiff_t distance = 2;
    const term *from = term_pointer(t);
    for (size_t words = 2; words < COUNT_MOST; words += 2) {
        if (!count_later(rest, from[0]))
            return 0;
        t = from[1];
        if (UNLIKELY(t != term_cell(from + distance))) {
            if (!term_is_cell(t) || literal_has(t))
                return count_later(rest, t) ? words : 0;
            distance = term_pointer(t) - from;
        }
        from += distance;
    }
    return COUNT_MOST;
}

static size_t count_box(term t, struct pending *rest)
{
    size_t size = box_size(t);
    if (size < COUNT_MOST && !header_is_raw(box_header_of(t)))
        for (const term *e = box_payload(t), *end = e + size; e < end; e++)
            if (!count_later(rest, *e))
                return 0;
    return 1 + size;
}

/* Words that a copy of t needs, if they are few and not deep; else 0. */
static size_t count_words(term t)
{
    struct pending rest;
    rest.n = 0;
    for (size_t words = 0;;) {
        size_t more = term_is_cell(t) ? count_cells(t, &rest) : count_box(t, &rest);
        words += more;
        if (!more || words >= COUNT_MOST)
            return 0;
        if (!rest.n)
            return words;
        t = rest.terms[--rest.n];
    }
}

static bool add_block(struct copy *c, size_t words)
{
    struct block *b = block_create(words);
    if (!b)
        return false;
    if (c->last) {
        c->last->used = (uint32_t)(c->top - c->last->words);
        b->more = c->last->more;
        c->last->more = b;
    } else {
        c->first = b;
    }
    c->last = b;
    c->top = b->words;
    c->limit = b->words + b->size;
    return true;
}

/* The last block has room for as much again as all that was copied, maybe. */
static void give_back_rest(struct block *b)
{
    if (b->size > HEAP_BLOCK_MOST && b->used < b->size)
        b->size = (uint32_t)((memory_shrink(b, block_bytes(b->size), block_bytes(b->used)) - sizeof *b) / sizeof(term));
}

/* One large object, in a block of its own size; the last goes on being filled. */
static term *take_alone(struct copy *c, size_t words)
{
    struct block *b = block_create(words);
    if (!b)
        return NULL;
    b->used = (uint32_t)words;
    b->more = c->last->more;
    c->last->more = b;
    return b->words;
}

static COLD term *take_slow(struct copy *c, size_t words)
{
    if (words > HEAP_BLOCK_MOST)
        return take_alone(c, words);
    size_t size = 2 * ((size_t)c->last->size + BLOCK_HEAD) - BLOCK_HEAD;
    if (size > COPY_BLOCK_MOST)
        size = COPY_BLOCK_MOST;
    if (!(words < size && add_block(c, size)) && !add_block(c, words > FIRST_GUESS ? words : FIRST_GUESS))
        return NULL; /* nor for less */
    c->top += words;
    return c->last->words;
}

static COLD bool add_room(struct copy *c, size_t words)
{
    term *taken = take_slow(c, words);
    if (taken)
        c->top = taken;
    return taken;
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

/* Cells with immediates that follow each other at an even distance: as many as there are, and
 * as there is room for but the last two. Who waits for each tail to be loaded takes five cycles
 * a cell and more; but mostly the next cell is where it is expected, and the loaded word only
 * confirms it, for which the CPU does not wait. Returns where the next goes, which is *cell. */
static inline term *copy_run(term *to, const term *limit, const term **cell, ptrdiff_t distance)
{
    const term *from = *cell;
    term expected = term_cell(from + distance), next = term_cell(to + 2);
    for (const term *last = limit - 4; to <= last; to += 2) {
        term head = from[0];
        if (UNLIKELY(term_is_pointer(head)) || UNLIKELY(from[1] != expected))
            break;
        to[0] = head;
        __asm__ volatile(""); /* two stores: to make one of them takes longer */
        to[1] = next;
        from += distance;
        expected += (term)distance * sizeof(term);
        next += 2 * sizeof(term);
    }
    *cell = from;
    return to;
}

/* Copy the cell at `from`, and those that follow it in its list; *slot points to the copy. */
static bool copy_cells(struct copy *c, term *slot, const term *from, struct worklist *rest)
{
    ptrdiff_t distance = 2;
    for (;;) {
        if (UNLIKELY(c->limit - c->top < 2) && !add_room(c, 2))
            return false;
        term *to = c->top;
        *slot = term_cell(to);
        to = copy_run(to, c->limit, &from, distance);
        c->top = to + 2;
        to[0] = from[0];
        to[1] = from[1];
        if (UNLIKELY(!later(rest, to)))
            return false;
        if (!term_is_cell(from[1]) || literal_has(from[1]))
            return later(rest, to + 1);
        slot = to + 1;
        distance = term_pointer(from[1]) - from;
        from += distance;
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

static NOINLINE struct block *copy_large(term t)
{
    struct copy c = {0};
    if (!add_block(&c, term_is_box(t) && box_size(t) >= FIRST_GUESS ? 1 + box_size(t) : FIRST_GUESS))
        return NULL;
    struct worklist rest;
    worklist_init(&rest);
    term root = t;
    bool copied = copy_object(&c, &root, &rest);
    while (copied && rest.count)
        copied = copy_object(&c, (term *)(uintptr_t)worklist_pop(&rest), &rest);
    worklist_fini(&rest);
    c.last->used = (uint32_t)(c.top - c.last->words);
    give_back_rest(c.last);
    if (!copied) {
        blocks_free(c.first);
        return NULL;
    }
    c.first->message.word = root;
    return c.first;
}

/* One object goes to `top`, and *slot points to it there. Returns the end of it. */
static inline term *copy_place(term *top, term *slot, bool *counted)
{
    const term *from = term_pointer(*slot);
    size_t words = object_size(from);
    *slot = (term)(uintptr_t)top | (*slot & TERM_POINTER_MASK);
    for (size_t i = 0; i < words; i++) {
        top[i] = from[i];
        __asm__ volatile(""); /* a few words are copied sooner than memcpy() is called */
    }
    if (UNLIKELY(object_is_box(top) && header_is_counted(*top))) {
        box_retain(top);
        *counted = true;
    }
    return top + words;
}

/* The term goes to `at`, where there is room for exactly it. What was placed is the list of
 * what is still to be: it is walked, and what it points to is placed behind it. */
static term copy_placed(term *at, term t, bool *counted)
{
    term *top = copy_place(at, &t, counted);
    while (at < top) {
        term *end = at + object_size(at);
        if (object_is_box(at) && header_is_raw(*at))
            at = end;
        for (; at < end; at++)
            if (term_is_pointer(*at))
                top = copy_place(top, at, counted);
    }
    return t;
}

/* Into one block of exactly so many words. */
static struct block *copy_exact(term t, size_t words)
{
    struct block *b = block_create(words);
    if (UNLIKELY(!b))
        return NULL;
    bool counted = false;
    b->message.word = copy_placed(b->words, t, &counted);
    b->counted = counted;
    b->used = (uint32_t)words;
    return b;
}

/* A box without terms in it, a large binary above all. */
static struct block *copy_raw(term t)
{
    size_t words = 1 + box_size(t);
    struct block *b = block_create(words);
    if (UNLIKELY(!b))
        return NULL;
    bool counted = false;
    b->message.word = t;
    copy_place(b->words, &b->message.word, &counted);
    b->counted = counted;
    b->used = (uint32_t)words;
    return b;
}

struct block *copy_out(term t)
{
    if (term_is_box(t) && header_is_raw(box_header_of(t)))
        return copy_raw(t);
    size_t words = count_words(t);
    return LIKELY(words) ? copy_exact(t, words) : copy_large(t);
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

term copy_for_ever(term t, size_t *words, bl_error *error)
{
    *error = BL_OK;
    *words = 0;
    if (!term_is_pointer(t))
        return t;
    bool full = false, counted;
    struct block *b = copy_out(t); /* of which the size is known */
    *words = copy_words(b);
    term *at = b ? literal_take(*words, &full) : NULL;
    if (at)
        t = copy_placed(at, b->message.word, &counted);
    else
        *error = full ? BL_ELIMIT : BL_ENOMEM;
    blocks_free(b);
    return at ? t : TERM_NONE;
}
