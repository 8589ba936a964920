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
 * assembly releases on the way is released here instead, where TSan can see it. */
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
static __thread void *dead_fiber;

static UNCHECKED void **dead_fiber_place(void)
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

UNCHECKED void ctx_init(struct ctx *c)
{
    (void)c;
#if CTX_TSAN
    c->fiber = __tsan_create_fiber(0);
#endif
}

UNCHECKED void ctx_fini(struct ctx *c)
{
    (void)c;
#if CTX_TSAN
    if (c->fiber == __tsan_get_current_fiber())
        *dead_fiber_place() = c->fiber;
    else if (c->fiber)
        __tsan_destroy_fiber(c->fiber);
    c->fiber = NULL;
#endif
}

UNCHECKED void ctx_init_thread(struct ctx *c, struct ctx_stack *stack)
{
    pthread_attr_t attributes;
    (void)c;
#if CTX_TSAN
    c->fiber = __tsan_get_current_fiber();
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
    __tsan_switch_to_fiber(to->fiber, 0);
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
    void **dead = dead_fiber_place();
    if (*dead && *dead != __tsan_get_current_fiber()) {
        __tsan_destroy_fiber(*dead);
        *dead = NULL;
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
