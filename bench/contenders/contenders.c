/* contenders.c - the list of contenders that live in this program. */
#include "../contender.h"

#include <stddef.h>

extern const struct contender contender_pthread, contender_pthread_min, contender_process, contender_posix_spawn;
extern const struct contender contender_beamling, contender_beamling_resting;

const struct contender *const contenders[] = {
    &contender_beamling, &contender_beamling_resting, &contender_pthread, &contender_pthread_min, &contender_process, &contender_posix_spawn, NULL,
};
