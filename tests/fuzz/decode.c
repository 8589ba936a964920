/* decode.c - bytes of an enemy, for data/external. From the project's root:
 *
 *     mkdir -p out/found
 *     tests/fuzz/build.sh out/fuzz
 *     out/fuzz -max_total_time=600 out/found tests/fuzz/corpus
 *
 * `corpus` was written by Erlang (corpus.escript); what the fuzzer adds goes to out/found,
 * and an input that breaks something into crash-* where it was started. To see it again:
 * out/fuzz crash-... For the coverage of all that was found:  out/fuzz -runs=0 out/found.
 *
 * What can be decoded is encoded, and decoded and encoded once more: the same term, and the
 * same bytes. The input lies at the end of a block of its own, where AddressSanitizer sees
 * each step too far. Then all of it again with less and less memory: the right result,
 * or BL_ENOMEM. */
#include <stdlib.h>

#include "data/external.h"
#include "data/order.h"
#include "fuzz/memory.h"

enum { SMALL = 512, HEAP_FACTOR = 64, HEAP_SPARE = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Encode t, decode that, encode that: nothing may be lost on the way. False: no memory. */
static bool round_trip(struct heap *h, term t)
{
    struct text first, second;
    struct external_error error;
    size_t used;
    text_init(&first);
    text_init(&second);
    bool good = term_encode(t, &first, &error);
    term back = good ? term_decode(h, (uint8_t *)first.bytes, first.count, &used, &error) : TERM_NONE;
    good = back && term_encode(back, &second, &error);
    must(good || error.code == BL_ENOMEM);
    if (good) {
        enum order order = term_same(t, back);
        must(order == ORDER_SAME || (order == ORDER_NO_MEMORY && memory_is_scarce()));
        must(used == first.count && second.count == first.count && !memcmp(first.bytes, second.bytes, used));
    }
    text_fini(&second);
    text_fini(&first);
    return good;
}

/* False: no memory somewhere. */
static bool all_of_it(const uint8_t *bytes, size_t n)
{
    struct heap heap;
    struct external_error error = {0};
    size_t used = 0;
    heap_init(&heap);
    term t = term_decode(&heap, bytes, n, &used, &error);
    must(t ? used <= n : error.what && error.at <= n);
    must(heap_bytes(&heap) <= HEAP_FACTOR * n + HEAP_SPARE);
    bool enough = t ? round_trip(&heap, t) : error.code != BL_ENOMEM;
    heap_fini(&heap);
    return enough;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t *alone = malloc(n + !n);
    if (n)
        memcpy(alone, bytes, n);
    memory_limit(SIZE_MAX);
    must(all_of_it(alone, n));
    for (size_t allocations = 0; n <= SMALL && allocations < SMALL; allocations++) {
        memory_limit(allocations);
        if (all_of_it(alone, n))
            break;
    }
    free(alone);
    return 0;
}
