/* process.h - what a process is, and the table of all of them.
 *
 * A process is 128 bytes: one cache line that senders touch, one that its scheduler
 * touches. All slots lie in one reserved array, so a pid's index becomes an address
 * without a look-up, and slots are type-stable: a stale pid may read a slot that now
 * holds somebody else, sees another generation, and goes away. Behind them lie their
 * homes, for small stacks (machine/lane): a place in one array says the other. No policy
 * here: who runs when is kernel/sched, what happens at the end is spawn.c and signal.c. */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include "data/heap.h"
#include "data/mailbox.h"
#include "machine/lane.h"
#include "machine/pool.h"

struct process;
struct signal;
struct extra;

enum process_kind {
    PROCESS_STRAIGHT,
    PROCESS_RESTING,
    PROCESS_HIBERNATING, /* straight-line again as soon as it has a message */
    PROCESS_GUEST,
    PROCESS_LEAVING, /* it has ended, and there are still some to tell: kernel/leave */
};

/* What a priority comes to: see kernel/ranks. The values are those of bl_priority. */
enum process_rank { RANK_NORMAL, RANK_LOW, RANK_HIGH, RANK_MAX };
enum { RANKS = RANK_MAX + 1 };

/* Where a process may run, and before whom. Anything but 0 is off the fast path. */
enum process_bound {
    BOUND_NOWHERE = 0, /* 1..: to the scheduler of that number */
    BOUND_PLACE = 0x0fff, /* mask */
    BOUND_GUEST = 0x0fff,
    BOUND_RANK = 0x3000, /* mask: enum process_rank */
    BOUND_RANK_SHIFT = 12,
    BOUND_HELD = 0x8000, /* suspended: it is in no queue, whoever wakes it. See kernel/reception */
};

/* p->doomed, besides the atoms it may be: an exit signal, whose reason is in p->arg. */
enum { DOOMED_BY_SIGNAL = UINT8_MAX };

union process_entry {
    bl_function *function; /* straight-line */
    bl_handler *handler;   /* resting */
};

struct process {
    /* Any thread, by the inbox protocol (data/mailbox.h). */
    struct inbox inbox;
    _Atomic uint32_t generation; /* odd and even alike; 0 is never alive */
    uint8_t kind;
    _Atomic uint8_t doomed; /* not 0: it does not go on, and ends for this reason (an atom's index): process_doomed() */
    uint16_t bound; /* enum process_bound. Who holds it */

    /* Whoever holds the process: the scheduler that runs it, the queue that holds it,
     * the pool when the slot is free (next and lane are the pool's two links). */
    struct process *next;
    struct lane *lane; /* where its frames belong; NULL: it has none */
    union process_entry entry;
    term arg;             /* straight-line: the argument; resting: the state */
    struct signal *waits; /* others that wait for our end; before them the answer that we waited for */
    struct extra *extra;  /* what few processes have (kernel/extra); NULL: none of it */

    /* The process itself and the scheduler that holds its lane. */
    union {
        struct ctx ctx;
        struct process *ahead; /* without a lane, in a queue: who comes a few places later, or did once; see runq_pop() */
    };
    struct frames frames;
    uint32_t reductions; /* done until it was last switched from; what is over is in extra */
    struct heap *heap; /* its terms; NULL: it never had any that need one */
    struct msgq mail;  /* taken from the inbox, not yet received */
    term parent;       /* who spawned it; TERM_NONE: a thread */
} __attribute__((aligned(128)));

_Static_assert(sizeof(struct process) == 128 || CTX_TSAN, "two cache lines");
_Static_assert(sizeof(struct process) >= FRAMES_HOME, "homes are as far apart as processes");

/* Who holds it may doom it, and who holds its lane, if there is no memory for its frames (sched_evict()): the first
 * is the one who does. relaxed: what makes the second seen is in its inbox (settle()) or under the lock. */
static inline uint8_t process_doomed(const struct process *p)
{
    return atomic_load_explicit(&p->doomed, memory_order_relaxed);
}

static inline bool process_set_doomed(struct process *p, uint8_t why)
{
    uint8_t not_yet = 0;
    return atomic_compare_exchange_strong_explicit(&p->doomed, &not_yet, why, memory_order_relaxed, memory_order_relaxed);
}

/* It goes on, or is another. Who holds it. */
static inline void process_clear_doomed(struct process *p)
{
    atomic_store_explicit(&p->doomed, 0, memory_order_relaxed);
}
_Static_assert(offsetof(struct process, lane) == offsetof(struct process, next) + sizeof(void *), "the pool's links");

/* So many fit into an L2, with their homes. Where tests look closely, and with every other seed (kernel/seed), any are many. */
enum { PROCESSES_FEW = BL_HOSTILE || CTX_TSAN ? 0 : 4096 };

/* The table. */
struct process_table {
    struct process *all;
    uint64_t capacity;
    uint64_t few;     /* no more than the capacity: so many stay in the caches, with their homes, and need not be fetched */
    size_t to_homes;  /* from a slot to its home */
    struct pool pool; /* of free slots */
    /* Of those that say nothing: */
    bool off_heap;    /* message_queue_data */
    size_t most;      /* max_heap_size, or 0: no limit, */
    bool spares;      /* which does not end them */
};

extern struct process_table processes __attribute__((visibility("hidden")));

/* Reserve a table for at least `wanted` processes plus what caches may hold back; less
 * if address space is short, down to `least`. `few`: PROCESSES_FEW, or less. 0 or -ENOMEM. */
int processes_create(uint64_t wanted, uint64_t least, uint64_t slack, uint64_t few);
void processes_destroy(void);
/* Slots that were ever used: what a walk over all processes must visit. */
static inline uint64_t processes_used(void)
{
    return 1 + pool_ever_taken(&processes.pool);
}

/* Have there never been many? Then all stay in the caches, and to know who comes later does not pay. */
static inline bool processes_are_few(void)
{
    return pool_ever_taken(&processes.pool) <= processes.few;
}

static inline uint32_t process_index(const struct process *p)
{
    return (uint32_t)(p - processes.all);
}

/* Where its frames lie when they are in no lane, and small (machine/lane). The homes are a second array, of which
 * only those pages are touched whose owners have been there. Its place says where a process has its home: the two can be
 * fetched at once, where a pointer could be followed only when the process has been. */
static inline void *process_home(const struct process *p)
{
    return (char *)(uintptr_t)p + processes.to_homes;
}

static inline void process_fetch_home(const struct process *p)
{
    const char *home = process_home(p);
    __builtin_prefetch(home, 1);
    __builtin_prefetch(home + CACHE_LINE, 1);
}

/* The owner's own generation; also for whoever holds the process. */
static inline uint32_t process_generation(const struct process *p)
{
    return atomic_load_explicit(&p->generation, memory_order_relaxed);
}

static inline __attribute__((always_inline)) term process_pid(const struct process *p)
{
    return term_pid(process_index(p), process_generation(p));
}

/* Of p, who runs or is held by the caller. */
static inline enum process_rank process_rank(const struct process *p)
{
    return (enum process_rank)((p->bound & BOUND_RANK) >> BOUND_RANK_SHIFT);
}

static inline void process_set_rank(struct process *p, enum process_rank rank)
{
    p->bound = (uint16_t)((p->bound & ~BOUND_RANK) | (unsigned)rank << BOUND_RANK_SHIFT);
}

/* Bytes of its stack, while it waits. Who holds it. */
static inline size_t process_stack_size(const struct process *p)
{
    return p->lane ? (size_t)(p->lane->foot - (char *)p->ctx.sp) : 0;
}

/* To the end of its private list of messages. The process itself, or who holds it. */
static inline void process_keep(struct process *p, struct message *m)
{
    msgq_append(&p->mail, m);
    p->mail.bulk += message_bulk(m);
}

/* p gets frames in a lane, or has none any more. The scheduler that holds the lane. (The counters are not changed as
 * one: eight bytes are not there to be read before two stores of four have left the store buffer.) */
static inline void process_bind(struct process *p, struct lane *lane)
{
    p->lane = lane;
    lane->bound++;
    if (UNLIKELY((p->bound & BOUND_PLACE) != BOUND_NOWHERE))
        lane->pinned++;
}

/* p runs: nobody else looks at its lane. */
static inline void process_set_place(struct process *p, unsigned place)
{
    p->lane->pinned -= (p->bound & BOUND_PLACE) != BOUND_NOWHERE;
    p->bound = (uint16_t)((p->bound & ~BOUND_PLACE) | place);
    p->lane->pinned += place != BOUND_NOWHERE;
}

static inline void process_unbind(struct process *p)
{
    p->lane->bound--;
    if (UNLIKELY((p->bound & BOUND_PLACE) != BOUND_NOWHERE))
        p->lane->pinned--;
    p->lane = NULL;
}

static inline struct process *process_if_alive(struct process *p, term pid)
{
    /* acquire: who finds it dead sees all that it did; pairs with mailbox_close(). What is
     * read through p is guarded by the inbox's compare-and-swap. */
    uint32_t generation = atomic_load_explicit(&p->generation, memory_order_acquire);
    return LIKELY(generation == term_pid_generation(pid)) ? p : NULL;
}

/* The slot of a pid, if the process is alive at this moment; else NULL. It may be gone
 * a moment later: use inbox_push() with the pid's generation, which checks again.
 * What is no pid finds nobody: slot 0 is never used and has a generation that no pid
 * has, and the index of an error is beyond any table. */
static inline struct process *process_find(term pid)
{
    uint32_t index = term_pid_index(pid);
    return LIKELY(index < processes.capacity) ? process_if_alive(&processes.all[index], pid) : NULL;
}

/* The same for who is going to wake it: among many, its home is fetched before the process is waited for. */
static inline struct process *process_find_to_wake(term pid)
{
    uint32_t index = term_pid_index(pid);
    if (UNLIKELY(index >= processes.few)) {
        if (UNLIKELY(index >= processes.capacity))
            return NULL;
        process_fetch_home(&processes.all[index]);
    }
    return process_if_alive(&processes.all[index], pid);
}

#endif
