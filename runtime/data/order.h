/* order.h - which of two terms is less, are they the same, and the hash of a term.
 *
 *     number < atom < reference < function < pid < tuple < map < [] < list < binary
 *
 * as in Erlang, where there are two ways to look at numbers. For `<` and `==` an integer
 * is as good as a float: they are compared by value, exactly. For `=:=` and as keys of
 * maps they differ: there every integer is less than every float. 0.0 and -0.0 are the
 * same in both, as before OTP 27.
 *
 *     tuples    the shorter is less; then element by element
 *     lists     element by element, then the tails
 *     maps      the smaller is less; then key by key, always as keys; then value by value
 *     atoms     by their text, in the order of code points
 *     binaries  byte by byte; the beginning of another is less
 *     references, functions, pids   in some order, the same for as long as they exist
 *
 * All of it needs memory for deep terms, and can say that there is none. A comparison
 * costs a few nanoseconds for each word up to the first difference. In two tries (see
 * data/mapnode) of the same size every key is looked for, and each value is compared twice:
 * once more for each trie around it. */
#ifndef DATA_ORDER_H
#define DATA_ORDER_H

#include "data/mapnode.h"

enum order { ORDER_LESS = -1, ORDER_SAME = 0, ORDER_GREATER = 1, ORDER_NO_MEMORY = 2 };

/* The slow halves of those below. How many words were looked at is added to *words. */
enum order term_compare_slow(term a, term b, size_t *words);
enum order term_compare_exact_slow(term a, term b);
enum order term_same_slow(term a, term b, size_t *words);
bool term_hash_slow(term t, uint64_t *hash, size_t *words);

/* Of any two; and of small integers with their tags, which are the same. */
static inline enum order order_of_words(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Erlang's `<` and `==`; _counted says what it has cost, for who is charged for it. */
static inline enum order term_compare_counted(term a, term b, size_t *words)
{
    if (term_is_int(a) && term_is_int(b))
        return order_of_words((int64_t)a, (int64_t)b);
    return a == b ? ORDER_SAME : term_compare_slow(a, b, words);
}

static inline enum order term_compare(term a, term b)
{
    size_t words = 0;
    return term_compare_counted(a, b, &words);
}

/* The order of keys; ORDER_SAME is Erlang's `=:=`. */
static inline enum order term_compare_exact(term a, term b)
{
    if (term_is_int(a) && term_is_int(b))
        return order_of_words((int64_t)a, (int64_t)b);
    return a == b ? ORDER_SAME : term_compare_exact_slow(a, b);
}

/* Erlang's `=:=`, quicker: ORDER_SAME, ORDER_NO_MEMORY, or anything else for "no". */
static inline enum order term_same_counted(term a, term b, size_t *words)
{
    if (a == b)
        return ORDER_SAME;
    return term_is_boxed(a) && term_is_boxed(b) ? term_same_slow(a, b, words) : ORDER_LESS;
}

static inline enum order term_same(term a, term b)
{
    size_t words = 0;
    return term_same_counted(a, b, &words);
}

/* Where the value of this key is in a trie: ORDER_SAME, ORDER_NO_MEMORY, or anything else
 * for "nowhere". Here and not in data/map, since tries are compared by it. */
enum order trie_find(term trie, term key, const term **value);

/* ---- the hash ----
 * A term is read as a row of words, from which it could be built again, and each is mixed
 * into what came of those before it: a multiplication, and the upper half, in which all
 * bits have met, goes into the lower one. The last step mixes everything with everything,
 * after D. Stafford's variant 13 of MurmurHash3's. */

#define HASH_START UINT64_C(0x9e3779b97f4a7c15)

/* What tells a list, an integer, a float and a binary from the words in them: any odd
 * numbers. Who knows them can make terms whose hashes collide, as the tests do. */
#define HASH_CELL    UINT64_C(0xd6e8feb86659fd93)
#define HASH_INTEGER UINT64_C(0xa0761d6478bd642f)
#define HASH_FLOAT   UINT64_C(0xe7037ed1a0b428db)
#define HASH_BINARY  UINT64_C(0x8ebc6af09c88c6e3)

static inline uint64_t hash_add(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ hash >> 32;
}

static inline uint64_t hash_finish(uint64_t hash)
{
    hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
    return hash ^ hash >> 31;
}

/* What is the same has the same hash, in this OS process: atoms and functions have others
 * in the next. False: no memory. */
static inline bool term_hash_counted(term t, uint64_t *hash, size_t *words)
{
    if (term_is_boxed(t))
        return term_hash_slow(t, hash, words);
    *hash = hash_finish(hash_add(HASH_START, t));
    return true;
}

static inline bool term_hash(term t, uint64_t *hash)
{
    size_t words = 0;
    return term_hash_counted(t, hash, &words);
}

#endif
