/* build.c - see build.h. */
#include "data/build.h"

#include <math.h>

#include "data/atom.h"
#include "data/map.h"

/* ---- the arguments ---- */

static uint64_t build_read_double(va_list *args)
{
    double d = va_arg(*args, double);
    uint64_t word;
    memcpy(&word, &d, sizeof word);
    return word;
}

static uint64_t build_read_arg(enum build_arg type, va_list *args)
{
    switch (type) {
    case ARG_TERM: return va_arg(*args, bl_term).word;
    case ARG_PID: return va_arg(*args, bl_pid).word;
    case ARG_INTEGER: return (uint64_t)va_arg(*args, int64_t);
    case ARG_DOUBLE: return build_read_double(args);
    case ARG_POINTER: return (uintptr_t)va_arg(*args, void *);
    case ARG_SIZE: return va_arg(*args, size_t);
    }
    panic("build: no argument is of type %d", type);
}

void build_read_args(const struct build *b, va_list *args, uint64_t *words)
{
    for (unsigned i = 0; i < b->n_args; i++)
        words[i] = build_read_arg((enum build_arg)b->args[i], args);
}

/* ---- building ---- */

/* Parts that wait for what they are in lie at the low end, the latest first: so the
 * elements of a tuple are in their order when its own part is met. */
struct builder {
    struct heap *heap;
    const uint64_t *args;
    bl_error error;
    term *top, stack[BUILD_PARTS_MOST];
};

/* A list of small integers. */
static term build_string_copy(struct heap *h, term string)
{
    size_t n = 0;
    for (term t = string; term_is_cell(t); t = cell_tail(t))
        n++;
    term *cells = heap_take(h, 2 * n);
    if (!cells)
        return TERM_NONE;
    for (size_t i = 0; i < n; i++, string = cell_tail(string)) {
        cells[2 * i] = cell_head(string);
        cells[2 * i + 1] = i + 1 < n ? term_cell(&cells[2 * i + 2]) : TERM_NIL;
    }
    return term_cell(cells);
}

/* Literals are immediates, strings, and boxes without terms in them. */
static term build_literal_copy(struct heap *h, term t)
{
    if (!term_is_pointer(t))
        return t;
    if (term_is_cell(t))
        return build_string_copy(h, t);
    size_t words = 1 + box_size(t);
    term *box = heap_take(h, words);
    if (!box)
        return TERM_NONE;
    memcpy(box, term_pointer(t), words * sizeof *box);
    if (header_is_counted(*box)) {
        box_retain(box);
        heap_counts(h);
    }
    return term_box(box);
}

/* From n elements and a tail. */
static term build_list(struct heap *h, const term *elements, size_t n)
{
    term *cells = heap_take(h, 2 * n);
    if (!cells)
        return TERM_NONE;
    for (size_t i = 0; i < n; i++) {
        cells[2 * i] = elements[i];
        cells[2 * i + 1] = i + 1 < n ? term_cell(&cells[2 * i + 2]) : elements[n];
    }
    return term_cell(cells);
}

bool build_accepts(char letter, term t)
{
    switch (letter) {
    case 't': return (t & TERM_TAG_MASK) && ((t & TERM_IMMEDIATE_MASK) != TERM_OWN || t == TERM_NIL);
    case 'a': return term_is_atom(t);
    case 'p': return term_is_pid(t);
    case 'r': return term_is_reference(t);
    case 'l': return term_is_list(t);
    case 'T': return term_is_tuple(t);
    case 'm': return term_is_map(t);
    case 'F': return term_is_function(t);
    }
    return false;
}

static term build_refuse(struct builder *b)
{
    b->error = BL_EINVAL;
    return TERM_NONE;
}

static term build_double(struct builder *b, uint64_t word)
{
    double d;
    memcpy(&d, &word, sizeof d);
    return isfinite(d) ? float_make(b->heap, d) : build_refuse(b);
}

static term build_binary(struct builder *b, const char *bytes, size_t n)
{
    return bytes || !n ? binary_make(b->heap, bytes, n) : build_refuse(b);
}

static term build_string(struct builder *b, const char *s)
{
    return s ? binary_make(b->heap, s, strlen(s)) : build_refuse(b);
}

static term build_atom(struct builder *b, const char *s)
{
    return s ? atom_intern(s, strlen(s), &b->error) : build_refuse(b);
}

static term build_value(struct builder *b, char letter, const uint64_t *arg)
{
    switch (letter) {
    case 'i': return integer_make(b->heap, (int64_t)arg[0]);
    case 'f': return build_double(b, arg[0]);
    case 's': return build_string(b, (const char *)(uintptr_t)arg[0]);
    case 'A': return build_atom(b, (const char *)(uintptr_t)arg[0]);
    case 'b': return build_binary(b, (const char *)(uintptr_t)arg[0], arg[1]);
    }
    return build_accepts(letter, arg[0]) ? arg[0] : build_refuse(b);
}

static term build_part(struct builder *b, const struct part *p)
{
    switch ((enum part_kind)p->kind) {
    case PART_LITERAL: return build_literal_copy(b->heap, p->value);
    case PART_TUPLE: return tuple_make(b->heap, b->top, p->count);
    case PART_LIST: return build_list(b->heap, b->top, p->count);
    case PART_MAP: return map_from(b->heap, b->top, p->count);
    case PART_HOLE: return build_value(b, p->letter, b->args + p->arg);
    case PART_PIN:
    case PART_ANY: break;
    }
    panic("build: part %d is for matching", p->kind);
}

/* How many terms on the stack does it take up? */
static size_t build_takes(const struct part *p)
{
    switch ((enum part_kind)p->kind) {
    case PART_TUPLE: return p->count;
    case PART_LIST: return p->count + 1u;
    case PART_MAP: return 2u * p->count;
    default: return 0;
    }
}

static term build_run(struct builder *b, const struct part *root)
{
    b->error = BL_ENOMEM;
    b->top = b->stack + BUILD_PARTS_MOST;
    for (const struct part *p = part_next(root); p-- > root;) {
        term made = build_part(b, p);
        if (UNLIKELY(!made))
            return TERM_NONE;
        b->top += build_takes(p);
        *--b->top = made;
    }
    b->error = BL_OK;
    return *b->top;
}

term build_make_args(struct heap *h, const struct build *build, const uint64_t *words, bl_error *error)
{
    struct builder b;
    b.heap = h;
    b.args = words;
    term made = build_run(&b, build->parts);
    *error = b.error;
    return made;
}

term build_literal(struct heap *h, const struct part *p)
{
    struct builder b;
    b.heap = h;
    b.args = NULL;
    return build_run(&b, p);
}

term build_make(struct heap *h, const struct build *build, va_list *args, bl_error *error)
{
    uint64_t words[BUILD_ARGS_MOST];
    build_read_args(build, args, words);
    return build_make_args(h, build, words, error);
}
