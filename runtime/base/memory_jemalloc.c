/* memory_jemalloc.c - jemalloc behind memory.h: one explicit arena per scheduler, and one for what is large.
 *
 * Arenas are made once and kept over stop and start: a block may still sit in some
 * thread's cache when its scheduler is gone, so destroying an arena is never safe
 * to prove. A kept arena with no live block costs a few kilobytes. */
#include "base/memory.h"

#include <jemalloc/jemalloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include "base/base.h"
#include "base/lock.h"

enum { ARENAS_MAX = 1024, LARGE = 512 * 1024 };

static struct lock arenas_lock;
static _Atomic unsigned large_arena; /* 0: not made yet */
static unsigned arena_of[ARENAS_MAX]; /* 0: not made yet (arena 0 is the program's own) */

/* The arena of scheduler `index`, or 0 if jemalloc refuses: then the thread keeps its default. */
static unsigned arena_for(int index)
{
    unsigned *arena = &arena_of[index % ARENAS_MAX];
    lock_acquire(&arenas_lock);
    if (!*arena) {
        size_t size = sizeof *arena;
        if (mallctl("arenas.create", arena, &size, NULL, 0))
            *arena = 0;
    }
    unsigned made = *arena;
    lock_release(&arenas_lock);
    return made;
}

/* What is large has an arena for all, where what is freed stays a while. By default 8 MiB, or what can be joined to so
 * much, go back to the kernel at once, and come again page by page with the next message of that size: five
 * times the time of the copy. And nothing is taken from what is free in one piece and 64 times as large: so
 * what stays must not lie among small blocks, which would not find it. Before 5.3 there is no such name. */
static void make_large_arena(void)
{
    char name[48];
    unsigned made;
    size_t never = PTRDIFF_MAX, size = sizeof made;
    lock_acquire(&arenas_lock);
    if (!atomic_load_explicit(&large_arena, memory_order_relaxed) && !mallctl("arenas.create", &made, &size, NULL, 0)) {
        snprintf(name, sizeof name, "arena.%u.oversize_threshold", made);
        (void)mallctl(name, NULL, NULL, &never, sizeof never);
        /* release: as it is now; pairs with memory_alloc(). */
        atomic_store_explicit(&large_arena, made, memory_order_release);
    }
    lock_release(&arenas_lock);
}

void memory_bind_thread(int index)
{
    make_large_arena();
    unsigned arena = arena_for(index);
    if (arena)
        (void)mallctl("thread.arena", NULL, NULL, &arena, sizeof arena);
}

void *memory_alloc(size_t size)
{
    unsigned arena = 0;
    if (UNLIKELY(size >= LARGE) && (arena = atomic_load_explicit(&large_arena, memory_order_acquire)))
        return mallocx(size, (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE));
    return mallocx(size, 0); /* every size class of 16 bytes and more is aligned to 16 */
}

void memory_free(void *block, size_t size)
{
    sdallocx(block, size, 0);
}

size_t memory_good_size(size_t size)
{
    return nallocx(size, 0);
}

size_t memory_shrink(void *block, size_t from, size_t size)
{
    enum { LARGE_LEAST = 16 * 1024 }; /* a large block cannot become a small one */
    size = size < LARGE_LEAST ? LARGE_LEAST : size;
    return size < from ? xallocx(block, size, 0, 0) : from;
}

void *memory_alloc_slab(size_t size)
{
    return mallocx(size, MALLOCX_ALIGN(size));
}

void memory_free_slab(void *slab, size_t size)
{
    sdallocx(slab, size, MALLOCX_ALIGN(size));
}

bool memory_fail_when(bool (*fails)(void))
{
    return !fails;
}

const void *memory_code(void)
{
    return (const void *)(uintptr_t)mallocx;
}

const char *memory_allocator(void)
{
    static char text[32];
    lock_acquire(&arenas_lock);
    if (!text[0]) {
        const char *version = "";
        size_t size = sizeof version;
        (void)mallctl("version", &version, &size, NULL, 0);
        snprintf(text, sizeof text, "jemalloc %.5s", version);
    }
    lock_release(&arenas_lock);
    return text;
}
