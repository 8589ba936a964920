/* parcel.c - see parcel.h. */
#include "data/parcel.h"

#include "base/memory.h"

parcel parcel_make(term t)
{
    if (!term_is_pointer(t))
        return t;
    struct parcel_box *box = memory_alloc(sizeof *box);
    struct block *block = box ? copy_out(t) : NULL;
    if (!block) {
        if (box)
            memory_free(box, sizeof *box);
        return 0;
    }
    atomic_init(&box->holders, 1);
    box->block = block;
    return (parcel)(uintptr_t)box;
}

parcel parcel_of(uint64_t word)
{
    return term_is_pointer(word) ? parcel_make(word) : word;
}

void parcel_release_box(struct parcel_box *box)
{
    /* release: our reading is over; acquire, by the last: so is everybody's. */
    if (atomic_fetch_sub_explicit(&box->holders, 1, memory_order_acq_rel) > 1)
        return;
    blocks_free(box->block);
    memory_free(box, sizeof *box);
}
