/* info.h - what can be asked about a process, and done to it by others: each question is
 * a signal, answered by the process itself, or by whoever handles its signals while it
 * sleeps. So it comes after all that the asker has sent before. */
#ifndef KERNEL_INFO_H
#define KERNEL_INFO_H

#include "kernel/extra.h"
#include "kernel/signal.h"

/* What an ASK wants to know (signal->number); its value. */
enum ask {
    ASK_ALIVE,
    ASK_INFO,       /* items: a parcel. Answer: the values, or 0 */
    ASK_REGISTER,   /* a name: an atom. Answer: a bl_error, as an integer */
    ASK_UNREGISTER, /* the same */
    ASK_TRACE,      /* a struct trace_order. Answer: a bl_error, as an integer */
    ASK_TRACED,     /* Answer: {Flags, Tracer}; [] for none */
};

/* Of p, who runs or is held by the caller, on a heap; parts of it may lie on p's, and others in
 * `items`: one, or a list of some that info_knows(). TERM_NONE: no memory. `status`: what is to be
 * said of that. */
term info_make(struct process *p, term items, struct heap *, unsigned status);
/* The name of its function, if the linker knows it; else where it is. */
term info_function(const struct process *p);
/* An item is a name, or {dictionary, Key}; there is each of these. */
bool info_knows(term items);

/* An ASK has reached p, who runs or is held by the caller: answer it. */
void ask_receive(struct process *p, struct signal *);
/* It reached nobody. */
void ask_orphaned(struct signal *);
/* It is not sent after all, or nobody will hear of the answer: what came with it is let go. */
void ask_drop(enum ask number, uint64_t value);

/* A LEADER has reached p. */
void leader_receive(struct process *p, struct signal *);

#endif
