/* print.c - see print.h.
 *
 * What is begun and not finished is a list of frames, of a word or two each:
 *
 *     CLOSE    a list, tuple or map that is over: its closing bracket and its span
 *     LIST     the tail of a list
 *     TUPLE    where the next element is, and how many there are
 *     MAP      a box of a map, and which of its keys or children is next
 *     VALUE    a box of a map, and which of its values is next
 *
 * Whoever begins the last part of something has taken its frame away, so that ten million
 * levels are as many words. */
#include "data/print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/atom.h"
#include "data/box.h"
#include "data/decimal.h"
#include "data/mapnode.h"
#include "data/utf8.h"
#include "data/worklist.h"

enum frame { FRAME_CLOSE, FRAME_LIST, FRAME_TUPLE, FRAME_MAP, FRAME_VALUE };

enum {
    FRAME_BITS = 3,
    FRAME_MASK = (1 << FRAME_BITS) - 1,
    CLOSE_SPAN_SHIFT = 16, /* FRAME_CLOSE: bracket in bits 8 to 15, span from here on */
    MAP_FIRST = 1 << FRAME_BITS,
    MAP_NEXT_SHIFT = FRAME_BITS + 1,
};

/* A span that is not recorded. */
#define NO_SPAN (UINT64_MAX >> CLOSE_SPAN_SHIFT)

struct printer {
    struct text *out;
    struct worklist frames;
    size_t depth;        /* frames that are FRAME_CLOSE */
    size_t continuation; /* bytes so far that were not the first of a character */
    struct spans *spans; /* or NULL: not wanted */
    term next;           /* to be begun at once, if `has_next`: before what the frames say */
    bool has_next;
    bool failed;
};

/* ---- small pieces of text ---- */

__attribute__((format(printf, 2, 3))) static void print_formatted(struct printer *p, const char *format, ...)
{
    char buffer[80];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    ASSERT(n >= 0 && (size_t)n < sizeof buffer);
    text_add(p->out, buffer, (size_t)n);
}

static void print_integer(struct printer *p, int64_t n)
{
    char buffer[20], *end = buffer + sizeof buffer, *s = end;
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
    do
        *--s = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0)
        *--s = '-';
    text_add(p->out, s, (size_t)(end - s));
}

/* ---- floats: with or without an exponent, whatever is shorter ---- */

static void print_digits(struct printer *p, const struct decimal *d, int from, int to)
{
    static const char zeros[] = "00000000000000000000";
    int have = d->count < to ? d->count : to;
    if (from < have)
        text_add(p->out, d->digits + from, (size_t)(have - from));
    if (from < have)
        from = have;
    if (from < to)
        text_add(p->out, zeros, (size_t)(to - from));
}

/* 123.0, 12.3, 0.0123 */
static void print_fixed(struct printer *p, const struct decimal *d)
{
    if (d->point > 0) {
        print_digits(p, d, 0, d->point);
        text_add_char(p->out, '.');
        print_digits(p, d, d->point, d->count > d->point ? d->count : d->point + 1);
    } else {
        print_formatted(p, "0.%.*s", -d->point, "00000000");
        print_digits(p, d, 0, d->count);
    }
}

static int fixed_length(const struct decimal *d)
{
    if (d->point <= 0)
        return 2 - d->point + d->count;
    return d->count > d->point ? d->count + 1 : d->point + 2;
}

/* 1.23e5, 1.0e-5 */
static void print_scientific(struct printer *p, const struct decimal *d)
{
    print_digits(p, d, 0, 1);
    text_add_char(p->out, '.');
    print_digits(p, d, 1, d->count > 1 ? d->count : 2);
    print_formatted(p, "e%d", d->point - 1);
}

static int scientific_length(const struct decimal *d)
{
    int exponent = abs(d->point - 1);
    return (d->count > 1 ? d->count : 2) + 2 + (d->point < 1) + (exponent < 10 ? 1 : exponent < 100 ? 2 : 3);
}

/* From here on not all integers are floats, and Erlang writes none out. */
#define FLOAT_INTEGERS 9007199254740992.0

static void print_float(struct printer *p, double f)
{
    if (__builtin_signbit(f)) {
        text_add_char(p->out, '-');
        f = -f;
    }
    struct decimal d = {.count = 1, .point = 1, .digits = "0"};
    if (f > 0)
        decimal_shortest(f, &d);
    if (f < FLOAT_INTEGERS && fixed_length(&d) <= scientific_length(&d))
        print_fixed(p, &d);
    else
        print_scientific(p, &d);
}

/* ---- characters and atoms ---- */

static bool latin1_is_printable(uint64_t c)
{
    return (c >= ' ' && c <= '~') || (c >= 0xa0 && c <= 0xff) || (c >= '\b' && c <= '\r') || c == 27;
}

/* The letter after the backslash, or 0. */
static char escape_letter(uint32_t c)
{
    static const char letters[] = "btnvfr"; /* from 8 to 13 */
    return c >= '\b' && c <= '\r' ? letters[c - '\b'] : c == 27 ? 'e' : c == 127 ? 'd' : 0;
}

static void print_character(struct printer *p, uint32_t c, char quote)
{
    char bytes[UTF8_LONGEST];
    if (c == (unsigned char)quote || c == '\\')
        print_formatted(p, "\\%c", (char)c);
    else if (c >= ' ' && c <= '~')
        text_add_char(p->out, (char)c);
    else if (escape_letter(c))
        print_formatted(p, "\\%c", escape_letter(c));
    else if (c < 0xa0)
        print_formatted(p, "\\%03o", c);
    else if (c > 0xff)
        print_formatted(p, "\\x{%" PRIX32 "}", c);
    else {
        text_add(p->out, bytes, utf8_encode(c, bytes));
        p->continuation++;
    }
}

static bool latin1_is_small(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 0xdf && c <= 0xff && c != 0xf7);
}

static bool latin1_is_capital(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7);
}

bool atom_may_contain(uint32_t c)
{
    return latin1_is_small(c) || latin1_is_capital(c) || (c >= '0' && c <= '9') || c == '_' || c == '@';
}

bool atom_may_begin(uint32_t c)
{
    return latin1_is_small(c);
}

bool atom_is_reserved(const char *text, size_t length)
{
    static const char *const words[] = {
        "after", "and",  "andalso", "band",   "begin",   "bnot", "bor", "bsl",  "bsr",
        "bxor",  "case", "catch",   "cond",   "div",     "end",  "fun", "if",   "let",
        "not",   "of",   "or",      "orelse", "receive", "rem",  "try", "when", "xor",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && !memcmp(words[i], text, length))
            return true;
    return false;
}

static bool needs_quotes(const char *text, const char *end)
{
    if (text == end || atom_is_reserved(text, (size_t)(end - text)))
        return true;
    if (!atom_may_begin((uint32_t)utf8_decode(&text, end)))
        return true;
    while (text < end)
        if (!atom_may_contain((uint32_t)utf8_decode(&text, end)))
            return true;
    return false;
}

static void print_atom(struct printer *p, term t)
{
    size_t length;
    const char *text = atom_text_of(t, &length);
    if (!text) {
        print_formatted(p, "#Atom<%" PRIu32 ">", term_atom_index(t));
        return;
    }
    const char *end = text + length;
    char quote = needs_quotes(text, end) ? '\'' : 0;
    if (quote)
        text_add_char(p->out, quote);
    while (text < end)
        print_character(p, (uint32_t)utf8_decode(&text, end), quote);
    if (quote)
        text_add_char(p->out, quote);
}

/* ---- what is written in quotes though it is not an atom ---- */

/* A list of one or more characters, and nothing else. */
static bool list_is_text(term t)
{
    for (; term_is_cell(t); t = cell_tail(t))
        if (!term_is_int(cell_head(t)) || !latin1_is_printable((uint64_t)term_int_value(cell_head(t))))
            return false;
    return t == TERM_NIL;
}

static void print_list_text(struct printer *p, term t)
{
    text_add_char(p->out, '"');
    for (; term_is_cell(t) && !p->out->failed; t = cell_tail(t))
        print_character(p, (uint32_t)term_int_value(cell_head(t)), '"');
    text_add_char(p->out, '"');
}

static bool binary_is_text(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!latin1_is_printable(bytes[i]))
            return false;
    return true;
}

/* Returns what it turned out to be. */
static enum span_kind print_binary(struct printer *p, const uint8_t *bytes, size_t n)
{
    bool is_text = n && binary_is_text(bytes, n);
    text_add_string(p->out, is_text ? "<<\"" : "<<");
    for (size_t i = 0; i < n && !p->out->failed; i++) {
        if (is_text) {
            print_character(p, bytes[i], '"');
            continue;
        }
        if (i)
            text_add_char(p->out, ',');
        print_integer(p, bytes[i]);
    }
    text_add_string(p->out, is_text ? "\">>" : ">>");
    return n && !is_text ? SPAN_BINARY : SPAN_ATOMIC;
}

/* ---- what has no parts ---- */

enum { REFERENCE_PART_BITS = 20, REFERENCE_PART_MASK = (1 << REFERENCE_PART_BITS) - 1 };

static void print_reference(struct printer *p, uint64_t number)
{
    print_formatted(p, "#Ref<0.%" PRIu64 ".%" PRIu64 ".%" PRIu64 ">", number >> 2 * REFERENCE_PART_BITS,
                    number >> REFERENCE_PART_BITS & REFERENCE_PART_MASK, number & REFERENCE_PART_MASK);
}

static void print_immediate(struct printer *p, term t)
{
    if (term_is_int(t))
        print_integer(p, term_int_value(t));
    else if (term_is_atom(t))
        print_atom(p, t);
    else if (term_is_pid(t))
        print_formatted(p, "<0.%" PRIu32 ".%" PRIu32 ">", term_pid_index(t), term_pid_generation(t));
    else if (term_is_reference(t))
        print_reference(p, term_reference_number(t));
    else if (t == TERM_NIL)
        text_add_string(p->out, "[]");
    else
        print_formatted(p, "#Own<16#%" PRIx64 ">", t);
}

/* A box without parts that are printed. */
static enum span_kind print_leaf(struct printer *p, term t)
{
    switch (header_kind(box_header_of(t))) {
    case BOX_TUPLE: text_add_string(p->out, "{}"); break;
    case BOX_MAP: text_add_string(p->out, "#{}"); break;
    case BOX_INTEGER: print_integer(p, integer_value(t)); break;
    case BOX_FLOAT: print_float(p, float_value(t)); break;
    case BOX_FUNCTION:
        print_formatted(p, "#Fun<0x%" PRIx64 "/%" PRIu64 ">", (uint64_t)term_int_value(box_payload(t)[0]),
                        (uint64_t)term_int_value(box_payload(t)[1]));
        break;
    case BOX_RESOURCE: print_formatted(p, "#Resource<0x%" PRIx64 ">", box_payload(t)[0]); break;
    default: return print_binary(p, binary_bytes(t), binary_size(t));
    }
    return SPAN_ATOMIC;
}

/* ---- spans ---- */

void spans_fini(struct spans *s)
{
    if (s->all)
        memory_free(s->all, s->room * sizeof *s->all);
}

/* False: no memory. */
static bool spans_grow(struct spans *s)
{
    size_t room = 2 * s->room + 64;
    struct span *all = memory_alloc(room * sizeof *all);
    if (!all)
        return false;
    if (s->count)
        memcpy(all, s->all, s->count * sizeof *all);
    spans_fini(s);
    s->all = all;
    s->room = room;
    return true;
}

/* What is written from here on is one. */
static uint64_t record_span(struct printer *p)
{
    struct spans *s = p->spans;
    if (!s || p->depth >= PRETTY_DEPTH)
        return NO_SPAN;
    if (s->count == s->room && !spans_grow(s)) {
        p->failed = true;
        return NO_SPAN;
    }
    s->all[s->count] = (struct span){.start = p->out->count, .characters = p->out->count - p->continuation};
    return s->count++;
}

static void finish_span(struct printer *p, uint64_t span, enum span_kind kind)
{
    if (span == NO_SPAN)
        return;
    struct span *s = &p->spans->all[span];
    s->end = p->out->count;
    s->characters = p->out->count - p->continuation - s->characters;
    s->next = p->spans->count;
    s->kind = p->depth >= PRETTY_DEPTH - 1 && kind > SPAN_DEEP ? SPAN_DEEP : kind;
}

/* ---- what has parts ---- */

static void push_frame(struct printer *p, uint64_t word)
{
    if (UNLIKELY(!worklist_push(&p->frames, word)))
        p->failed = true;
}

static void push_frames(struct printer *p, uint64_t below, uint64_t word)
{
    push_frame(p, below);
    push_frame(p, word);
}

static void open_bracket(struct printer *p, uint64_t span, const char *open, char close, enum span_kind kind)
{
    text_add_string(p->out, open);
    if (span != NO_SPAN)
        p->spans->all[span].kind = kind;
    push_frame(p, span << CLOSE_SPAN_SHIFT | (uint64_t)(unsigned char)close << 8 | FRAME_CLOSE);
    p->depth++;
}

static void close_bracket(struct printer *p, uint64_t word)
{
    uint64_t span = word >> CLOSE_SPAN_SHIFT;
    text_add_char(p->out, (char)(word >> 8));
    p->depth--;
    if (span != NO_SPAN)
        finish_span(p, span, (enum span_kind)p->spans->all[span].kind);
}

static void begin_next(struct printer *p, term t)
{
    p->next = t;
    p->has_next = true;
}

/* The head of a list, and then the rest. */
static void print_cell(struct printer *p, term list)
{
    if (cell_tail(list) != TERM_NIL)
        push_frames(p, cell_tail(list), FRAME_LIST);
    begin_next(p, cell_head(list));
}

static void print_tail(struct printer *p, term tail)
{
    if (term_is_cell(tail)) {
        text_add_char(p->out, ',');
        print_cell(p, tail);
        return;
    }
    uint64_t span = p->frames.items[p->frames.count - 1] >> CLOSE_SPAN_SHIFT; /* the list's bracket */
    if (span != NO_SPAN)
        p->spans->all[span].kind = SPAN_IMPROPER;
    text_add_char(p->out, '|');
    begin_next(p, tail);
}

static void print_elements(struct printer *p, const term *next, uint64_t n)
{
    if (n > 1)
        push_frames(p, (uint64_t)(uintptr_t)(next + 1), (n - 1) << FRAME_BITS | FRAME_TUPLE);
    begin_next(p, *next);
}

static void print_key(struct printer *p, term box, uint64_t word)
{
    struct map_parts parts = map_parts(box);
    size_t next = word >> MAP_NEXT_SHIFT;
    if (next < parts.n_keys) {
        if (!(word & MAP_FIRST))
            text_add_char(p->out, ',');
        push_frames(p, box, (uint64_t)next << MAP_NEXT_SHIFT | FRAME_VALUE);
        begin_next(p, parts.keys[next]);
    } else if (next - parts.n_keys < parts.n_children) {
        push_frames(p, box, (uint64_t)(next + 1) << MAP_NEXT_SHIFT | FRAME_MAP);
        push_frames(p, parts.children[next - parts.n_keys], (word & MAP_FIRST) | FRAME_MAP);
    }
}

static void print_value(struct printer *p, term box, uint64_t word)
{
    struct map_parts parts = map_parts(box);
    size_t value = word >> MAP_NEXT_SHIFT;
    text_add_string(p->out, " => ");
    if (value + 1 < parts.n_keys + parts.n_children)
        push_frames(p, box, (uint64_t)(value + 1) << MAP_NEXT_SHIFT | FRAME_MAP);
    begin_next(p, parts.values[value]);
}

/* Write t, or its bracket and what comes before its first part. */
static void print_term(struct printer *p, term t)
{
    uint64_t span = record_span(p);
    if (term_is_cell(t) && !list_is_text(t)) {
        open_bracket(p, span, "[", ']', SPAN_LIST);
        print_cell(p, t);
    } else if (term_is_tuple(t) && box_size(t)) {
        const term *elements = box_payload(t);
        bool tagged = box_size(t) > 1 && term_is_atom(elements[0]);
        open_bracket(p, span, "{", '}', tagged ? SPAN_TAGGED : SPAN_TUPLE);
        print_elements(p, elements, box_size(t));
    } else if (term_is_map(t) && map_size(t)) {
        open_bracket(p, span, "#{", '}', SPAN_MAP);
        print_key(p, t, MAP_FIRST | FRAME_MAP);
    } else {
        enum span_kind kind = SPAN_ATOMIC;
        if (term_is_cell(t))
            print_list_text(p, t);
        else if (term_is_box(t))
            kind = print_leaf(p, t);
        else
            print_immediate(p, t);
        finish_span(p, span, kind);
    }
}

/* Go on with what was begun last. */
static void print_next(struct printer *p)
{
    if (p->has_next) {
        p->has_next = false;
        print_term(p, p->next);
        return;
    }
    uint64_t word = worklist_pop(&p->frames);
    if ((word & FRAME_MASK) == FRAME_CLOSE) {
        close_bracket(p, word);
        return;
    }
    uint64_t below = worklist_pop(&p->frames);
    switch (word & FRAME_MASK) {
    case FRAME_LIST: print_tail(p, below); break;
    case FRAME_TUPLE:
        text_add_char(p->out, ',');
        print_elements(p, (const term *)(uintptr_t)below, word >> FRAME_BITS);
        break;
    case FRAME_MAP: print_key(p, below, word); break;
    default: print_value(p, below, word); break;
    }
}

bool term_print_spans(struct text *out, term t, struct spans *spans)
{
    struct printer p = {.out = out, .spans = spans};
    worklist_init(&p.frames);
    begin_next(&p, t);
    while ((p.has_next || p.frames.count) && !p.failed && !out->failed)
        print_next(&p);
    worklist_fini(&p.frames);
    return !p.failed && !out->failed;
}

bool term_print(struct text *out, term t)
{
    return term_print_spans(out, t, NULL);
}
