/* os.c - Linux. See os.h: nothing else in the runtime makes a system call. */
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/base.h"

/* ---- memory ---- */

static void *map(size_t size, int protection)
{
    void *start = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return start == MAP_FAILED ? NULL : start;
}

void *os_reserve(size_t size)
{
    return map(size, PROT_READ | PROT_WRITE);
}

void *os_reserve_closed(size_t size)
{
    return map(size, PROT_NONE);
}

int os_open(void *start, size_t size)
{
    return mprotect(start, size, PROT_READ | PROT_WRITE) ? -errno : 0;
}

/* LeakSanitizer's, if the program has it. */
extern void __lsan_register_root_region(const void *start, size_t size) __attribute__((weak));

void os_holds_pointers(void *start, size_t size)
{
    if (__lsan_register_root_region)
        __lsan_register_root_region(start, size);
}

void os_release(void *start, size_t size)
{
    munmap(start, size);
}

void os_wish_large_pages(void *start, size_t size)
{
    (void)madvise(start, size, MADV_HUGEPAGE); /* refused where huge pages are off: fine */
}

size_t os_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- sleeping and time ---- */

bool os_futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t timeout_ns)
{
    struct timespec t = {.tv_sec = (time_t)(timeout_ns / 1000000000u), .tv_nsec = (long)(timeout_ns % 1000000000u)};
    return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, timeout_ns ? &t : NULL, NULL, 0) && errno == ETIMEDOUT;
}

void os_futex_wake(_Atomic uint32_t *word, int how_many)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, how_many, NULL, NULL, 0);
}

enum { LOOK_NS = 1000 }; /* who waits by looking at the clock comes to an end */

static _Atomic bool clock_is_own;
static _Atomic uint64_t own_clock;

void os_clock_set(uint64_t ns)
{
    atomic_store_explicit(&own_clock, ns, memory_order_relaxed);
    atomic_store_explicit(&clock_is_own, ns != 0, memory_order_relaxed);
}

void os_clock_add(uint64_t ns)
{
    atomic_fetch_add_explicit(&own_clock, ns, memory_order_relaxed);
}

uint64_t os_now_ns(void)
{
    struct timespec t;
    if (UNLIKELY(atomic_load_explicit(&clock_is_own, memory_order_relaxed)))
        return atomic_fetch_add_explicit(&own_clock, LOOK_NS, memory_order_relaxed);
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#if defined(__x86_64__)
/* Beneath a hypervisor the kernel corrects what the counter says: it has to count evenly by itself, too. */
static bool is_counter(const char *source)
{
    unsigned a, b, c, d;
    bool evenly = __get_cpuid(0x80000007, &a, &b, &c, &d) && d & 1 << 8;
    bool corrected = strcmp(source, "kvm-clock") == 0 || strcmp(source, "hyperv_clocksource_tsc_page") == 0;
    return strcmp(source, "tsc") == 0 || (corrected && evenly);
}
#else
static bool is_counter(const char *source)
{
    return strcmp(source, "arch_sys_counter") == 0;
}
#endif

bool os_clock_is_counter(void)
{
    char source[40];
    int file = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : read(file, source, sizeof source - 1);
    if (file >= 0)
        close(file);
    source[length > 0 ? length - 1 : 0] = 0; /* instead of the end of the line */
    return is_counter(source);
}

void os_yield_thread(void)
{
    sched_yield();
}

void os_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* ---- CPUs and threads ---- */

int os_cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set))
        return 1; /* more CPUs than cpu_set_t holds, or not permitted: one is always true */
    int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

struct thread {
    pthread_t id;
    os_thread_function *function;
    void *arg;
};

static void *thread_main(void *p)
{
    struct thread *t = p;
    t->function(t->arg);
    return NULL;
}

int os_thread_start(struct os_thread *thread, const char *name, os_thread_function *function, void *arg)
{
    struct thread *t = malloc(sizeof *t);
    if (!t)
        return -ENOMEM;
    *t = (struct thread){.function = function, .arg = arg};

    /* Signals belong to the program's own threads: ours take none but traps. */
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGABRT);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&t->id, NULL, thread_main, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc) {
        free(t);
        return -rc;
    }
    pthread_setname_np(t->id, name);
    thread->handle = t;
    return 0;
}

void os_thread_join(struct os_thread *thread)
{
    struct thread *t = thread->handle;
    if (!t)
        return;
    pthread_join(t->id, NULL);
    free(t);
    thread->handle = NULL;
}

uint64_t os_thread_cpu_ns(const struct os_thread *thread)
{
    const struct thread *t = thread->handle;
    struct timespec spent = {0};
    clockid_t clock;
    if (!pthread_getcpuclockid(t->id, &clock))
        clock_gettime(clock, &spent);
    return (uint64_t)spent.tv_sec * 1000000000u + (uint64_t)spent.tv_nsec;
}

/* ---- the asymmetric fence ---- */

bool os_fence_register(void)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void os_fence_all(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

/* ---- traps ---- */

static os_trap_handler *trap_handler;
static struct sigaction before_segv, before_bus;

static void hand_over(int number, siginfo_t *info, void *context, const struct sigaction *before)
{
    if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(number, info, context);
    } else if (before->sa_handler == SIG_DFL || before->sa_handler == SIG_IGN) {
        /* Return with the default in place: the same instruction traps again, and
         * the core shows where. */
        sigaction(number, before, NULL);
    } else {
        before->sa_handler(number);
    }
}

static struct os_trap trap_of(ucontext_t *c)
{
#if defined(__x86_64__)
    return (struct os_trap){.pc = (void **)&c->uc_mcontext.gregs[REG_RIP],
                            .sp = (void **)&c->uc_mcontext.gregs[REG_RSP]};
#elif defined(__aarch64__)
    return (struct os_trap){.pc = (void **)&c->uc_mcontext.pc, .sp = (void **)&c->uc_mcontext.sp};
#else
#error "os.c: where are pc and sp in this CPU's ucontext?"
#endif
}

/* An interruption begins here, on a stack of which nothing is known but that the kernel's frame fitted. It looks
 * whether there is room for what follows, before anything of ours is on it; where there is none the look
 * traps, on_trap() knows the place, and it returns at once. */
void bl_interrupted(int number, siginfo_t *info, void *context);
void bl_interruption(int number, siginfo_t *info, void *context);
extern const char bl_interruption_looks[] __attribute__((visibility("hidden")));
extern char bl_interruption_ends[] __attribute__((visibility("hidden")));

#if defined(__x86_64__)
__asm__(".pushsection .text, \"ax\", @progbits\n"
        ".globl bl_interruption, bl_interruption_looks, bl_interruption_ends\n"
        ".hidden bl_interruption, bl_interruption_looks, bl_interruption_ends\n"
        ".type bl_interruption, @function\n"
        "bl_interruption:\n"
        "bl_interruption_looks:\n"
        "   testb $0, -4096(%rsp)\n"
        "   jmp bl_interrupted\n"
        "bl_interruption_ends:\n"
        "   ret\n"
        ".size bl_interruption, . - bl_interruption\n"
        ".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection .text, \"ax\", %progbits\n"
        ".globl bl_interruption, bl_interruption_looks, bl_interruption_ends\n"
        ".hidden bl_interruption, bl_interruption_looks, bl_interruption_ends\n"
        ".type bl_interruption, %function\n"
        "bl_interruption:\n"
        "   sub x9, sp, #4096\n"
        "bl_interruption_looks:\n"
        "   ldrb w9, [x9]\n"
        "   b bl_interrupted\n"
        "bl_interruption_ends:\n"
        "   ret\n"
        ".size bl_interruption, . - bl_interruption\n"
        ".popsection\n");
#else
#error "os.c: how does this CPU look below its stack?"
#endif

static void on_trap(int number, siginfo_t *info, void *context)
{
    struct os_trap trap = trap_of(context);
    if (*trap.pc == bl_interruption_looks) {
        *trap.pc = bl_interruption_ends;
        return;
    }
    trap.address = info->si_addr;
    trap.by_kernel = info->si_code == SI_KERNEL;
    if (!trap_handler || !trap_handler(&trap))
        hand_over(number, info, context, number == SIGSEGV ? &before_segv : &before_bus);
}

int os_traps_install(os_trap_handler *handler)
{
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    trap_handler = handler;
    if (sigaction(SIGSEGV, &action, &before_segv))
        return -errno;
    if (sigaction(SIGBUS, &action, &before_bus)) {
        int error = -errno;
        sigaction(SIGSEGV, &before_segv, NULL);
        return error;
    }
    return 0;
}

void os_traps_restore(void)
{
    sigaction(SIGBUS, &before_bus, NULL);
    sigaction(SIGSEGV, &before_segv, NULL);
    trap_handler = NULL;
}

enum { TRAP_STACK_SIZE = 64 * 1024 };

int os_trap_stack_begin(void **stack)
{
    *stack = malloc(TRAP_STACK_SIZE);
    if (!*stack)
        return -ENOMEM;
    stack_t s = {.ss_sp = *stack, .ss_size = TRAP_STACK_SIZE};
    return sigaltstack(&s, NULL) ? -errno : 0;
}

void os_trap_stack_end(void *stack)
{
    stack_t off = {.ss_flags = SS_DISABLE};
    sigaltstack(&off, NULL);
    free(stack);
}

/* ---- interruptions ---- */

enum { INTERRUPT_SIGNAL = SIGURG }; /* ignored by who does not know it */

#if defined(__SANITIZE_THREAD__)
enum { SIGNALS_COME_AT_ONCE = 0 };
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
enum { SIGNALS_COME_AT_ONCE = 0 };
#else
enum { SIGNALS_COME_AT_ONCE = 1 };
#endif
#else
enum { SIGNALS_COME_AT_ONCE = 1 };
#endif

static os_interrupt_handler *interrupt_handler;
static struct sigaction before_interrupt;
static pid_t interrupted_process; /* whose signals are ours; asking for it would be a system call */

bool os_interrupts_work(void)
{
    return SIGNALS_COME_AT_ONCE;
}

/* Where errno is must be asked anew after the handler: it may be another thread's. */
static __attribute__((noinline)) int errno_of_thread(void)
{
    __asm__ volatile("");
    return errno;
}

static __attribute__((noinline)) void set_errno_of_thread(int n)
{
    __asm__ volatile("");
    errno = n;
}

/* No mask and no stack of its own: the interrupted stack can be left from here, and gone on with,
 * like any other. What the kernel puts back when we return is this frame, and with it the signal
 * stack of the thread: it has to be that of the thread we are on then. */
__attribute__((used, visibility("hidden"))) void bl_interrupted(int number, siginfo_t *info, void *context)
{
    ucontext_t *c = context;
    int error = errno_of_thread();
    if (info->si_code != SI_TKILL || info->si_pid != interrupted_process) {
        if (before_interrupt.sa_flags & SA_SIGINFO || (before_interrupt.sa_handler != SIG_DFL &&
                                                       before_interrupt.sa_handler != SIG_IGN))
            hand_over(number, info, context, &before_interrupt);
    } else {
        struct os_trap trap = trap_of(c);
        if (interrupt_handler(&trap))
            sigaltstack(NULL, &c->uc_stack);
    }
    set_errno_of_thread(error);
}

int os_interrupts_install(os_interrupt_handler *handler)
{
    struct sigaction action = {.sa_sigaction = bl_interruption, .sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    interrupt_handler = handler;
    interrupted_process = getpid();
    return sigaction(INTERRUPT_SIGNAL, &action, &before_interrupt) ? -errno : 0;
}

void os_interrupts_restore(void)
{
    sigaction(INTERRUPT_SIGNAL, &before_interrupt, NULL);
}

void os_interrupts_allow(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, INTERRUPT_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void os_interrupt(const struct os_thread *thread)
{
    const struct thread *t = thread->handle;
    pthread_kill(t->id, INTERRUPT_SIGNAL);
}

/* ---- what is the program's ---- */

struct program {
    const char *low, *high;
    int objects;
};

/* The first object is the program. The kernel's own, of which every program has a piece, has a name
 * without a path. */
static int look_at_object(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct program *p = arg;
    (void)size;
    for (int i = 0; !p->objects && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        if (h->p_type == PT_LOAD && h->p_flags & PF_X) {
            p->low = (const char *)(uintptr_t)(info->dlpi_addr + h->p_vaddr);
            p->high = p->low + h->p_memsz;
        }
    }
    p->objects += !p->objects || strchr(info->dlpi_name, '/');
    return 0;
}

bool os_program_code(const char **low, const char **high)
{
    struct program p = {0};
    dl_iterate_phdr(look_at_object, &p);
    *low = p.low;
    *high = p.high;
    return p.objects > 1;
}
