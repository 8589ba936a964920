/* list_own.c - the contenders of the programs `drive` and `gbench`: this runtime, its terms taken apart
 * by hand, and memory without any. */
#include "../contender.h"

#include <stddef.h>

extern const struct contender contender_beamling, contender_beamling_resting, contender_by_hand, contender_bare_visit,
    contender_bare_visit_two;

const struct contender *const contenders[] = {&contender_beamling, &contender_beamling_resting, &contender_by_hand,
                                              &contender_bare_visit, &contender_bare_visit_two, NULL};
