/* reference.c - see reference.h. */
#include "kernel/reference.h"

enum { REFERENCES_AT_ONCE = 4096 };

uint64_t reference_number(struct sched *s)
{
    /* Of the OS process, not of one run of the runtime: no two are ever the same. */
    static _Atomic uint64_t next = 1;
    /* relaxed: only that each number is given once. */
    if (!s)
        return atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
    if (s->reference == s->references_end) {
        s->reference = atomic_fetch_add_explicit(&next, REFERENCES_AT_ONCE, memory_order_relaxed);
        s->references_end = s->reference + REFERENCES_AT_ONCE;
    }
    return s->reference++;
}

term reference_alias(struct sched *s, const struct process *p)
{
    uint64_t number = reference_number(s) & ((UINT64_C(1) << REFERENCE_ALIAS_SLOT_SHIFT) - 1);
    return term_reference(UINT64_C(1) << REFERENCE_ALIAS_SHIFT |
                          (uint64_t)process_index(p) << REFERENCE_ALIAS_SLOT_SHIFT | number);
}
