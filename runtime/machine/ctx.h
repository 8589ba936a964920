/* ctx.h - a context: a stack that is not running, and how to run it.
 *
 * The assembly knows registers; this file knows sanitizers. AddressSanitizer and
 * ThreadSanitizer follow stacks and must be told of each switch; nobody else in the
 * runtime needs to know that they exist. Without them every function here is one
 * jump, and struct ctx is one word. */
#ifndef MACHINE_CTX_H
#define MACHINE_CTX_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#define CTX_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CTX_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define CTX_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CTX_TSAN 1
#endif
#endif
#ifndef CTX_ASAN
#define CTX_ASAN 0
#endif
#ifndef CTX_TSAN
#define CTX_TSAN 0
#endif

/* May one context follow another on the same stack without a switch? TSan's cannot. */
enum { CTX_MAY_SUCCEED = !CTX_TSAN };

#if CTX_TSAN
struct fiber {
    void *tsan, *top; /* its name for it; where the stack begins that runs on it */
    unsigned lives;   /* how many processes have had it */
};
#endif

struct ctx {
    void *sp; /* valid while parked */
#if CTX_TSAN
    struct fiber fiber;
#endif
};

/* The stack a context lives on, for the sanitizers: [low, low + size). */
struct ctx_stack {
    void *low;
    size_t size;
};

/* What a process does first when it goes on; its result is the result of the call that
 * was interrupted. A word all the way down, or the compiler cannot make the tail calls
 * that keep the runtime's frames off parked stacks. */
typedef uint64_t ctx_after(void);

#define CTX_HIDDEN __attribute__((visibility("hidden")))
uint64_t ctx_asm_switch(void **save, void *to, _Atomic uint32_t *unlock, ctx_after *) CTX_HIDDEN;
uint64_t ctx_asm_enter(void **save, void *top, _Atomic uint32_t *unlock, ctx_after *) CTX_HIDDEN;
_Noreturn void ctx_asm_resume(void *to, _Atomic uint32_t *unlock) CTX_HIDDEN;
_Noreturn void ctx_asm_restart(void *top, _Atomic uint32_t *unlock) CTX_HIDDEN;

/* The two calls that the assembly makes upwards, both to the kernel: what a lane is to
 * run next, and how a receive that found nothing starts over. */
struct lane_call {
    void (*function)(uint64_t);
    uint64_t arg;
};
struct lane_call lane_next(void) CTX_HIDDEN;
uint64_t message_receive_again(void) CTX_HIDDEN;

static inline void *ctx_top(const struct ctx_stack *stack)
{
    return (char *)stack->low + stack->size;
}

#if CTX_ASAN || CTX_TSAN

/* A context gets a fiber when it first runs on that stack, and loses it when it ends: fini may
 * be called while still on that fiber; it is given up once it has been left. */
void ctx_init(struct ctx *, const struct ctx_stack *);
void ctx_fini(struct ctx *);
/* A thread's own stack becomes a context; its bounds are found out. */
void ctx_init_thread(struct ctx *, struct ctx_stack *);
void ctx_fini_thread(struct ctx *);
/* First thing on a stack just entered by ctx_enter or ctx_restart. */
void ctx_arrived(void);

uint64_t ctx_switch(struct ctx *from, const struct ctx *to, const struct ctx_stack *, _Atomic uint32_t *unlock,
                    ctx_after *);
uint64_t ctx_enter(struct ctx *from, const struct ctx *to, const struct ctx_stack *, _Atomic uint32_t *unlock,
                   ctx_after *);
_Noreturn void ctx_resume(const struct ctx *to, const struct ctx_stack *, _Atomic uint32_t *unlock);
_Noreturn void ctx_restart(const struct ctx *to, const struct ctx_stack *, _Atomic uint32_t *unlock);

/* Copy stack bytes, whatever the sanitizers think of them. */
void ctx_copy(void *to, const void *from, size_t size);
/* Frames in [low, low + size) are gone without having returned. */
void ctx_forget(void *low, size_t size);

#else

static inline void ctx_init(struct ctx *c, const struct ctx_stack *stack)
{
    (void)c;
    (void)stack;
}

static inline void ctx_fini(struct ctx *c)
{
    (void)c;
}

static inline void ctx_init_thread(struct ctx *c, struct ctx_stack *stack)
{
    (void)c;
    (void)stack;
}

static inline void ctx_fini_thread(struct ctx *c)
{
    (void)c;
}

static inline void ctx_arrived(void)
{
}

/* Leave `from` for the parked context `to`, releasing the lock on the way. Returns what
 * `after` returns (0 if it is NULL) when somebody switches back to `from`. Call it
 * last: then nothing but the caller's caller has a frame while `from` is parked. */
static inline uint64_t ctx_switch(struct ctx *from, const struct ctx *to, const struct ctx_stack *to_stack,
                                  _Atomic uint32_t *unlock, ctx_after *after)
{
    (void)to_stack;
    return ctx_asm_switch(&from->sp, to->sp, unlock, after);
}

/* Leave `from` and start the lane loop for `to` on an empty stack. */
static inline uint64_t ctx_enter(struct ctx *from, const struct ctx *to, const struct ctx_stack *to_stack,
                                 _Atomic uint32_t *unlock, ctx_after *after)
{
    (void)to;
    return ctx_asm_enter(&from->sp, ctx_top(to_stack), unlock, after);
}

/* The same two when nothing on this stack is needed any more. */
static inline _Noreturn void ctx_resume(const struct ctx *to, const struct ctx_stack *to_stack,
                                        _Atomic uint32_t *unlock)
{
    (void)to_stack;
    ctx_asm_resume(to->sp, unlock);
}

static inline _Noreturn void ctx_restart(const struct ctx *to, const struct ctx_stack *to_stack,
                                         _Atomic uint32_t *unlock)
{
    (void)to;
    ctx_asm_restart(ctx_top(to_stack), unlock);
}

static inline void ctx_copy(void *to, const void *from, size_t size)
{
    __builtin_memcpy(to, from, size);
}

static inline void ctx_forget(void *low, size_t size)
{
    (void)low;
    (void)size;
}

#endif
#endif
