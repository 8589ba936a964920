/* step.h - what a compiled pattern consists of: data/pattern walks steps, data/compile makes
 * them of a text. */
#ifndef DATA_STEP_H
#define DATA_STEP_H

#include "data/syntax.h"

/* What a step does with the word v that it looks at. "Enters": the cursor goes to where v
 * points to, and is remembered as `level`. "Writes": v, or what is said, for hole `arg`.
 *
 * Most steps compare: v & mask must be value. Bits, and not numbers, because compilers make
 * one indirect jump of a choice between numbers, which the CPU predicts worse than a few
 * branches. */
enum {
    STEP_ENTERS_CELL = 1,  /* first: v must be a list cell; enters, and compares the head */
    STEP_ENTERS_TUPLE = 2, /* instead: v must be a box whose header is value; enters */
    STEP_PINNED = 4,       /* first: v must be the argument; writes nothing */
    STEP_OTHER = 8,        /* instead: what `op` says */
    STEP_SPECIAL = 15,     /* one of these */
    STEP_INTEGER = 16,     /* instead of mask and value: it is an integer, whose number is written */
    STEP_AT_ONCE = 32,     /* no step after it can fail, so it writes to the hole itself */
    STEP_LAST = 64,        /* then the other holes are written: it matches */
};

enum step_op {
    STEP_BACK,              /* the cursor goes back to `level` */
    STEP_KEY,               /* v is a map; the cursor goes to what it has for the key `value`, and is remembered */
    STEP_KEY_PIN,           /* the same for the key in the argument; value is the pin's letter */
    STEP_STAYS,             /* from here on the cursor does not move */
    STEP_LIST = STEP_STAYS, /* v is a cell or []; writes */
    STEP_KINDS,             /* v is a box of one of the kinds in value; writes */
    STEP_HEADER,            /* v is a box whose header is value; writes */
    STEP_FLOAT,             /* v is a float; writes the number */
    STEP_NUMBER,            /* v is a float or an integer; writes it as double */
    STEP_BYTES_SIZED,       /* v is a binary of `value` bytes; writes */
    STEP_MAP_SIZED,         /* v is a map of `value` keys; writes */
    STEP_RAW,               /* v is a float or a large integer, the same as `value` */
    STEP_BYTES,             /* v is a binary, the same as `value` */
    STEP_STRING,            /* v is a list of small integers, the same as `value` */
    STEP_PIN_INTEGER,       /* v is an integer, the same as the argument */
    STEP_PIN_TERM,          /* v is =:= the argument */
};

enum { ARG_NOWHERE = BUILD_ARGS_MOST };

struct step {
    uint8_t does;  /* these bits, */
    uint8_t op;    /* and one of these */
    int8_t mask;   /* for the word it looks at, extended to 64 bits */
    uint8_t arg;   /* what it writes or compares with; BUILD_ARGS_MOST: nothing */
    uint8_t level; /* where to remember the cursor */
    uint8_t unused;
    uint16_t offset; /* the word it looks at, from the cursor */
    uint64_t value;
};

_Static_assert(sizeof(struct step) == 16, "four a cache line");

#endif
