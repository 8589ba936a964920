/* copy.c - what does a large message cost?
 * One term of size n is built before the clock: a binary of n bytes, or a list or tuple of n small
 * integers. A sender sends it M(n) times (copy_messages); the receiver looks at its size, or a list's
 * first element, which is n, adds n + 1, drops it, and says when it is done.
 * Measured: time per message, with whatever the contender does to hand it over: copying every cell,
 * sharing and counting, the queue, and getting rid of what was dropped.
 * Not measured: building the term; reading all of it; nested terms, whose copying follows pointers.
 * A contender may let messages pile up; at most 4 million elements are under way.
 * n: bytes or elements. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->copy;
}

static uint64_t checksum(uint64_t n)
{
    return copy_messages(n) * (n + 1);
}

const struct figure figure_copy = {
    .name = "copy", .unit = "ns",
    .question = "What does a message of n bytes, or n elements, cost?",
    .variants = (const char *const[]){"bin", "list", "tuple", NULL},
    .sizes = (const uint64_t[]){0, 16, 100, 1024, 16384, 131072, 1048576, END_OF_SIZES},
    .task = task, .ops = copy_messages, .checksum = checksum,
};
