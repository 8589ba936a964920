/* latencies.h - what a figure that probes has measured: many latencies, told as percentiles.
 * They are kept one by one: an open loop's tail is the point, and buckets would round it. */
#ifndef BENCH_LATENCIES_H
#define BENCH_LATENCIES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct percentiles {
    uint64_t p50, p99, p99_9, max; /* ns; of nothing: 0 */
};

/* Make room, before the clock: bench_latency() allocates nothing. 0 or -ENOMEM. */
int latencies_open(void);
void latencies_close(void);

uint64_t latencies_count(void);
uint64_t latencies_lost(void); /* for which there was no room */
struct percentiles latencies_told(void); /* sorts them */

#ifdef __cplusplus
}
#endif
#endif
