/* dictionary.c - what does a request cost to a unit that holds a map?
 * A server holds a map of 20,000 keys. In a batch 20 workers send n requests each, one after the other, nine of ten
 * {read, From, Key}, the others {write, From, Key, Value}, drawn at random; both are answered {value, Value}, and
 * the worker adds up. A worker asks for keys of its own only, so that it is told the same whoever comes first;
 * before a batch the map becomes what it was at first. (Savina's Concurrent Dictionary, with 10,000 requests; there
 * the map has 524,287 keys, and would mostly miss the caches.)
 * Measured: a request, an answer, and a look-up; for one of ten a map that is like the old one but for a value,
 * and the garbage of that. Who has maps that are changed in place uses those.
 * Not measured: many readers at once, which one server does not allow.
 * n: requests of each worker. */
#include "draws.h"
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->dictionary;
}

static uint64_t ops(uint64_t n)
{
    return DICTIONARY_WORKERS * n;
}

/* What one worker is told; its keys are worker + 20 i. */
static uint64_t answers(uint32_t worker, uint64_t n)
{
    static uint32_t values[DICTIONARY_KEYS + 1];
    uint64_t sum = 0;
    struct request r = {.drawn = worker};
    for (uint32_t key = worker; key <= DICTIONARY_KEYS; key += DICTIONARY_WORKERS)
        values[key] = key;
    for (uint64_t i = 0; i < n; i++) {
        r = next_request(r.drawn, worker);
        if (is_write(r))
            values[r.key] = r.drawn;
        sum += values[r.key];
    }
    return sum;
}

static uint64_t checksum(uint64_t n)
{
    uint64_t sum = 0;
    for (uint32_t worker = 1; worker <= DICTIONARY_WORKERS; worker++)
        sum += answers(worker, n);
    return sum;
}

static uint64_t units(uint64_t n)
{
    (void)n;
    return DICTIONARY_WORKERS + 1;
}

const struct figure figure_dictionary = {
    .name = "dictionary", .unit = "ns",
    .question = "What does a request cost to a unit that holds a map?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", NULL},
    .sizes = (const uint64_t[]){1000, 10000, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum, .units = units,
};
