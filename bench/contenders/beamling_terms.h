/* beamling_terms.h - the tasks in files of their own, which the tables of beamling.c,
 * beamling_resting.c and by_hand.c name. */
#ifndef BENCH_BEAMLING_TERMS_H
#define BENCH_BEAMLING_TERMS_H

#include "../contender.h"

/* beamling_terms.c, beamling_selective.c, beamling_pattern.c, beamling_heaps.c, beamling_isolation.c */
extern const struct task beamling_tuple_ping_pong, beamling_copy, beamling_binary_step, beamling_selective,
    beamling_pattern, beamling_gc_isolation;
extern const struct parking beamling_heaps;

/* beamling_signals.c, beamling_timers.c, beamling_names.c */
extern const struct task beamling_link_exit, beamling_monitor, beamling_call, beamling_timer, beamling_registry;

/* beamling_wake.c */
extern const struct task beamling_wake;
/* beamling_random.c */
extern const struct task beamling_random_ring, beamling_resting_random_ring;
/* beamling_hog.c */
extern const struct task beamling_hog, beamling_resting_hog;

/* beamling_shares.c */
extern const struct task beamling_shares, beamling_resting_shares;
/* beamling_crowds.c, beamling_servers.c */
extern const struct task beamling_big, beamling_bank, beamling_chameneos, beamling_philosophers, beamling_dictionary;

/* beamling_resting_crowds.c */
extern const struct task beamling_resting_chameneos;

/* beamling_resting_terms.c, beamling_isolation.c */
extern const struct task beamling_resting_tuple_ping_pong, beamling_resting_gc_isolation;
extern const struct parking beamling_resting_heaps;

#endif
