/* boot.c - starting and stopping.
 * Everything is built here in order and taken down in mirror order; a start that fails
 * half-way leaves nothing behind. There are no global constructors: before bl_start()
 * the library is a few zero bytes. */
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "beamling/beamling.h"
#include "kernel/alarm.h"
#include "kernel/blocking.h"
#include "kernel/garbage.h"
#include "kernel/idle.h"
#include "kernel/leave.h"
#include "kernel/name.h"
#include "kernel/outbox.h"
#include "kernel/preempt.h"
#include "kernel/receive.h"
#include "kernel/reception.h"
#include "kernel/seed.h"
#include "kernel/spawn.h"
#include "kernel/sysmon.h"
#include "kernel/timer.h"
#include "kernel/trace.h"
#include "kernel/trap.h"
#include "kernel/wait.h"

enum {
    SLAB = 64 * 1024,
    DEFAULT_LANES = 128,
    DEFAULT_LANES_LEAST = 32,
    DEFAULT_LANES_OF_ALL = 4096, /* each is two mappings, and a kernel has so many: vm.max_map_count */
    DEFAULT_LANE_SIZE = 256 * 1024,
    DEFAULT_REDUCTIONS = 4000,
    DEFAULT_SLICE_US = 1000,
    LEAST_SLICE_US = 100,
    MOST_SLICE_US = 1000 * 1000 * 1000,
    DEFAULT_BLOCKING_THREADS = 64,
    MOST_BLOCKING_THREADS = 4096,
    LEAST_PROCESSES = 1024,
};

static const uint64_t default_processes = UINT64_C(1) << 27;
static const uint64_t most_processes = (UINT64_C(1) << PID_INDEX_BITS) - (1 << 16);

static const uint64_t most_heap = INT64_MAX / 64; /* words; as bl_process_flag() */

/* Slots that caches may hold back while others find none. */
static uint64_t slack(const struct bl_options *o)
{
    return (uint64_t)(o->schedulers + 1) * 2 * POOL_MAGAZINE;
}

/* A number other than 0 in the environment; 0: there is no such variable, or it is empty. */
static bl_error number_of(const char *variable, uint64_t *number)
{
    const char *text = getenv(variable);
    char *end;
    *number = 0;
    if (!text || !*text)
        return BL_OK;
    errno = 0;
    *number = strtoull(text, &end, 0);
    return *end || errno ? BL_EINVAL : BL_OK;
}

static bl_error ask_environment(struct bl_options *o)
{
    uint64_t seed, fail;
    if (number_of("BEAMLING_SEED", &seed) || number_of("BEAMLING_SEED_FAIL", &fail))
        return BL_EINVAL; /* to run unseeded would say nothing about what was asked for */
    if (!o->seed)
        o->seed = seed;
    o->seed_fail |= fail != 0;
    return o->seed_fail && !o->seed ? BL_EINVAL : BL_OK;
}

static unsigned default_lanes(unsigned schedulers)
{
    unsigned lanes = DEFAULT_LANES_OF_ALL / schedulers;
    return lanes > DEFAULT_LANES ? DEFAULT_LANES : lanes < DEFAULT_LANES_LEAST ? DEFAULT_LANES_LEAST : lanes;
}

static bl_error check(struct bl_options *o)
{
    int cpus = os_cpu_count();
    if (!o->schedulers)
        o->schedulers = (unsigned)(cpus > SCHED_MAX ? SCHED_MAX : cpus);
    if (!o->schedulers_online)
        o->schedulers_online = o->schedulers;
    if (!o->lanes)
        o->lanes = default_lanes(o->schedulers);
    if (!o->lane_size)
        o->lane_size = DEFAULT_LANE_SIZE;
    if (!o->reductions)
        o->reductions = DEFAULT_REDUCTIONS;
    if (!o->time_slice_us)
        o->time_slice_us = DEFAULT_SLICE_US;
    if (!o->blocking_threads)
        o->blocking_threads = DEFAULT_BLOCKING_THREADS;
    bool ok = o->schedulers <= SCHED_MAX && o->schedulers_online <= o->schedulers &&
              o->max_processes <= most_processes && o->lanes <= 4096 &&
              o->lane_size >= 32 * 1024 && o->lane_size <= (size_t)1 << 32 && o->reductions <= 1u << 30 &&
              o->time_slice_us >= LEAST_SLICE_US && o->time_slice_us <= MOST_SLICE_US &&
              o->blocking_threads <= MOST_BLOCKING_THREADS &&
              (!o->max_heap_size || (o->max_heap_size >= HEAP_COLLECT_LEAST && o->max_heap_size <= most_heap));
    return ok ? ask_environment(o) : BL_EINVAL;
}

/* As many again in reserve, for schedulers whose lanes went away with stolen processes. */
static size_t lanes_in_all(const struct bl_options *o)
{
    return 2 * (size_t)o->schedulers * o->lanes;
}

/* A scheduler takes the others from the reserve, when so many processes are at work that it needs them. */
static uint32_t lanes_at_first(const struct bl_options *o)
{
    enum { FEW = 16 };
    return o->lanes < FEW ? o->lanes : FEW;
}

/* ---- schedulers ---- */

static void sched_destroy(struct sched *s)
{
    if (!s)
        return;
    free(s->lanes);
    free(s->free);
    free(s->looks);
    free(s->timers);
    free(s);
}

static void create_caches(struct sched *s)
{
    small_begin(&s->small, s->index);
    pool_cache_init(&runtime.messages, &s->messages, s->index);
    pool_cache_init(&runtime.signals, &s->signals, s->index);
    pool_cache_init(&processes.pool, &s->slots, s->index);
    pool_cache_init(&runtime.timers, &s->timer_cache, s->index);
    pool_cache_init(&runtime.alarms, &s->alarm_cache, s->index);
}

static struct sched *sched_create(unsigned index, const struct bl_options *o)
{
    struct sched *s = aligned_alloc(CACHE_LINE, align_up(sizeof *s, CACHE_LINE));
    if (!s)
        return NULL;
    *s = (struct sched){.index = index, .time_slice = o->reductions, .thief = runtime.fenced ? THIEF_FENCED : THIEF_NONE};
    create_caches(s);
    clock_init(&s->clock, !o->seed && os_clock_is_counter());
    size_t all = lanes_in_all(o);
    s->outbox.least = o->seed % 2 ? 0 : OUTBOX_LEAST;
    s->watch = index < o->schedulers_online ? WATCH_NOTHING : WATCH_ELSEWHERE; /* it gives its lanes away, then */
    s->lanes_wanted = o->lanes;
    s->lanes = calloc(all, sizeof(struct lane *));
    s->free = calloc(all, sizeof(struct lane *));
    s->looks = calloc(o->schedulers, sizeof *s->looks);
    s->timers = timers_create();
    if (!s->lanes || !s->free || !s->looks || !s->timers) {
        sched_destroy(s);
        return NULL;
    }
    uint32_t held = lanes_at_first(o);
    for (uint32_t i = 0; i < held; i++)
        sched_add_lane(s, &runtime.lanes.all[index * held + i]);
    return s;
}

static bl_error create_lanes(const struct bl_options *o)
{
    size_t all = lanes_in_all(o);
    runtime.reserve = calloc(all, sizeof *runtime.reserve);
    size_t held = (size_t)o->schedulers * lanes_at_first(o), open = held + o->schedulers; /* two for each: sched_find_lane() */
    if (!runtime.reserve || lanes_create(&runtime.lanes, all, open, o->lane_size))
        return BL_ENOMEM;
    for (size_t i = all; i-- > held;)
        runtime.reserve[runtime.reserve_count++] = &runtime.lanes.all[i];
    runtime.reserve_closed = (uint32_t)(all - open);
    return BL_OK;
}

static bl_error create_schedulers(const struct bl_options *o)
{
    for (unsigned i = 0; i < o->schedulers; i++) {
        runtime.scheds[i] = sched_create(i, o);
        if (!runtime.scheds[i])
            return BL_ENOMEM;
    }
    runtime.count = o->schedulers;
    atomic_store_explicit(&runtime.online, o->schedulers_online, memory_order_relaxed);
    return BL_OK;
}

static void halt_schedulers(void)
{
    for (unsigned i = 0; i < runtime.count; i++)
        sched_halt(runtime.scheds[i]);
    if (runtime.seed)
        seed_halt();
    for (uint32_t left; (left = atomic_load_explicit(&runtime.running, memory_order_seq_cst));)
        os_futex_wait(&runtime.running, left, 0);
    preempt_stop(); /* it interrupts who computes, and so has to outlast them, but not their threads */
    for (unsigned i = 0; i < runtime.count; i++)
        os_thread_join(&runtime.scheds[i]->thread);
    preempt_end();
}

static bl_error start_threads(void)
{
    struct os_thread *first = &runtime.scheds[0]->thread;
    if (runtime.seed)
        return os_thread_start(first, "beamling", seed_main, NULL) ? BL_ETHREAD : BL_OK;
    atomic_store_explicit(&runtime.awake, runtime.count, memory_order_relaxed);
    for (unsigned i = 0; i < runtime.count; i++) {
        if (os_thread_start(&runtime.scheds[i]->thread, "beamling", idle_main, runtime.scheds[i]))
            return BL_ETHREAD;
        atomic_fetch_add_explicit(&runtime.running, 1, memory_order_seq_cst);
    }
    return BL_OK;
}

/* ---- taking down ---- */

/* What is still in mailboxes: blocks of their own among pooled ones. */
static void free_messages(struct message *m)
{
    while (m) {
        struct message *next = m->next;
        if (message_is_signal(m))
            signal_drop((struct signal *)m);
        else
            message_free(m);
        m = next;
    }
}

static void free_processes(void)
{
    for (uint64_t i = 1, n = processes_used(); i < n; i++) {
        struct process *p = &processes.all[i];
        free_messages(inbox_close(&p->inbox, 0));
        free_messages(p->mail.first);
        free_messages((struct message *)p->waits);
        if (process_doomed(p) == DOOMED_BY_SIGNAL)
            parcel_release(p->arg);
        process_heap_drop(p);
        extra_forget(p);
        if (processes.all[i].frames.block)
            frames_drop(&processes.all[i].frames);
        ctx_fini(&processes.all[i].ctx);
    }
}

static void destroy(void)
{
    if (processes.all)
        free_processes();
    alarms_destroy();
    for (unsigned i = 0; i < SCHED_MAX && runtime.scheds[i]; i++) {
        outbox_drop(runtime.scheds[i]);
        small_drain(&runtime.scheds[i]->small);
        sched_destroy(runtime.scheds[i]);
    }
    trace_forget_new();
    sysmon_set(TERM_NONE, NULL);
    free(runtime.reserve);
    small_fini();
    names_destroy();
    pool_fini(&runtime.timers);
    pool_fini(&runtime.signals);
    pool_fini(&runtime.messages);
    processes_destroy();
    lanes_destroy(&runtime.lanes);
    if (runtime.seed)
        seed_end();
    runtime = (struct runtime){0};
}

/* ---- building up ---- */

static bl_error create(const struct bl_options *o)
{
    runtime.cpus = os_cpu_count();
    runtime.fenced = !os_fence_register();
    runtime.time_slice = o->reductions;
    if (o->seed)
        seed_begin(o->seed);
    if (small_init() || pool_init(&runtime.messages, sizeof(struct message), SLAB) ||
        pool_init(&runtime.signals, sizeof(struct signal), SLAB) || pool_init(&runtime.timers, sizeof(struct timer), SLAB))
        return BL_ENOMEM;
    /* What was asked for must be had; a default may shrink. */
    uint64_t wanted = o->max_processes ? o->max_processes : default_processes;
    uint64_t least = o->max_processes ? o->max_processes : LEAST_PROCESSES;
    uint64_t few = o->seed % 2 ? 0 : PROCESSES_FEW;
    if (processes_create(wanted, least, slack(o), few) || names_create() || alarms_create() || create_lanes(o))
        return BL_ENOMEM;
    processes.off_heap = o->message_queue_off_heap;
    processes.most = o->max_heap_size;
    processes.spares = o->max_heap_spares;
    return create_schedulers(o);
}

bl_error bl_start(const bl_options *options)
{
    bl_options o = options ? *options : (bl_options){0};
    if (self_sched())
        return BL_ECONTEXT;
    if (runtime.count)
        return BL_ESTATE;
    bl_error error = check(&o);
    if (error)
        return error;
    error = create(&o);
    if (!error && trap_install())
        error = BL_ESTATE;
    if (error) {
        destroy();
        return error;
    }
    if (o.seed_fail && !seed_fail()) {
        destroy();
        return BL_EINVAL;
    }
    blocking_open(o.blocking_threads);
    error = start_threads();
    if (!error)
        error = preempt_start(o.no_preemption || o.seed ? 0 : o.time_slice_us * UINT64_C(1000));
    if (error)
        bl_stop();
    else
        wait_open();
    return error;
}

bl_error bl_stop(void)
{
    if (self_sched() || blocking_is_worker())
        return BL_ECONTEXT;
    if (!runtime.count)
        return BL_ESTATE;
    halt_schedulers();
    wait_close();
    blocking_close();
    trap_restore();
    destroy();
    return BL_OK;
}
