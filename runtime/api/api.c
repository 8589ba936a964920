/* api.c - the public functions: each checks who calls and with what, and hands over to
 * the kernel. No decision is made here that the kernel would not make. */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/memory.h"
#include "beamling/beamling.h"
#include "data/atom.h"
#include "data/copy.h"
#include "kernel/alarm.h"
#include "kernel/catch.h"
#include "kernel/garbage.h"
#include "kernel/info.h"
#include "kernel/monitor.h"
#include "kernel/online.h"
#include "kernel/preempt.h"
#include "kernel/receive.h"
#include "kernel/reception.h"
#include "kernel/spawn.h"
#include "kernel/wait.h"

_Static_assert(sizeof(bl_term) == 8 && sizeof(bl_pid) == 8, "one word: passed and returned in a register");

const char *bl_strerror(bl_error error)
{
    switch (error) {
    case BL_OK: return "success";
    case BL_EINVAL: return "an argument is out of its range";
    case BL_ENOMEM: return "no memory, or no address space";
    case BL_ELIMIT: return "a configured maximum is reached (max_processes, or the atom table)";
    case BL_ESTATE: return "the runtime is not running (or, for bl_start, runs already)";
    case BL_ECONTEXT: return "this function cannot be called from here: see its [process], [any] or [thread]";
    case BL_ETHREAD: return "the kernel refused to start a thread";
    case BL_ENOPROC: return "there is no such process (any more)";
    case BL_EIO: return "the file could not be written: see errno";
    case BL_ENAME: return "the name is taken, or the process has one already, or nobody has this name";
    }
    return "no such error";
}

/* ---- terms ---- */

bl_term bl_atom_n(const char *text, size_t length)
{
    bl_error error;
    struct sched *s = self_sched();
    if (s)
        sched_check_stack(s);
    return term_give(text ? atom_intern(text, length, &error) : TERM_NONE);
}

bl_term bl_atom(const char *text)
{
    return bl_atom_n(text, text ? strlen(text) : 0);
}

const char *bl_atom_text(bl_term t)
{
    return atom_text(t.word);
}

size_t bl_atom_length(bl_term t)
{
    size_t length;
    atom_text_of(t.word, &length);
    return length;
}

/* ---- processes ---- */

static bl_pid failed(bl_error error)
{
    return (bl_pid){term_own(TERM_OWN_ERROR, error)};
}

static bl_pid spawn(enum process_kind kind, union process_entry entry, bl_term arg, const bl_spawn_options *options)
{
    bl_error error = BL_OK;
    struct sched *s = self_sched();
    if (UNLIKELY(!runtime.count))
        return failed(BL_ESTATE);
    if (UNLIKELY(options->scheduler > runtime.count || (kind == PROCESS_STRAIGHT ? !entry.function : !entry.handler)))
        return failed(BL_EINVAL);
    if (UNLIKELY(options->priority > BL_PRIORITY_MAX || options->monitor_options > MONITOR_OPTIONS ||
                 options->reply > BL_REPLY_SUCCESS_ONLY ||
                 (options->message_queue_off_heap && options->message_queue_on_heap)))
        return failed(BL_EINVAL);
    if (s)
        sched_check_stack(s);
    if (UNLIKELY(options->link || options->monitor)) {
        if (!s)
            return failed(BL_ECONTEXT);
        s = signals_poll_self(s);
    }
    term pid = process_spawn(kind, entry, arg.word, options, &error);
    if (UNLIKELY(error))
        return failed(error);
    if (s)
        sched_charge(s, 1);
    return (bl_pid){pid};
}

bl_pid bl_spawn(bl_function *function, bl_term arg)
{
    return spawn(PROCESS_STRAIGHT, (union process_entry){.function = function}, arg, &spawn_plain);
}

bl_pid bl_spawn_resting(bl_handler *handler, bl_term state)
{
    return spawn(PROCESS_RESTING, (union process_entry){.handler = handler}, state, &spawn_plain);
}

bl_pid bl_spawn_opt(bl_function *function, bl_term arg, const bl_spawn_options *options)
{
    return spawn(PROCESS_STRAIGHT, (union process_entry){.function = function}, arg, options ? options : &spawn_plain);
}

bl_pid bl_spawn_resting_opt(bl_handler *handler, bl_term state, const bl_spawn_options *options)
{
    return spawn(PROCESS_RESTING, (union process_entry){.handler = handler}, state, options ? options : &spawn_plain);
}

bl_pid bl_spawn_on(unsigned scheduler, bl_function *function, bl_term arg)
{
    return bl_spawn_opt(function, arg, &(bl_spawn_options){.scheduler = scheduler});
}

bl_pid bl_spawn_resting_on(unsigned scheduler, bl_handler *handler, bl_term state)
{
    return bl_spawn_resting_opt(handler, state, &(bl_spawn_options){.scheduler = scheduler});
}

bl_error bl_pid_error(bl_pid pid)
{
    if (term_is_pid(pid.word))
        return BL_OK;
    return term_is_own(pid.word, TERM_OWN_ERROR) ? (bl_error)term_own_value(pid.word) : BL_EINVAL;
}

bl_pid bl_self(void)
{
    struct sched *s = self_sched();
    return (bl_pid){s && s->current ? process_pid(s->current) : TERM_NONE};
}

void bl_exit(bl_term reason)
{
    struct sched *s = self_sched();
    if (!s)
        panic("bl_exit() outside a process: there is nobody to end");
    sched_check_stack(s);
    catch_leave(s->current, BL_CAUGHT_EXIT, reason.word);
    process_end_self(reason.word);
}

void bl_yield(void)
{
    struct sched *s = self_sched();
    if (!s)
        return;
    sched_check_stack(s);
    sched_yield_self(s);
}

void bl_reduce(unsigned n)
{
    struct sched *s = self_sched();
    if (!s)
        return;
    sched_check_stack(s);
    sched_charge(s, n > INT32_MAX / 2 ? INT32_MAX / 2 : n);
}

bl_error bl_preempt_off(void)
{
    struct sched *s = self_sched();
    return !s || preempt_off(s->current) ? BL_OK : BL_ENOMEM;
}

bl_error bl_preempt_on(void)
{
    struct sched *s = self_sched();
    return !s || preempt_on(s->current) ? BL_OK : BL_ESTATE;
}

/* Who sleeps has handled everything that was sent to it. */
bool bl_is_alive(bl_pid pid)
{
    struct sched *s = self_sched();
    struct process *p = process_find(pid.word);
    if (!p) {
        enter(); /* what it sent comes before its end is known */
        return false;
    }
    if (s && p == s->current)
        return true;
    uint64_t inbox = atomic_load_explicit(&p->inbox.word, memory_order_relaxed);
    if (inbox == inbox_pack(INBOX_IDLE, term_pid_generation(pid.word)))
        return true;
    const struct question alive = {.kind = SIGNAL_ASK, .number = ASK_ALIVE};
    parcel answer = 0;
    if (!s)
        return !wait_outside(pid.word, &alive, &answer) && answer;
    sched_check_stack(s);
    return !wait_self(s, pid.word, &alive, &answer) && answer;
}

/* The reason, on the heap of whoever runs. */
static bl_error unpack(parcel packed, bl_term *reason)
{
    term t = packed;
    if (parcel_box(packed)) {
        struct heap *h = garbage_heap_quiet(self_sched());
        t = h ? copy_to(h, parcel_term(packed)) : TERM_NONE;
        parcel_release(packed);
    }
    *reason = term_give(t ? t : term_atom(ATOM_no_memory));
    return BL_OK;
}

static inline __attribute__((always_inline)) bl_error wait_for(struct sched *s, term pid, bl_term *reason)
{
    static const struct question when = {.kind = SIGNAL_WAIT};
    parcel why = 0;
    bl_error error;
    if (s && pid == process_pid(s->current))
        error = BL_EINVAL;
    else
        error = s ? wait_self(s, pid, &when, &why) : wait_outside(pid, &when, &why);
    if (LIKELY(!error))
        return unpack(why, reason);
    *reason = term_give(term_atom(ATOM_noproc));
    return error == BL_ENOPROC ? BL_OK : error;
}

/* Who has ended is not asked; most have, when somebody waits for many. */
bl_error bl_wait(bl_pid pid, bl_term *reason)
{
    struct sched *s = self_sched();
    bl_term ignored;
    if (s)
        sched_check_stack(s);
    if (UNLIKELY(!s) || process_find(pid.word) || UNLIKELY(!inbox_is_empty(&s->current->inbox)))
        return wait_for(s, pid.word, reason ? reason : &ignored);
    if (reason)
        *reason = term_give(term_atom(ATOM_noproc));
    return BL_OK;
}

/* ---- messages ---- */

static NOINLINE bl_error send_and_charge(struct sched *s, bl_pid to, bl_term message)
{
    if (events_are_wanted())
        tell_sent(s, to.word, to.word, message.word);
    bl_error error = message_send(s, to.word, message.word);
    sched_charge(s, 1);
    return error;
}

/* No call but the last: no frame. */
bl_error bl_send(bl_pid to, bl_term message)
{
    struct sched *s = self_sched();
    if (UNLIKELY(!message.word))
        return BL_EINVAL;
    if (UNLIKELY(!s))
        return message_send_outside(to.word, message.word);
    sched_check_stack(s);
    if (UNLIKELY(events_are_wanted()) || UNLIKELY(!sched_charge_early(s)))
        return send_and_charge(s, to, message);
    if (UNLIKELY(outbox_is_open(s)))
        return outbox_send(s, to.word, message.word);
    return message_send_now(s, to.word, message.word);
}

/* bl_receive(), under its name for the linker. A bl_term travels in the register of a
 * word, and only between equal types does every compiler make the tail call into the
 * switch that leaves no frame of ours on a parked stack. */
BL_API uint64_t receive_word(void) __asm__("bl_receive");

uint64_t receive_word(void)
{
    struct sched *s = self_sched();
    if (UNLIKELY(!s))
        return TERM_NONE;
    sched_check_stack(s);
    return message_receive(s);
}

/* ---- schedulers ---- */

unsigned bl_scheduler(void)
{
    const struct sched *s = self_sched();
    return s ? s->index + 1 : 0;
}

unsigned bl_schedulers_online(void)
{
    return sched_online();
}

unsigned bl_set_schedulers_online(unsigned n)
{
    struct sched *s = enter();
    if (n == 0 || n > runtime.count)
        return 0;
    unsigned old = online_set(n);
    if (s && !sched_is_online(s))
        sched_yield_self(s);
    done(BL_OK);
    return old;
}

/* ---- counters ---- */

static uint64_t read_counter(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

bl_error bl_get_stats(bl_stats *stats)
{
    if (!stats)
        return BL_EINVAL;
    *stats = (bl_stats){.schedulers = runtime.count,
                        .spawned = read_counter(&runtime.spawned_outside),
                        .sent = read_counter(&runtime.sent_outside),
                        .allocator = memory_allocator()};
    if (!runtime.count)
        return BL_ESTATE;
    stats->max_processes = processes.capacity;
    stats->timers = alarms_count();
    stats->preemptive = preempt_works();
    for (unsigned i = 0; i < runtime.count; i++) {
        const struct sched *s = runtime.scheds[i];
        stats->spawned += read_counter(&s->spawned);
        stats->ended += read_counter(&s->ended);
        stats->sent += read_counter(&s->sent);
        stats->switches += read_counter(&s->switches);
        stats->preemptions += read_counter(&s->preemptions);
        stats->evictions += read_counter(&s->evictions);
        stats->steals += read_counter(&s->steals);
    }
    return BL_OK;
}
