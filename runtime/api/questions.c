/* questions.c - the public functions of beamling/processes.h about other processes: what they
 * are, who there is, and what can be done to them besides sending. */
#include "beamling/beamling.h"

#include "api/call.h"
#include "data/atom.h"
#include "data/box.h"
#include "data/copy.h"
#include "kernel/garbage.h"
#include "kernel/info.h"
#include "kernel/reception.h"
#include "kernel/suspend.h"
#include "kernel/sweep.h"
#include "kernel/wait.h"

/* ---- questions ---- */

static bl_term answer_as_term(bl_error error, parcel answer)
{
    if (error == BL_ENOPROC)
        return term_give(term_atom(ATOM_undefined));
    struct heap *h = error ? NULL : garbage_heap_quiet(self_sched());
    term t = h ? copy_to(h, parcel_term(answer)) : TERM_NONE;
    parcel_release(answer);
    return term_give(t);
}

bl_term bl_process_info(bl_pid pid, bl_term items)
{
    struct sched *s = enter();
    if (!info_knows(items.word))
        return term_give(TERM_NONE);
    if (s && pid.word == process_pid(s->current)) {
        sched_charge(s, 1);
        struct heap *h = garbage_heap();
        return term_give(h ? info_make(self_sched()->current, items.word, h, ATOM_running) : TERM_NONE);
    }
    parcel asked = parcel_make(items.word), answer;
    if (!asked)
        return term_give(TERM_NONE);
    bl_error error = ask(pid.word, ASK_INFO, asked, &answer);
    return answer_as_term(error, answer);
}

/* ---- garbage of others ---- */

static void collect_self(struct sched *s, bl_collection type)
{
    if (!s->current->heap)
        return;
    heap_want_collection(s->current->heap, type == BL_COLLECT_MAJOR);
    garbage_collect_self(s);
}

static bool is_collection(bl_collection type)
{
    return type == BL_COLLECT_MAJOR || type == BL_COLLECT_MINOR;
}

bl_error bl_garbage_collect(bl_pid pid, bl_collection type)
{
    struct sched *s = enter();
    const struct question q = {.kind = SIGNAL_SWEEP, .number = type == BL_COLLECT_MAJOR};
    parcel ignored;
    if (!term_is_pid(pid.word) || !is_collection(type))
        return BL_EINVAL;
    if (!s || pid.word != process_pid(s->current))
        return ask_question(pid.word, &q, &ignored);
    collect_self(s, type);
    return done(BL_OK);
}

bl_error bl_garbage_collect_async(bl_pid pid, bl_collection type, bl_term id)
{
    struct sched *s = enter();
    if (!s)
        return BL_ECONTEXT;
    if (!term_is_pid(pid.word) || !is_collection(type) || !id.word)
        return BL_EINVAL;
    bl_error error = sweep_send(s->current, pid.word, type == BL_COLLECT_MAJOR, id.word);
    if (pid.word == process_pid(s->current)) /* it has reached us: take it in, and collect */
        signals_poll_self(self_sched());
    return done(error);
}

/* ---- all of them ---- */

bl_term bl_processes(void)
{
    enter();
    struct heap *h = garbage_heap();
    term list = h ? TERM_NIL : TERM_NONE;
    for (uint64_t i = runtime.count ? processes_used() : 0; list && i-- > 1;) {
        struct process *p = &processes.all[i];
        /* acquire: as in process_find(). What it says may be over a moment later. */
        uint32_t generation = atomic_load_explicit(&p->generation, memory_order_acquire);
        uint64_t inbox = atomic_load_explicit(&p->inbox.word, memory_order_acquire);
        bool lives = generation && inbox && ((inbox ^ generation) & INBOX_GENERATION_MASK) == 0 &&
                     inbox_pointer(inbox) != INBOX_CLOSED;
        if (lives)
            list = cell_make(h, term_pid((uint32_t)i, generation), list);
    }
    return term_give(list);
}

bl_error bl_set_label(bl_term label)
{
    struct sched *s = enter();
    if (!s)
        return BL_ECONTEXT;
    if (!label.word)
        return BL_EINVAL;
    if (!extra_of(s->current))
        return BL_ENOMEM;
    s->current->extra->roots[ROOT_LABEL] = label.word;
    return BL_OK;
}

/* ---- group leaders ---- */

bl_pid bl_group_leader(void)
{
    struct sched *s = enter();
    const struct extra *x = s ? s->current->extra : NULL;
    return (bl_pid){x && x->leader ? x->leader : term_pid(0, 0)};
}

bl_error bl_set_group_leader(bl_pid leader, bl_pid pid)
{
    struct sched *s = enter();
    if (!term_is_pid(leader.word) || !term_is_pid(pid.word))
        return BL_EINVAL;
    if (s && pid.word == process_pid(s->current)) {
        if (!extra_of(s->current))
            return BL_ENOMEM;
        s->current->extra->leader = leader.word;
        return BL_OK;
    }
    if (!process_find(pid.word))
        return BL_ENOPROC;
    struct signal *signal = signal_create();
    if (!signal)
        return BL_ENOMEM;
    signal->value = leader.word;
    if (signal_send(signal, SIGNAL_LEADER, pid.word))
        return done(BL_OK);
    signal_free(signal);
    return BL_ENOPROC;
}

/* ---- suspending ---- */

enum { SUSPEND_OPTIONS = BL_SUSPEND_ASYNCHRONOUS | BL_SUSPEND_UNLESS_SUSPENDING };

/* Who is asked has said first that it is suspended. */
static bl_error await_suspended(struct process *p, term pid)
{
    parcel answer;
    bl_error error = ask(pid, ASK_ALIVE, 0, &answer);
    return suspend_is_done(p, pid, error != BL_ENOPROC) ? BL_OK : error == BL_ENOMEM ? error : BL_ENOPROC;
}

bl_error bl_suspend_opt(bl_pid pid, unsigned options, bl_term tag)
{
    struct sched *s = enter();
    if (!s)
        return BL_ECONTEXT;
    struct process *p = s->current;
    bool waits = !(options & BL_SUSPEND_ASYNCHRONOUS);
    if (pid.word == process_pid(p) || !term_is_pid(pid.word) || options > SUSPEND_OPTIONS || (waits && tag.word))
        return BL_EINVAL;
    bl_error error = suspend_self(p, pid.word, options & BL_SUSPEND_UNLESS_SUSPENDING, tag.word);
    if (waits && (!error || error == BL_ESTATE)) {
        bl_error waited = await_suspended(p, pid.word);
        error = waited ? waited : error;
    }
    return done(error == BL_ENOPROC && !waits ? BL_OK : error);
}

bl_error bl_suspend(bl_pid pid)
{
    return bl_suspend_opt(pid, 0, (bl_term){0});
}

bl_error bl_resume(bl_pid pid)
{
    struct sched *s = enter();
    return s ? done(resume_self(s->current, pid.word)) : BL_ECONTEXT;
}
