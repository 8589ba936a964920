/* atom.h - names as numbers.
 * An atom is an index into a table that only grows: the same text always gives the
 * same index, comparing is comparing words, and an atom once made is valid for the
 * life of the OS process, over bl_stop() and bl_start() too. As in Erlang the table
 * has a limit and atoms are never collected: do not make them from input. */
#ifndef DATA_ATOM_H
#define DATA_ATOM_H

#include "data/term.h"

enum { ATOM_MAX = 1 << 20, ATOM_LENGTH_MAX = 255 };

/* The atom of this text, interned if new. TERM_NONE if the text is longer than
 * ATOM_LENGTH_MAX characters, or not UTF-8 (BL_EINVAL), or the table is full
 * (BL_ELIMIT), or there is no memory (BL_ENOMEM); *error says which. Any thread;
 * a lock when the atom is new. */
term atom_intern(const char *text, size_t length, bl_error *error);

/* Its text, NUL-terminated, for ever, and how many bytes it has before that NUL: others may
 * be among them. NULL and 0 if t is no atom of the table. */
const char *atom_text_of(term t, size_t *length);

static inline const char *atom_text(term t)
{
    size_t length;
    return atom_text_of(t, &length);
}

/* The atoms the runtime itself says. In the order of this list in every table; `normal`
 * is 0. */
#define ATOM_LIST(X)                                                                               \
    X(normal)                                                                                      \
    X(killed)                                                                                      \
    X(noproc)                                                                                      \
    X(stack_overflow)                                                                              \
    X(no_memory)                                                                                   \
    X(timeout_value)                                                                               \
    X(badarg)                                                                                      \
    X(kill)                                                                                        \
    X(EXIT)                                                                                        \
    X(DOWN)                                                                                        \
    X(process)                                                                                     \
    X(undefined)                                                                                   \
    X(true)                                                                                        \
    X(false)                                                                                       \
    X(timeout)                                                                                     \
    X(cancel_timer)                                                                                \
    X(read_timer)                                                                                  \
    X(spawn_reply)                                                                                 \
    X(ok)                                                                                          \
    X(error)                                                                                       \
    X(nocatch)                                                                                     \
    X(low)                                                                                         \
    X(high)                                                                                        \
    X(max)                                                                                         \
    X(on_heap)                                                                                     \
    X(off_heap)                                                                                    \
    X(monitor)                                                                                     \
    X(long_gc)                                                                                     \
    X(long_schedule)                                                                               \
    X(large_heap)                                                                                  \
    X(long_message_queue)                                                                          \
    X(trace)                                                                                       \
    X(trace_ts)                                                                                    \
    X(trace_delivered)                                                                             \
    X(waiting)                                                                                     \
    X(running)                                                                                     \
    X(runnable)                                                                                    \
    X(system_limit)                                                                                \
    X(badopt)                                                                                      \
    X(exited)                                                                                      \
    X(not_suspended)                                                                               \
    X(suspended)                                                                                   \
    X(size)                                                                                        \
    X(error_logger)                                                                                \
    X(include_shared_binaries)                                                                     \
    X(scheduler)                                                                                   \
    X(minor_gcs)                                                                                   \
    X(bl_hibernate)                                                                                \
    X(current_function)                                                                            \
    X(dictionary)                                                                                  \
    X(fullsweep_after)                                                                             \
    X(garbage_collect)                                                                             \
    X(garbage_collection)                                                                          \
    X(group_leader)                                                                                \
    X(heap_size)                                                                                   \
    X(initial_call)                                                                                \
    X(label)                                                                                       \
    X(links)                                                                                       \
    X(max_heap_size)                                                                               \
    X(memory)                                                                                      \
    X(message_queue_data)                                                                          \
    X(message_queue_len)                                                                           \
    X(messages)                                                                                    \
    X(min_heap_size)                                                                               \
    X(monitored_by)                                                                                \
    X(monitors)                                                                                    \
    X(parent)                                                                                      \
    X(priority)                                                                                    \
    X(reductions)                                                                                  \
    X(registered_name)                                                                             \
    X(sensitive)                                                                                   \
    X(stack_size)                                                                                  \
    X(status)                                                                                      \
    X(suspending)                                                                                  \
    X(total_heap_size)                                                                             \
    X(trap_exit)                                                                                   \
    X(garbage_collection_info)                                                                     \
    X(heap_block_size)                                                                             \
    X(mbuf_size)                                                                                   \
    X(old_heap_block_size)                                                                         \
    X(old_heap_size)                                                                               \
    X(recent_size)

enum {
#define ATOM_ENUM(name) ATOM_##name,
    ATOM_LIST(ATOM_ENUM)
#undef ATOM_ENUM
        ATOM_PREDEFINED
};

static inline term atom_boolean(bool b)
{
    return term_atom(b ? ATOM_true : ATOM_false);
}

#endif
