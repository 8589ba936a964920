/* selective.c - what does a call cost when n messages that do not match wait in the mailbox already?
 * In a batch the caller calls a partner 10 times, I = 1..10, and adds up the answers I + 1. Before the
 * clock n misfits {junk, K} are put into its mailbox, and stay there.
 * plain: the answer is {reply, I + 1}, and received by that pattern: every older message is looked at.
 * marker: the request carries a fresh reference and the answer is {Ref, I + 1}, received in the way
 * that skips what is older than the reference.
 * Measured: time per call; over n the price of looking at a message that does not match.
 * Not measured: putting the misfits there, getting rid of them, collecting them.
 * n: misfits. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->selective;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_CALLS;
}

static uint64_t checksum(uint64_t n)
{
    (void)n;
    return sum_to(BATCH_CALLS) + BATCH_CALLS;
}

const struct figure figure_selective = {
    .name = "selective", .unit = "ns",
    .question = "What does a call cost when n messages wait that do not match?",
    .variants = (const char *const[]){"plain", "marker", NULL},
    .sizes = (const uint64_t[]){0, 1000, 10000, 100000, 500000, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum,
};
