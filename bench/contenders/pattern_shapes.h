/* pattern_shapes.h - what the contenders of `pattern` share: the terms of each shape, and the
 * process that goes over them. How a term is matched is all they differ in. */
#ifndef BENCH_PATTERN_SHAPES_H
#define BENCH_PATTERN_SHAPES_H

#include "beamling_crew.h"

enum { SHAPE_TERMS = 8, SHAPE_ROUNDS = BATCH_MATCHES / SHAPE_TERMS };

/* The sum over all matches of a batch. */
typedef int64_t shape_run(const bl_term *terms);

struct shape {
    const char *name;
    shape_run *run;
};

/* A function named shape_run that goes over the terms with `match`, which becomes part of it: a call
 * through a pointer would cost as much as the cheapest match. The terms count as changed between
 * rounds, so that none can be left out. */
#define SHAPE_RUN(function, match)                                                                         \
    static int64_t function(const bl_term *terms)                                                          \
    {                                                                                                      \
        int64_t sum = 0;                                                                                   \
        for (int round = 0; round < SHAPE_ROUNDS; round++) {                                               \
            for (int i = 0; i < SHAPE_TERMS; i++)                                                          \
                sum += match(terms[i]);                                                                    \
            __asm__ volatile("" ::"r"(terms) : "memory");                                                  \
        }                                                                                                  \
        return sum;                                                                                        \
    }

/* task.begin with the contender's own shapes; the rest is the same for all. */
int shapes_begin(const struct shape *shapes, const struct setting *);
int shapes_batches(const struct setting *, uint64_t count, struct proof *);

#endif
