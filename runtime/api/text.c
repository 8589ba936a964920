/* text.c - the public functions for maps, and for terms as text and as bytes. */
#include "beamling/beamling.h"
#include "data/atom.h"
#include "data/external.h"
#include "data/map.h"
#include "data/parse.h"
#include "data/print.h"
#include "kernel/charge.h"
#include "kernel/garbage.h"

/* As in terms.c: the stack is long enough; NULL: no memory for a heap. */
static struct heap *heap_to_build_on(void)
{
    struct sched *s = self_sched();
    if (s)
        sched_check_stack(s);
    return garbage_heap();
}

/* ---- maps ---- */

bl_term bl_map(void)
{
    struct heap *h = heap_to_build_on();
    return term_give(h ? map_empty(h) : TERM_NONE);
}

bl_term bl_map_put(bl_term map, bl_term key, bl_term value)
{
    struct heap *h = heap_to_build_on();
    bool good = h && term_is_map(map.word) && key.word && value.word;
    return term_give(good ? map_put(h, map.word, key.word, value.word) : TERM_NONE);
}

bl_term bl_map_remove(bl_term map, bl_term key)
{
    struct heap *h = heap_to_build_on();
    return term_give(h && term_is_map(map.word) && key.word ? map_remove(h, map.word, key.word) : TERM_NONE);
}

bl_term bl_map_get(bl_term map, bl_term key)
{
    term value = TERM_NONE;
    struct sched *s = self_sched();
    if (s)
        sched_check_stack(s);
    if (term_is_map(map.word) && key.word && map_get(map.word, key.word, &value) == ORDER_NO_MEMORY && s)
        process_end_self(term_atom(ATOM_no_memory));
    return term_give(value);
}

size_t bl_map_size(bl_term map)
{
    return term_is_map(map.word) ? map_size(map.word) : 0;
}

static term list_of_pairs(struct heap *h, const term *pairs, size_t n)
{
    term list = TERM_NIL;
    while (n-- && list) {
        term pair = tuple_make(h, pairs + 2 * n, 2);
        list = pair ? cell_make(h, pair, list) : TERM_NONE;
    }
    return list;
}

/* What a pair is charged as: the words that are built, and some comparisons. */
enum { PAIR_WORDS = 16 };

bl_term bl_map_pairs(bl_term map)
{
    struct heap *h = heap_to_build_on();
    if (!h || !term_is_map(map.word))
        return term_give(TERM_NONE);
    size_t n = map_size(map.word), bytes = (2 * n + 1) * sizeof(term);
    term list = TERM_NONE, *pairs = memory_alloc(bytes);
    if (pairs && map_sorted(map.word, pairs) == ORDER_SAME)
        list = list_of_pairs(h, pairs, n);
    if (pairs)
        memory_free(pairs, bytes);
    charge_words(n * PAIR_WORDS);
    return term_give(list);
}

/* ---- text ---- */

size_t bl_print(bl_term t, unsigned columns, char *buffer, size_t size)
{
    struct text text;
    struct sched *s = self_sched();
    if (s)
        sched_check_stack(s);
    text_init_fixed(&text, buffer, size);
    bool printed = !t.word || term_print_pretty(&text, t.word, columns);
    text_string(&text);
    charge_bytes(text.count);
    return printed ? text.count : SIZE_MAX;
}

static bl_term answer_with(term t, bl_parse_error found, bl_parse_error *error)
{
    if (error)
        *error = t ? (bl_parse_error){.error = BL_OK, .sentence = ""} : found;
    return term_give(t);
}

static const bl_parse_error out_of_memory = {.error = BL_ENOMEM, .sentence = "there is no memory for it"};

bl_term bl_parse(const char *text, size_t length, bl_parse_error *error)
{
    struct heap *h = heap_to_build_on();
    if (!h)
        return answer_with(TERM_NONE, out_of_memory, error);
    struct text_error why = {0};
    term t = term_parse(h, text, length, &why);
    charge_bytes(t ? length : why.offset);
    return answer_with(t, (bl_parse_error){why.error, why.offset, why.sentence}, error);
}

/* ---- bytes ---- */

bl_term bl_encode(bl_term t, bl_parse_error *error)
{
    struct heap *h = heap_to_build_on();
    struct text text;
    struct external_error why = {.code = BL_EINVAL, .what = "there is no term"};
    term binary = TERM_NONE;
    text_init(&text);
    self_absorb(); /* libei may be linked statically, and so lie among the program's code */
    bool encoded = h && t.word && term_encode(t.word, &text, &why);
    self_release();
    if (encoded) {
        binary = binary_make(h, text.bytes, text.count);
        why = (struct external_error){.code = BL_ENOMEM, .what = out_of_memory.sentence};
    }
    size_t bytes = text.count;
    text_fini(&text);
    charge_bytes(bytes);
    return answer_with(binary, (bl_parse_error){why.code, why.at, why.what}, error);
}

bl_term bl_decode(const void *bytes, size_t n, bl_parse_error *error)
{
    struct heap *h = heap_to_build_on();
    if (!h)
        return answer_with(TERM_NONE, out_of_memory, error);
    size_t used = 0;
    struct external_error why = {0};
    self_absorb(); /* as above */
    term t = term_decode(h, bytes, n, &used, &why);
    self_release();
    charge_bytes(t ? used : why.at);
    if (t && used != n) {
        t = TERM_NONE;
        why = (struct external_error){BL_EINVAL, used, "the term ends here, and more bytes follow"};
    }
    return answer_with(t, (bl_parse_error){why.code, why.at, why.what}, error);
}
