/* trace.h - watching what processes do. Included by beamling.h.
 *
 *     bl_trace *t = bl_trace_to_file("events.jsonl");
 *     bl_trace_new(t, BL_TRACE_ALL, 0);       every process that is spawned from now on
 *     ...
 *     bl_trace_end(t);
 *
 * The observer of a trace is a process, a C function, or a file. A process is traced for one
 * observer at a time, who is told of the events that its flags name, in the order in which they
 * happen; events of different processes may come in any order, as messages do. Where nobody
 * traces, that costs a branch at each of these places. (erlang:trace/3)
 *
 * Events, with the two terms that go with each, and the flag:
 *
 *     send Message To                      SEND     To: as the sender said it
 *     send_to_non_existing_process Message To
 *     receive Message                      RECEIVE  it is in the mailbox; `timeout`: a receive expired
 *     spawn Child Function                 PROCS
 *     spawned Parent Function              PROCS
 *     exit Reason                          PROCS
 *     link To, unlink From                 PROCS    what the process asked for
 *     getting_linked By, getting_unlinked  PROCS    what another did
 *     register Name, unregister Name       PROCS
 *     in Function, out Function            RUNNING  it runs, from here to there
 *     out_exited Function                  RUNNING
 *     gc_minor_start Sizes, .._end; gc_major_..     GC; Sizes: [{heap_size, Words}]
 *
 * A process gets messages {trace, Pid, Event, First}, with Second behind it if there is one; with
 * BL_TRACE_TIMESTAMP {trace_ts, Pid, Event, First, ..., Nanoseconds}. That such a message is
 * received is no event, so that two processes may trace each other. The tracer
 * cannot be traced for its own trace. When it ends, so does the trace. */
#ifndef BEAMLING_TRACE_H
#define BEAMLING_TRACE_H

#ifndef BEAMLING_BEAMLING_H
#error "include beamling/beamling.h instead"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bl_trace bl_trace;

/* Or'ed together. */
typedef enum bl_trace_flag {
    BL_TRACE_SEND = 1,
    BL_TRACE_RECEIVE = 2,
    BL_TRACE_PROCS = 4,
    BL_TRACE_RUNNING = 8,
    BL_TRACE_GC = 16,
    BL_TRACE_ALL = 31,
    BL_TRACE_TIMESTAMP = 32,          /* for a process; the others are always told the time */
    BL_TRACE_SET_ON_SPAWN = 64,       /* who is spawned gets the same flags */
    BL_TRACE_SET_ON_FIRST_SPAWN = 128, /* only the next one, and without this one */
    BL_TRACE_SET_ON_LINK = 256,       /* the same for whom it links to */
    BL_TRACE_SET_ON_FIRST_LINK = 512,
    BL_TRACE_LAST = BL_TRACE_SET_ON_FIRST_LINK,
} bl_trace_flag;

typedef struct bl_trace_event {
    uint64_t ns;        /* bl_monotonic_ns() */
    unsigned scheduler; /* 1..; 0: done by a thread */
    bl_pid process;
    const char *name;   /* of the event, as above; static */
    bl_term first, second; /* valid during the call; "no term" if there is none */
} bl_trace_event;

/* Called where the event happens, one at a time for each trace. It must return soon, must not
 * switch (no bl_yield(), no receive), and may look at terms and copy them, not send. */
typedef void bl_trace_function(void *context, const bl_trace_event *);

/* An observer. NULL: no memory, or (file) errno says why. A file gets a line of JSON for each
 * event; tools/trace turns it into a timeline for Perfetto, or a sequence chart. [any] */
BL_API bl_trace *bl_trace_to_process(bl_pid tracer);
BL_API bl_trace *bl_trace_to_function(bl_trace_function *, void *context);
BL_API bl_trace *bl_trace_to_file(const char *path);

/* Add flags to those of a process, and take some away; with none left it is traced no more.
 * Returns when that is so; comes after what the caller has sent to it. BL_ENOPROC; BL_ESTATE:
 * it is traced for another observer; BL_EINVAL: no such flag, or the tracer itself. [any] */
BL_API bl_error bl_trace_process(bl_trace *, bl_pid, unsigned add, unsigned remove);
/* The same for all that there are, but those traced for others, and the tracer. *how_many (may be
 * NULL): how many those were. */
BL_API bl_error bl_trace_existing(bl_trace *, unsigned add, unsigned remove, size_t *how_many);
/* The same for all that are spawned from now on and do not inherit. BL_ESTATE: as above. */
BL_API bl_error bl_trace_new(bl_trace *, unsigned add, unsigned remove);

/* The flags of a process, and the pid of its tracer (may be NULL; "no term": none that is a
 * process). BL_ENOPROC. (erlang:trace_info/2) [any] */
BL_API bl_error bl_trace_info(bl_pid, unsigned *flags, bl_term *tracer);
/* The same of those that are yet to be spawned. (erlang:trace_info(new, ..)) [any] */
BL_API bl_error bl_trace_new_info(unsigned *flags, bl_term *tracer);

/* When a message {trace_delivered, Pid, Reference} comes, all that the process has done before
 * this call has reached its tracer. The result is the reference; "no term": no memory, or a
 * thread. (erlang:trace_delivered/1) [process] */
BL_API bl_term bl_trace_delivered(bl_pid);

/* It is over: nobody is told anything any more, a file is complete and closed. BL_EIO: not all
 * of it could be written. `t` is not to be used again. [any], but not by its own function */
BL_API bl_error bl_trace_end(bl_trace *t);

/* ---- alarms ---- */

/* 0: no limit. */
typedef struct bl_system_limits {
    uint64_t long_gc_ms;       /* {monitor, Pid, long_gc, [{timeout, Ms}]}: a collection took as long */
    uint64_t long_schedule_ms; /* {monitor, Pid, long_schedule, [{timeout, Ms}]}: it ran for as long at a time */
    size_t large_heap_words;   /* {monitor, Pid, large_heap, [{heap_size, Words}]}: live after a collection */
    size_t long_queue;         /* {monitor, Pid, long_message_queue, true}: as many messages wait, ... */
    size_t short_queue;        /* ... false: no more than these do, less than long_queue */
} bl_system_limits;

/* From now on `monitor` hears of processes beyond these limits, with the messages above; it
 * replaces who heard before. Ends when it ends. Limits NULL: nobody hears any more. BL_EINVAL: no
 * pid, or short_queue not below long_queue. (erlang:system_monitor/2) [any] */
BL_API bl_error bl_system_monitor(bl_pid monitor, const bl_system_limits *limits);
/* Who hears; a pid that names nobody: none. *limits may be NULL. [any] */
BL_API bl_pid bl_get_system_monitor(bl_system_limits *limits);

#ifdef __cplusplus
}
#endif
#endif
