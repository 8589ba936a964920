/* print.c - our half of the oracle of data/print and data/parse; Erlang's half, which says
 * what must hold, is print.escript: run that.
 *
 * A packet on the standard input is four bytes of length, highest first, and so many: a
 * number of columns (four bytes), and the text of a term. It is answered by a packet of 1
 * and three texts, four bytes of length before each: the term on one line, for 80 columns,
 * and for so many; or of 0, the offset (four bytes), and the sentence that says what was
 * wrong. If the highest bit of the columns is set, a seed follows (eight bytes), and the
 * answer is a term of our own. */
#include <stdio.h>
#include <stdlib.h>

#include "data/atom.h"
#include "data/box.h"
#include "data/map.h"
#include "data/parse.h"
#include "data/print.h"
#include "support/random.h"

static void need(bool good)
{
    if (!good)
        exit(EXIT_FAILURE);
}

/* ---- terms of our own ---- */

enum { PARTS_MOST = 60 };

static term own_atom(struct random *r)
{
    static const char *const names[] = {"a",
                                        "ok",
                                        "error",
                                        "Upper",
                                        "",
                                        "two words",
                                        "end",
                                        "it's",
                                        "\xc3\xa9t\xc3\xa9",
                                        "\xce\xbb",
                                        "\n",
                                        "\x7f",
                                        "a@b_1",
                                        "\\\"",
                                        "maybe",
                                        "quite_a_long_name_for_an_atom"};
    const char *name = names[random_below(r, sizeof names / sizeof *names)];
    bl_error error;
    return atom_intern(name, strlen(name), &error);
}

static term own_float(struct heap *h, struct random *r)
{
    uint64_t bits = random_next(r);
    double d;
    memcpy(&d, &bits, sizeof d);
    term t = float_make(h, random_below(r, 2) ? d : (double)random_below(r, 100000) / 100);
    return t ? t : term_int(0); /* not a number, or infinite */
}

static term own_list_of_bytes(struct heap *h, struct random *r, unsigned from, unsigned range)
{
    term list = TERM_NIL;
    for (unsigned n = random_below(r, 80); n; n--)
        list = cell_make(h, term_int(from + random_below(r, range)), list);
    return list;
}

static term own_binary(struct heap *h, struct random *r, unsigned from, unsigned range)
{
    uint8_t bytes[100];
    unsigned n = random_below(r, sizeof bytes);
    for (unsigned i = 0; i < n; i++)
        bytes[i] = (uint8_t)(from + random_below(r, range));
    return binary_make(h, bytes, n);
}

static term own_leaf(struct heap *h, struct random *r)
{
    switch (random_below(r, 9)) {
    case 0: return integer_make(h, (int64_t)random_next(r));
    case 1: return own_float(h, r);
    case 2: return own_list_of_bytes(h, r, ' ', '~' - ' ' + 1);
    case 3: return own_list_of_bytes(h, r, 0, 300);
    case 4: return own_binary(h, r, ' ', '~' - ' ' + 1);
    case 5: return own_binary(h, r, 0, 256);
    case 6: return tuple_make(h, NULL, 0);
    case 7: return term_int(random_below(r, 1000));
    default: return own_atom(r);
    }
}

static term own_whole(struct heap *h, struct random *r, const term *parts, size_t n)
{
    term list = random_below(r, 4) ? TERM_NIL : parts[0];
    switch (random_below(r, 4)) {
    case 0: return tuple_make(h, parts, n);
    case 1: return map_from(h, parts, n / 2);
    default:
        for (size_t i = 0; i < n; i++)
            list = cell_make(h, parts[i], list);
        return list;
    }
}

/* Wholes of what was made before: the last one may be deep. */
static term own_term(struct heap *h, struct random *r)
{
    term parts[PARTS_MOST];
    for (size_t i = 0; i < PARTS_MOST; i++)
        parts[i] = own_leaf(h, r);
    for (unsigned n = random_below(r, 12); n; n--) {
        unsigned size = 1 + random_below(r, random_below(r, 8) ? 5 : PARTS_MOST);
        unsigned from = random_below(r, PARTS_MOST - size + 1);
        parts[random_below(r, PARTS_MOST)] = parts[from] = own_whole(h, r, parts + from, size);
        parts[0] = parts[from];
    }
    return parts[0];
}

/* ---- packets ---- */

static uint32_t number_at(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void add_number(struct text *t, size_t n)
{
    const char bytes[] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
    text_add(t, bytes, sizeof bytes);
}

static void add_printed(struct text *answer, term t, unsigned columns)
{
    struct text text;
    text_init(&text);
    need(columns ? term_print_pretty(&text, t, columns) : term_print(&text, t));
    add_number(answer, text.count);
    text_add(answer, text.bytes, text.count);
    text_fini(&text);
}

static term asked_for(struct heap *h, const char *packet, size_t n, struct text_error *error)
{
    if (!(packet[0] & 0x80))
        return term_parse(h, packet + 4, n - 4, error);
    struct random r = {0};
    memcpy(&r.state, packet + 4, sizeof r.state);
    return own_term(h, &r);
}

static void answer(struct text *to, const char *packet, size_t n)
{
    struct heap heap;
    struct text_error error;
    heap_init(&heap);
    term t = asked_for(&heap, packet, n, &error);
    text_add_char(to, t != TERM_NONE);
    if (t) {
        add_printed(to, t, 0);
        add_printed(to, t, 80);
        add_printed(to, t, number_at((const unsigned char *)packet) & INT32_MAX);
    } else {
        add_number(to, error.offset);
        text_add_string(to, error.sentence);
    }
    heap_fini(&heap);
}

static void write_packet(const struct text *t)
{
    unsigned char b[4] = {(unsigned char)(t->count >> 24), (unsigned char)(t->count >> 16),
                          (unsigned char)(t->count >> 8), (unsigned char)t->count};
    need(fwrite(b, sizeof b, 1, stdout) == 1 && fwrite(t->bytes, t->count, 1, stdout) == 1 && fflush(stdout) == 0);
}

int main(void)
{
    for (unsigned char b[4]; fread(b, sizeof b, 1, stdin) == 1;) {
        size_t n = number_at(b);
        char *packet = malloc(n); /* exact: sanitizers see a step behind it */
        struct text text;
        need(packet && fread(packet, n, 1, stdin) == 1);
        text_init(&text);
        answer(&text, packet, n);
        write_packet(&text);
        text_fini(&text);
        free(packet);
    }
    return EXIT_SUCCESS;
}
