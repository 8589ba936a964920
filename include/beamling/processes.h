/* processes.h - links, monitors, aliases, names, timers, flags: what processes do to each
 * other besides sending messages. Included by beamling.h.
 *
 * Everything a process says to another is a signal, and signals from one process to
 * another arrive in the order in which they were sent, messages among them. A signal that
 * is no message takes effect without a receive: when its addressee next receives, gives
 * way or calls a function of this page, and if it waits, at once. (A process that computes
 * and calls nothing notices when it is preempted: see bl_preempt_off().)
 *
 * The messages that the runtime sends have the shapes they have in Erlang:
 *
 *     {'EXIT', Pid, Reason}                       to a process that traps exits
 *     {'DOWN', Reference, process, Pid, Reason}   or {Name, nonode@nohost} for Pid
 *     {timeout, Reference, Message}               bl_start_timer()
 *
 * A process that uses none of this pays nothing for it. One that does has some 200 bytes
 * more, and 64 for each end of a link or a monitor; there may be millions of them.
 *
 * Results: BL_OK; BL_EINVAL for an argument that cannot be; BL_ENOMEM, and then nothing has
 * changed; BL_ECONTEXT if a thread calls what is [process] only; others where they are
 * named. A pid that names nobody is never an error unless that is said.
 *
 * A thread of the program can send, spawn, wait for an end, send exit signals, register and look
 * up names, ask, and set and cancel timers. It cannot link, monitor or receive, since it is nobody
 * and has no mailbox: what it wants to hear it may have a process hear, and bl_wait() for that. */
#ifndef BEAMLING_PROCESSES_H
#define BEAMLING_PROCESSES_H

#ifndef BEAMLING_BEAMLING_H
#error "include beamling/beamling.h instead"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- exits ---- */

/* Send an exit signal. As in Erlang: a process that does not trap exits dies of it, unless
 * the reason is `normal`; one that does gets a message; `kill` kills either, with the
 * reason `killed`. To oneself `normal` is enough. From a thread it comes from a pid that
 * names nobody. (erlang:exit/2) [any] */
BL_API bl_error bl_exit_signal(bl_pid to, bl_term reason);

/* End this process with the reason {reason, []}, as an uncaught error does. (erlang:error/1)
 * [process]; from a thread the program is aborted, as for bl_exit(). */
BL_NORETURN BL_API void bl_error_exit(bl_term reason);

/* How a function that bl_catch() called came back. */
typedef enum bl_caught {
    BL_CAUGHT_NOTHING = 0, /* it returned */
    BL_CAUGHT_THROW,       /* bl_throw() */
    BL_CAUGHT_EXIT,        /* bl_exit() */
    BL_CAUGHT_ERROR,       /* bl_error_exit(); the value is {Reason, []} */
    BL_CAUGHT_NO_MEMORY,   /* it was not called; also from a thread */
} bl_caught;

/* Call function(arg); *result (may be NULL) is what it returned, or what it left with. Exit
 * signals are not caught. What is left in the middle is not cleaned up: no destructors, no
 * bl_free(). (try ... catch) [process] */
BL_API bl_caught bl_catch(bl_term (*function)(bl_term arg), bl_term arg, bl_term *result);

/* Leave for the innermost bl_catch(). Without one the process ends with the reason
 * {{nocatch, Value}, []}. (erlang:throw/1) [process]; from a thread the program is aborted. */
BL_NORETURN BL_API void bl_throw(bl_term value);

/* ---- links ---- */

/* Whoever of the two ends first takes the other along, or sends it a message if it traps
 * exits. One link per pair, however often. If there is no such process: BL_ENOPROC, or, if
 * this process traps exits, BL_OK and a message with the reason `noproc`. (erlang:link/1)
 * [process] */
BL_API bl_error bl_link(bl_pid to);
/* The same; with BL_PRIORITY_MESSAGE the EXIT message that comes along it has priority, without
 * it has not (any more). (erlang:link/2) [process] */
BL_API bl_error bl_link_opt(bl_pid to, unsigned options);
/* From now on nothing comes along the link; what is in the mailbox stays. (erlang:unlink/1)
 * [process] */
BL_API bl_error bl_unlink(bl_pid to);

/* ---- monitors and aliases ---- */

/* Or'ed together; see bl_monitor_opt() and bl_alias(). */
typedef enum bl_monitor_option {
    BL_ALIAS_UNALIAS = 1,     /* the reference is an alias, until bl_unalias() */
    BL_ALIAS_DEMONITOR = 2,   /* ... until the monitor is over */
    BL_ALIAS_REPLY = 4,       /* ... and until the first message that comes by it, which also ends the monitor */
    BL_ALIAS_PRIORITY = 8,    /* ... messages that come by it may have priority: bl_send_priority() */
    BL_PRIORITY_MESSAGE = 16, /* the DOWN, or EXIT, message has priority */
} bl_monitor_option;

/* When the process ends, or if there is none, a message {'DOWN', Reference, process, Pid,
 * Reason} comes, once. Each call makes a monitor of its own. The result is its reference;
 * "no term" without memory, or from a thread, which has no mailbox: it has bl_wait().
 * (erlang:monitor/2) [process] */
BL_API bl_term bl_monitor(bl_pid of);
/* Who has this name now; in the message stands {Name, nonode@nohost}. */
BL_API bl_term bl_monitor_name(bl_term name);
/* `of` is a pid or a name; options; and a term for the message's first element instead of
 * 'DOWN' ("no term": 'DOWN'). (erlang:monitor/3) */
BL_API bl_term bl_monitor_opt(bl_term of, unsigned options, bl_term tag);

/* It is over; no message comes any more. `flush`: nor is one in the mailbox. *was (may be
 * NULL): it was a monitor of this process, and has not fired. (erlang:demonitor/2) [process] */
BL_API bl_error bl_demonitor(bl_term reference, bool flush, bool *was);

/* A reference by which this process can be sent messages: bl_send_to(). Until bl_unalias(),
 * or, with BL_ALIAS_REPLY, until the first. "No term": as for bl_monitor(). (erlang:alias/1)
 * [process] */
BL_API bl_term bl_alias(unsigned options);
/* Messages that come by it from now on are dropped; what is in the mailbox stays. False: it
 * was no active alias of this process. (erlang:unalias/1) [process] */
BL_API bool bl_unalias(bl_term alias);

/* ---- sending to more than pids ---- */

/* To a pid, an alias, or a name. BL_ENAME: nobody has this name; BL_EINVAL: none of these.
 * An alias that is none any more: nothing happens. (erlang:send/2) [any] */
BL_API bl_error bl_send_to(bl_term to, bl_term message);
/* To an alias: before all messages without priority, if the alias allows it. (erlang:send/3,
 * option priority) [any] */
BL_API bl_error bl_send_priority(bl_term alias, bl_term message);

/* ---- names ---- */

/* BL_ENAME: the name, or the process, has one already; also for `undefined`. BL_ENOPROC: no
 * such process. Free again when the process ends, before anybody hears of that. A name of
 * another process is taken by it when it next looks, and this call waits. (erlang:register/2)
 * [any] */
BL_API bl_error bl_register(bl_term name, bl_pid pid);
/* BL_ENAME: nobody has it. (erlang:unregister/1) [any] */
BL_API bl_error bl_unregister(bl_term name);
/* Who has it; a pid that names nobody. (erlang:whereis/1) [any]; a nanosecond */
BL_API bl_pid bl_whereis(bl_term name);
/* All names, as a list. (erlang:registered/0) [any] */
BL_API bl_term bl_registered(void);

/* ---- flags ---- */

/* Who goes before whom on one scheduler, as in Erlang: max before all, high before normal and
 * low; a low one is passed over seven times of eight that it would have its turn among the
 * normal ones. Nobody who runs is interrupted for a higher one before his time slice is over or
 * he waits. While higher ones have something to do, the others have nothing but brief turns to
 * handle signals: they can be asked, and killed. Children start with normal, whoever spawns
 * them. (erlang:process_flag(priority, ..)) */
typedef enum bl_priority { BL_PRIORITY_NORMAL, BL_PRIORITY_LOW, BL_PRIORITY_HIGH, BL_PRIORITY_MAX } bl_priority;

/* Set a flag of this process; the result is its old value, or "no term" if there is no such
 * flag, no such value, no memory, or the caller is a thread. (erlang:process_flag/2) [process]
 *
 *     trap_exit           true, false
 *     priority            normal, low, high, max
 *     scheduler           1 .. schedulers: bound to that one, as with bl_spawn_on(), and on it when the call
 *                         returns, unless it is off line; 0: not bound
 *     min_heap_size       words
 *     max_heap_size       words (0: no limit; else not below min_heap_size), or
 *                         #{size => Words, kill => true or false}
 *     message_queue_data  on_heap, off_heap: whether messages that wait count with the heap, in
 *                         total_heap_size and against max_heap_size; they lie outside in any case
 *     fullsweep_after     0 .. 65535: kept, and without effect
 *     sensitive           true, false: the same */
BL_API bl_term bl_process_flag(bl_term flag, bl_term value);
/* Short for trap_exit: true if it was set before. [process] */
BL_API bool bl_trap_exit(bool trap);

/* ---- the process dictionary ---- */

/* The old value, or `undefined`. "No term": no memory, or a thread. (erlang:put/2, get/1,
 * erase/1) [process] */
BL_API bl_term bl_put(bl_term key, bl_term value);
BL_API bl_term bl_get(bl_term key);
BL_API bl_term bl_erase(bl_term key);
/* All as a list of {Key, Value}; the keys that have this value; all keys. (erlang:get/0,
 * get_keys/1, get_keys/0) */
BL_API bl_term bl_get_all(void);
BL_API bl_term bl_get_keys_of(bl_term value);
BL_API bl_term bl_get_keys(void);

/* ---- questions ---- */

/* {Item, Value}, or, if a list of items is asked for, a list of these in the same order and of one
 * moment; `undefined` if there is no such process, or it has ended and is telling others of that;
 * "no term" if there is no such item, or no memory. The registered_name of a process that has
 * none is [], in a list {registered_name, []}. Comes after all that the caller has sent to the
 * process, and waits until that has looked. Items: current_function and initial_call (its
 * function: a name, or an address; the first may be bl_hibernate), dictionary, {dictionary, Key}, fullsweep_after,
 * garbage_collection, garbage_collection_info (words of the two generations, without binaries that are shared), group_leader, heap_size, label, links, max_heap_size, memory,
 * message_queue_data, message_queue_len, messages, min_heap_size, monitored_by, monitors, parent,
 * priority, reductions (all that it was charged), registered_name, sensitive, stack_size, status,
 * suspending, total_heap_size, trap_exit. (erlang:process_info/2) [any] */
BL_API bl_term bl_process_info(bl_pid pid, bl_term items);
/* All processes that there are, as a list of pids. (erlang:processes/0) [any] */
BL_API bl_term bl_processes(void);

typedef enum bl_collection {
    BL_COLLECT_MAJOR, /* all there is */
    BL_COLLECT_MINOR, /* what is young, of a heap that has generations, unless more of it is due */
} bl_collection;

/* Let it collect its garbage, and wait until it has. Comes after all that the caller has sent to it.
 * Who is suspended collects when it goes on, and is not waited for. BL_ENOPROC: it has ended, before
 * or by that (max_heap_size). (erlang:garbage_collect/2) [any] */
BL_API bl_error bl_garbage_collect(bl_pid pid, bl_collection type);
/* The same without waiting: a message {garbage_collect, Id, true} says that it is done, or `false` that
 * it has ended. (option async) [process] */
BL_API bl_error bl_garbage_collect_async(bl_pid pid, bl_collection type, bl_term id);

/* A word for people who look: process_info(Pid, label). (proc_lib:set_label/1) [process] */
BL_API bl_error bl_set_label(bl_term label);

/* The group leader of this process; a pid that names nobody if none was ever set. Children
 * have that of their parent. (erlang:group_leader/0, 2) [process]; [any] */
BL_API bl_pid bl_group_leader(void);
BL_API bl_error bl_set_group_leader(bl_pid leader, bl_pid pid);

/* ---- suspending, for debuggers ---- */

/* It does not run until it was resumed as often; returns when that is so. It still handles
 * signals, and can be killed. Undone when this process ends. BL_ENOPROC; BL_EINVAL for
 * oneself. (erlang:suspend_process/1) [process] */
BL_API bl_error bl_suspend(bl_pid pid);
/* Or'ed together. */
typedef enum bl_suspend_option {
    BL_SUSPEND_ASYNCHRONOUS = 1,      /* return at once; it is suspended soon */
    BL_SUSPEND_UNLESS_SUSPENDING = 2, /* not once more: BL_ESTATE if this process has suspended it */
} bl_suspend_option;
/* The same, with options. Asynchronously there is no BL_ENOPROC, and with a tag (else "no term")
 * a message {Tag, What} comes; What is `suspended`, `exited`, or `not_suspended`: it was resumed
 * before that. (erlang:suspend_process/2) [process] */
BL_API bl_error bl_suspend_opt(bl_pid pid, unsigned options, bl_term tag);
/* BL_ESTATE: this process has not suspended it, or it has ended. (erlang:resume_process/1)
 * [process] */
BL_API bl_error bl_resume(bl_pid pid);

/* ---- time ---- */

/* Nanoseconds since some point in the past; never goes back. (erlang:monotonic_time/0) [any] */
BL_API int64_t bl_monotonic_ns(void);
/* Others run meanwhile; messages wait. At most 2^32 - 1. (timer:sleep/1) [process] */
BL_API bl_error bl_sleep(uint64_t milliseconds);

/* Send `message` after so many milliseconds, at most 2^43 (278 years); never early. To a pid: if
 * that has ended by then, nothing happens. (If it was set by another process it takes its memory until
 * then, or until somebody asks for it; one that was set for oneself is gone with oneself.) To a name: to who has it then. `absolute`: the
 * milliseconds are those of bl_monotonic_ns() / 1000000. The result is a reference; "no
 * term" if something is wrong with the arguments or there is no memory (or there are 2^27 timers); BL_ELIMIT and BL_ESTATE of
 * a thread come out as that too. (erlang:send_after/4) [any]; a tenth of a microsecond, however many
 * there are, and for a thread the birth of a process, which hands it over to a scheduler */
BL_API bl_term bl_send_after(uint64_t milliseconds, bl_term to, bl_term message);
BL_API bl_term bl_send_at(uint64_t milliseconds, bl_term to, bl_term message);
/* The same, but {timeout, Reference, Message} is sent. (erlang:start_timer/4) */
BL_API bl_term bl_start_timer(uint64_t milliseconds, bl_term to, bl_term message);
BL_API bl_term bl_start_timer_at(uint64_t milliseconds, bl_term to, bl_term message);
/* No longer. Milliseconds that were left; -1: it was over, which does not say that its
 * message has arrived. (erlang:cancel_timer/1) [any] */
BL_API int64_t bl_cancel_timer(bl_term timer);
/* The same, and a message {cancel_timer, Reference, Left} says how much was left, or
 * `false`. (erlang:cancel_timer/2, async) */
BL_API bl_error bl_cancel_timer_async(bl_term timer);
/* Milliseconds that are left; -1: it is over. (erlang:read_timer/1) [any] */
BL_API int64_t bl_read_timer(bl_term timer);
/* The same as a message {read_timer, Reference, Left}. (erlang:read_timer/2, async) [process] */
BL_API bl_error bl_read_timer_async(bl_term timer);

/* ---- calls that block ---- */

/* What may block its thread: read(2), getaddrinfo(3), a lock of another library. */
typedef intptr_t bl_blocking_function(void *arg);
/* What it returned, and how it left errno: which is a thread's, and so not handed back as such. */
typedef struct bl_blocked {
    intptr_t value;
    int error_number;
} bl_blocked;

/* Have function(arg) called by a thread that is there for that, and sleep until it has returned. The
 * others run meanwhile, and messages wait. There are up to bl_options.blocking_threads of them, made when they are
 * needed; further calls wait for their turn, in order. *result may be NULL. BL_EINVAL, BL_ENOMEM;
 * BL_ETHREAD: there is no such thread, and the kernel refuses one. (A dirty NIF for I/O.) [any]: a thread
 * calls it itself; tens of microseconds
 *
 * What `function` may touch. If `size` is not 0 it gets a copy of so many bytes at `arg`, which are copied back
 * before the process goes on; so `arg` may be a local variable. If it is 0 it gets `arg` as it
 * is, which must not be on a process's stack (BL_EINVAL: others are there meanwhile). What these bytes
 * point to must be no stack either, nor a term or inside of one: but what bl_alloc() has given to this
 * process, or malloc(), or what is static.
 *
 * The process can be killed meanwhile, and then ends at once. A function that has begun goes on, and what
 * it returns is lost; the copy of its argument and all memory that the process had from bl_alloc()
 * stay until it returns. One that had to wait for its turn is not called any more.
 *
 * `function` is called by a thread, not by a process: bl_self() names nobody, what is
 * [process] fails, sending and asking works, and bl_stop() is BL_ECONTEXT. Terms that it builds
 * are gone when it returns. */
BL_API bl_error bl_blocking(bl_blocking_function *function, void *arg, size_t size, bl_blocked *result);

/* ---- spawning, all of it ---- */

/* The link, or the monitor, exists before the process can run: its reason is never lost.
 * On failure as bl_spawn(); BL_ECONTEXT from a thread. (erlang:spawn_link/3, spawn_monitor/3)
 * [process] */
BL_API bl_pid bl_spawn_link(bl_function *function, bl_term arg);
BL_API bl_pid bl_spawn_monitor(bl_function *function, bl_term arg, bl_term *reference);

/* When a request is answered. ({reply, ..}) */
typedef enum bl_spawn_reply { BL_REPLY_YES, BL_REPLY_NO, BL_REPLY_ERROR_ONLY, BL_REPLY_SUCCESS_ONLY } bl_spawn_reply;

/* A message {tag, Reference, ok, Pid}, or {tag, Reference, error, system_limit} (or badopt: an
 * option is out of its range), says what became of it; `tag` "no term": spawn_reply. It is in
 * the mailbox before anything that the new process can cause, unless the option `reply` says
 * that it is not wanted. The reference is that of the monitor, if there is one. Options may be
 * NULL. "No term": as for bl_monitor().
 * (erlang:spawn_request/5) [process] */
BL_API bl_term bl_spawn_request(bl_function *function, bl_term arg, const bl_spawn_options *options, bl_term tag);

#ifdef __cplusplus
}
#endif
#endif
