/* syntax.c - see syntax.h. */
#include "data/syntax.h"

#include "base/memory.h"
#include "data/box.h"

bool part_is_literal(const struct part *p)
{
    for (const struct part *inside = p, *end = part_next(p); inside < end; inside++)
        if (inside->kind >= PART_HOLE)
            return false;
    return true;
}

/* ---- what all of it uses ---- */

struct syntax {
    struct scan in;
    enum build_use use;
    struct text_error *error;
    unsigned depth, n_parts, n_args;
    struct heap literals;
    uint8_t args[BUILD_ARGS_MOST];
    struct part parts[BUILD_PARTS_MOST];
};

#define NO_MEMORY "there is no memory for it"
#define NO_DIGIT  "this is no digit of the number's base"
#define NO_HEX    "after \\x there are two hexadecimal digits, or a code point in braces: \\x{20ac}"
#define NO_ESCAPE \
    "there is no such escape; there are \\n \\t \\r \\b \\f \\v \\e \\s \\d \\ooo \\xhh \\x{h...} \\^c \\\\ \\\" \\'"

static const char *const syntax_sentences[SCAN_WRONGS] = {
    [SCAN_NO_MEMORY] = NO_MEMORY,
    [SCAN_UTF8] = "this is no UTF-8; write the byte as \\xhh",
    [SCAN_HEX] = NO_HEX,
    [SCAN_HEX_BRACES] = NO_HEX,
    [SCAN_ESCAPE] = NO_ESCAPE,
    [SCAN_ENDS_ESCAPE] = NO_ESCAPE,
    [SCAN_ENDS_CONTROL] = NO_ESCAPE,
    [SCAN_ENDS_DOLLAR] = "after $ there should be a character",
    [SCAN_ENDS_STRING] = "this quote is never closed",
    [SCAN_ENDS_ATOM] = "this quote is never closed",
    [SCAN_ATOM_LONG] = "an atom has at most 255 characters; a longer name can be a binary",
    [SCAN_ATOM_LIMIT] = "there is no room for another atom",
    [SCAN_LARGE_INTEGER] = "this integer has more than 64 bits; the range is that of int64_t",
    [SCAN_LARGE_FLOAT] = "this float is too large; the largest is 1.797e308",
    [SCAN_BASE] = "the base of an integer is 2 to 36: 16#ff",
    [SCAN_NO_DIGITS] = NO_DIGIT,
    [SCAN_NO_EXPONENT] = "after the e of a float there should be its exponent: 1.0e6",
    [SCAN_PIECE] = "a binary is made of strings and bytes: <<\"abc\", 0, 255>>",
    [SCAN_PIECE_TYPED] = "a binary is made of whole bytes: here should be , or >>",
    [SCAN_NO_PIECE] = "here should be , or >> of a binary",
};

/* Always false. The first error counts; there is no second. */
static bool syntax_refuse(struct syntax *p, const char *at, const char *sentence)
{
    *p->error = (struct text_error){BL_EINVAL, (size_t)(at - p->in.start), sentence};
    return false;
}

static bool syntax_refuse_memory(struct syntax *p)
{
    *p->error = (struct text_error){BL_ENOMEM, (size_t)(p->in.at - p->in.start), NO_MEMORY};
    return false;
}

/* What data/scan did not like. */
static bool syntax_refuse_scan(struct syntax *p)
{
    if (p->in.wrong == SCAN_ENDS_STRING || p->in.wrong == SCAN_ENDS_ATOM)
        p->in.wrong_at = p->in.opened;
    scan_explain(&p->in, syntax_sentences, p->error);
    return false;
}

/* NULL: refused. */
static struct part *syntax_add_part(struct syntax *p, enum part_kind kind)
{
    if (p->n_parts == BUILD_PARTS_MOST) {
        syntax_refuse(p, p->in.at, "more than 256 parts; some of it can stand apart, in the place of a %t");
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

/* ---- what has no parts ---- */

/* A name began at `start`. */
static bool syntax_name(struct syntax *p, const char *start)
{
    term atom;
    return scan_name_atom(&p->in, start, &atom) ? syntax_add_literal(p, atom) : syntax_refuse_scan(p);
}

static bool syntax_quoted_atom(struct syntax *p)
{
    term atom;
    return scan_quoted_atom(&p->in, &atom) ? syntax_add_literal(p, atom) : syntax_refuse_scan(p);
}

static bool syntax_string(struct syntax *p)
{
    term list = TERM_NIL, *end = &list;
    uint32_t c;
    enum scan_next next;
    scan_open_string(&p->in);
    while ((next = scan_string(&p->in, &c)) == SCAN_CHARACTER) {
        term cell = cell_make(&p->literals, term_int(c), TERM_NIL);
        if (!cell)
            return syntax_refuse_memory(p);
        *end = cell;
        end = term_pointer(cell) + 1;
    }
    return next == SCAN_END ? syntax_add_literal(p, list) : syntax_refuse_scan(p);
}

static bool syntax_binary(struct syntax *p)
{
    if (!scan_binary(&p->in))
        return syntax_refuse_scan(p);
    return syntax_add_literal(p, binary_make(&p->literals, scan_scratch(&p->in), p->in.scratch.count));
}

static bool syntax_dollar(struct syntax *p)
{
    uint32_t c;
    return scan_dollar(&p->in, &c) ? syntax_add_literal(p, term_int(c)) : syntax_refuse_scan(p);
}

/* Numbers end where they end: 12ab, 1. and 1e5 are mistakes in any place. */
static bool syntax_number_end(struct syntax *p, const char *digits, const struct scan_number *n)
{
    char behind = scan_peek(&p->in, 0);
    bool based = memchr(digits, '#', (size_t)(p->in.at - digits));
    if (!based && !n->is_float && (behind == '.' || behind == 'e' || behind == 'E'))
        return syntax_refuse(p, p->in.at, "a float has digits on both sides of its point: 1.0e6");
    return n->is_float || scan_digit_value(behind) == 36 || syntax_refuse(p, p->in.at, NO_DIGIT);
}

static bool syntax_number(struct syntax *p)
{
    const char *start = p->in.at;
    bool negative = scan_accept(&p->in, "-");
    const char *digits = p->in.at;
    struct scan_number n;
    if (!scan_is_digit(scan_peek(&p->in, 0)))
        return syntax_refuse(p, start, "after - there should be a number");
    if (!scan_number(&p->in, start, negative, &n))
        return syntax_refuse_scan(p);
    if (!syntax_number_end(p, digits, &n))
        return false;
    return syntax_add_literal(p,
                              n.is_float ? float_make(&p->literals, n.value) : integer_make(&p->literals, n.integer));
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
        return syntax_refuse(p, p->in.at, "more than 32 arguments; some of it can stand apart, in the place of a %t");
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
        return syntax_refuse(p, p->in.at, "%s and %A are for building; a binary is matched by %b, an atom by %a");
    return syntax_refuse(p, p->in.at,
                         "there is no such hole; there are %t (any term) %i (integer) %f (float) %n (number) %a (atom) "
                         "%p (pid) %r (reference) %b (binary) %l (list) %T (tuple) %m (map) %F (function)");
}

/* Behind "%=". */
static bool syntax_pin(struct syntax *p)
{
    char letter = scan_peek(&p->in, 0);
    if (!syntax_has_letter(syntax_pin_letters, letter))
        return syntax_refuse(p, p->in.at, "there is no such pin; there are %=t (any term) %=i %=a %=p %=r");
    struct part *pin = syntax_add_part(p, PART_PIN);
    if (!pin)
        return false;
    pin->letter = letter;
    pin->arg = (uint8_t)p->n_args;
    p->in.at++;
    return syntax_add_arg(p, syntax_arg_type(letter));
}

/* The size between % and the letter. */
static bool syntax_size(struct syntax *p, struct part *hole)
{
    const char *start = p->in.at;
    uint32_t size;
    hole->sized = scan_digits(&p->in, 10, 8, &size);
    hole->value = size;
    if (hole->sized && !syntax_has_letter("bTm", scan_peek(&p->in, 0)))
        return syntax_refuse(p, start, "a size is for %b (bytes), %T (elements) or %m (keys): %16b");
    return true;
}

static bool syntax_match_hole(struct syntax *p)
{
    if (scan_accept(&p->in, "="))
        return syntax_pin(p);
    struct part *hole = syntax_add_part(p, PART_HOLE);
    bool silent = scan_accept(&p->in, "*");
    if (!hole || !syntax_size(p, hole))
        return false;
    if (!syntax_has_letter(syntax_match_letters, scan_peek(&p->in, 0)))
        return syntax_refuse_match_letter(p, scan_peek(&p->in, 0));
    hole->letter = *p->in.at;
    if (!silent) {
        hole->arg = (uint8_t)p->n_args;
        if (!syntax_add_arg(p, ARG_POINTER))
            return false;
    }
    p->in.at++;
    return true;
}

static bool syntax_refuse_build_letter(struct syntax *p, char letter)
{
    if (letter == '=' || letter == '*' || scan_is_digit(letter))
        return syntax_refuse(p, p->in.at, "a pin, * or a size is for matching; a value is written %t, %i, ...");
    if (letter == 'n')
        return syntax_refuse(p, p->in.at, "%n is for matching; a value is an integer, %i, or a float, %f");
    return syntax_refuse(
        p, p->in.at,
        "there is no such hole; there are %t (any term) %i (int64_t) %f (double) %p (pid) %a %r %l %T %m "
        "%F (a term that is one) %s (string, as binary) %A (string, as atom) %b (bytes and their number)");
}

static bool syntax_build_hole(struct syntax *p)
{
    char letter = scan_peek(&p->in, 0);
    if (!syntax_has_letter(syntax_build_letters, letter))
        return syntax_refuse_build_letter(p, letter);
    struct part *hole = syntax_add_part(p, PART_HOLE);
    if (!hole)
        return false;
    hole->letter = letter;
    hole->arg = (uint8_t)p->n_args;
    if (!syntax_add_arg(p, syntax_arg_type(letter)) || (letter == 'b' && !syntax_add_arg(p, ARG_SIZE)))
        return false;
    p->in.at++;
    return true;
}

static bool syntax_hole(struct syntax *p)
{
    p->in.at++;
    return p->use == BUILD_PATTERNS ? syntax_match_hole(p) : syntax_build_hole(p);
}

static bool syntax_any(struct syntax *p)
{
    if (p->use == BUILD_TERMS)
        return syntax_refuse(p, p->in.at, "_ is for matching; a value is written %t");
    if (scan_digit_value(scan_peek(&p->in, 1)) < 36 || scan_peek(&p->in, 1) == '_')
        return syntax_refuse(p, p->in.at,
                             "there are no variables here; a hole is written %t, and what does not matter _");
    p->in.at++;
    return syntax_add_part(p, PART_ANY);
}

/* ---- what has parts: braces nest at most BUILD_DEPTH_MOST deep, and so do these functions ---- */

static bool syntax_term(struct syntax *p);

static bool syntax_tuple(struct syntax *p)
{
    struct part *tuple = syntax_add_part(p, PART_TUPLE);
    if (!tuple)
        return false;
    p->in.at++;
    if (!scan_accept_next(&p->in, "}")) {
        do {
            if (!syntax_term(p))
                return false;
            tuple->count++;
        } while (scan_accept_next(&p->in, ","));
        if (!scan_accept_next(&p->in, "}"))
            return syntax_refuse(p, p->in.at, "here should be , or } of a tuple");
    }
    syntax_end_part(p, tuple);
    return true;
}

/* Behind the elements. */
static bool syntax_tail(struct syntax *p)
{
    if (scan_accept_next(&p->in, "]"))
        return syntax_add_literal(p, TERM_NIL);
    if (!scan_accept_next(&p->in, "|"))
        return syntax_refuse(p, p->in.at, "here should be , or | or ] of a list");
    if (!syntax_term(p))
        return false;
    return scan_accept_next(&p->in, "]") || syntax_refuse(p, p->in.at, "after the tail of a list there should be ]");
}

static bool syntax_list(struct syntax *p)
{
    p->in.at++;
    if (scan_accept_next(&p->in, "]"))
        return syntax_add_literal(p, TERM_NIL);
    struct part *list = syntax_add_part(p, PART_LIST);
    if (!list)
        return false;
    do {
        if (!syntax_term(p))
            return false;
        list->count++;
    } while (scan_accept_next(&p->in, ","));
    if (!syntax_tail(p))
        return false;
    syntax_end_part(p, list);
    return true;
}

static bool syntax_arrow(struct syntax *p)
{
    if (scan_accept_next(&p->in, ":="))
        return true;
    if (p->use == BUILD_PATTERNS)
        return syntax_refuse(p, p->in.at, "after a key of a pattern there should be :=");
    return scan_accept(&p->in, "=>") || syntax_refuse(p, p->in.at, "after a key there should be =>");
}

static bool syntax_key(struct syntax *p)
{
    scan_skip_space(&p->in);
    const char *start = p->in.at;
    const struct part *key = &p->parts[p->n_parts];
    if (!syntax_term(p))
        return false;
    if (p->use == BUILD_TERMS || key->kind == PART_PIN || part_is_literal(key))
        return true;
    return syntax_refuse(p, start, "a key is known when matching begins: write a literal, or a pin such as %=t");
}

static bool syntax_map(struct syntax *p)
{
    if (scan_peek(&p->in, 1) != '{')
        return syntax_refuse(p, p->in.at, "after # there should be { of a map: #{key := value}");
    struct part *map = syntax_add_part(p, PART_MAP);
    if (!map)
        return false;
    p->in.at += 2;
    if (!scan_accept_next(&p->in, "}")) {
        do {
            if (!syntax_key(p) || !syntax_arrow(p) || !syntax_term(p))
                return false;
            map->count++;
        } while (scan_accept_next(&p->in, ","));
        if (!scan_accept_next(&p->in, "}"))
            return syntax_refuse(p, p->in.at, "here should be , or } of a map");
    }
    syntax_end_part(p, map);
    return true;
}

static bool syntax_nested(struct syntax *p, bool parse(struct syntax *))
{
    if (p->depth == BUILD_DEPTH_MOST)
        return syntax_refuse(p, p->in.at, "nested more than 16 deep; some of it can stand apart, in the place of a %t");
    p->depth++;
    bool parsed = parse(p);
    p->depth--;
    return parsed;
}

static bool syntax_refuse_start(struct syntax *p)
{
    if (p->in.at == p->in.end)
        return syntax_refuse(p, p->in.at, "the text ends where a term should be");
    if ((*p->in.at >= 'A' && *p->in.at <= 'Z'))
        return syntax_refuse(
            p, p->in.at, "there are no variables here; a hole is written %t, an atom with a capital in quotes: 'A'");
    return syntax_refuse(
        p, p->in.at, "here a term should begin: an atom, a number, \"...\", <<...>>, {...}, [...], #{...} or a hole");
}

static bool syntax_term(struct syntax *p)
{
    scan_skip_space(&p->in);
    const char *start = p->in.at;
    char c = scan_peek(&p->in, 0);
    switch (c) {
    case '%': return syntax_hole(p);
    case '{': return syntax_nested(p, syntax_tuple);
    case '[': return syntax_nested(p, syntax_list);
    case '#': return syntax_nested(p, syntax_map);
    case '\'': return syntax_quoted_atom(p);
    case '"': return syntax_string(p);
    case '$': return syntax_dollar(p);
    case '_': return syntax_any(p);
    case '<': return scan_peek(&p->in, 1) == '<' ? syntax_binary(p) : syntax_refuse_start(p);
    }
    if (c == '-' || scan_is_digit(c))
        return syntax_number(p);
    return scan_name(&p->in) ? syntax_name(p, start) : syntax_refuse_start(p);
}

static bool syntax_whole(struct syntax *p)
{
    if (!syntax_term(p))
        return false;
    scan_skip_space(&p->in);
    return p->in.at == p->in.end || syntax_refuse(p, p->in.at, "here the term is complete, but the text goes on");
}

/* ---- the whole ---- */

static size_t syntax_bytes(const struct build *b)
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
static void syntax_init(struct syntax *p, const char *text, size_t length, enum build_use use, struct text_error *error)
{
    scan_init(&p->in, text, length, true);
    p->use = use;
    p->error = error;
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
    scan_fini(&p->in);
    return b;
}

struct build *syntax_read(const char *text, size_t length, enum build_use use, struct text_error *error)
{
    *error = (struct text_error){BL_ENOMEM, 0, NO_MEMORY};
    struct syntax *p = memory_alloc(sizeof *p);
    if (!p)
        return NULL;
    syntax_init(p, text, length, use, error);
    struct build *b = syntax_keep(p);
    memory_free(p, sizeof *p);
    if (b)
        *error = (struct text_error){BL_OK, length, "all is well"};
    return b;
}

void syntax_free(struct build *b)
{
    if (b->template)
        template_free(b->template);
    heap_fini(&b->literals);
    memory_free(b, syntax_bytes(b));
}
