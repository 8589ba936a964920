/* parse.c - see parse.h.
 *
 * Terms that are read wait in a list until what they are parts of is closed. Where that
 * was opened, a mark lies in the list, which no term looks like: so a level costs a word.
 *
 *     mark: | where the mark before it is + 1 | state (4 bits) | 00 | */
#include "data/parse.h"

#include <math.h>

#include "data/atom.h"
#include "data/box.h"
#include "data/decimal.h"
#include "data/map.h"
#include "data/print.h"
#include "data/text.h"
#include "data/utf8.h"
#include "data/worklist.h"

enum state { STATE_LIST, STATE_TAIL /* behind | */, STATE_TUPLE, STATE_KEY, STATE_VALUE };

enum { MARK_STATE_SHIFT = 2, MARK_STATE_MASK = 15, MARK_OUTER_SHIFT = 6 };

/* What comes next. */
enum wanted { WANT_NOTHING /* it has failed */, WANT_TERM, WANT_SEPARATOR /* or a bracket */ };

struct parser {
    struct heap *heap;
    const char *start, *at, *end;
    struct worklist waiting;
    uint64_t marks; /* where the last mark is + 1; 0: nothing is open */
    struct text scratch;
    struct parse_error *error;
};

/* ---- failure ---- */

static enum wanted parse_failed(struct parser *p, const char *at, const char *sentence)
{
    *p->error = (struct parse_error){BL_EINVAL, (size_t)(at - p->start), sentence};
    return WANT_NOTHING;
}

static enum wanted parse_no_memory(struct parser *p)
{
    *p->error = (struct parse_error){BL_ENOMEM, (size_t)(p->at - p->start), "There is no memory for this term."};
    return WANT_NOTHING;
}

/* ---- characters ---- */

static bool parse_at(const struct parser *p, char c)
{
    return p->at < p->end && *p->at == c;
}

static bool parse_at_digit(const struct parser *p)
{
    return p->at < p->end && *p->at >= '0' && *p->at <= '9';
}

/* On, if this is here. */
static bool parse_skip(struct parser *p, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n) != 0)
        return false;
    p->at += n;
    return true;
}

static void parse_skip_space(struct parser *p)
{
    for (; p->at < p->end; p->at++)
        if (*p->at == '%')
            while (p->at + 1 < p->end && p->at[1] != '\n')
                p->at++;
        else if (*p->at != ' ' && (*p->at < '\t' || *p->at > '\r'))
            return;
}

/* 36: it is none. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c |= 'a' - 'A';
    return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 : 36;
}

static bool parse_character(struct parser *p, uint32_t *c)
{
    const char *at = p->at;
    int32_t decoded = utf8_decode(&p->at, p->end);
    if (decoded == UTF8_BAD)
        return parse_failed(p, at, "This is no character of UTF-8, which the text must be.");
    *c = (uint32_t)decoded;
    return true;
}

/* At most n digits of this base. False: there is none. */
static bool parse_code(struct parser *p, unsigned base, unsigned most, uint32_t *c)
{
    unsigned n = 0;
    for (*c = 0; n < most && p->at < p->end && digit_value(*p->at) < base; n++)
        *c = *c * base + digit_value(*p->at++);
    return n > 0;
}

static bool parse_hexadecimal(struct parser *p, uint32_t *c)
{
    const char *at = p->at;
    if (parse_skip(p, "{")) {
        if (parse_code(p, 16, 7, c) && parse_skip(p, "}") && utf8_is_character(*c))
            return true;
        return parse_failed(
            p, at, "\\x{ is followed by the number of a character, 16#0 to 16#10ffff but for surrogates, and }.");
    }
    if (parse_code(p, 16, 2, c) && p->at - at == 2)
        return true;
    return parse_failed(p, at, "\\x is followed by two hexadecimal digits, or by as many as it needs in { }.");
}

/* Behind a backslash. */
static bool parse_escape(struct parser *p, uint32_t *c)
{
    static const char letters[] = "btnvfresd", characters[] = "\b\t\n\v\f\r\033 \177";
    if (p->at == p->end)
        return parse_failed(p, p->at, "The text ends behind \\; a character should follow, and a quote.");
    if (parse_skip(p, "x"))
        return parse_hexadecimal(p, c);
    if (*p->at >= '0' && *p->at <= '7')
        return parse_code(p, 8, 3, c);
    bool control = parse_skip(p, "^");
    if (control && p->at == p->end)
        return parse_failed(p, p->at, "The text ends behind \\^; a letter should follow, and a quote.");
    if (!parse_character(p, c))
        return false;
    const char *letter = *c && *c < 0x80 ? strchr(letters, (int)*c) : NULL;
    *c = control ? *c & 31 : letter ? (unsigned char)characters[letter - letters] : *c;
    return true;
}

enum quoted { QUOTED_BAD, QUOTED_CHARACTER, QUOTED_END };

/* The next character before the closing quote. */
static enum quoted parse_quoted(struct parser *p, char quote, uint32_t *c)
{
    if (p->at == p->end) {
        parse_failed(p, p->at,
                     quote == '"' ? "The text ends inside quotes; \" is missing."
                                  : "The text ends inside the quotes of an atom; ' is missing.");
        return QUOTED_BAD;
    }
    if (*p->at == quote) {
        p->at++;
        return QUOTED_END;
    }
    bool escaped = parse_skip(p, "\\");
    return (escaped ? parse_escape(p, c) : parse_character(p, c)) ? QUOTED_CHARACTER : QUOTED_BAD;
}

/* The same of "abc", and of all that follow it without a comma. */
static enum quoted parse_text(struct parser *p, uint32_t *c)
{
    for (;;) {
        enum quoted q = parse_quoted(p, '"', c);
        if (q != QUOTED_END)
            return q;
        const char *behind = p->at;
        parse_skip_space(p);
        if (!parse_skip(p, "\"")) {
            p->at = behind;
            return QUOTED_END;
        }
    }
}

/* ---- terms without parts ---- */

/* t has been read, or there was no memory. */
static enum wanted parse_done(struct parser *p, term t)
{
    return t && worklist_push(&p->waiting, t) ? WANT_SEPARATOR : parse_no_memory(p);
}

/* The atom that scratch says. */
static enum wanted parse_intern(struct parser *p, const char *at)
{
    bl_error error;
    if (p->scratch.failed)
        return parse_no_memory(p);
    term t = atom_intern(p->scratch.count ? p->scratch.bytes : "", p->scratch.count, &error);
    if (!t && error == BL_EINVAL)
        return parse_failed(p, at, "This atom is too long; it may have 255 characters.");
    if (!t && error == BL_ELIMIT) {
        parse_failed(p, at, "This atom is new, and no more atoms can be made in this OS process.");
        p->error->error = BL_ELIMIT;
        return WANT_NOTHING;
    }
    return parse_done(p, t);
}

static void scratch_add(struct parser *p, uint32_t c)
{
    char bytes[UTF8_LONGEST];
    text_add(&p->scratch, bytes, utf8_encode(c, bytes));
}

static enum wanted parse_quoted_atom(struct parser *p)
{
    const char *at = p->at++;
    uint32_t c;
    enum quoted q;
    p->scratch.count = 0;
    while ((q = parse_quoted(p, '\'', &c)) == QUOTED_CHARACTER) {
        if (!c)
            return parse_failed(p, at, "This atom has a character 0, which no atom may have here.");
        if (p->scratch.count <= ATOM_LENGTH_MAX * UTF8_LONGEST) /* longer: it will be refused */
            scratch_add(p, c);
    }
    return q == QUOTED_BAD ? WANT_NOTHING : parse_intern(p, at);
}

/* No term begins with c. */
static enum wanted parse_stray(struct parser *p, const char *at, uint32_t c)
{
    if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde) || c == '_')
        return parse_failed(p, at,
                            "This is a variable, which has no value here; an atom like this needs quotes: 'Name'.");
    if (c > 0xff)
        return parse_failed(p, at, "No term begins with this character; an atom with it needs quotes.");
    return parse_failed(p, at,
                        "No term begins like this. It should be a number, an atom, a quote, or one of "
                        "[ { #{ << $ <0. #Ref<.");
}

static enum wanted parse_bare_atom(struct parser *p)
{
    const char *at = p->at, *next;
    uint32_t c;
    if (!parse_character(p, &c))
        return WANT_NOTHING;
    if (!atom_may_begin(c))
        return parse_stray(p, at, c);
    while ((next = p->at) < p->end && atom_may_contain((uint32_t)utf8_decode(&next, p->end)))
        p->at = next;
    if (atom_is_reserved(at, (size_t)(p->at - at)))
        return parse_failed(p, at, "This is a reserved word; an atom of this name needs quotes, as in 'and'.");
    p->scratch.count = 0;
    text_add(&p->scratch, at, (size_t)(p->at - at));
    return parse_intern(p, at);
}

static enum wanted parse_string(struct parser *p)
{
    term list = TERM_NIL, *end = &list;
    uint32_t c;
    enum quoted q;
    p->at++;
    while ((q = parse_text(p, &c)) == QUOTED_CHARACTER) {
        term cell = cell_make(p->heap, term_int(c), TERM_NIL);
        if (!cell)
            return parse_no_memory(p);
        *end = cell;
        end = term_pointer(cell) + 1;
    }
    return q == QUOTED_BAD ? WANT_NOTHING : parse_done(p, list);
}

/* ---- numbers ---- */

static const char too_large[] =
    "This integer is too large: integers have 64 bits here, -9223372036854775808 to 9223372036854775807.";

/* On to the next digit, over one _ between digits. */
static bool parse_next_digit(struct parser *p, unsigned base)
{
    const char *at = p->at + (parse_at(p, '_') && p->end - p->at > 1 && digit_value(p->at[-1]) < base);
    if (at == p->end || digit_value(*at) >= base)
        return false;
    p->at = at;
    return true;
}

/* Digits; false: more than 64 bits. */
static bool parse_digits(struct parser *p, unsigned base, uint64_t *n)
{
    bool fits = true;
    for (*n = 0; parse_next_digit(p, base); p->at++)
        fits = fits && !__builtin_mul_overflow(*n, (uint64_t)base, n) &&
               !__builtin_add_overflow(*n, (uint64_t)digit_value(*p->at), n);
    return fits;
}

static enum wanted parse_signed(struct parser *p, const char *at, uint64_t n, bool negative)
{
    if (n > (uint64_t)INT64_MAX + negative)
        return parse_failed(p, at, too_large);
    return parse_done(p, integer_make(p->heap, negative ? (int64_t)-n : (int64_t)n));
}

static enum wanted parse_based(struct parser *p, const char *at, uint64_t base, bool negative)
{
    uint64_t n;
    if (base < 2 || base > 36)
        return parse_failed(p, at, "Before # is the base of a number, 2 to 36.");
    const char *digits = ++p->at;
    bool fits = parse_digits(p, (unsigned)base, &n);
    if (p->at == digits)
        return parse_failed(p, p->at, "Behind # should be digits of that base.");
    return fits ? parse_signed(p, at, n, negative) : parse_failed(p, at, too_large);
}

/* Digits that matter, and where the point is: as for decimal_value(). */
struct mantissa {
    size_t count;
    long exponent;
    bool more; /* there were others, and not all were 0 */
    char digits[DECIMAL_DIGITS_MOST];
};

static void parse_mantissa(struct parser *p, struct mantissa *m, bool fraction)
{
    for (; parse_next_digit(p, 10); p->at++) {
        bool kept = m->count < DECIMAL_DIGITS_MOST - 1;
        if (kept && (m->count || *p->at != '0'))
            m->digits[m->count++] = *p->at;
        m->more |= !kept && *p->at != '0';
        m->exponent += !kept - fraction;
    }
}

/* Behind e. Far beyond what a double can have it does not matter how far. */
static bool parse_exponent(struct parser *p, struct mantissa *m)
{
    enum { FAR = INT32_MAX };
    bool negative = parse_at(p, '-');
    uint64_t n;
    p->at += negative || parse_at(p, '+');
    if (!parse_at_digit(p))
        return parse_failed(p, p->at, "Behind the e of a float should be its exponent, as in 1.0e10 or 1.0e-5.");
    long far = parse_digits(p, 10, &n) && n < FAR ? (long)n : FAR;
    m->exponent += negative ? -far : far;
    return true;
}

static enum wanted parse_float(struct parser *p, const char *at, bool negative)
{
    struct mantissa m = {.count = 0};
    p->at = at;
    parse_mantissa(p, &m, false);
    p->at++;
    parse_mantissa(p, &m, true);
    if ((parse_skip(p, "e") || parse_skip(p, "E")) && !parse_exponent(p, &m))
        return WANT_NOTHING;
    if (m.more) { /* it lies between two numbers of so many digits */
        m.digits[m.count++] = '1';
        m.exponent--;
    }
    double d = m.count ? decimal_value(m.digits, m.count, m.exponent) : 0.0;
    if (!isfinite(d))
        return parse_failed(p, at, "This float is too large; the largest is 1.7976931348623157e308.");
    return parse_done(p, float_make(p->heap, negative ? -d : d));
}

static enum wanted parse_number(struct parser *p, bool negative)
{
    const char *at = p->at;
    uint64_t n;
    bool fits = parse_digits(p, 10, &n);
    if (fits && parse_at(p, '#'))
        return parse_based(p, at, n, negative);
    if (p->end - p->at > 1 && p->at[0] == '.' && p->at[1] >= '0' && p->at[1] <= '9')
        return parse_float(p, at, negative);
    return fits ? parse_signed(p, at, n, negative) : parse_failed(p, at, too_large);
}

/* Behind $. */
static bool parse_dollar(struct parser *p, uint32_t *c)
{
    p->at++;
    if (p->at == p->end)
        return parse_failed(p, p->at, "The text ends behind $; a character should follow, as in $a.");
    return parse_skip(p, "\\") ? parse_escape(p, c) : parse_character(p, c);
}

static enum wanted parse_dollar_term(struct parser *p, bool negative)
{
    uint32_t c;
    if (!parse_dollar(p, &c))
        return WANT_NOTHING;
    return parse_done(p, term_int(negative ? -(int64_t)c : (int64_t)c));
}

static enum wanted parse_sign(struct parser *p)
{
    bool negative = *p->at++ == '-';
    parse_skip_space(p);
    if (parse_at_digit(p))
        return parse_number(p, negative);
    if (parse_at(p, '$'))
        return parse_dollar_term(p, negative);
    return parse_failed(p, p->at, "Behind a sign should be a number.");
}

/* ---- binaries ---- */

/* The UTF-8 in scratch, from here on, becomes bytes. False: a character has no byte. */
static bool scratch_to_bytes(struct parser *p, size_t from)
{
    char *to = p->scratch.bytes + from;
    const char *at = to, *end = p->scratch.bytes + p->scratch.count;
    while (at < end) {
        int32_t c = utf8_decode(&at, end);
        if (c > 0xff)
            return false;
        *to++ = (char)c;
    }
    p->scratch.count = (size_t)(to - p->scratch.bytes);
    return true;
}

static bool parse_text_segment(struct parser *p)
{
    const char *at = p->at++;
    size_t from = p->scratch.count;
    uint32_t c;
    enum quoted q;
    while ((q = parse_text(p, &c)) == QUOTED_CHARACTER)
        scratch_add(p, c);
    if (q == QUOTED_BAD)
        return false;
    if (p->scratch.failed)
        return parse_no_memory(p);
    if (parse_skip(p, "/utf8") || p->scratch.count == from || scratch_to_bytes(p, from))
        return true;
    return parse_failed(p, at,
                        "In a binary, text has characters up to 255, one byte each; with /utf8 behind its quotes any.");
}

static bool parse_byte_segment(struct parser *p)
{
    const char *at = p->at;
    bool digit = parse_at_digit(p), dollar = parse_at(p, '$');
    if ((digit || dollar) && (digit ? parse_number(p, false) : parse_dollar_term(p, false)) == WANT_NOTHING)
        return false;
    term t = digit || dollar ? worklist_pop(&p->waiting) : TERM_NONE;
    if (!term_is_int(t) || term_int_value(t) > UINT8_MAX)
        return parse_failed(p, at, "A binary is made of numbers from 0 to 255 and of text in double quotes.");
    text_add_char(&p->scratch, (char)term_int_value(t));
    return true;
}

static enum wanted parse_binary_end(struct parser *p)
{
    if (p->scratch.failed)
        return parse_no_memory(p);
    return parse_done(p, binary_make(p->heap, p->scratch.count ? p->scratch.bytes : "", p->scratch.count));
}

static enum wanted parse_binary(struct parser *p)
{
    p->at += 2;
    p->scratch.count = 0;
    parse_skip_space(p);
    if (parse_skip(p, ">>"))
        return parse_binary_end(p);
    for (;;) {
        parse_skip_space(p);
        if (!(parse_at(p, '"') ? parse_text_segment(p) : parse_byte_segment(p)))
            return WANT_NOTHING;
        parse_skip_space(p);
        if (parse_skip(p, ">>"))
            return parse_binary_end(p);
        if (parse_at(p, ':') || parse_at(p, '/'))
            return parse_failed(p, p->at, "Sizes and types are not read here; a binary is made of whole bytes.");
        if (!parse_skip(p, ","))
            return parse_failed(p, p->at, "The binary goes on with a comma, or ends with >>.");
    }
}

/* ---- pids and references ---- */

/* .N */
static bool parse_part(struct parser *p, uint64_t most, uint64_t *n)
{
    return parse_skip(p, ".") && parse_at_digit(p) && parse_digits(p, 10, n) && *n <= most;
}

static enum wanted parse_pid(struct parser *p)
{
    const char *at = p->at;
    uint64_t index, generation;
    if (parse_skip(p, "<0") && parse_part(p, PID_INDEX_NOBODY - 1, &index) && parse_part(p, UINT32_MAX, &generation) &&
        parse_skip(p, ">"))
        return parse_done(p, term_pid((uint32_t)index, (uint32_t)generation));
    return parse_failed(p, at, "A pid is <0.Index.Generation>, of 28 and 32 bits; a binary begins with <<.");
}

static enum wanted parse_reference(struct parser *p, const char *at)
{
    enum { PART_BITS = 20, PART_MOST = (1 << PART_BITS) - 1 };
    uint64_t a, b, c;
    if (parse_skip(p, "0") && parse_part(p, PART_MOST, &a) && parse_part(p, PART_MOST, &b) &&
        parse_part(p, PART_MOST, &c) && parse_skip(p, ">"))
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
        return parse_failed(p, p->at, "This tuple is too large; it may have 16777215 elements.");
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
    p->at += strlen(bracket);
    if (!worklist_push(&p->waiting, p->marks << MARK_OUTER_SHIFT | (uint64_t)s << MARK_STATE_SHIFT))
        return parse_no_memory(p);
    p->marks = p->waiting.count;
    parse_skip_space(p);
    if (!parse_at(p, closing[s]))
        return WANT_TERM;
    p->at++;
    return s == STATE_LIST ? parse_close_list(p) : s == STATE_TUPLE ? parse_close_tuple(p) : parse_close_map(p);
}

/* What follows a term in a list, tuple or map. */
static enum wanted parse_separator(struct parser *p)
{
    enum state s = parse_state(p);
    parse_skip_space(p);
    bool comma = s != STATE_TAIL && s != STATE_KEY && parse_skip(p, ",");
    switch (s) {
    case STATE_LIST:
        if (comma)
            return WANT_TERM;
        if (parse_skip(p, "|"))
            return parse_in_state(p, STATE_TAIL);
        return parse_skip(p, "]") ? parse_close_list(p)
                                  : parse_failed(p, p->at, "The list goes on with a comma or |, or ends with ].");
    case STATE_TAIL:
        return parse_skip(p, "]") ? parse_close_list(p)
                                  : parse_failed(p, p->at, "Behind | is one term, the tail, and then ] ends the list.");
    case STATE_TUPLE:
        if (comma)
            return WANT_TERM;
        return parse_skip(p, "}") ? parse_close_tuple(p)
                                  : parse_failed(p, p->at, "The tuple goes on with a comma, or ends with }.");
    case STATE_KEY:
        return parse_skip(p, "=>") ? parse_in_state(p, STATE_VALUE)
                                   : parse_failed(p, p->at, "Behind a key of a map is => and its value.");
    default:
        if (comma)
            return parse_in_state(p, STATE_KEY);
        return parse_skip(p, "}") ? parse_close_map(p)
                                  : parse_failed(p, p->at, "The map goes on with a comma, or ends with }.");
    }
}

/* ---- any term ---- */

static enum wanted parse_hash(struct parser *p)
{
    const char *at = p->at;
    if (p->end - at > 1 && at[1] == '{')
        return parse_open(p, "#{", STATE_KEY);
    if (parse_skip(p, "#Ref<"))
        return parse_reference(p, at);
    if (parse_skip(p, "#Fun<"))
        return parse_failed(p, at, "A function is an address in a process, and cannot be read from a text.");
    return parse_failed(p, at, "Behind # is { for a map, or Ref< for a reference.");
}

/* Read a term, or open what it is in. */
static enum wanted parse_term(struct parser *p)
{
    parse_skip_space(p);
    if (p->at == p->end)
        return parse_failed(p, p->at,
                            p->marks ? "The text ends where a term should follow." : "There is no term here.");
    switch (*p->at) {
    case '[': return parse_open(p, "[", STATE_LIST);
    case '{': return parse_open(p, "{", STATE_TUPLE);
    case '#': return parse_hash(p);
    case '<': return p->end - p->at > 1 && p->at[1] == '<' ? parse_binary(p) : parse_pid(p);
    case '"': return parse_string(p);
    case '\'': return parse_quoted_atom(p);
    case '$': return parse_dollar_term(p, false);
    case '+':
    case '-': return parse_sign(p);
    default: return parse_at_digit(p) ? parse_number(p, false) : parse_bare_atom(p);
    }
}

static bool parse_all(struct parser *p)
{
    enum wanted w = WANT_TERM;
    while (w == WANT_TERM || (w == WANT_SEPARATOR && p->marks))
        w = w == WANT_TERM ? parse_term(p) : parse_separator(p);
    if (w == WANT_NOTHING)
        return false;
    parse_skip_space(p);
    if (p->at < p->end)
        return parse_failed(p, p->at, "The term has ended before; nothing may follow it.");
    return true;
}

term term_parse(struct heap *h, const char *text, size_t length, struct parse_error *error)
{
    struct parser p = {.heap = h, .start = text, .at = text, .end = text + length, .error = error};
    *error = (struct parse_error){BL_OK, 0, ""};
    worklist_init(&p.waiting);
    text_init(&p.scratch);
    term t = parse_all(&p) ? p.waiting.items[0] : TERM_NONE;
    text_fini(&p.scratch);
    worklist_fini(&p.waiting);
    return t;
}
