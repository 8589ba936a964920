/* idle.c - waiting without missing anything, and without burning a CPU.
 *
 * Two different things can be missed, and they are kept apart.
 *
 * 1. Work for us (others readied a process into our inbox). It must never be missed.
 *    The inbox itself carries the mark "asleep": going to sleep is a compare-and-swap
 *    from empty to ASLEEP, and whoever pushes onto ASLEEP must wake us. There is no
 *    moment in between, so there is nothing to re-check.
 *
 * 2. Work that others have too much of. Missing it for a while costs time, not
 *    correctness: its owner will get there. So while anybody is awake a sleeper looks
 *    again by itself, after 100 us, then 200, ... up to 5 ms ("poll"), and a busy
 *    scheduler's fast path never wakes anybody. Only when every scheduler is asleep
 *    do they sleep without a timeout ("deep"): then nothing runs, and nothing costs.
 *    The first surplus after that wakes one deep sleeper, which is back to polling.
 *
 * Deep sleep against surplus: the sleeper adds itself to deep_sleepers, then reads
 * awake; a waking scheduler adds itself to awake, then reads deep_sleepers before it
 * runs anything. All four are sequentially consistent, so one sees the other. */
#include "kernel/idle.h"

#include "base/memory.h"
#include "kernel/steal.h"

enum {
    SPIN_ROUNDS = 2000, /* tens of microseconds: longer than two schedulers need for a round trip */
    ROUNDS_PER_LOOK = 64,
    POLL_FIRST_NS = 100 * 1000,
    POLL_LAST_NS = 5 * 1000 * 1000,
};

static bool inbox_filled(struct sched *s)
{
    return atomic_load_explicit(&s->inbox, memory_order_relaxed) != NULL;
}

/* True: there is something to run. One CPU: whoever could give us work needs it. */
static bool spin(struct sched *s)
{
    int rounds = runtime.cpus > 1 ? SPIN_ROUNDS : 0;
    for (int i = 0; i < rounds; i++) {
        if (inbox_filled(s) || sched_halted(s))
            return true;
        if (i % ROUNDS_PER_LOOK == 0 && steal(s))
            return true;
        os_pause();
    }
    return false;
}

/* Sleep until woken, or for timeout_ns (0: no limit). True: woken. */
static bool sleep_once(struct sched *s, uint64_t timeout_ns)
{
    struct process *none = NULL;
    atomic_store_explicit(&s->futex, 1, memory_order_seq_cst);
    /* release, like any push; the waker's own push acquires nothing from us. */
    if (!atomic_compare_exchange_strong_explicit(&s->inbox, &none, SCHED_ASLEEP, memory_order_acq_rel,
                                                 memory_order_relaxed))
        return true;
    do {
        if (sched_halted(s))
            break;
        os_futex_wait(&s->futex, 1, timeout_ns);
    } while (!timeout_ns && atomic_load_explicit(&s->futex, memory_order_seq_cst));
    struct process *asleep = SCHED_ASLEEP;
    return !atomic_compare_exchange_strong_explicit(&s->inbox, &asleep, NULL, memory_order_acq_rel,
                                                    memory_order_relaxed);
}

/* Nobody is awake, so nobody has surplus. */
static void sleep_deep(struct sched *s)
{
    atomic_fetch_add_explicit(&runtime.deep_sleepers, 1, memory_order_seq_cst);
    if (!atomic_load_explicit(&runtime.awake, memory_order_seq_cst))
        sleep_once(s, 0);
    atomic_fetch_sub_explicit(&runtime.deep_sleepers, 1, memory_order_seq_cst);
}

/* Look for work, spin a little, sleep. Returns when it may be worth a look at the queue. */
static void idle(struct sched *s)
{
    if (spin(s))
        return;
    uint64_t poll = POLL_FIRST_NS;
    atomic_fetch_sub_explicit(&runtime.awake, 1, memory_order_seq_cst);
    for (bool woken = false; !woken && !inbox_filled(s) && !sched_halted(s);) {
        if (!atomic_load_explicit(&runtime.awake, memory_order_seq_cst)) {
            sleep_deep(s);
            break;
        }
        woken = sleep_once(s, poll) || steal(s);
        poll = poll * 2 > POLL_LAST_NS ? POLL_LAST_NS : poll * 2;
    }
    atomic_fetch_add_explicit(&runtime.awake, 1, memory_order_seq_cst);
}

void idle_main(void *arg)
{
    struct sched *s = arg;
    memory_bind_thread((int)s->index);
    self_set_sched(s);
    ctx_init_thread(&s->native, &s->native_stack);
    os_trap_stack_begin(&s->trap_stack); /* without it an overflow is a plain crash */
    for (;;) {
        sched_run_all(s);
        if (sched_halted(s))
            break;
        idle(s);
    }
    os_trap_stack_end(s->trap_stack);
    ctx_fini_thread(&s->native);
    self_set_sched(NULL);
}
