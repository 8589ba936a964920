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
    X(timeout_value)

enum {
#define ATOM_ENUM(name) ATOM_##name,
    ATOM_LIST(ATOM_ENUM)
#undef ATOM_ENUM
        ATOM_PREDEFINED
};

#endif
