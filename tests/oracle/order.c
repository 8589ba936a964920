/* order.c - our half of the oracle of data/order; Erlang's half, which says what must
 * hold, is order.escript: run that.
 *
 * Each packet on the standard input (four bytes of length, highest first, then so many)
 * is a program for a stack of terms, which leaves two of them. Its instructions are words
 * between spaces; a letter, then a number or bytes in hexadecimal:
 *
 *     iN   integer           aHEX  atom      tN  tuple of the last N terms
 *     fHEX float, its bits   bHEX  binary    lN  list of N terms and the tail
 *     p    a pid             r     reference mN  map of the last N pairs
 *     u    a function        n     []
 *
 * The answer is a packet of four characters: '<', '=' or '>' for term_compare(), and for
 * term_compare_exact(); '=' or '!' for term_same(), and for whether the hashes are equal. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/atom.h"
#include "data/map.h"

enum { STACK_MOST = 100000 };

static struct heap heap;
static term stack[STACK_MOST];
static size_t depth;

static void need(bool good)
{
    if (!good)
        exit(EXIT_FAILURE);
}

/* Instead of the last n. */
static void push(term t, size_t n)
{
    need(t && n <= depth && depth - n < STACK_MOST);
    depth -= n;
    stack[depth++] = t;
}

/* ---- instructions ---- */

static size_t from_hex(const char *hex, uint8_t *bytes)
{
    size_t n = 0;
    for (unsigned byte; sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
        bytes[n] = (uint8_t)byte;
    return n;
}

static term float_of_bits(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof d);
    return float_make(&heap, d);
}

static term list_of(const term *elements, size_t n, term tail)
{
    while (n--)
        tail = cell_make(&heap, elements[n], tail);
    return tail;
}

static term text_of(char letter, const char *hex)
{
    bl_error error;
    uint8_t *bytes = malloc(strlen(hex) + 1);
    need(bytes);
    size_t n = from_hex(hex, bytes);
    term t = letter == 'a' ? atom_intern((char *)bytes, n, &error) : binary_make(&heap, bytes, n);
    free(bytes);
    return t;
}

static void execute(const char *word)
{
    const char *rest = word + 1;
    size_t n = strtoul(rest, NULL, 10);
    switch (*word) {
    case 'i': push(integer_make(&heap, strtoll(rest, NULL, 10)), 0); break;
    case 'f': push(float_of_bits(strtoull(rest, NULL, 16)), 0); break;
    case 'a':
    case 'b': push(text_of(*word, rest), 0); break;
    case 'p': push(term_pid(1, 1), 0); break;
    case 'r': push(term_reference(1), 0); break;
    case 'n': push(TERM_NIL, 0); break;
    case 'u': push(function_make(&heap, 4096, 1, NULL, 0), 0); break;
    case 't': push(tuple_make(&heap, stack + depth - n, n), n); break;
    case 'l': push(list_of(stack + depth - n - 1, n, stack[depth - 1]), n + 1); break;
    case 'm': push(map_from(&heap, stack + depth - 2 * n, n), 2 * n); break;
    default: need(false);
    }
}

/* ---- answers ---- */

static char letter_of(enum order o)
{
    need(o != ORDER_NO_MEMORY);
    return "<=>"[o + 1];
}

static bool hashes_are_equal(term a, term b)
{
    uint64_t hash_a = 0, hash_b = 0;
    need(term_hash(a, &hash_a));
    need(term_hash(b, &hash_b));
    return hash_a == hash_b;
}

static void answer(term a, term b)
{
    char letters[] = {0,
                      0,
                      0,
                      4,
                      letter_of(term_compare(a, b)),
                      letter_of(term_compare_exact(a, b)),
                      term_same(a, b) == ORDER_SAME ? '=' : '!',
                      hashes_are_equal(a, b) ? '=' : '!'};
    need(fwrite(letters, sizeof letters, 1, stdout) == 1 && fflush(stdout) == 0);
}

/* ---- packets ---- */

/* False: the input has ended where a packet would begin. */
static bool read_length(size_t *length)
{
    unsigned char b[4];
    if (fread(b, sizeof b, 1, stdin) != 1)
        return false;
    *length = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    return true;
}

int main(void)
{
    for (size_t length; read_length(&length);) {
        char *program = calloc(length + 1, 1);
        need(program && fread(program, 1, length, stdin) == length);
        heap_init(&heap);
        depth = 0;
        for (char *word = strtok(program, " "); word; word = strtok(NULL, " "))
            execute(word);
        need(depth == 2);
        answer(stack[0], stack[1]);
        heap_fini(&heap);
        free(program);
    }
    return EXIT_SUCCESS;
}
