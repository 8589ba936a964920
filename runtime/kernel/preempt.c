/* preempt.c - see preempt.h. */
#include "kernel/preempt.h"

#include <stdlib.h>

#include "base/memory.h"
#include "kernel/balance.h"
#include "kernel/extra.h"
#include "kernel/timer.h"

enum {
    LEAST_PAUSE_NS = 50 * 1000,
    SUSPICION = 8, /* looks */
    QUIET_LOOKS = 24, /* so many without anybody awake, and the watcher sleeps until there is */
};

/* What the watcher remembers of a scheduler. */
struct seen {
    uint64_t switches, preemptions, cpu_ns, at_ns;
    uint64_t used_ns; /* CPU time of this turn */
    bool steady;      /* no switch came while that was asked for */
    bool same;        /* nor since the last look */
    bool computes;    /* but most of the time, then */
};

static struct {
    struct os_thread thread;
    uint64_t calm_ns;   /* between two looks; 0: nobody watches */
    uint64_t look_ns;   /* and while somebody computes */
    uint64_t gap_ns;    /* one of the two: the last one */
    uint64_t enough_ns; /* of CPU time, as seen at a look */
    uint64_t due_ns;    /* the next */
    bool interrupts;
    struct seen *seen;
    uint64_t long_ns;   /* who has had so much of a turn computes */
    unsigned suspicion; /* not 0: somebody does, or has a few looks ago */
    _Atomic uint32_t stopping;
    const char *low, *high; /* the code of the program; the runtime's may be inside */
} watcher;

/* ---- whose code? ---- */

/* Of the section of a static library's code; the linker's. */
extern const char __start_bl_text[] __attribute__((weak));
extern const char __stop_bl_text[] __attribute__((weak));

static bool is_program(const void *pc)
{
    const char *at = pc;
    return at >= watcher.low && at < watcher.high && !(at >= __start_bl_text && at < __stop_bl_text);
}

/* AddressSanitizer's, if the program has it. */
extern void __asan_init(void) __attribute__((weak));

/* The runtime's own code, and what it calls, must not look like the program's. */
static bool can_tell(void)
{
    return os_program_code(&watcher.low, &watcher.high) && !is_program((const void *)(uintptr_t)preempt_start) &&
           !is_program(memory_code()) && !is_program((const void *)(uintptr_t)__asan_init);
}

/* ---- the interruption ---- */

/* Before it is queued: whose time has come goes first. */
static void see_to_timers(struct process *p)
{
    (void)p;
    timer_poll(self_sched());
}

/* On the interrupted stack, and nothing is known of where the thread is. */
static bool may_give_way(struct sched *s, const struct os_trap *trap)
{
    if (!s || !s->current || !s->lane || bl_self_absorbed || atomic_load_explicit(&s->busy, memory_order_relaxed))
        return false;
    const char *sp = *trap->sp;
    bool on_lane = sp > s->stack_limit && sp <= s->lane->foot && self_sp() > s->stack_limit;
    const struct extra *x = s->current->extra;
    return on_lane && is_program(*trap->pc) && !(x && x->unpreemptible);
}

static bool give_way_here(const struct os_trap *trap)
{
    struct sched *s = self_sched();
    if (!may_give_way(s, trap))
        return false;
    sched_count(&s->preemptions);
    s->reductions = 0; /* what it did counts as a time slice */
    if (timer_due())
        sched_leave_lane(s, see_to_timers);
    else
        sched_yield_self(s);
    return true;
}

/* relaxed: the kernel orders what was written before a signal was sent before its handler. Only this thread counts
 * down. */
bool preempt_failed(struct sched *s)
{
    return atomic_load_explicit(&s->interruptions, memory_order_relaxed) &&
           atomic_fetch_sub_explicit(&s->interruptions, 1, memory_order_relaxed);
}

/* ---- the watcher ---- */

/* Between the two steps the last one may come, which was on its way: so two may fail until we are here again.
 * One that is counted and does not fail costs nothing: a real fault is then tried once more. */
static void interrupt_scheduler(struct sched *s)
{
    atomic_store_explicit(&s->interruptions, 2, memory_order_relaxed);
    os_interrupt(&s->thread);
}

/* Of their own accord. */
static uint64_t switches_of(const struct sched *s)
{
    return atomic_load_explicit(&s->switches, memory_order_relaxed) +
           atomic_load_explicit(&s->turns, memory_order_relaxed) -
           atomic_load_explicit(&s->preemptions, memory_order_relaxed);
}

/* Since when? Who was interrupted gave way at the last look. Another has done so at some time since then, we do not know when:
 * in the middle, so that who comes after him does not have more. */
static uint64_t used_ns(const struct seen *before, const struct seen *seen)
{
    uint64_t had_ns = seen->cpu_ns - before->cpu_ns;
    if (!seen->same)
        return (had_ns < watcher.gap_ns ? had_ns : watcher.gap_ns) / 2;
    return seen->preemptions == before->preemptions ? before->used_ns + had_ns : had_ns;
}

/* It computes if it has had most of the CPU since the last look: who sleeps in the kernel is left alone, or
 * what it waits for would be cut short. On a machine where others want the CPU, too, it has that now and then only; but
 * what it had before counts. We may lose the CPU between any two steps of a look, and it may do
 * very much then: so the switches are counted before and after its time is asked for. */
static void look_at_scheduler(struct sched *s, struct seen *seen)
{
    struct seen before = *seen;
    uint64_t switches = switches_of(s);
    seen->at_ns = os_now_ns();
    seen->cpu_ns = os_thread_cpu_ns(&s->thread);
    seen->preemptions = atomic_load_explicit(&s->preemptions, memory_order_relaxed);
    seen->switches = switches_of(s);
    seen->steady = seen->switches == switches;
    seen->same = seen->steady && before.steady && switches == before.switches;
    seen->computes = seen->same && seen->cpu_ns - before.cpu_ns >= (seen->at_ns - before.at_ns) / 4 * 3;
    seen->used_ns = used_ns(&before, seen);
}

/* For as long as it may, or somebody else's time has come. If it cannot give way now, it is told again at the next look. */
static bool has_computed_enough(const struct seen *seen)
{
    return seen->computes && (seen->used_ns >= watcher.enough_ns || timer_due());
}

static void look_at_schedulers(void)
{
    watcher.suspicion -= watcher.suspicion != 0;
    for (unsigned i = 0; i < runtime.count; i++) {
        struct sched *s = runtime.scheds[i];
        struct seen *seen = &watcher.seen[i];
        if (atomic_load_explicit(&s->futex, memory_order_relaxed))
            *seen = (struct seen){0};
        else
            look_at_scheduler(s, seen);
        if (seen->same && seen->used_ns >= watcher.long_ns)
            watcher.suspicion = SUSPICION;
        if (has_computed_enough(seen))
            interrupt_scheduler(s);
    }
}

/* From when the last look was due, not from when it came: else all turns are longer by as much as we come late, times the
 * looks they last. */
static uint64_t next_look_ns(uint64_t now)
{
    uint64_t pause = watcher.suspicion ? watcher.look_ns : watcher.calm_ns;
    uint64_t next = watcher.due_ns + pause;
    watcher.gap_ns = pause;
    return next > now + pause / 4 && next <= now + pause ? next : now + pause; /* too short a time says nothing */
}

/* Until the next look. Where somebody computes, nobody may be there to see that a timer is due: then we mind them
 * all. A timer that is due already is what we have just interrupted for. */
static uint64_t pause_ns(void)
{
    uint64_t now = os_now_ns();
    watcher.due_ns = next_look_ns(now);
    for (unsigned i = 0; watcher.suspicion && i < runtime.count; i++) {
        uint64_t next = timer_next_ns(runtime.scheds[i]);
        if (next && next < watcher.due_ns)
            watcher.due_ns = next > now + LEAST_PAUSE_NS ? next : now + LEAST_PAUSE_NS;
    }
    return watcher.due_ns - now;
}

/* Until somebody is awake. seq_cst: see idle.c, who adds itself to `awake`, then looks here. */
static void sleep_while_all_sleep(void)
{
    atomic_store_explicit(&runtime.watcher_sleeps, 1, memory_order_seq_cst);
    if (!atomic_load_explicit(&runtime.awake, memory_order_seq_cst) &&
        !atomic_load_explicit(&watcher.stopping, memory_order_seq_cst))
        os_futex_wait(&runtime.watcher_sleeps, 1, 0);
    atomic_store_explicit(&runtime.watcher_sleeps, 0, memory_order_seq_cst);
}

void preempt_rouse(void)
{
    atomic_store_explicit(&runtime.watcher_sleeps, 0, memory_order_seq_cst);
    os_futex_wake(&runtime.watcher_sleeps, 1);
}

static void watch_main(void *unused)
{
    (void)unused;
    for (unsigned quiet = 0; !atomic_load_explicit(&watcher.stopping, memory_order_seq_cst);) {
        os_futex_wait(&watcher.stopping, 0, pause_ns());
        if (watcher.interrupts)
            look_at_schedulers();
        if (runtime.count > 1)
            balance_look();
        quiet = atomic_load_explicit(&runtime.awake, memory_order_relaxed) ? 0 : quiet + 1;
        if (quiet >= QUIET_LOOKS)
            sleep_while_all_sleep();
    }
}

/* ---- on and off ---- */

bool preempt_works(void)
{
    return watcher.interrupts;
}

void preempt_admit(void)
{
    os_interrupts_allow();
}

static bl_error start_interrupts(void)
{
    watcher.seen = calloc(runtime.count, sizeof *watcher.seen);
    if (!watcher.seen)
        return BL_ENOMEM;
    if (os_interrupts_install(give_way_here)) {
        free(watcher.seen);
        return BL_ESTATE;
    }
    watcher.interrupts = true;
    return BL_OK;
}

bl_error preempt_start(uint64_t slice_ns)
{
    bool interrupts = slice_ns && os_interrupts_work() && can_tell();
    if ((!interrupts && runtime.count == 1) || runtime.seed)
        return BL_OK;
    if (balance_begin())
        return BL_ENOMEM;
    bl_error error = interrupts ? start_interrupts() : BL_OK;
    if (error) {
        balance_end();
        return error;
    }
    watcher.look_ns = interrupts && slice_ns / 2 < BALANCE_PAUSE_NS ? slice_ns / 2 : BALANCE_PAUSE_NS;
    watcher.calm_ns = interrupts && (runtime.count == 1 || slice_ns < BALANCE_PAUSE_NS) ? slice_ns : BALANCE_PAUSE_NS;
    watcher.long_ns = slice_ns / 16;
    watcher.enough_ns = slice_ns - watcher.look_ns / 4 * 3; /* less than one look before it is over: so it has had that, or all */
    atomic_store_explicit(&watcher.stopping, 0, memory_order_relaxed);
    if (!os_thread_start(&watcher.thread, "beamling-watch", watch_main, NULL))
        return BL_OK;
    preempt_end();
    return BL_ETHREAD;
}

void preempt_stop(void)
{
    if (!watcher.calm_ns)
        return;
    atomic_store_explicit(&watcher.stopping, 1, memory_order_seq_cst);
    os_futex_wake(&watcher.stopping, 1);
    preempt_rouse();
    os_thread_join(&watcher.thread);
}

void preempt_end(void)
{
    if (watcher.interrupts) {
        os_interrupts_restore();
        free(watcher.seen);
    }
    if (watcher.calm_ns)
        balance_end();
    watcher.interrupts = false;
    watcher.calm_ns = 0;
}

bool preempt_off(struct process *p)
{
    struct extra *x = extra_of(p);
    if (x)
        x->unpreemptible++;
    return x;
}

bool preempt_on(struct process *p)
{
    struct extra *x = p->extra;
    if (!x || !x->unpreemptible)
        return false;
    x->unpreemptible--;
    return true;
}
