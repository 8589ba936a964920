/* pthread_copy.h - see pthread_copy.c. */
#ifndef BENCH_PTHREAD_COPY_H
#define BENCH_PTHREAD_COPY_H

#include "../contender.h"

extern const struct task pthread_copy;

#endif
