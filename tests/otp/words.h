/* words.h - short words that several ports use. */
#ifndef OTP_WORDS_H
#define OTP_WORDS_H

#include "otp/otp.h"

/* As in `Pattern = t`. */
#define MUST_MATCH(t, ...)                                                                         \
    do {                                                                                           \
        if (!BL_MATCH(t, __VA_ARGS__))                                                             \
            bl_error_exit(atom("badmatch"));                                                       \
    } while (0)

/* Waits for a message that nobody sends: its mailbox keeps what comes. */
SHORT_WORD void idler(bl_term unused)
{
    (void)unused;
    BL_RECEIVE {
        BL_ON("'is never sent'") (void)0;
    }
}

/* Runs, and calls the runtime from time to time, for ever. */
SHORT_WORD void looper(bl_term unused)
{
    (void)unused;
    for (;;)
        bl_reduce(10);
}

SHORT_WORD bl_term no_term(void)
{
    bl_term none = {0};
    return none;
}

SHORT_WORD bl_term self(void)
{
    return bl_from_pid(bl_self());
}

/* [from, ..., to] */
SHORT_WORD bl_term numbers(int64_t from, int64_t to)
{
    bl_term list = bl_nil();
    while (to >= from)
        list = bl_cons(bl_int(to--), list);
    return list;
}

/* [t, ..., t] */
SHORT_WORD bl_term times(int n, bl_term t)
{
    bl_term list = bl_nil();
    while (n-- > 0)
        list = bl_cons(t, list);
    return list;
}

SHORT_WORD size_t length(bl_term list)
{
    size_t n = SIZE_MAX;
    CLAIM(bl_length(list, &n));
    return n;
}

SHORT_WORD bool is_in(bl_term t, bl_term list)
{
    while (bl_is_cons(list) && !bl_same(bl_head(list), t))
        list = bl_tail(list);
    return bl_is_cons(list);
}

/* The next message is this. */
SHORT_WORD void claim_next(bl_term expected)
{
    CLAIM(bl_same(bl_receive(), expected));
}

/* {'EXIT', p, reason} is the next message. */
SHORT_WORD void claim_exit(bl_pid p, bl_term reason)
{
    claim_next(BL_TUPLE(atom("EXIT"), bl_from_pid(p), reason));
}

/* The next message is that this monitor has fired, whatever the reason; which is the result. */
SHORT_WORD bl_term claim_fired(bl_term reference)
{
    bl_term m = bl_receive();
    CLAIM(is_atom(bl_element(m, 0), "DOWN") && bl_same(bl_element(m, 1), reference));
    return bl_element(m, 4);
}

/* It ends, and we hear nothing of it. */
SHORT_WORD void put_away(bl_pid p)
{
    CLAIM(bl_unlink(p) == BL_OK);
    CLAIM(bl_exit_signal(p, atom("kill")) == BL_OK);
    CLAIM(!bl_is_alive(p));
}

SHORT_WORD void receive_all(void)
{
    while (bl_mailbox_length())
        bl_receive();
}

/* A time, which is not shorter where a sanitizer watches. */
SHORT_WORD int64_t milliseconds(int64_t theirs, int64_t ours)
{
    return getenv("BEAMLING_OTP_FULL") ? theirs : ours;
}

SHORT_WORD bl_term big_binary(void)
{
    return bl_binary(NULL, 1024);
}

/* Lists, tuples, and binaries small, large, and parts of others: much more than 8 KB when copied. */
SHORT_WORD bl_term eight_kb(void)
{
    bl_term b64 = numbers(1, 64), part = bl_binary_part(bl_binary(NULL, 100), 3, 65);
    bl_term b512 = BL_TUPLE(BL_TERM("<<1>>"), b64, BL_TERM("<<2, 3>>"), b64, bl_binary_part(part, 1, 6), b64, part, b64,
                            b64, b64, b64, big_binary());
    return times(SLOWDOWN < 100 ? 8 : 1, BL_TUPLE(b512, b512));
}

SHORT_WORD bl_term kb_128(void)
{
    bl_term eight = eight_kb(), big = big_binary(), elements[19];
    for (int i = 0; i < 19; i++)
        elements[i] = i % 9 ? eight : big;
    return bl_tuple(elements, 19);
}

#endif
