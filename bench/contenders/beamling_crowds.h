/* beamling_crowds.h - chameneos: what straight-line and resting creatures share. */
#ifndef BENCH_BEAMLING_CROWDS_H
#define BENCH_BEAMLING_CROWDS_H

#include "../contender.h"
#include "beamling/beamling.h"

/* pids[0]. Straight-line, whatever the creatures are: it waits for two in turn. */
void crowd_mall(bl_term unused);

/* One that is neither, or theirs if both are of one. Colours are 0, 1 and 2. */
enum { COLOURS = 3 };

static inline int64_t mixed(int64_t a, int64_t b)
{
    return a == b ? a : COLOURS - a - b;
}

int chameneos_batches(const struct setting *, uint64_t count, struct proof *);

#endif
