/* memory.h - where bytes come from.
 *
 * Three files keep this promise: memory_jemalloc.c (an arena per scheduler, so that
 * schedulers do not meet in the allocator unless it is for much), memory_malloc.c (the C library's), and for
 * tests memory_hostile.c. CMake picks one. No memory is NULL; whoever asked decides what that means. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The calling thread is scheduler `index` from now on: give it an arena of its own. */
void memory_bind_thread(int index);

/* `size` bytes, aligned to 16 unless they are fewer. Any thread; any thread may free. */
void *memory_alloc(size_t size);
void memory_free(void *block, size_t size);

/* How many bytes a block for `size` bytes really has: room that costs nothing to use. */
size_t memory_good_size(size_t size);

/* The end of a large block is not needed: it is to have `size` bytes, or some more. Returns how many, which is
 * what memory_free() is to be told: `from`, if it cannot be had. It stays where it is. */
size_t memory_shrink(void *block, size_t from, size_t size);

/* `size` bytes (a power of two) aligned to their own size, for slabs. */
void *memory_alloc_slab(size_t size);
void memory_free_slab(void *slab, size_t size);

/* Of memory_hostile.c only, for tests: n more allocations succeed, those that follow do
 * not; all do again, and how many did not is the result. */
void memory_fail_after(int64_t n);
uint64_t memory_fail_never(void);

/* Ask before each allocation whether it shall fail; NULL: none does. Any thread may ask. False: of
 * this allocator none can, and nobody is asked. */
bool memory_fail_when(bool (*fails)(void));

/* Somewhere in the allocator's code. */
const void *memory_code(void);

/* "jemalloc 5.3.0" or "malloc": for people. */
const char *memory_allocator(void);

#endif
