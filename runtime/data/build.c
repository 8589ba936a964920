/* build.c - see build.h. First reading, then building. */
#include "data/build.h"

#include <math.h>

#include "base/memory.h"
#include "data/atom.h"
#include "data/copy.h"
#include "data/decimal.h"
#include "data/map.h"
#include "data/utf8.h"

/* ---- the parts ---- */

bool part_is_literal(const struct part *p)
{
    for (const struct part *inside = p, *end = part_next(p); inside < end; inside++)
        if (inside->kind >= PART_HOLE)
            return false;
    return true;
}

/* ---- reading: what all of it uses ---- */

struct syntax {
    const char *at, *end, *text;
    enum build_use use;
    struct text_error *error;
    char *scratch; /* as long as the text: what is written with escapes is no longer than they */
    unsigned depth, n_parts, n_args;
    struct heap literals;
    uint8_t args[BUILD_ARGS_MOST];
    struct part parts[BUILD_PARTS_MOST];
};

/* Always false. The first error counts; there is no second. */
static bool syntax_refuse(struct syntax *p, const char *at, const char *sentence)
{
    *p->error = (struct text_error){BL_EINVAL, (size_t)(at - p->text), sentence};
    return false;
}

static bool syntax_refuse_memory(struct syntax *p)
{
    *p->error = (struct text_error){BL_ENOMEM, (size_t)(p->at - p->text), "there is no memory for it"};
    return false;
}

static void syntax_skip_space(struct syntax *p)
{
    while (p->at < p->end && memchr(" \t\r\n", *p->at, 4))
        p->at++;
}

/* Is this the next thing? Then go behind it. */
static bool syntax_accept(struct syntax *p, const char *what)
{
    size_t n = strlen(what);
    if ((size_t)(p->end - p->at) < n || memcmp(p->at, what, n) != 0)
        return false;
    p->at += n;
    return true;
}

/* The same, after space. */
static bool syntax_accept_next(struct syntax *p, const char *what)
{
    syntax_skip_space(p);
    return syntax_accept(p, what);
}

/* The byte n from here; 0 at the end, where nothing begins. */
static char syntax_peek(const struct syntax *p, size_t n)
{
    return (size_t)(p->end - p->at) > n ? p->at[n] : 0;
}

static bool syntax_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool syntax_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool syntax_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* The value of a digit or letter, as in 36#z; 36 for anything else. */
static unsigned syntax_digit_value(char c)
{
    if (syntax_is_digit(c))
        return (unsigned)(c - '0');
    if (syntax_is_lower(c))
        return (unsigned)(c - 'a') + 10;
    return syntax_is_upper(c) ? (unsigned)(c - 'A') + 10 : 36;
}

/* NULL: refused. */
static struct part *syntax_add_part(struct syntax *p, enum part_kind kind)
{
    if (p->n_parts == BUILD_PARTS_MOST) {
        syntax_refuse(p, p->at, "more than 256 parts; some of it can stand apart, in the place of a %t");
        return NULL;
    }
    struct part *part = &p->parts[p->n_parts++];
    *part = (struct part){.kind = (uint8_t)kind, .arg = BUILD_ARG_NONE, .size = 1};
    return part;
}

/* All that it has inside has been read. */
static void syntax_end_part(struct syntax *p, struct part *part)
{
    part->size = (uint16_t)(&p->parts[p->n_parts] - part);
}

static bool syntax_add_literal(struct syntax *p, term t)
{
    if (!t)
        return syntax_refuse_memory(p);
    struct part *part = syntax_add_part(p, PART_LITERAL);
    if (part)
        part->value = t;
    return part;
}

/* ---- characters ---- */

/* A character that is in the text as it is. */
static bool syntax_utf8(struct syntax *p, uint32_t *point)
{
    int32_t decoded = utf8_decode(&p->at, p->end);
    *point = (uint32_t)decoded;
    return decoded != UTF8_BAD || syntax_refuse(p, p->at, "this is no UTF-8; write the byte as \\xhh");
}

/* As many digits as there are, but at most `most`. */
static unsigned syntax_digits(struct syntax *p, unsigned base, unsigned most, uint32_t *value)
{
    unsigned n = 0;
    for (*value = 0; n < most && syntax_digit_value(syntax_peek(p, 0)) < base; n++)
        *value = *value * base + syntax_digit_value(*p->at++);
    return n;
}

/* Behind \x: two digits, or any number in braces. */
static bool syntax_hexadecimal(struct syntax *p, uint32_t *point)
{
    static const char sentence[] = "after \\x there are two hexadecimal digits, or a code point in braces: \\x{20ac}";
    const char *start = p->at;
    if (!syntax_accept(p, "{"))
        return syntax_digits(p, 16, 2, point) == 2 || syntax_refuse(p, start, sentence);
    if (!syntax_digits(p, 16, 7, point) || !syntax_accept(p, "}") || !utf8_is_character(*point))
        return syntax_refuse(p, start, sentence);
    return true;
}

/* Behind a backslash. *is_byte: it was written as a byte. */
static bool syntax_escape(struct syntax *p, uint32_t *point, bool *is_byte)
{
    static const char letters[] = "ntrbfvesd\\\"'", meant[] = "\n\t\r\b\f\v\033 \177\\\"'";
    char c = syntax_peek(p, 0);
    const char *known = c ? strchr(letters, c) : NULL;
    *is_byte = true;
    if (known) {
        p->at++;
        *point = (unsigned char)meant[known - letters];
        return true;
    }
    if (syntax_accept(p, "x")) {
        *is_byte = syntax_peek(p, 0) != '{';
        return syntax_hexadecimal(p, point);
    }
    if (syntax_digits(p, 8, 3, point) && *point < 256)
        return true;
    return syntax_refuse(p, p->at,
                         "there is no such escape; there are \\n \\t \\r \\b \\f \\v \\e \\s \\d \\ooo \\xhh \\x{h...} "
                         "\\\\ \\\" \\'");
}

/* The next character up to `quote`. `bytes`: those of a binary, which are taken as they are. */
static bool syntax_character(struct syntax *p, bool bytes, uint32_t *point, bool *is_byte)
{
    *is_byte = bytes;
    if (syntax_accept(p, "\\"))
        return syntax_escape(p, point, is_byte);
    if (!bytes)
        return syntax_utf8(p, point);
    *point = (unsigned char)*p->at++;
    return true;
}

/* What is between quotes, behind the first of them, into the scratch: *length bytes more. */
static bool syntax_quoted(struct syntax *p, char quote, bool bytes, size_t *length)
{
    const char *start = p->at - 1;
    for (;;) {
        if (p->at == p->end)
            return syntax_refuse(p, start, "this quote is never closed");
        if (*p->at == quote) {
            p->at++;
            return true;
        }
        uint32_t point;
        bool is_byte;
        if (!syntax_character(p, bytes, &point, &is_byte))
            return false;
        if (bytes && is_byte)
            p->scratch[(*length)++] = (char)point;
        else
            *length += utf8_encode(point, p->scratch + *length);
    }
}

/* ---- atoms, strings, binaries ---- */

static bool syntax_add_atom(struct syntax *p, const char *start, const char *text, size_t length)
{
    bl_error error;
    term atom = atom_intern(text, length, &error);
    if (atom)
        return syntax_add_literal(p, atom);
    if (error == BL_EINVAL)
        return syntax_refuse(p, start, "an atom has at most 255 characters; a longer name can be a binary");
    *p->error =
        (struct text_error){error, (size_t)(start - p->text),
                            error == BL_ELIMIT ? "there is no room for another atom" : "there is no memory for it"};
    return false;
}

static bool syntax_bare_atom(struct syntax *p)
{
    const char *start = p->at;
    while (syntax_digit_value(syntax_peek(p, 0)) < 36 || syntax_peek(p, 0) == '_' || syntax_peek(p, 0) == '@')
        p->at++;
    return syntax_add_atom(p, start, start, (size_t)(p->at - start));
}

static bool syntax_quoted_atom(struct syntax *p)
{
    const char *start = p->at++;
    size_t length = 0;
    return syntax_quoted(p, '\'', false, &length) && syntax_add_atom(p, start, p->scratch, length);
}

static bool syntax_append(struct syntax *p, term *first, term **end, uint32_t point)
{
    term cell = cell_make(&p->literals, term_int(point), TERM_NIL);
    if (!cell)
        return syntax_refuse_memory(p);
    *(*end ? *end : first) = cell;
    *end = term_pointer(cell) + 1;
    return true;
}

static bool syntax_string(struct syntax *p)
{
    const char *start = p->at++;
    term first = TERM_NIL, *end = NULL;
    while (!syntax_accept(p, "\"")) {
        uint32_t point;
        bool is_byte;
        if (p->at == p->end)
            return syntax_refuse(p, start, "this quote is never closed");
        if (!syntax_character(p, false, &point, &is_byte) || !syntax_append(p, &first, &end, point))
            return false;
    }
    return syntax_add_literal(p, first);
}

/* A piece of a binary: a string or a byte. */
static bool syntax_bytes(struct syntax *p, size_t *length)
{
    uint32_t byte;
    const char *start = p->at;
    if (syntax_accept(p, "\""))
        return syntax_quoted(p, '"', true, length);
    if (!syntax_digits(p, 10, 4, &byte) || byte > 255)
        return syntax_refuse(p, start, "a binary is made of strings and bytes: <<\"abc\", 0, 255>>");
    p->scratch[(*length)++] = (char)byte;
    return true;
}

static bool syntax_binary(struct syntax *p)
{
    size_t length = 0;
    p->at += 2;
    if (!syntax_accept_next(p, ">>")) {
        do {
            syntax_skip_space(p);
            if (!syntax_bytes(p, &length))
                return false;
        } while (syntax_accept_next(p, ","));
        if (!syntax_accept_next(p, ">>"))
            return syntax_refuse(p, p->at, "here should be , or >> of a binary");
    }
    return syntax_add_literal(p, binary_make(&p->literals, p->scratch, length));
}

/* ---- numbers ---- */

/* Decimal digits, also with _ between them, into the scratch behind n others. Returns how many there are then. */
static size_t syntax_decimals(struct syntax *p, size_t n)
{
    for (; syntax_is_digit(syntax_peek(p, 0)) || (syntax_peek(p, 0) == '_' && syntax_is_digit(syntax_peek(p, 1)));
         p->at++)
        if (*p->at != '_')
            p->scratch[n++] = *p->at;
    return n;
}

/* e5, E-300, or nothing. */
static long syntax_exponent(struct syntax *p)
{
    bool negative = syntax_peek(p, 1) == '-';
    size_t sign = negative || syntax_peek(p, 1) == '+';
    long exponent = 0;
    if ((syntax_peek(p, 0) != 'e' && syntax_peek(p, 0) != 'E') || !syntax_is_digit(syntax_peek(p, 1 + sign)))
        return 0;
    for (p->at += 1 + sign; syntax_is_digit(syntax_peek(p, 0)); p->at++)
        exponent = exponent < 100000 ? exponent * 10 + (*p->at - '0') : exponent;
    return negative ? -exponent : exponent;
}

/* From the point on; n digits before it are in the scratch. */
static bool syntax_float(struct syntax *p, const char *start, size_t n, bool negative)
{
    p->at++;
    size_t digits = syntax_decimals(p, n);
    long exponent = syntax_exponent(p) - (long)(digits - n);
    if (digits > DECIMAL_DIGITS_MOST)
        return syntax_refuse(p, start, "a float has at most 800 digits");
    double value = decimal_value(p->scratch, digits, exponent);
    if (!isfinite(value))
        return syntax_refuse(p, start, "this float is too large; the largest is 1.797e308");
    return syntax_add_literal(p, float_make(&p->literals, negative ? -value : value));
}

/* Digits of a base, which end where a number ends. Counted downwards, as there is one more below zero. */
static bool syntax_integer(struct syntax *p, const char *start, unsigned base, bool negative)
{
    const char *first = p->at;
    int64_t value = 0;
    bool fits = true;
    for (; syntax_digit_value(syntax_peek(p, 0)) < base ||
           (syntax_peek(p, 0) == '_' && p->at > first && syntax_digit_value(syntax_peek(p, 1)) < base);
         p->at++)
        if (*p->at != '_')
            fits = fits && !__builtin_mul_overflow(value, (int64_t)base, &value) &&
                   !__builtin_sub_overflow(value, (int64_t)syntax_digit_value(*p->at), &value);
    if (p->at == first || syntax_digit_value(syntax_peek(p, 0)) < 36)
        return syntax_refuse(p, p->at, "this is no digit of the number's base");
    if (!fits || (!negative && value == INT64_MIN))
        return syntax_refuse(p, start, "this integer has more than 64 bits; the range is that of int64_t");
    return syntax_add_literal(p, integer_make(&p->literals, negative ? value : -value));
}

/* 16#ff from the # on; `digits` is where the base begins. */
static bool syntax_based(struct syntax *p, const char *start, const char *digits, bool negative)
{
    uint32_t base;
    p->at = digits;
    if (!syntax_digits(p, 10, 3, &base) || !syntax_accept(p, "#") || base < 2 || base > 36)
        return syntax_refuse(p, start, "the base of an integer is 2 to 36: 16#ff");
    return syntax_integer(p, start, base, negative);
}

static bool syntax_number(struct syntax *p)
{
    const char *start = p->at;
    bool negative = syntax_accept(p, "-");
    const char *digits = p->at;
    if (!syntax_is_digit(syntax_peek(p, 0)))
        return syntax_refuse(p, start, "after - there should be a number");
    size_t n = syntax_decimals(p, 0);
    char behind = syntax_peek(p, 0);
    if (behind == '.' && syntax_is_digit(syntax_peek(p, 1)))
        return syntax_float(p, start, n, negative);
    if (behind == '.' || behind == 'e' || behind == 'E')
        return syntax_refuse(p, p->at, "a float has digits on both sides of its point: 1.0e6");
    if (behind == '#')
        return syntax_based(p, start, digits, negative);
    p->at = digits;
    return syntax_integer(p, start, 10, negative);
}

/* $a */
static bool syntax_dollar(struct syntax *p)
{
    uint32_t point;
    bool is_byte;
    p->at++;
    if (p->at == p->end)
        return syntax_refuse(p, p->at, "after $ there should be a character");
    return syntax_character(p, false, &point, &is_byte) && syntax_add_literal(p, term_int(point));
}

/* ---- holes ---- */

static const char syntax_match_letters[] = "tifnaprblTmF", syntax_pin_letters[] = "tpria",
                  syntax_build_letters[] = "tifparlTmFsAb";

static enum build_arg syntax_arg_type(char letter)
{
    switch (letter) {
    case 'i': return ARG_INTEGER;
    case 'f': return ARG_DOUBLE;
    case 'p': return ARG_PID;
    case 's':
    case 'A':
    case 'b': return ARG_POINTER;
    default: return ARG_TERM;
    }
}

static bool syntax_add_arg(struct syntax *p, enum build_arg type)
{
    if (p->n_args == BUILD_ARGS_MOST)
        return syntax_refuse(p, p->at, "more than 32 arguments; some of it can stand apart, in the place of a %t");
    p->args[p->n_args++] = (uint8_t)type;
    return true;
}

static bool syntax_has_letter(const char *letters, char letter)
{
    return letter && strchr(letters, letter);
}

static bool syntax_refuse_match_letter(struct syntax *p, char letter)
{
    if (syntax_has_letter("sA", letter))
        return syntax_refuse(p, p->at, "%s and %A are for building; a binary is matched by %b, an atom by %a");
    return syntax_refuse(p, p->at,
                         "there is no such hole; there are %t (any term) %i (integer) %f (float) %n (number) %a (atom) "
                         "%p (pid) %r (reference) %b (binary) %l (list) %T (tuple) %m (map) %F (function)");
}

/* Behind "%=". */
static bool syntax_pin(struct syntax *p)
{
    char letter = syntax_peek(p, 0);
    if (!syntax_has_letter(syntax_pin_letters, letter))
        return syntax_refuse(p, p->at, "there is no such pin; there are %=t (any term) %=i %=a %=p %=r");
    struct part *pin = syntax_add_part(p, PART_PIN);
    if (!pin)
        return false;
    pin->letter = letter;
    pin->arg = (uint8_t)p->n_args;
    p->at++;
    return syntax_add_arg(p, syntax_arg_type(letter));
}

/* The size between % and the letter. */
static bool syntax_size(struct syntax *p, struct part *hole)
{
    const char *start = p->at;
    uint32_t size;
    hole->sized = syntax_digits(p, 10, 8, &size);
    hole->value = size;
    if (hole->sized && !syntax_has_letter("bTm", syntax_peek(p, 0)))
        return syntax_refuse(p, start, "a size is for %b (bytes), %T (elements) or %m (keys): %16b");
    return true;
}

static bool syntax_match_hole(struct syntax *p)
{
    if (syntax_accept(p, "="))
        return syntax_pin(p);
    struct part *hole = syntax_add_part(p, PART_HOLE);
    bool silent = syntax_accept(p, "*");
    if (!hole || !syntax_size(p, hole))
        return false;
    if (!syntax_has_letter(syntax_match_letters, syntax_peek(p, 0)))
        return syntax_refuse_match_letter(p, syntax_peek(p, 0));
    hole->letter = *p->at;
    if (!silent) {
        hole->arg = (uint8_t)p->n_args;
        if (!syntax_add_arg(p, ARG_POINTER))
            return false;
    }
    p->at++;
    return true;
}

static bool syntax_refuse_build_letter(struct syntax *p, char letter)
{
    if (letter == '=' || letter == '*' || syntax_is_digit(letter))
        return syntax_refuse(p, p->at, "a pin, * or a size is for matching; a value is written %t, %i, ...");
    if (letter == 'n')
        return syntax_refuse(p, p->at, "%n is for matching; a value is an integer, %i, or a float, %f");
    return syntax_refuse(
        p, p->at,
        "there is no such hole; there are %t (any term) %i (int64_t) %f (double) %p (pid) %a %r %l %T %m "
        "%F (a term that is one) %s (string, as binary) %A (string, as atom) %b (bytes and their number)");
}

static bool syntax_build_hole(struct syntax *p)
{
    char letter = syntax_peek(p, 0);
    if (!syntax_has_letter(syntax_build_letters, letter))
        return syntax_refuse_build_letter(p, letter);
    struct part *hole = syntax_add_part(p, PART_HOLE);
    if (!hole)
        return false;
    hole->letter = letter;
    hole->arg = (uint8_t)p->n_args;
    if (!syntax_add_arg(p, syntax_arg_type(letter)) || (letter == 'b' && !syntax_add_arg(p, ARG_SIZE)))
        return false;
    p->at++;
    return true;
}

static bool syntax_hole(struct syntax *p)
{
    p->at++;
    return p->use == BUILD_PATTERNS ? syntax_match_hole(p) : syntax_build_hole(p);
}

static bool syntax_any(struct syntax *p)
{
    if (p->use == BUILD_TERMS)
        return syntax_refuse(p, p->at, "_ is for matching; a value is written %t");
    if (syntax_digit_value(syntax_peek(p, 1)) < 36 || syntax_peek(p, 1) == '_')
        return syntax_refuse(p, p->at, "there are no variables here; a hole is written %t, and what does not matter _");
    p->at++;
    return syntax_add_part(p, PART_ANY);
}

/* ---- what has parts: braces nest at most BUILD_DEPTH_MOST deep, and so do these functions ---- */

static bool syntax_term(struct syntax *p);

static bool syntax_tuple(struct syntax *p)
{
    struct part *tuple = syntax_add_part(p, PART_TUPLE);
    if (!tuple)
        return false;
    p->at++;
    if (!syntax_accept_next(p, "}")) {
        do {
            if (!syntax_term(p))
                return false;
            tuple->count++;
        } while (syntax_accept_next(p, ","));
        if (!syntax_accept_next(p, "}"))
            return syntax_refuse(p, p->at, "here should be , or } of a tuple");
    }
    syntax_end_part(p, tuple);
    return true;
}

/* Behind the elements. */
static bool syntax_tail(struct syntax *p)
{
    if (syntax_accept_next(p, "]"))
        return syntax_add_literal(p, TERM_NIL);
    if (!syntax_accept_next(p, "|"))
        return syntax_refuse(p, p->at, "here should be , or | or ] of a list");
    if (!syntax_term(p))
        return false;
    return syntax_accept_next(p, "]") || syntax_refuse(p, p->at, "after the tail of a list there should be ]");
}

static bool syntax_list(struct syntax *p)
{
    p->at++;
    if (syntax_accept_next(p, "]"))
        return syntax_add_literal(p, TERM_NIL);
    struct part *list = syntax_add_part(p, PART_LIST);
    if (!list)
        return false;
    do {
        if (!syntax_term(p))
            return false;
        list->count++;
    } while (syntax_accept_next(p, ","));
    if (!syntax_tail(p))
        return false;
    syntax_end_part(p, list);
    return true;
}

static bool syntax_arrow(struct syntax *p)
{
    if (syntax_accept_next(p, ":="))
        return true;
    if (p->use == BUILD_PATTERNS)
        return syntax_refuse(p, p->at, "after a key of a pattern there should be :=");
    return syntax_accept(p, "=>") || syntax_refuse(p, p->at, "after a key there should be =>");
}

static bool syntax_key(struct syntax *p)
{
    syntax_skip_space(p);
    const char *start = p->at;
    const struct part *key = &p->parts[p->n_parts];
    if (!syntax_term(p))
        return false;
    if (p->use == BUILD_TERMS || key->kind == PART_PIN || part_is_literal(key))
        return true;
    return syntax_refuse(p, start, "a key is known when matching begins: write a literal, or a pin such as %=t");
}

static bool syntax_map(struct syntax *p)
{
    if (syntax_peek(p, 1) != '{')
        return syntax_refuse(p, p->at, "after # there should be { of a map: #{key := value}");
    struct part *map = syntax_add_part(p, PART_MAP);
    if (!map)
        return false;
    p->at += 2;
    if (!syntax_accept_next(p, "}")) {
        do {
            if (!syntax_key(p) || !syntax_arrow(p) || !syntax_term(p))
                return false;
            map->count++;
        } while (syntax_accept_next(p, ","));
        if (!syntax_accept_next(p, "}"))
            return syntax_refuse(p, p->at, "here should be , or } of a map");
    }
    syntax_end_part(p, map);
    return true;
}

static bool syntax_nested(struct syntax *p, bool parse(struct syntax *))
{
    if (p->depth == BUILD_DEPTH_MOST)
        return syntax_refuse(p, p->at, "nested more than 16 deep; some of it can stand apart, in the place of a %t");
    p->depth++;
    bool parsed = parse(p);
    p->depth--;
    return parsed;
}

static bool syntax_refuse_start(struct syntax *p)
{
    if (p->at == p->end)
        return syntax_refuse(p, p->at, "the text ends where a term should be");
    if (syntax_is_upper(*p->at))
        return syntax_refuse(
            p, p->at, "there are no variables here; a hole is written %t, an atom with a capital in quotes: 'A'");
    return syntax_refuse(
        p, p->at, "here a term should begin: an atom, a number, \"...\", <<...>>, {...}, [...], #{...} or a hole");
}

static bool syntax_term(struct syntax *p)
{
    syntax_skip_space(p);
    char c = syntax_peek(p, 0);
    switch (c) {
    case '%': return syntax_hole(p);
    case '{': return syntax_nested(p, syntax_tuple);
    case '[': return syntax_nested(p, syntax_list);
    case '#': return syntax_nested(p, syntax_map);
    case '\'': return syntax_quoted_atom(p);
    case '"': return syntax_string(p);
    case '$': return syntax_dollar(p);
    case '_': return syntax_any(p);
    case '<': return syntax_peek(p, 1) == '<' ? syntax_binary(p) : syntax_refuse_start(p);
    }
    if (c == '-' || syntax_is_digit(c))
        return syntax_number(p);
    return syntax_is_lower(c) ? syntax_bare_atom(p) : syntax_refuse_start(p);
}

static bool syntax_whole(struct syntax *p)
{
    if (!syntax_term(p))
        return false;
    syntax_skip_space(p);
    return p->at == p->end || syntax_refuse(p, p->at, "here the term is complete, but the text goes on");
}

/* ---- reading: the whole ---- */

static size_t build_size(const struct build *b)
{
    return sizeof *b + b->n_parts * sizeof *b->parts;
}

/* What was read, in a block of its size. It takes over the literals. NULL: no memory. */
static struct build *syntax_result(const struct syntax *p)
{
    struct build *b = memory_alloc(sizeof *b + p->n_parts * sizeof *b->parts);
    if (!b)
        return NULL;
    b->literals = p->literals;
    b->template = NULL;
    b->n_parts = (uint16_t)p->n_parts;
    b->n_args = (uint8_t)p->n_args;
    memcpy(b->args, p->args, p->n_args);
    memcpy(b->parts, p->parts, p->n_parts * sizeof *b->parts);
    return b;
}

/* Nothing has been read. It is large: never on a stack, not even for a moment. */
static void syntax_init(struct syntax *p, const char *text, size_t length, enum build_use use)
{
    p->text = p->at = text;
    p->end = text + length;
    p->use = use;
    p->depth = p->n_parts = p->n_args = 0;
    heap_init(&p->literals);
}

static struct build *syntax_keep(struct syntax *p)
{
    struct build *b = NULL;
    if (syntax_whole(p) && !(b = syntax_result(p)))
        syntax_refuse_memory(p);
    if (!b)
        heap_fini(&p->literals);
    return b;
}

static void build_make_template(struct build *);

struct build *build_compile(const char *text, size_t length, enum build_use use, struct text_error *error)
{
    *error = (struct text_error){BL_ENOMEM, 0, "there is no memory for it"};
    struct syntax *p = memory_alloc(sizeof *p);
    char *scratch = memory_alloc(length + 1);
    struct build *b = NULL;
    if (p && scratch) {
        syntax_init(p, text, length, use);
        p->error = error;
        p->scratch = scratch;
        b = syntax_keep(p);
    }
    if (scratch)
        memory_free(scratch, length + 1);
    if (p)
        memory_free(p, sizeof *p);
    if (b)
        *error = (struct text_error){BL_OK, length, "all is well"};
    if (b && use == BUILD_TERMS)
        build_make_template(b);
    return b;
}

void build_free(struct build *b)
{
    if (b->template)
        template_free(b->template);
    heap_fini(&b->literals);
    memory_free(b, build_size(b));
}

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
