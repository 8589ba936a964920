/* pattern.c - see pattern.h. */
#include "data/pattern.h"

#include "data/map.h"
#include "data/order.h"

/* One call among the steps would cost all of them: see match_steps(). */
#define INLINED static inline __attribute__((always_inline))

INLINED bool match_header(term v, uint64_t header)
{
    return term_is_box(v) && box_header_of(v) == header;
}

static inline bool match_kinds(term v, uint64_t kinds)
{
    return term_is_box(v) && (kinds >> header_kind(box_header_of(v)) & 1);
}

static uint64_t match_double(double d)
{
    uint64_t word;
    memcpy(&word, &d, sizeof word);
    return word;
}

static bool match_raw(term v, term literal)
{
    if (!match_header(v, box_header_of(literal)))
        return false;
    return term_is_float(v) ? float_value(v) == float_value(literal) : integer_value(v) == integer_value(literal);
}

static bool match_bytes(term v, term literal)
{
    return term_is_binary(v) && binary_size(v) == binary_size(literal) &&
           !memcmp(binary_bytes(v), binary_bytes(literal), binary_size(v));
}

static bool match_string(term v, term literal)
{
    for (; term_is_cell(literal); literal = cell_tail(literal), v = cell_tail(v))
        if (!term_is_cell(v) || cell_head(v) != cell_head(literal))
            return false;
    return v == literal;
}

static enum pattern_result match_result(bool matched)
{
    return matched ? PATTERN_YES : PATTERN_NO;
}

static enum pattern_result match_result_of_order(enum order order)
{
    return order == ORDER_NO_MEMORY ? PATTERN_NO_MEMORY : match_result(order == ORDER_SAME);
}

/* The key in an argument; TERM_NONE: it is not what the pin says. An integer may need a box: *box. */
static term match_pinned(char letter, uint64_t word, term box[2])
{
    if (letter != 'i')
        return template_accepts(letter, word) ? word : TERM_NONE;
    if ((int64_t)word >= BL_INT_MIN && (int64_t)word <= BL_INT_MAX)
        return term_int((int64_t)word);
    box[0] = box_header(BOX_INTEGER, 1);
    box[1] = word;
    return term_box(box);
}

/* One comparison. */
struct match {
    uint64_t got[BUILD_ARGS_MOST + 1];        /* what holes met; at the end, what nobody wants */
    const term *levels[BUILD_DEPTH_MOST + 2]; /* where the cursor was, for STEP_BACK */
    term found[BUILD_DEPTH_MOST + 2];         /* in maps */
};

static enum pattern_result match_key(struct match *m, const struct step *s, term map, const uint64_t *words)
{
    term box[2], key = s->op == STEP_KEY ? s->value : match_pinned((char)s->value, words[s->arg], box);
    m->levels[s->level] = &m->found[s->level];
    return key ? match_result_of_order(map_get(map, key, &m->found[s->level])) : PATTERN_NO;
}

static bool match_number(term v, uint64_t *got)
{
    if (!term_is_number(v))
        return false;
    *got = term_is_float(v) ? box_payload(v)[0] : match_double((double)integer_value(v));
    return true;
}

static bool match_float(term v, uint64_t *got)
{
    if (!term_is_float(v))
        return false;
    *got = box_payload(v)[0];
    return true;
}

static NOINLINE enum pattern_result match_other(struct match *m, const struct step *s, term v, const uint64_t *words)
{
    uint64_t *got = &m->got[s->arg];
    *got = v;
    switch ((enum step_op)s->op) {
    case STEP_LIST: return match_result(term_is_list(v));
    case STEP_KINDS: return match_result(match_kinds(v, s->value));
    case STEP_HEADER: return match_result(match_header(v, s->value));
    case STEP_FLOAT: return match_result(match_float(v, got));
    case STEP_NUMBER: return match_result(match_number(v, got));
    case STEP_BYTES_SIZED: return match_result(term_is_binary(v) && binary_size(v) == s->value);
    case STEP_MAP_SIZED: return match_result(term_is_map(v) && map_size(v) == s->value);
    case STEP_RAW: return match_result(match_raw(v, s->value));
    case STEP_BYTES: return match_result(match_bytes(v, s->value));
    case STEP_STRING: return match_result(match_string(v, s->value));
    case STEP_PIN_INTEGER: return match_result(term_is_integer(v) && integer_value(v) == (int64_t)words[s->arg]);
    case STEP_PIN_TERM: return match_result_of_order(term_same(v, words[s->arg]));
    case STEP_KEY:
    case STEP_KEY_PIN: return match_key(m, s, v, words);
    default: panic("pattern: no step is %d", s->op);
    }
}

/* It matches: what holes met, and is not written yet. */
INLINED enum pattern_result match_write(const struct pattern *p, const uint64_t *words, const uint64_t *got)
{
    for (unsigned i = 0, n = p->n_writes; i < n; i++) {
        unsigned arg = p->writes[i];
        memcpy((void *)(uintptr_t)words[arg], &got[arg], sizeof *got);
    }
    return PATTERN_YES;
}

INLINED void match_put(struct match *m, const struct step *s, const uint64_t *words, uint64_t word)
{
    if (s->does & STEP_AT_ONCE)
        memcpy((void *)(uintptr_t)words[s->arg], &word, sizeof word); /* what is there has many types */
    else
        m->got[s->arg] = word;
}

INLINED bool match_integer(struct match *m, const struct step *s, const uint64_t *words, term v)
{
    if (LIKELY(term_is_int(v)))
        match_put(m, s, words, (uint64_t)term_int_value(v));
    else if (match_header(v, box_header(BOX_INTEGER, 1)))
        match_put(m, s, words, box_payload(v)[0]);
    else
        return false;
    return true;
}

INLINED bool match_mask(const struct step *s, term v)
{
    return (v & (uint64_t)(int64_t)s->mask) == s->value;
}

INLINED bool match_word(struct match *m, const struct step *s, const uint64_t *words, term v)
{
    if (s->does & STEP_INTEGER)
        return match_integer(m, s, words, v);
    if (UNLIKELY(!match_mask(s, v)))
        return false;
    match_put(m, s, words, v);
    return true;
}

/* Where a small map has the value of a key that is a word; NULL: look again, properly. */
INLINED const term *match_flat_key(term v, term key)
{
    if (!term_is_kind(v, BOX_MAP) || term_is_boxed(key))
        return NULL;
    const term *keys = box_payload(v) + 1;
    size_t n = map_size(v);
    for (size_t i = 0; i < n; i++)
        if (keys[i] == key)
            return keys + n + i;
    return NULL;
}

/* Compared with a cell, a tuple. */
INLINED const term *match_enter(struct match *m, const struct step *s, term v)
{
    return m->levels[s->level] = term_pointer(v);
}

static enum pattern_result match_all(const struct pattern *p, struct match *m, const struct step *s, const term *at,
                                     const uint64_t *words);

/* From step s on, the cursor being `at`. There are two copies of it: one that knows all steps,
 * and one that does not know the others and goes over to the first when it meets one. So the
 * second calls nothing on its way and saves no registers, which a small pattern would feel. */
INLINED enum pattern_result match_steps(const struct pattern *p, struct match *m, const struct step *s, const term *at,
                                        const uint64_t *words, bool all)
{
    for (const term *at_value;; s++) {
        term v = at[s->offset];
        if (LIKELY(!(s->does & STEP_SPECIAL))) {
            if (!match_word(m, s, words, v))
                return PATTERN_NO;
        } else if (s->does & STEP_ENTERS_CELL) {
            if (!term_is_cell(v))
                return PATTERN_NO;
            at = match_enter(m, s, v);
            if (!match_word(m, s, words, *at))
                return PATTERN_NO;
        } else if (s->does & STEP_PINNED) {
            if (v != words[s->arg] || !match_mask(s, v))
                return PATTERN_NO;
        } else if (s->does & STEP_ENTERS_TUPLE) {
            if (!match_header(v, s->value))
                return PATTERN_NO;
            at = match_enter(m, s, v);
        } else if (s->op == STEP_BACK) {
            at = m->levels[s->level];
        } else if (s->op == STEP_KEY && (at_value = match_flat_key(v, s->value))) {
            at = m->levels[s->level] = at_value;
        } else {
            if (!all)
                return match_all(p, m, s, at, words);
            enum pattern_result result = match_other(m, s, v, words);
            if (result != PATTERN_YES)
                return result;
            if (s->op < STEP_STAYS)
                at = m->levels[s->level];
        }
        if (s->does & STEP_LAST)
            return match_write(p, words, m->got);
    }
}

static NOINLINE enum pattern_result match_all(const struct pattern *p, struct match *m, const struct step *s,
                                              const term *at, const uint64_t *words)
{
    return match_steps(p, m, s, at, words, true);
}

enum pattern_result pattern_match_rest(const struct pattern *p, const term *root, const uint64_t *words)
{
    struct match m;
    m.levels[0] = root;
    return match_steps(p, &m, p->steps, root, words, false);
}

enum pattern_result pattern_match(const struct pattern *p, term t, va_list *args)
{
    uint64_t words[BUILD_ARGS_MOST];
    if (!pattern_may_match(p, t))
        return PATTERN_NO;
    pattern_read_args(p, args, words);
    return pattern_match_seen(p, t, words);
}
