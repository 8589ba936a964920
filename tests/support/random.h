/* random.h - numbers that come again.
 * A random test prints its seed first and takes it from BEAMLING_TEST_SEED if that is set,
 * so that a failure can be had again: what the test does. The interleaving of threads is not; one
 * scheduler has none, and with BEAMLING_SEED, which is taken for the test's seed too, there
 * are no threads (docs/DETERMINISM.md). */
#ifndef SUPPORT_RANDOM_H
#define SUPPORT_RANDOM_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct random {
    uint64_t state;
};

/* The next of 2^64: splitmix64, by S. Vigna after G. Steele et al. */
static inline uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* One of 0 .. n - 1. */
static inline unsigned random_below(struct random *r, unsigned n)
{
    return (unsigned)(random_next(r) % n);
}

/* A generator of one's own for somebody who is number `who`. */
static inline struct random random_split(uint64_t seed, uint64_t who)
{
    struct random r = {seed ^ who * UINT64_C(0xda942042e4dd58b5)};
    random_next(&r);
    return r;
}

/* The test's seed, printed. Main thread, once a test. */
static inline uint64_t random_seed(const char *test)
{
    const char *own = getenv("BEAMLING_TEST_SEED"), *given = own ? own : getenv("BEAMLING_SEED");
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)t.tv_nsec ^ (uint64_t)t.tv_sec << 20;
    fprintf(stderr, "%s: BEAMLING_TEST_SEED=%" PRIu64 "\n", test, seed);
    return seed;
}

#endif
