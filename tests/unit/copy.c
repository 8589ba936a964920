/* A copy is the same term in other words; large binaries are shared. */
#include "data/copy.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <criterion/criterion.h>

#include "base/memory.h"
#include "support/scale.h"
#include "support/terms.h"

static bool lies_in(const struct block *b, const term *p)
{
    for (; b; b = b->more)
        if (p >= b->words && p < b->words + b->used)
            return true;
    return false;
}

/* Everything that t reaches is in these blocks. */
static bool all_in(const struct block *b, term t)
{
    for (; term_is_cell(t); t = cell_tail(t))
        if (!lies_in(b, term_pointer(t)) || !all_in(b, cell_head(t)))
            return false;
    if (!term_is_box(t))
        return true;
    if (!lies_in(b, term_pointer(t)))
        return false;
    for (size_t i = 0; i < box_size(t) && !header_is_raw(box_header_of(t)); i++)
        if (!all_in(b, box_payload(t)[i]))
            return false;
    return true;
}

Test(copy, is_the_same_term_in_blocks_of_its_own)
{
    struct random r = {random_seed("copy")};
    for (int i = 0; i < 20000 / SLOWDOWN; i++) {
        struct heap h;
        heap_init(&h);
        term t;
        do
            t = random_term(&h, &r, random_below(&r, 300));
        while (!term_is_pointer(t));
        struct block *copy = copy_out(t);
        cr_assert_eq(copy_block(copy->message.word), copy);
        uint64_t print = fingerprint(t);
        heap_fini(&h); /* the copy needs nothing of the original */
        cr_assert_eq(fingerprint(copy->message.word), print);
        cr_assert(all_in(copy, copy->message.word));
        if (!copy->more && copy->used < 48)
            cr_assert_eq(copy->used, copy->size, "small copies are exact");
        blocks_free(copy);
    }
}

Test(copy, joins_another_heap_as_the_same_term)
{
    struct random r = {random_seed("copy")};
    struct heap to;
    heap_init(&to);
    for (int i = 0; i < 20000 / SLOWDOWN; i++) {
        struct heap h;
        heap_init(&h);
        term t = random_term(&h, &r, random_below(&r, 2) ? random_below(&r, 300) : 3);
        uint64_t print = fingerprint(t);
        term copy = copy_to(&to, t);
        heap_fini(&h);
        cr_assert_eq(fingerprint(copy), print);
        if (i % 1000 == 999) {
            heap_fini(&to);
            heap_init(&to);
        }
    }
    heap_fini(&to);
}

/* A hundred small messages are in a few blocks. */
Test(copy, small_ones_share_a_block)
{
    struct heap h, to;
    heap_init(&h);
    heap_init(&to);
    term e[] = {term_int(1), cell_make(&h, term_int(2), TERM_NIL)}, t = tuple_make(&h, e, 2);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(fingerprint(copy_to(&to, t)), fingerprint(t));
    int blocks = 0;
    for (const struct block *b = to.blocks; b; b = b->more)
        blocks++;
    cr_assert_leq(blocks, 40);
    cr_assert_eq(heap_used(&to), 5000);
    heap_fini(&h);
    heap_fini(&to);
}

Test(copy, shares_large_binaries_and_counts)
{
    struct heap h;
    heap_init(&h);
    term t = binary_make(&h, NULL, 1000), e[] = {t, t};
    struct shared *bytes = shared_of(term_pointer(t));
    cr_assert_eq(atomic_load(&bytes->references), 1);
    struct block *copy = copy_out(tuple_make(&h, e, 2));
    cr_assert_eq(atomic_load(&bytes->references), 3);
    cr_assert_eq(binary_bytes(box_payload(copy->message.word)[0]), bytes->bytes);
    blocks_free(copy);
    cr_assert_eq(atomic_load(&bytes->references), 1);
    heap_fini(&h);
}

/* A small message is moved into the heap, and its block given back; what it counts is still counted, once. */
Test(copy, joins_and_is_counted_there)
{
    struct heap from, to;
    heap_init(&from);
    heap_init(&to);
    cr_assert(heap_reserve(&to, 100));
    heap_take(&to, 5);
    term t = binary_make(&from, NULL, 1000), e[] = {t, t};
    struct shared *bytes = shared_of(term_pointer(t));
    term pair = tuple_make(&from, e, 2);
    for (int i = 1; i <= 3; i++) {
        term joined = heap_join(&to, copy_out(pair));
        cr_assert_eq(atomic_load(&bytes->references), 1 + 2 * i);
        cr_assert_null(to.blocks->more);
        cr_assert_eq(binary_bytes(box_payload(joined)[1]), bytes->bytes);
    }
    heap_fini(&to);
    cr_assert_eq(atomic_load(&bytes->references), 1);
    heap_fini(&from);
}

static term nested(struct heap *h, long depth, bool lists)
{
    term t = term_int(1);
    for (long i = 0; i < depth; i++)
        t = lists ? cell_make(h, t, TERM_NIL) : tuple_make(h, &t, 1);
    return t;
}

static long depth_of(term t)
{
    long depth = 0;
    for (; term_is_pointer(t); depth++)
        t = term_is_cell(t) ? cell_head(t) : box_payload(t)[0];
    return depth;
}

Test(copy, goes_as_deep_as_a_term)
{
    const long depth = 10000000 / SLOWDOWN;
    for (int lists = 0; lists < 2; lists++) {
        struct heap h;
        heap_init(&h);
        struct block *copy = copy_out(nested(&h, depth, lists));
        heap_fini(&h);
        cr_assert_eq(depth_of(copy->message.word), depth);
        blocks_free(copy);
    }
}

Test(copy, of_a_long_list)
{
    const long length = 10000000 / SLOWDOWN;
    struct heap h;
    heap_init(&h);
    term t = TERM_NIL;
    for (long i = 0; i < length; i++)
        t = cell_make(&h, term_int(i), t);
    struct block *copy = copy_out(t);
    heap_fini(&h);
    long i = length;
    for (t = copy->message.word; t != TERM_NIL; t = cell_tail(t))
        cr_assert_eq(cell_head(t), term_int(--i));
    cr_assert_eq(i, 0);
    blocks_free(copy);
}

/* Words of all its blocks, and how many of them are for nothing. */
static size_t room_of(const struct block *b, size_t *idle)
{
    size_t room = *idle = 0;
    for (; b; b = b->more) {
        room += b->size;
        *idle += b->size - b->used;
    }
    return room;
}

/* Many large objects: each has a block of its own, and those hold no more than that. */
Test(copy, large_objects_leave_little_idle)
{
    enum { MANY = 6, ELEMENTS = 600000 / (SLOWDOWN < 10 ? SLOWDOWN : 10) };
    struct heap h;
    heap_init(&h);
    term list = TERM_NIL, *elements = calloc(ELEMENTS, sizeof *elements);
    for (int j = 0; j < ELEMENTS; j++)
        elements[j] = term_int(j);
    for (int i = 0; i < MANY; i++)
        list = cell_make(&h, tuple_make(&h, elements, ELEMENTS), cell_make(&h, term_int(i), list));
    free(elements);
    struct block *copy = copy_out(list);
    heap_fini(&h);
    size_t idle, room = room_of(copy, &idle);
    cr_assert(room >= (size_t)MANY * ELEMENTS && idle <= room / 8, "%zu of %zu words are idle", idle, room);
    int n = MANY;
    for (term t = copy->message.word; t != TERM_NIL; t = cell_tail(cell_tail(t))) {
        cr_assert_eq(box_size(cell_head(t)), ELEMENTS);
        cr_assert_eq(box_payload(cell_head(t))[ELEMENTS - 1], term_int(ELEMENTS - 1));
        cr_assert_eq(cell_head(cell_tail(t)), term_int(--n));
    }
    cr_assert_eq(n, 0);
    blocks_free(copy);
}

/* ---- memory that was used is used again ---- */

static long page_faults(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_minflt;
}

static void claim_copies_again(term t)
{
    enum { BEFORE = 5, ROUNDS = 25, PAGE = 4096 };
    size_t room = 0, idle;
    long before = 0;
    for (int i = 0; i < BEFORE + ROUNDS; i++) {
        struct block *copy = copy_out(t);
        room = room_of(copy, &idle);
        cr_assert(idle <= room / 8, "%zu of %zu words are idle", idle, room);
        blocks_free(copy);
        if (i == BEFORE)
            before = page_faults();
    }
    long faults = page_faults() - before, once = (long)(room * sizeof(term) / PAGE);
    cr_assert(faults < ROUNDS * once / 4, "%ld page faults, and one copy has %ld pages", faults, once);
}

Test(copy, large_ones_are_made_of_memory_that_is_there)
{
    if (strncmp(memory_allocator(), "jemalloc", 8) != 0)
        return; /* the others may do as they like */
    memory_bind_thread(0);
    static const int lengths[] = {100000, 1000000};
    for (int i = 0; i < 2; i++) {
        struct heap h;
        heap_init(&h);
        term list = TERM_NIL;
        for (int j = 0; j < lengths[i]; j++)
            list = cell_make(&h, term_int(j), list);
        claim_copies_again(list);
        heap_fini(&h);
    }
    struct heap h;
    heap_init(&h);
    enum { ELEMENTS = 2000000 };
    term *elements = calloc(ELEMENTS, sizeof *elements);
    for (int j = 0; j < ELEMENTS; j++)
        elements[j] = term_int(j);
    claim_copies_again(tuple_make(&h, elements, ELEMENTS));
    free(elements);
    heap_fini(&h);
}
