/* memory.c - see memory.h. */
#include "fuzz/memory.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/memory.h"

static size_t left = SIZE_MAX;
static bool refused;

void memory_limit(size_t n)
{
    left = n;
    refused = false;
}

bool memory_is_scarce(void)
{
    return refused;
}

static bool may_take(void)
{
    if (left == 0)
        refused = true;
    else
        left--;
    return !refused;
}

void *memory_alloc(size_t size)
{
    return may_take() ? malloc(size) : NULL;
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
    return from;
}

void *memory_alloc_slab(size_t size)
{
    return may_take() ? aligned_alloc(size, size) : NULL;
}

void memory_free_slab(void *slab, size_t size)
{
    (void)size;
    free(slab);
}

void memory_bind_thread(int index)
{
    (void)index;
}

const char *memory_allocator(void)
{
    return "malloc, limited";
}
