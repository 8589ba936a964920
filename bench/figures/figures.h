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

static inline uint64_t same(uint64_t n)
{
    return n;
}

#endif
