/* syscount.c - counts the system calls of a command and of everything it starts.
 * Every thread and child is traced from its first instruction (PTRACE_O_TRACE*), every call is counted
 * when it is entered. Counting begins when the command's program begins: what syscount itself does to
 * start it is not in the number. A call that a signal interrupts and the kernel restarts is one call;
 * tracing itself interrupts many.
 * Exact for what happened, and slow, so that something else may happen: two threads that wake each other
 * save a call whenever the other one does not wait yet, and a traced thread arrives later. Run what is
 * counted apart from what is timed. No privilege is needed; if syscount is killed, so is all it traces. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

enum { MAX_CALL = 1024, MAX_PID = 1 << 22, EXIT_NO_TRACE = 125, EXIT_NO_EXEC = 126, EXIT_NO_COMMAND = 127,
       SIGNALLED = 128, SHOWN = 12 };

static const int OPTIONS = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                           PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;

/* The calls a runtime makes. Others appear by number. */
static const struct {
    int number;
    const char *name;
} names[] = {
    {SYS_read, "read"}, {SYS_write, "write"}, {SYS_close, "close"}, {SYS_openat, "openat"}, {SYS_futex, "futex"},
    {SYS_mmap, "mmap"}, {SYS_munmap, "munmap"}, {SYS_mprotect, "mprotect"}, {SYS_madvise, "madvise"},
    {SYS_mremap, "mremap"}, {SYS_brk, "brk"}, {SYS_clone, "clone"}, {SYS_execve, "execve"}, {SYS_exit, "exit"},
    {SYS_exit_group, "exit_group"}, {SYS_wait4, "wait4"}, {SYS_kill, "kill"}, {SYS_tgkill, "tgkill"},
    {SYS_rt_sigaction, "rt_sigaction"}, {SYS_rt_sigprocmask, "rt_sigprocmask"}, {SYS_rt_sigreturn, "rt_sigreturn"},
    {SYS_sigaltstack, "sigaltstack"}, {SYS_sched_yield, "sched_yield"}, {SYS_sched_setaffinity, "sched_setaffinity"},
    {SYS_sched_getaffinity, "sched_getaffinity"}, {SYS_nanosleep, "nanosleep"},
    {SYS_clock_nanosleep, "clock_nanosleep"}, {SYS_clock_gettime, "clock_gettime"}, {SYS_ppoll, "ppoll"},
    {SYS_epoll_pwait, "epoll_pwait"}, {SYS_epoll_ctl, "epoll_ctl"}, {SYS_eventfd2, "eventfd2"}, {SYS_pipe2, "pipe2"},
    {SYS_prctl, "prctl"}, {SYS_prlimit64, "prlimit64"}, {SYS_getpid, "getpid"}, {SYS_getppid, "getppid"},
    {SYS_gettid, "gettid"}, {SYS_set_robust_list, "set_robust_list"}, {SYS_rseq, "rseq"}, {SYS_lseek, "lseek"},
    {SYS_fcntl, "fcntl"}, {SYS_ioctl, "ioctl"}, {SYS_readv, "readv"}, {SYS_writev, "writev"},
    {SYS_pread64, "pread64"}, {SYS_getrandom, "getrandom"}, {SYS_set_tid_address, "set_tid_address"},
    {SYS_restart_syscall, "restart_syscall"}, {SYS_timerfd_settime, "timerfd_settime"}, {SYS_getrusage, "getrusage"},
    {SYS_membarrier, "membarrier"}, {SYS_newfstatat, "newfstatat"}, {SYS_clone3, "clone3"},
#ifdef SYS_poll
    {SYS_poll, "poll"}, {SYS_epoll_wait, "epoll_wait"}, {SYS_select, "select"}, {SYS_pipe, "pipe"}, {SYS_fork, "fork"},
    {SYS_vfork, "vfork"}, {SYS_access, "access"}, {SYS_open, "open"}, {SYS_stat, "stat"}, {SYS_readlink, "readlink"},
    {SYS_arch_prctl, "arch_prctl"},
#endif
};

static uint64_t calls[MAX_CALL + 1], all_calls; /* the last place is for numbers beyond */
static bool counting;

/* By task: the call it is in, as number + 1; negative: the call that was interrupted and that the kernel
 * will restart; 0: neither. */
static int16_t in_call[MAX_PID];

static void die(int status, const char *what)
{
    fprintf(stderr, "syscount: %s: %s\n", what, strerror(errno));
    exit(status);
}

/* ---- starting the command ---- */

/* The child reads the pipe until the parent holds it. */
static _Noreturn void become(char **command, int gate)
{
    char go;
    ssize_t got;
    while ((got = read(gate, &go, 1)) < 0 && errno == EINTR)
        ;
    if (got == 1)
        execvp(command[0], command);
    int status = errno == ENOENT ? EXIT_NO_COMMAND : EXIT_NO_EXEC;
    if (got == 1)
        fprintf(stderr, "syscount: %s: %s\n", command[0], strerror(errno));
    _exit(status);
}

static pid_t start(char **command)
{
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) < 0)
        die(EXIT_NO_TRACE, "pipe");
    pid_t pid = fork();
    if (pid < 0)
        die(EXIT_NO_TRACE, "fork");
    if (pid == 0) {
        close(gate[1]);
        become(command, gate[0]);
    }
    /* If tracing is not allowed, the child finds its pipe closed and ends. */
    if (ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) < 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
        die(EXIT_NO_TRACE, "ptrace is not permitted here (seccomp, yama or another tracer)");
    if (write(gate[1], "", 1) != 1)
        die(EXIT_NO_TRACE, "pipe");
    close(gate[0]);
    close(gate[1]);
    return pid;
}

/* ---- counting ---- */

/* Is this the second entry of an interrupted call? */
static bool restarted(pid_t pid, uint64_t number)
{
    return in_call[pid] < 0 && (number == SYS_restart_syscall || -in_call[pid] == (int16_t)(number + 1));
}

static void enter(pid_t pid, uint64_t number)
{
    int place = number < MAX_CALL ? (int)number : MAX_CALL;
    if (counting && !restarted(pid, number)) {
        calls[place]++;
        all_calls++;
    }
    in_call[pid] = (int16_t)(place + 1);
}

/* ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK: only tracers see them. */
static void leave(pid_t pid, int64_t result)
{
    bool restarts = result <= -512 && result >= -516 && result != -515;
    in_call[pid] = restarts ? (int16_t)-abs(in_call[pid]) : 0;
}

static void attend_call(pid_t pid)
{
    struct ptrace_syscall_info info;
    long got = ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
    if (got < 0 && errno != ESRCH)
        die(EXIT_NO_TRACE, "PTRACE_GET_SYSCALL_INFO (needs Linux 5.3)");
    if (got > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY)
        enter(pid, info.entry.nr);
    if (got > 0 && info.op == PTRACE_SYSCALL_INFO_EXIT)
        leave(pid, info.exit.rval);
}

static bool stops_the_group(int sig)
{
    return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* Look why a task has stopped, and let it go on. That it is gone by now is no error. */
static void attend(pid_t pid, int status)
{
    int sig = WSTOPSIG(status), event = status >> 16, deliver = 0;
    if (sig == (SIGTRAP | 0x80))
        attend_call(pid);
    else if (event == PTRACE_EVENT_EXEC)
        counting = true;
    else if (event == PTRACE_EVENT_STOP && stops_the_group(sig)) {
        (void)ptrace(PTRACE_LISTEN, pid, 0, 0);
        return;
    } else if (event == 0)
        deliver = sig;
    (void)ptrace(PTRACE_SYSCALL, pid, 0, deliver);
}

/* Until the last traced task is gone; the command's own end is the result. */
static int follow(pid_t command)
{
    int status, exit_status = EXIT_NO_TRACE;
    for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
        if (pid < 0)
            continue;
        if (WIFSTOPPED(status))
            attend(pid, status);
        else if (pid == command)
            exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALLED + WTERMSIG(status);
    }
    return exit_status;
}

/* ---- the result ---- */

static int most_used(void)
{
    int most = 0;
    for (int i = 1; i <= MAX_CALL; i++)
        if (calls[i] > calls[most])
            most = i;
    return most;
}

static void print_call(FILE *out, int number)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number) {
            fprintf(out, "\"%s\":%" PRIu64, names[i].name, calls[number]);
            return;
        }
    fprintf(out, "\"%d\":%" PRIu64, number, calls[number]);
}

static void print_counts(FILE *out, int exit_status)
{
    fprintf(out, "{\"syscalls\":%" PRIu64 ",\"by_name_or_number\":{", all_calls);
    for (int i = 0; i < SHOWN && calls[most_used()]; i++) {
        int number = most_used();
        fputs(i ? "," : "", out);
        print_call(out, number);
        calls[number] = 0;
    }
    fprintf(out, "},\"exit\":%d}\n", exit_status);
}

static void print_usage(FILE *out)
{
    fprintf(out, "usage: syscount [-o FILE] [--] COMMAND...\n"
                 "Counts the system calls of COMMAND and of all it starts; prints one JSON line to FILE, or to\n"
                 "standard error. Ends as COMMAND ends; 125: cannot trace, 126, 127: cannot run it.\n");
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    FILE *out = stderr;
    for (int o; (o = getopt_long(argc, argv, "+o:h", options, NULL)) != -1;) {
        if (o == 'o' && !(out = fopen(optarg, "we")))
            die(EXIT_NO_TRACE, optarg);
        if (o != 'o') {
            print_usage(o == 'h' ? stdout : stderr);
            return o == 'h' ? EXIT_SUCCESS : EXIT_NO_TRACE;
        }
    }
    if (optind == argc) {
        print_usage(stderr);
        return EXIT_NO_TRACE;
    }
    int status = follow(start(argv + optind));
    print_counts(out, status);
    return fclose(out) == 0 ? status : EXIT_NO_TRACE;
}
