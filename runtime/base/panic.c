/* panic.c - die with a message and a dump of the runtime.
 * Only write(2) and abort(3): the heap, stdio and locks may be what is broken. */
#include "base/panic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void (*dump_runtime)(int fd);

void panic_set_dump(void (*dump)(int fd))
{
    dump_runtime = dump;
}

void panic(const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text - 1, format, args);
    va_end(args);
    if (length < 0 || length >= (int)sizeof text - 1)
        length = (int)sizeof text - 2;
    text[length++] = '\n';

    void (*dump)(int) = dump_runtime;
    dump_runtime = NULL; /* a panic inside the dump must not come back here */
    if (write(STDERR_FILENO, "beamling: panic: ", 17) < 0 || write(STDERR_FILENO, text, (size_t)length) < 0)
        abort();
    if (dump)
        dump(STDERR_FILENO);
    abort();
}
