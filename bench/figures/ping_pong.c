/* ping_pong.c - what does a question and its answer cost between two units that wait for each other?
 * In a batch A sends i = 1..1,000 to B, B answers i + 1, A adds the answers up.
 * Measured: two messages, two wake-ups, two switches: the latency of a round trip with nothing
 * else to do. Where the two run decides the result, so it is asked three times: both on one CPU,
 * forced onto two, and free.
 * Not measured: throughput (stream), and waiting in a queue behind others.
 * n: units. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return &c->ping_pong;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_TRIPS;
}

/* The answers are 2..1,001. */
static uint64_t checksum(uint64_t n)
{
    (void)n;
    return sum_to(BATCH_TRIPS) + BATCH_TRIPS;
}

const struct figure figure_ping_pong = {
    .name = "ping_pong", .unit = "ns",
    .question = "What does a question and its answer cost?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", "free", NULL},
    .sizes = (const uint64_t[]){2, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum,
};
