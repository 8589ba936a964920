/* list_own.c - the contenders of the programs `drive` and `gbench`: this runtime, and its terms taken apart by hand. */
#include "../contender.h"

#include <stddef.h>

extern const struct contender contender_beamling, contender_beamling_resting, contender_by_hand;

const struct contender *const contenders[] = {&contender_beamling, &contender_beamling_resting, &contender_by_hand,
                                              NULL};
