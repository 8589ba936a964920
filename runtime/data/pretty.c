/* pretty.c - terms over several lines, broken where Erlang breaks them.
 *
 * What stands on which line follows io_lib_pretty of Erlang/OTP 25, whose rules say: what
 * fits into the rest of the line is written flat; else its parts are written one after the
 * other, and a part goes to a new line if it does not fit, or if it or its predecessor has
 * parts itself and is no string. So all that must be known of a term is how wide it is.
 *
 * Therefore it is written flat first, and what is where in that text (struct span) is all
 * that is looked at from then on. The parts of tagged tuples are indented by the width of
 * the tag, or by 4 if that went too far to the right, or by 1: two walks that write
 * nothing find out (`measuring`), and a third one writes.
 *
 * Some rules are not what one would expect (a map's first line counts less than others);
 * they are theirs, and marked. */
#include "data/print.h"

/* A list, tuple or map of which some parts are still to be written. */
struct level {
    uint64_t next, end; /* spans: the next part, and the first that is none */
    size_t closing;     /* where in the flat text the bracket is that closes it */
    long column;        /* where its parts begin, from 1 */
    long at;            /* where we are, or beyond the right margin: only a new line will do */
    long width;         /* on this line so far */
    long depth;         /* brackets that close behind its last part */
    uint64_t value;     /* of a map: written next, on a line of its own; or 0 */
    enum span_kind kind;
    bool first; /* nothing of it is written yet */
};

struct pretty {
    struct text *out;
    const char *flat;
    const struct span *spans;
    long columns, all; /* of a line; of all characters when written flat */
    long indent;       /* of tagged tuples: -1 behind the tag, else so many */
    bool measuring, too_far;
    unsigned count;
    struct level levels[PRETTY_DEPTH];
};

/* ---- writing ---- */

static void write_flat(struct pretty *p, size_t from, size_t to)
{
    if (!p->measuring)
        text_add(p->out, p->flat + from, to - from);
}

static void write_span(struct pretty *p, const struct span *s)
{
    write_flat(p, s->start, s->end);
}

static void write_string(struct pretty *p, const char *s)
{
    if (!p->measuring)
        text_add_string(p->out, s);
}

static void write_new_line(struct pretty *p, long column)
{
    if (p->measuring)
        return;
    text_add_char(p->out, '\n');
    text_add_spaces(p->out, (size_t)column - 1);
}

/* ---- what fits ---- */

static bool span_fits(const struct pretty *p, long characters, long column, long depth, long width)
{
    return characters < p->columns - column - depth && characters + width + depth <= p->all;
}

static bool is_atomic(const struct span *s)
{
    return s->kind == SPAN_ATOMIC;
}

static bool has_parts(const struct span *s)
{
    return s->kind > SPAN_DEEP;
}

/* ---- beginning a term ---- */

static struct level *add_level(struct pretty *p, const struct span *s, long column, long depth, long width)
{
    struct level *l = &p->levels[p->count++];
    *l = (struct level){.next = (uint64_t)(s - p->spans) + 1, .end = s->next, .closing = s->end - 1};
    l->column = l->at = column;
    l->depth = depth;
    l->width = width;
    l->kind = s->kind;
    l->first = true;
    return l;
}

static void begin_tagged(struct pretty *p, const struct span *s, long column, long depth, long width)
{
    const struct span *tag = s + 1;
    long behind = (long)tag->characters + 2, half = p->columns / 2;
    bool below = p->indent > 0 && behind > p->indent;
    struct level *l = add_level(p, s, column + (below ? p->indent : behind), depth, width + 1 + (long)tag->characters);
    l->next = tag->next;
    l->first = !below;
    if (below)
        l->at = column + behind;
    else
        l->width++;
    if (p->measuring)
        p->too_far = l->column > half - !below && p->all + l->column > p->columns - !below;
    write_flat(p, s->start, tag->end);
    if (!below)
        write_string(p, ",");
}

/* Numbers and commas, in lines of equal length. */
static void write_binary(struct pretty *p, const struct span *s, long column, long depth, long width)
{
    long room = p->columns - column - 2 < p->all - 4 - width ? p->columns - column - 2 : p->all - 4 - width;
    size_t end = s->end - 2;
    room = room - depth > 8 ? room - depth : 8;
    write_string(p, "<<");
    long left = room;
    for (size_t from = s->start + 2, to; from < end; from = to) {
        for (to = from; to < end && p->flat[to] != ',';)
            to++;
        to += to < end;
        left -= (long)(to - from);
        if (left < 0) {
            write_new_line(p, column + 2);
            left = room - (long)(to - from);
        }
        write_flat(p, from, to);
    }
    write_string(p, ">>");
}

/* Write s, or what comes before its first part, and leave the rest to its level. */
static void begin_span(struct pretty *p, const struct span *s, long column, long depth, long width)
{
    long characters = (long)s->characters;
    if (span_fits(p, characters, column, depth, width) || (!has_parts(s) && s->kind != SPAN_BINARY)) {
        write_span(p, s);
    } else if (s->kind == SPAN_BINARY) {
        if (!p->measuring)
            write_binary(p, s, column, depth, width);
    } else if (s->kind == SPAN_TAGGED) {
        begin_tagged(p, s, column, depth, width);
    } else {
        bool map = s->kind == SPAN_MAP;
        write_string(p, map ? "#{" : s->kind == SPAN_TUPLE ? "{" : "[");
        add_level(p, s, column + 1 + map, depth, width + 1 + (map && p->measuring)); /* theirs */
    }
}

/* ---- the parts of a list or tuple ---- */

/* Brackets behind the part that ends before `next`: none if another one follows. The tail
 * of an improper list does not count as one: theirs. */
static long depth_behind(const struct pretty *p, const struct level *l, uint64_t next)
{
    bool last = next == l->end || (l->kind == SPAN_IMPROPER && p->spans[next].next == l->end);
    return last ? l->depth + 1 : 0;
}

/* A part on a line that was begun. Whoever comes after one with parts needs a new line. */
static void begin_part(struct pretty *p, struct level *l, const struct span *s, long depth, long width)
{
    bool stays = is_atomic(s) && span_fits(p, (long)s->characters, l->column, depth, width);
    long taken = stays ? (long)s->characters : p->columns;
    l->at = l->column + taken;
    l->width = width + taken;
    begin_span(p, s, l->column, depth, width);
}

static void begin_tail(struct pretty *p, struct level *l, const struct span *s)
{
    long characters = (long)s->characters, column = l->column, at = l->at;
    write_string(p, "|");
    if (is_atomic(s) && span_fits(p, characters + 1, at, l->depth + 1, l->width)) {
        write_span(p, s);
        return;
    }
    write_new_line(p, column);
    begin_span(p, s, p->measuring ? at : column, l->depth + 1, 0); /* theirs */
}

/* The comma counts, and behind it at least one more character. */
static bool fits_behind(const struct pretty *p, const struct level *l, long characters, long depth)
{
    return span_fits(p, characters + 1, l->at, depth ? depth : 1, l->width);
}

static void next_part(struct pretty *p, struct level *l)
{
    const struct span *s = &p->spans[l->next];
    bool first = l->first, tail = l->kind == SPAN_IMPROPER && s->next == l->end;
    l->next = s->next;
    l->first = false;
    long depth = depth_behind(p, l, l->next);
    if (tail && !first) {
        begin_tail(p, l, s);
        return;
    }
    if (first) {
        begin_part(p, l, s, depth, l->width);
        return;
    }
    write_string(p, ",");
    if (is_atomic(s) && fits_behind(p, l, (long)s->characters, depth)) {
        write_span(p, s);
        l->at += (long)s->characters + 1;
        l->width += (long)s->characters + 1;
        return;
    }
    write_new_line(p, l->column);
    begin_part(p, l, s, depth, 0);
}

/* ---- the pairs of a map ---- */

static const struct span *pair_value(const struct pretty *p, const struct span *key)
{
    return &p->spans[key->next];
}

static long pair_characters(const struct pretty *p, const struct span *key)
{
    return (long)(key->characters + pair_value(p, key)->characters) + 4; /* " => " */
}

static bool pair_is_atomic(const struct pretty *p, const struct span *key)
{
    return is_atomic(key) && is_atomic(pair_value(p, key));
}

static void write_pair(struct pretty *p, const struct span *key)
{
    write_flat(p, key->start, pair_value(p, key)->end);
}

static void begin_pair(struct pretty *p, struct level *l, const struct span *key, long depth, long width)
{
    bool whole = span_fits(p, pair_characters(p, key), l->column, depth, width);
    long taken = whole && pair_is_atomic(p, key) ? pair_characters(p, key) : p->columns;
    bool first = l->first;
    l->first = false;
    l->at = l->column + taken;
    l->width = first && p->measuring ? width + taken : taken; /* theirs */
    if (whole) {
        write_pair(p, key);
        return;
    }
    l->value = key->next;
    begin_span(p, key, l->column, depth, width);
}

static void begin_value(struct pretty *p, struct level *l)
{
    const struct span *s = &p->spans[l->value];
    long column = l->column + (p->indent > 0 ? p->indent : 4);
    l->value = 0;
    write_string(p, " =>");
    write_new_line(p, column);
    begin_span(p, s, column, depth_behind(p, l, l->next), 0);
}

static void next_pair(struct pretty *p, struct level *l)
{
    const struct span *key = &p->spans[l->next];
    l->next = pair_value(p, key)->next;
    long depth = depth_behind(p, l, l->next), characters = pair_characters(p, key);
    if (l->first) {
        begin_pair(p, l, key, depth, l->width);
        return;
    }
    write_string(p, ",");
    if (pair_is_atomic(p, key) && fits_behind(p, l, characters, depth)) {
        write_pair(p, key);
        l->at += characters + 1;
        l->width += characters + 1;
        return;
    }
    write_new_line(p, l->column);
    begin_pair(p, l, key, depth, 0);
}

/* ---- all of it ---- */

static void walk_spans(struct pretty *p)
{
    begin_span(p, p->spans, 1, 0, 0);
    while (p->count && !p->too_far && !p->out->failed) {
        struct level *l = &p->levels[p->count - 1];
        if (l->value) {
            begin_value(p, l);
        } else if (l->next == l->end) {
            write_flat(p, l->closing, l->closing + 1);
            p->count--;
        } else if (l->kind == SPAN_MAP) {
            next_pair(p, l);
        } else {
            next_part(p, l);
        }
    }
}

static bool goes_too_far(struct pretty *p, long indent)
{
    p->indent = indent;
    p->measuring = true;
    walk_spans(p);
    bool too_far = p->too_far;
    p->measuring = p->too_far = false;
    p->count = 0;
    return too_far;
}

static bool write_broken(struct text *out, const struct text *flat, const struct spans *spans, unsigned columns)
{
    struct pretty *p = memory_alloc(sizeof *p);
    if (!p)
        return false;
    p->out = out;
    p->flat = flat->bytes;
    p->spans = spans->all;
    p->columns = (long)columns;
    p->all = (long)spans->all->characters;
    p->count = 0;
    p->too_far = false;
    if (goes_too_far(p, -1) && goes_too_far(p, 4))
        p->indent = 1;
    walk_spans(p);
    memory_free(p, sizeof *p);
    return !out->failed;
}

bool term_print_pretty(struct text *out, term t, unsigned columns)
{
    struct text flat;
    struct spans spans = {0};
    if (!columns)
        return term_print(out, t);
    text_init(&flat);
    bool done = term_print_spans(&flat, t, &spans);
    if (done && (spans.all->kind == SPAN_ATOMIC || spans.all->characters + 1 < columns))
        text_add(out, flat.bytes, flat.count);
    else if (done)
        done = write_broken(out, &flat, &spans, columns);
    spans_fini(&spans);
    text_fini(&flat);
    return done && !out->failed;
}
