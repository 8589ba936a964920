/* process_copy.h - see process_copy.c. */
#ifndef BENCH_PROCESS_COPY_H
#define BENCH_PROCESS_COPY_H

#include "../contender.h"

extern const struct task process_hog; /* process_hog.c */
extern const struct task process_shares; /* process_shares.c */
extern const struct task process_copy; /* through a pipe; contender_socketpair does the same through a socket */

#endif
