/* figures.c - the list. A new figure is a file in figures/ and two lines here. */
#include "contender.h"

#include <stddef.h>

extern const struct figure figure_bare_switch, figure_bare_line, figure_fan_in, figure_memory, figure_ping_pong, figure_ring,
    figure_spawn_exit, figure_spawn_join, figure_spawn_live, figure_stream, figure_yield, figure_tuple_ping_pong,
    figure_copy, figure_binary_step, figure_selective, figure_pattern, figure_gc_isolation, figure_heap_bytes,
    figure_link_exit, figure_monitor, figure_call, figure_timer, figure_registry,
    figure_wake, figure_hog, figure_shares, figure_random_ring;
extern const struct figure figure_big, figure_bank, figure_chameneos, figure_philosophers, figure_dictionary;
extern const struct figure figure_skynet, figure_fj_create, figure_thread_ring, figure_counting, figure_spawn_storm;

const struct figure *const figures[] = {
    &figure_spawn_exit, &figure_spawn_join, &figure_spawn_live, &figure_yield,  &figure_ping_pong, &figure_ring,
    &figure_stream,     &figure_fan_in,     &figure_memory,     &figure_bare_switch, &figure_bare_line, &figure_tuple_ping_pong,
    &figure_copy,       &figure_binary_step, &figure_selective, &figure_pattern, &figure_gc_isolation,
    &figure_heap_bytes, &figure_link_exit,  &figure_monitor,    &figure_call,    &figure_timer,
    &figure_registry,
    &figure_wake, &figure_hog, &figure_shares, &figure_random_ring,
    &figure_big,        &figure_bank,       &figure_chameneos,  &figure_philosophers, &figure_dictionary,
    &figure_skynet,     &figure_fj_create,  &figure_thread_ring, &figure_counting,  &figure_spawn_storm,
    NULL,
};
