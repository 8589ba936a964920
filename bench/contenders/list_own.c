/* list_own.c - the contenders of the programs `drive` and `gbench`: this runtime. */
#include "../contender.h"

#include <stddef.h>

extern const struct contender contender_beamling, contender_beamling_resting;

const struct contender *const contenders[] = {&contender_beamling, &contender_beamling_resting, NULL};
