/* bare_line.c - what is the least that two CPUs can say to each other for?
 * A batch is 100,000 times a cache line to another CPU and back: each side waits for the number that the other writes,
 * and writes the next.
 * Measured: two transfers of a line between two CPUs that do nothing else.
 * Not measured: everything that makes it useful. It is the floor under ping_pong on two CPUs, and tells two machines
 * apart: where a host moves the CPUs of a virtual machine, it is one now and another later, and every figure on two CPUs with it.
 * n: CPUs. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->bare_line;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_LINE;
}

const struct figure figure_bare_line = {
    .name = "bare_line", .unit = "ns",
    .question = "What is the least that two CPUs can say to each other for?",
    .variants = (const char *const[]){"two_cpus", NULL},
    .sizes = (const uint64_t[]){2, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = ops,
};
