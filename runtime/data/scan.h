/* scan.h - the small pieces of Erlang's syntax: space, names, numbers, characters, what is
 * between quotes, the bytes of a binary. Terms are read by two rooms, data/parse (all of a
 * term, however deep) and data/syntax (a text with holes); these pieces are read here only.
 *
 *     integer:  42  1_000  16#ff  36#zz       of 64 bits; the sign is the reader's
 *     float:    1.0  2.5e-3
 *     character $a  $\n                       its number
 *     atom:     ok  'an atom'                 a lower-case letter of Latin-1, then letters, digits, _ and @
 *     string:   "abc"  "abc" "def"            its characters
 *     binary:   <<1, 16#ff, $a, "abc">>       bytes
 *
 * In quotes: \n \t \r \b \f \v \e \s (space) \d (delete) \ooo \xhh \x{h...} \^c, and any
 * other character behind \ is itself. The text is UTF-8. Three things depend on `holes`, whether
 * it is a text with them:
 *
 *                                     without                    with
 *     %                               begins a comment           begins a hole
 *     another character behind \      is itself                  is a mistake
 *     "é" in a binary                 one byte; with /utf8 two   the bytes as they are, two
 *
 * since a text with holes stands in a program: its author may have meant another escape,
 * and gives bytes as C does.
 *
 * What was wrong is said as a number and a place. The sentence for it is the reader's, who
 * knows what would be right there. */
#ifndef DATA_SCAN_H
#define DATA_SCAN_H

#include "data/decimal.h"
#include "data/term.h"
#include "data/text.h"

/* What was wrong with a text: BL_EINVAL, and where and why; BL_ENOMEM; BL_ELIMIT, no
 * more atoms. There is always a sentence, for people. */
struct text_error {
    bl_error error;
    size_t offset; /* in bytes */
    const char *sentence;
};

enum scan_wrong {
    SCAN_GOOD,
    SCAN_NO_MEMORY,
    SCAN_UTF8,         /* the text is none */
    SCAN_HEX,          /* behind \x: not two digits */
    SCAN_HEX_BRACES,   /* behind \x{: not the number of a character and } */
    SCAN_ESCAPE,       /* this escape is unknown */
    SCAN_ENDS_ESCAPE,  /* the text ends behind \ */
    SCAN_ENDS_CONTROL, /* behind \^ */
    SCAN_ENDS_DOLLAR,  /* behind $ */
    SCAN_ENDS_STRING,  /* within "": `opened` is where they were opened */
    SCAN_ENDS_ATOM,    /* within '' */
    SCAN_ATOM_LONG,
    SCAN_ATOM_LIMIT, /* no more can be made */
    SCAN_LARGE_INTEGER,
    SCAN_LARGE_FLOAT,
    SCAN_BASE,        /* before # */
    SCAN_NO_DIGITS,   /* behind it */
    SCAN_NO_EXPONENT, /* behind e */
    SCAN_PIECE,       /* of a binary: neither byte nor string */
    SCAN_PIECE_WIDE,  /* a character that is no byte */
    SCAN_PIECE_TYPED, /* behind it a size or a type, which are not read */
    SCAN_NO_PIECE,    /* behind it neither , nor >> */
    SCAN_WRONGS,
};

/* A text that is being read. It is large: readers keep it off the stacks of processes, if they
 * recurse. */
struct scan {
    const char *start, *at, *end;
    bool holes;
    enum scan_wrong wrong; /* what, if something was; the first, there is no second */
    const char *wrong_at;
    const char *opened;  /* the last quote */
    struct text scratch; /* what was between quotes */
    char digits[DECIMAL_DIGITS_MOST];
};

void scan_init(struct scan *, const char *text, size_t length, bool holes);
void scan_fini(struct scan *);

/* Of what was wrong: its kind, and its place. */
void scan_explain(const struct scan *, const char *const sentences[SCAN_WRONGS], struct text_error *error);

/* ---- bytes ---- */

static inline bool scan_at_end(const struct scan *s)
{
    return s->at == s->end;
}

/* The byte n from here; 0 at the end, where nothing begins. */
static inline char scan_peek(const struct scan *s, size_t n)
{
    return (size_t)(s->end - s->at) > n ? s->at[n] : 0;
}

static inline bool scan_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The value of a digit or letter, as in 36#z; 36 for anything else. */
unsigned scan_digit_value(char c);

/* Is this the next thing? Then go behind it. */
bool scan_accept(struct scan *, const char *word);
/* The same, after space. */
bool scan_accept_next(struct scan *, const char *word);
void scan_skip_space(struct scan *);

/* ---- pieces; false: something was wrong ---- */

/* A number without its sign, from its first digit on. Mistakes in the whole of it are at `start`. */
struct scan_number {
    bool is_float;
    int64_t integer;
    double value;
};

bool scan_number(struct scan *, const char *start, bool negative, struct scan_number *number);

/* Decimal digits; *n is their number. False: more than 64 bits. */
bool scan_decimal(struct scan *, uint64_t *n);

/* At most `most` digits. Returns how many there were. */
unsigned scan_digits(struct scan *, unsigned base, unsigned most, uint32_t *n);

/* From the $ on. */
bool scan_dollar(struct scan *, uint32_t *character);

/* Does a name without quotes begin here? Then go behind it. (A reserved word is one, too.) */
bool scan_name(struct scan *);
/* The atom of such a name, which began at `start`; or one in quotes, from the first on. */
bool scan_name_atom(struct scan *, const char *start, term *atom);
bool scan_quoted_atom(struct scan *, term *atom);

/* One character after the other of a string, from its first quote on; those of all that
 * follow it without a comma belong to it. */
enum scan_next { SCAN_NOTHING /* something was wrong */, SCAN_CHARACTER, SCAN_END };

void scan_open_string(struct scan *);
enum scan_next scan_string(struct scan *, uint32_t *character);

/* From << on; the bytes become the scratch. */
bool scan_binary(struct scan *);

/* It has been read: its bytes, never NULL. */
static inline const char *scan_scratch(const struct scan *s)
{
    return s->scratch.count ? s->scratch.bytes : "";
}

#endif
