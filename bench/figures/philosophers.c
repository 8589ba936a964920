/* philosophers.c - what does it cost to ask an arbiter for what others may have?
 * 20 philosophers and an arbiter, who has the forks. In a batch each eats n times: it sends {hungry, I}, waits for
 * `eat`, and sends {done, I}. The arbiter lets a philosopher eat as soon as both its forks are free. In the end it
 * adds up number times meals of all, and the meals that the arbiter has allowed. (Savina's Dining Philosophers,
 * with 10,000 rounds. There who cannot eat is refused, and asks again and again: how often depends on who runs
 * when. Here the arbiter remembers, so that all contenders do the same.)
 * Measured: three messages, all of them to or from one unit.
 * Not measured: eating and thinking.
 * n: meals of each. */
#include "draws.h"
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->philosophers;
}

static uint64_t ops(uint64_t n)
{
    return PHILOSOPHERS * n;
}

static uint64_t checksum(uint64_t n)
{
    return (sum_to(PHILOSOPHERS) + PHILOSOPHERS) * n;
}

static uint64_t units(uint64_t n)
{
    (void)n;
    return PHILOSOPHERS + 1;
}

const struct figure figure_philosophers = {
    .name = "philosophers", .unit = "ns",
    .question = "What does it cost to ask an arbiter for what others may have?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", NULL},
    .sizes = (const uint64_t[]){1000, 10000, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum, .units = units,
};
