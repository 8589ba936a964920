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
struct blocking_call;
struct signal;

/* Terms on the heap of the process: roots of its collections. */
enum extra_root { ROOT_DICTIONARY, ROOT_LABEL, EXTRA_ROOTS };

/* What was in the mailbox of who has ended. */
struct estate {
    struct message *taken, *late;   /* what it had taken in, oldest first; what it had not, newest first */
    struct msgq signals;            /* those among `taken`; then: of all that are to be answered, oldest first */
    struct message *late_signals;   /* those among `late`, oldest first */
};

/* Places of references that are older than the last (heap->mark): see kernel/select. With that one
 * there are eight, as in BEAM. */
enum { MARKS_OLDER = 7 };

struct marks {
    unsigned count; /* the youngest is the last */
    struct {
        term reference;
        struct message **place;
    } at[MARKS_OLDER];
};

struct extra {
    struct treap links;      /* to others, by pid                            kernel/link */
    struct treap references; /* monitors and aliases of ours, by reference   kernel/monitor */
    struct treap watchers;   /* others' monitors of us, by reference         kernel/monitor */
    struct treap suspends;   /* whom we suspended, by pid                    kernel/suspend */
    struct alarm *alarms;    /* timers of ours that will send to us          kernel/alarm */
    struct message *last_priority; /* of the priority messages at the front of the mailbox */
    struct catching *catching;     /* the innermost bl_catch() */
    uint64_t reductions;     /* besides those in the process, which has room for few */
    struct marks *marks;           /* NULL: none                            kernel/select */
    struct blocking_call *blocking; /* that a thread makes for us           kernel/blocking */
    struct signal *sweeps;         /* who wait until we have collected      kernel/sweep */
    uint64_t unlinked;       /* how often we have unlinked, or suspended: numbers for that */
    term name;               /* registered; TERM_NONE: none */
    term leader;             /* of its group; TERM_NONE: the default */
    term roots[EXTRA_ROOTS];
    parcel reason;           /* why it ended, while it is leaving, and */
    struct estate estate;    /* what it leaves */
    struct bl_trace *trace;     /* who wants to know what it does; NULL: nobody  kernel/trace */
    uint32_t trace_flags;    /* and what */
    bool trace_in;           /* it was told that it runs */
    uint32_t long_queue;     /* its mailbox is too long: said in this period; 0: in none  kernel/sysmon */
    uint32_t suspended;      /* by how many */
    uint32_t unpreemptible;  /* regions it is in                          kernel/preempt */
    uint32_t fullsweep_after;
    bool trap_exit;
    bool off_heap;           /* message_queue_data: messages that wait are not counted with the heap */
    bool spared;             /* a heap above max_heap_size does not end it */
    bool sensitive;
    bool wanted;             /* suspended, and there is something for it */
    bool urgent;             /* priority messages may come: a receive takes in what there is, first */
    bool restart;            /* a priority message has come: a receive starts from the front */
    bool closed;             /* leaving: its mailbox is closed */
};

/* Of p, who runs or is held by the caller: made if there is none. NULL: no memory. */
struct extra *extra_of(struct process *p);

/* A message leaves the mailbox: what was behind it is at `to` now. */
static inline void marks_move(struct marks *marks, struct message **from, struct message **to)
{
    for (unsigned i = 0; i < marks->count; i++)
        if (marks->at[i].place == from)
            marks->at[i].place = to;
}

/* Words of the messages that wait in the mailbox of p, if they are to be counted with its heap. */
static inline size_t process_waiting_words(const struct process *p)
{
    bool off_heap = p->extra ? p->extra->off_heap : processes.off_heap;
    return off_heap ? 0 : 2 * (size_t)(p->mail.bulk - p->mail.count); /* bulk: 16 bytes; an entry is one */
}

/* A heap above its limit does not end it. */
static inline bool process_is_spared(const struct process *p)
{
    return p->extra ? p->extra->spared : processes.spares;
}

static inline bool process_traps(const struct process *p)
{
    return p->extra && p->extra->trap_exit;
}

#endif
