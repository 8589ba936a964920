/* beamling_savina_basic.h - skynet, fj_create, thread_ring, counting, spawn_storm. */
#ifndef BENCH_BEAMLING_SAVINA_BASIC_H
#define BENCH_BEAMLING_SAVINA_BASIC_H

#include "../contender.h"

extern const struct task beamling_skynet, beamling_fj_create, beamling_thread_ring, beamling_counting,
    beamling_spawn_storm;
extern const struct task beamling_resting_skynet, beamling_resting_fj_create, beamling_resting_thread_ring,
    beamling_resting_counting;

#endif
