/* worklist.h - what is still to be done, for those who walk terms.
 *
 * Terms may be nested ten million deep, so nobody walks them by recursion: what would
 * be the C stack is a list of words here. It begins in the walker's own frame and moves
 * to memory when it outgrows it. */
#ifndef DATA_WORKLIST_H
#define DATA_WORKLIST_H

#include <string.h>

#include "base/base.h"
#include "base/memory.h"

enum { WORKLIST_OWN = 32 };

struct worklist {
    uint64_t *items;
    size_t count, room;
    uint64_t own[WORKLIST_OWN];
};

static inline void worklist_init(struct worklist *w)
{
    w->items = w->own;
    w->count = 0;
    w->room = WORKLIST_OWN;
}

static inline void worklist_fini(struct worklist *w)
{
    if (w->items != w->own)
        memory_free(w->items, w->room * sizeof *w->items);
}

/* False: no memory; nothing has changed. */
static COLD bool worklist_grow(struct worklist *w)
{
    size_t room = w->room * 2;
    uint64_t *items = memory_alloc(room * sizeof *items);
    if (!items)
        return false;
    memcpy(items, w->items, w->count * sizeof *items);
    worklist_fini(w);
    w->items = items;
    w->room = room;
    return true;
}

/* False: no memory. */
static inline bool worklist_push(struct worklist *w, uint64_t item)
{
    if (UNLIKELY(w->count == w->room) && !worklist_grow(w))
        return false;
    w->items[w->count++] = item;
    return true;
}

/* There must be one. */
static inline uint64_t worklist_pop(struct worklist *w)
{
    ASSERT(w->count);
    return w->items[--w->count];
}

#endif
