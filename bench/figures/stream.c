/* stream.c - how fast do messages flow from one unit to another?
 * In a batch one sender sends 1..100,000 (8 bytes each), one receiver adds them up and says when
 * it is done.
 * Measured: time per message when sender and receiver need not wait for each other at every one:
 * a contender may let many pile up before it switches.
 * Not measured: latency (ping_pong), large messages, a mailbox nobody empties. How many messages
 * may pile up differs between contenders and is said in their files.
 * n: units. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return &c->stream;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_STREAM;
}

static uint64_t checksum(uint64_t n)
{
    (void)n;
    return sum_to(BATCH_STREAM);
}

const struct figure figure_stream = {
    .name = "stream", .unit = "ns",
    .question = "What does a message cost in a stream from one unit to another?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", "free", NULL},
    .sizes = (const uint64_t[]){2, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum,
};
