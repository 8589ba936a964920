/* hog.c - how long does a unit wait that shares its CPU with others that compute for ever?
 * n units compute without end. A prober sleeps until each planned instant, 4 ms apart, asks a responder, and gets
 * its number plus one; 1,000 times.
 * Measured: the latency from the planned instant to the answer, as percentiles. The loop is open: a stall is
 * seen by all questions that were planned meanwhile, not by one only.
 * The loops call nothing, but for beamling_resting's, which count a reduction each time round, as every loop
 * of Erlang's does. One CPU: there is no other to run on.
 * Not measured: what the loops get done. A timer that is late counts. n: loops. A sample is one program: see README.md. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->hog;
}

static uint64_t fewest(uint64_t n)
{
    (void)n;
    return HOG_PROBES;
}

static uint64_t units(uint64_t n)
{
    return n + 2;
}

const struct figure figure_hog = {
    .name = "hog", .unit = "ns",
    .question = "How long does a unit wait that shares its CPU with others that compute for ever?",
    .variants = (const char *const[]){"one_cpu", NULL},
    .sizes = (const uint64_t[]){0, 1, 10, END_OF_SIZES},
    .task = task, .ops = fewest, .checksum = fewest, .units = units, .probes = true,
};
