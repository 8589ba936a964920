/* extra.h - what few processes have.
 *
 * A process that is linked to nobody, watches nobody, has no name and no dictionary, and
 * whose flags are the default ones, has none of this; it is made when the first of them
 * is asked for, and belongs to whoever holds the process. */
#ifndef KERNEL_EXTRA_H
#define KERNEL_EXTRA_H

#include "data/parcel.h"
#include "data/treap.h"
#include "kernel/process.h"

struct alarm;
struct catching;
struct bl_trace;

/* Terms on the heap of the process: roots of its collections. */
enum extra_root { ROOT_DICTIONARY, ROOT_LABEL, EXTRA_ROOTS };

struct extra {
    struct treap links;      /* to others, by pid                            kernel/link */
    struct treap references; /* monitors and aliases of ours, by reference   kernel/monitor */
    struct treap watchers;   /* others' monitors of us, by reference         kernel/monitor */
    struct treap suspends;   /* whom we suspended, by pid                    kernel/suspend */
    struct alarm *alarms;    /* timers of ours that will send to us          kernel/alarm */
    struct message *last_priority; /* of the priority messages at the front of the mailbox */
    struct catching *catching;     /* the innermost bl_catch() */
    uint64_t unlinked;       /* how often we have unlinked, or suspended: numbers for that */
    term name;               /* registered; TERM_NONE: none */
    term leader;             /* of its group; TERM_NONE: the default */
    term roots[EXTRA_ROOTS];
    parcel reason;           /* why it ended, while it is leaving */
    struct bl_trace *trace;     /* who wants to know what it does; NULL: nobody  kernel/trace */
    uint32_t trace_flags;    /* and what */
    bool trace_in;           /* it was told that it runs */
    uint32_t long_queue;     /* its mailbox is too long: said in this period; 0: in none  kernel/sysmon */
    uint32_t suspended;      /* by how many */
    uint32_t fullsweep_after;
    uint8_t priority;        /* bl_priority */
    bool trap_exit;
    bool off_heap;           /* message_queue_data: said, not done */
    bool spared;             /* a heap above max_heap_size does not end it */
    bool sensitive;
    bool wanted;             /* suspended, and there is something for it */
    bool urgent;             /* priority messages may come: a receive takes in what there is, first */
    bool restart;            /* a priority message has come: a receive starts from the front */
    bool closed;             /* leaving: its mailbox is closed */
};

/* Of p, who runs or is held by the caller: made if there is none. NULL: no memory. */
struct extra *extra_of(struct process *p);

static inline bool process_traps(const struct process *p)
{
    return p->extra && p->extra->trap_exit;
}

#endif
