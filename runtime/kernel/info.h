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
    ASK_SUSPEND,    /* Answer: true */
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

/* A RESUME, a LEADER has reached p. True: p may go on. */
bool resume_receive(struct process *p, struct signal *);
void leader_receive(struct process *p, struct signal *);

/* p, who runs, has suspended `to` once more; resumes it. BL_ENOMEM; BL_ESTATE: it had not. */
bl_error suspend_note(struct process *p, term to);
bl_error resume_self(struct process *p, term to);
/* It had ended. */
void suspend_unnote(struct process *p, term to);
/* p has ended, and this is one whom it suspended. */
void suspend_leave(struct signal *);

#endif
