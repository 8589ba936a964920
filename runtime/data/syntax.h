/* syntax.h - reading a text with holes: "{reply, %r, [%i, %i]}".
 *
 * Terms are built of such texts (data/build), and compared with them (data/pattern). The
 * syntax is the same, the holes differ; both rooms say which there are. A text is read once.
 * What was read is a tree: its parts in the order of the text, a part before those in it.
 * Walked from the end, every part finds what it is made of on top of a stack: so a term
 * is built without recursion and needs no second form. */
#ifndef DATA_SYNTAX_H
#define DATA_SYNTAX_H

#include "data/heap.h"
#include "data/scan.h"
#include "data/template.h"

enum {
    BUILD_PARTS_MOST = 256, /* atoms, numbers, strings, holes, braces of one text */
    BUILD_DEPTH_MOST = 16,  /* of braces in braces: reading recurses, and must do with LANE_RESERVE */
    BUILD_ARGS_MOST = 32,   /* C arguments */
    BUILD_ARG_NONE = 255,
};

enum build_use { BUILD_TERMS, BUILD_PATTERNS };

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
struct build *syntax_read(const char *text, size_t length, enum build_use use, struct text_error *error);
void syntax_free(struct build *);

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
