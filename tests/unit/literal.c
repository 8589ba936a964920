/* A literal is the same term, outlives its heap, and is left alone by who copies and collects. */
#include <criterion/criterion.h>

#include "base/memory.h"
#include "data/collect.h"
#include "data/copy.h"
#include "data/map.h"
#include "support/scale.h"
#include "support/terms.h"

static term for_ever(term t)
{
    bl_error error;
    size_t words;
    term literal = copy_for_ever(t, &words, &error);
    cr_assert(literal && error == BL_OK);
    return literal;
}

/* Everything that t reaches is a literal. */
static bool all_literal(term t)
{
    for (; term_is_cell(t); t = cell_tail(t))
        if (term_is_pointer(t) || !all_literal(cell_head(t)))
            return false;
    if (term_is_pointer(t))
        return false;
    if (term_is_box(t))
        for (size_t i = 0; i < box_size(t) && !header_is_raw(box_header_of(t)); i++)
            if (!all_literal(box_payload(t)[i]))
                return false;
    return true;
}

Test(literal, no_address_is_one_before_there_are_any)
{
    int local;
    cr_assert_not(literal_has((uintptr_t)&local));
    cr_assert_not(literal_has(0));
    cr_assert_not(literal_has(8));
    cr_assert_not(literal_has((UINT64_C(1) << 47) - 8));
    cr_assert_not(literal_has((UINT64_C(1) << 56) - 8));
}

Test(literal, is_the_same_term_and_outlives_its_heap)
{
    enum { MANY = 1000 };
    static term literals[MANY];
    static uint64_t prints[MANY];
    struct random r = {random_seed("literal")};
    for (int i = 0; i < rounds(MANY); i++) {
        struct heap h;
        heap_init(&h);
        term t = random_term(&h, &r, random_below(&r, 300));
        prints[i] = fingerprint(t);
        literals[i] = for_ever(t);
        cr_assert(all_literal(literals[i]));
        if (!term_is_boxed(t))
            cr_assert_eq(literals[i], t, "an immediate is itself");
        cr_assert_eq(for_ever(literals[i]), literals[i], "and so is a literal");
        heap_fini(&h);
    }
    for (int i = 0; i < rounds(MANY); i++)
        cr_assert_eq(fingerprint(literals[i]), prints[i]);
}

static term list_of(struct heap *h, int n, term tail)
{
    while (n--)
        tail = cell_make(h, term_int(n), tail);
    return tail;
}

Test(literal, a_copy_of_what_holds_one_points_to_it)
{
    struct heap h, to;
    heap_init(&h);
    heap_init(&to);
    term literal = for_ever(list_of(&h, 100, TERM_NIL));
    for (int n = 0; n < 300; n += 7) {
        term elements[] = {literal, term_int(n), list_of(&h, n, literal), literal};
        term t = tuple_make(&h, elements, 4), copy = copy_to(&to, t);
        cr_assert_eq(fingerprint(copy), fingerprint(t));
        cr_assert_eq(box_payload(copy)[0], literal);
        cr_assert_eq(box_payload(copy)[3], literal);
        term list = box_payload(copy)[2];
        cr_assert(n == 0 || list != box_payload(t)[2]);
        for (int i = 0; i < n; i++)
            list = cell_tail(list);
        cr_assert_eq(list, literal, "a tail, too");
        cr_assert_eq(copy_to(&to, literal), literal);
    }
    heap_fini(&h);
    heap_fini(&to);
}

Test(literal, collection_leaves_it_where_it_is)
{
    enum { ROOTS = 20 };
    term roots[ROOTS];
    uint64_t prints[ROOTS];
    struct random r = {random_seed("literal.collection")};
    struct heap h;
    heap_init(&h);
    term literal = for_ever(random_term(&h, &r, 300));
    while (!term_is_boxed(literal))
        literal = for_ever(random_term(&h, &r, 300));
    uint64_t print = fingerprint(literal);
    for (int round = 0; round < rounds(400); round++) {
        for (int i = 0; i < ROOTS; i++) {
            term elements[] = {random_term(&h, &r, 100), literal, literal};
            roots[i] = random_below(&r, 4) ? tuple_make(&h, elements, 3) : cell_make(&h, literal, literal);
            prints[i] = fingerprint(roots[i]);
        }
        uintptr_t stack[] = {roots[0], random_next(&r), literal, roots[1] + 8, roots[2]};
        struct roots all = {.terms = roots, .count = ROOTS, .low = stack, .high = stack + random_below(&r, 6)};
        cr_assert_eq(collect(&h, &all, NULL), COLLECTED);
        for (int i = 0; i < ROOTS; i++) {
            cr_assert_eq(fingerprint(roots[i]), prints[i]);
            cr_assert_eq(term_is_cell(roots[i]) ? cell_tail(roots[i]) : box_payload(roots[i])[2], literal);
        }
        cr_assert_eq(fingerprint(literal), print);
    }
    struct roots only = {.terms = &literal, .count = 1};
    heap_want_major(&h);
    cr_assert_eq(collect(&h, &only, NULL), COLLECTED);
    cr_assert_eq(heap_used(&h), 0);
    heap_fini(&h);
}

Test(literal, maps_hold_them_and_are_them)
{
    struct heap h;
    heap_init(&h);
    term key = for_ever(list_of(&h, 3, TERM_NIL)), map = map_empty(&h), value;
    for (int i = 0; i < 100; i++)
        map = map_put(&h, map, list_of(&h, i, TERM_NIL), term_int(i));
    cr_assert_eq(map_get(map, key, &value), ORDER_SAME);
    cr_assert_eq(value, term_int(3));
    term literal = for_ever(map), changed = map_put(&h, literal, term_int(7), key);
    cr_assert_eq(map_get(literal, list_of(&h, 99, TERM_NIL), &value), ORDER_SAME);
    cr_assert_eq(term_same(literal, map), ORDER_SAME);
    cr_assert_eq(map_size(changed), 101);
    cr_assert_eq(map_size(literal), 100);
    heap_fini(&h);
}

static int destroyed;

static void count_destroyed(void *object)
{
    (void)object;
    destroyed++;
}

Test(literal, what_it_shares_lives_for_ever)
{
    static const char bytes[1000] = "a thousand";
    struct heap h;
    heap_init(&h);
    struct resource *resource = memory_alloc(sizeof *resource + 8);
    resource->destroy = count_destroyed;
    resource->size = 8;
    atomic_init(&resource->references, 1);
    term *payload = NULL, elements[] = {binary_make(&h, bytes, sizeof bytes), box_take(&h, BOX_RESOURCE, 1, &payload)};
    payload[0] = (term)(uintptr_t)resource;
    heap_counts(&h);
    term literal = for_ever(tuple_make(&h, elements, 2));
    heap_fini(&h);
    cr_assert_eq(destroyed, 0);
    cr_assert_arr_eq(binary_bytes(box_payload(literal)[0]), bytes, sizeof bytes);
    term part = binary_part(&h, box_payload(literal)[0], 500, 100);
    heap_fini(&h);
    cr_assert(term_is_pointer(part));
    cr_assert_eq(binary_bytes(box_payload(literal)[0])[0], 'a');
    cr_assert_eq(atomic_load(&shared_of(term_pointer(box_payload(literal)[0]))->references), 1);
}

Test(literal, there_is_a_limit)
{
    enum { WORDS = 1 << 20 };
    bool full = false;
    size_t taken = 0;
    cr_assert_null(literal_take(SIZE_MAX, &full));
    cr_assert(full);
    cr_assert_null(literal_take(LITERALS_MOST / 8 + 1, &full));
    cr_assert(full);
    for (uint64_t *words; (words = literal_take(WORDS, &full)); taken += WORDS)
        cr_assert(words[0] == 0 && words[WORDS - 1] == 0 && literal_has((uintptr_t)words));
    cr_assert(full);
    cr_assert_eq(taken * 8, LITERALS_MOST);
    struct heap h;
    bl_error error;
    size_t words;
    heap_init(&h);
    cr_assert_eq(copy_for_ever(list_of(&h, 3, TERM_NIL), &words, &error), TERM_NONE);
    cr_assert_eq(error, BL_ELIMIT);
    heap_fini(&h);
}
