/* Whichever allocator was picked, memory.h holds. */
#include "base/memory.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { BLOCKS = 200 };

Test(memory, blocks_are_aligned_and_do_not_overlap)
{
    unsigned char *block[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        block[i] = memory_alloc((size_t)i * 7 + 16);
        cr_assert_not_null(block[i]);
        cr_assert_eq((uintptr_t)block[i] % 16, 0, "a block of %d bytes", i * 7 + 16);
        memset(block[i], i, (size_t)i * 7 + 16);
    }
    for (int i = 0; i < BLOCKS; i++) {
        for (int j = 0; j < i * 7 + 16; j++)
            cr_assert_eq(block[i][j], i);
        memory_free(block[i], (size_t)i * 7 + 16);
    }
}

Test(memory, a_good_size_is_never_smaller_and_can_be_used)
{
    for (size_t size = 1; size < 100000; size += size / 3 + 1) {
        size_t good = memory_good_size(size);
        cr_assert_geq(good, size);
        cr_assert_eq(memory_good_size(good), good);
        void *block = memory_alloc(good);
        cr_assert_not_null(block);
        memset(block, 0x5a, good);
        memory_free(block, good);
    }
}

Test(memory, a_block_that_shrinks_keeps_what_is_left)
{
    for (size_t size = 100000; size <= 16000000; size *= 4)
        for (size_t left = 64; left <= size; left *= 8) {
            unsigned char *block = memory_alloc(size);
            cr_assert_not_null(block);
            memset(block, 0x5a, size);
            size_t now = memory_shrink(block, size, left);
            cr_assert(now >= left && now <= memory_good_size(size));
            if (strncmp(memory_allocator(), "jemalloc", 8) == 0)
                cr_assert(now <= left + left / 4 + 16384);
            for (size_t i = 0; i < left; i++)
                cr_assert_eq(block[i], 0x5a);
            memory_free(block, now);
        }
}

Test(memory, a_slab_is_aligned_to_its_own_size)
{
    for (size_t size = 4096; size <= 1 << 20; size *= 2) {
        void *slab = memory_alloc_slab(size);
        cr_assert_not_null(slab);
        cr_assert_eq((uintptr_t)slab % size, 0);
        memset(slab, 0x5a, size);
        memory_free_slab(slab, size);
    }
}

static void *free_all(void *blocks)
{
    memory_bind_thread(1);
    for (int i = 0; i < BLOCKS; i++)
        memory_free(((void **)blocks)[i], 100);
    return NULL;
}

Test(memory, a_block_may_be_freed_by_another_thread)
{
    void *block[BLOCKS];
    pthread_t t;
    memory_bind_thread(0);
    for (int i = 0; i < BLOCKS; i++)
        cr_assert_not_null(block[i] = memory_alloc(100));
    cr_assert_eq(pthread_create(&t, NULL, free_all, block), 0);
    pthread_join(t, NULL);
    memory_free(memory_alloc(100), 100); /* the allocator still works */
}

Test(memory, the_allocator_has_a_name)
{
    cr_assert(!strncmp(memory_allocator(), "malloc", 6) || !strncmp(memory_allocator(), "jemalloc ", 9) ||
              !strcmp(memory_allocator(), "hostile"));
}
