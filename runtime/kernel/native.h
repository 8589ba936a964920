/* native.h - memory that is no term: of a process, and inside of terms.
 *
 * bl_alloc() memory belongs to the process that asked for it, and goes with it: a ring of
 * blocks that hangs on its heap. A resource is an object that terms hold: the last box
 * that refers to it takes it along (data/header). */
#ifndef KERNEL_NATIVE_H
#define KERNEL_NATIVE_H

#include "data/box.h"

/* On h. NULL: no memory. */
void *native_alloc(struct heap *h, size_t size);
/* What native_alloc() gave. */
void native_free(void *memory);
/* All that hang on this; from an empty ring to another. */
void native_drop(struct native **ring);
void native_move(struct native **to, struct native **from);
/* The same for up to *left, which are counted there. True: there are no more. */
bool native_drop_some(struct heap *h, int *left);

/* A resource of `size` bytes, zeroed, in a box of its own. TERM_NONE: no memory. */
term resource_make(struct heap *h, size_t size, void (*destroy)(void *));
/* Its object; NULL if t is no resource of this kind. */
void *resource_object(term t, void (*destroy)(void *));

#endif
