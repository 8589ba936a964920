/* bare_switch.c - what is the least a switch can cost?
 * A batch is 10,000 switches of registers between two stacks.
 * Measured: saving and loading registers and the stack pointer, caches warm.
 * Not measured: everything that makes a switch useful: no scheduler, no queue, no message. It is
 * the floor under yield and ping_pong, not a figure to compare contenders by.
 * n: stacks. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return &c->bare_switch;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_YIELDS;
}

const struct figure figure_bare_switch = {
    .name = "bare_switch", .unit = "ns",
    .question = "What is the least a switch can cost?",
    .variants = (const char *const[]){"one_cpu", NULL},
    .sizes = (const uint64_t[]){2, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = ops,
};
