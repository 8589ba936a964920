/* self.h - which scheduler runs this thread; NULL in a thread that is none.
 *
 * A process may go to sleep on one thread and wake on another, in the middle of a C
 * function. Compilers do not expect that: they may compute the address of a
 * thread-local variable once and keep it in a register over the switch. So the first
 * thread-local variable of the runtime is read by this instruction sequence only,
 * which the compiler can neither see into nor reuse (asm volatile). Fetch again
 * after anything that may switch. */
#ifndef MACHINE_SELF_H
#define MACHINE_SELF_H

struct sched;

extern __thread struct sched *bl_self_sched __attribute__((visibility("hidden"), tls_model("initial-exec")));

static inline struct sched *self_sched(void)
{
    struct sched *s;
#if defined(__x86_64__)
    __asm__ volatile("movq bl_self_sched@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(s));
#elif defined(__aarch64__)
    void *offset;
    __asm__ volatile("mrs %0, tpidr_el0\n\t"
                     "adrp %1, :gottprel:bl_self_sched\n\t"
                     "ldr %1, [%1, #:gottprel_lo12:bl_self_sched]\n\t"
                     "ldr %0, [%0, %1]"
                     : "=&r"(s), "=&r"(offset));
#else
#error "self.h: how does this CPU read a thread-local variable?"
#endif
    return s;
}

/* The runtime calls a function of the program in the middle of something, or a library that may be
 * part of the program: nothing is to interrupt it. No switch between the two calls. */
extern __thread unsigned bl_self_absorbed __attribute__((visibility("hidden"), tls_model("initial-exec")));

static inline void self_absorb(void)
{
    bl_self_absorbed++;
}

static inline void self_release(void)
{
    bl_self_absorbed--;
}

/* Where the stack is now, without asking for a frame of one's own. */
static inline char *self_sp(void)
{
    char *sp;
#if defined(__x86_64__)
    __asm__ volatile("movq %%rsp, %0" : "=r"(sp));
#elif defined(__aarch64__)
    __asm__ volatile("mov %0, sp" : "=r"(sp));
#endif
    return sp;
}

/* The calling thread becomes (or, with NULL, stops being) scheduler s. */
void self_set_sched(struct sched *s);

#endif
