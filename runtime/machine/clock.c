/* clock.c - see clock.h. */
#include "machine/clock.h"

static const uint64_t first_lasts_ns = 1000 * 1000 * 1000; /* the rate may change with the temperature */

/* So much counts as one moment: a microsecond or two. */
static uint64_t moment_ticks(void)
{
#if defined(__aarch64__)
    uint64_t in_a_second;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(in_a_second));
    return in_a_second / (1000 * 1000) + 2;
#else
    return 4096;
#endif
}

void clock_init(struct clock *c, bool counts)
{
    *c = (struct clock){.counts = counts};
}

/* The time, and the counter at that moment, or hardly before. False: the thread lost the CPU between the two. */
static bool read_both(uint64_t *ticks, uint64_t *ns)
{
    for (int i = 0; i < 3; i++) {
        *ticks = clock_counter();
        *ns = os_now_ns();
        if (clock_counter() - *ticks < moment_ticks())
            return true;
    }
    return false;
}

static void start_over(struct clock *c, uint64_t ticks, uint64_t ns)
{
    c->rate = 0;
    c->first_ticks = ticks;
    c->first_ns = ns;
}

/* A rate that is not what it was is no rate: the counter has jumped, or stood still. */
static void measure(struct clock *c, uint64_t ticks, uint64_t ns)
{
    if (!c->first_ns || ticks <= c->first_ticks) {
        start_over(c, ticks, ns);
        return;
    }
    uint64_t age = ns - c->first_ns;
    if (age < CLOCK_LEARNS_NS)
        return;
    uint64_t rate = (uint64_t)((double)age / (double)(ticks - c->first_ticks) * 0x1p32);
    uint64_t change = rate > c->rate ? rate - c->rate : c->rate - rate;
    if (c->rate && change > c->rate / 1024) {
        start_over(c, ticks, ns);
        return;
    }
    c->rate = rate;
    if (age > first_lasts_ns) {
        c->first_ticks = ticks;
        c->first_ns = ns;
    }
}

NOINLINE uint64_t clock_renew(struct clock *c)
{
    uint64_t ticks, ns;
    if (!c->counts)
        return os_now_ns();
    bool together = read_both(&ticks, &ns);
    c->reach = 0;
    if (together) {
        measure(c, ticks, ns);
        c->ticks = ticks;
        c->ns = ns;
        if (c->rate) /* so that since * rate never overflows */
            c->reach = ((uint64_t)CLOCK_REACH_NS << 32) / c->rate;
    }
    return ns;
}
