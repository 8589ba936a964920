/* draws.h - the random choices of big, bank and dictionary: the same in all contenders, so that they do the
 * same work and their checksums can be told beforehand. Park and Miller's generator with the multiplier
 * 48271: its products fit into 47 bits, a small integer everywhere. */
#ifndef BENCH_DRAWS_H
#define BENCH_DRAWS_H

#include <stdint.h>

/* What was drawn, from what was drawn before; the first from a seed above 0. */
static inline uint32_t draw(uint32_t before)
{
    return (uint32_t)((uint64_t)before * 48271 % 2147483647);
}

/* big: actors are 1..120, and an actor's seed is its number. Whom it asks: never itself. */
enum { BIG_ACTORS = 120 };

static inline uint32_t big_peer(uint32_t drawn, uint32_t self)
{
    uint32_t other = 1 + drawn % (BIG_ACTORS - 1);
    return other < self ? other : other + 1;
}

/* bank: accounts are 1..1,000, and the teller's seed is 1. Three draws make a transfer. The destination comes
 * after the source, so accounts cannot wait for each other in a circle. */
enum { BANK_ACCOUNTS = 1000, BANK_SOURCES = 800, BANK_BALANCE = 100000, BANK_UNDER_WAY = 100 };

struct transfer {
    uint32_t source, destination, amount, drawn;
};

static inline struct transfer next_transfer(uint32_t drawn)
{
    struct transfer t;
    drawn = draw(drawn);
    t.source = 1 + drawn % BANK_SOURCES;
    drawn = draw(drawn);
    t.destination = t.source + 1 + drawn % (BANK_ACCOUNTS - t.source);
    t.drawn = draw(drawn);
    t.amount = 1 + t.drawn % 1000;
    return t;
}

/* dictionary: workers are 1..20, a worker's seed is its number, and it asks for keys of its own only, so that
 * the answers do not depend on who comes first. Two draws make a request. At first a key's value is the key. */
enum { DICTIONARY_WORKERS = 20, DICTIONARY_KEYS = 20000, DICTIONARY_WRITES = 10 /* one of so many */ };

struct request {
    uint32_t key, drawn; /* what was drawn last is what is written */
};

static inline struct request next_request(uint32_t drawn, uint32_t worker)
{
    struct request r;
    drawn = draw(drawn);
    r.key = worker + DICTIONARY_WORKERS * (drawn % (DICTIONARY_KEYS / DICTIONARY_WORKERS));
    r.drawn = draw(drawn);
    return r;
}

static inline int is_write(struct request r)
{
    return r.drawn % DICTIONARY_WRITES == 0;
}

/* The rest of the five need no chance. */
enum { CHAMENEOS = 100, PHILOSOPHERS = 20 };

#endif
