/* encode_ei.c - terms as bytes: see external.h.
 *
 * libei writes one item at a time: a number, an atom, the header of a tuple. What is inside
 * a tuple, list or map waits in a worklist, so nesting costs no stack. It holds pairs of words:
 * the address of terms in a row and how many there are; or the rest of a list, whose header
 * has been written, and 0. */
#include <limits.h>
#include <string.h>

#include <ei.h>

#include "data/atom.h"
#include "data/external.h"
#include "data/map.h"
#include "data/worklist.h"

enum {
    STRING_MOST = UINT16_MAX,              /* longer lists of bytes are lists to Erlang */
    NODE_BYTES = 3 + sizeof EXTERNAL_NODE, /* at most */
};

struct encoder {
    struct text *out;
    struct worklist waiting;
    struct heap scratch; /* keys and values of maps, in a row */
    int index;           /* libei's, in what was reserved last */
    struct external_error *error;
};

static bool encode_failed(struct encoder *e, bl_error code, const char *what)
{
    return external_failed(e->error, code, 0, what);
}

static bool encode_no_memory(struct encoder *e)
{
    return encode_failed(e, BL_ENOMEM, "no memory");
}

static bool encode_later(struct encoder *e, uint64_t what, uint64_t count)
{
    return (worklist_push(&e->waiting, what) && worklist_push(&e->waiting, count)) || encode_no_memory(e);
}

/* Where libei may write n bytes, from e->index on; NULL: no memory. */
static char *encode_reserve(struct encoder *e, size_t n)
{
    char *to = text_place(e->out, n);
    e->index = 0;
    if (!to)
        encode_no_memory(e);
    return to;
}

/* libei has written, and said `result`. */
static bool encode_wrote(struct encoder *e, int result)
{
    if (result < 0)
        return encode_failed(e, BL_EINVAL, "a term that libei cannot write");
    e->out->count += (size_t)e->index;
    return true;
}

/* libei writes 28 to 32 bits as a big integer, which Erlang reads, but does not write. */
static bool encode_integer_32(struct encoder *e, int32_t n)
{
    char *to = encode_reserve(e, 5);
    if (!to)
        return false;
    to[e->index++] = ERL_INTEGER_EXT;
    for (int shift = 24; shift >= 0; shift -= 8)
        to[e->index++] = (char)((uint32_t)n >> shift);
    return encode_wrote(e, 0);
}

static bool encode_integer(struct encoder *e, int64_t n)
{
    if (n == (int32_t)n && (n < 0 || n > UINT8_MAX))
        return encode_integer_32(e, (int32_t)n);
    char *to = encode_reserve(e, 3 + sizeof n);
    return to && encode_wrote(e, ei_encode_longlong(to, &e->index, n));
}

static bool encode_float(struct encoder *e, double d)
{
    char *to = encode_reserve(e, 1 + sizeof d);
    return to && encode_wrote(e, ei_encode_double(to, &e->index, d));
}

static bool encode_atom(struct encoder *e, term t)
{
    size_t length;
    const char *text = atom_text_of(t, &length);
    if (!text)
        return encode_failed(e, BL_EINVAL, "an atom that does not exist");
    char *to = encode_reserve(e, 3 + length);
    return to && encode_wrote(e, ei_encode_atom_len_as(to, &e->index, text, (int)length, ERLANG_UTF8, ERLANG_UTF8));
}

static bool encode_pid(struct encoder *e, term t)
{
    erlang_pid pid = {.num = term_pid_index(t), .serial = term_pid_generation(t)};
    memcpy(pid.node, EXTERNAL_NODE, sizeof EXTERNAL_NODE);
    char *to = encode_reserve(e, 1 + NODE_BYTES + 12);
    return to && encode_wrote(e, ei_encode_pid(to, &e->index, &pid));
}

static bool encode_reference(struct encoder *e, term t)
{
    uint64_t number = term_reference_number(t);
    erlang_ref ref = {.len = EXTERNAL_REFERENCE_WORDS};
    ref.n[0] = number & ((1u << EXTERNAL_REFERENCE_LOW_BITS) - 1);
    ref.n[1] = (uint32_t)(number >> EXTERNAL_REFERENCE_LOW_BITS);
    ref.n[2] = (uint32_t)(number >> (EXTERNAL_REFERENCE_LOW_BITS + 32));
    memcpy(ref.node, EXTERNAL_NODE, sizeof EXTERNAL_NODE);
    char *to = encode_reserve(e, 3 + NODE_BYTES + 4 + 4 * EXTERNAL_REFERENCE_WORDS);
    return to && encode_wrote(e, ei_encode_ref(to, &e->index, &ref));
}

static bool encode_binary(struct encoder *e, term t)
{
    size_t n = binary_size(t);
    if (n > INT_MAX - 5)
        return encode_failed(e, BL_EINVAL, "a binary of 2 GiB or more");
    char *to = encode_reserve(e, 5 + n);
    return to && encode_wrote(e, ei_encode_binary(to, &e->index, binary_bytes(t), (long)n));
}

static bool encode_tuple(struct encoder *e, term t)
{
    size_t n = box_size(t);
    char *to = encode_reserve(e, 5);
    return to && encode_wrote(e, ei_encode_tuple_header(to, &e->index, (int)n)) &&
           (n == 0 || encode_later(e, (uintptr_t)box_payload(t), n));
}

/* Its keys and values, k, v, k, v, .. in a row; NULL: no memory. */
static term *map_pairs(struct heap *scratch, term map, size_t n)
{
    term *pairs, *to;
    struct map_iterator all;
    if (!box_take(scratch, BOX_TUPLE, 2 * n, &pairs))
        return NULL;
    map_iterate(&all, map);
    for (to = pairs; map_next(&all, &to[0], &to[1]);)
        to += 2;
    ASSERT(to == pairs + 2 * n);
    return pairs;
}

static bool encode_map(struct encoder *e, term t)
{
    size_t n = map_size(t);
    if (n > INT_MAX)
        return encode_failed(e, BL_EINVAL, "a map of 2^31 keys or more");
    char *to = encode_reserve(e, 5);
    if (!to || !encode_wrote(e, ei_encode_map_header(to, &e->index, (int)n)))
        return false;
    const term *pairs = map_pairs(&e->scratch, t, n);
    return pairs ? n == 0 || encode_later(e, (uintptr_t)pairs, 2 * n) : encode_no_memory(e);
}

static bool term_is_byte(term t)
{
    return term_is_int(t) && (uint64_t)term_int_value(t) <= UINT8_MAX;
}

/* How many cells are in a row from t on? And could they be a string? */
static size_t list_length(term t, bool *string)
{
    size_t n = 0;
    for (*string = true; term_is_cell(t); t = cell_tail(t), n++)
        *string = *string && term_is_byte(cell_head(t));
    *string = *string && t == TERM_NIL && n <= STRING_MOST;
    return n;
}

static bool encode_string(struct encoder *e, term t, size_t n)
{
    char *to = encode_reserve(e, 3 + n);
    if (!to)
        return false;
    char *text = to + 3; /* where libei moves it to */
    for (size_t i = 0; i < n; i++, t = cell_tail(t))
        text[i] = (char)term_int_value(cell_head(t));
    return encode_wrote(e, ei_encode_string_len(to, &e->index, text, (int)n));
}

static bool encode_list(struct encoder *e, term t)
{
    bool string;
    size_t n = list_length(t, &string);
    if (string)
        return encode_string(e, t, n);
    if (n > INT_MAX)
        return encode_failed(e, BL_EINVAL, "a list of 2^31 elements or more");
    char *to = encode_reserve(e, 5);
    return to && encode_wrote(e, ei_encode_list_header(to, &e->index, (int)n)) && encode_later(e, t, 0);
}

static bool encode_nil(struct encoder *e)
{
    char *to = encode_reserve(e, 1);
    return to && encode_wrote(e, ei_encode_empty_list(to, &e->index));
}

static bool encode_box(struct encoder *e, term t)
{
    switch (header_kind(box_header_of(t))) {
    case BOX_TUPLE: return encode_tuple(e, t);
    case BOX_MAP:
    case BOX_NODE: return encode_map(e, t);
    case BOX_INTEGER: return encode_integer(e, integer_value(t));
    case BOX_FLOAT: return encode_float(e, float_value(t));
    case BOX_BINARY:
    case BOX_SHARED: return encode_binary(e, t);
    case BOX_FUNCTION: return encode_failed(e, BL_EINVAL, "a function cannot be encoded");
    case BOX_RESOURCE: return encode_failed(e, BL_EINVAL, "a resource cannot be encoded");
    case BOX_FILLER: break;
    }
    return encode_failed(e, BL_EINVAL, "a box of no known kind");
}

/* t itself; what is inside it comes later. */
static bool encode_one(struct encoder *e, term t)
{
    if (term_is_int(t))
        return encode_integer(e, term_int_value(t));
    if (term_is_atom(t))
        return encode_atom(e, t);
    if (term_is_cell(t))
        return encode_list(e, t);
    if (term_is_box(t))
        return encode_box(e, t);
    if (t == TERM_NIL)
        return encode_nil(e);
    if (term_is_pid(t))
        return encode_pid(e, t);
    if (term_is_reference(t))
        return encode_reference(e, t);
    return encode_failed(e, BL_EINVAL, "what only the runtime says cannot be encoded");
}

/* The first of what waits. What waits after it is pushed first, and not at all if there
 * is nothing: what is nested in last elements only needs one entry, however deep. */
static bool encode_next(struct encoder *e)
{
    size_t count = worklist_pop(&e->waiting);
    uint64_t what = worklist_pop(&e->waiting);
    if (count) {
        const term *first = (const term *)(uintptr_t)what;
        return (count == 1 || encode_later(e, (uintptr_t)(first + 1), count - 1)) && encode_one(e, *first);
    }
    term tail = cell_tail(what);
    if (term_is_cell(tail))
        return encode_later(e, tail, 0) && encode_one(e, cell_head(what));
    return encode_later(e, (uintptr_t)&term_pointer(what)[1], 1) && encode_one(e, cell_head(what));
}

static bool encode_all(struct encoder *e, term t)
{
    char *to = encode_reserve(e, 1);
    bool good = to && encode_wrote(e, ei_encode_version(to, &e->index)) && encode_one(e, t);
    while (good && e->waiting.count)
        good = encode_next(e);
    return good;
}

bool term_encode(term t, struct text *out, struct external_error *error)
{
    struct encoder e = {.out = out, .error = error};
    size_t before = out->count;
    worklist_init(&e.waiting);
    heap_init(&e.scratch);
    bool good = encode_all(&e, t);
    if (!good)
        out->count = before;
    heap_fini(&e.scratch);
    worklist_fini(&e.waiting);
    return good;
}
