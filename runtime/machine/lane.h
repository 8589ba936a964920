/* lane.h - stack lanes: a few real stacks for any number of processes.
 *
 * C cannot move a stack frame: a process that has started must always find its
 * frames at the same addresses. It need not own those addresses, though. A lane is
 * one large guarded stack at a fixed place. A process is bound to a lane when it
 * first runs; while it is parked its live bytes may stay there (it is the lane's
 * resident), and when another process needs the lane they are copied out: to the
 * process's home, a small place that its owner's address tells, or if they are too
 * many to a block. They are copied back to the same place before it runs again.
 *
 *     low                                              sp            top
 *      | ~~~~~~~~~~~~~~~~~ never touched, costs nothing | live bytes | foot |
 *   guard (closed)
 *
 * So a parked process costs its live bytes, not a page, and a million of them need
 * no more kernel mappings than one. A lane, not a thread, owns an address: whoever
 * holds the lane (`holder`) may run the processes bound to it.
 *
 * Tops are staggered ("coloured"): were they all equal modulo 4 KiB, the warm ends
 * of all lanes would fight for the same few sets of the L1 cache. */
#ifndef MACHINE_LANE_H
#define MACHINE_LANE_H

#include <stdatomic.h>

#include "base/base.h"
#include "machine/ctx.h"

struct sched;
struct process;

struct lane {
    /* Written by the holder, under its scheduler lock; the new holder's after a steal. */
    struct process *resident;       /* whose frames are in the lane, or NULL */
    _Atomic(struct sched *) holder; /* read by anyone as a hint, exact under the holder's lock */
    bool listed;                    /* in the holder's list of lanes without a resident */
    uint32_t bound;                 /* processes whose frames belong here, in the lane or not */
    uint32_t pinned;                /* those of them that are bound to a scheduler: no thief takes the lane */
    uint32_t settled_us;            /* until then, if not 0, a thief had better leave it where it is: kernel/steal */

    /* Constant. */
    struct ctx_stack stack;
    char *foot;  /* live bytes are [sp, foot) */
    char *limit; /* an API call may start only above this (see LANE_RESERVE) */
};

_Static_assert(sizeof(struct lane) == CACHE_LINE || CTX_TSAN || CTX_ASAN, "one of them, one line");

/* What the runtime itself, and the allocator below it, may need of a stack. */
enum { LANE_RESERVE = 8 * 1024 };

enum { LANE_GUARD = 64 * 1024, LANE_COLOURS = 16, LANE_COLOUR_STEP = 4 * CACHE_LINE };

struct lanes {
    struct lane *all;
    size_t count;
    char *memory;
    size_t stride; /* guard + stack */
};

/* `count` lanes of `stack_size` usable bytes each. The first `open` of them can be used; of the others
 * each byte is closed until lane_open(), which is a system call and two mappings of the kernel's. 0 or -ENOMEM. */
int lanes_create(struct lanes *, size_t count, size_t open, size_t stack_size);
/* False: the kernel has no memory for it, or too many mappings; it is as it was. Once for a lane. */
bool lane_open(const struct lanes *, const struct lane *);
void lanes_destroy(struct lanes *);

/* The lane in whose guard the address lies, or NULL. Async-signal-safe. */
struct lane *lanes_guard_hit(struct lanes *, const void *address);

enum { FRAMES_HOME = 2 * CACHE_LINE };

/* A process's stack while it is not in its lane: at `home`, FRAMES_HOME bytes that are always the process's
 * (kernel/process says where), if it is no larger, else in a block. */
struct frames {
    void *block;   /* NULL: none */
    uint32_t room; /* bytes the block can hold */
} __attribute__((packed, aligned(4))); /* what comes next begins at once */

/* Copy [sp, foot) out. A block is kept when it fits closely, else exchanged; if it is not needed, it is kept as
 * long as it is small. False: no memory; nothing has changed. */
bool frames_save(struct frames *, void *home, const struct lane *, const void *sp);
/* Copy the bytes back to [sp, foot). A block stays, for the next time. */
void frames_load(const struct frames *, const void *home, const struct lane *, void *sp);
/* Where they are, if they are `size` bytes. */
static inline const void *frames_bytes(const struct frames *f, const void *home, size_t size)
{
    return size <= FRAMES_HOME ? home : f->block;
}
/* There is no block any more. */
void frames_drop(struct frames *);

#endif
