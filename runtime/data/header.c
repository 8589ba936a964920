/* header.c - see header.h. */
#include "data/header.h"

#include "base/memory.h"
#include "machine/self.h"

struct shared *shared_create(size_t size)
{
    struct shared *s = size > SIZE_MAX / 2 ? NULL : memory_alloc(sizeof *s + size);
    if (s) {
        s->size = size;
        atomic_init(&s->references, 1);
    }
    return s;
}

/* True: that was the last. release: what this holder did with it is over; acquire: so is
 * what all others did. Pairs with itself. */
static bool let_go(_Atomic uint64_t *references)
{
    return atomic_fetch_sub_explicit(references, 1, memory_order_acq_rel) == 1;
}

void shared_release(struct shared *s)
{
    if (let_go(&s->references))
        memory_free(s, sizeof *s + s->size);
}

void resource_release(struct resource *r)
{
    if (let_go(&r->references)) {
        if (r->destroy) {
            self_absorb();
            r->destroy(r->object);
            self_release();
        }
        memory_free(r, sizeof *r + r->size);
    }
}

void box_retain(const term *header)
{
    /* relaxed: who has a reference can make another; nothing is published by it. */
    atomic_fetch_add_explicit(header_kind(*header) == BOX_SHARED ? &shared_of(header)->references
                                                                 : &resource_of(header)->references,
                              1, memory_order_relaxed);
}

void box_release(const term *header)
{
    if (header_kind(*header) == BOX_SHARED)
        shared_release(shared_of(header));
    else
        resource_release(resource_of(header));
}

void box_release_all(const term *at, const term *end)
{
    for (; at < end; at += object_size(at))
        if (object_is_box(at) && header_is_counted(*at))
            box_release(at);
}
