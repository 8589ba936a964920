/* time.c - the public functions of beamling/processes.h about time. */
#include "beamling/beamling.h"

#include "api/call.h"
#include "data/atom.h"
#include "kernel/alarm.h"
#include "kernel/reception.h"
#include "kernel/select.h"
#include "kernel/spawn.h"

static const uint64_t ms_in_ns = 1000 * 1000;

/* ---- time ---- */

int64_t bl_monotonic_ns(void)
{
    return (int64_t)os_now_ns();
}

bl_error bl_sleep(uint64_t milliseconds)
{
    struct sched *s = enter();
    if (!s)
        return BL_ECONTEXT;
    if (milliseconds > UINT32_MAX)
        return BL_EINVAL;
    select_sleep(s, os_now_ns() + milliseconds * ms_in_ns);
    return done(BL_OK);
}

/* A thread's timer is one of a scheduler's, who may be asleep, or not know that it has any. */
static term set_alarm_outside(uint64_t now_ns, uint64_t deadline_ns, term to, term message, bool wraps)
{
    if (!runtime.count)
        return TERM_NONE;
    struct sched *home = sched_any();
    term reference = alarm_set(home, now_ns, deadline_ns, to, message, wraps);
    if (reference)
        sched_nudge(home);
    return reference;
}

static bl_term set_alarm(uint64_t milliseconds, bool absolute, bl_term to, bl_term message, bool wraps)
{
    struct sched *s = enter();
    uint64_t now = sched_now_ns(s), from = absolute ? 0 : now;
    if (!message.word || (!term_is_pid(to.word) && !term_is_atom(to.word)) ||
        milliseconds > UINT64_MAX / ms_in_ns / 2 || from + milliseconds * ms_in_ns > now + ALARM_LATEST_MS * ms_in_ns)
        return term_give(TERM_NONE);
    uint64_t deadline_ns = from + milliseconds * ms_in_ns + (absolute ? 0 : CLOCK_ERROR_NS); /* never early */
    if (!s)
        return term_give(set_alarm_outside(now, deadline_ns, to.word, message.word, wraps));
    return done_term(alarm_set(s, now, deadline_ns, to.word, message.word, wraps));
}

bl_term bl_send_after(uint64_t milliseconds, bl_term to, bl_term message)
{
    return set_alarm(milliseconds, false, to, message, false);
}

bl_term bl_send_at(uint64_t milliseconds, bl_term to, bl_term message)
{
    return set_alarm(milliseconds, true, to, message, false);
}

bl_term bl_start_timer(uint64_t milliseconds, bl_term to, bl_term message)
{
    return set_alarm(milliseconds, false, to, message, true);
}

bl_term bl_start_timer_at(uint64_t milliseconds, bl_term to, bl_term message)
{
    return set_alarm(milliseconds, true, to, message, true);
}

int64_t bl_cancel_timer(bl_term timer)
{
    struct sched *s = enter();
    int64_t left = runtime.count ? alarm_cancel(s ? s->current : NULL, timer.word) : -1;
    done(BL_OK);
    return left;
}

int64_t bl_read_timer(bl_term timer)
{
    return runtime.count ? alarm_read(timer.word) : -1;
}

/* {what, Reference, Left} to oneself */
static bl_error report(struct sched *s, unsigned what, bl_term timer, int64_t left)
{
    term ms = left < 0 ? atom_boolean(false) : term_int(left);
    signal_post(s->current, (term[]){term_atom(what), timer.word, ms}, 3, false);
    if (process_doomed(s->current))
        process_end_doomed();
    return done(BL_OK);
}

bl_error bl_cancel_timer_async(bl_term timer)
{
    struct sched *s = enter();
    if (!s || !term_is_reference(timer.word))
        return s ? BL_EINVAL : BL_ECONTEXT;
    return report(s, ATOM_cancel_timer, timer, alarm_cancel(s->current, timer.word));
}

bl_error bl_read_timer_async(bl_term timer)
{
    struct sched *s = enter();
    if (!s || !term_is_reference(timer.word))
        return s ? BL_EINVAL : BL_ECONTEXT;
    return report(s, ATOM_read_timer, timer, alarm_read(timer.word));
}
