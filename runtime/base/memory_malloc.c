/* memory_malloc.c - the C library's allocator behind memory.h.
 * For programs that bring their own malloc, for sanitizers, and to show what an
 * arena per scheduler is worth. */
#include "base/memory.h"

#include <stdlib.h>

#include "base/base.h"

void memory_bind_thread(int index)
{
    (void)index;
}

void *memory_alloc(size_t size)
{
    return malloc(size); /* 16-byte aligned on every CPU we know */
}

void memory_free(void *block, size_t size)
{
    (void)size;
    free(block);
}

size_t memory_good_size(size_t size)
{
    return align_up(size, 16);
}

size_t memory_shrink(void *block, size_t from, size_t size)
{
    (void)block;
    (void)size;
    return from; /* realloc() might move it */
}

void *memory_alloc_slab(size_t size)
{
    return aligned_alloc(size, size);
}

void memory_free_slab(void *slab, size_t size)
{
    (void)size;
    free(slab);
}

bool memory_fail_when(bool (*fails)(void))
{
    return !fails;
}

const void *memory_code(void)
{
    return (const void *)(uintptr_t)malloc;
}

const char *memory_allocator(void)
{
    return "malloc";
}
