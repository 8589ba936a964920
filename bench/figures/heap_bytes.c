/* heap_bytes.c - what does a waiting unit occupy that holds data?
 * N(n) units (heap_units) each build a list of n/2 integers, which is n words where a cell is two, and
 * wait with it. As in memory, an observer outside reads the growth; here it is divided by N(n).
 * Afterwards each is asked for the length of its list.
 * Measured: the unit and its heap as it stands after the building, unused room and headers included,
 * and the kernel's share.
 * Not measured: other shapes of data; a heap that was collected or has grown and shrunk. The growth
 * contains what the runtime sets up once for all units: with few units, large heaps, a few percent.
 * n: words held. */
#include "figures.h"

static const struct parking *parking(const struct contender *c)
{
    return c->heaps;
}

static uint64_t checksum(uint64_t n)
{
    return heap_units(n) * (n / 2);
}

const struct figure figure_heap_bytes = {
    .name = "heap_bytes", .unit = "bytes",
    .question = "What does a waiting unit occupy that holds n words?",
    .variants = (const char *const[]){"free", NULL},
    .sizes = (const uint64_t[]){0, 8, 32, 128, 512, 2048, 8192, END_OF_SIZES},
    .parking = parking, .ops = heap_units, .checksum = checksum, .units = heap_units,
};
