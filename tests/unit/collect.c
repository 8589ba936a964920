/* What is reached stays the same; the rest is given back; what the stack may mean stays put. */
#include "data/collect.h"

#include <criterion/criterion.h>

#include "base/memory.h"

#include "support/scale.h"
#include "support/terms.h"

static struct heap heap;

static void start(void)
{
    heap_init(&heap);
}

static void end(void)
{
    heap_fini(&heap);
}

static void collect_with(term *roots, size_t n, const void *low, const void *high)
{
    struct roots all = {.terms = roots, .count = n, .low = low, .high = high};
    cr_assert_eq(collect(&heap, &all, NULL), COLLECTED);
}

Test(collect, an_empty_heap_and_no_roots, .init = start, .fini = end)
{
    collect_with(NULL, 0, NULL, NULL);
    cr_assert_eq(heap_bytes(&heap), 0);
}

Test(collect, without_roots_everything_goes, .init = start, .fini = end)
{
    struct random r = {random_seed("collect")};
    for (int i = 0; i < 1000; i++)
        random_term(&heap, &r, 100);
    collect_with(NULL, 0, NULL, NULL);
    cr_assert_eq(heap_bytes(&heap), 0);
}

enum { ROOTS = 20 };

static term roots[ROOTS];
static uint64_t prints[ROOTS];

static void fill(struct random *r)
{
    int i = (int)random_below(r, ROOTS);
    roots[i] = random_term(&heap, r, random_below(r, 500));
    prints[i] = fingerprint(roots[i]);
    for (unsigned n = random_below(r, 20); n; n--)
        random_term(&heap, r, 50);
}

static void check(void)
{
    for (int i = 0; i < ROOTS; i++)
        cr_assert_eq(fingerprint(roots[i]), prints[i]);
}

static void begin_roots(void)
{
    for (int i = 0; i < ROOTS; i++) {
        roots[i] = TERM_NIL;
        prints[i] = fingerprint(TERM_NIL);
    }
}

Test(collect, roots_keep_what_they_reach_and_it_is_compact, .init = start, .fini = end)
{
    struct random r = {random_seed("collect")};
    begin_roots();
    for (int i = 0; i < 4000 / SLOWDOWN; i++) {
        fill(&r);
        if (random_below(&r, 4))
            continue;
        collect_with(roots, ROOTS, NULL, NULL);
        check();
        cr_assert_eq(heap_used(&heap), heap.live);
    }
}

/* Half of the roots are a "stack": words that may not be changed; among them numbers and
 * addresses inside of objects. */
Test(collect, what_the_stack_means_stays_where_it_is, .init = start, .fini = end)
{
    struct random r = {random_seed("collect")};
    begin_roots();
    for (int i = 0; i < 4000 / SLOWDOWN; i++) {
        fill(&r);
        term stack[ROOTS], before[ROOTS];
        for (int k = 0; k < ROOTS; k++)
            stack[k] = before[k] = k % 2 ? roots[k] : random_next(&r);
        /* only the address of its second word: what a compiler may have made of a term */
        if (term_is_pointer(stack[1]))
            stack[1] = before[1] = (term)(uintptr_t)term_pointer(stack[1]) + (term_is_cell(roots[1]) ? sizeof(term) : 0);
        term precise[ROOTS / 2];
        for (int k = 0; k < ROOTS / 2; k++)
            precise[k] = roots[2 * k];
        collect_with(precise, ROOTS / 2, stack, stack + ROOTS);
        cr_assert_arr_eq(stack, before, sizeof stack);
        for (int k = 0; k < ROOTS / 2; k++)
            roots[2 * k] = precise[k];
        check();
    }
}

/* Words that once were terms, and are not any more, may turn up on a stack at any time. */
Test(collect, stale_words_harm_nobody, .init = start, .fini = end)
{
    struct random r = {random_seed("collect")};
    enum { STALE = 64 };
    term stale[STALE] = {0};
    begin_roots();
    for (int i = 0; i < 8000 / SLOWDOWN; i++) {
        fill(&r);
        stale[random_below(&r, STALE)] = roots[random_below(&r, ROOTS)];
        term *low = stale + random_below(&r, STALE);
        collect_with(roots, ROOTS, low, low + random_below(&r, (unsigned)(stale + STALE - low)));
        check();
    }
}

Test(collect, gives_back_shared_bytes_when_the_last_box_is_gone, .init = start, .fini = end)
{
    term t = binary_make(&heap, NULL, 1000), other = binary_part(&heap, t, 10, 500);
    struct shared *bytes = shared_of(term_pointer(t));
    cr_assert_eq(atomic_load(&bytes->references), 2);
    collect_with(&other, 1, NULL, NULL);
    cr_assert_eq(atomic_load(&bytes->references), 1);
    cr_assert_eq(binary_size(other), 500);
    cr_assert_eq(binary_bytes(other), bytes->bytes + 10);
    for (int i = 0; i < 100; i++) { /* in a block that is kept, too */
        binary_part(&heap, other, 0, 100);
        collect_with(NULL, 0, &other, &other + 1);
        cr_assert_eq(atomic_load(&bytes->references), 1);
    }
}

static int destroyed;

static void destroy(void *object)
{
    destroyed += *(int *)object;
}

Test(collect, destroys_a_resource_once, .init = start, .fini = end)
{
    struct resource *r = memory_alloc(sizeof *r + sizeof(int));
    *r = (struct resource){.destroy = destroy, .size = sizeof(int)};
    atomic_init(&r->references, 1);
    memcpy(r->object, &(int){1}, sizeof(int));
    term *payload = NULL, t = box_take(&heap, BOX_RESOURCE, 1, &payload);
    payload[0] = (term)(uintptr_t)r;
    heap_counts(&heap);
    collect_with(&t, 1, NULL, NULL);
    collect_with(&t, 1, NULL, NULL);
    cr_assert_eq(destroyed, 0);
    collect_with(NULL, 0, NULL, NULL);
    cr_assert_eq(destroyed, 1);
}

Test(collect, goes_as_deep_as_a_term, .init = start, .fini = end)
{
    const long depth = 10000000 / SLOWDOWN;
    term t = TERM_NIL;
    for (long i = 0; i < depth; i++)
        t = i % 2 ? cell_make(&heap, t, TERM_NIL) : tuple_make(&heap, &t, 1);
    uintptr_t stack[1] = {t};
    collect_with(NULL, 0, stack, stack + 1);
    collect_with(&t, 1, NULL, NULL);
    long found = 0;
    for (; term_is_pointer(t); found++)
        t = term_is_cell(t) ? cell_head(t) : box_payload(t)[0];
    cr_assert_eq(found, depth);
}

/* Somebody may read bytes of a binary though no word means the binary itself any more. */
Test(collect, an_address_of_shared_bytes_keeps_their_box, .init = start, .fini = end)
{
    term t = binary_make(&heap, NULL, 1000);
    struct shared *bytes = shared_of(term_pointer(t));
    atomic_fetch_add(&bytes->references, 1); /* so that we can look at it afterwards */
    uintptr_t stack[3] = {7, (uintptr_t)bytes->bytes + 999, 0};
    collect_with(NULL, 0, stack, stack + 3);
    cr_assert_eq(atomic_load(&bytes->references), 2);
    stack[1] = (uintptr_t)bytes->bytes + 2000;
    collect_with(NULL, 0, stack, stack + 3);
    cr_assert_eq(atomic_load(&bytes->references), 1);
    shared_release(bytes);
}

/* A loop over bounded state, seen by the collector as C would show it. */
Test(collect, bounded_state_needs_bounded_memory, .init = start, .fini = end)
{
    struct random r = {random_seed("collect")};
    term state = TERM_NIL;
    for (int i = 0; i < 2000000 / SLOWDOWN; i++) {
        term e[] = {term_int(i), state};
        state = tuple_make(&heap, e, 2);
        if (i % 10 == 0)
            state = TERM_NIL;
        if (heap_wants_collection(&heap)) {
            if (random_below(&r, 2))
                collect_with(&state, 1, NULL, NULL);
            else
                collect_with(NULL, 0, &state, &state + 1);
            cr_assert_leq(heap_bytes(&heap), 64 * 1024);
        }
    }
}

/* ---- generations ---- */

enum { LARGE = 3 * HEAP_OLD_LEAST / 4 }; /* cells: so that a heap with them has generations */

static term list_of(int n, term tail)
{
    while (n--)
        tail = cell_make(&heap, term_int(n), tail);
    return tail;
}

static bool is_young(const term *p)
{
    for (const struct block *b = heap.blocks; b; b = b->more)
        if (p >= b->words && p < b->words + b->size)
            return true;
    return false;
}

/* Nothing old points to anything younger, and the sums are right. */
static void check_generations(void)
{
    size_t words = 0, used = 0;
    heap_settle(&heap);
    for (const struct block *b = heap.old; b; b = b->more) {
        words += BLOCK_HEAD + b->size;
        used += b->used;
        for (const term *at = b->words, *end = at + b->used; at < end;) {
            const term *next = at + object_size(at);
            for (bool raw = object_is_box(at) && header_is_raw(*at); at < next && !raw; at++)
                cr_assert(!term_is_pointer(*at) || !is_young(term_pointer(*at)));
            at = next;
        }
    }
    cr_assert_eq(words, heap.old_words);
    cr_assert_eq(used, heap.old_used);
    for (const struct block *b = heap.blocks; b; b = b->more)
        words += BLOCK_HEAD + b->size;
    cr_assert_eq(words, heap.words);
}

Test(collect, what_is_old_points_to_nothing_younger, .init = start, .fini = end)
{
    struct random r = {random_seed("collect.generations")};
    enum { STALE = 64 };
    term stale[STALE] = {0}, large[3];
    bool minors = false, majors = false;
    begin_roots();
    large[0] = list_of(LARGE, TERM_NIL);
    for (int i = 0; i < 20000 / SLOWDOWN; i++) {
        for (unsigned n = random_below(&r, 10); n; n--)
            fill(&r);
        int k = (int)random_below(&r, ROOTS), other = (int)random_below(&r, ROOTS);
        large[1] = tuple_make(&heap, (term[]){roots[k], large[0], roots[other]}, 3);
        large[2] = random_below(&r, 2) ? large[1] : TERM_NIL;
        stale[random_below(&r, STALE)] = random_below(&r, 2) ? roots[k] : large[1];
        if (random_below(&r, 2))
            random_term(&heap, &r, 50);
        if (!heap_wants_collection(&heap) && random_below(&r, 20))
            continue;
        if (!random_below(&r, 100))
            large[0] = list_of(LARGE, TERM_NIL); /* the old one becomes garbage */
        term all[ROOTS + 3];
        memcpy(all, roots, sizeof roots);
        memcpy(all + ROOTS, large, sizeof large);
        const term *low = stale + random_below(&r, STALE);
        bool minor = heap_next_is_minor(&heap);
        minors |= minor;
        majors |= !minor && heap.minors;
        collect_with(all, ROOTS + 3, low, low + random_below(&r, (unsigned)(stale + STALE - low)));
        memcpy(roots, all, sizeof roots);
        memcpy(large, all + ROOTS, sizeof large);
        check();
        size_t n = 0;
        for (term t = large[0]; term_is_cell(t); t = cell_tail(t))
            cr_assert_eq(cell_head(t), term_int((int64_t)n++));
        cr_assert_eq(n, LARGE);
        check_generations();
    }
    cr_assert(minors && (majors || SLOWDOWN > 8));
}

/* What dies young is not moved, and what is old is not moved for it. */
Test(collect, garbage_costs_nothing_beside_a_large_state, .init = start, .fini = end)
{
    term state = list_of(LARGE, TERM_NIL);
    size_t moved = 0, once, collections = 0;
    struct roots all = {.terms = &state, .count = 1};
    cr_assert_eq(collect(&heap, &all, &once), COLLECTED);
    for (const term *first = term_pointer(state); collections < 20;) {
        cell_make(&heap, TERM_NIL, TERM_NIL);
        if (!heap_wants_collection(&heap))
            continue;
        cr_assert_eq(collect(&heap, &all, &once), COLLECTED);
        cr_assert_eq(term_pointer(state), first);
        moved += once;
        collections++;
    }
    cr_assert_eq(moved, 0);
    heap_want_major(&heap);
    cr_assert_eq(collect(&heap, &all, &once), COLLECTED);
    cr_assert(once >= 2 * LARGE);
    cr_assert_eq(heap_used(&heap), 2 * LARGE);
}

Test(collect, when_as_much_again_has_become_old_all_is_collected, .init = start, .fini = end)
{
    term state = list_of(LARGE, TERM_NIL);
    collect_with(&state, 1, NULL, NULL);
    size_t most = 0;
    for (int i = 0; i < 50; i++) { /* each lives until the next */
        collect_with(&state, 1, NULL, NULL);
        state = list_of(LARGE, TERM_NIL);
        most = heap.words > most ? heap.words : most;
    }
    cr_assert(most < 10 * (size_t)LARGE + 1024, "%zu", most);
    heap.minors = HEAP_MINORS_MOST;
    cr_assert(heap.old && !heap_next_is_minor(&heap), "and after many minor ones, too");
    heap.minors = 0;
    heap.major_at = SIZE_MAX;
    cr_assert(heap_next_is_minor(&heap));
    heap.most = heap.words;
    cr_assert(!heap_next_is_minor(&heap), "and when there is no more room");
}

Test(collect, a_limit_counts_what_is_live_only, .init = start, .fini = end)
{
    term state = list_of(LARGE, TERM_NIL);
    heap_limit(&heap, 0, 5 * LARGE);
    collect_with(&state, 1, NULL, NULL);
    state = list_of(LARGE, TERM_NIL);
    collect_with(&state, 1, NULL, NULL);
    state = list_of(LARGE / 2, TERM_NIL);
    collect_with(&state, 1, NULL, NULL);
    state = list_of(LARGE / 2, TERM_NIL);
    collect_with(&state, 1, NULL, NULL);
    cr_assert(heap.live <= heap.most, "%zu of %zu", heap.live, heap.most);
}

/* Whoever lives just below it. */
Test(collect, near_a_limit_it_pays_too, .init = start, .fini = end)
{
    enum { CELLS = 5 * HEAP_COLLECT_LEAST };
    term state = list_of(LARGE, TERM_NIL);
    heap_limit(&heap, 0, 2 * LARGE + 16);
    collect_with(&state, 1, NULL, NULL);
    collect_with(&state, 1, NULL, NULL); /* the first may leave it room, in the block it has filled in part */
    uint32_t before = heap.collections;
    for (int i = 0; i < CELLS; i++) {
        cell_make(&heap, TERM_NIL, TERM_NIL);
        if (heap_wants_collection(&heap))
            collect_with(&state, 1, NULL, NULL);
    }
    cr_assert(heap.collections - before <= 2 * CELLS / HEAP_COLLECT_LEAST, "%u", heap.collections - before);
}

Test(collect, what_is_old_lets_go_at_a_major, .init = start, .fini = end)
{
    term bytes = binary_make(&heap, NULL, 1000), state[] = {list_of(LARGE, TERM_NIL), bytes};
    struct shared *shared = shared_of(term_pointer(bytes));
    atomic_fetch_add(&shared->references, 1); /* so that we can look at it afterwards */
    collect_with(state, 2, NULL, NULL);
    cr_assert(heap.old);
    collect_with(state, 1, NULL, NULL);
    cr_assert_eq(atomic_load(&shared->references), 2);
    heap_want_major(&heap);
    collect_with(state, 1, NULL, NULL);
    cr_assert_eq(atomic_load(&shared->references), 1);
    shared_release(shared);
}
