/* link.c - see link.h. */
#include "kernel/link.h"

#include "data/atom.h"

/* ---- exit signals ---- */

static void post_exit(struct process *p, term from, parcel reason, bool priority)
{
    signal_post(p, (term[]){term_atom(ATOM_EXIT), from, parcel_term(reason)}, 3, priority);
    parcel_release(reason);
}

/* What a trapping process may hear as a message, and another may die of; but `kill`, said
 * by somebody and not inherited along a link, is more than a reason. */
void exit_receive(struct process *p, term from, parcel reason, bool linked, bool priority)
{
    if (p->kind == PROCESS_GUEST)
        parcel_release(reason); /* a thread cannot be ended */
    else if (!linked && reason == term_atom(ATOM_kill))
        process_doom(p, term_atom(ATOM_killed));
    else if (process_traps(p))
        post_exit(p, from, reason, priority);
    else if (reason != term_atom(ATOM_normal) || from == process_pid(p))
        process_doom(p, reason);
}

bl_error exit_send(term from, term to, term reason)
{
    if (!process_find(to))
        return BL_OK;
    parcel packed = parcel_make(reason);
    struct signal *signal = packed ? signal_create() : NULL;
    if (!signal) {
        parcel_release(packed);
        return BL_ENOMEM;
    }
    signal->from = from;
    signal->value = packed;
    if (!signal_send(signal, SIGNAL_EXIT, to))
        signal_free_with_value(signal);
    return BL_OK;
}

/* ---- records ---- */

static struct signal *find_link(const struct process *p, term other)
{
    return p->extra ? signal_of_node(treap_find(&p->extra->links, other)) : NULL;
}

static void add_link(struct process *p, struct signal *record, term other)
{
    record->node.key = other;
    record->from = other;
    record->value = 0;
    treap_add(&p->extra->links, &record->node);
}

static void drop_link(struct process *p, struct signal *record)
{
    treap_remove(&p->extra->links, &record->node);
    signal_free(record);
}

/* ---- what a process does ---- */

/* `to` is nobody: as if it had ended a moment ago. */
static bl_error nobody_to_link(struct process *p, term to, bool priority)
{
    if (!process_traps(p))
        return BL_ENOPROC;
    post_exit(p, to, term_atom(ATOM_noproc), priority);
    return BL_OK;
}

bl_error link_self(struct process *p, term to, bool priority)
{
    if (to == process_pid(p))
        return BL_OK;
    struct signal *record = find_link(p, to);
    if (record) {
        record->flags = priority ? SIGNAL_PRIORITY : 0;
        p->extra->urgent |= priority;
        if (link_is_active(record))
            return BL_OK;
    }
    struct signal *sent = extra_of(p) ? signal_create() : NULL;
    struct signal *own = sent && !record ? signal_create() : record;
    if (!sent || !own) {
        if (sent)
            signal_free(sent);
        return BL_ENOMEM;
    }
    sent->from = process_pid(p);
    if (record) {
        record->value = 0; /* the answer to our last unlinking will find another number */
    } else {
        own->flags = priority ? SIGNAL_PRIORITY : 0;
        add_link(p, own, to);
    }
    p->extra->urgent |= priority;
    event(p, EVENT_LINK, to, TERM_NONE);
    sent->value = events_are_wanted() ? event_for_linked(p) : 0;
    if (signal_send(sent, SIGNAL_LINK, to))
        return BL_OK;
    event_unclaimed(sent->value);
    signal_free(sent);
    drop_link(p, own);
    return nobody_to_link(p, to, priority);
}

bl_error unlink_self(struct process *p, term to)
{
    struct signal *record = find_link(p, to);
    if (!record || !link_is_active(record))
        return BL_OK;
    struct signal *sent = signal_create();
    if (!sent)
        return BL_ENOMEM;
    event(p, EVENT_UNLINK, to, TERM_NONE);
    record->value = ++p->extra->unlinked;
    sent->from = process_pid(p);
    sent->value = record->value;
    if (!signal_send(sent, SIGNAL_UNLINK, to))
        signal_free(sent); /* it has ended: its exit signal is on the way, and removes the record */
    return BL_OK;
}

bl_error link_at_birth(struct process *p, struct process *child, bool priority)
{
    struct signal *own = extra_of(p) && extra_of(child) ? signal_create() : NULL;
    struct signal *its = own ? signal_create() : NULL;
    if (!its) {
        if (own)
            signal_free(own);
        return BL_ENOMEM;
    }
    own->flags = priority ? SIGNAL_PRIORITY : 0;
    p->extra->urgent |= priority;
    add_link(p, own, process_pid(child));
    add_link(child, its, process_pid(p));
    return BL_OK;
}

void link_forget(struct process *p, term child)
{
    struct signal *record = find_link(p, child);
    if (record)
        drop_link(p, record);
}

/* ---- what reaches a process ---- */

static void receive_link(struct process *p, struct signal *signal)
{
    if (UNLIKELY(signal->value != 0))
        event_linked(p, signal->value);
    signal->value = 0;
    event(p, EVENT_GETTING_LINKED, signal->from, TERM_NONE);
    if (find_link(p, signal->from)) {
        signal_free(signal);
    } else if (extra_of(p)) {
        add_link(p, signal, signal->from);
    } else { /* it cannot be linked, and so it cannot live */
        process_doom(p, term_atom(ATOM_no_memory));
        link_orphaned(process_pid(p), signal);
    }
}

static void receive_unlink(struct process *p, struct signal *signal)
{
    struct signal *record = find_link(p, signal->from);
    if (record && link_is_active(record)) {
        event(p, EVENT_GETTING_UNLINKED, signal->from, TERM_NONE);
        drop_link(p, record);
    }
    term to = signal->from;
    signal->from = process_pid(p);
    if (!signal_send(signal, SIGNAL_UNLINKED, to))
        signal_free(signal);
}

static void receive_unlinked(struct process *p, struct signal *signal)
{
    struct signal *record = find_link(p, signal->from);
    if (record && record->value == signal->value)
        drop_link(p, record);
    signal_free(signal);
}

static void receive_link_exit(struct process *p, struct signal *signal)
{
    struct signal *record = find_link(p, signal->from);
    bool active = record && link_is_active(record), priority = record && (record->flags & SIGNAL_PRIORITY);
    if (record)
        drop_link(p, record);
    if (active)
        exit_receive(p, signal->from, signal->value, true, priority);
    else
        parcel_release(signal->value);
    if (active && !process_doomed(p))
        event(p, EVENT_GETTING_UNLINKED, signal->from, TERM_NONE);
    signal_free(signal);
}

void link_receive(struct process *p, struct signal *signal)
{
    switch (signal_kind(signal)) {
    case SIGNAL_LINK: receive_link(p, signal); break;
    case SIGNAL_UNLINK: receive_unlink(p, signal); break;
    case SIGNAL_UNLINKED: receive_unlinked(p, signal); break;
    default: receive_link_exit(p, signal); break;
    }
}

/* ---- the end ---- */

bool link_is_with(const struct process *p, term other)
{
    const struct signal *record = find_link(p, other);
    return record && link_is_active(record);
}

/* Also what is being undone: the other end may be at it too, and wait for our answer. */
void link_leave(term ended, struct signal *record, parcel reason)
{
    term to = record->from;
    record->from = ended;
    record->value = parcel_retain(reason);
    if (!signal_send(record, SIGNAL_LINK_EXIT, to))
        signal_free_with_value(record);
}

/* Who linked to p too late hears that it is no more; for the others p's end says it all. */
void link_orphaned(term ended, struct signal *signal)
{
    if (signal_kind(signal) == SIGNAL_LINK) {
        event_unclaimed(signal->value);
        link_leave(ended, signal, term_atom(ATOM_noproc));
    } else if (signal_kind(signal) == SIGNAL_LINK_EXIT) {
        signal_free_with_value(signal);
    } else {
        signal_free(signal);
    }
}
