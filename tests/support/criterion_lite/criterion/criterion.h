/* criterion.h - as much of Criterion as our tests use, in one header.
 * For where Criterion itself cannot be had: when cross-compiling, and beside
 * ThreadSanitizer. One OS process per test, one line per failure, a summary, and an exit
 * status; one file of tests per program, since main() is here too. The words are
 * Criterion's, so that the tests do not know the difference; see
 * https://github.com/Snaipe/Criterion for what they mean. */
#ifndef CRITERION_LITE_H
#define CRITERION_LITE_H

#include <fnmatch.h>
#include <signal.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct lite_test {
    const char *suite, *name;
    void (*body)(void);
    void (*init)(void), (*fini)(void);
    int signal, exit_code; /* how it must end */
    struct lite_test *next;
};

static struct lite_test *lite_tests;

#define Test(Suite, Name, ...)                                                                     \
    static void lite_body_##Suite##_##Name(void);                                                  \
    static struct lite_test lite_test_##Suite##_##Name = {                                         \
        .suite = #Suite, .name = #Name, .body = lite_body_##Suite##_##Name, __VA_ARGS__};          \
    __attribute__((constructor)) static void lite_register_##Suite##_##Name(void)                  \
    {                                                                                              \
        lite_test_##Suite##_##Name.next = lite_tests;                                              \
        lite_tests = &lite_test_##Suite##_##Name;                                                  \
    }                                                                                              \
    static void lite_body_##Suite##_##Name(void)

static inline void lite_fail(const char *file, int line, const char *what, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: failed: %s ", file, line, what);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    _exit(EXIT_FAILURE);
}

/* The message is optional: "" before it makes it one string, or an empty one. */
#define lite_assert(condition, what, ...)                                                          \
    ((condition) ? (void)0 : lite_fail(__FILE__, __LINE__, what, "" __VA_ARGS__))

#define cr_assert(c, ...)         lite_assert(c, #c, __VA_ARGS__)
#define cr_assert_not(c, ...)     lite_assert(!(c), "not " #c, __VA_ARGS__)
#define cr_assert_eq(a, b, ...)   lite_assert((a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)  lite_assert((a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)   lite_assert((a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)  lite_assert((a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)   lite_assert((a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)  lite_assert((a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_null(a, ...)     lite_assert(!(a), #a " is NULL", __VA_ARGS__)
#define cr_assert_not_null(a, ...) lite_assert(a, #a " is not NULL", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) lite_assert(!strcmp(a, b), #a " is " #b, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, size, ...) lite_assert(!memcmp(a, b, size), #a " is " #b, __VA_ARGS__)

static inline int lite_run(struct lite_test *t)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (t->init)
            t->init();
        t->body();
        if (t->fini)
            t->fini();
        exit(EXIT_SUCCESS);
    }
    int status = 0;
    waitpid(child, &status, 0);
    int ended_by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    bool good = ended_by == t->signal && code == t->exit_code;
    if (!good)
        fprintf(stderr, "[FAIL] %s::%s (exit status %d, signal %d)\n", t->suite, t->name, code, ended_by);
    return good;
}

/* program [--filter pattern]: the tests whose suite/name match, in the order of the file. */
int main(int argc, char **argv)
{
    const char *pattern = argc > 1 ? argv[argc - 1] : "*";
    int passed = 0, failed = 0;
    struct lite_test *in_order = NULL;
    while (lite_tests) {
        struct lite_test *t = lite_tests;
        lite_tests = t->next;
        t->next = in_order;
        in_order = t;
    }
    for (struct lite_test *t = in_order; t; t = t->next) {
        char name[256];
        snprintf(name, sizeof name, "%s/%s", t->suite, t->name);
        if (fnmatch(pattern, name, FNM_EXTMATCH))
            continue;
        if (lite_run(t))
            passed++;
        else
            failed++;
    }
    fprintf(stderr, "[====] tested: %d | passing: %d | failing: %d\n", passed + failed, passed, failed);
    return failed || !passed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
