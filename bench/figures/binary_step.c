/* binary_step.c - where does a binary stop being copied and start being shared, and what is the step?
 * In a batch, 1,000 times: a binary of n bytes is built anew and sent; the receiver adds its size and
 * its last byte, which is I rem 256, I = 1..1,000, and says when it is done.
 * Measured: time per message, building the binary included, around 64 bytes, where Erlang and we
 * change from a copy on the receiver's heap to a counted object outside of it.
 * Not measured: sending one binary to many, where sharing pays (copy sends one many times).
 * n: bytes. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->binary_step;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_BINARIES;
}

static uint64_t checksum(uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 1; i <= BATCH_BINARIES; i++)
        sum += n + i % 256;
    return sum;
}

const struct figure figure_binary_step = {
    .name = "binary_step", .unit = "ns",
    .question = "Where does a binary stop being copied and start being shared?",
    .variants = (const char *const[]){"one_cpu", NULL},
    .sizes = (const uint64_t[]){1, 16, 32, 48, 63, 64, 65, 80, 128, 256, 1024, 4096, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum,
};
