/* external.c - our half of the oracle of data/external; Erlang's half, which says what
 * must hold, is external.escript: run that.
 *
 * Each packet on the standard input (four bytes of length, highest first, then so many)
 * is decoded, and what it was is encoded and written as a packet that begins with 1. If
 * that cannot be, the answer begins with 0, and the reason follows. */
#include <stdio.h>
#include <stdlib.h>

#include "data/external.h"

static void need(bool good)
{
    if (!good)
        exit(EXIT_FAILURE);
}

/* False: the input has ended where a packet would begin. */
static bool read_length(size_t *length)
{
    unsigned char b[4];
    if (fread(b, sizeof b, 1, stdin) != 1)
        return false;
    *length = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    return true;
}

static void write_packet(char first, const char *rest, size_t n)
{
    size_t length = 1 + n;
    unsigned char b[4] = {length >> 24, length >> 16, length >> 8, length};
    need(fwrite(b, sizeof b, 1, stdout) == 1 && putchar(first) == first);
    need((n == 0 || fwrite(rest, n, 1, stdout) == 1) && fflush(stdout) == 0);
}

static bool answer(const uint8_t *bytes, size_t n, struct text *to, struct external_error *error)
{
    struct heap heap;
    heap_init(&heap);
    term t = term_decode(&heap, bytes, n, NULL, error);
    bool good = t && term_encode(t, to, error);
    heap_fini(&heap);
    return good;
}

int main(void)
{
    for (size_t length; read_length(&length);) {
        uint8_t *bytes = malloc(length + !length); /* exact: sanitizers see a step behind it */
        struct text text;
        struct external_error error;
        need(bytes && (length == 0 || fread(bytes, length, 1, stdin) == 1));
        text_init(&text);
        if (answer(bytes, length, &text, &error))
            write_packet(1, text.bytes, text.count);
        else
            write_packet(0, error.what, strlen(error.what));
        text_fini(&text);
        free(bytes);
    }
    return EXIT_SUCCESS;
}
