/* ctx.c - what sanitizers must be told about switching stacks. Empty without them.
 *
 * AddressSanitizer wants the bounds of the stack we go to, before, and to be told when
 * we are there. It marks the gaps between variables of live frames in shadow memory;
 * frames that are copied out of a lane leave their marks behind, so both ends of a
 * copy are unmarked: the copied frames are not checked any more, new ones are.
 *
 * ThreadSanitizer keeps a shadow call stack and a clock per fiber. Each process has one,
 * from the moment it gets a lane. The switch must be made in functions that are not
 * instrumented, or entries and exits land on different fibers. The lock that the
 * assembly releases on the way is released here instead, where TSan can see it.
 *
 * To make a fiber is to write 800 KB, four fifths of the time that the tests took. So
 * those of the dead are used again. TSan takes the next process on one for the last, gone
 * on: it cannot report a race between the two, nor one with what the last had waited for.
 * That is no loss where a fiber rests until FIBERS_REST others have died, since every switch
 * puts a process in order behind what its scheduler ran before it. */
#include "machine/ctx.h"

#if CTX_ASAN || CTX_TSAN

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#if CTX_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if CTX_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#define UNCHECKED __attribute__((noinline, no_sanitize_address, no_sanitize_thread))

/* Per thread, and a switch may change the thread: reached through functions only. */
static __thread _Atomic uint32_t *lock_to_release;
static __thread uint32_t unused_lock;

static UNCHECKED _Atomic uint32_t **lock_place(void)
{
    __asm__ volatile("");
    return &lock_to_release;
}

#if CTX_TSAN
static __thread struct fiber dead_fiber;

static UNCHECKED struct fiber *dead_fiber_place(void)
{
    __asm__ volatile("");
    return &dead_fiber;
}
#endif

static UNCHECKED _Atomic uint32_t *no_lock(void)
{
    __asm__ volatile("");
    return (_Atomic uint32_t *)&unused_lock;
}

/* ---- fibers ---- */

#if CTX_TSAN
/* What a process had called when it ended stays on the shadow stack, which holds 65,536: at
 * most a call for each 16 bytes of the real stack. So a fiber lives only so often, and none
 * lives again that ended deep in its stack. */
enum { FIBERS_REST = 32, FIBERS_MOST = 512, LIVES_MOST = 64, SHALLOW = 8192 };

static struct {
    uint32_t lock;
    unsigned first, n; /* the oldest, and how many */
    struct fiber fibers[FIBERS_MOST];
} rested; /* not by atomics that TSan sees: that would put all processes in order */

static UNCHECKED void lock_rested(void)
{
    while (__atomic_exchange_n(&rested.lock, 1, __ATOMIC_ACQUIRE)) {
    }
}

static UNCHECKED void unlock_rested(void)
{
    __atomic_store_n(&rested.lock, 0, __ATOMIC_RELEASE);
}

static UNCHECKED struct fiber fiber_take(void)
{
    struct fiber taken = {0};
    lock_rested();
    if (rested.n > FIBERS_REST) {
        taken = rested.fibers[rested.first];
        rested.first = (rested.first + 1) % FIBERS_MOST;
        rested.n--;
    }
    unlock_rested();
    if (!taken.tsan)
        taken.tsan = __tsan_create_fiber(0);
    taken.lives++;
    return taken;
}

static UNCHECKED void fiber_give(struct fiber f)
{
    bool kept = false;
    if (f.lives < LIVES_MOST) {
        lock_rested();
        kept = rested.n < FIBERS_MOST;
        if (kept)
            rested.fibers[(rested.first + rested.n++) % FIBERS_MOST] = f;
        unlock_rested();
    }
    if (!kept)
        __tsan_destroy_fiber(f.tsan);
}
#endif

UNCHECKED void ctx_init(struct ctx *c, const struct ctx_stack *stack)
{
    (void)c;
    (void)stack;
#if CTX_TSAN
    c->fiber = fiber_take();
    c->fiber.top = ctx_top(stack);
#endif
}

UNCHECKED void ctx_fini(struct ctx *c)
{
    (void)c;
#if CTX_TSAN
    if (c->fiber.tsan == __tsan_get_current_fiber()) {
        if ((char *)c->fiber.top - (char *)__builtin_frame_address(0) > SHALLOW)
            c->fiber.lives = LIVES_MOST;
        *dead_fiber_place() = c->fiber;
    } else if (c->fiber.tsan) {
        __tsan_destroy_fiber(c->fiber.tsan); /* where its stack ends is not known here */
    }
    c->fiber.tsan = NULL;
#endif
}

UNCHECKED void ctx_init_thread(struct ctx *c, struct ctx_stack *stack)
{
    pthread_attr_t attributes;
    (void)c;
#if CTX_TSAN
    c->fiber.tsan = __tsan_get_current_fiber();
#endif
    if (!pthread_getattr_np(pthread_self(), &attributes)) {
        pthread_attr_getstack(&attributes, &stack->low, &stack->size);
        pthread_attr_destroy(&attributes);
    }
}

UNCHECKED void ctx_fini_thread(struct ctx *c)
{
    (void)c; /* the fiber is the thread's own */
}

/* ---- the switch ---- */

static UNCHECKED void departing(void **fake_stack, const struct ctx *to, const struct ctx_stack *stack,
                                _Atomic uint32_t *unlock)
{
    (void)fake_stack;
    (void)to;
    (void)stack;
    *lock_place() = unlock;
#if CTX_ASAN
    __sanitizer_start_switch_fiber(fake_stack, stack->low, stack->size);
#endif
}

/* The shadow stack changes here: nothing instrumented may run until the assembly has
 * changed the real one. */
static inline __attribute__((always_inline)) void change_fiber(const struct ctx *to)
{
    (void)to;
#if CTX_TSAN
    __tsan_switch_to_fiber(to->fiber.tsan, 0);
#endif
}

/* Instrumented, unlike its callers: TSan must see this store. */
static __attribute__((noinline)) void release(_Atomic uint32_t *lock)
{
    atomic_store_explicit(lock, 0, memory_order_release);
}

static UNCHECKED void arriving(void *fake_stack)
{
    (void)fake_stack;
#if CTX_ASAN
    __sanitizer_finish_switch_fiber(fake_stack, NULL, NULL);
#endif
#if CTX_TSAN
    struct fiber *dead = dead_fiber_place();
    if (dead->tsan && dead->tsan != __tsan_get_current_fiber()) {
        fiber_give(*dead);
        dead->tsan = NULL;
    }
#endif
    _Atomic uint32_t *unlock = *lock_place();
    *lock_place() = NULL;
    if (unlock)
        release(unlock);
}

static UNCHECKED uint64_t go_on(ctx_after *after)
{
    uint64_t result = after ? after() : 0;
    return after && !result ? message_receive_again() : result;
}

UNCHECKED void ctx_arrived(void)
{
    arriving(NULL);
}

UNCHECKED uint64_t ctx_switch(struct ctx *from, const struct ctx *to, const struct ctx_stack *stack,
                              _Atomic uint32_t *unlock, ctx_after *after)
{
    void *fake_stack = NULL;
    departing(&fake_stack, to, stack, unlock);
    change_fiber(to);
    ctx_asm_switch(&from->sp, to->sp, no_lock(), NULL);
    arriving(fake_stack);
    return go_on(after);
}

UNCHECKED uint64_t ctx_enter(struct ctx *from, const struct ctx *to, const struct ctx_stack *stack,
                             _Atomic uint32_t *unlock, ctx_after *after)
{
    void *fake_stack = NULL;
    departing(&fake_stack, to, stack, unlock);
    change_fiber(to);
    ctx_asm_enter(&from->sp, ctx_top(stack), no_lock(), NULL);
    arriving(fake_stack);
    return go_on(after);
}

UNCHECKED void ctx_resume(const struct ctx *to, const struct ctx_stack *stack, _Atomic uint32_t *unlock)
{
    departing(NULL, to, stack, unlock);
    change_fiber(to);
    ctx_asm_resume(to->sp, no_lock());
}

UNCHECKED void ctx_restart(const struct ctx *to, const struct ctx_stack *stack, _Atomic uint32_t *unlock)
{
    if (to) { /* NULL: the same lane again, nothing to announce */
        departing(NULL, to, stack, unlock);
        change_fiber(to);
    }
    ctx_asm_restart(ctx_top(stack), no_lock());
}

/* ---- copies ---- */

static UNCHECKED void unmark(const void *start, size_t size)
{
    (void)start;
    (void)size;
#if CTX_ASAN
    __asan_unpoison_memory_region(start, size);
#endif
}

UNCHECKED void ctx_copy(void *to, const void *from, size_t size)
{
    unmark(to, size);
    unmark(from, size);
    for (size_t i = 0; i < size; i++) {
        ((volatile char *)to)[i] = ((const volatile char *)from)[i]; /* not memcpy: it is intercepted */
    }
}

UNCHECKED void ctx_forget(void *low, size_t size)
{
    unmark(low, size);
}

#endif
