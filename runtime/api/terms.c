/* terms.c - the public functions for terms: each checks what it is given, finds the heap
 * on which the caller builds, and hands over to the data rooms.
 *
 * garbage_heap() may collect, so it comes first, when everything that the caller holds
 * is still on its stack or in registers as it gave it to us. */
#include "beamling/beamling.h"

#include "api/call.h"
#include "data/atom.h"
#include "data/copy.h"
#include "data/order.h"
#include "kernel/charge.h"
#include "kernel/catch.h"
#include "kernel/garbage.h"
#include "kernel/native.h"
#include "kernel/receive.h"
#include "kernel/reference.h"
#include "kernel/select.h"

static void check_stack(void)
{
    struct sched *s = self_sched();
    if (s)
        sched_check_stack(s);
}

/* The stack is long enough for what follows; NULL: no memory for a heap. */
static struct heap *heap_for_caller(void)
{
    check_stack();
    return garbage_heap();
}

/* Walking a deep term takes memory, and there is none: a process ends. */
static void no_memory_to_walk(void)
{
    if (!self_sched())
        panic("no memory to compare or hash a deep term");
    process_end_self(term_atom(ATOM_no_memory));
}

/* Of a comparison. */
static enum order known(enum order order)
{
    if (UNLIKELY(order == ORDER_NO_MEMORY))
        no_memory_to_walk();
    return order;
}

/* ---- order ---- */

bool bl_same_value(bl_term a, bl_term b)
{
    size_t words = 0;
    check_stack();
    enum order o = known(term_same_counted(a.word, b.word, &words));
    charge_words(words);
    return o == ORDER_SAME;
}

int bl_compare(bl_term a, bl_term b)
{
    size_t words = 0;
    check_stack();
    enum order o = known(term_compare_counted(a.word, b.word, &words));
    charge_words(words);
    return o;
}

bool bl_equal(bl_term a, bl_term b)
{
    return bl_compare(a, b) == 0;
}

uint64_t bl_hash(bl_term t)
{
    uint64_t hash;
    size_t words = 0;
    check_stack();
    if (UNLIKELY(!term_hash_counted(t.word, &hash, &words)))
        no_memory_to_walk();
    charge_words(words);
    return hash;
}

/* ---- kinds ---- */

bool bl_is_integer(bl_term t)
{
    return term_is_integer(t.word);
}

bool bl_is_float(bl_term t)
{
    return term_is_float(t.word);
}

bool bl_is_tuple(bl_term t)
{
    return term_is_tuple(t.word);
}

bool bl_is_map(bl_term t)
{
    return term_is_map(t.word);
}

bool bl_is_binary(bl_term t)
{
    return term_is_binary(t.word);
}

bool bl_is_function(bl_term t)
{
    return term_is_function(t.word);
}

/* ---- numbers ---- */

bl_term bl_integer(int64_t n)
{
    if (n >= BL_INT_MIN && n <= BL_INT_MAX)
        return term_give(term_int(n));
    struct heap *h = heap_for_caller();
    return term_give(h ? integer_make(h, n) : TERM_NONE);
}

bl_term bl_float(double d)
{
    struct heap *h = heap_for_caller();
    return term_give(h ? float_make(h, d) : TERM_NONE);
}

bool bl_get_integer(bl_term t, int64_t *n)
{
    if (!term_is_integer(t.word))
        return false;
    *n = integer_value(t.word);
    return true;
}

bool bl_get_float(bl_term t, double *d)
{
    if (!term_is_float(t.word))
        return false;
    *d = float_value(t.word);
    return true;
}

/* ---- tuples ---- */

static bool all_terms(const bl_term *elements, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (UNLIKELY(!elements[i].word))
            return false;
    return true;
}

bl_term bl_tuple(const bl_term *elements, size_t n)
{
    struct heap *h = heap_for_caller();
    return term_give(h && all_terms(elements, n) ? tuple_make(h, (const term *)elements, n) : TERM_NONE);
}

bl_term bl_element(bl_term t, size_t i)
{
    bool there = term_is_tuple(t.word) && i < box_size(t.word);
    return term_give(there ? box_payload(t.word)[i] : TERM_NONE);
}

size_t bl_tuple_size(bl_term t)
{
    return term_is_tuple(t.word) ? box_size(t.word) : 0;
}

/* ---- lists ---- */

bl_term bl_cons(bl_term head, bl_term tail)
{
    struct heap *h = heap_for_caller();
    return term_give(h && head.word && tail.word ? cell_make(h, head.word, tail.word) : TERM_NONE);
}

bl_term bl_head(bl_term t)
{
    return term_give(term_is_cell(t.word) ? cell_head(t.word) : TERM_NONE);
}

bl_term bl_tail(bl_term t)
{
    return term_give(term_is_cell(t.word) ? cell_tail(t.word) : TERM_NONE);
}

bl_term bl_list(const bl_term *elements, size_t n)
{
    struct heap *h = heap_for_caller();
    term list = h && all_terms(elements, n) ? TERM_NIL : TERM_NONE;
    while (n-- && list)
        list = cell_make(h, elements[n].word, list);
    return term_give(list);
}

bool bl_length(bl_term t, size_t *n)
{
    size_t length = 0;
    for (; term_is_cell(t.word); t.word = cell_tail(t.word))
        length++;
    *n = length;
    charge_words(2 * length);
    return t.word == TERM_NIL;
}

/* ---- binaries ---- */

bl_term bl_binary(const void *bytes, size_t n)
{
    struct heap *h = heap_for_caller();
    return term_give(h ? binary_make(h, bytes, n) : TERM_NONE);
}

const void *bl_bytes(bl_term t, size_t *n)
{
    if (!term_is_binary(t.word))
        return NULL;
    if (n)
        *n = binary_size(t.word);
    return binary_bytes(t.word);
}

bl_term bl_binary_part(bl_term t, size_t from, size_t n)
{
    if (!term_is_binary(t.word) || from > binary_size(t.word) || n > binary_size(t.word) - from)
        return term_give(TERM_NONE);
    struct heap *h = heap_for_caller();
    return term_give(h ? binary_part(h, t.word, from, n) : TERM_NONE);
}

/* ---- references and functions ---- */

bl_term bl_make_reference(void)
{
    struct sched *s = self_sched();
    check_stack();
    term reference = term_reference(reference_number(s));
    if (s)
        select_mark(s, reference);
    return term_give(reference);
}

bl_term bl_function_of(bl_callback *function, const bl_term *captured, size_t n)
{
    struct heap *h = heap_for_caller();
    if (!h || !function || !all_terms(captured, n))
        return term_give(TERM_NONE);
    return term_give(function_make(h, (uintptr_t)function, 1, (const term *)captured, n));
}

bl_term bl_call(bl_term t, bl_term arg)
{
    if (!term_is_function(t.word))
        return term_give(TERM_NONE);
    const term *payload = box_payload(t.word);
    bl_callback *function = (bl_callback *)(uintptr_t)term_int_value(payload[0]);
    return function((const bl_term *)(payload + FUNCTION_CAPTURED), box_size(t.word) - FUNCTION_CAPTURED, arg);
}

/* ---- memory ---- */

bl_term bl_literal(bl_term t)
{
    bl_error error;
    size_t words = 0;
    check_stack();
    term literal = t.word ? copy_for_ever(t.word, &words, &error) : TERM_NONE;
    charge_words(words);
    return term_give(literal);
}

void *bl_alloc(size_t size)
{
    struct heap *h = self_sched() ? heap_for_caller() : NULL;
    return h ? native_alloc(h, size) : NULL;
}

void bl_free(void *memory)
{
    if (memory)
        native_free(memory);
}

bl_term bl_resource(size_t size, bl_destructor *destroy)
{
    struct heap *h = heap_for_caller();
    return term_give(h ? resource_make(h, size, destroy) : TERM_NONE);
}

void *bl_resource_object(bl_term t, bl_destructor *destroy)
{
    return resource_object(t.word, destroy);
}

void bl_collect(void)
{
    struct sched *s = enter(); /* a large collection gives way without looking at signals */
    if (!s)
        return;
    if (s->reductions <= 0) /* the last collection has used up the time slice */
        sched_yield_self(s);
    s = self_sched();
    if (!s->current->heap)
        return;
    heap_want_major(s->current->heap);
    garbage_collect_self(s);
}

bl_heap_info bl_get_heap_info(void)
{
    struct sched *s = self_sched();
    const struct heap *h = s ? s->current->heap : garbage_heap();
    return h ? (bl_heap_info){.bytes = heap_bytes(h), .words = heap_used(h), .collections = h->collections}
             : (bl_heap_info){0};
}

void bl_hibernate(bl_function *function, bl_term kept)
{
    struct sched *s = self_sched();
    if (!s)
        panic("bl_hibernate() outside a process: there is nobody to sleep");
    sched_check_stack(s);
    if (!function || !kept.word)
        catch_error(s, term_atom(ATOM_badarg));
    process_hibernate(s, function, kept.word);
}

void bl_forget(void)
{
    if (!self_sched())
        garbage_forget();
}
