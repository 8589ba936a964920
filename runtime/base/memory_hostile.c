/* memory_hostile.c - the C library's memory, which may run out when a test says so.
 *
 * For tests only: memory_fail_after(n) lets n more allocations succeed and fails all that
 * follow, until memory_fail_never(). Whatever is freed is overwritten first. */
#include "base/memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { POISON = 0xa5 };

static _Atomic int64_t memory_left = INT64_MAX;
static _Atomic uint64_t memory_failed;
static bool (*_Atomic fails_when)(void);

void memory_fail_after(int64_t n)
{
    atomic_store(&memory_failed, 0);
    atomic_store(&memory_left, n);
}

uint64_t memory_fail_never(void)
{
    atomic_store(&memory_left, INT64_MAX);
    return atomic_load(&memory_failed);
}

bool memory_fail_when(bool (*fails)(void))
{
    atomic_store(&fails_when, fails);
    return true;
}

static int memory_fails(void)
{
    bool (*when)(void) = atomic_load(&fails_when);
    if (atomic_fetch_sub(&memory_left, 1) > 0 && !(when && when()))
        return 0;
    atomic_fetch_add(&memory_failed, 1);
    return 1;
}

void memory_bind_thread(int index)
{
    (void)index;
}

void *memory_alloc(size_t size)
{
    return memory_fails() ? NULL : malloc(size);
}

void memory_free(void *block, size_t size)
{
    if (block)
        memset(block, POISON, size);
    free(block);
}

size_t memory_good_size(size_t size)
{
    return size;
}

size_t memory_shrink(void *block, size_t from, size_t size)
{
    (void)block;
    (void)size;
    return from; /* realloc() might move it */
}

void *memory_alloc_slab(size_t size)
{
    return memory_fails() ? NULL : aligned_alloc(size, size);
}

void memory_free_slab(void *slab, size_t size)
{
    memory_free(slab, size);
}

const void *memory_code(void)
{
    return (const void *)(uintptr_t)malloc;
}

const char *memory_allocator(void)
{
    return "hostile";
}
