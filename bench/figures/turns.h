/* turns.h - what every contender's units do in `shares`: turns, counted in a window of time. */
#ifndef BENCH_TURNS_H
#define BENCH_TURNS_H

#include "../contender.h"

#include <time.h>

struct window {
    uint64_t opens, closes; /* CLOCK_MONOTONIC, ns */
};

static inline uint64_t turns_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Opens some time from now, in which n units can be made; each begins when it is. */
static inline struct window turns_window(void)
{
    uint64_t opens = turns_now_ns() + SHARES_AFTER_MS * UINT64_C(1000000);
    return (struct window){opens, opens + SHARES_MS * UINT64_C(1000000)};
}

/* One turn: each step waits for the one before it, and the compiler must leave them all. False: the window has closed. */
static inline bool turns_take(const struct window *window, uint64_t *turns)
{
    uint64_t x = 1;
    for (int i = 0; i < STEPS_OF_A_TURN; i++) {
        x = (5 * x + 1) & 0xFFFFFF;
        __asm__ volatile("" : "+r"(x));
    }
    uint64_t now = turns_now_ns();
    *turns += now >= window->opens && now < window->closes;
    return now < window->closes;
}

/* All turns of a unit. */
static inline uint64_t turns_of_a_unit(const struct window *window)
{
    uint64_t turns = 0;
    while (turns_take(window, &turns)) {
    }
    return turns;
}

/* What n units did, for the proof. */
static inline void turns_tell(const uint64_t *turns, uint64_t n, struct proof *proof)
{
    proof->ops = 0;
    proof->fewest = UINT64_MAX;
    for (uint64_t i = 0; i < n; i++) {
        proof->ops += turns[i];
        proof->fewest = turns[i] < proof->fewest ? turns[i] : proof->fewest;
        proof->most = turns[i] > proof->most ? turns[i] : proof->most;
    }
}

#endif
