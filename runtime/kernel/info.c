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
    if (!process_find(record->from))
        return TERM_NIL;
    bool active = suspend_is_active(record);
    term active_count = term_int(active ? record->number : 0), outstanding = term_int(active ? 0 : record->number);
    return tuple_make(h, (term[]){record->from, active_count, outstanding}, 3);
}

/* ---- the heap ---- */

static term max_heap(struct process *p, struct heap *h)
{
    term pairs[] = {term_atom(ATOM_size),         term_int((int64_t)(p->heap ? p->heap->most : processes.most)),
                    term_atom(ATOM_kill),         atom_boolean(!process_is_spared(p)),
                    term_atom(ATOM_error_logger), atom_boolean(false)};
    return map_from(h, pairs, 3);
}

static term min_heap(const struct process *p)
{
    return term_int(p->heap ? (int64_t)p->heap->least : HEAP_COLLECT_LEAST);
}

static term total_heap(const struct process *p)
{
    return term_int((int64_t)((p->heap ? p->heap->words : 0) + process_waiting_words(p)));
}

static term collections(struct process *p, struct heap *h)
{
    uint32_t after = p->extra ? p->extra->fullsweep_after : 65535;
    term list = in_front(h, info_pair(h, term_atom(ATOM_minor_gcs), term_int(p->heap ? p->heap->minors : 0)), TERM_NIL);
    list = in_front(h, info_pair(h, term_atom(ATOM_fullsweep_after), term_int(after)), list);
    list = in_front(h, info_pair(h, term_atom(ATOM_min_heap_size), min_heap(p)), list);
    return in_front(h, info_pair(h, term_atom(ATOM_max_heap_size), max_heap(p, h)), list);
}

/* The blocks of both generations, and what is used of them; and what has survived a collection, but is young. */
static term collection_info(const struct process *p, struct heap *h)
{
    static const struct heap none;
    const struct heap *own = p->heap ? p->heap : &none;
    size_t used = heap_used(own), recent = own->live > own->old_used ? own->live - own->old_used : 0;
    const struct {
        unsigned name;
        size_t words;
    } items[] = {{ATOM_heap_size, used - own->old_used},
                 {ATOM_old_heap_size, own->old_used},
                 {ATOM_stack_size, process_stack_size(p) / sizeof(term)},
                 {ATOM_recent_size, recent},
                 {ATOM_mbuf_size, process_waiting_words(p)},
                 {ATOM_heap_block_size, own->words - own->old_words},
                 {ATOM_old_heap_block_size, own->old_words}};
    term list = TERM_NIL;
    for (unsigned i = 0; i < sizeof items / sizeof *items; i++)
        list = in_front(h, info_pair(h, term_atom(items[i].name), term_int((int64_t)items[i].words)), list);
    return list;
}

static size_t count_records(const struct extra *x)
{
    return x->links.count + x->references.count + x->watchers.count + x->suspends.count;
}

/* Without what is shared with others: large binaries, and reasons. */
static term memory_of(const struct process *p)
{
    size_t bytes = sizeof *p + (p->kind != PROCESS_RESTING ? FRAMES_HOME : 0) + p->frames.room;
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
    return term_atom(atoms[process_rank(p)]);
}

/* In all. What it has done since it was last switched to is known only where it runs. */
static term reductions_of(const struct process *p)
{
    const struct sched *s = self_sched();
    uint64_t before = p->extra ? p->extra->reductions : 0;
    return term_int((int64_t)(before + p->reductions + (s && s->current == p ? sched_reductions(s) : 0)));
}

static const struct extra no_extra;

static term item_value(struct process *p, uint32_t item, struct heap *h, unsigned status)
{
    const struct extra *x = p->extra ? p->extra : &no_extra;
    switch (item) {
    case ATOM_current_function:
        return p->kind == PROCESS_HIBERNATING ? term_atom(ATOM_bl_hibernate) : info_function(p);
    case ATOM_initial_call: return info_function(p);
    case ATOM_dictionary: return info_dictionary(p, h);
    case ATOM_fullsweep_after: return term_int(p->extra ? x->fullsweep_after : 65535);
    case ATOM_garbage_collection: return collections(p, h);
    case ATOM_garbage_collection_info: return collection_info(p, h);
    case ATOM_group_leader: return x->leader ? x->leader : term_pid(0, 0);
    case ATOM_heap_size: return term_int(p->heap ? (int64_t)heap_used(p->heap) : 0);
    case ATOM_label: return x->roots[ROOT_LABEL] ? x->roots[ROOT_LABEL] : term_atom(ATOM_undefined);
    case ATOM_links: return list_records(h, &x->links, of_link);
    case ATOM_max_heap_size: return max_heap(p, h);
    case ATOM_memory: return memory_of(p);
    case ATOM_message_queue_data:
        return term_atom((p->extra ? x->off_heap : processes.off_heap) ? ATOM_off_heap : ATOM_on_heap);
    case ATOM_message_queue_len: return term_int(p->mail.count);
    case ATOM_messages: return info_messages(p, h);
    case ATOM_min_heap_size: return min_heap(p);
    case ATOM_monitored_by: return list_records(h, &x->watchers, of_watcher);
    case ATOM_monitors: return list_records(h, &x->references, of_monitor);
    case ATOM_parent: return p->parent ? p->parent : term_atom(ATOM_undefined);
    case ATOM_priority: return priority_atom(p);
    case ATOM_registered_name: return x->name ? x->name : TERM_NIL;
    case ATOM_sensitive: return atom_boolean(x->sensitive);
    case ATOM_reductions: return reductions_of(p);
    case ATOM_stack_size: return term_int((int64_t)(process_stack_size(p) / sizeof(term)));
    case ATOM_status: return term_atom(status);
    case ATOM_suspending: return list_records(h, &x->suspends, of_suspended);
    case ATOM_total_heap_size: return total_heap(p);
    case ATOM_trap_exit: return atom_boolean(x->trap_exit);
    default: return TERM_NONE;
    }
}

/* {dictionary, Key} */
static bool is_key_item(term item)
{
    return term_is_tuple(item) && box_size(item) == 2 && box_payload(item)[0] == term_atom(ATOM_dictionary);
}

static bool knows_item(term item)
{
    struct process p = {.waits = NULL};
    struct heap h;
    heap_init(&h);
    bool knows = term_is_atom(item) && item_value(&p, term_atom_index(item), &h, ATOM_running);
    heap_fini(&h);
    return knows || is_key_item(item);
}

bool info_knows(term items)
{
    if (!term_is_list(items))
        return knows_item(items);
    for (; term_is_cell(items); items = cell_tail(items))
        if (!knows_item(cell_head(items)))
            return false;
    return items == TERM_NIL;
}

static term entry_of_dictionary(const struct process *p, term key)
{
    term map = p->extra ? p->extra->roots[ROOT_DICTIONARY] : TERM_NONE, value = TERM_NONE;
    enum order order = map ? map_get(map, key, &value) : ORDER_LESS;
    if (order == ORDER_NO_MEMORY)
        return TERM_NONE;
    return order == ORDER_SAME ? value : term_atom(ATOM_undefined);
}

static term pair_of(struct process *p, term item, struct heap *h, unsigned status)
{
    if (is_key_item(item))
        return info_pair(h, item, entry_of_dictionary(p, box_payload(item)[1]));
    return info_pair(h, item, item_value(p, term_atom_index(item), h, status));
}

static term pairs_of(struct process *p, term items, struct heap *h, unsigned status)
{
    term list = TERM_NIL, *end = &list;
    for (; items != TERM_NIL; items = cell_tail(items)) {
        term pair = pair_of(p, cell_head(items), h, status), cell = in_front(h, pair, TERM_NIL);
        if (!cell)
            return TERM_NONE;
        *end = cell;
        end = term_pointer(cell) + 1;
    }
    return list;
}

term info_make(struct process *p, term items, struct heap *h, unsigned status)
{
    if (items == TERM_NIL || term_is_cell(items))
        return pairs_of(p, items, h, status);
    if (items == term_atom(ATOM_registered_name) && !(p->extra && p->extra->name))
        return TERM_NIL; /* and not {registered_name, []}, as in Erlang */
    return pair_of(p, items, h, status);
}

/* ---- answering ---- */

static parcel answer_info(struct process *p, term items)
{
    struct heap h;
    const struct sched *s = self_sched();
    unsigned status = s && s->current == p ? ATOM_runnable : ATOM_waiting;
    if (p->bound & BOUND_HELD)
        status = ATOM_suspended;
    heap_init(&h);
    parcel answer = parcel_of(info_make(p, items, &h, status));
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
    case ASK_INFO: return answer_info(p, parcel_term(signal->value));
    case ASK_REGISTER: return term_int(p->kind == PROCESS_GUEST ? BL_ENOPROC : name_take(p, signal->value));
    case ASK_UNREGISTER: return term_int(name_give_back(p, signal->value));
    case ASK_TRACE: return term_int(event_order(p, signal->value));
    case ASK_TRACED: return answer_traced(p);
    }
    return 0;
}

/* What was asked is not needed any more. */
static void send_answer(struct signal *signal, parcel value)
{
    signal->value = value;
    if (!signal_send(signal, SIGNAL_ANSWER, signal->from))
        signal_free_with_value(signal);
}

void ask_receive(struct process *p, struct signal *signal)
{
    parcel answer = answer_of(p, signal);
    if (signal->number != ASK_TRACE) /* that has been met */
        ask_drop((enum ask)signal->number, signal->value);
    send_answer(signal, answer);
}

void ask_drop(enum ask number, uint64_t value)
{
    if (number == ASK_TRACE)
        event_order(NULL, value);
    else
        parcel_release(value);
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
