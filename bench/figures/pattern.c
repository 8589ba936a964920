/* pattern.c - what does it cost to take a term apart by pattern?
 * A batch matches 10,000 times: it goes 1,250 times over eight terms T0..T7 of the shape that the
 * variant names, which were built before the clock. Each is matched against four clauses; the one that
 * matches adds a number that was taken out of the term (and 0, 10, 20, 30 by clause, with k = 0..7):
 *     int     the integer k                             0, 1, 2, anything    adds 1, 2, 3, 4
 *     atom    an atom of a0..a3                         adds 1, 2, 3, 4
 *     pair    {Tag, k}                                  adds k + 1
 *     nested  {Tag, {k, [k + 1, k + 2]}, k}             adds k and the second of the list
 *     list    [Tag, k | Rest], Rest = [k + 1]           adds k and the head of Rest
 *     map     #{tag => Tag, value => k}                 adds k + 1
 *     bin     {Tag, <<k, k + 1, ...>>} of 100 bytes     adds the first byte
 * Tag is the atom of k rem 4, so the first, second, third and fourth clause match equally often.
 * Measured: time per match, as many clauses tried as it takes, caches warm.
 * Not measured: receiving; patterns of hundreds of clauses, where a compiler's decision trees pay.
 * n: terms at a time. */
#include "figures.h"

#include <string.h>

static const struct task *task(const struct contender *c)
{
    return c->pattern;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_MATCHES;
}

/* Over the eight: what the clauses add is 2 * (0 + 10 + 20 + 30), and k adds up to 28. */
static uint64_t checksum(const struct setting *s)
{
    static const struct {
        const char *shape;
        uint64_t sum;
    } sums[] = {
        {"int", 1 + 2 + 3 + 5 * 4}, {"atom", 2 * (1 + 2 + 3 + 4)}, {"pair", 28 + 8 + 120},
        {"nested", 28 + 28 + 2 * 8 + 120}, {"list", 28 + 28 + 8 + 120}, {"map", 28 + 8 + 120}, {"bin", 28 + 120},
    };
    size_t i = 0;
    while (strcmp(sums[i].shape, s->variant) != 0)
        i++;
    return BATCH_MATCHES / 8 * sums[i].sum;
}

const struct figure figure_pattern = {
    .name = "pattern", .unit = "ns",
    .question = "What does it cost to take a term apart by pattern?",
    .variants = (const char *const[]){"int", "atom", "pair", "nested", "list", "map", "bin", NULL},
    .sizes = (const uint64_t[]){1, END_OF_SIZES},
    .task = task, .ops = ops, .variant_checksum = checksum,
};
