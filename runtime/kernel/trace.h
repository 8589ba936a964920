/* trace.h - who is told what processes do.
 *
 * A struct bl_trace is one observer: a process that gets messages, a C function, or a file. A
 * process that is traced refers to it from its `extra`, and says what it does itself, at the
 * points of kernel/event; so its events reach the observer in their order. Whoever refers to a
 * trace holds it; when it is over, who still refers to it finds that at its next event, and lets
 * go. There are three who refer: its owner, processes, and `new ones`. */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include "beamling/beamling.h"
#include "kernel/event.h"


/* For a process (a pid); for a function. NULL: no memory. The caller holds it. */
struct bl_trace *trace_create(term tracer, bl_trace_function *function, void *context);
/* It is over: nothing is told from now on. No function of it is running when this returns. */
void trace_end(struct bl_trace *);
void trace_retain(struct bl_trace *);
void trace_release(struct bl_trace *);

/* The process to be told, or TERM_NONE; what the function gets, if it is this one. */
term trace_tracer(const struct bl_trace *);
void *trace_context(const struct bl_trace *, bl_trace_function *);

/* Of p, who runs or is held by the caller: it is traced for t, and `add` is added to its flags and
 * `remove` taken away. BL_ESTATE: it is traced for another; BL_EINVAL: it is the tracer; BL_ENOMEM. */
bl_error trace_set(struct process *p, struct bl_trace *t, uint32_t add, uint32_t remove);
/* The same for all that are spawned from now on. Any thread. */
bl_error trace_set_new(struct bl_trace *t, uint32_t add, uint32_t remove);
/* Their flags, and the tracer (TERM_NONE: none, or no process). */
uint32_t trace_info_new(term *tracer);
/* p is traced no more. */
void trace_forget(struct process *p);
/* The runtime stops. */
void trace_forget_new(void);

/* For an ASK_TRACE: made by who asks, and met by who answers. 0: no memory. */
uint64_t trace_order(struct bl_trace *t, uint32_t add, uint32_t remove);

#endif
