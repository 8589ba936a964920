/* gc_isolation.c - does it disturb the others when one unit collects a large heap?
 * 10,000 small units wait. A prober asks one after the other, at planned instants 100 us apart, and
 * gets its number plus one. Meanwhile one unit that holds n bytes of small terms has them collected 5
 * times. Probing lasts until that is done, and at least 5,000 times.
 * Measured: the latency from the planned instant to the answer, as percentiles. The loop is open: a
 * stall is seen by all questions that were planned meanwhile, not by one only.
 * Not measured: what the collections cost the unit that collects; how often a program would need one.
 * The prober keeps one CPU busy between its instants, so on one CPU the figure says little.
 * n: bytes of the large heap; 0: nobody collects. A sample is one program: see README.md. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->gc_isolation;
}

static uint64_t fewest(uint64_t n)
{
    (void)n;
    return PROBES;
}

static uint64_t units(uint64_t n)
{
    (void)n;
    return PROBED_UNITS;
}

const struct figure figure_gc_isolation = {
    .name = "gc_isolation", .unit = "ns",
    .question = "Does it disturb the others when one unit collects a large heap?",
    .variants = (const char *const[]){"free", NULL},
    .sizes = (const uint64_t[]){0, 1073741824, END_OF_SIZES},
    .task = task, .ops = fewest, .checksum = fewest, .units = units, .probes = true,
};
