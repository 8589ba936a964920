/* call.h - how public functions begin and end: who calls, what has come meanwhile, what it cost,
 * and how to ask another process. */
#ifndef API_CALL_H
#define API_CALL_H

#include "kernel/event.h"
#include "kernel/info.h"
#include "kernel/outbox.h"
#include "kernel/wait.h"

/* Of the calling process, which has taken in what had come; NULL: a thread. */
static inline struct sched *enter(void)
{
    struct sched *s = self_sched();
    if (UNLIKELY(!s))
        return NULL;
    sched_check_stack(s);
    outbox_flush(s);
    return signals_poll_self(s);
}

/* Counts as a reduction. */
static inline bl_error done(bl_error error)
{
    struct sched *s = self_sched();
    if (s)
        sched_charge(s, 1);
    return error;
}

static inline bl_term done_term(term t)
{
    done(BL_OK);
    return term_give(t);
}

/* The running process sends; `to` is what it said, and `pid` who that is. */
static inline void tell_sent(struct sched *s, term pid, term to, term message)
{
    event(s->current, process_find(pid) ? EVENT_SEND : EVENT_SEND_NOBODY, message, to);
}

/* *answer 0: it is no more. A value that is a parcel is given away. (No runtime: no lobby.) */
static inline bl_error ask_question(term pid, const struct question *q, parcel *answer)
{
    struct sched *s = self_sched();
    *answer = 0;
    bl_error error = s ? wait_self(s, pid, q, answer) : wait_outside(pid, q, answer);
    return !error && !*answer ? BL_ENOPROC : error;
}

static inline bl_error ask(term pid, enum ask number, uint64_t value, parcel *answer)
{
    const struct question q = {.kind = SIGNAL_ASK, .number = number, .value = value};
    return ask_question(pid, &q, answer);
}

/* An answer that is a bl_error. */
static inline bl_error ask_for_error(term pid, enum ask number, uint64_t value)
{
    parcel answer;
    bl_error error = ask(pid, number, value, &answer);
    return error ? error : (bl_error)term_int_value(answer);
}

#endif
