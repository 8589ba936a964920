/* tuple_ping_pong.c - what does a question and its answer cost when they are terms, matched by pattern?
 * As ping_pong, but A sends the tuple {ping, A, I}, I = 1..1,000; B matches it by pattern and answers
 * {pong, I + 1}; A matches that by pattern and adds the numbers up.
 * Measured: with the two messages and two switches of ping_pong, building two small tuples, copying
 * them, and taking them apart. The difference to ping_pong is the price of terms.
 * Not measured: large terms (copy), mailboxes with other messages in them (selective), the garbage of
 * anything that lives longer than a message.
 * n: units. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->tuple_ping_pong;
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

const struct figure figure_tuple_ping_pong = {
    .name = "tuple_ping_pong", .unit = "ns",
    .question = "What does a question and its answer cost when they are tuples, matched by pattern?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", "free", NULL},
    .sizes = (const uint64_t[]){2, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum,
};
