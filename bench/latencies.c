/* latencies.c - see latencies.h. */
#include "latencies.h"

#include "contender.h"

#include <errno.h>
#include <stdlib.h>

enum { ROOM = 4 * 1000 * 1000 }; /* seven minutes of a question every 100 us */

static uint64_t *latencies, count, lost;

int latencies_open(void)
{
    count = lost = 0;
    latencies = malloc(ROOM * sizeof *latencies);
    return latencies ? 0 : -ENOMEM;
}

void latencies_close(void)
{
    free(latencies);
    latencies = NULL;
}

void bench_latency(uint64_t ns)
{
    if (count < ROOM)
        latencies[count++] = ns;
    else
        lost++;
}

uint64_t latencies_count(void)
{
    return count;
}

uint64_t latencies_lost(void)
{
    return lost;
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The nearest rank: a latency that occurred, the smallest that so many did not exceed. */
static uint64_t rank(uint64_t per_thousand)
{
    return count ? latencies[(count * per_thousand + 999) / 1000 - 1] : 0;
}

struct percentiles latencies_told(void)
{
    qsort(latencies, count, sizeof *latencies, ascending);
    return (struct percentiles){.p50 = rank(500), .p99 = rank(990), .p99_9 = rank(999), .max = rank(1000)};
}
