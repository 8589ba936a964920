/* beamling.h - BEAM-style processes inside one OS process.
 *
 * A process has a pid, a mailbox and a life of its own; it shares nothing, is never
 * scheduled by the kernel, and costs a few hundred bytes. C11 and C++17. Every
 * function says who may call it:
 *
 *     [process]  only from inside a process
 *     [any]      from a process or from any thread of the program
 *     [thread]   only from a thread of the program, not from a process
 *
 * Costs are orders of magnitude; the README has measured ones. Pages of Erlang/OTP's
 * manual are named where a function follows them. */
#ifndef BEAMLING_BEAMLING_H
#define BEAMLING_BEAMLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "beamling/version.h"

#ifdef __cplusplus
extern "C" {
#define BL_NORETURN [[noreturn]]
#else
#define BL_NORETURN _Noreturn
#endif
#define BL_API __attribute__((visibility("default")))

/* ---- errors ---------------------------------------------------------------- */

/* What went wrong. 0 is success; every other value has a sentence in bl_strerror(). */
typedef enum bl_error {
    BL_OK = 0,
    BL_EINVAL,   /* an argument is out of its range */
    BL_ENOMEM,   /* no memory, or no address space */
    BL_ELIMIT,   /* a configured maximum is reached: processes, atoms */
    BL_ESTATE,   /* the runtime is not running; for bl_start(): already running */
    BL_ECONTEXT, /* not from here: see [process], [any], [thread] */
    BL_ETHREAD,  /* the kernel refused a thread */
    BL_ENOPROC,  /* there is no such process */
    BL_ENAME,    /* a name is taken, or nobody has it */
    BL_EIO,      /* a file could not be written */
} bl_error;

/* A sentence for people, never NULL. [any] */
BL_API const char *bl_strerror(bl_error error);

/* ---- terms ----------------------------------------------------------------- */

/* An immutable value: what is sent, kept as state, and given as a reason. Opaque;
 * copy it as you like. Zero-initialised it is "no term". */
typedef struct bl_term {
    uint64_t word;
} bl_term;

/* A process identifier. All that a sender needs. Valid as a value for ever: when its
 * process has ended it simply names nobody, even if the slot is used again. */
typedef struct bl_pid {
    uint64_t word;
} bl_pid;

#define BL_INT_MIN (-INT64_C(0x2000000000000000))
#define BL_INT_MAX INT64_C(0x1fffffffffffffff)

/* A small integer. n must be within BL_INT_MIN .. BL_INT_MAX (62 bits); outside, "no
 * term" is returned. [any] */
static inline bl_term bl_int(int64_t n)
{
    bl_term none = {0}, t = {(uint64_t)n << 2 | 1u};
    return n < BL_INT_MIN || n > BL_INT_MAX ? none : t;
}

/* The atom of a UTF-8 text of at most 255 characters; the same text is always the same
 * atom. "No term" when the text is no UTF-8, too long, or the table (2^20 atoms) is
 * full. Atoms are never freed. [any]; costs a hash of the text. (erlang:binary_to_atom/1) */
BL_API bl_term bl_atom(const char *text);
/* The same of so many bytes, some of which may be zero. */
BL_API bl_term bl_atom_n(const char *text, size_t length);

/* The pid as a term, to be sent. */
static inline bl_term bl_from_pid(bl_pid pid)
{
    bl_term t = {pid.word};
    return t;
}

/* What kind of term is it? (erlang:is_integer/1, is_atom/1, is_pid/1) [any] */
static inline bool bl_is_none(bl_term t)
{
    return t.word == 0;
}
static inline bool bl_is_int(bl_term t)
{
    return (t.word & 3u) == 1u;
}
static inline bool bl_is_atom(bl_term t)
{
    return (t.word & 15u) == 7u;
}
static inline bool bl_is_pid(bl_term t)
{
    return (t.word & 15u) == 3u;
}

/* Masks, here and in bl_to_pid(): of `a ? b : 0` with one t in a loop without end, GCC 12 at -O3
 * keeps the 0 only (-funswitch-loops). */

/* The number in t; 0 if t is no integer: ask bl_is_int() first. [any] */
static inline int64_t bl_to_int(bl_term t)
{
    return ((int64_t)t.word >> 2) & -(int64_t)bl_is_int(t);
}
/* The text of an atom, valid for ever; NULL if t is none. [any] */
BL_API const char *bl_atom_text(bl_term t);
/* How many bytes it has, not counting the NUL behind them; 0 if t is no atom. [any] */
BL_API size_t bl_atom_length(bl_term t);
/* The pid in t; a pid that names nobody if t is none. [any] */
static inline bl_pid bl_to_pid(bl_term t)
{
    bl_pid pid = {t.word & -(uint64_t)bl_is_pid(t)};
    return pid;
}

/* The same value? (=:=) [any]; a comparison of words, unless both live on a heap. */
BL_API bool bl_same_value(bl_term a, bl_term b);
static inline bool bl_same(bl_term a, bl_term b)
{
    return a.word == b.word || ((a.word & b.word & 3u) == 2u && bl_same_value(a, b));
}
static inline bool bl_same_pid(bl_pid a, bl_pid b)
{
    return a.word == b.word;
}

/* ---- the runtime ----------------------------------------------------------- */

/* How to start. Zero anywhere means the default. */
typedef struct bl_options {
    unsigned schedulers;      /* threads that run processes; default: the CPUs this OS process may use (erl +S) */
    unsigned schedulers_online; /* so many of them are on line at first; default: all (erl +S Schedulers:Online) */
    uint64_t max_processes;   /* at least so many may live at once; default 2^27, less where address space is
                                 limited; at most 2^28 - 2^16 (erl +P) */
    unsigned lanes;           /* stack lanes per scheduler; default 128, with more
                                 than 32 schedulers 4096 / schedulers, but not less than 32; 1 .. 4096 */
    size_t lane_size;         /* usable stack of a running process, in bytes; default 256 KiB, at least 32 KiB */
    bool message_queue_off_heap; /* of processes for which nothing else is said (erl +hmqd) */
    unsigned reductions;      /* calls into the runtime before a process must give way; default 4000 */
    unsigned time_slice_us;   /* and so many microseconds without any before it is made to, by SIGURG (see
                                 bl_preempt_off()); default 1000, 100 .. 10^9 */
    bool no_preemption;       /* ... never: the signal is left alone */
    size_t max_heap_size;     /* words: of new processes for which nothing else is said, see bl_spawn_options (erl +hmax); */
    bool max_heap_spares;     /* ... those that hold more go on (erl +hmaxk) */
    unsigned blocking_threads; /* that bl_blocking() may have at work at once; default 64, 1 .. 4096 (erl +SDio) */
    uint64_t seed;            /* not 0: one thread runs all processes, in an order and with a time that come from
                                 this number (docs/DETERMINISM.md). Default: BEAMLING_SEED in the environment, or 0 */
    bool seed_fail;           /* with a seed: now and then there is no memory, where the seed says. Needs a runtime
                                 built for it (the preset hostile). Or BEAMLING_SEED_FAIL=1 in the environment */
} bl_options;

/* Start the runtime of this OS process; NULL: all defaults. One at a time; it may be
 * started again after bl_stop(). Installs handlers for SIGSEGV and SIGBUS (to catch
 * stack overflows) and for SIGURG (preemption), which pass on what is not theirs. [thread]; starts the threads.
 * BL_EINVAL, BL_ENOMEM, BL_ESTATE, BL_ETHREAD, BL_ECONTEXT. */
BL_API bl_error bl_start(const bl_options *options);

/* Stop it: processes still alive end without running again, memory and threads are
 * given back, signal handlers restored. Waits for processes that are in the middle of
 * computing to call the runtime next or to be preempted, and until all functions have returned that bl_blocking()
 * has begun. [thread]. BL_ESTATE, BL_ECONTEXT. */
BL_API bl_error bl_stop(void);

/* Counters since bl_start(), added up over the schedulers without stopping them: each
 * is exact when nothing runs. [any] */
typedef struct bl_stats {
    uint64_t spawned, ended; /* processes begun and ended */
    uint64_t sent;           /* messages sent to living processes */
    uint64_t switches;       /* times a scheduler took up a process */
    uint64_t evictions;      /* stacks copied out of a lane because another needed it */
    uint64_t steals;         /* processes taken over from another scheduler */
    uint64_t preemptions;    /* times a process was made to give way in the middle of computing */
    uint64_t timers;         /* of bl_send_after() and its like: set, and not over */
    unsigned schedulers;
    uint64_t max_processes; /* what options.max_processes came out as */
    const char *allocator;
    bool preemptive; /* who computes and calls nothing is made to give way: see bl_preempt_off() */
} bl_stats;

BL_API bl_error bl_get_stats(bl_stats *stats);

/* Take schedulers off line, or on line again: the first n of them, of which there are as many as bl_start()
 * made, run processes from now on. Those behind them begin nothing new: who waits there,
 * or is bound to them, runs on the others, and their timers keep their time. A process that runs on one of them
 * stays there until it gives way, which this call does not wait for; the caller itself has gone to
 * another when it returns. Off line a scheduler costs a sleeping thread, and no CPU time.
 * The result is how many were on line before; 0, and nothing happens: n is 0, or more than there are.
 * [any]; microseconds for each scheduler, and what moves. (erlang:system_flag(schedulers_online, N)) */
BL_API unsigned bl_set_schedulers_online(unsigned n);
/* How many are on line; 0: no runtime. (erlang:system_info(schedulers_online)) [any] */
BL_API unsigned bl_schedulers_online(void);
/* The number of the scheduler that runs the caller, 1 .. ; it may be another after any call that may let
 * others run. 0: the caller is a thread. (erlang:system_info(scheduler_id)) [any] */
BL_API unsigned bl_scheduler(void);

/* ---- processes ------------------------------------------------------------- */

/* A straight-line process: runs until it returns (reason `normal`) or exits; may
 * receive, send and call anywhere, its state is its stack. */
typedef void bl_function(bl_term arg);

/* A resting process: called once for each message, with the state it returned last;
 * between messages it has no stack at all. The shape of gen_server:handle_info/2. */
typedef bl_term bl_handler(bl_term state, bl_term message);

/* Start a process. Returns its pid at once; the process runs soon. On failure the pid
 * names nobody and bl_pid_error() says why: BL_ELIMIT (too many processes), BL_ENOMEM,
 * BL_EINVAL (no function), BL_ESTATE. [any]; tens of nanoseconds. (erlang:spawn/3) */
BL_API bl_pid bl_spawn(bl_function *function, bl_term arg);
BL_API bl_pid bl_spawn_resting(bl_handler *handler, bl_term state);

/* How to spawn. Zero anywhere means the default. (erlang:spawn_opt/4) */
typedef struct bl_spawn_options {
    unsigned scheduler;   /* bound to scheduler 1 .. schedulers: runs there, while that is on line; 0: not bound */
    size_t min_heap_size; /* words; no garbage collection below */
    size_t max_heap_size; /* words; who holds more after a collection, waiting messages included (see
                             message_queue_data), ends with `killed`; 0: what bl_options says */
    bool max_heap_spares; /* ... or goes on: the limit is there to be asked for ({kill, false}) */
    bool link;            /* linked to its parent before it can run [process] */
    bool link_priority;   /* ... whose EXIT message has priority */
    bool monitor;         /* watched by its parent before it can run [process] */
    unsigned monitor_options; /* bl_monitor_option */
    bl_term monitor_tag;  /* instead of 'DOWN'; "no term": 'DOWN' */
    bl_term *reference;   /* where that of the monitor is put; may be NULL */
    unsigned priority;    /* bl_priority: who goes before it, and whom it goes before */
    bool message_queue_off_heap; /* message_queue_data: see bl_process_flag() */
    bool message_queue_on_heap;  /* ... whatever bl_options says; not both */
    uint16_t fullsweep_after;    /* kept, and without effect */
    unsigned reply;       /* bl_spawn_reply: when bl_spawn_request() is answered; others do not look at it */
} bl_spawn_options;

/* The same, with options (may be NULL). BL_EINVAL if there is no such scheduler. */
BL_API bl_pid bl_spawn_opt(bl_function *function, bl_term arg, const bl_spawn_options *options);
BL_API bl_pid bl_spawn_resting_opt(bl_handler *handler, bl_term state, const bl_spawn_options *options);

/* Short for the option `scheduler`: it runs there, and nowhere else; if that is off line, on any other
 * meanwhile. 0: not bound. BL_EINVAL if there is no such scheduler. See also the flag of that name in
 * bl_process_flag(). ({scheduler, N} of erlang:spawn_opt) */
BL_API bl_pid bl_spawn_on(unsigned scheduler, bl_function *function, bl_term arg);
BL_API bl_pid bl_spawn_resting_on(unsigned scheduler, bl_handler *handler, bl_term state);

/* BL_OK for a pid that a spawn returned for a process, else why it failed. [any] */
BL_API bl_error bl_pid_error(bl_pid pid);

/* This process's pid; from a thread, a pid that names nobody. (erlang:self/0) [any] */
BL_API bl_pid bl_self(void);

/* End this process now, with a reason for whoever waits for it. Nothing on its stack
 * is cleaned up: what it got from malloc() stays lost. (erlang:exit/1) [process]; from
 * a thread the program is aborted, since there is nobody to end. */
BL_NORETURN BL_API void bl_exit(bl_term reason);

/* Let others run first. (erlang:yield/0) From a thread: nothing happens. [any] */
BL_API void bl_yield(void);

/* Count n reductions (about n function calls' worth of work) that were done without
 * calling the runtime; gives way when the time slice is over. (erlang:bump_reductions/1) [any] */
BL_API void bl_reduce(unsigned n);

/* Preemption. A process that computes for a time slice, and calls nothing, is made to give way wherever it
 * is in the program's own code: there it could have called bl_yield(). It is never interrupted inside a shared
 * library, the C library's and the allocator's among them, nor inside the runtime; nor beside
 * ThreadSanitizer, nor in a program that is linked statically (bl_stats.preemptive).
 *
 * It may go on on another thread. So between bl_preempt_off() and bl_preempt_on() the calling process is not
 * interrupted: around code that keeps the address of a thread-local variable (errno is one; in a function of
 * its own that is not inlined, since compilers find that address once in each function, maybe before the region), or
 * holds a lock that other processes want, or was called by a library that may hold one. Such pairs may be
 * nested; what calls the runtime gives way there as ever. Who waits in the kernel is left alone; but a wait that
 * begins just as an interruption is on its way may be cut short by it, as by any signal: what SA_RESTART does
 * not restart (nanosleep, poll) ends with EINTR, and is to be begun again. BL_ENOMEM; BL_ESTATE: bl_preempt_off() was not
 * called. From a thread: nothing happens. [any]; a few nanoseconds. */
BL_API bl_error bl_preempt_off(void);
BL_API bl_error bl_preempt_on(void);

/* Is there a process of this pid now? Comes after all that the caller has sent to it: after
 * an exit signal that ends it, the answer is no. And a no comes after all that it has sent to
 * the caller. May wait until the process has looked. (erlang:is_process_alive/1) [any] */
BL_API bool bl_is_alive(bl_pid pid);

/* Wait until the process has ended, and learn why: *reason (may be NULL) becomes its
 * exit reason, `normal` if it returned, `noproc` if there was no such process any
 * more. From a process, others run meanwhile; a thread sleeps. Messages that arrive
 * stay in the mailbox. BL_ENOMEM, BL_ELIMIT, BL_ESTATE; BL_EINVAL for oneself. [any] */
BL_API bl_error bl_wait(bl_pid pid, bl_term *reason);

/* ---- messages -------------------------------------------------------------- */

/* Send. Never blocks; messages from one process to another arrive in the order they
 * were sent. To a pid that names nobody: nothing happens, and it is no error. Results:
 * BL_OK; BL_EINVAL for "no term"; BL_ENOMEM, and then nothing was sent. May let others
 * run when the time slice is over. Where tens of thousands of processes live, what a resting one sends may be on its way
 * while some thirty others are run; what it does next comes after it all the same. [any]; a few
 * nanoseconds. (erlang:send/2) */
BL_API bl_error bl_send(bl_pid to, bl_term message);

/* The oldest message in the mailbox; waits if there is none. (receive X -> X end)
 * [process]; from a thread "no term". */
BL_API bl_term bl_receive(void);

#ifdef __cplusplus
}
#endif

#include "beamling/terms.h"

#include "beamling/receive.h"

#include "beamling/processes.h"

#include "beamling/trace.h"
#endif
