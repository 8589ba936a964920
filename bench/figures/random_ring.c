/* random_ring.c - what does a hop cost when each member lies somewhere else in memory?
 * A ring of n units whose order has nothing to do with that of their creation; tokens go round until
 * there have been 200,000 hops: one token (each hop waits for the one before it), or a thousand, far from
 * each other.
 * Measured: a message, a wake-up and a switch with the caches and the TLB as cold as n units make them. ring
 * visits its members in the order of their creation, which the prefetchers of a CPU see through.
 * Not measured: parallelism. The contender bare_visit has no units: two cache lines of 128 bytes each, in
 * which the place of the next stands; what a visit of so much memory costs at least. bare_visit_two has two such places
 * for each, of which the first says where the second is, and that who is next: as a process and its stack would be, if
 * the pid did not say where both are.
 * n: members; of a thousand tokens, at least as many. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->random_ring;
}

static uint64_t hops(uint64_t n)
{
    (void)n;
    return BATCH_RANDOM_HOPS;
}

const struct figure figure_random_ring = {
    .name = "random_ring", .unit = "ns",
    .question = "What does a hop cost when each member lies somewhere else in memory?",
    .variants = (const char *const[]){"one_token", "tokens", NULL},
    .sizes = (const uint64_t[]){10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, END_OF_SIZES},
    .task = task, .ops = hops, .checksum = hops, .units = same,
};
