/* registry.c - what does it cost to find units by their names?
 * n units have a name each; one of them receives, the others wait. In a batch a sender does 100,000
 * times: it looks up one name (whereis), going round all n, and sends I = 1..100,000 to the receiver by
 * its name; 0 if there was nobody of the name it looked up. The receiver adds up.
 * Measured: a look-up among n names, a look-up that is always the same, and a message of `stream`. The
 * difference to `stream` is the price of two look-ups.
 * Not measured: registering, and names that come and go.
 * n: names. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->registry;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_NAMED;
}

static uint64_t checksum(uint64_t n)
{
    (void)n;
    return sum_to(BATCH_NAMED);
}

const struct figure figure_registry = {
    .name = "registry", .unit = "ns",
    .question = "What does it cost to find units by their names?",
    .variants = (const char *const[]){"one_cpu", "free", NULL},
    .sizes = (const uint64_t[]){1, 10000, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum, .units = same,
};
