/* chameneos.c - what does it cost to meet whoever comes next?
 * 100 creatures, blue, red or yellow by turns, and a mall. A creature tells the mall {meet, Self, Colour}. The
 * mall keeps the first, and sends it the message of the second. The first takes on the colour that is neither,
 * or stays as it is if both are of one colour, and tells the second: {change, Colour}. Both come again. After
 * n meetings the mall tells each that comes to stop, hears how often it has met, and adds up. (Savina's
 * Chameneos, with 200,000 meetings.)
 * Measured: four messages, half of which go through one unit.
 * Not measured: anything random: who meets whom is left to the runtime, and not part of the proof.
 * n: meetings. */
#include "draws.h"
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->chameneos;
}

static uint64_t checksum(uint64_t n)
{
    return 2 * n; /* each is counted by both */
}

static uint64_t units(uint64_t n)
{
    (void)n;
    return CHAMENEOS + 1;
}

const struct figure figure_chameneos = {
    .name = "chameneos", .unit = "ns",
    .question = "What does it cost to meet whoever comes next?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", NULL},
    .sizes = (const uint64_t[]){20000, 200000, END_OF_SIZES},
    .task = task, .ops = same, .checksum = checksum, .units = units,
};
