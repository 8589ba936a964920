/* external.h - terms as bytes: Erlang's external term format, version byte 131.
 *
 * The bytes are those of term_to_binary(T, [{minor_version, 2}]), but that a map of more
 * than 32 keys may name them in another order. Everything is read that Erlang writes and
 * that exists here. Not supported, and refused as such: integers beyond 64 bits, bit
 * strings that end inside a byte, compressed terms, functions, ports, pids and references
 * of another node or older than OTP 23.
 *
 *     our pid         NEW_PID_EXT of nonode@nohost: number = index, serial = generation
 *     our reference   NEWER_REFERENCE_EXT of nonode@nohost: 18, 32 and 10 bits, lowest first
 *
 * so that Erlang can have ours, and send them back. (Of a node that has no name either only
 * what it could have itself: indices below 2^15, generations below 2^13.) The bytes are
 * read and written by libei of Erlang/OTP: link with -lei. */
#ifndef DATA_EXTERNAL_H
#define DATA_EXTERNAL_H

#include "data/box.h"
#include "data/text.h"

/* How ours are written. */
#define EXTERNAL_NODE "nonode@nohost"
enum {
    EXTERNAL_REFERENCE_WORDS = 3, /* as many as Erlang's own have: of 18 bits, 32, */
    EXTERNAL_REFERENCE_LOW_BITS = 18,
    EXTERNAL_REFERENCE_HIGH_BITS = 10, /* and what is left of our 60 */
};

/* What went wrong. For people; the text is never freed. */
struct external_error {
    bl_error code;    /* BL_EINVAL: the bytes, or the term; BL_ELIMIT: too many atoms; BL_ENOMEM */
    size_t at;        /* decoding: the byte where what is wrong begins; encoding: 0 */
    const char *what; /* "the input ends inside a term" */
};

/* Always false. */
static inline bool external_failed(struct external_error *error, bl_error code, size_t at, const char *what)
{
    *error = (struct external_error){.code = code, .at = at, .what = what};
    return false;
}

/* Append t to a text; one that cannot grow as much as is needed for a moment counts as "no
 * memory". False: *error says why, and the text is as long as before. Functions and
 * resources cannot be encoded, nor what only the runtime says. Never recurses. Costs up
 * to 100 nanoseconds for each term inside t, and memory for each level of nesting. */
bool term_encode(term t, struct text *, struct external_error *error);

/* The term that the n bytes begin with; *used (may be NULL) is how many they were, what
 * follows is nobody's business here. TERM_NONE: *error says why, and what had been read
 * until then lies on the heap as garbage.
 *
 * The bytes may come from an enemy: nothing beyond them is read, there is no recursion,
 * and memory is taken only for what the bytes can still hold: a few dozen times n at most.
 * What an enemy can do, as in Erlang: fill the table of atoms; and take time, since the
 * keys of maps are hashed as a whole, those inside of keys again and again. */
term term_decode(struct heap *, const uint8_t *bytes, size_t n, size_t *used, struct external_error *error);

#endif
