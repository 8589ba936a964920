/* charge.h - long work costs reductions.
 *
 * A call into the runtime counts as one reduction, if it counts. What it does besides is
 * charged by size, when it is done, as in BEAM: one reduction for
 *
 *     64 words of terms that were copied, compared, hashed, walked or built
 *     16 bytes of a text, or of the external format, that were read or written
 *     10 words that a collection has moved (kernel/garbage)
 *
 * each of which takes about as long as a short call. It is never more than a time slice: who
 * has used up its own gives way, and begins another. What is begun is not interrupted. */
#ifndef KERNEL_CHARGE_H
#define KERNEL_CHARGE_H

#include "kernel/sched.h"

enum { WORDS_PER_REDUCTION = 64, BYTES_PER_REDUCTION = 16 };

static inline void charge_reductions(size_t reductions)
{
    struct sched *s = self_sched();
    if (s && reductions)
        sched_charge(s, reductions < s->time_slice ? (uint32_t)reductions : s->time_slice);
}

/* The caller, if it is a process, may give way here: with nothing half-done. */
static inline void charge_words(size_t words)
{
    charge_reductions(words / WORDS_PER_REDUCTION);
}

static inline void charge_bytes(size_t bytes)
{
    charge_reductions(bytes / BYTES_PER_REDUCTION);
}

#endif
