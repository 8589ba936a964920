/* literal.c - see literal.h. */
#include "data/literal.h"

#include "base/lock.h"
#include "base/os.h"

enum { STEP = 64 * 1024 };

/* Nearer than LITERALS_MOST to the end of all addresses, which wraps to where none is. */
_Atomic uintptr_t literals_low = -LITERALS_MOST;

static struct lock literals_lock;
static size_t taken_bytes, open_bytes; /* under the lock */

/* The range begins here; 0: it cannot be had. */
static uintptr_t range_locked(void)
{
    uintptr_t low = atomic_load_explicit(&literals_low, memory_order_relaxed); /* the lock orders it */
    if (low != -LITERALS_MOST)
        return low;
    low = (uintptr_t)os_reserve_closed(LITERALS_MOST);
    if (!low)
        return 0;
    os_holds_pointers((void *)low, LITERALS_MOST); /* to what large binaries share */
    atomic_store_explicit(&literals_low, low, memory_order_relaxed);
    return low;
}

static uint64_t *take_locked(size_t bytes, bool *full)
{
    uintptr_t low = range_locked();
    *full = low && bytes > LITERALS_MOST - taken_bytes;
    if (!low || *full)
        return NULL;
    size_t end = taken_bytes + bytes;
    size_t opens = end > open_bytes ? align_up(end - open_bytes, STEP) : 0;
    if (opens && os_open((void *)(low + open_bytes), opens))
        return NULL;
    open_bytes += opens;
    uint64_t *taken = (uint64_t *)(low + taken_bytes);
    taken_bytes = end;
    return taken;
}

uint64_t *literal_take(size_t words, bool *full)
{
    *full = words > LITERALS_MOST / sizeof(uint64_t);
    if (*full)
        return NULL;
    lock_acquire(&literals_lock);
    uint64_t *taken = take_locked(words * sizeof(uint64_t), full);
    lock_release(&literals_lock);
    return taken;
}
