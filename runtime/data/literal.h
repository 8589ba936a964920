/* literal.h - memory for terms that are never collected.
 *
 * A literal is a term outside all heaps, made once and for ever, as the literals of a module
 * and persistent_term in BEAM. Every process may hold it, and nobody copies it: whoever
 * copies or collects asks term_is_pointer(), "does it live on a heap?", and to that question
 * a literal answers as an atom does. All literals lie in one range of addresses, reserved
 * when the first is made, so that the question is a subtraction and a comparison. */
#ifndef DATA_LITERAL_H
#define DATA_LITERAL_H

#include <stdatomic.h>

#include "base/base.h"

#define LITERALS_MOST ((uintptr_t)1 << 30) /* bytes, of all literals together */

/* Where they begin. As long as there are none: where no address is near. */
extern _Atomic uintptr_t literals_low;

static inline bool literal_has(uint64_t address)
{
    /* relaxed: who has a term has seen, with it, whatever was done to make it. */
    return address - atomic_load_explicit(&literals_low, memory_order_relaxed) < LITERALS_MOST;
}

/* Room for so many words, more than 0, zeroed. Any thread; a lock. NULL: there is no memory
 * (BL_ENOMEM), or the range is full (BL_ELIMIT): *full. */
uint64_t *literal_take(size_t words, bool *full);

#endif
