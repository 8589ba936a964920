/* Words are taken from blocks; messages join; all is given back. */
#include "data/heap.h"

#include <criterion/criterion.h>

#include "support/terms.h"

Test(heap, has_nothing_before_it_is_asked)
{
    struct heap h;
    heap_init(&h);
    cr_assert_null(h.blocks);
    cr_assert_eq(heap_bytes(&h), 0);
    cr_assert_eq(heap_used(&h), 0);
    heap_fini(&h);
}

Test(heap, what_was_taken_is_not_given_again)
{
    struct heap h;
    struct random r = {random_seed("heap")};
    enum { MOST = 20000 };
    static term *taken[MOST];
    static size_t sizes[MOST];
    size_t total = 0;
    heap_init(&h);
    for (size_t i = 0; i < MOST; i++) {
        sizes[i] = 1 + random_below(&r, random_below(&r, 100) ? 20 : 20000);
        taken[i] = heap_take(&h, sizes[i]);
        cr_assert_eq((uintptr_t)taken[i] % sizeof(term), 0);
        for (size_t w = 0; w < sizes[i]; w++)
            taken[i][w] = i;
        total += sizes[i];
    }
    for (size_t i = 0; i < MOST; i++)
        for (size_t w = 0; w < sizes[i]; w++)
            cr_assert_eq(taken[i][w], i);
    cr_assert_eq(heap_used(&h), total);
    cr_assert_geq(h.words, total);
    cr_assert_leq(h.words, total + total / 2 + 1000, "blocks are used well");
    heap_fini(&h);
    cr_assert_eq(heap_bytes(&h), 0);
}

/* Who frees in slices counts blocks, and those that must be walked for their words. */
Test(heap, a_slice_is_no_longer_for_large_blocks)
{
    enum { WORDS = 4000000, SLICE = 100 };
    for (int counted = 0; counted < 2; counted++) {
        struct heap h;
        heap_init(&h);
        for (int i = 0; i < 4; i++) {
            term *box = heap_take(&h, WORDS / 4);
            cr_assert_not_null(box);
            box[0] = box_header(BOX_FILLER, WORDS / 4 - 1);
            for (struct block *b = h.blocks; b; b = b->more)
                b->counted = counted;
        }
        int slices = 0, left;
        do
            left = SLICE, slices++;
        while (!heap_fini_some(&h, &left));
        if (counted)
            cr_assert_geq(slices, 4, "%d", slices);
        else
            cr_assert_eq(slices, 1, "%d", slices);
    }
}

Test(heap, what_was_given_back_is_taken_next)
{
    struct heap h;
    heap_init(&h);
    term *a = heap_take(&h, 10);
    heap_give_back(&h, a + 3);
    cr_assert_eq(heap_take(&h, 2), a + 3);
    heap_fini(&h);
}

Test(heap, refuses_what_no_block_can_hold)
{
    struct heap h;
    heap_init(&h);
    cr_assert_null(heap_take(&h, (size_t)BLOCK_WORDS_MAX + 1));
    cr_assert_not_null(heap_take(&h, 1));
    heap_fini(&h);
}

Test(heap, a_message_joins_with_all_its_blocks)
{
    for (int before = 0; before < 2; before++) {
        struct heap h;
        heap_init(&h);
        if (before)
            heap_take(&h, 5);
        struct block *a = block_create(10), *b = block_create(20);
        a->used = 10;
        b->used = 7;
        a->more = b;
        heap_join(&h, a);
        cr_assert_eq(heap_used(&h), 17 + 5 * before);
        cr_assert_not_null(heap_take(&h, 3));
        cr_assert_eq(heap_used(&h), 20 + 5 * before);
        heap_fini(&h);
    }
}
