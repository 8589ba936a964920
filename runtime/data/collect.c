/* collect.c - mostly copying collection.
 *
 * When: on entry of a public function that may build terms, and when a resting process
 * has returned its state, once the heap has grown by as much as was live the last time, and
 * by a nursery's worth at least (heap_wants_collection()); before a process waits, already
 * when it has grown by a few hundred words. So each word is moved about once for each word
 * that is taken. Never while an object is half-built: inside the runtime, taking words never
 * collects, it only adds blocks.
 *
 * What is scanned: the process's roots, precisely; and the live part of its stack with
 * the registers, where nobody knows which words are terms (C does not tell).
 *
 * Why it is safe: a word of the stack that lies in a block may be a term, or the address
 * of something in one, or a number that looks like it. It cannot be changed. So a block
 * that the stack may point into is *kept*: nothing in it moves; its objects are marked
 * when they are reached, the others are overwritten with filler, so that an old word which
 * turns up on the stack later finds nothing to follow. All other blocks are emptied:
 * what is reached is copied behind what was copied before (Cheney's queue), and leaves
 * its new address behind, and the block is freed. A stack is small, blocks are 64 KiB
 * at most, or hold one object, or half a large message: so what is kept is bounded.
 *
 * A large heap has generations. After a collection that leaves HEAP_OLD_LEAST words or more
 * all that is left is *old*, and the next ones are minor: they look only at the blocks made
 * since, the young ones. Terms are immutable, so what is old points to nothing that is
 * younger, and nobody need remember who does. What a minor collection copies becomes old. A
 * young block that is kept stays young, and goes on being filled, unless something old would
 * point into it: then all kept ones become old. When there is twice as much that is old as
 * was live, the next collection is major: of everything. So a word that lives long is
 * moved when it becomes old, and about once for each that becomes old after it; a word
 * that dies young is never moved. What only old garbage refers to, such as large
 * binaries, stays until then. A word of the stack in an old block means nothing to a minor
 * collection.
 *
 * Without a stack (a resting process between messages) nothing is kept, and what is left
 * is compact. After J. Bartlett, Compacting garbage collection with ambiguous roots, 1988.
 *
 * Messages not yet received are not looked at: they point to nothing but themselves. */
#include "data/collect.h"

#include <stdlib.h>

#include "base/memory.h"

/* ---- the copies ---- */

static COLD term *make_room_slow(struct collection *c, size_t words)
{
    size_t size = c->grown;
    if (size < HEAP_BLOCK_LEAST)
        size = HEAP_BLOCK_LEAST;
    if (size > HEAP_BLOCK_MOST)
        size = HEAP_BLOCK_MOST;
    if (!c->grown && c->room)
        size = c->room;
    struct block *b = block_create(size < words ? words : size);
    if (!b)
        return NULL;
    if (c->last) {
        c->last->used = (uint32_t)(c->top - c->last->words);
        c->last->more = b;
    } else {
        c->to = b;
    }
    c->last = b;
    c->grown += b->size;
    c->top = b->words + words;
    c->limit = b->words + b->size;
    return b->words;
}

static inline term *make_room(struct collection *c, size_t words)
{
    term *taken = c->top;
    if (UNLIKELY((size_t)(c->limit - taken) < words))
        return make_room_slow(c, words);
    c->top = taken + words;
    return taken;
}

static term *move_box(struct collection *c, term *from)
{
    if ((*from & BOX_LOW_MASK) == BOX_MOVED)
        return (term *)(uintptr_t)(*from - BOX_MOVED);
    size_t words = 1 + header_size(*from);
    term *to = make_room(c, words);
    if (UNLIKELY(!to))
        return NULL;
    memcpy(to, from, words * sizeof *to);
    if (UNLIKELY(header_is_counted(*from)))
        c->last->counted = 1;
    *from = (term)(uintptr_t)to | BOX_MOVED;
    return to;
}

/* A cell that was moved has no head: 0, and its new address in its tail. */
static term *move_cell(struct collection *c, term *from)
{
    if (!from[0])
        return (term *)(uintptr_t)from[1];
    term *to = make_room(c, 2);
    if (UNLIKELY(!to))
        return NULL;
    to[0] = from[0];
    to[1] = from[1];
    from[0] = 0;
    from[1] = (term)(uintptr_t)to;
    return to;
}

/* ---- reaching ---- */

/* Of a minor collection. */
static bool is_old(const struct collection *c, const term *p)
{
    size_t low = 0, high = c->young_count; /* the last that begins at or before p */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c->young[middle]->words <= p)
            low = middle + 1;
        else
            high = middle;
    }
    return !low || p >= c->young[low - 1]->words + c->young[low - 1]->size;
}

/* Does it not move? Then mark it, if that is still to be done. */
static bool stays(struct collection *c, const term *object)
{
    if (literal_has((uintptr_t)object) || (c->young && is_old(c, object)))
        return true;
    struct kept *k = kept_of(c, object);
    if (k) {
        mark(c, k, object);
        c->copies_point |= c->in_copies;
    }
    return k;
}

static inline void reach(struct collection *c, term *slot)
{
    if (!term_is_boxed(*slot))
        return;
    term *from = term_pointer(*slot);
    if (UNLIKELY((uintptr_t)from - c->stays_low < c->stays_bytes) && stays(c, from))
        return;
    term *to = term_is_cell(*slot) ? move_cell(c, from) : move_box(c, from);
    if (UNLIKELY(!to))
        c->failed = true;
    else
        *slot = (term)(uintptr_t)to | (*slot & TERM_POINTER_MASK);
}

/* The object at `at`: reach what it points to. Returns its end. */
static inline term *reach_from(struct collection *c, term *at)
{
    term *end = at + object_size(at);
    if (!(object_is_box(at) && header_is_raw(*at)))
        for (; at < end; at++)
            reach(c, at);
    return end;
}

static void scan_kept(struct collection *c, struct kept *k)
{
    k->dirty = false;
    for (size_t w = 0; w <= (size_t)k->block->used / 64; w++)
        for (uint64_t bits; (bits = k->marked[w] & ~k->scanned[w]);) {
            unsigned bit = (unsigned)__builtin_ctzll(bits);
            k->scanned[w] |= UINT64_C(1) << bit;
            reach_from(c, &k->block->words[w * 64 + bit]);
        }
}

/* Until nothing new is reached. */
static void scan_all(struct collection *c)
{
    struct block *b = NULL;
    term *at = NULL;
    c->in_copies = true;
    while (!c->failed) {
        if (!b && c->to) {
            b = c->to;
            at = b->words;
        }
        if (b && at < (b == c->last ? c->top : b->words + b->used)) {
            at = reach_from(c, at);
        } else if (b && b != c->last) {
            b = b->more;
            at = b->words;
        } else if (c->dirty) {
            c->dirty = c->in_copies = false;
            for (size_t i = 0; i < c->kept_count; i++)
                if (c->kept[i].dirty)
                    scan_kept(c, &c->kept[i]);
            c->in_copies = true;
        } else {
            return;
        }
    }
}

/* ---- afterwards ---- */

/* What was not reached becomes filler, one box where several were. Returns the words that were. */
static size_t fill_gaps(struct kept *k)
{
    struct block *b = k->block;
    size_t live = 0;
    term *gap = NULL, *at = b->words, *end = at + b->used;
    while (at < end) {
        size_t i = (size_t)(at - b->words), size = object_size(at);
        if (k->marked[i / 64] >> i % 64 & 1) {
            live += size;
            gap = NULL;
        } else {
            if (object_is_box(at) && header_is_counted(*at))
                box_release(at);
            if (!gap)
                gap = at;
            *gap = box_header(BOX_FILLER, (size_t)(at + size - gap) - 1);
        }
        at += size;
    }
    if (gap) /* at the end: it can be taken again */
        b->used = (uint32_t)(gap - b->words);
    return live;
}

static bool is_kept(const struct collection *c, const struct block *b)
{
    for (size_t low = 0, high = c->kept_count; low < high;) {
        size_t middle = (low + high) / 2;
        if (c->kept[middle].block == b)
            return true;
        if (c->kept[middle].block < b)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* What was moved out of, or nobody needs. */
static void free_left(struct heap *h, struct collection *c)
{
    struct block *next;
    for (struct block *b = h->blocks; b; b = next) {
        next = b->more;
        if (!is_kept(c, b))
            block_free(b);
    }
    h->blocks = NULL;
}

/* b becomes one of the old ones. */
static void grow_old(struct heap *h, struct block *b)
{
    b->more = h->old;
    h->old = b;
    h->old_words += BLOCK_HEAD + b->size;
    h->old_used += b->used;
}

/* b becomes one of the young ones: the one with most room comes first. */
static void stay_young(struct heap *h, struct block *b)
{
    struct block *front = h->blocks;
    h->words += BLOCK_HEAD + b->size;
    if (!front || front->size - front->used < b->size - b->used) {
        b->more = front;
        h->blocks = b;
    } else {
        b->more = front->more;
        front->more = b;
    }
}

static void relink(struct heap *h, struct collection *c)
{
    size_t copied = 0, kept = 0;
    free_left(h, c);
    for (const struct block *b = c->to; b; b = b->more)
        copied += b->used;
    for (size_t i = 0; i < c->kept_count; i++)
        kept += fill_gaps(&c->kept[i]);
    h->live = h->old_used + copied + kept;
    bool old = c->young || h->live >= HEAP_OLD_LEAST;
    bool all_old = c->young ? c->copies_point : old;
    h->words = 0;
    for (struct block *b = c->to, *next; b; b = next) {
        next = b->more;
        (old ? grow_old : stay_young)(h, b);
    }
    for (size_t i = 0; i < c->kept_count; i++)
        (all_old ? grow_old : stay_young)(h, c->kept[i].block);
    h->words += h->old_words;
    h->top = h->blocks ? h->blocks->words + h->blocks->used : NULL;
    h->limit = h->blocks ? h->blocks->words + h->blocks->size : NULL;
}

/* In the middle: old and new in one chain, for heap_fini(). The old ones first: who frees
 * them looks at what was moved where it is now. */
static void give_up(struct heap *h, struct collection *c)
{
    struct block *last = h->blocks;
    while (last->more)
        last = last->more;
    last->more = c->to;
}

/* Not the room for a few, which is large and need not be. */
static void collection_init(struct collection *c, size_t room)
{
    c->kept = NULL;
    c->kept_count = c->kept_room = c->few_maps_used = 0;
    c->kept_low = c->kept_high = 0;
    c->to = c->last = NULL;
    c->top = c->limit = NULL;
    c->room = room;
    c->grown = 0;
    c->failed = c->dirty = false;
    c->young = NULL;
    c->young_count = 0;
    c->in_copies = c->copies_point = false;
}

/* ---- generations ---- */

static int by_block_address(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)*(struct block *const *)a, y = (uintptr_t)*(struct block *const *)b;
    return (x > y) - (x < y);
}

/* A minor collection is about to begin. False: no memory. */
static bool look_at_young(struct collection *c, const struct heap *h)
{
    size_t n = 0;
    for (const struct block *b = h->blocks; b; b = b->more)
        n++;
    c->young = memory_alloc((n + 1) * sizeof(struct block *));
    if (!c->young)
        return false;
    for (struct block *b = h->blocks; b; b = b->more)
        c->young[c->young_count++] = b;
    qsort(c->young, n, sizeof *c->young, by_block_address);
    return true;
}

/* A major one is about to begin: nothing is old any more. */
static void grow_young(struct heap *h)
{
    struct block **end = &h->blocks;
    while (*end)
        end = &(*end)->more;
    if (!h->blocks && h->old) { /* its front is what was old */
        h->top = h->old->words + h->old->used;
        h->limit = h->old->words + h->old->size;
    }
    *end = h->old;
    h->old = NULL;
    h->old_words = h->old_used = 0;
}

/* Major when there is twice as much. */
static void count_collection(struct heap *h, bool minor, bool major)
{
    h->collections++;
    h->minors = major ? 0 : h->minors + 1;
    if (!minor)
        h->major_at = 2 * h->old_words + HEAP_OLD_NURSERY;
}

/* One range for all that stays, so that what moves, as most does, costs one comparison. */
static void set_stays(struct collection *c)
{
    if (c->young) { /* most of what a minor one meets, it leaves alone */
        c->stays_low = 0;
        c->stays_bytes = UINTPTR_MAX;
        return;
    }
    uintptr_t low = c->kept_low, high = c->kept_high;
    uintptr_t literals = atomic_load_explicit(&literals_low, memory_order_relaxed);
    if (literals < -LITERALS_MOST) {
        low = !high || literals < low ? literals : low;
        high = literals + LITERALS_MOST > high ? literals + LITERALS_MOST : high;
    }
    c->stays_low = low;
    c->stays_bytes = high - low;
}

static enum collected collect_some(struct heap *h, const struct roots *roots, size_t *moved, bool minor)
{
    struct collection c;
    bool major = !minor && (h->old || !h->major_at); /* where nothing is old, it is so if that was asked for */
    collection_init(&c, roots->room);
    heap_settle(h);
    if (!minor)
        grow_young(h);
    bool begun = (!minor || look_at_young(&c, h)) && keep_for_stack(&c, h, roots);
    set_stays(&c);
    for (size_t i = 0; begun && i < roots->count; i++)
        reach(&c, &roots->terms[i]);
    if (begun)
        scan_all(&c);
    if (c.last)
        c.last->used = (uint32_t)(c.top - c.last->words);
    *moved += c.grown;
    enum collected result = COLLECTED;
    if (!begun || (c.failed && !c.to)) /* not even the first object was moved */
        result = COLLECT_POSTPONED;
    else if (c.failed)
        result = COLLECT_FAILED;
    if (result == COLLECTED)
        relink(h, &c);
    else if (result == COLLECT_FAILED)
        give_up(h, &c);
    if (c.young)
        memory_free(c.young, (c.young_count + 1) * sizeof *c.young);
    keep_forget(&c);
    count_collection(h, minor, major);
    return result;
}

enum collected collect(struct heap *h, const struct roots *roots, size_t *moved)
{
    size_t words = 0;
    bool minor = heap_next_is_minor(h);
    enum collected result = collect_some(h, roots, &words, minor);
    if (minor && result == COLLECTED && h->most && h->live > h->most) /* with what may be garbage */
        result = collect_some(h, roots, &words, false);
    if (moved)
        *moved = words;
    heap_set_next(h);
    return result;
}
