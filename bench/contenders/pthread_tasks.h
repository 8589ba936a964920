/* pthread_tasks.h - the tasks in files of their own, which the table of pthread.c names. */
#ifndef BENCH_PTHREAD_TASKS_H
#define BENCH_PTHREAD_TASKS_H

#include "../contender.h"

/* pthread_copy.c, pthread_ends.c, pthread_call.c, pthread_timer.c */
extern const struct task pthread_copy, pthread_link_exit, pthread_monitor, pthread_call, pthread_timer;
/* pthread_savina_basic.c */
extern const struct task pthread_skynet, pthread_fj_create;

/* pthread_wake.c */
extern const struct task pthread_wake;
/* pthread_hog.c */
extern const struct task pthread_hog;

/* pthread_shares.c */
extern const struct task pthread_shares;
/* pthread_line.c */
extern const struct task pthread_line;

#endif
