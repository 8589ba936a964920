/* clock.h - what time it is, from a counter of the CPU.
 *
 * clock_gettime() waits until all that stands before it in the program is done, and takes some 25 ns: as much as all the
 * rest of setting a timer. The counter that the kernel makes its clock from is read beside other work. So
 * each scheduler has a clock: an anchor, which is the kernel's time and the counter at one moment, and the rate of the
 * counter. It adds to the anchor what has been counted since, and after CLOCK_REACH_NS takes a new anchor.
 *
 * How wrong it can be: CLOCK_ERROR_NS in either direction. Between two anchors a rate that is wrong by a thousandth comes
 * to a tenth of a microsecond; an anchor is taken only if the counter has moved less than a microsecond or two around
 * the kernel's clock; and the CPU may read the counter a little before its turn. Whoever must not be early adds that much.
 * A counter that jumps (a virtual machine that is moved, say) is past the reach, either way: there is a new anchor,
 * and the rate is measured anew.
 *
 * It asks the kernel each time as long as the rate is not known, which takes CLOCK_LEARNS_NS of use, and for ever where
 * the kernel's clock is not made from this counter, or is the runtime's own (deterministic mode). */
#ifndef MACHINE_CLOCK_H
#define MACHINE_CLOCK_H

#include "base/base.h"
#include "base/os.h"

enum { CLOCK_ERROR_NS = 2000, CLOCK_REACH_NS = 100 * 1000, CLOCK_LEARNS_NS = 10 * 1000 * 1000 };

/* The owner's thread only. */
struct clock {
    uint64_t ticks, ns;             /* the anchor */
    uint64_t reach;                 /* it holds for so many ticks; 0: ask the kernel */
    uint64_t rate;                  /* nanoseconds a tick, times 2^32; 0: not known */
    uint64_t first_ticks, first_ns; /* an older anchor, from which the rate is measured; first_ns 0: none */
    bool counts;                    /* the counter may be used */
};

static inline uint64_t clock_counter(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
#error "clock.h: how is this CPU's counter read?"
#endif
}

/* counts: os_clock_is_counter(). */
void clock_init(struct clock *, bool counts);
/* A new anchor. */
uint64_t clock_renew(struct clock *);

/* os_now_ns(), or nearly. */
static inline uint64_t clock_now(struct clock *c)
{
    uint64_t since = clock_counter() - c->ticks;
    return LIKELY(since < c->reach) ? c->ns + (since * c->rate >> 32) : clock_renew(c);
}

#endif
