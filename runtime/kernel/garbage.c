/* garbage.c - see garbage.h. */
#include "kernel/garbage.h"

#include <limits.h>

#include <pthread.h>

#include "base/memory.h"
#include "data/atom.h"
#include "data/copy.h"
#include "kernel/extra.h"
#include "kernel/native.h"

/* ---- heaps of processes ---- */

struct heap *process_heap(struct process *p)
{
    if (LIKELY(p->heap != NULL))
        return p->heap;
    struct heap *h = memory_alloc(sizeof *h);
    if (h)
        heap_init(h);
    if (h && UNLIKELY(processes.most != 0))
        heap_limit(h, 0, processes.most);
    return p->heap = h;
}

bool process_heap_drop_some(struct process *p, int *left)
{
    if (LIKELY(!p->heap))
        return true;
    if (!native_drop_some(p->heap, left) || !heap_fini_some(p->heap, left))
        return false;
    memory_free(p->heap, sizeof *p->heap);
    p->heap = NULL;
    return true;
}

void process_heap_drop(struct process *p)
{
    int all = INT_MAX;
    while (!process_heap_drop_some(p, &all))
        all = INT_MAX;
}

/* ---- collection ---- */

/* One reduction for ten words moved, as in BEAM. Who collects gives way soon, not now. */
static void charge(struct sched *s, size_t moved)
{
    if (s->reductions < 0)
        return; /* no time is left, and less is not needed */
    size_t reductions = moved / 10;
    s->reductions -= (int32_t)(reductions < (size_t)s->time_slice ? reductions : s->time_slice);
}

/* Is it so much work that others should not have to wait for the lane? */
enum { LARGE_HEAP = 32 * 1024 };

/* What counts with the heap, after a collection. */
static bool is_over_limit(const struct process *p)
{
    return p->heap->most && p->heap->live + process_waiting_words(p) > p->heap->most;
}

/* False: no memory in the middle. */
static bool collect_seen(struct process *p, const struct roots *roots, size_t *moved)
{
    struct heap *h = p->heap;
    bool major = events_are_wanted() && !heap_next_is_minor(h);
    event(p, major ? EVENT_MAJOR_START : EVENT_MINOR_START, term_int((int64_t)h->live), TERM_NONE);
    if (UNLIKELY(collect(h, roots, moved) == COLLECT_FAILED))
        return false;
    event(p, major ? EVENT_MAJOR_END : EVENT_MINOR_END, term_int((int64_t)h->live), TERM_NONE);
    return true;
}

/* 0, or the reason for which p cannot go on. */
static uint8_t collect_for(struct process *p, const struct roots *roots, size_t *moved)
{
    struct heap *h = p->heap;
    bool good = collect_seen(p, roots, moved);
    if (UNLIKELY(good && h->old && h->minors && is_over_limit(p))) { /* with old garbage, maybe */
        heap_want_major(h);
        good = collect_seen(p, roots, moved);
    }
    if (UNLIKELY(!good))
        return ATOM_no_memory;
    return LIKELY(!is_over_limit(p)) || process_is_spared(p) ? 0 : ATOM_killed;
}

/* p->arg, what it has besides, and its stack between low and high, if it has one. (The argument of
 * who runs is no term, or none that is still needed, unless it rests or sleeps without a stack.)
 * `room`: see struct roots. */
static uint8_t collect_roots(struct process *p, const void *low, const void *high, size_t room, size_t *moved)
{
    struct extra *x = p->extra;
    bool has_state = p->kind == PROCESS_RESTING || p->kind == PROCESS_HIBERNATING || !low;
    term terms[1 + EXTRA_ROOTS] = {has_state ? p->arg : TERM_NONE};
    for (unsigned i = 0; x && i < EXTRA_ROOTS; i++)
        terms[1 + i] = x->roots[i];
    struct roots roots = {.terms = terms, .count = x ? 1 + EXTRA_ROOTS : 1, .low = low, .high = high, .room = room};
    uint8_t reason = collect_for(p, &roots, moved);
    for (unsigned i = 0; x && i < EXTRA_ROOTS; i++)
        x->roots[i] = terms[1 + i];
    if (has_state)
        p->arg = terms[0];
    return reason;
}

static uint8_t collect_stack(struct process *p, const void *low, const void *high, size_t *moved)
{
    return collect_roots(p, low, high, 0, moved);
}

static uint8_t collect_exactly(struct process *p, size_t room, size_t *moved)
{
    return collect_roots(p, NULL, NULL, room, moved);
}

/* The running process has been collected. */
static void collected(struct sched *s, uint8_t reason, size_t moved)
{
    if (UNLIKELY(reason))
        process_end_self(term_atom(reason));
    charge(s, moved);
}

static inline void tell_who_wait(struct process *p)
{
    if (UNLIKELY(p->extra != NULL) && UNLIKELY(p->extra->sweeps != NULL))
        garbage_collected(p);
}

/* Off its lane its stack is a block of bytes: with the registers, which the switch has saved. */
static void collect_off_lane(struct process *p)
{
    size_t moved;
    size_t size = process_stack_size(p);
    const char *bytes = frames_bytes(&p->frames, process_home(p), size);
    uint8_t reason = collect_stack(p, bytes, bytes + size, &moved);
    if (UNLIKELY(reason))
        process_set_doomed(p, reason);
}

static void collect_resting_off_lane(struct process *p)
{
    size_t moved;
    uint8_t reason = collect_exactly(p, 0, &moved);
    if (UNLIKELY(reason))
        process_set_doomed(p, reason);
}

/* Every register that a caller may still need is in our frame, and so on the stack. */
NOINLINE void garbage_collect_self(struct sched *s)
{
    __builtin_unwind_init();
    struct process *p = s->current;
    if (UNLIKELY(heap_to_collect(p->heap) >= LARGE_HEAP)) {
        sched_leave_lane(s, collect_off_lane);
        charge(self_sched(), p->heap->live); /* who only builds gives way, and looks, like anybody else */
    } else {
        size_t moved = 0;
        uintptr_t low = (uintptr_t)self_sp() & ~(uintptr_t)(sizeof(term) - 1);
        collected(s, collect_stack(p, (const void *)low, s->lane->foot, &moved), moved);
    }
    tell_who_wait(p);
    __asm__ volatile("" : : : "memory"); /* no tail call: the frame must last */
}

void garbage_collect_resting(struct sched *s)
{
    size_t moved = 0;
    struct process *p = s->current;
    if (UNLIKELY(heap_to_collect(p->heap) >= LARGE_HEAP))
        sched_leave_lane(s, collect_resting_off_lane);
    else
        collected(s, collect_exactly(p, 0, &moved), moved);
    tell_who_wait(p);
}

term garbage_compact(struct sched *s, term kept)
{
    struct process *p = s->current;
    struct heap *h = p->heap;
    if (!h)
        return kept;
    p->arg = kept;
    heap_want_major(h);
    garbage_collect_resting(s);
    if (h->live && h->live < LARGE_HEAP) { /* what is large is compact enough */
        size_t moved = 0;
        heap_want_major(h);
        collected(self_sched(), collect_exactly(p, h->live, &moved), moved);
    }
    return p->arg;
}

/* ---- threads that are no process ---- */

/* Not on a path where a process could change threads in the middle. */
static __thread struct heap *thread_heap;
static pthread_key_t thread_key;
static pthread_once_t thread_once = PTHREAD_ONCE_INIT;

static void thread_drop(void *heap)
{
    heap_fini(heap);
    memory_free(heap, sizeof(struct heap));
    thread_heap = NULL;
}

static void thread_key_make(void)
{
    (void)pthread_key_create(&thread_key, thread_drop); /* without a key a thread's heap outlives it */
}

static NOINLINE struct heap *heap_of_thread(void)
{
    if (!thread_heap && (thread_heap = memory_alloc(sizeof *thread_heap))) {
        heap_init(thread_heap);
        pthread_once(&thread_once, thread_key_make);
        (void)pthread_setspecific(thread_key, thread_heap);
    }
    return thread_heap;
}

void garbage_forget(void)
{
    if (thread_heap)
        heap_fini(thread_heap);
}

/* ---- whoever calls ---- */

struct heap *garbage_heap(void)
{
    struct sched *s = self_sched();
    if (UNLIKELY(!s))
        return heap_of_thread();
    if (UNLIKELY(s->reductions <= 0)) {
        sched_yield_self(s);
        s = self_sched();
    }
    return process_heap(garbage_poll(s)->current);
}

struct heap *garbage_heap_quiet(struct sched *s)
{
    return s ? process_heap(s->current) : heap_of_thread();
}

term garbage_join(struct sched *s, struct block *copy)
{
    struct heap *h = s ? process_heap(s->current) : heap_of_thread();
    if (LIKELY(h != NULL))
        return heap_join(h, copy);
    blocks_free(copy);
    return TERM_NONE;
}
