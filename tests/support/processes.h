/* processes.h - short words for laws about what processes are to each other. */
#ifndef SUPPORT_PROCESSES_H
#define SUPPORT_PROCESSES_H

#include "support/law.h"

#define SHORT_WORD static inline __attribute__((unused))

SHORT_WORD bl_term atom(const char *text)
{
    return bl_atom(text);
}

SHORT_WORD void sleeper(bl_term unused)
{
    (void)unused;
    for (;;)
        bl_receive();
}

SHORT_WORD void exit_with(bl_term reason)
{
    bl_exit(reason);
}

/* A law that is what one process does. */
SHORT_WORD void run(bl_function *body)
{
    cr_assert(ended_well(bl_spawn(body, bl_int(0))));
}

SHORT_WORD void claim_nothing(void)
{
    CLAIM(bl_mailbox_length() == 0);
}

/* {'DOWN', reference, process, object, reason} is the next message. */
SHORT_WORD void claim_down(bl_term reference, bl_term object, bl_term reason)
{
    bl_term m = bl_receive();
    CLAIM(bl_tuple_size(m) == 5);
    CLAIM(is_atom(bl_element(m, 0), "DOWN"));
    CLAIM(bl_same(bl_element(m, 1), reference));
    CLAIM(is_atom(bl_element(m, 2), "process"));
    CLAIM(bl_same(bl_element(m, 3), object));
    CLAIM(bl_same(bl_element(m, 4), reason));
}

/* What bl_process_info() says of one item. */
SHORT_WORD bl_term info(bl_pid p, const char *item)
{
    bl_term t = bl_process_info(p, atom(item));
    CLAIM(bl_is_nil(t) || bl_same(bl_element(t, 0), atom(item)));
    return bl_element(t, 1);
}

/* Until it waits for a message. How often it had to be asked: it may answer just before it waits, time and again. */
SHORT_WORD int64_t await_waiting(bl_pid p)
{
    int64_t asked = 1;
    for (; !is_atom(info(p, "status"), "waiting"); asked++)
        bl_yield();
    return asked;
}

#endif
