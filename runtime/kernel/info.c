/* info.c - see info.h. */
#include "kernel/info.h"

#include <dlfcn.h>
#include <string.h>

#include "base/memory.h"
#include "beamling/beamling.h"
#include "data/atom.h"
#include "data/copy.h"
#include "data/map.h"
#include "data/mapnode.h"
#include "kernel/garbage.h"
#include "kernel/monitor.h"
#include "kernel/name.h"
#include "kernel/suspend.h"

static term boolean_term(bool b)
{
    return term_atom(b ? ATOM_true : ATOM_false);
}

static term info_pair(struct heap *h, term a, term b)
{
    return a && b ? tuple_make(h, (term[]){a, b}, 2) : TERM_NONE;
}

/* In front of a list; TERM_NONE if anything was. */
static term in_front(struct heap *h, term head, term list)
{
    return head && list ? cell_make(h, head, list) : TERM_NONE;
}

/* ---- lists of records, in the order of keys ---- */

typedef term info_of_record(struct heap *, const struct signal *);

static term list_records(struct heap *h, const struct treap *t, info_of_record *of)
{
    term list = TERM_NIL;
    for (struct treap_node *n = treap_from(t, 0); n && list; n = treap_from(t, n->key + 1)) {
        term element = of(h, signal_of_node(n));
        if (element != TERM_NIL)
            list = in_front(h, element, list);
        if (n->key == UINT64_MAX)
            break;
    }
    return list;
}

static term of_link(struct heap *h, const struct signal *record)
{
    (void)h;
    return record->value ? TERM_NIL : record->from;
}

static term of_watcher(struct heap *h, const struct signal *record)
{
    (void)h;
    return record->from;
}

static term of_monitor(struct heap *h, const struct signal *record)
{
    if (!(record->flags & REFERENCE_MONITOR))
        return TERM_NIL;
    term object = record->from;
    if (record->number)
        object = info_pair(h, term_atom(record->number - 1), atom_nonode());
    return info_pair(h, term_atom(ATOM_process), object);
}

static term of_suspended(struct heap *h, const struct signal *record)
{
    bool active = suspend_is_active(record);
    term active_count = term_int(active ? record->number : 0), outstanding = term_int(active ? 0 : record->number);
    return tuple_make(h, (term[]){record->from, active_count, outstanding}, 3);
}

/* ---- the heap ---- */

static term max_heap(struct process *p, struct heap *h)
{
    bool kill = !(p->extra && p->extra->spared);
    term pairs[] = {term_atom(ATOM_size),         term_int(p->heap ? (int64_t)p->heap->most : 0),
                    term_atom(ATOM_kill),         boolean_term(kill),
                    term_atom(ATOM_error_logger), boolean_term(false)};
    return map_from(h, pairs, 3);
}

static term min_heap(const struct process *p)
{
    return term_int(p->heap ? (int64_t)p->heap->least : HEAP_COLLECT_LEAST);
}

static term collections(struct process *p, struct heap *h)
{
    uint32_t after = p->extra ? p->extra->fullsweep_after : 65535;
    term list = in_front(h, info_pair(h, term_atom(ATOM_minor_gcs), term_int(p->heap ? p->heap->collections : 0)), TERM_NIL);
    list = in_front(h, info_pair(h, term_atom(ATOM_fullsweep_after), term_int(after)), list);
    list = in_front(h, info_pair(h, term_atom(ATOM_min_heap_size), min_heap(p)), list);
    return in_front(h, info_pair(h, term_atom(ATOM_max_heap_size), max_heap(p, h)), list);
}

static size_t count_records(const struct extra *x)
{
    return x->links.count + x->references.count + x->watchers.count + x->suspends.count;
}

/* Without what is shared with others: large binaries, and reasons. */
static term memory_of(const struct process *p)
{
    size_t bytes = sizeof *p + p->frames.room;
    if (p->heap)
        bytes += sizeof *p->heap + heap_bytes(p->heap);
    if (p->extra)
        bytes += sizeof *p->extra + count_records(p->extra) * sizeof(struct signal);
    for (const struct message *m = p->mail.first; m; m = m->next)
        bytes += term_is_pointer(m->word) ? sizeof(struct block) + copy_words((const struct block *)m) * sizeof(term)
                                          : sizeof *m;
    return term_int((int64_t)bytes);
}

/* ---- the rest ---- */

static term info_messages(struct process *p, struct heap *h)
{
    term list = TERM_NIL, *end = &list;
    for (const struct message *m = p->mail.first; m; m = m->next) {
        term copy = copy_to(h, m->word), cell = copy ? cell_make(h, copy, TERM_NIL) : TERM_NONE;
        if (!cell)
            return TERM_NONE;
        *end = cell;
        end = term_pointer(cell) + 1;
    }
    return list;
}

static term info_dictionary(struct process *p, struct heap *h)
{
    term map = p->extra ? p->extra->roots[ROOT_DICTIONARY] : TERM_NONE, list = TERM_NIL;
    size_t n = map ? map_size(map) : 0;
    if (!n)
        return TERM_NIL;
    term *pairs = memory_alloc(2 * n * sizeof *pairs);
    if (!pairs)
        return TERM_NONE;
    if (map_sorted(map, pairs) != ORDER_SAME)
        list = TERM_NONE;
    for (size_t i = n; i-- > 0 && list;)
        list = in_front(h, info_pair(h, pairs[2 * i], pairs[2 * i + 1]), list);
    memory_free(pairs, 2 * n * sizeof *pairs);
    return list;
}

term info_function(const struct process *p)
{
    Dl_info found;
    bl_error error;
    void *address = (void *)(uintptr_t)p->entry.function;
    if (dladdr(address, &found) && found.dli_sname && found.dli_saddr == address) {
        term name = atom_intern(found.dli_sname, strlen(found.dli_sname), &error);
        if (name)
            return name;
    }
    return term_int((int64_t)(uintptr_t)address);
}

static term priority_atom(const struct process *p)
{
    static const uint8_t atoms[] = {ATOM_normal, ATOM_low, ATOM_high, ATOM_max};
    return term_atom(atoms[p->extra ? p->extra->priority : BL_PRIORITY_NORMAL]);
}

static const struct extra no_extra;

static term item_value(struct process *p, uint32_t item, struct heap *h, unsigned status)
{
    const struct extra *x = p->extra ? p->extra : &no_extra;
    switch (item) {
    case ATOM_current_function:
    case ATOM_initial_call: return info_function(p);
    case ATOM_dictionary: return info_dictionary(p, h);
    case ATOM_fullsweep_after: return term_int(p->extra ? x->fullsweep_after : 65535);
    case ATOM_garbage_collection: return collections(p, h);
    case ATOM_group_leader: return x->leader ? x->leader : term_pid(0, 0);
    case ATOM_heap_size: return term_int(p->heap ? (int64_t)heap_used(p->heap) : 0);
    case ATOM_label: return x->roots[ROOT_LABEL] ? x->roots[ROOT_LABEL] : term_atom(ATOM_undefined);
    case ATOM_links: return list_records(h, &x->links, of_link);
    case ATOM_max_heap_size: return max_heap(p, h);
    case ATOM_memory: return memory_of(p);
    case ATOM_message_queue_data: return term_atom(x->off_heap ? ATOM_off_heap : ATOM_on_heap);
    case ATOM_message_queue_len: return term_int(p->mail.count);
    case ATOM_messages: return info_messages(p, h);
    case ATOM_min_heap_size: return min_heap(p);
    case ATOM_monitored_by: return list_records(h, &x->watchers, of_watcher);
    case ATOM_monitors: return list_records(h, &x->references, of_monitor);
    case ATOM_parent: return p->parent ? p->parent : term_atom(ATOM_undefined);
    case ATOM_priority: return priority_atom(p);
    case ATOM_registered_name: return x->name ? x->name : TERM_NIL;
    case ATOM_sensitive: return boolean_term(x->sensitive);
    case ATOM_stack_size: return term_int(p->frames.size / sizeof(term));
    case ATOM_status: return term_atom(status);
    case ATOM_suspending: return list_records(h, &x->suspends, of_suspended);
    case ATOM_total_heap_size: return term_int(p->heap ? (int64_t)p->heap->words : 0);
    case ATOM_trap_exit: return boolean_term(x->trap_exit);
    default: return TERM_NONE;
    }
}

bool info_knows(term item)
{
    struct process p = {.waits = NULL};
    struct heap h;
    heap_init(&h);
    bool knows = term_is_atom(item) && item_value(&p, term_atom_index(item), &h, ATOM_running);
    heap_fini(&h);
    return knows;
}

term info_make(struct process *p, term item, struct heap *h, unsigned status)
{
    term v = item_value(p, term_atom_index(item), h, status);
    if (item == term_atom(ATOM_registered_name) && v == TERM_NIL)
        return TERM_NIL; /* and not {registered_name, []}, as in Erlang */
    return info_pair(h, item, v);
}

/* ---- answering ---- */

static parcel answer_info(struct process *p, term item)
{
    struct heap h;
    const struct sched *s = self_sched();
    unsigned status = s && s->current == p ? ATOM_runnable : ATOM_waiting;
    if (p->bound & BOUND_HELD && p->bound != BOUND_GUEST)
        status = ATOM_suspended;
    heap_init(&h);
    parcel answer = parcel_of(info_make(p, item, &h, status));
    heap_fini(&h);
    return answer;
}

static parcel answer_traced(struct process *p)
{
    struct heap h;
    heap_init(&h);
    parcel answer = parcel_of(event_watcher(p, &h));
    heap_fini(&h);
    return answer;
}

static parcel answer_of(struct process *p, const struct signal *signal)
{
    switch ((enum ask)signal->number) {
    case ASK_ALIVE: return term_atom(ATOM_true);
    case ASK_INFO: return answer_info(p, signal->value);
    case ASK_REGISTER: return term_int(p->kind == PROCESS_GUEST ? BL_ENOPROC : name_take(p, signal->value));
    case ASK_UNREGISTER: return term_int(name_give_back(p, signal->value));
    case ASK_TRACE: return term_int(event_order(p, signal->value));
    case ASK_TRACED: return answer_traced(p);
    }
    return 0;
}

static void send_answer(struct signal *signal, parcel value)
{
    signal->value = value;
    if (!signal_send(signal, SIGNAL_ANSWER, signal->from))
        signal_free_with_value(signal);
}

void ask_receive(struct process *p, struct signal *signal)
{
    send_answer(signal, answer_of(p, signal));
}

void ask_drop(enum ask number, uint64_t value)
{
    if (number == ASK_TRACE)
        event_order(NULL, value);
}

void ask_orphaned(struct signal *signal)
{
    ask_drop((enum ask)signal->number, signal->value);
    send_answer(signal, 0);
}

/* ---- what needs no answer ---- */

void leader_receive(struct process *p, struct signal *signal)
{
    if (extra_of(p))
        p->extra->leader = signal->value;
    signal_free(signal);
}
