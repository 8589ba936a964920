/* reception.c - signals take effect when a process takes in what was sent to it, message
 * or not, in the order in which it was sent. Four ways lead here:
 *
 * - The running process looks for a message, or asks something of the runtime that must
 *   come after all it was sent.
 * - It gives way: before it does (sched_yield_self()).
 * - It sleeps. Whoever sends it a signal has woken it, and so won it: alone with it, the
 *   sender does here what the process would do, and lets it sleep on, unless there is a
 *   message for it, or it has to end. It gets no lane, and none of its frames is touched.
 *   Nor need the signal go through the inbox, which is empty: it can be won without.
 * - It sleeps and is suspended: the same, also when a message comes (process_settle() from
 *   sched_ready_slow()).
 *
 * Handling a signal may send others, whose addressees may sleep. That goes one level deep:
 * a scheduler that is settling wakes them, and they look for themselves. */
#include "kernel/reception.h"

#include "data/atom.h"
#include "kernel/alarm.h"
#include "kernel/extra.h"
#include "kernel/info.h"
#include "kernel/link.h"
#include "kernel/monitor.h"
#include "kernel/garbage.h"
#include "kernel/receive.h"
#include "kernel/suspend.h"
#include "kernel/sweep.h"

/* True: p is to look, though there is no new message. */
static bool receive_one(struct process *p, struct signal *signal)
{
    switch (signal_kind(signal)) {
    case SIGNAL_WAIT: signal_keep_waiter(p, signal); return false;
    case SIGNAL_ANSWER: signal_keep_answer(p, signal); return true;
    case SIGNAL_ASK: ask_receive(p, signal); return false;
    case SIGNAL_EXIT:
        exit_receive(p, signal->from, signal->value, false, false);
        signal_free(signal);
        return false;
    case SIGNAL_LINK:
    case SIGNAL_LINK_EXIT:
    case SIGNAL_UNLINK:
    case SIGNAL_UNLINKED: link_receive(p, signal); return false;
    case SIGNAL_MONITOR:
    case SIGNAL_DEMONITOR:
    case SIGNAL_DOWN:
    case SIGNAL_BY_ALIAS: return monitor_receive(p, signal);
    case SIGNAL_LEADER: leader_receive(p, signal); return false;
    case SIGNAL_SWEEP: return sweep_receive(p, signal);
    case SIGNAL_SUSPEND: suspend_receive(p, signal); return false;
    case SIGNAL_SUSPENDED: suspended_receive(p, signal); return false;
    case SIGNAL_RESUME: return resume_receive(p, signal);
    case SIGNAL_ALARM: alarm_receive(p, &signal->message); return false;
    }
    return false;
}

bool signals_receive(struct process *p, struct message *m)
{
    bool news = false;
    uint32_t before = p->mail.count;
    while (m) {
        struct message *next = m->next;
        if (!message_is_signal(m) || process_doomed(p)) { /* doomed: its end sees to the rest */
            if (!process_doomed(p))
                event(p, EVENT_RECEIVE, m->word, TERM_NONE);
            process_keep(p, m);
        } else {
            news |= receive_one(p, (struct signal *)m);
        }
        m = next;
    }
    return news || p->mail.count != before;
}

void signals_receive_self(struct process *p, struct message *oldest)
{
    signals_receive(p, oldest);
    while (process_doomed(p) || (p->bound & BOUND_HELD)) {
        if (process_doomed(p))
            process_end_doomed();
        sched_park_self(self_sched(), NULL);
        signals_receive(p, message_take_oldest(p));
    }
    if (UNLIKELY(p->extra != NULL) && UNLIKELY(p->extra->sweeps != NULL))
        garbage_poll(self_sched());
}

struct sched *signals_poll_self(struct sched *s)
{
    return message_take_all(s);
}

/* Who waits for its end waits for that, and not for its turn, unless it has come. A long inbox is
 * not walked: it may hold one. */
bool signals_are_due(const struct process *p)
{
    enum { WALK = 64 };
    if (p->kind == PROCESS_LEAVING)
        return true;
    /* acquire: as in inbox_take(); what is in there is the holder's to read. */
    const struct message *m = inbox_list(atomic_load_explicit(&p->inbox.word, memory_order_acquire));
    for (int i = 0; m; m = m->next)
        if ((message_is_signal(m) && signal_kind((const struct signal *)m) != SIGNAL_WAIT) || ++i == WALK)
            return true;
    return false;
}

bool signal_receive(struct process *p, struct signal *signal)
{
    uint32_t before = p->mail.count;
    if (LIKELY(!process_doomed(p)))
        return receive_one(p, signal) || p->mail.count != before;
    signal->message.next = NULL;
    return signals_receive(p, &signal->message);
}

/* ---- in place of who sleeps ---- */

/* True: it is to be woken. While it is suspended it is not, and that is noted. */
static bool is_to_wake(struct process *p, bool news)
{
    if (process_doomed(p))
        return true;
    if (!p->extra)
        return news;
    news |= p->extra->wanted;
    p->extra->wanted = news && (p->bound & BOUND_HELD) && p->kind != PROCESS_GUEST;
    return news && !p->extra->wanted;
}

/* It sleeps, and is not ours any more, and may be another by now. If there was no memory for its frames
 * before that, nobody else wakes it. */
static bool sleeps_on(struct process *p, uint32_t generation)
{
    struct message *none; /* who sleeps has left nothing that was read */
    if (UNLIKELY(!inbox_idle(&p->inbox, generation, &none)))
        return false;
    inbox_look(&p->inbox); /* pairs with inbox_touch(), in sched_evict() */
    return LIKELY(!process_doomed(p)) || !inbox_rouse(&p->inbox, generation);
}

/* p sleeps on, or not; what has come meanwhile is handled as well. */
static void settle(struct process *p, bool news, enum urgency urgency)
{
    uint32_t generation = process_generation(p);
    while (LIKELY(!is_to_wake(p, news))) {
        if (LIKELY(sleeps_on(p, generation)))
            return;
        news = signals_receive(p, message_take_oldest(p));
    }
    struct sched *s = self_sched();
    if (urgency != READY_NEXT || !s || UNLIKELY(!sched_ready_next(s, p)))
        sched_ready_slow(p, urgency);
}

bool process_win(struct process *p, uint32_t generation)
{
    struct sched *s = self_sched();
    if ((s && s->settling) || !inbox_is_idle(&p->inbox, generation) || !inbox_rouse(&p->inbox, generation))
        return false;
    if (LIKELY(s != NULL))
        s->settling = true;
    return true;
}

void process_settled(struct process *p, bool news, enum urgency urgency)
{
    settle(p, news, urgency);
    struct sched *s = self_sched();
    if (LIKELY(s != NULL))
        s->settling = false;
}

void process_settle(struct process *p, enum urgency urgency)
{
    struct sched *s = self_sched();
    if (s && s->settling && !(p->bound & BOUND_HELD)) {
        sched_ready_slow(p, urgency);
        return;
    }
    bool before = s && s->settling;
    if (s)
        s->settling = true;
    settle(p, signals_receive(p, message_take_oldest(p)), urgency);
    if (s)
        s->settling = before;
}

/* ---- the end ---- */

void process_end_doomed(void)
{
    const struct process *p = self_sched()->current;
    process_end_self(process_doomed(p) == DOOMED_BY_SIGNAL ? p->arg : term_atom(process_doomed(p)));
}

void signal_drop(struct signal *signal)
{
    switch (signal_kind(signal)) {
    case SIGNAL_ANSWER:
    case SIGNAL_EXIT:
    case SIGNAL_LINK_EXIT:
    case SIGNAL_SUSPEND:
    case SIGNAL_SUSPENDED:
    case SIGNAL_DOWN: signal_free_with_value(signal); break;
    case SIGNAL_LINK:
        event_unclaimed(signal->value);
        signal_free(signal);
        break;
    case SIGNAL_ASK:
        ask_drop((enum ask)signal->number, signal->value);
        signal_free(signal);
        break;
    case SIGNAL_BY_ALIAS: monitor_orphaned(TERM_NONE, signal); break;
    case SIGNAL_SWEEP: sweep_drop(signal); break;
    case SIGNAL_ALARM: alarm_orphaned(&signal->message); break;
    default: signal_free(signal);
    }
}

void signal_orphaned(term ended, struct signal *signal, parcel reason)
{
    switch (signal_kind(signal)) {
    case SIGNAL_WAIT: signal_answer_wait(signal, reason); break;
    case SIGNAL_ASK: ask_orphaned(signal); break;
    case SIGNAL_SWEEP: sweep_orphaned(signal); break;
    case SIGNAL_ANSWER:
    case SIGNAL_SUSPENDED:
    case SIGNAL_EXIT: signal_free_with_value(signal); break;
    case SIGNAL_SUSPEND: suspend_orphaned(ended, signal); break;
    case SIGNAL_LINK:
    case SIGNAL_LINK_EXIT:
    case SIGNAL_UNLINK:
    case SIGNAL_UNLINKED: link_orphaned(ended, signal); break;
    case SIGNAL_MONITOR:
    case SIGNAL_DEMONITOR:
    case SIGNAL_DOWN:
    case SIGNAL_BY_ALIAS: monitor_orphaned(ended, signal); break;
    case SIGNAL_LEADER:
    case SIGNAL_RESUME: signal_free(signal); break;
    case SIGNAL_ALARM: alarm_orphaned(&signal->message); break;
    }
}
