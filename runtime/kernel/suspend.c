/* suspend.c - see suspend.h. */
#include "kernel/suspend.h"

#include "data/atom.h"

static struct signal *find_suspended(const struct process *p, term to)
{
    return p->extra ? signal_of_node(treap_find(&p->extra->suspends, to)) : NULL;
}

static void forget_suspended(struct process *p, struct signal *record)
{
    treap_remove(&p->extra->suspends, &record->node);
    signal_free(record);
}

static struct signal *note_suspended(struct process *p, term to)
{
    struct signal *record = extra_of(p) ? signal_create() : NULL;
    if (!record)
        return NULL;
    record->node.key = record->from = to;
    record->value = ++p->extra->unlinked;
    treap_add(&p->extra->suspends, &record->node);
    return record;
}

/* {Tag, suspended}, if p wants to hear it. */
static void tell_suspender(struct process *p, parcel tag, unsigned what)
{
    if (tag)
        signal_post(p, (term[]){parcel_term(tag), term_atom(what)}, 2, false);
}

/* ---- what a process does ---- */

static bl_error send_suspend(struct process *p, struct signal *record, parcel tag, uint32_t flags)
{
    struct signal *sent = signal_create();
    if (!sent)
        return BL_ENOMEM;
    sent->from = process_pid(p);
    sent->value = tag;
    sent->flags = flags;
    sent->node.key = record->value;
    if (signal_send(sent, SIGNAL_SUSPEND, record->from))
        return BL_OK;
    tell_suspender(p, tag, ATOM_exited);
    signal_free_with_value(sent);
    return BL_ENOPROC;
}

bl_error suspend_self(struct process *p, term to, bool unless, term tag)
{
    struct signal *record = find_suspended(p, to);
    bool had = record;
    parcel packed = tag ? parcel_make(tag) : 0;
    if (!record && (!tag || packed))
        record = note_suspended(p, to);
    if (!record || (tag && !packed)) {
        parcel_release(packed);
        return BL_ENOMEM;
    }
    bl_error error = had && !tag ? BL_OK : send_suspend(p, record, packed, had ? SUSPEND_ASKS : 0);
    if (error == BL_ENOMEM)
        parcel_release(packed);
    if (error == BL_ENOPROC || (error && !had))
        forget_suspended(p, record);
    else if (!error && !(had && unless))
        record->number++;
    return error ? error : had && unless ? BL_ESTATE : BL_OK;
}

bool suspend_is_done(struct process *p, term to, bool alive)
{
    struct signal *record = find_suspended(p, to);
    bool done = alive && record && suspend_is_active(record);
    if (record && !done)
        forget_suspended(p, record);
    return done;
}

bl_error resume_self(struct process *p, term to)
{
    struct signal *record = find_suspended(p, to);
    if (!record)
        return BL_ESTATE;
    if (!process_find(to)) {
        forget_suspended(p, record);
        return BL_ESTATE;
    }
    if (--record->number)
        return BL_OK;
    treap_remove(&p->extra->suspends, &record->node);
    suspend_leave(record);
    return BL_OK;
}

/* ---- what reaches a process ---- */

static void suspend_return(term from, struct signal *signal)
{
    term to = signal->from;
    signal->from = from;
    if (!signal_send(signal, SIGNAL_SUSPENDED, to))
        signal_free_with_value(signal);
}

void suspend_receive(struct process *p, struct signal *signal)
{
    if (p->kind == PROCESS_GUEST || !extra_of(p)) {
        signal->flags |= SUSPEND_GONE;
    } else if (!(signal->flags & SUSPEND_ASKS)) {
        p->extra->suspended++;
        p->bound |= BOUND_HELD;
    }
    suspend_return(process_pid(p), signal);
}

bool resume_receive(struct process *p, struct signal *signal)
{
    struct extra *x = p->extra;
    signal_free(signal);
    if (!x || !x->suspended || --x->suspended)
        return false;
    p->bound &= (uint16_t)~BOUND_HELD;
    return true;
}

void suspended_receive(struct process *p, struct signal *signal)
{
    struct signal *record = find_suspended(p, signal->from);
    bool gone = signal->flags & SUSPEND_GONE, ours = record && record->value == signal->node.key;
    if (ours && gone)
        forget_suspended(p, record);
    else if (ours)
        record->flags |= SUSPEND_ACTIVE;
    tell_suspender(p, signal->value, gone ? ATOM_exited : ours ? ATOM_suspended : ATOM_not_suspended);
    signal_free_with_value(signal);
}

/* ---- ends ---- */

void suspend_orphaned(term ended, struct signal *signal)
{
    signal->flags |= SUSPEND_GONE;
    suspend_return(ended, signal);
}

void suspend_leave(struct signal *record)
{
    if (!signal_send(record, SIGNAL_RESUME, record->from))
        signal_free(record);
}
