/* figures.h - the arithmetic figures share. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include "../contender.h"

#include <stddef.h>

/* 1 + 2 + ... + n */
static inline uint64_t sum_to(uint64_t n)
{
    return n * (n + 1) / 2;
}

/* Hops of the ring's token in one batch; contenders ask here too. */
static inline uint64_t ring_hops(uint64_t n)
{
    return n > 10000 ? n : 10000;
}

/* n, or the nearer end of low..high */
static inline uint64_t clamp(uint64_t n, uint64_t low, uint64_t high)
{
    return n < low ? low : n > high ? high : n;
}

/* copy: so many messages that a batch moves about four million elements; contenders ask here too. */
static inline uint64_t copy_messages(uint64_t n)
{
    return clamp(4194304 / (n + 1), 4, 10000);
}

/* heap_bytes: so many units that they hold about four million words together. */
static inline uint64_t heap_units(uint64_t n)
{
    return clamp(4194304 / (n + 16), 500, 100000);
}

/* skynet: the leaves of a tree of ten that is full: the largest power of ten up to n. And all its units
 * above them; contenders ask here too. */
static inline uint64_t skynet_leaves(uint64_t n)
{
    uint64_t leaves = 1;
    while (leaves <= n / 10)
        leaves *= 10;
    return leaves;
}

static inline uint64_t skynet_inner(uint64_t n)
{
    return (skynet_leaves(n) - 1) / 9;
}

static inline uint64_t same(uint64_t n)
{
    return n;
}

#endif
