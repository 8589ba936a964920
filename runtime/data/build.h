/* build.h - a term from a text and values: "{reply, %r, [%i, %i]}".
 *
 * The text is written as in Erlang, and read once (build_compile()); then terms are made
 * of it with the values for its holes, which come as C arguments, as to printf().
 *
 *     text                          what it stands for
 *     inc  'an atom'                atom; without quotes a lower-case letter, then letters, digits, _ and @
 *     42  -1  16#ff  1_000  $a      integer, int64_t; $a is the number of a character
 *     1.0  -2.5e-3                  float
 *     "abc"                         list of characters; the text is UTF-8
 *     <<"abc">>  <<1, 255, "x">>    binary; bytes as they are, \x{20ac} as UTF-8
 *     {a, b}  {}                    tuple
 *     [a, b]  [a, b | tail]  []     list
 *     #{key => value, ...}          map; := is allowed for =>
 *
 *     hole   C argument             makes
 *     %t     bl_term                that term
 *     %i     int64_t                integer
 *     %f     double                 float; not NaN or infinite
 *     %p     bl_pid                 pid
 *     %a %r %l %T %m %F  bl_term    that term; it must be an atom, reference, list, tuple, map, function
 *     %s     const char *           binary of the string's bytes
 *     %A     const char *           atom
 *     %b     const void *, size_t   binary
 *
 * Escapes in "", '' and <<"">>: \n \t \r \b \f \v \e \s (space) \d (delete) \0 \ooo \xhh
 * \x{h...} \\ \" \'. Arguments are read as what the table says: 5 for %i must be written
 * (int64_t)5, as for printf("%" PRId64).
 *
 * Patterns (data/pattern) have the same syntax with other holes, so what is read here is
 * a tree that both use: its parts in the order of the text, a part before those in it.
 * Walked from the end, every part finds what it is made of on top of a stack: so a term
 * is built without recursion and needs no second form. */
#ifndef DATA_BUILD_H
#define DATA_BUILD_H

#include <stdarg.h>

#include "data/box.h"
#include "data/template.h"

enum {
    BUILD_PARTS_MOST = 256, /* atoms, numbers, strings, holes, braces of one text */
    BUILD_DEPTH_MOST = 16,  /* of braces in braces: compiling recurses, and must do with LANE_RESERVE */
    BUILD_ARGS_MOST = 32,   /* C arguments */
    BUILD_ARG_NONE = 255,
};

enum build_use { BUILD_TERMS, BUILD_PATTERNS };

/* What was wrong with a text: BL_EINVAL, and where and why; BL_ENOMEM; BL_ELIMIT, no
 * more atoms. There is always a sentence, for people. */
struct text_error {
    bl_error error;
    size_t offset; /* in bytes */
    const char *sentence;
};

enum part_kind {
    PART_LITERAL, /* value: a term without parts; what it points to lies in `literals` */
    PART_TUPLE,   /* its elements follow */
    PART_LIST,    /* at least one element, then the tail */
    PART_MAP,     /* key, value, key, value */
    PART_HOLE,    /* letter, arg; `sized`: value is the size */
    PART_PIN,     /* letter, arg: the value itself is an argument (patterns) */
    PART_ANY,     /* _ (patterns) */
};

struct part {
    uint8_t kind;
    uint8_t arg; /* index of its first argument, or BUILD_ARG_NONE */
    char letter;
    bool sized;
    uint16_t count; /* elements, or pairs of a map */
    uint16_t size;  /* parts, with itself and all inside */
    uint64_t value;
};

_Static_assert(sizeof(struct part) == 16, "four a cache line");

/* How an argument comes out of a va_list. */
enum build_arg { ARG_TERM, ARG_PID, ARG_INTEGER, ARG_DOUBLE, ARG_POINTER, ARG_SIZE };

/* A text that has been read. Immutable: any thread may use it. */
struct build {
    struct heap literals;
    struct template *template; /* NULL: what it builds has not always the same shape */
    uint16_t n_parts;
    uint8_t n_args;
    uint8_t args[BUILD_ARGS_MOST]; /* enum build_arg */
    struct part parts[];
};

/* NULL: *error says why. */
struct build *build_compile(const char *text, size_t length, enum build_use use, struct text_error *error);
void build_free(struct build *);

/* The C arguments of one call, each as a word; there are n_args. */
void build_read_args(const struct build *, va_list *args, uint64_t *words);

/* The term, on h. TERM_NONE: no memory (BL_ENOMEM), a value is not what its hole says
 * (BL_EINVAL), no more atoms (BL_ELIMIT); *error says which. Terms among the values are
 * not copied: they must be on h, too, or be immediates. */
term build_make_args(struct heap *, const struct build *, const uint64_t *words, bl_error *error);
term build_make(struct heap *, const struct build *, va_list *args, bl_error *error);

/* The same in blocks of its own, as a message: the word of the first is the term. Only if it is
 * no immediate; what terms among the values point to is copied. NULL: as TERM_NONE above. */
struct block *build_message(const struct build *, const uint64_t *words, bl_error *error);

/* Does what this text builds live on a heap, whatever the values are? */
static inline bool build_is_boxed(const struct build *b)
{
    return b->parts[0].kind >= PART_TUPLE && b->parts[0].kind <= PART_MAP && b->parts[0].size > 1;
}

/* The same for a part in which there is no hole. TERM_NONE: no memory. */
term build_literal(struct heap *, const struct part *);

/* The parts inside a part: the first, and the one beside it. */
static inline const struct part *part_first(const struct part *p)
{
    return p + 1;
}

static inline const struct part *part_next(const struct part *p)
{
    return p + p->size;
}

/* Is it the same whatever the arguments are? */
bool part_is_literal(const struct part *);

#endif
