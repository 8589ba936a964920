/* A broken invariant of the runtime is the end of the program, and says so. */
#include "base/panic.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void dump(int fd)
{
    (void)!write(fd, "the dump\n", 9);
}

/* What panic() writes to standard error, and how its process ends. */
static int panic_in_child(char *text, size_t size, void (*function)(void))
{
    int out[2], status;
    cr_assert_eq(pipe(out), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(out[1], STDERR_FILENO);
        function();
        _exit(0);
    }
    close(out[1]);
    size_t length = 0;
    for (ssize_t got; (got = read(out[0], text + length, size - 1 - length)) > 0;)
        length += (size_t)got;
    text[length] = 0;
    close(out[0]);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void plain(void)
{
    panic("run queue %d: lost", 7);
}

Test(panic, says_why_and_aborts)
{
    char text[2048];
    cr_assert_eq(panic_in_child(text, sizeof text, plain), SIGABRT);
    cr_assert_not_null(strstr(text, "beamling: panic: run queue 7: lost\n"), "it said: %s", text);
}

static void with_dump(void)
{
    panic_set_dump(dump);
    panic("broken");
}

Test(panic, adds_the_registered_dump)
{
    char text[2048];
    cr_assert_eq(panic_in_child(text, sizeof text, with_dump), SIGABRT);
    cr_assert_not_null(strstr(text, "the dump\n"), "it said: %s", text);
}

static void panic_again(int fd)
{
    (void)fd;
    panic("inside the dump");
}

static void with_broken_dump(void)
{
    panic_set_dump(panic_again);
    panic("outside");
}

Test(panic, inside_the_dump_does_not_come_back)
{
    char text[2048];
    cr_assert_eq(panic_in_child(text, sizeof text, with_broken_dump), SIGABRT);
    char *first = strstr(text, "inside the dump");
    cr_assert_not_null(first);
    cr_assert_null(strstr(first + 1, "inside the dump"));
}

static void too_long(void)
{
    char text[4096];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    panic("%s", text);
}

Test(panic, cuts_a_message_that_is_too_long)
{
    char text[8192];
    cr_assert_eq(panic_in_child(text, sizeof text, too_long), SIGABRT);
    cr_assert_not_null(strstr(text, "xxxx"));
    cr_assert_lt(strlen(text), 3000);
}

static void false_assertion(void)
{
    ASSERT(1 + 1 == 3);
}

Test(panic, comes_from_a_false_assertion_where_assertions_are_on)
{
    char text[2048];
    cr_assert_eq(panic_in_child(text, sizeof text, false_assertion), BL_ASSERTS ? SIGABRT : 0);
}
