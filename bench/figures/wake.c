/* wake.c - how long until who is sent something runs, when nothing else does?
 * Two units, each on a scheduler, or a thread, of its own. The receiver waits. The sender sleeps for n ms, reads the clock, and sends
 * what it has read; the receiver reads the clock as soon as it runs, and answers with the difference; 1,000 times.
 * So whoever has to be woken sleeps, and so does whatever runs the units: a scheduler, a thread, the CPU.
 * Measured: the latency from before the send to the receiver's first look at the clock, as percentiles. And, with
 * all units waiting, the CPU time of the whole program in a pause: a runtime that sleeps by
 * looking around is quick to wake, and is never at rest. It is told per second.
 * Not measured: how exactly the sender's sleep ends. On which CPUs the two threads run is up to the kernel: often it
 * wakes the one where the other is about to sleep.
 * With one scheduler the receiver runs when the sender waits for its answer.
 * n: ms of sleep. A sample is one program: see README.md. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->wake;
}

static uint64_t wakes(uint64_t n)
{
    (void)n;
    return WAKES;
}

static uint64_t units(uint64_t n)
{
    (void)n;
    return 2;
}

const struct figure figure_wake = {
    .name = "wake", .unit = "ns",
    .question = "How long until who is sent something runs, when nothing else does?",
    .variants = (const char *const[]){"free", NULL},
    .sizes = (const uint64_t[]){1, 10, END_OF_SIZES},
    .task = task, .ops = wakes, .checksum = wakes, .units = units, .probes = true, .rests = true,
};
