/* bare_switch.h - see bare_switch.c. */
#ifndef BENCH_BARE_SWITCH_H
#define BENCH_BARE_SWITCH_H

#include "../contender.h"

int bare_switch_batches(const struct setting *, uint64_t count, struct proof *);

#endif
