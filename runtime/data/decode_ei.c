/* decode_ei.c - bytes as terms: see external.h.
 *
 * libei reads one item at a time: a number, an atom, the header of a tuple. What is inside
 * a tuple, list or map waits in a worklist, so nesting costs no stack.
 *
 * libei knows no end of its input, so this file does. Two things hold before each item is
 * given to it: all bytes of the item are there, by its tag and its length field; and behind
 * them is at least one byte for each term that is still owed, to the containers that
 * have been opened. A container may be opened only if its elements fit in too. So the
 * memory of all containers together is linear in the input, whatever the length fields say,
 * even if each of many nested ones claims all the rest. */
#include <langinfo.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include <ei.h>

#include "data/atom.h"
#include "data/external.h"
#include "data/map.h"
#include "data/worklist.h"

enum { FLOAT_TEXT = 31 };

/* The worklist holds pairs of words: an address with one of these kinds in its low bits,
 * and a number. Whatever is taken from a heap is filled with empty lists at once, so that
 * the heap is whole when the input turns out to be bad. */

enum open_kind {
    OPEN_ROW,  /* terms in a row are to be read; how many */
    OPEN_LIST, /* the heads of cells in a row, and the tail of the last; how many terms */
    OPEN_MAP,  /* where a map goes that is to be made; the box of its keys and values */
    OPEN_MASK,
};

struct decoder {
    const uint8_t *bytes;
    size_t size, at; /* `at`: where the item begins that is being read */
    size_t owed;     /* terms that must follow it; never more than there are bytes */
    struct heap *heap;
    struct heap scratch; /* boxes of keys and values of maps */
    struct worklist open;
    int index; /* libei's: 0, and after it has read an item the bytes of that */
    struct external_error *error;
};

static const char *decode_here(const struct decoder *d)
{
    return (const char *)d->bytes + d->at;
}

static bool decode_failed(struct decoder *d, const char *what)
{
    return external_failed(d->error, BL_EINVAL, d->at, what);
}

static bool decode_no_memory(struct decoder *d)
{
    return external_failed(d->error, BL_ENOMEM, d->at, "no memory");
}

/* Are n bytes here, and behind them those of what is owed? */
static bool decode_has(struct decoder *d, size_t n)
{
    size_t left = d->size - d->at;
    if (n > left || d->owed > left - n)
        return decode_failed(d, "the input ends inside a term");
    return n <= INT_MAX || decode_failed(d, "an item of 2 GiB or more: not supported here");
}

/* libei has read an item. Go behind it. */
static bool decode_past(struct decoder *d)
{
    d->at += (size_t)d->index;
    ASSERT(d->at <= d->size && d->owed <= d->size - d->at);
    return true;
}

/* The same, and the item was the header of a container for n terms. */
static bool decode_past_header(struct decoder *d, size_t n)
{
    if (n > d->size - d->at - (size_t)d->index - d->owed)
        return decode_failed(d, "more elements than there are bytes");
    d->owed += n;
    return decode_past(d);
}

/* The same, and the item was all of the term t. */
static bool decode_past_term(struct decoder *d, term *slot, term t)
{
    if (!t)
        return decode_no_memory(d);
    *slot = t;
    return decode_past(d);
}

static bool decode_later(struct decoder *d, const term *address, enum open_kind kind, uint64_t number)
{
    return (worklist_push(&d->open, (uintptr_t)address | kind) && worklist_push(&d->open, number)) ||
           decode_no_memory(d);
}

/* ---- which bytes an item has ---- */

/* By its tag: so many bytes, 0 for tags that are not read here; `counted` are followed by
 * as many as their length field says. The first number covers what ei_get_type() reads. */
static const struct item_shape {
    uint8_t bytes;
    bool counted;
} item_shapes[UINT8_MAX + 1] = {
    [ERL_SMALL_INTEGER_EXT] = {2, false},
    [ERL_INTEGER_EXT] = {5, false},
    [ERL_SMALL_BIG_EXT] = {3, true},
    [ERL_LARGE_BIG_EXT] = {6, true},
    [NEW_FLOAT_EXT] = {9, false},
    [ERL_FLOAT_EXT] = {1 + FLOAT_TEXT, false},
    [ERL_ATOM_EXT] = {3, true},
    [ERL_SMALL_ATOM_EXT] = {2, true},
    [ERL_ATOM_UTF8_EXT] = {3, true},
    [ERL_SMALL_ATOM_UTF8_EXT] = {2, true},
    [ERL_NEW_PID_EXT] = {13, false},        /* and the atom of its node */
    [ERL_NEWER_REFERENCE_EXT] = {7, false}, /* that too, and its words */
    [ERL_SMALL_TUPLE_EXT] = {2, false},
    [ERL_LARGE_TUPLE_EXT] = {5, false},
    [ERL_MAP_EXT] = {5, false},
    [ERL_NIL_EXT] = {1, false},
    [ERL_STRING_EXT] = {3, true},
    [ERL_LIST_EXT] = {5, false},
    [ERL_BINARY_EXT] = {5, true},
    [ERL_BIT_BINARY_EXT] = {6, true},
};

enum { ERL_COMPRESSED = 'P' }; /* for which libei has no name */

static const char *decode_why_not(uint8_t tag)
{
    switch (tag) {
    case ERL_COMPRESSED: return "a compressed term: not supported here";
    case ERL_FUN_EXT:
    case ERL_NEW_FUN_EXT:
    case ERL_EXPORT_EXT: return "a function: not supported here";
    case ERL_PORT_EXT:
    case ERL_NEW_PORT_EXT:
    case ERL_V4_PORT_EXT: return "a port: not supported here";
    case ERL_PID_EXT: return "a pid from before OTP 23: not supported here";
    case ERL_REFERENCE_EXT:
    case ERL_NEW_REFERENCE_EXT: return "a reference from before OTP 23: not supported here";
    default: return "a tag that the format does not have";
    }
}

/* Is the item here, or `offset` bytes further, there with all its bytes? *bytes is how many
 * they are without what is counted, *length what the length field says. Its tag is there:
 * the item was owed, or is inside one that has as many bytes in any case. */
static bool decode_whole(struct decoder *d, size_t offset, size_t *bytes, size_t *length)
{
    ASSERT(offset < d->size - d->at);
    uint8_t tag = d->bytes[d->at + offset];
    struct item_shape shape = item_shapes[tag];
    if (!shape.bytes)
        return decode_failed(d, decode_why_not(tag));
    if (!decode_has(d, offset + shape.bytes))
        return false;
    int type, n, index = (int)offset;
    ei_get_type(decode_here(d), &index, &type, &n);
    *bytes = shape.bytes;
    *length = (uint32_t)n;
    return !shape.counted || decode_has(d, offset + *bytes + *length);
}

static bool is_atom_tag(uint8_t tag)
{
    return tag == ERL_ATOM_EXT || tag == ERL_SMALL_ATOM_EXT || tag == ERL_ATOM_UTF8_EXT ||
           tag == ERL_SMALL_ATOM_UTF8_EXT;
}

/* Is the atom of a node there, `offset` bytes from here, and behind it so many more? */
static bool decode_whole_node(struct decoder *d, size_t offset, size_t more)
{
    size_t bytes, length;
    if (!is_atom_tag(d->bytes[d->at + offset]))
        return decode_failed(d, "a node whose name is no atom");
    if (!decode_whole(d, offset, &bytes, &length) || !decode_has(d, offset + bytes + length + more))
        return false;
    return !memchr(decode_here(d) + offset + bytes, 0, length) ||
           decode_failed(d, "a node whose name has a zero byte: not supported here");
}

/* ---- what holds no other terms ---- */

static bool decode_integer(struct decoder *d, term *slot)
{
    long long n;
    if (ei_decode_longlong(decode_here(d), &d->index, &n) < 0)
        return decode_failed(d, "an integer beyond 64 bits: not supported here");
    return decode_past_term(d, slot, integer_make(d->heap, n));
}

/* The bytes of a float begin at `from`. */
static bool decode_float(struct decoder *d, term *slot, const char *from)
{
    double f;
    if (ei_decode_double(from, &d->index, &f) < 0 || !isfinite(f))
        return decode_failed(d, "a float that is no number");
    return decode_past_term(d, slot, float_make(d->heap, f));
}

/* How floats were written before OTP 17. libei reads it with sscanf(3), which looks for a
 * zero behind the text, knows infinities, and asks the locale what a point is. */
static bool decode_float_text(struct decoder *d, term *slot)
{
    char item[1 + FLOAT_TEXT + 1];
    memcpy(item, decode_here(d), 1 + FLOAT_TEXT);
    item[1 + FLOAT_TEXT] = 0;
    if (item[1 + strspn(item + 1, "0123456789.eE+-")])
        return decode_failed(d, "a float that is no number");
    if (strcmp(nl_langinfo(RADIXCHAR), "."))
        return decode_failed(d, "a float as text: not supported in this locale");
    return decode_float(d, slot, item);
}

static bool decode_atom_refused(struct decoder *d, bl_error why)
{
    return external_failed(d->error, why, d->at,
                           why == BL_ELIMIT   ? "an atom too many: the table is full"
                           : why == BL_ENOMEM ? "no memory"
                                              : "an atom that is not UTF-8, or longer than 255 characters");
}

/* How many bytes the text of an atom has in UTF-8, which may have zeros among them. */
static size_t decode_atom_length(uint8_t tag, const char *text, size_t length)
{
    size_t more = 0;
    if (tag == ERL_ATOM_EXT || tag == ERL_SMALL_ATOM_EXT) /* Latin-1 */
        for (size_t i = 0; i < length; i++)
            more += (unsigned char)text[i] >= 0x80;
    return length + more;
}

static bool decode_atom(struct decoder *d, term *slot, size_t bytes, size_t length)
{
    char text[MAXATOMLEN_UTF8];
    bl_error error = BL_EINVAL;
    size_t utf8 = decode_atom_length(d->bytes[d->at], decode_here(d) + bytes, length);
    if (ei_decode_atom_as(decode_here(d), &d->index, text, sizeof text, ERLANG_UTF8, NULL, NULL) < 0)
        return decode_atom_refused(d, error);
    term t = atom_intern(text, utf8, &error);
    return t ? decode_past_term(d, slot, t) : decode_atom_refused(d, error);
}

static bool is_ours(const char *node, unsigned creation)
{
    return !strcmp(node, EXTERNAL_NODE) && creation == 0;
}

static bool decode_pid(struct decoder *d, term *slot)
{
    erlang_pid pid;
    if (!decode_whole_node(d, 1, 12))
        return false;
    if (ei_decode_pid(decode_here(d), &d->index, &pid) < 0 || !is_ours(pid.node, pid.creation))
        return decode_failed(d, "a pid of another node: not supported here");
    if (pid.num == 0 || pid.num >= PID_INDEX_NOBODY)
        return decode_failed(d, "a pid that nobody can have here: not supported");
    return decode_past_term(d, slot, term_pid(pid.num, pid.serial));
}

static bool decode_reference(struct decoder *d, term *slot)
{
    erlang_ref ref;
    size_t words = (size_t)d->bytes[d->at + 1] << 8 | d->bytes[d->at + 2];
    if (!decode_whole_node(d, 3, 4 + 4 * words))
        return false;
    if (words != EXTERNAL_REFERENCE_WORDS || ei_decode_ref(decode_here(d), &d->index, &ref) < 0 ||
        !is_ours(ref.node, ref.creation) || ref.n[0] >> EXTERNAL_REFERENCE_LOW_BITS ||
        ref.n[2] >> EXTERNAL_REFERENCE_HIGH_BITS)
        return decode_failed(d, "a reference that is not of this runtime: not supported here");
    uint64_t high = (uint64_t)ref.n[2] << 32 | ref.n[1];
    return decode_past_term(d, slot, term_reference(high << EXTERNAL_REFERENCE_LOW_BITS | ref.n[0]));
}

static bool decode_binary(struct decoder *d, term *slot)
{
    const char *first;
    size_t bits;
    if (ei_decode_bitstring(decode_here(d), &d->index, &first, NULL, &bits) < 0)
        return decode_failed(d, "a bit string with more bits than a byte has");
    if (bits % 8)
        return decode_failed(d, "a bit string that ends inside a byte: not supported here");
    return decode_past_term(d, slot, binary_make(d->heap, first, bits / 8));
}

/* ---- what does ---- */

static void fill_nil(term *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        at[i] = TERM_NIL;
}

/* n cells in a row, n > 0, whose heads the caller fills. */
static term list_take(struct heap *h, size_t n, term **cells)
{
    term *at = heap_take(h, 2 * n);
    if (!at)
        return TERM_NONE;
    *cells = at;
    fill_nil(at, 2 * n);
    for (size_t i = 1; i < n; i++)
        at[2 * i - 1] = term_cell(&at[2 * i]);
    return term_cell(at);
}

/* A box of n empty lists, whose payload the caller fills. */
static term row_take(struct heap *h, size_t n, term **elements)
{
    term t = box_take(h, BOX_TUPLE, n, elements);
    if (t)
        fill_nil(*elements, n);
    return t;
}

/* libei refuses what has the right tag and all its bytes: it never does. */
static bool decode_refused(struct decoder *d)
{
    return decode_failed(d, "an item that libei cannot read");
}

static bool decode_string(struct decoder *d, term *slot, size_t n)
{
    term *cells, list = TERM_NIL;
    if (ei_decode_string(decode_here(d), &d->index, NULL) < 0)
        return decode_refused(d);
    if (n && !(list = list_take(d->heap, n, &cells)))
        return decode_no_memory(d);
    const uint8_t *text = d->bytes + d->at + (size_t)d->index - n;
    for (size_t i = 0; i < n; i++)
        cells[2 * i] = term_int(text[i]);
    return decode_past_term(d, slot, list);
}

/* A list of no elements is its tail, as Erlang reads it. */
static bool decode_list(struct decoder *d, term *slot, size_t n)
{
    if (ei_decode_list_header(decode_here(d), &d->index, NULL) < 0)
        return decode_refused(d);
    if (!decode_past_header(d, n + 1))
        return false;
    if (n == 0)
        return decode_later(d, slot, OPEN_ROW, 1);
    term *cells, list = list_take(d->heap, n, &cells);
    if (!list)
        return decode_no_memory(d);
    *slot = list;
    return decode_later(d, cells, OPEN_LIST, n + 1);
}

static bool decode_tuple(struct decoder *d, term *slot, size_t n)
{
    if (n > TUPLE_MOST)
        return decode_failed(d, "a tuple of more than 16,777,215 elements");
    if (ei_decode_tuple_header(decode_here(d), &d->index, NULL) < 0)
        return decode_refused(d);
    if (!decode_past_header(d, n))
        return false;
    term *elements, t = row_take(d->heap, n, &elements);
    if (!t)
        return decode_no_memory(d);
    *slot = t;
    return n == 0 || decode_later(d, elements, OPEN_ROW, n);
}

static bool decode_map(struct decoder *d, term *slot, size_t n)
{
    if (ei_decode_map_header(decode_here(d), &d->index, NULL) < 0)
        return decode_refused(d);
    if (!decode_past_header(d, 2 * n))
        return false;
    term *pairs, box = row_take(&d->scratch, 2 * n, &pairs);
    if (!box)
        return decode_no_memory(d);
    return decode_later(d, slot, OPEN_MAP, box) && (n == 0 || decode_later(d, pairs, OPEN_ROW, 2 * n));
}

/* All keys and values of a map have been read. */
static bool decode_map_end(struct decoder *d, term *slot, term pairs)
{
    size_t n = box_size(pairs) / 2;
    term map = map_from(d->heap, box_payload(pairs), n);
    if (!map)
        return decode_no_memory(d);
    if (map_size(map) != n)
        return decode_failed(d, "a map that has a key twice, which ends before this byte");
    *slot = map;
    return true;
}

/* ---- one after the other ---- */

/* The item that is here; what is inside it comes later. */
static bool decode_one(struct decoder *d, term *slot)
{
    size_t bytes, length;
    d->owed--;
    d->index = 0;
    if (!decode_whole(d, 0, &bytes, &length))
        return false;
    switch (d->bytes[d->at]) {
    case ERL_SMALL_TUPLE_EXT:
    case ERL_LARGE_TUPLE_EXT: return decode_tuple(d, slot, length);
    case ERL_LIST_EXT: return decode_list(d, slot, length);
    case ERL_MAP_EXT: return decode_map(d, slot, length);
    case ERL_NIL_EXT:
    case ERL_STRING_EXT: return decode_string(d, slot, length);
    case ERL_BINARY_EXT:
    case ERL_BIT_BINARY_EXT: return decode_binary(d, slot);
    case NEW_FLOAT_EXT: return decode_float(d, slot, decode_here(d));
    case ERL_FLOAT_EXT: return decode_float_text(d, slot);
    case ERL_NEW_PID_EXT: return decode_pid(d, slot);
    case ERL_NEWER_REFERENCE_EXT: return decode_reference(d, slot);
    case ERL_SMALL_INTEGER_EXT:
    case ERL_INTEGER_EXT:
    case ERL_SMALL_BIG_EXT:
    case ERL_LARGE_BIG_EXT: return decode_integer(d, slot);
    default: return decode_atom(d, slot, bytes, length); /* of the tags that have a shape, the four left */
    }
}

/* What was opened last. What is left of it is pushed first, and not at all if nothing is. */
static bool decode_next(struct decoder *d)
{
    uint64_t number = worklist_pop(&d->open), word = worklist_pop(&d->open);
    term *address = (term *)(uintptr_t)(word & ~(uint64_t)OPEN_MASK);
    if ((word & OPEN_MASK) == OPEN_MAP)
        return decode_map_end(d, address, number);
    if ((word & OPEN_MASK) == OPEN_ROW)
        return (number == 1 || decode_later(d, address + 1, OPEN_ROW, number - 1)) && decode_one(d, address);
    if (number == 1) /* behind the last cell: its tail is the word before */
        return decode_one(d, address - 1);
    return decode_later(d, address + 2, OPEN_LIST, number - 1) && decode_one(d, address);
}

static bool decode_version(struct decoder *d)
{
    int version;
    if (!decode_has(d, 1))
        return false;
    if (ei_decode_version(decode_here(d), &d->index, &version) < 0)
        return decode_failed(d, "no version byte 131");
    return decode_past(d);
}

static bool decode_all(struct decoder *d, term *root)
{
    bool good = decode_version(d) && decode_one(d, root);
    while (good && d->open.count)
        good = decode_next(d);
    ASSERT(!good || d->owed == 0);
    return good;
}

term term_decode(struct heap *h, const uint8_t *bytes, size_t n, size_t *used, struct external_error *error)
{
    struct decoder d = {.bytes = bytes, .size = n, .owed = 1, .heap = h, .error = error};
    term root = TERM_NONE;
    worklist_init(&d.open);
    heap_init(&d.scratch);
    bool good = decode_all(&d, &root);
    if (good && used)
        *used = d.at;
    heap_fini(&d.scratch);
    worklist_fini(&d.open);
    return good ? root : TERM_NONE;
}
