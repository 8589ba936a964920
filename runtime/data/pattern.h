/* pattern.h - taking terms apart by a text: "{reply, %r, [%i, %i | %t]}".
 *
 * A pattern is written as in Erlang. It is compiled once, and then compared with terms;
 * what its holes met is written through the C arguments, as by scanf(). When it does not
 * match, nothing is written.
 *
 *     text                          matches
 *     inc  'an atom'  42  1.0       that atom, integer, float: =:=, so 1 does not match 1.0
 *     "abc"  <<"abc">>              the list of these characters, the binary of these bytes
 *     {a, b}                        a tuple of so many elements that match
 *     [a, b]  [a, b | tail]         a list of so many; one that begins so, with a rest that matches
 *     #{key := value, ...}          a map that has these keys, and maybe others. A key is a literal or a pin
 *     _                             anything
 *     (how literals are written in detail: data/scan)
 *
 *     hole   C argument   matches                               writes
 *     %t     bl_term *    any term                              it
 *     %i     int64_t *    an integer of at most 64 bits         its value
 *     %f     double *     a float                               its value
 *     %n     double *     a float or an integer of 64 bits      its value, perhaps rounded
 *     %a     bl_term *    an atom                               it
 *     %p     bl_pid *     a pid                                 it
 *     %r     bl_term *    a reference                           it
 *     %b     bl_term *    a binary                              it
 *     %l     bl_term *    [] or a list cell                     it
 *     %T     bl_term *    a tuple                               it
 *     %m     bl_term *    a map                                 it
 *     %F     bl_term *    a function                            it
 *     %16b %3T %2m        the same, of exactly so many bytes, elements, keys
 *     %*i %*t %*16b ...   the same, but nothing is written and there is no argument, as in scanf()
 *
 *     pin    C argument   matches
 *     %=t    bl_term      a term that is =:= this
 *     %=i    int64_t      this integer
 *     %=a %=r  bl_term    this atom, this reference; nothing if it is none
 *     %=p    bl_pid       this pid; nothing if it is none
 *
 * A text has at most 32 arguments and 256 parts, 16 deep (BUILD_ARGS_MOST, ...).
 *
 * A receive compares one pattern with many messages. So what does not change is done
 * before: the text becomes a row of steps, the arguments are read from the va_list once,
 * and the two or three words that most often tell a misfit are looked at first, inline
 * (pattern_may_match()).
 *
 * The steps walk a cursor: each looks at a word of the object where the cursor stands,
 * and may let it go down. The immediates of a tuple come before what is nested in it.
 * Nothing recurses: a step is a part of the text, terms may be as deep as they like. */
#ifndef DATA_PATTERN_H
#define DATA_PATTERN_H

#include "data/build.h"
#include "data/step.h"

enum pattern_result { PATTERN_NO, PATTERN_YES, PATTERN_NO_MEMORY };

/* A compiled text (data/compile). Immutable: any thread may use it. */
struct pattern {
    struct bl_look look; /* the first, and at the beginning: programs look by themselves (beamling/receive.h) */
    bool decided; /* else: nothing is left to do after the first look */
    bool keeps;   /* some hole takes a term that may live on a heap: who matched needs it still */
    uint8_t n_writes;
    uint8_t writes[BUILD_ARGS_MOST]; /* the arguments that are holes, but for those written at once */
    uint16_t n_steps;
    struct build *text;
    struct step steps[];
};

/* How many C arguments it has, at most BUILD_ARGS_MOST. */
static inline unsigned pattern_arguments(const struct pattern *p)
{
    return p->text->n_args;
}

/* The arguments of one call, which all are words: read once, used for many terms. */
static inline void pattern_read_args(const struct pattern *p, va_list *args, uint64_t *words)
{
    for (unsigned i = 0, n = p->text->n_args; i < n; i++)
        words[i] = build_read_word(args);
}

/* False: it does not match, for certain. Reads at most two words of what t points to. */
static inline bool pattern_may_match(const struct pattern *p, term t)
{
    if ((t & p->look.root_mask) != p->look.root_word)
        return false;
    if (p->look.key)
        return bl_look_in_map(term_pointer(t), &p->look);
    if (!p->look.enters)
        return true;
    const term *object = term_pointer(t);
    return (object[0] & p->look.first_mask) == p->look.first_word && (object[p->look.other_offset] & p->look.other_mask) == p->look.other_word;
}

/* The steps. `root`: what the term points to if the pattern `enters`, else where it is itself. */
enum pattern_result pattern_match_rest(const struct pattern *, const term *root, const uint64_t *words);

/* What is left after pattern_may_match() said true. */
static inline enum pattern_result pattern_match_seen(const struct pattern *p, term t, const uint64_t *words)
{
    if (p->look.enters)
        return pattern_match_rest(p, term_pointer(t), words);
    term root = t;
    return p->decided ? PATTERN_YES : pattern_match_rest(p, &root, words);
}

/* `words` as from pattern_read_args(). PATTERN_YES: all holes are written; else none is. */
static inline enum pattern_result pattern_match_args(const struct pattern *p, term t, const uint64_t *words)
{
    return pattern_may_match(p, t) ? pattern_match_seen(p, t, words) : PATTERN_NO;
}

/* The same for one term. Unless it matches, *args may or may not have been read. */
enum pattern_result pattern_match(const struct pattern *, term t, va_list *args);

#endif
