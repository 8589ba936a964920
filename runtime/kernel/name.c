/* name.c - see name.h. */
#include "kernel/name.h"

#include <errno.h>

#include "base/os.h"
#include "data/atom.h"
#include "kernel/event.h"

static _Atomic term *names; /* by the atom's index */
static _Atomic uint32_t names_end; /* no name has an index from here on */

static const size_t names_size = (size_t)ATOM_MAX * sizeof(term);

int names_create(void)
{
    names = os_reserve(names_size);
    atomic_store_explicit(&names_end, 0, memory_order_relaxed);
    return names ? 0 : -ENOMEM;
}

void names_destroy(void)
{
    if (names)
        os_release((void *)names, names_size);
    names = NULL;
}

term name_find(term atom)
{
    if (!term_is_atom(atom) || !names)
        return TERM_NONE;
    /* acquire: what the process did before it took the name; pairs with name_take(). */
    term pid = atomic_load_explicit(&names[term_atom_index(atom)], memory_order_acquire);
    return pid && process_find(pid) ? pid : TERM_NONE;
}

static void note_end(uint32_t end)
{
    /* relaxed: a bound for walks, which see what they see. */
    uint32_t old = atomic_load_explicit(&names_end, memory_order_relaxed);
    while (old < end && !atomic_compare_exchange_weak_explicit(&names_end, &old, end, memory_order_relaxed,
                                                               memory_order_relaxed))
        ;
}

bl_error name_take(struct process *p, term atom)
{
    struct extra *x = extra_of(p);
    if (!x)
        return BL_ENOMEM;
    if (x->name)
        return BL_ENAME;
    term nobody = TERM_NONE;
    note_end(term_atom_index(atom) + 1);
    /* release: pairs with name_find(). acquire: what the last holder did before. */
    if (!atomic_compare_exchange_strong_explicit(&names[term_atom_index(atom)], &nobody, process_pid(p),
                                                 memory_order_acq_rel, memory_order_relaxed))
        return BL_ENAME;
    event(p, EVENT_REGISTER, atom, TERM_NONE);
    x->name = atom;
    return BL_OK;
}

bl_error name_give_back(struct process *p, term atom)
{
    struct extra *x = p->extra;
    if (!x || !x->name || (atom && x->name != atom))
        return BL_ENAME;
    event(p, EVENT_UNREGISTER, x->name, TERM_NONE);
    /* release: pairs with the next name_take(). */
    atomic_store_explicit(&names[term_atom_index(x->name)], TERM_NONE, memory_order_release);
    x->name = TERM_NONE;
    return BL_OK;
}

bool name_next(uint32_t *index, term *pid)
{
    for (uint32_t end = atomic_load_explicit(&names_end, memory_order_relaxed); *index < end; ++*index) {
        *pid = atomic_load_explicit(&names[*index], memory_order_acquire);
        if (*pid && process_find(*pid))
            return true;
    }
    return false;
}
