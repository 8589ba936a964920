/* fan_in.c - what does a message cost when many send to one?
 * In a batch four senders send 1..25,000 each to one receiver, which adds them up and says when it
 * is done.
 * Measured: time per message with contention at one mailbox.
 * Not measured: fairness between the senders, order across senders, selective receive.
 * n: units, the receiver among them. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return &c->fan_in;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_FAN_IN;
}

static uint64_t checksum(uint64_t n)
{
    (void)n;
    return FAN_IN_SENDERS * sum_to(BATCH_FAN_IN / FAN_IN_SENDERS);
}

const struct figure figure_fan_in = {
    .name = "fan_in", .unit = "ns",
    .question = "What does a message cost when four send to one?",
    .variants = (const char *const[]){"one_cpu", "free", NULL},
    .sizes = (const uint64_t[]){FAN_IN_SENDERS + 1, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum,
};
