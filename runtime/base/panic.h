/* panic.h - what happens when the runtime finds itself broken.
 *
 * Three failure worlds are kept apart. A caller's mistake or a lack of resources
 * is a return value. A process that fails ends, and the others go on. Only a
 * broken invariant of the runtime itself comes here: it cannot be handled, since
 * whatever would handle it stands on the same broken ground. */
#ifndef BASE_PANIC_H
#define BASE_PANIC_H

/* Print the message and a dump, and abort. Any thread, any state. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2), cold));

/* Let `dump` write what it knows (async-signal-safely, to fd) when panic() is
 * called. One of the few upward calls: the kernel registers its dump here. */
void panic_set_dump(void (*dump)(int fd));

/* An invariant, executed. On in debug and test builds (BL_ASSERTS is 0 or 1). */
#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (BL_ASSERTS && __builtin_expect(!(condition), 0))                                       \
            panic("%s:%d: %s", __FILE__, __LINE__, #condition);                                    \
    } while (0)

#endif
