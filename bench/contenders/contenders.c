/* contenders.c - the list of contenders that live in this program. */
#include "../contender.h"

#include <stddef.h>

extern const struct contender contender_pthread, contender_pthread_min, contender_process, contender_posix_spawn;
#ifdef WITH_BEAMLING
extern const struct contender contender_beamling, contender_beamling_resting;
#endif

const struct contender *const contenders[] = {
#ifdef WITH_BEAMLING
    &contender_beamling, &contender_beamling_resting,
#endif
    &contender_pthread, &contender_pthread_min, &contender_process, &contender_posix_spawn, NULL,
};
