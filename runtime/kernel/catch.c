/* catch.c - see catch.h. The frames that are left are not cleaned up, as in bl_exit(). What
 * is thrown stays where it is, on the heap of the process. */
#include "kernel/catch.h"

#include <setjmp.h>

#include "data/atom.h"
#include "data/box.h"
#include "kernel/extra.h"
#include "kernel/garbage.h"

struct catching {
    struct catching *outer;
    term value;
    jmp_buf place;
};

NOINLINE bl_caught catch_call(struct process *p, bl_term (*function)(bl_term), term arg, term *result)
{
    struct catching c;
    struct extra *x = extra_of(p);
    if (!x)
        return BL_CAUGHT_NO_MEMORY;
    c.outer = x->catching;
    x->catching = &c;
    bl_caught how = (bl_caught)_setjmp(c.place);
    if (how == BL_CAUGHT_NOTHING) {
        c.value = function(term_give(arg)).word;
        p->extra->catching = c.outer; /* as catch_leave() has done otherwise */
    }
    *result = c.value;
    return how;
}

void catch_leave(struct process *p, bl_caught how, term value)
{
    struct catching *c = p->extra ? p->extra->catching : NULL;
    if (!c)
        return;
    p->extra->catching = c->outer;
    c->value = value;
    _longjmp(c->place, how);
}

void catch_error(struct sched *s, term reason)
{
    struct heap *h = process_heap(s->current);
    term why = h ? tuple_make(h, (term[]){reason, TERM_NIL}, 2) : TERM_NONE;
    if (!why)
        why = term_atom(ATOM_no_memory);
    catch_leave(s->current, BL_CAUGHT_ERROR, why);
    process_end_self(why);
}
