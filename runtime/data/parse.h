/* parse.h - text as terms: what data/print writes, and what else Erlang would read as a
 * constant.
 *
 *     term:     integer  float  character  atom  text  list  tuple  map  binary  pid  reference
 *     integer:  42  -1  1_000  16#ff  36#zz       of 64 bits
 *     float:    1.0  -2.5e-3
 *     character $a  $\n                           its number
 *     atom:     ok  'an atom'                     a lower-case letter of Latin-1, then letters, digits, _ and @
 *     text:     "abc"  "abc" "def"                a list of characters
 *     list:     [1, 2]  [1, 2 | tail]
 *     tuple:    {1, 2}
 *     map:      #{key => value}                   of equal keys the last counts
 *     binary:   <<1, 255, "abc", "abc"/utf8>>
 *     pid:      <0.Index.Generation>
 *     reference #Ref<0.A.B.C>                     20 bits each
 *
 * In quotes: \n \t \r \b \f \v \e \s (space) \d (delete) \ooo \xhh \x{h...} \^c, and any
 * other character behind \ is itself. Around terms: spaces, lines, and % and what follows
 * on its line. The text is UTF-8. */
#ifndef DATA_PARSE_H
#define DATA_PARSE_H

#include "data/heap.h"

struct parse_error {
    bl_error error;       /* BL_EINVAL: the text; BL_ENOMEM; BL_ELIMIT: the atom table is full */
    size_t offset;        /* in bytes, from 0 */
    const char *sentence; /* what is wrong there, and what would be right; static */
};

/* The one term that this text is. TERM_NONE: *error says why not, and the heap may have
 * some garbage more. Never recurses; takes memory for a few words for each byte of text
 * that was read, whatever it says. Its new atoms are made for ever (data/atom). */
term term_parse(struct heap *, const char *text, size_t length, struct parse_error *error);

#endif
