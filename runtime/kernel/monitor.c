/* monitor.c - see monitor.h. */
#include "kernel/monitor.h"

#include "beamling/beamling.h"
#include "data/atom.h"
#include "kernel/outbox.h"
#include "kernel/receive.h"
#include "kernel/select.h"

unsigned monitor_flags(unsigned options)
{
    unsigned flags = options & BL_PRIORITY_MESSAGE ? SIGNAL_PRIORITY : 0;
    if (options & BL_ALIAS_UNALIAS)
        flags |= REFERENCE_ALIAS | REFERENCE_UNALIAS;
    if (options & BL_ALIAS_DEMONITOR)
        flags |= REFERENCE_ALIAS;
    if (options & BL_ALIAS_REPLY)
        flags |= REFERENCE_ALIAS | REFERENCE_REPLY;
    if (options & BL_ALIAS_PRIORITY)
        flags |= REFERENCE_ALIAS_PRIORITY;
    return flags;
}

static struct signal *find_reference(const struct process *p, term reference)
{
    return p->extra ? signal_of_node(treap_find(&p->extra->references, reference)) : NULL;
}

static void remove_record(struct process *p, struct signal *record)
{
    treap_remove(&p->extra->references, &record->node);
}

/* A record of p's under a reference of its own; NULL: no memory. */
static struct signal *add_reference(struct sched *s, struct process *p, unsigned flags, parcel tag)
{
    struct signal *record = extra_of(p) ? signal_create() : NULL;
    if (!record)
        return NULL;
    do {
        record->node.key = flags & REFERENCE_ALIAS ? reference_alias(s, p) : term_reference(reference_number(s));
    } while (find_reference(p, record->node.key));
    record->flags = flags;
    record->value = tag;
    p->extra->urgent |= (flags & (SIGNAL_PRIORITY | REFERENCE_ALIAS_PRIORITY)) != 0;
    treap_add(&p->extra->references, &record->node);
    return record;
}

/* ---- what a process does ---- */

term atom_nonode(void)
{
    static const char text[] = "nonode@nohost";
    bl_error error;
    term atom = atom_intern(text, sizeof text - 1, &error);
    return atom ? atom : term_atom(ATOM_undefined);
}

static void post_down(struct process *p, const struct signal *record, term object, parcel reason)
{
    term tag = record->value ? parcel_term(record->value) : term_atom(ATOM_DOWN), name[3];
    if (!record->number) {
        signal_post(p, (term[]){tag, record->node.key, term_atom(ATOM_process), object, parcel_term(reason)}, 5,
                    record->flags & SIGNAL_PRIORITY);
        return;
    }
    name[0] = box_header(BOX_TUPLE, 2); /* {Name, nonode@nohost} */
    name[1] = term_atom(record->number - 1);
    name[2] = atom_nonode();
    signal_post(p, (term[]){tag, record->node.key, term_atom(ATOM_process), term_box(name), parcel_term(reason)}, 5,
                record->flags & SIGNAL_PRIORITY);
}

/* The monitor is over, by whatever; the alias may stay. */
static void monitor_over(struct process *p, struct signal *record)
{
    record->flags &= ~(unsigned)REFERENCE_MONITOR;
    if (record->flags & REFERENCE_UNALIAS)
        return;
    remove_record(p, record);
    signal_free_with_value(record);
}

static term watch(struct process *p, struct signal *record, struct signal *sent)
{
    term reference = record->node.key;
    if (record->from == process_pid(p)) { /* legal, never heard of, and no alias either: as in Erlang */
        signal_free(sent);
        record->flags &= ~(unsigned)REFERENCE_UNALIAS;
        monitor_over(p, record);
        return reference;
    }
    sent->from = process_pid(p);
    sent->node.key = reference;
    if (record->from && signal_send(sent, SIGNAL_MONITOR, record->from))
        return reference;
    signal_free(sent);
    post_down(p, record, record->from, term_atom(ATOM_noproc));
    monitor_over(p, record);
    return reference;
}

term monitor_self(struct sched *s, term to, term name, unsigned flags, parcel tag)
{
    struct process *p = s->current;
    struct signal *sent = signal_create();
    struct signal *record = sent ? add_reference(s, p, flags | REFERENCE_MONITOR, tag) : NULL;
    if (!record) {
        if (sent)
            signal_free(sent);
        parcel_release(tag);
        return TERM_NONE;
    }
    record->from = to;
    record->number = name ? term_atom_index(name) + 1 : 0;
    select_mark_taken(p, record->node.key);
    return watch(p, record, sent);
}

term monitor_at_birth(struct sched *s, struct process *child, unsigned flags, parcel tag)
{
    struct process *p = s->current;
    struct signal *its = extra_of(child) ? signal_create() : NULL;
    struct signal *own = its ? add_reference(s, p, flags | REFERENCE_MONITOR, tag) : NULL;
    if (!own) {
        if (its)
            signal_free(its);
        parcel_release(tag);
        return TERM_NONE;
    }
    own->from = process_pid(child);
    its->from = process_pid(p);
    its->node.key = own->node.key;
    treap_add(&child->extra->watchers, &its->node);
    select_mark_taken(p, own->node.key);
    return own->node.key;
}

/* The record goes to the other end; if its alias stays, another block does. */
static bl_error tell(struct process *p, struct signal *record)
{
    term to = record->from, reference = record->node.key;
    struct signal *sent = record;
    if (record->flags & REFERENCE_UNALIAS) {
        sent = signal_create();
        if (!sent)
            return BL_ENOMEM;
        record->flags &= ~(unsigned)REFERENCE_MONITOR;
    } else {
        remove_record(p, record);
        parcel_release(record->value);
    }
    sent->from = process_pid(p);
    sent->node.key = reference;
    sent->value = 0;
    if (!signal_send(sent, SIGNAL_DEMONITOR, to))
        signal_free(sent);
    return BL_OK;
}

bl_error monitor_end_self(struct process *p, term reference, bool *was)
{
    struct signal *record = find_reference(p, reference);
    *was = record && (record->flags & REFERENCE_MONITOR);
    return *was ? tell(p, record) : BL_OK;
}

term alias_self(struct sched *s, unsigned flags)
{
    struct signal *record = add_reference(s, s->current, flags | REFERENCE_ALIAS | REFERENCE_UNALIAS, 0);
    if (!record)
        return TERM_NONE;
    select_mark_taken(s->current, record->node.key);
    return record->node.key;
}

/* It can no longer be sent to; if it is a monitor, that stays. */
static void deactivate(struct process *p, struct signal *record)
{
    record->flags &= ~(unsigned)(REFERENCE_ALIAS | REFERENCE_UNALIAS | REFERENCE_REPLY);
    if (record->flags & REFERENCE_MONITOR)
        return;
    remove_record(p, record);
    signal_free_with_value(record);
}

bool alias_end_self(struct process *p, term reference)
{
    struct signal *record = find_reference(p, reference);
    if (!record || !(record->flags & REFERENCE_ALIAS))
        return false;
    deactivate(p, record);
    return true;
}

/* The first reply is the only one, and if the alias was a monitor's it is over too. */
static void replied(struct process *p, struct signal *record)
{
    if (record->flags & REFERENCE_MONITOR) {
        record->flags &= ~(unsigned)REFERENCE_UNALIAS;
        (void)tell(p, record); /* needs no memory, as no alias stays */
    } else {
        deactivate(p, record);
    }
}

/* A message by alias has reached p, who runs or is held by the caller. False: it is none any more. */
static bool take_by_alias(struct process *p, term alias, struct message *m, bool priority)
{
    struct signal *record = find_reference(p, alias);
    bool counts = record && (record->flags & REFERENCE_ALIAS);
    if (!counts) {
        message_free(m);
        return false;
    }
    signal_post_message(p, m, priority && (record->flags & REFERENCE_ALIAS_PRIORITY));
    if (record->flags & REFERENCE_REPLY)
        replied(p, record);
    return true;
}

/* False: it came to nobody, and is freed; or there was no memory, and it is still the caller's. */
static bool alias_send_signal(term alias, term to, struct message *m, bool priority, bl_error *error)
{
    struct signal *sent = signal_create();
    *error = sent ? BL_OK : BL_ENOMEM;
    if (!sent)
        return false;
    sent->node.key = alias;
    sent->value = (uint64_t)(uintptr_t)m;
    sent->flags = priority ? SIGNAL_PRIORITY : 0;
    if (signal_send_message(&sent->message, SIGNAL_BY_ALIAS, to, READY_NEXT))
        return true;
    message_free(m);
    signal_free(sent);
    return false;
}

bl_error alias_send(struct sched *s, term alias, struct message *m, bool priority)
{
    uint32_t slot = reference_alias_slot(alias);
    struct process *p = slot < processes.capacity ? &processes.all[slot] : NULL;
    /* acquire: as in process_find(); whoever lives there now looks whether it is theirs. */
    uint32_t generation = p ? atomic_load_explicit(&p->generation, memory_order_acquire) : 0;
    bl_error error = BL_OK;
    if (s)
        outbox_flush(s);
    if (UNLIKELY(!generation)) {
        message_free(m);
        return BL_OK;
    }
    if (LIKELY(process_win(p, generation)))
        process_settled(p, take_by_alias(p, alias, m, priority), READY_NEXT);
    else if (!alias_send_signal(alias, term_pid(slot, generation), m, priority, &error))
        return error;
    if (s)
        sched_count(&s->sent);
    return BL_OK;
}

/* ---- what reaches a process ---- */

static void receive_monitor(struct process *p, struct signal *signal)
{
    if (extra_of(p)) {
        treap_add(&p->extra->watchers, &signal->node);
    } else {
        process_doom(p, term_atom(ATOM_no_memory));
        monitor_orphaned(process_pid(p), signal);
    }
}

static void receive_demonitor(struct process *p, struct signal *signal)
{
    struct treap_node *n = p->extra ? treap_find(&p->extra->watchers, signal->node.key) : NULL;
    if (n) {
        treap_remove(&p->extra->watchers, n);
        signal_free(signal_of_node(n));
    }
    signal_free(signal);
}

static bool receive_down(struct process *p, struct signal *signal)
{
    struct signal *record = find_reference(p, signal->node.key);
    bool counts = record && (record->flags & REFERENCE_MONITOR);
    if (counts) {
        post_down(p, record, signal->from, signal->value);
        monitor_over(p, record);
    }
    signal_free_with_value(signal);
    return counts;
}

static bool receive_by_alias(struct process *p, struct signal *signal)
{
    struct message *m = (struct message *)(uintptr_t)signal->value;
    term alias = signal->node.key;
    bool priority = signal->flags & SIGNAL_PRIORITY;
    signal_free(signal);
    return take_by_alias(p, alias, m, priority);
}

bool monitor_receive(struct process *p, struct signal *signal)
{
    switch (signal_kind(signal)) {
    case SIGNAL_MONITOR: receive_monitor(p, signal); return false;
    case SIGNAL_DEMONITOR: receive_demonitor(p, signal); return false;
    case SIGNAL_DOWN: return receive_down(p, signal);
    default: return receive_by_alias(p, signal);
    }
}

/* ---- the end ---- */

void reference_leave(term ended, struct signal *record)
{
    term to = record->from;
    bool monitor = record->flags & REFERENCE_MONITOR;
    parcel_release(record->value);
    record->from = ended;
    record->value = 0;
    if (!monitor || !signal_send(record, SIGNAL_DEMONITOR, to))
        signal_free(record);
}

void watcher_leave(term ended, struct signal *record, parcel reason)
{
    term to = record->from;
    record->from = ended;
    record->value = parcel_retain(reason);
    if (!signal_send(record, SIGNAL_DOWN, to))
        signal_free_with_value(record);
}

/* Who watches too late hears that there is no such process. */
void monitor_orphaned(term ended, struct signal *signal)
{
    switch (signal_kind(signal)) {
    case SIGNAL_MONITOR: watcher_leave(ended, signal, term_atom(ATOM_noproc)); break;
    case SIGNAL_DOWN: signal_free_with_value(signal); break;
    case SIGNAL_BY_ALIAS:
        message_free((struct message *)(uintptr_t)signal->value);
        signal_free(signal);
        break;
    default: signal_free(signal);
    }
}
