/* parse.c - see parse.h.
 *
 * The pieces are read by data/scan; here is what is made of them. Terms that are read wait in a list until what they are parts of is closed. Where that
 * was opened, a mark lies in the list, which no term looks like: so a level costs a word.
 *
 *     mark: | where the mark before it is + 1 | state (4 bits) | 00 | */
#include "data/parse.h"

#include "data/box.h"
#include "data/map.h"
#include "data/print.h"
#include "data/utf8.h"
#include "data/worklist.h"

enum state { STATE_LIST, STATE_TAIL /* behind | */, STATE_TUPLE, STATE_KEY, STATE_VALUE };

enum { MARK_STATE_SHIFT = 2, MARK_STATE_MASK = 15, MARK_OUTER_SHIFT = 6 };

/* What comes next. */
enum wanted { WANT_NOTHING /* it has failed */, WANT_TERM, WANT_SEPARATOR /* or a bracket */ };

struct parser {
    struct heap *heap;
    struct worklist waiting;
    uint64_t marks; /* where the last mark is + 1; 0: nothing is open */
    struct text_error *error;
    struct scan in;
};

/* ---- failure ---- */

#define NO_MEMORY_HERE "There is no memory for this term."

static const char *const parse_sentences[SCAN_WRONGS] = {
    [SCAN_NO_MEMORY] = NO_MEMORY_HERE,
    [SCAN_UTF8] = "This is no character of UTF-8, which the text must be.",
    [SCAN_HEX] = "\\x is followed by two hexadecimal digits, or by as many as it needs in { }.",
    [SCAN_HEX_BRACES] = "\\x{ is followed by the number of a character, 16#0 to 16#10ffff but for surrogates, and }.",
    [SCAN_ENDS_ESCAPE] = "The text ends behind \\; a character should follow, and a quote.",
    [SCAN_ENDS_CONTROL] = "The text ends behind \\^; a letter should follow, and a quote.",
    [SCAN_ENDS_DOLLAR] = "The text ends behind $; a character should follow, as in $a.",
    [SCAN_ENDS_STRING] = "The text ends inside quotes; \" is missing.",
    [SCAN_ENDS_ATOM] = "The text ends inside the quotes of an atom; ' is missing.",
    [SCAN_ATOM_LONG] = "This atom is too long; it may have 255 characters.",
    [SCAN_ATOM_LIMIT] = "This atom is new, and no more atoms can be made in this OS process.",
    [SCAN_LARGE_INTEGER] =
        "This integer is too large: integers have 64 bits here, -9223372036854775808 to 9223372036854775807.",
    [SCAN_LARGE_FLOAT] = "This float is too large; the largest is 1.7976931348623157e308.",
    [SCAN_BASE] = "Before # is the base of a number, 2 to 36.",
    [SCAN_NO_DIGITS] = "Behind # should be digits of that base.",
    [SCAN_NO_EXPONENT] = "Behind the e of a float should be its exponent, as in 1.0e10 or 1.0e-5.",
    [SCAN_PIECE] = "A binary is made of numbers from 0 to 255 and of text in double quotes.",
    [SCAN_PIECE_WIDE] = "In a binary, text has characters up to 255, one byte each; with /utf8 behind its quotes any.",
    [SCAN_PIECE_TYPED] = "Sizes and types are not read here; a binary is made of whole bytes.",
    [SCAN_NO_PIECE] = "The binary goes on with a comma, or ends with >>.",
};

static enum wanted parse_failed(struct parser *p, const char *at, const char *sentence)
{
    *p->error = (struct text_error){BL_EINVAL, (size_t)(at - p->in.start), sentence};
    return WANT_NOTHING;
}

static enum wanted parse_no_memory(struct parser *p)
{
    *p->error = (struct text_error){BL_ENOMEM, (size_t)(p->in.at - p->in.start), NO_MEMORY_HERE};
    return WANT_NOTHING;
}

/* What data/scan did not like. */
static enum wanted parse_scan_failed(struct parser *p)
{
    scan_explain(&p->in, parse_sentences, p->error);
    return WANT_NOTHING;
}

/* ---- terms without parts ---- */

static bool parse_at(const struct parser *p, char c)
{
    return !scan_at_end(&p->in) && *p->in.at == c;
}

/* t has been read, or there was no memory. */
static enum wanted parse_done(struct parser *p, term t)
{
    return t && worklist_push(&p->waiting, t) ? WANT_SEPARATOR : parse_no_memory(p);
}

/* No term begins here. */
static enum wanted parse_stray(struct parser *p)
{
    const char *at = p->in.at, *next = at;
    int32_t c = utf8_decode(&next, p->in.end);
    if (c == UTF8_BAD)
        return parse_failed(p, at, parse_sentences[SCAN_UTF8]);
    if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde) || c == '_')
        return parse_failed(p, at,
                            "This is a variable, which has no value here; an atom like this needs quotes: 'Name'.");
    if (c > 0xff)
        return parse_failed(p, at, "No term begins with this character; an atom with it needs quotes.");
    return parse_failed(p, at,
                        "No term begins like this. It should be a number, an atom, a quote, or one of "
                        "[ { #{ << $ <0. #Ref<.");
}

static enum wanted parse_name(struct parser *p)
{
    const char *at = p->in.at;
    term atom;
    if (!scan_name(&p->in))
        return parse_stray(p);
    if (atom_is_reserved(at, (size_t)(p->in.at - at)))
        return parse_failed(p, at, "This is a reserved word; an atom of this name needs quotes, as in 'and'.");
    return scan_name_atom(&p->in, at, &atom) ? parse_done(p, atom) : parse_scan_failed(p);
}

static enum wanted parse_quoted_atom(struct parser *p)
{
    term atom;
    return scan_quoted_atom(&p->in, &atom) ? parse_done(p, atom) : parse_scan_failed(p);
}

static enum wanted parse_string(struct parser *p)
{
    term list = TERM_NIL, *end = &list;
    uint32_t c;
    enum scan_next next;
    scan_open_string(&p->in);
    while ((next = scan_string(&p->in, &c)) == SCAN_CHARACTER) {
        term cell = cell_make(p->heap, term_int(c), TERM_NIL);
        if (!cell)
            return parse_no_memory(p);
        *end = cell;
        end = term_pointer(cell) + 1;
    }
    return next == SCAN_END ? parse_done(p, list) : parse_scan_failed(p);
}

static enum wanted parse_number(struct parser *p, bool negative)
{
    struct scan_number n;
    if (!scan_number(&p->in, p->in.at, negative, &n))
        return parse_scan_failed(p);
    return parse_done(p, n.is_float ? float_make(p->heap, n.value) : integer_make(p->heap, n.integer));
}

static enum wanted parse_dollar(struct parser *p, bool negative)
{
    uint32_t c;
    if (!scan_dollar(&p->in, &c))
        return parse_scan_failed(p);
    return parse_done(p, term_int(negative ? -(int64_t)c : (int64_t)c));
}

static enum wanted parse_sign(struct parser *p)
{
    bool negative = *p->in.at++ == '-';
    scan_skip_space(&p->in);
    if (scan_is_digit(scan_peek(&p->in, 0)))
        return parse_number(p, negative);
    if (parse_at(p, '$'))
        return parse_dollar(p, negative);
    return parse_failed(p, p->in.at, "Behind a sign should be a number.");
}

static enum wanted parse_binary(struct parser *p)
{
    if (!scan_binary(&p->in))
        return parse_scan_failed(p);
    return parse_done(p, binary_make(p->heap, scan_scratch(&p->in), p->in.scratch.count));
}

/* ---- pids and references ---- */

/* .N */
static bool parse_part(struct parser *p, uint64_t most, uint64_t *n)
{
    return scan_accept(&p->in, ".") && scan_is_digit(scan_peek(&p->in, 0)) && scan_decimal(&p->in, n) && *n <= most;
}

static enum wanted parse_pid(struct parser *p)
{
    const char *at = p->in.at;
    uint64_t index, generation;
    if (scan_accept(&p->in, "<0") && parse_part(p, PID_INDEX_NOBODY - 1, &index) &&
        parse_part(p, UINT32_MAX, &generation) && scan_accept(&p->in, ">"))
        return parse_done(p, term_pid((uint32_t)index, (uint32_t)generation));
    return parse_failed(p, at, "A pid is <0.Index.Generation>, of 28 and 32 bits; a binary begins with <<.");
}

static enum wanted parse_reference(struct parser *p, const char *at)
{
    enum { PART_BITS = 20, PART_MOST = (1 << PART_BITS) - 1 };
    uint64_t a, b, c;
    if (scan_accept(&p->in, "0") && parse_part(p, PART_MOST, &a) && parse_part(p, PART_MOST, &b) &&
        parse_part(p, PART_MOST, &c) && scan_accept(&p->in, ">"))
        return parse_done(p, term_reference(a << 2 * PART_BITS | b << PART_BITS | c));
    return parse_failed(p, at, "A reference is #Ref<0.A.B.C>, of 20 bits each.");
}

/* ---- what has parts ---- */

static uint64_t *parse_mark(struct parser *p)
{
    return &p->waiting.items[p->marks - 1];
}

static enum state parse_state(struct parser *p)
{
    return (enum state)(*parse_mark(p) >> MARK_STATE_SHIFT & MARK_STATE_MASK);
}

static enum wanted parse_in_state(struct parser *p, enum state s)
{
    uint64_t *mark = parse_mark(p);
    *mark = (*mark & ~((uint64_t)MARK_STATE_MASK << MARK_STATE_SHIFT)) | (uint64_t)s << MARK_STATE_SHIFT;
    return WANT_TERM;
}

/* The parts of what is closed, and how many they are; the mark and they are taken off. */
static size_t parse_close(struct parser *p, term **parts)
{
    uint64_t mark = p->marks - 1;
    size_t n = p->waiting.count - p->marks;
    *parts = p->waiting.items + p->marks;
    p->marks = p->waiting.items[mark] >> MARK_OUTER_SHIFT;
    p->waiting.count = mark;
    return n;
}

static enum wanted parse_close_list(struct parser *p)
{
    bool improper = parse_state(p) == STATE_TAIL;
    term *parts;
    size_t n = parse_close(p, &parts);
    term list = improper ? parts[--n] : TERM_NIL;
    while (n && list)
        list = cell_make(p->heap, parts[--n], list);
    return parse_done(p, list);
}

static enum wanted parse_close_tuple(struct parser *p)
{
    term *parts;
    size_t n = parse_close(p, &parts);
    if (n > TUPLE_MOST)
        return parse_failed(p, p->in.at, "This tuple is too large; it may have 16777215 elements.");
    return parse_done(p, tuple_make(p->heap, parts, n));
}

static enum wanted parse_close_map(struct parser *p)
{
    term *parts;
    size_t n = parse_close(p, &parts);
    return parse_done(p, map_from(p->heap, parts, n / 2));
}

static enum wanted parse_open(struct parser *p, const char *bracket, enum state s)
{
    static const char closing[] = {[STATE_LIST] = ']', [STATE_TUPLE] = '}', [STATE_KEY] = '}'};
    p->in.at += strlen(bracket);
    if (!worklist_push(&p->waiting, p->marks << MARK_OUTER_SHIFT | (uint64_t)s << MARK_STATE_SHIFT))
        return parse_no_memory(p);
    p->marks = p->waiting.count;
    scan_skip_space(&p->in);
    if (!parse_at(p, closing[s]))
        return WANT_TERM;
    p->in.at++;
    return s == STATE_LIST ? parse_close_list(p) : s == STATE_TUPLE ? parse_close_tuple(p) : parse_close_map(p);
}

/* What follows a term in a list, tuple or map. */
static enum wanted parse_separator(struct parser *p)
{
    enum state s = parse_state(p);
    scan_skip_space(&p->in);
    bool comma = s != STATE_TAIL && s != STATE_KEY && scan_accept(&p->in, ",");
    switch (s) {
    case STATE_LIST:
        if (comma)
            return WANT_TERM;
        if (scan_accept(&p->in, "|"))
            return parse_in_state(p, STATE_TAIL);
        return scan_accept(&p->in, "]")
                   ? parse_close_list(p)
                   : parse_failed(p, p->in.at, "The list goes on with a comma or |, or ends with ].");
    case STATE_TAIL:
        return scan_accept(&p->in, "]")
                   ? parse_close_list(p)
                   : parse_failed(p, p->in.at, "Behind | is one term, the tail, and then ] ends the list.");
    case STATE_TUPLE:
        if (comma)
            return WANT_TERM;
        return scan_accept(&p->in, "}") ? parse_close_tuple(p)
                                        : parse_failed(p, p->in.at, "The tuple goes on with a comma, or ends with }.");
    case STATE_KEY:
        return scan_accept(&p->in, "=>") ? parse_in_state(p, STATE_VALUE)
                                         : parse_failed(p, p->in.at, "Behind a key of a map is => and its value.");
    default:
        if (comma)
            return parse_in_state(p, STATE_KEY);
        return scan_accept(&p->in, "}") ? parse_close_map(p)
                                        : parse_failed(p, p->in.at, "The map goes on with a comma, or ends with }.");
    }
}

/* ---- any term ---- */

static enum wanted parse_hash(struct parser *p)
{
    const char *at = p->in.at;
    if (p->in.end - at > 1 && at[1] == '{')
        return parse_open(p, "#{", STATE_KEY);
    if (scan_accept(&p->in, "#Ref<"))
        return parse_reference(p, at);
    if (scan_accept(&p->in, "#Fun<"))
        return parse_failed(p, at, "A function is an address in a process, and cannot be read from a text.");
    return parse_failed(p, at, "Behind # is { for a map, or Ref< for a reference.");
}

/* Read a term, or open what it is in. */
static enum wanted parse_term(struct parser *p)
{
    scan_skip_space(&p->in);
    if (p->in.at == p->in.end)
        return parse_failed(p, p->in.at,
                            p->marks ? "The text ends where a term should follow." : "There is no term here.");
    switch (*p->in.at) {
    case '[': return parse_open(p, "[", STATE_LIST);
    case '{': return parse_open(p, "{", STATE_TUPLE);
    case '#': return parse_hash(p);
    case '<': return p->in.end - p->in.at > 1 && p->in.at[1] == '<' ? parse_binary(p) : parse_pid(p);
    case '"': return parse_string(p);
    case '\'': return parse_quoted_atom(p);
    case '$': return parse_dollar(p, false);
    case '+':
    case '-': return parse_sign(p);
    default: return scan_is_digit(scan_peek(&p->in, 0)) ? parse_number(p, false) : parse_name(p);
    }
}

static bool parse_all(struct parser *p)
{
    enum wanted w = WANT_TERM;
    while (w == WANT_TERM || (w == WANT_SEPARATOR && p->marks))
        w = w == WANT_TERM ? parse_term(p) : parse_separator(p);
    if (w == WANT_NOTHING)
        return false;
    scan_skip_space(&p->in);
    if (p->in.at < p->in.end)
        return parse_failed(p, p->in.at, "The term has ended before; nothing may follow it.");
    return true;
}

term term_parse(struct heap *h, const char *text, size_t length, struct text_error *error)
{
    struct parser p;
    p.heap = h;
    p.marks = 0;
    p.error = error;
    *error = (struct text_error){BL_OK, 0, ""};
    scan_init(&p.in, text, length, false);
    worklist_init(&p.waiting);
    term t = parse_all(&p) ? p.waiting.items[0] : TERM_NONE;
    worklist_fini(&p.waiting);
    scan_fini(&p.in);
    return t;
}
