/* match.c - our half of the oracle of patterns and maps; Erlang's half, which says what must
 * hold, is match.escript: run that.
 *
 * A packet on the standard input (four bytes of length, highest first, then so many) is a
 * question: texts, each ended by a zero byte. The answer is a packet with one text.
 *
 *     match PATTERN TERM PIN...    no, or yes and what the holes met, each on a line of its own
 *     map TERM WHAT...             the terms that came out, each on a line: `get` KEY, `remove` KEY,
 *                                  `put` KEY VALUE; at the end the size, and the pairs by their keys */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/compile.h"
#include "data/pattern.h"

enum { FIELDS_MOST = 600, ANSWER_MOST = 1 << 20 };

static char *fields[FIELDS_MOST];
static size_t n_fields;
static char answer[ANSWER_MOST];
static size_t answered;

static void need(bool good)
{
    if (!good)
        exit(EXIT_FAILURE);
}

static void say(const char *text)
{
    size_t n = strlen(text);
    need(answered + n < sizeof answer);
    memcpy(answer + answered, text, n);
    answered += n;
}

static void say_term(bl_term t)
{
    static char text[ANSWER_MOST];
    need(t.word && bl_print(t, 0, text, sizeof text) < sizeof text);
    say(text);
    say("\n");
}

static bl_term read_term(const char *text)
{
    bl_parse_error error;
    bl_term t = bl_parse(text, strlen(text), &error);
    if (!t.word)
        fprintf(stderr, "%s: %s, at %zu\n", text, error.sentence, error.offset);
    need(t.word);
    return t;
}

/* ---- patterns ---- */

/* What the holes are to be written to: a word is large enough for all of them. */
static uint64_t met[BUILD_ARGS_MOST];

static uint64_t pin_word(const struct part *pin, const char *text)
{
    int64_t n;
    bl_term t = read_term(text);
    if (pin->letter != 'i')
        return t.word;
    need(bl_get_integer(t, &n));
    return (uint64_t)n;
}

/* The arguments of the call, in the order of the text. */
static void fill_words(const struct pattern *p, uint64_t *words)
{
    size_t pin = 3;
    for (const struct part *part = p->text->parts, *end = part_next(part); part < end; part++)
        if (part->kind == PART_PIN) {
            need(pin < n_fields);
            words[part->arg] = pin_word(part, fields[pin++]);
        } else if (part->kind == PART_HOLE && part->arg != BUILD_ARG_NONE) {
            words[part->arg] = (uintptr_t)&met[part->arg];
        }
}

static void say_hole(const struct part *hole)
{
    double d;
    memcpy(&d, &met[hole->arg], sizeof d);
    switch (hole->letter) {
    case 'i': say_term(bl_integer((int64_t)met[hole->arg])); break;
    case 'f':
    case 'n': say_term(bl_float(d)); break;
    default: say_term((bl_term){met[hole->arg]});
    }
}

static void answer_match(void)
{
    struct text_error why;
    uint64_t words[BUILD_ARGS_MOST];
    struct pattern *p = pattern_compile(fields[1], strlen(fields[1]), &why);
    if (!p)
        fprintf(stderr, "%s: %s, at %zu\n", fields[1], why.sentence, why.offset);
    need(p);
    fill_words(p, words);
    enum pattern_result result = pattern_match_args(p, read_term(fields[2]).word, words);
    need(result != PATTERN_NO_MEMORY);
    say(result == PATTERN_YES ? "yes\n" : "no\n");
    for (const struct part *part = p->text->parts, *end = part_next(part); part < end; part++)
        if (result == PATTERN_YES && part->kind == PART_HOLE && part->arg != BUILD_ARG_NONE)
            say_hole(part);
    pattern_free(p);
}

/* ---- maps ---- */

static void answer_map(void)
{
    bl_term map = read_term(fields[1]);
    for (size_t i = 2; i < n_fields;) {
        const char *what = fields[i++];
        bl_term key = read_term(fields[i++]);
        if (!strcmp(what, "put")) {
            map = bl_map_put(map, key, read_term(fields[i++]));
        } else if (!strcmp(what, "remove")) {
            map = bl_map_remove(map, key);
        } else {
            bl_term value = bl_map_get(map, key);
            if (bl_is_none(value))
                say("nothing\n");
            else
                say_term(value);
        }
        need(map.word);
    }
    say_term(bl_int((int64_t)bl_map_size(map)));
    say_term(bl_map_pairs(map));
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

static void split(char *packet, size_t length)
{
    n_fields = 0;
    for (char *at = packet; at < packet + length; at += strlen(at) + 1) {
        need(n_fields < FIELDS_MOST);
        fields[n_fields++] = at;
    }
    need(n_fields >= 2);
}

static void send_answer(void)
{
    unsigned char b[4] = {(unsigned char)(answered >> 24), (unsigned char)(answered >> 16),
                          (unsigned char)(answered >> 8), (unsigned char)answered};
    need(fwrite(b, sizeof b, 1, stdout) == 1);
    need(fwrite(answer, answered, 1, stdout) == 1 && fflush(stdout) == 0);
}

int main(void)
{
    for (size_t length; read_length(&length);) {
        char *packet = calloc(length + 1, 1);
        need(packet && fread(packet, 1, length, stdin) == length);
        split(packet, length);
        answered = 0;
        if (!strcmp(fields[0], "match"))
            answer_match();
        else
            answer_map();
        send_answer();
        bl_forget();
        free(packet);
    }
    return EXIT_SUCCESS;
}
