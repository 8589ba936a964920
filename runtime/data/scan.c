/* scan.c - see scan.h. */
#include "data/scan.h"

#include <math.h>

#include "data/atom.h"
#include "data/print.h"
#include "data/utf8.h"

void scan_init(struct scan *s, const char *text, size_t length, bool holes)
{
    s->start = s->at = s->opened = s->wrong_at = text;
    s->end = text + length;
    s->holes = holes;
    s->wrong = SCAN_GOOD;
    text_init(&s->scratch);
}

void scan_fini(struct scan *s)
{
    text_fini(&s->scratch);
}

/* Always false. */
static bool scan_failed(struct scan *s, const char *at, enum scan_wrong wrong)
{
    s->wrong = wrong;
    s->wrong_at = at;
    return false;
}

static bl_error scan_error(enum scan_wrong wrong)
{
    return wrong == SCAN_NO_MEMORY ? BL_ENOMEM : wrong == SCAN_ATOM_LIMIT ? BL_ELIMIT : BL_EINVAL;
}

void scan_explain(const struct scan *s, const char *const sentences[SCAN_WRONGS], struct text_error *error)
{
    *error = (struct text_error){scan_error(s->wrong), (size_t)(s->wrong_at - s->start), sentences[s->wrong]};
}

/* ---- bytes ---- */

unsigned scan_digit_value(char c)
{
    if (scan_is_digit(c))
        return (unsigned)(c - '0');
    c |= 'a' - 'A';
    return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 : 36;
}

bool scan_accept(struct scan *s, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
        return false;
    s->at += n;
    return true;
}

void scan_skip_space(struct scan *s)
{
    for (; s->at < s->end; s->at++)
        if (*s->at == '%' && !s->holes)
            while (s->at + 1 < s->end && s->at[1] != '\n')
                s->at++;
        else if (*s->at != ' ' && (*s->at < '\t' || *s->at > '\r'))
            return;
}

bool scan_accept_next(struct scan *s, const char *word)
{
    scan_skip_space(s);
    return scan_accept(s, word);
}

/* ---- characters ---- */

static bool scan_utf8(struct scan *s, uint32_t *c)
{
    int32_t decoded = utf8_decode(&s->at, s->end);
    *c = (uint32_t)decoded;
    return decoded != UTF8_BAD || scan_failed(s, s->at, SCAN_UTF8);
}

unsigned scan_digits(struct scan *s, unsigned base, unsigned most, uint32_t *n)
{
    unsigned digits = 0;
    for (*n = 0; digits < most && scan_digit_value(scan_peek(s, 0)) < base; digits++)
        *n = *n * base + scan_digit_value(*s->at++);
    return digits;
}

/* Behind \x. */
static bool scan_hexadecimal(struct scan *s, uint32_t *c)
{
    const char *at = s->at;
    if (!scan_accept(s, "{"))
        return scan_digits(s, 16, 2, c) == 2 || scan_failed(s, at, SCAN_HEX);
    return (scan_digits(s, 16, 7, c) && scan_accept(s, "}") && utf8_is_character(*c)) ||
           scan_failed(s, at, SCAN_HEX_BRACES);
}

static bool scan_octal(struct scan *s, uint32_t *c)
{
    scan_digits(s, 8, 3, c);
    return !s->holes || *c <= UINT8_MAX || scan_failed(s, s->at, SCAN_ESCAPE);
}

/* Behind \^. */
static bool scan_control(struct scan *s, uint32_t *c)
{
    if (scan_at_end(s))
        return scan_failed(s, s->at, SCAN_ENDS_CONTROL);
    bool good = scan_utf8(s, c);
    *c &= 31;
    return good;
}

/* Behind a backslash: a letter, or a character that is itself. */
static bool scan_letter(struct scan *s, uint32_t *c)
{
    static const char letters[] = "btnvfresd\\\"'", meant[] = "\b\t\n\v\f\r\033 \177\\\"'";
    const char *at = s->at;
    if (!scan_utf8(s, c))
        return false;
    const char *known = *c && *c < 0x80 ? strchr(letters, (int)*c) : NULL;
    if (known)
        *c = (unsigned char)meant[known - letters];
    return known || !s->holes || scan_failed(s, at, SCAN_ESCAPE);
}

static bool scan_escape(struct scan *s, uint32_t *c)
{
    if (scan_at_end(s))
        return scan_failed(s, s->at, SCAN_ENDS_ESCAPE);
    if (scan_accept(s, "x"))
        return scan_hexadecimal(s, c);
    if (scan_accept(s, "^"))
        return scan_control(s, c);
    return *s->at >= '0' && *s->at <= '7' ? scan_octal(s, c) : scan_letter(s, c);
}

/* As it is, or with a backslash. */
static bool scan_character(struct scan *s, uint32_t *c)
{
    return scan_accept(s, "\\") ? scan_escape(s, c) : scan_utf8(s, c);
}

bool scan_dollar(struct scan *s, uint32_t *c)
{
    s->at++;
    return scan_at_end(s) ? scan_failed(s, s->at, SCAN_ENDS_DOLLAR) : scan_character(s, c);
}

/* ---- quotes ---- */

static void scan_open(struct scan *s)
{
    s->opened = s->at++;
}

/* Are there more before the closing quote? */
static enum scan_next scan_before(struct scan *s, char quote)
{
    if (scan_at_end(s)) {
        scan_failed(s, s->at, quote == '"' ? SCAN_ENDS_STRING : SCAN_ENDS_ATOM);
        return SCAN_NOTHING;
    }
    if (*s->at != quote)
        return SCAN_CHARACTER;
    s->at++;
    return SCAN_END;
}

/* The same within a string; its end may be where another begins. */
static enum scan_next scan_before_quotes(struct scan *s)
{
    for (enum scan_next next; (next = scan_before(s, '"')) == SCAN_END;) {
        const char *behind = s->at;
        scan_skip_space(s);
        if (scan_peek(s, 0) != '"') {
            s->at = behind;
            return SCAN_END;
        }
        scan_open(s);
    }
    return scan_at_end(s) ? SCAN_NOTHING : SCAN_CHARACTER;
}

void scan_open_string(struct scan *s)
{
    scan_open(s);
}

enum scan_next scan_string(struct scan *s, uint32_t *c)
{
    enum scan_next next = scan_before_quotes(s);
    return next == SCAN_CHARACTER && !scan_character(s, c) ? SCAN_NOTHING : next;
}

static void scratch_add(struct scan *s, uint32_t c)
{
    char bytes[UTF8_LONGEST];
    text_add(&s->scratch, bytes, utf8_encode(c, bytes));
}

/* ---- atoms ---- */

static bool scan_intern(struct scan *s, const char *start, const char *text, size_t length, term *atom)
{
    bl_error error;
    *atom = atom_intern(text, length, &error);
    if (*atom)
        return true;
    return scan_failed(s, start,
                       error == BL_EINVAL   ? SCAN_ATOM_LONG
                       : error == BL_ELIMIT ? SCAN_ATOM_LIMIT
                                            : SCAN_NO_MEMORY);
}

bool scan_name(struct scan *s)
{
    const char *next = s->at;
    if (scan_at_end(s) || !atom_may_begin((uint32_t)utf8_decode(&next, s->end)))
        return false;
    do
        s->at = next;
    while (next < s->end && atom_may_contain((uint32_t)utf8_decode(&next, s->end)));
    return true;
}

bool scan_name_atom(struct scan *s, const char *start, term *atom)
{
    return scan_intern(s, start, start, (size_t)(s->at - start), atom);
}

bool scan_quoted_atom(struct scan *s, term *atom)
{
    const char *start = s->at;
    enum scan_next next;
    s->scratch.count = 0;
    for (scan_open(s); (next = scan_before(s, '\'')) == SCAN_CHARACTER;) {
        uint32_t c;
        if (!scan_character(s, &c))
            return false;
        if (s->scratch.count <= ATOM_LENGTH_MAX * UTF8_LONGEST) /* longer: it will be refused */
            scratch_add(s, c);
    }
    if (next == SCAN_NOTHING)
        return false;
    if (s->scratch.failed)
        return scan_failed(s, s->at, SCAN_NO_MEMORY);
    return scan_intern(s, start, scan_scratch(s), s->scratch.count, atom);
}

/* ---- numbers ---- */

/* On to the next digit, over one _ between digits. */
static bool scan_next_digit(struct scan *s, unsigned base)
{
    const char *at = s->at + (scan_peek(s, 0) == '_' && s->at > s->start && scan_digit_value(s->at[-1]) < base);
    if (at == s->end || scan_digit_value(*at) >= base)
        return false;
    s->at = at;
    return true;
}

static bool scan_base_digits(struct scan *s, unsigned base, uint64_t *n)
{
    bool fits = true;
    for (*n = 0; scan_next_digit(s, base); s->at++)
        fits = fits && !__builtin_mul_overflow(*n, (uint64_t)base, n) &&
               !__builtin_add_overflow(*n, (uint64_t)scan_digit_value(*s->at), n);
    return fits;
}

bool scan_decimal(struct scan *s, uint64_t *n)
{
    return scan_base_digits(s, 10, n);
}

static bool scan_signed(struct scan *s, const char *start, uint64_t n, bool negative, struct scan_number *number)
{
    if (n > (uint64_t)INT64_MAX + negative)
        return scan_failed(s, start, SCAN_LARGE_INTEGER);
    *number = (struct scan_number){.integer = negative ? (int64_t)-n : (int64_t)n};
    return true;
}

/* From the # on. */
static bool scan_based(struct scan *s, const char *start, uint64_t base, bool negative, struct scan_number *number)
{
    uint64_t n;
    if (base < 2 || base > 36)
        return scan_failed(s, start, SCAN_BASE);
    const char *digits = ++s->at;
    bool fits = scan_base_digits(s, (unsigned)base, &n);
    if (s->at == digits)
        return scan_failed(s, digits, SCAN_NO_DIGITS);
    return fits ? scan_signed(s, start, n, negative, number) : scan_failed(s, start, SCAN_LARGE_INTEGER);
}

/* Digits that matter, s->digits, and where the point is: as for decimal_value(). */
struct mantissa {
    size_t count;
    long exponent;
    bool more; /* there were others, and not all were 0 */
};

static void scan_mantissa(struct scan *s, struct mantissa *m, bool fraction)
{
    for (; scan_next_digit(s, 10); s->at++) {
        bool kept = m->count < DECIMAL_DIGITS_MOST - 1;
        if (kept && (m->count || *s->at != '0'))
            s->digits[m->count++] = *s->at;
        m->more |= !kept && *s->at != '0';
        m->exponent += !kept - fraction;
    }
}

/* Behind e. Far beyond what a double can have it does not matter how far. */
static bool scan_exponent(struct scan *s, struct mantissa *m)
{
    enum { FAR = INT32_MAX };
    bool negative = scan_peek(s, 0) == '-';
    uint64_t n;
    s->at += negative || scan_peek(s, 0) == '+';
    if (!scan_is_digit(scan_peek(s, 0)))
        return scan_failed(s, s->at, SCAN_NO_EXPONENT);
    long far = scan_decimal(s, &n) && n < FAR ? (long)n : FAR;
    m->exponent += negative ? -far : far;
    return true;
}

static bool scan_float(struct scan *s, const char *start, bool negative, struct scan_number *number)
{
    struct mantissa m = {.count = 0};
    scan_mantissa(s, &m, false);
    s->at++;
    scan_mantissa(s, &m, true);
    if ((scan_accept(s, "e") || scan_accept(s, "E")) && !scan_exponent(s, &m))
        return false;
    if (m.more) { /* it lies between two numbers of so many digits */
        s->digits[m.count++] = '1';
        m.exponent--;
    }
    double d = m.count ? decimal_value(s->digits, m.count, m.exponent) : 0.0;
    if (!isfinite(d))
        return scan_failed(s, start, SCAN_LARGE_FLOAT);
    *number = (struct scan_number){.is_float = true, .value = negative ? -d : d};
    return true;
}

bool scan_number(struct scan *s, const char *start, bool negative, struct scan_number *number)
{
    const char *digits = s->at;
    uint64_t n;
    bool fits = scan_decimal(s, &n);
    if (fits && scan_peek(s, 0) == '#')
        return scan_based(s, start, n, negative, number);
    if (scan_peek(s, 0) == '.' && scan_is_digit(scan_peek(s, 1))) {
        s->at = digits;
        return scan_float(s, start, negative, number);
    }
    return fits ? scan_signed(s, start, n, negative, number) : scan_failed(s, start, SCAN_LARGE_INTEGER);
}

/* ---- binaries ---- */

/* The UTF-8 in scratch, from here on, becomes bytes. False: a character has no byte. */
static bool scratch_to_bytes(struct scan *s, size_t from)
{
    char *to = s->scratch.bytes + from;
    const char *at = to, *end = s->scratch.bytes + s->scratch.count;
    while (at < end) {
        int32_t c = utf8_decode(&at, end);
        if (c > UINT8_MAX)
            return false;
        *to++ = (char)c;
    }
    s->scratch.count = (size_t)(to - s->scratch.bytes);
    return true;
}

/* A string whose characters are bytes. */
static bool scan_characters(struct scan *s, const char *start)
{
    size_t from = s->scratch.count;
    uint32_t c;
    enum scan_next next;
    while ((next = scan_string(s, &c)) == SCAN_CHARACTER)
        scratch_add(s, c);
    if (next == SCAN_NOTHING)
        return false;
    if (s->scratch.failed)
        return scan_failed(s, s->at, SCAN_NO_MEMORY);
    return scan_accept(s, "/utf8") || s->scratch.count == from || scratch_to_bytes(s, from) ||
           scan_failed(s, start, SCAN_PIECE_WIDE);
}

/* A string of bytes as they are. Of the escapes only \x{} may mean several. */
static bool scan_raw_bytes(struct scan *s)
{
    enum scan_next next;
    while ((next = scan_before_quotes(s)) == SCAN_CHARACTER) {
        uint32_t c;
        bool escaped = scan_accept(s, "\\"), braces = scan_peek(s, 0) == 'x' && scan_peek(s, 1) == '{';
        if (!escaped)
            text_add_char(&s->scratch, *s->at++);
        else if (!scan_escape(s, &c))
            return false;
        else if (braces)
            scratch_add(s, c);
        else
            text_add_char(&s->scratch, (char)c);
    }
    return next == SCAN_END;
}

static bool scan_byte(struct scan *s)
{
    const char *start = s->at;
    struct scan_number number = {.integer = -1};
    uint32_t c;
    if (scan_is_digit(scan_peek(s, 0))) {
        if (!scan_number(s, start, false, &number))
            return false;
    } else if (scan_peek(s, 0) == '$') {
        if (!scan_dollar(s, &c))
            return false;
        number.integer = c;
    }
    if (number.is_float || number.integer < 0 || number.integer > UINT8_MAX)
        return scan_failed(s, start, SCAN_PIECE);
    text_add_char(&s->scratch, (char)number.integer);
    return true;
}

static bool scan_piece(struct scan *s)
{
    const char *start = s->at;
    if (scan_peek(s, 0) != '"')
        return scan_byte(s);
    scan_open(s);
    return s->holes ? scan_raw_bytes(s) : scan_characters(s, start);
}

bool scan_binary(struct scan *s)
{
    s->at += 2;
    s->scratch.count = 0;
    bool ends = scan_accept_next(s, ">>");
    while (!ends) {
        scan_skip_space(s);
        if (!scan_piece(s))
            return false;
        ends = scan_accept_next(s, ">>");
        if (!ends && (scan_peek(s, 0) == ':' || scan_peek(s, 0) == '/'))
            return scan_failed(s, s->at, SCAN_PIECE_TYPED);
        if (!ends && !scan_accept(s, ","))
            return scan_failed(s, s->at, SCAN_NO_PIECE);
    }
    return !s->scratch.failed || scan_failed(s, s->at, SCAN_NO_MEMORY);
}
