/* print.h - terms as text, as Erlang prints them.
 *
 * On one line: what io:format("~0p", [T]) prints in Erlang/OTP 25. Lists of printable
 * Latin-1 characters and binaries of them are "text" and <<"text">>, atoms are quoted
 * when they must be, floats have as few digits as read back as the same, maps have their
 * keys in order. Text is UTF-8; as ~p does without its modifier t, only Latin-1 characters
 * are written as they are, others as \x{3BB} in atoms and as numbers in lists.
 *
 * What Erlang has otherwise: pids are <0.Index.Generation>, references #Ref<0.A.B.C> with
 * 20 bits of their number each, functions #Fun<0xAddress/Arity>; maps of more than 32
 * keys have them in the order of this runtime's hashes.
 *
 * All but functions, and what is no term of Erlang's, can be read again: data/parse. */
#ifndef DATA_PRINT_H
#define DATA_PRINT_H

#include "data/term.h"
#include "data/text.h"

/* Write t behind what is there. False: no memory, and what was written is of no use.
 * Never recurses; costs memory for each level that t is nested. */
bool term_print(struct text *, term t);

/* The same over several lines, where it does not fit into `columns`: for 80 what
 * io:format("~p") prints, for N what ~Np does; 0: all on one line. It begins in the first
 * column. What is nested more than PRETTY_DEPTH deep is not broken any more: its lines
 * would be mostly spaces, and of all lines together as many as its size squared. */
bool term_print_pretty(struct text *, term t, unsigned columns);

enum { PRETTY_DEPTH = 1000 };

/* ---- for data/parse: when an atom needs no quotes ---- */

bool atom_may_begin(uint32_t character);
bool atom_may_contain(uint32_t character);
bool atom_is_reserved(const char *text, size_t length);

/* ---- for data/pretty: where in the text which term lies ---- */

enum span_kind {
    SPAN_ATOMIC,   /* text without parts */
    SPAN_BINARY,   /* <<1,2,3>> */
    SPAN_DEEP,     /* has parts, of which nothing is known */
    SPAN_LIST,     /* from here on it has parts */
    SPAN_IMPROPER, /* the last is the tail */
    SPAN_TUPLE,
    SPAN_TAGGED, /* a tuple of two or more, and the first is an atom */
    SPAN_MAP,    /* key, value, key, value */
};

struct span {
    size_t start, end;  /* of its text, in bytes */
    size_t characters;  /* of its text */
    uint64_t next : 60; /* the span behind it; its own parts come before, each with its own */
    uint64_t kind : 4;
};

struct spans {
    struct span *all;
    size_t count, room;
};

void spans_fini(struct spans *);

/* term_print(), and the spans of what is nested less than PRETTY_DEPTH deep. */
bool term_print_spans(struct text *, term t, struct spans *);

#endif
