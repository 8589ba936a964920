/* compile.c - see compile.h.
 *
 * The text is a tree of parts (data/syntax). First it is asked what must be true of the
 * term's own word and of one or two in it: the first look. Then each part becomes the steps
 * that are left to do. */
#include "data/compile.h"

#include "base/memory.h"

/* ---- the first look ---- */

struct glance {
    uint64_t mask, word;
};

static bool glance_is_exact(struct glance g)
{
    return g.mask == ~UINT64_C(0);
}

static struct glance glance_at_literal(term t)
{
    if (term_is_boxed(t))
        return (struct glance){TERM_POINTER_MASK, t & TERM_POINTER_MASK};
    return (struct glance){~UINT64_C(0), t};
}

static struct glance glance_at_letter(char letter)
{
    switch (letter) {
    case 'a': return (struct glance){TERM_IMMEDIATE_MASK, TERM_ATOM};
    case 'p': return (struct glance){TERM_IMMEDIATE_MASK, TERM_PID};
    case 'r': return (struct glance){TERM_IMMEDIATE_MASK, TERM_REFERENCE};
    case 'f':
    case 'b':
    case 'T':
    case 'm':
    case 'F': return (struct glance){TERM_POINTER_MASK, TERM_BOX};
    default: return (struct glance){0, 0};
    }
}

/* What must be true of the word of a term that matches. */
static struct glance glance_at(const struct part *p)
{
    switch ((enum part_kind)p->kind) {
    case PART_LITERAL: return glance_at_literal(p->value);
    case PART_LIST: return (struct glance){TERM_POINTER_MASK, TERM_CELL};
    case PART_TUPLE:
    case PART_MAP: return (struct glance){TERM_POINTER_MASK, TERM_BOX};
    case PART_HOLE:
    case PART_PIN: return glance_at_letter(p->letter);
    case PART_ANY: break;
    }
    return (struct glance){0, 0};
}

/* Are there terms in it, one beside the other? */
static bool compile_has_elements(const struct part *p)
{
    return p->kind == PART_TUPLE || p->kind == PART_LIST;
}

/* ---- steps ---- */

struct pattern_compiler {
    struct step *steps; /* NULL: only count them */
    unsigned n_steps;
    unsigned level;            /* where the cursor stands */
    const struct part *looked; /* settled by the first look */
    struct heap *literals;
    bool no_memory;
};

static void step_add(struct pattern_compiler *c, struct step s)
{
    if (c->steps)
        c->steps[c->n_steps] = s;
    c->n_steps++;
}

static void step_stand_at(struct pattern_compiler *c, unsigned level)
{
    if (c->level != level)
        step_add(c, (struct step){.does = STEP_OTHER, .op = STEP_BACK, .arg = ARG_NOWHERE, .level = (uint8_t)level});
    c->level = level;
}

static struct step step_of_raw_literal(term t)
{
    if (term_is_cell(t))
        return (struct step){.does = STEP_OTHER, .op = STEP_STRING, .value = t};
    return (struct step){.does = STEP_OTHER, .op = term_is_binary(t) ? STEP_BYTES : STEP_RAW, .value = t};
}

static struct step step_of_word(struct glance l)
{
    return (struct step){.mask = (int8_t)l.mask, .arg = ARG_NOWHERE, .value = l.word};
}

static struct step step_of_literal(term t)
{
    struct glance l = glance_at_literal(t);
    return glance_is_exact(l) ? step_of_word(l) : step_of_raw_literal(t);
}

static struct step step_of_kinds(uint64_t kinds)
{
    return (struct step){.does = STEP_OTHER, .op = STEP_KINDS, .value = kinds};
}

static struct step step_of_sized(const struct part *p)
{
    switch (p->letter) {
    case 'T': return (struct step){.does = STEP_OTHER, .op = STEP_HEADER, .value = box_header(BOX_TUPLE, p->value)};
    case 'm': return (struct step){.does = STEP_OTHER, .op = STEP_MAP_SIZED, .value = p->value};
    default: return (struct step){.does = STEP_OTHER, .op = STEP_BYTES_SIZED, .value = p->value};
    }
}

static struct step step_of_hole(const struct part *p)
{
    if (p->sized)
        return step_of_sized(p);
    switch (p->letter) {
    case 'i': return (struct step){.does = STEP_INTEGER};
    case 'f': return (struct step){.does = STEP_OTHER, .op = STEP_FLOAT};
    case 'n': return (struct step){.does = STEP_OTHER, .op = STEP_NUMBER};
    case 'l': return (struct step){.does = STEP_OTHER, .op = STEP_LIST};
    case 'b': return step_of_kinds(1u << BOX_BINARY | 1u << BOX_SHARED);
    case 'm': return step_of_kinds(1u << BOX_MAP | 1u << BOX_NODE);
    case 'T': return step_of_kinds(1u << BOX_TUPLE);
    case 'F': return step_of_kinds(1u << BOX_FUNCTION);
    default: return step_of_word(glance_at_letter(p->letter)); /* t a p r */
    }
}

static struct step step_of_pin(const struct part *p)
{
    if (p->letter == 'i')
        return (struct step){.does = STEP_OTHER, .op = STEP_PIN_INTEGER};
    if (p->letter == 't')
        return (struct step){.does = STEP_OTHER, .op = STEP_PIN_TERM};
    struct step s = step_of_word(glance_at_letter(p->letter));
    s.does = STEP_PINNED;
    return s;
}

static struct step step_of_flat(const struct part *p)
{
    struct step s = p->kind == PART_LITERAL ? step_of_literal(p->value)
                    : p->kind == PART_PIN   ? step_of_pin(p)
                                            : step_of_hole(p);
    s.arg = p->arg == BUILD_ARG_NONE ? ARG_NOWHERE : p->arg;
    return s;
}

/* Nothing to see, or seen already. */
static bool compile_is_idle(const struct pattern_compiler *c, const struct part *p)
{
    return p->kind == PART_ANY || p == c->looked ||
           (p->kind == PART_HOLE && p->letter == 't' && p->arg == BUILD_ARG_NONE);
}

static void compile_part(struct pattern_compiler *c, const struct part *p, unsigned level, size_t offset);

static bool compile_is_flat(const struct part *p)
{
    return !compile_has_elements(p) && p->kind != PART_MAP;
}

/* The elements of a tuple, where the cursor stands: first those that cost little. */
static void compile_elements(struct pattern_compiler *c, const struct part *tuple, unsigned level)
{
    for (int flat = 1; flat >= 0; flat--) {
        const struct part *element = part_first(tuple);
        for (size_t i = 1; i <= tuple->count; i++, element = part_next(element))
            if (compile_is_flat(element) == flat)
                compile_part(c, element, level, i);
    }
}

static bool compile_is_word(const struct part *p)
{
    return compile_is_flat(p) && p->kind != PART_ANY && !(step_of_flat(p).does & STEP_SPECIAL);
}

/* Into a cell, whose head is to be p, as `level`. */
static void compile_cell(struct pattern_compiler *c, const struct part *p, unsigned level, size_t offset)
{
    bool word = compile_is_word(p);
    struct step s = word ? step_of_flat(p) : (struct step){.arg = ARG_NOWHERE};
    s.does |= STEP_ENTERS_CELL;
    s.level = (uint8_t)level;
    s.offset = (uint16_t)offset;
    step_add(c, s);
    c->level = level;
    if (!word)
        compile_part(c, p, level, 0);
}

/* From the second element of a list on; the cursor of `level` is at the first cell. */
static void compile_cells(struct pattern_compiler *c, const struct part *list, unsigned level)
{
    const struct part *element = part_next(part_first(list));
    for (size_t i = 1; i < list->count; i++, element = part_next(element)) {
        step_stand_at(c, level);
        compile_cell(c, element, level, 1);
    }
    compile_part(c, element, level, 1);
}

/* A key without holes is made once, here. */
static struct step step_of_key(struct pattern_compiler *c, const struct part *key)
{
    if (key->kind == PART_PIN)
        return (struct step){
            .does = STEP_OTHER, .op = STEP_KEY_PIN, .arg = key->arg, .value = (unsigned char)key->letter};
    term t = c->steps ? build_literal(c->literals, key) : TERM_NONE;
    c->no_memory |= !t;
    return (struct step){.does = STEP_OTHER, .op = STEP_KEY, .arg = ARG_NOWHERE, .value = t};
}

static void compile_map(struct pattern_compiler *c, const struct part *map, unsigned level, size_t offset)
{
    const struct part *key = part_first(map);
    struct step is_map = step_of_kinds(1u << BOX_MAP | 1u << BOX_NODE);
    is_map.offset = (uint16_t)offset;
    is_map.arg = ARG_NOWHERE;
    step_add(c, is_map);
    for (size_t i = 0; i < map->count; i++, key = part_next(part_next(key))) {
        struct step s = step_of_key(c, key);
        s.offset = (uint16_t)offset;
        s.level = (uint8_t)(level + 1);
        step_stand_at(c, level);
        step_add(c, s);
        c->level = level + 1;
        compile_part(c, part_next(key), level + 1, 0);
    }
}

/* The cursor goes into a tuple or a list, and on. */
static void compile_enter(struct pattern_compiler *c, const struct part *p, unsigned level, size_t offset)
{
    if (p->kind == PART_LIST) {
        compile_cell(c, part_first(p), level + 1, offset);
        compile_cells(c, p, level + 1);
        return;
    }
    step_add(c, (struct step){.does = STEP_ENTERS_TUPLE,
                              .level = (uint8_t)(level + 1),
                              .offset = (uint16_t)offset,
                              .value = box_header(BOX_TUPLE, p->count)});
    c->level = level + 1;
    compile_elements(c, p, level + 1);
}

/* Steps for p, which is word `offset` of the object of `level`. */
static void compile_part(struct pattern_compiler *c, const struct part *p, unsigned level, size_t offset)
{
    if (compile_is_idle(c, p))
        return;
    step_stand_at(c, level);
    if (compile_has_elements(p)) {
        compile_enter(c, p, level, offset);
    } else if (p->kind == PART_MAP) {
        compile_map(c, p, level, offset);
    } else {
        struct step s = step_of_flat(p);
        s.offset = (uint16_t)offset;
        step_add(c, s);
    }
}

/* ---- the whole ---- */

/* The word of an object that tells misfits best: the first element that is a constant, or whose
 * type can be seen. Returns the element if there is nothing else to be known of it. */
static const struct part *glance_choose(struct pattern *p, const struct part *root)
{
    bool tuple = root->kind == PART_TUPLE;
    size_t n = tuple ? root->count : root->count > 1 ? 1 : 2; /* other elements of a list are in other cells */
    const struct part *element = part_first(root);
    for (size_t i = 0; i < n; i++, element = part_next(element)) {
        struct glance g = glance_at(element);
        if (p->look.other_mask && !glance_is_exact(g))
            continue;
        p->look.other_mask = g.mask;
        p->look.other_word = g.word;
        p->look.other_offset = (uint32_t)(i + tuple);
        if (glance_is_exact(g))
            return element;
    }
    return NULL;
}

/* A small map that has another word for this key than the pattern says is told at once. */
static void glance_choose_key(struct pattern *p, const struct part *map)
{
    const struct part *key = part_first(map);
    for (size_t i = 0; i < map->count; i++) {
        const struct part *value = part_next(key);
        struct glance k = glance_at(key), v = glance_at(value);
        if (key->kind == PART_LITERAL && glance_is_exact(k) && glance_is_exact(v)) {
            p->look.key = k.word;
            p->look.other_mask = v.mask;
            p->look.other_word = v.word;
            return;
        }
        key = part_next(value);
    }
}

/* Returns the part of which nothing else is to be known, or NULL. */
static const struct part *glance_first(struct pattern *p, const struct part *root)
{
    struct glance g = glance_at(root);
    p->look.root_mask = g.mask;
    p->look.root_word = g.word;
    p->look.enters = compile_has_elements(root);
    if (root->kind == PART_TUPLE) {
        p->look.first_mask = ~UINT64_C(0);
        p->look.first_word = box_header(BOX_TUPLE, root->count);
    }
    if (root->kind == PART_MAP)
        glance_choose_key(p, root);
    if (p->look.enters)
        return glance_choose(p, root);
    return glance_is_exact(g) ? root : NULL;
}

static bool step_can_fail(const struct step *s)
{
    return s->mask || s->does & (STEP_SPECIAL | STEP_INTEGER);
}

/* The steps that may write at once: the last that can fail, and those after it. */
static void compile_end(struct pattern *p)
{
    struct step *s = p->steps + p->n_steps - 1;
    s->does |= STEP_LAST;
    for (;; s--) {
        if (s->arg != ARG_NOWHERE && !(s->does & (STEP_SPECIAL & ~STEP_ENTERS_CELL)))
            s->does |= STEP_AT_ONCE;
        if (s == p->steps || step_can_fail(s))
            return;
    }
}

static bool compile_is_at_once(const struct pattern *p, unsigned arg)
{
    for (const struct step *s = p->steps, *end = s + p->n_steps; s < end; s++)
        if (s->does & STEP_AT_ONCE && s->arg == arg)
            return true;
    return false;
}

static void compile_writes(struct pattern *p)
{
    for (const struct part *part = p->text->parts, *end = part_next(part); part < end; part++)
        if (part->kind == PART_HOLE && part->arg != BUILD_ARG_NONE && !compile_is_at_once(p, part->arg))
            p->writes[p->n_writes++] = part->arg;
}

/* Numbers, atoms, pids and references are words: they need nothing of the term they were in. */
static bool compile_keeps(const struct build *text)
{
    for (const struct part *part = text->parts, *end = part_next(part); part < end; part++)
        if (part->kind == PART_HOLE && part->arg != BUILD_ARG_NONE && !strchr("ifnapr", part->letter))
            return true;
    return false;
}

static size_t pattern_size(size_t n_steps)
{
    return sizeof(struct pattern) + n_steps * sizeof(struct step);
}

/* After the first look, which may have found out all about c->looked, and put the cursor in the root. */
static void compile_root(struct pattern_compiler *c, const struct part *root)
{
    if (root->kind == PART_TUPLE) {
        compile_elements(c, root, 0);
    } else if (root->kind == PART_LIST) {
        compile_part(c, part_first(root), 0, 0);
        compile_cells(c, root, 0);
    } else {
        compile_part(c, root, 0, 0);
    }
    if (!c->n_steps)
        step_add(c, (struct step){.arg = ARG_NOWHERE});
}

/* NULL: no memory. Takes over the text if it succeeds. Once to count the steps, and once more. */
static struct pattern *pattern_of(struct build *text)
{
    struct pattern head = {.text = text, .keeps = compile_keeps(text)};
    const struct part *looked = glance_first(&head, text->parts);
    struct pattern_compiler counter = {.looked = looked};
    compile_root(&counter, text->parts);
    struct pattern *p = memory_alloc(pattern_size(counter.n_steps));
    if (!p)
        return NULL;
    *p = head;
    p->n_steps = (uint16_t)counter.n_steps;
    struct pattern_compiler c = {.looked = looked, .literals = &text->literals, .steps = p->steps};
    p->decided = compile_is_idle(&c, text->parts);
    p->look.simple = p->decided && !p->look.enters && !text->n_args;
    compile_root(&c, text->parts);
    compile_end(p);
    compile_writes(p);
    if (!c.no_memory)
        return p;
    memory_free(p, pattern_size(p->n_steps));
    return NULL;
}

struct pattern *pattern_compile(const char *text, size_t length, struct text_error *error)
{
    struct build *parts = syntax_read(text, length, BUILD_PATTERNS, error);
    if (!parts)
        return NULL;
    struct pattern *p = pattern_of(parts);
    if (!p) {
        syntax_free(parts);
        *error = (struct text_error){BL_ENOMEM, 0, "there is no memory for it"};
    }
    return p;
}

void pattern_free(struct pattern *p)
{
    syntax_free(p->text);
    memory_free(p, pattern_size(p->n_steps));
}
