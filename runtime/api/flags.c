/* flags.c - the public functions of beamling/processes.h about what a process has to itself:
 * its flags, and its dictionary. */
#include "beamling/beamling.h"

#include "api/call.h"
#include "base/memory.h"
#include "data/atom.h"
#include "data/box.h"
#include "data/map.h"
#include "data/mapnode.h"
#include "kernel/garbage.h"
#include "kernel/info.h"
#include "kernel/receive.h"
#include "kernel/sweep.h"

/* ---- flags ---- */

static bool is_boolean(term t)
{
    return t == term_atom(ATOM_true) || t == term_atom(ATOM_false);
}

static term swap_boolean(bool *flag, term value)
{
    bool old = *flag;
    if (!is_boolean(value))
        return TERM_NONE;
    *flag = value == term_atom(ATOM_true);
    return atom_boolean(old);
}

static const uint8_t priority_atoms[] = {ATOM_normal, ATOM_low, ATOM_high, ATOM_max};

_Static_assert((int)BL_PRIORITY_LOW == RANK_LOW && (int)BL_PRIORITY_HIGH == RANK_HIGH &&
                   (int)BL_PRIORITY_MAX == RANK_MAX, "ranks are numbered as priorities are");

static term swap_priority(struct process *p, term value)
{
    enum process_rank old = process_rank(p);
    for (unsigned i = 0; i < sizeof priority_atoms; i++)
        if (value == term_atom(priority_atoms[i])) {
            sched_set_rank_self(self_sched(), (enum process_rank)i);
            return term_atom(priority_atoms[old]);
        }
    return TERM_NONE;
}

static term swap_scheduler(struct process *p, term value)
{
    unsigned old = p->bound & BOUND_PLACE;
    if (!term_is_int(value) || term_int_value(value) < 0 || term_int_value(value) > runtime.count)
        return TERM_NONE;
    sched_set_place_self(self_sched(), (unsigned)term_int_value(value));
    return term_int(old);
}

static term swap_queue_data(struct extra *x, term value)
{
    term old = term_atom(x->off_heap ? ATOM_off_heap : ATOM_on_heap);
    if (value != term_atom(ATOM_off_heap) && value != term_atom(ATOM_on_heap))
        return TERM_NONE;
    x->off_heap = value == term_atom(ATOM_off_heap);
    return old;
}

static bool is_size(term t, int64_t most)
{
    return term_is_int(t) && term_int_value(t) >= 0 && term_int_value(t) <= most;
}

static term swap_fullsweep(struct extra *x, term value)
{
    term old = term_int(x->fullsweep_after);
    if (!is_size(value, UINT16_MAX))
        return TERM_NONE;
    x->fullsweep_after = (uint32_t)term_int_value(value);
    return old;
}

static term swap_min_heap(struct heap *h, term value)
{
    term old = term_int((int64_t)h->least);
    if (!is_size(value, INT64_MAX / 64) || (h->most && (size_t)term_int_value(value) > h->most))
        return TERM_NONE;
    h->least = (size_t)term_int_value(value);
    if (h->collect_at < h->least)
        h->collect_at = h->least;
    return old;
}

static term entry_of(term map, unsigned key)
{
    term value = TERM_NONE;
    return map_get(map, term_atom(key), &value) == ORDER_SAME ? value : TERM_NONE;
}

/* Is there nothing of this key, or true or false? */
static bool may_say(term map, unsigned key)
{
    term value = term_is_map(map) ? entry_of(map, key) : TERM_NONE;
    return !value || is_boolean(value);
}

/* The last two of these keys have no effect here. */
static bool is_limit(term value)
{
    return may_say(value, ATOM_kill) && may_say(value, ATOM_error_logger) &&
           may_say(value, ATOM_include_shared_binaries);
}

static term swap_max_heap(struct process *p, struct heap *h, term value)
{
    term size = term_is_map(value) ? entry_of(value, ATOM_size) : value;
    term kill = term_is_map(value) ? entry_of(value, ATOM_kill) : TERM_NONE;
    if (!is_size(size, INT64_MAX / 64) || !is_limit(value))
        return TERM_NONE;
    if (term_int_value(size) && (size_t)term_int_value(size) < h->least)
        return TERM_NONE;
    term old = info_make(p, term_atom(ATOM_max_heap_size), h, ATOM_running);
    if (!old)
        return TERM_NONE;
    h->most = (size_t)term_int_value(size);
    if (h->most && h->most < h->collect_at)
        h->collect_at = h->most;
    if (kill)
        p->extra->spared = kill == term_atom(ATOM_false);
    return box_payload(old)[1];
}

static term swap_flag(struct process *p, struct heap *h, term flag, term value)
{
    switch (term_atom_index(flag)) {
    case ATOM_trap_exit: return swap_boolean(&p->extra->trap_exit, value);
    case ATOM_sensitive: return swap_boolean(&p->extra->sensitive, value);
    case ATOM_priority: return swap_priority(p, value);
    case ATOM_scheduler: return swap_scheduler(p, value);
    case ATOM_message_queue_data: return swap_queue_data(p->extra, value);
    case ATOM_fullsweep_after: return swap_fullsweep(p->extra, value);
    case ATOM_min_heap_size: return swap_min_heap(h, value);
    case ATOM_max_heap_size: return swap_max_heap(p, h, value);
    default: return TERM_NONE;
    }
}

bl_term bl_process_flag(bl_term flag, bl_term value)
{
    struct sched *s = enter();
    struct heap *h = s ? garbage_heap() : NULL;
    if (!h || !term_is_atom(flag.word) || !value.word)
        return term_give(TERM_NONE);
    struct process *p = self_sched()->current;
    return term_give(extra_of(p) ? swap_flag(p, h, flag.word, value.word) : TERM_NONE);
}

bool bl_trap_exit(bool trap)
{
    return bl_process_flag(term_give(term_atom(ATOM_trap_exit)), term_give(atom_boolean(trap))).word == atom_boolean(true);
}

/* ---- the process dictionary ---- */

static term own_dictionary(void)
{
    struct sched *s = self_sched();
    term map = s && s->current->extra ? s->current->extra->roots[ROOT_DICTIONARY] : TERM_NONE;
    return map;
}

static term look_up(term map, term key)
{
    term value = TERM_NONE;
    enum order order = map ? map_get(map, key, &value) : ORDER_LESS;
    if (UNLIKELY(order == ORDER_NO_MEMORY))
        process_end_self(term_atom(ATOM_no_memory));
    return order == ORDER_SAME ? value : term_atom(ATOM_undefined);
}

bl_term bl_get(bl_term key)
{
    if (!self_sched() || !key.word)
        return term_give(TERM_NONE);
    sched_check_stack(self_sched());
    return term_give(look_up(own_dictionary(), key.word));
}

/* The heap of the process, which has extra; NULL: no memory, or a thread. */
static struct heap *heap_for_dictionary(void)
{
    struct sched *s = self_sched();
    if (!s)
        return NULL;
    sched_check_stack(s);
    struct heap *h = garbage_heap();
    return h && extra_of(self_sched()->current) ? h : NULL;
}

bl_term bl_put(bl_term key, bl_term value)
{
    struct heap *h = heap_for_dictionary();
    if (!h || !key.word || !value.word)
        return term_give(TERM_NONE);
    term map = own_dictionary(), old = look_up(map, key.word);
    if (!map)
        map = map_empty(h);
    if (map)
        map = map_put(h, map, key.word, value.word);
    if (!map)
        return term_give(TERM_NONE);
    self_sched()->current->extra->roots[ROOT_DICTIONARY] = map;
    return term_give(old);
}

bl_term bl_erase(bl_term key)
{
    struct heap *h = heap_for_dictionary();
    if (!h || !key.word)
        return term_give(TERM_NONE);
    term map = own_dictionary(), old = look_up(map, key.word);
    if (map && !(map = map_remove(h, map, key.word)))
        return term_give(TERM_NONE);
    self_sched()->current->extra->roots[ROOT_DICTIONARY] = map;
    return term_give(old);
}

/* What of a pair is to be in the list; TERM_NONE: nothing. */
typedef term dictionary_part(struct heap *, const term *pair, term value);

static term list_dictionary(dictionary_part *part, term wanted)
{
    struct heap *h = heap_for_dictionary();
    term map = own_dictionary(), list = h ? TERM_NIL : TERM_NONE;
    size_t n = map ? map_size(map) : 0;
    if (!h || !n)
        return list;
    term *pairs = memory_alloc(2 * n * sizeof *pairs);
    if (!pairs)
        return TERM_NONE;
    if (map_sorted(map, pairs) != ORDER_SAME)
        list = TERM_NONE;
    for (size_t i = n; i-- > 0 && list;) {
        term element = part(h, &pairs[2 * i], wanted);
        if (element)
            list = cell_make(h, element, list);
    }
    memory_free(pairs, 2 * n * sizeof *pairs);
    return list;
}

static term whole_pair(struct heap *h, const term *pair, term unused)
{
    (void)unused;
    return tuple_make(h, pair, 2);
}

static term key_only(struct heap *h, const term *pair, term unused)
{
    (void)h;
    (void)unused;
    return pair[0];
}

static term key_of_value(struct heap *h, const term *pair, term value)
{
    (void)h;
    return term_same(pair[1], value) == ORDER_SAME ? pair[0] : TERM_NONE;
}

bl_term bl_get_all(void)
{
    return term_give(list_dictionary(whole_pair, TERM_NONE));
}

bl_term bl_get_keys(void)
{
    return term_give(list_dictionary(key_only, TERM_NONE));
}

bl_term bl_get_keys_of(bl_term value)
{
    return term_give(value.word ? list_dictionary(key_of_value, value.word) : TERM_NONE);
}
