/* reference.h - the numbers of references: 60 bits that nobody else was given.
 *
 *     00 | a number of the OS process (58 bits)         any reference
 *     01 | place (28 bits) | life (30 bits)             of a timer: kernel/alarm finds it there
 *     1  | slot (28 bits) | number (31 bits)            an alias: whoever is sent it is found there
 *
 * The 31 bits of an alias are the low ones of a number like the first: an alias could
 * come twice only to the same slot, two thousand million references later. The place of a
 * timer is not used any more when its lives are used up. */
#ifndef KERNEL_REFERENCE_H
#define KERNEL_REFERENCE_H

#include "kernel/sched.h"

enum { REFERENCE_ALARM_SHIFT = 58, REFERENCE_ALARM_PLACE_SHIFT = 30, REFERENCE_ALIAS_SHIFT = 59,
       REFERENCE_ALIAS_SLOT_SHIFT = 31 };

/* s: the caller's, or NULL. */
uint64_t reference_number(struct sched *s);
/* An alias of the process in the slot of p. */
term reference_alias(struct sched *s, const struct process *p);

static inline bool reference_is_alias(term t)
{
    return term_is_reference(t) && term_reference_number(t) >> REFERENCE_ALIAS_SHIFT;
}

static inline uint32_t reference_alias_slot(term t)
{
    return (uint32_t)(term_reference_number(t) >> REFERENCE_ALIAS_SLOT_SHIFT) & (uint32_t)PID_INDEX_NOBODY;
}

static inline term reference_alarm(uint32_t place, uint32_t life)
{
    return term_reference(UINT64_C(1) << REFERENCE_ALARM_SHIFT | (uint64_t)place << REFERENCE_ALARM_PLACE_SHIFT | life);
}

static inline bool reference_is_alarm(term t)
{
    return term_is_reference(t) && term_reference_number(t) >> REFERENCE_ALARM_SHIFT == 1;
}

static inline uint32_t reference_alarm_place(term t)
{
    return (uint32_t)(term_reference_number(t) >> REFERENCE_ALARM_PLACE_SHIFT) & ((UINT32_C(1) << 28) - 1);
}

static inline uint32_t reference_alarm_life(term t)
{
    return (uint32_t)term_reference_number(t) & ((UINT32_C(1) << REFERENCE_ALARM_PLACE_SHIFT) - 1);
}

#endif
