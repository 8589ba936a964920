/* os.h - the only door to the kernel.
 * Every system call that the runtime makes is in os.c, so that "no system call in
 * steady state" is a claim about who calls this file, and when. Sizes in bytes,
 * times in nanoseconds; failures are negative errno values or NULL. */
#ifndef BASE_OS_H
#define BASE_OS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Address space without memory behind it yet; zero when first touched. NULL if refused. */
void *os_reserve(size_t size);
/* The same, but every touch is an error until os_open(). */
void *os_reserve_closed(size_t size);
/* Let [start, start + size) be read and written. */
int os_open(void *start, size_t size);
void os_release(void *start, size_t size);
/* What is reserved there holds the only pointers to memory that is not lost: for who looks for
 * leaks, if anybody does. */
void os_holds_pointers(void *start, size_t size);
/* Ask for large pages behind [start, start + size). A wish, never an error. */
void os_wish_large_pages(void *start, size_t size);
size_t os_page_size(void);

/* Sleep while *word == expected; wakes early at will. timeout_ns 0: no timeout. True: it was that. */
bool os_futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t timeout_ns);
void os_futex_wake(_Atomic uint32_t *word, int how_many);

uint64_t os_now_ns(void);
/* The clock of this OS process is ours: it shows `ns`, a microsecond more each time somebody looks,
 * and what is added to it; 0: it is the kernel's again. */
void os_clock_set(uint64_t ns);
void os_clock_add(uint64_t ns);
/* Does the kernel make its clock from the CPU's counter (rdtsc, cntvct_el0), so that anybody may? */
bool os_clock_is_counter(void);
void os_yield_thread(void);

/* CPUs that this OS process may use, at least 1. */
int os_cpu_count(void);

typedef void os_thread_function(void *arg);
struct os_thread {
    void *handle;
};
int os_thread_start(struct os_thread *, const char *name, os_thread_function *, void *arg);
void os_thread_join(struct os_thread *);

/* CPU time that this thread has had. */
uint64_t os_thread_cpu_ns(const struct os_thread *);

/* The asymmetric fence: os_fence_all() makes every other thread of this OS process
 * execute a full fence before it returns, so that those threads' fast paths need
 * none. False from os_fence_register(): the kernel has no such call (membarrier(2)),
 * use real fences on both sides. */
bool os_fence_register(void);
void os_fence_all(void);

/* Traps: `handler` gets the fault address and the interrupted thread's program
 * counter and stack pointer, which it may change. It returns true if it dealt with
 * the trap; false hands it to whoever owned the signal before. */
struct os_trap {
    void *address;
    void **pc, **sp;
    bool by_kernel; /* not by an instruction: it could not put an interruption on the stack */
};
typedef bool os_trap_handler(struct os_trap *);
int os_traps_install(os_trap_handler *);
void os_traps_restore(void);
/* The calling thread takes its traps on a stack of their own; NULL undoes it. */
int os_trap_stack_begin(void **stack);
void os_trap_stack_end(void *stack);

/* Interruptions: a thread is made to call `handler` between two of its instructions, on the stack
 * on which it is. The handler may switch to other stacks, and come back on another thread; then it
 * returns true. All registers are as they were when it returns. One handler at a time; OS_INTERRUPT_SIGNAL
 * is taken for it, and what others send with it goes on to whoever had it before. */
typedef bool os_interrupt_handler(const struct os_trap *);
bool os_interrupts_work(void); /* not beside ThreadSanitizer, which holds signals back */
int os_interrupts_install(os_interrupt_handler *);
void os_interrupts_restore(void);
/* The calling thread can be interrupted. */
void os_interrupts_allow(void);
void os_interrupt(const struct os_thread *);

/* The code of the program itself, without that of shared libraries: [*low, *high). False: it cannot be
 * told apart, since the program is linked statically. */
bool os_program_code(const char **low, const char **high);

/* Tell the CPU that this is a waiting loop. */
void os_pause(void);

#endif
