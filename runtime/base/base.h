/* base.h - the few words every room uses.
 * Nothing here knows about processes. */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/panic.h"

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* The unit in which two CPUs quarrel over memory. */
#define CACHE_LINE 64

#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

#define COLD     __attribute__((cold, noinline))
#define NOINLINE __attribute__((noinline))

static inline size_t align_up(size_t n, size_t to)
{
    return (n + to - 1) & ~(to - 1);
}

#endif
