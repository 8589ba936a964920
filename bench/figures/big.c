/* big.c - what does a message cost when everybody talks to everybody?
 * 120 units. In a batch each sends n pings, one after the other, to units drawn at random: it waits for the
 * pong, and answers the pings of others meanwhile. A ping is {ping, From}, a pong {pong, Number}, the number
 * of who answers; each adds up the numbers it was told. (Savina's Big, with 20,000 pings.)
 * Measured: a round trip between units that are all busy: nobody waits long, and no two are partners.
 * On two CPUs the runtime decides where units run, here and in bank, chameneos, philosophers and dictionary.
 * Not measured: waking up an idle CPU.
 * n: pings a unit sends. */
#include "draws.h"
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->big;
}

static uint64_t ops(uint64_t n)
{
    return BIG_ACTORS * n;
}

static uint64_t checksum(uint64_t n)
{
    uint64_t sum = 0;
    for (uint32_t actor = 1; actor <= BIG_ACTORS; actor++) {
        uint32_t drawn = actor;
        for (uint64_t i = 0; i < n; i++) {
            drawn = draw(drawn);
            sum += big_peer(drawn, actor);
        }
    }
    return sum;
}

static uint64_t units(uint64_t n)
{
    (void)n;
    return BIG_ACTORS;
}

const struct figure figure_big = {
    .name = "big", .unit = "ns",
    .question = "What does a message cost when everybody talks to everybody?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", NULL},
    .sizes = (const uint64_t[]){2000, 20000, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum, .units = units,
};
