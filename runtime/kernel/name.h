/* name.h - registered names: one word for each atom there can be.
 *
 * The word says which process has the name, so finding one is a load. A name is taken and
 * given back by the process that has it, or whoever holds that process: extra->name and
 * the word change together, and a name is free again before anybody hears that its
 * process has ended. */
#ifndef KERNEL_NAME_H
#define KERNEL_NAME_H

#include "kernel/extra.h"

/* 0 or -ENOMEM. */
int names_create(void);
void names_destroy(void);

/* The pid that has this name, alive at this moment; TERM_NONE. Any thread. */
term name_find(term atom);
/* p, who runs or is held by the caller, takes the name. BL_ENAME: it, or p, is taken. */
bl_error name_take(struct process *p, term atom);
/* It gives back this name; any name, TERM_NONE. BL_ENAME: it has another, or none. */
bl_error name_give_back(struct process *p, term atom);
/* The next atom that is a name, from this index on, and whose; false: none. */
bool name_next(uint32_t *index, term *pid);

#endif
