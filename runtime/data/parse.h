/* parse.h - text as terms: what data/print writes, and what else Erlang would read as a
 * constant.
 *
 *     term:     integer  float  character  atom  text  list  tuple  map  binary  pid  reference
 *     list:     [1, 2]  [1, 2 | tail]
 *     tuple:    {1, 2}
 *     map:      #{key => value}                   of equal keys the last counts
 *     pid:      <0.Index.Generation>
 *     reference #Ref<0.A.B.C>                     20 bits each
 *
 * What has no parts is written as data/scan says; between terms may be space, lines, and %
 * and what follows on its line. */
#ifndef DATA_PARSE_H
#define DATA_PARSE_H

#include "data/heap.h"
#include "data/scan.h"

/* The one term that this text is. TERM_NONE: *error says why not, and the heap may have
 * some garbage more. Never recurses; takes memory for a few words for each byte of text
 * that was read, whatever it says. Its new atoms are made for ever (data/atom). */
term term_parse(struct heap *, const char *text, size_t length, struct text_error *error);

#endif
