/* list_kernel.c - the contenders of the programs `drive_kernel` and `gbench_kernel`: what the
 * operating system offers. */
#include "../contender.h"

#include <stddef.h>

extern const struct contender contender_pthread, contender_pthread_min, contender_process, contender_posix_spawn,
    contender_socketpair;

const struct contender *const contenders[] = {
    &contender_pthread, &contender_pthread_min, &contender_process, &contender_posix_spawn, &contender_socketpair, NULL,
};
