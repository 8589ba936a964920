/* build.c - see build.h. */
#include "data/build.h"

#include <math.h>

#include "data/atom.h"
#include "data/copy.h"
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
    bool marks; /* not values, but marks for a template */
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
    return template_accepts(letter, arg[0]) ? arg[0] : build_refuse(b);
}

static term build_mark(struct builder *b, const struct part *p)
{
    if (p->letter != 'f')
        return template_mark(p->arg);
    term *payload, t = box_take(b->heap, BOX_FLOAT, 1, &payload);
    if (t)
        *payload = template_float_mark(p->arg);
    return t;
}

static term build_part(struct builder *b, const struct part *p)
{
    switch ((enum part_kind)p->kind) {
    case PART_LITERAL: return build_literal_copy(b->heap, p->value);
    case PART_TUPLE: return tuple_make(b->heap, b->top, p->count);
    case PART_LIST: return build_list(b->heap, b->top, p->count);
    case PART_MAP: return map_from(b->heap, b->top, p->count);
    case PART_HOLE: return b->marks ? build_mark(b, p) : build_value(b, p->letter, b->args + p->arg);
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

static term build_parts(struct heap *h, const struct build *build, const uint64_t *words, bl_error *error)
{
    struct builder b;
    b.heap = h;
    b.args = words;
    b.marks = false;
    term made = build_run(&b, build->parts);
    *error = b.error;
    return made;
}

/* TERM_NONE: go on part by part. The words were the last that were taken. */
static inline term build_copy(struct heap *h, const struct template *t, const uint64_t *words)
{
    term made, *at = heap_take(h, t->words);
    if (UNLIKELY(!at))
        return TERM_NONE;
    if (LIKELY(template_fill(t, at, words, &made)))
        return made;
    at[0] = box_header(BOX_FILLER, t->words - 1u); /* a heap can be walked */
    return TERM_NONE;
}

term build_make_args(struct heap *h, const struct build *build, const uint64_t *words, bl_error *error)
{
    *error = BL_OK;
    term made = build->template ? build_copy(h, build->template, words) : TERM_NONE;
    return LIKELY(made) ? made : build_parts(h, build, words, error);
}

term build_literal(struct heap *h, const struct part *p)
{
    struct builder b;
    b.heap = h;
    b.args = NULL;
    b.marks = false;
    return build_run(&b, p);
}

term build_make(struct heap *h, const struct build *build, va_list *args, bl_error *error)
{
    uint64_t words[BUILD_ARGS_MOST];
    build_read_args(build, args, words);
    return build_make_args(h, build, words, error);
}

/* ---- the template of a text ---- */

static bool part_has_one_shape(const struct part *p)
{
    switch ((enum part_kind)p->kind) {
    case PART_LITERAL: return !term_is_box(p->value) || !header_is_counted(box_header_of(p->value));
    case PART_TUPLE:
    case PART_LIST: return true;
    case PART_HOLE: return strchr("iftparlTmF", p->letter) != NULL;
    default: return false;
    }
}

static bool build_has_one_shape(const struct build *b)
{
    for (const struct part *p = b->parts, *end = part_next(p); p < end; p++)
        if (!part_has_one_shape(p))
            return false;
    return build_is_boxed(b);
}

/* NULL: it takes too many words, or there is no memory; then there is no template. */
static struct template *build_template_in(struct heap *h, const struct build *build)
{
    struct builder b;
    char letters[BUILD_ARGS_MOST];
    b.heap = h;
    b.marks = true;
    term root = build_run(&b, build->parts);
    if (!root || h->blocks->more)
        return NULL;
    for (const struct part *p = build->parts, *end = part_next(p); p < end; p++)
        if (p->kind == PART_HOLE)
            letters[p->arg] = p->letter;
    heap_settle(h);
    return template_create(root, h->blocks->words, h->blocks->used, letters);
}

static void build_make_template(struct build *b)
{
    struct heap h;
    heap_init(&h);
    if (build_has_one_shape(b) && heap_reserve(&h, TEMPLATE_WORDS_MOST))
        b->template = build_template_in(&h, b);
    heap_fini(&h);
}

struct build *build_compile(const char *text, size_t length, struct text_error *error)
{
    struct build *b = syntax_read(text, length, BUILD_TERMS, error);
    if (b)
        build_make_template(b);
    return b;
}

/* ---- messages ---- */

/* The terms among the values are copied into the message's heap. False: no memory. */
static bool build_adopt(struct heap *h, const struct build *b, const uint64_t *words, uint64_t *adopted)
{
    for (unsigned i = 0; i < b->n_args; i++) {
        adopted[i] = words[i];
        if (b->args[i] == ARG_TERM && term_is_pointer(words[i]) && !(adopted[i] = copy_to(h, words[i])))
            return false;
    }
    return true;
}

static bool build_args_are_words(const struct build *b, const uint64_t *words)
{
    for (unsigned i = 0; i < b->n_args; i++)
        if (b->args[i] == ARG_TERM && UNLIKELY(term_is_pointer(words[i])))
            return false;
    return true;
}

static NOINLINE struct block *build_message_parts(const struct build *build, const uint64_t *words, bl_error *error)
{
    uint64_t adopted[BUILD_ARGS_MOST];
    struct heap h;
    heap_init(&h);
    *error = BL_ENOMEM;
    term made = build_adopt(&h, build, words, adopted) ? build_make_args(&h, build, adopted, error) : TERM_NONE;
    if (UNLIKELY(!made)) {
        heap_fini(&h);
        return NULL;
    }
    heap_settle(&h);
    h.blocks->message.word = made;
    return h.blocks;
}

struct block *build_message(const struct build *build, const uint64_t *words, bl_error *error)
{
    const struct template *t = build->template;
    if (UNLIKELY(!t || !build_args_are_words(build, words)))
        return build_message_parts(build, words, error);
    struct block *b = block_create(t->words);
    if (UNLIKELY(!b)) {
        *error = BL_ENOMEM;
        return NULL;
    }
    if (UNLIKELY(!template_fill(t, b->words, words, &b->message.word))) {
        block_free(b);
        return build_message_parts(build, words, error);
    }
    b->used = t->words;
    return b;
}
