/* processes.c - the public functions of beamling/processes.h: each checks who calls and
 * with what, takes in what has come (so that signals take effect in their order), and
 * hands over to the kernel. */
#include "beamling/beamling.h"

#include "api/call.h"
#include "base/memory.h"
#include "data/atom.h"
#include "data/box.h"
#include "data/copy.h"
#include "data/map.h"
#include "data/mapnode.h"
#include "kernel/alarm.h"
#include "kernel/catch.h"
#include "kernel/garbage.h"
#include "kernel/info.h"
#include "kernel/link.h"
#include "kernel/monitor.h"
#include "kernel/name.h"
#include "kernel/receive.h"
#include "kernel/reception.h"
#include "kernel/select.h"
#include "kernel/spawn.h"
#include "kernel/suspend.h"
#include "kernel/sweep.h"
#include "kernel/wait.h"

static const uint64_t ms_in_ns = 1000 * 1000;

/* ---- exits ---- */

static void exit_to_self(struct sched *s, term reason)
{
    parcel packed = parcel_make(reason);
    exit_receive(s->current, process_pid(s->current), packed ? packed : term_atom(ATOM_no_memory), false, false);
    if (s->current->doomed)
        process_end_doomed();
}

bl_error bl_exit_signal(bl_pid to, bl_term reason)
{
    struct sched *s = enter();
    if (!reason.word || !term_is_pid(to.word))
        return BL_EINVAL;
    if (!s)
        return exit_send(term_pid(0, 0), to.word, reason.word);
    if (to.word == process_pid(s->current))
        exit_to_self(s, reason.word);
    else
        return done(exit_send(process_pid(s->current), to.word, reason.word));
    return BL_OK;
}

/* {reason, []} */
static term with_stack(struct sched *s, term reason)
{
    struct heap *h = process_heap(s->current);
    term t = h ? tuple_make(h, (term[]){reason, TERM_NIL}, 2) : TERM_NONE;
    return t ? t : term_atom(ATOM_no_memory);
}

static struct sched *must_be_process(const char *function)
{
    struct sched *s = self_sched();
    if (!s)
        panic("%s() outside a process: there is nobody to end", function);
    sched_check_stack(s);
    return s;
}

void bl_error_exit(bl_term reason)
{
    catch_error(must_be_process("bl_error_exit"), reason.word);
}

void bl_throw(bl_term value)
{
    struct sched *s = must_be_process("bl_throw");
    catch_leave(s->current, BL_CAUGHT_THROW, value.word);
    struct heap *h = process_heap(s->current);
    term nocatch = h ? tuple_make(h, (term[]){term_atom(ATOM_nocatch), value.word}, 2) : TERM_NONE;
    process_end_self(nocatch ? with_stack(s, nocatch) : term_atom(ATOM_no_memory));
}

bl_caught bl_catch(bl_term (*function)(bl_term), bl_term arg, bl_term *result)
{
    struct sched *s = enter();
    if (!s || !function)
        return BL_CAUGHT_NO_MEMORY;
    term value = TERM_NONE;
    bl_caught how = catch_call(s->current, function, arg.word, &value);
    if (result)
        *result = term_give(value);
    return how;
}

/* ---- links ---- */

bl_error bl_link_opt(bl_pid to, unsigned options)
{
    struct sched *s = enter();
    if (!s)
        return BL_ECONTEXT;
    if (!term_is_pid(to.word) || (options & ~(unsigned)BL_PRIORITY_MESSAGE))
        return BL_EINVAL;
    return done(link_self(s->current, to.word, options & BL_PRIORITY_MESSAGE));
}

bl_error bl_link(bl_pid to)
{
    return bl_link_opt(to, 0);
}

bl_error bl_unlink(bl_pid to)
{
    struct sched *s = enter();
    if (!s)
        return BL_ECONTEXT;
    return term_is_pid(to.word) ? done(unlink_self(s->current, to.word)) : BL_EINVAL;
}

/* ---- monitors and aliases ---- */

enum { ALIAS_MODES = BL_ALIAS_UNALIAS | BL_ALIAS_DEMONITOR | BL_ALIAS_REPLY };

bl_term bl_monitor_opt(bl_term of, unsigned options, bl_term tag)
{
    struct sched *s = enter();
    bool by_name = term_is_atom(of.word);
    if (!s || (!by_name && !term_is_pid(of.word)) || options > MONITOR_OPTIONS)
        return term_give(TERM_NONE);
    parcel packed = tag.word ? parcel_make(tag.word) : 0;
    if (tag.word && !packed)
        return term_give(TERM_NONE);
    term to = by_name ? name_find(of.word) : of.word, name = by_name ? of.word : TERM_NONE;
    return done_term(monitor_self(s, to, name, monitor_flags(options), packed));
}

bl_term bl_monitor(bl_pid of)
{
    return bl_monitor_opt(bl_from_pid(of), 0, term_give(TERM_NONE));
}

bl_term bl_monitor_name(bl_term name)
{
    return bl_is_atom(name) ? bl_monitor_opt(name, 0, term_give(TERM_NONE)) : term_give(TERM_NONE);
}

bl_error bl_demonitor(bl_term reference, bool flush, bool *was)
{
    bool ignored;
    struct sched *s = enter();
    if (!was)
        was = &ignored;
    *was = false;
    if (!s)
        return BL_ECONTEXT;
    if (!term_is_reference(reference.word))
        return BL_EINVAL;
    bl_error error = monitor_end_self(s->current, reference.word, was);
    if (!error && flush && !*was)
        select_drop(s->current, message_may_be_down, reference.word);
    select_unmark(s->current, reference.word);
    return done(error);
}

bl_term bl_alias(unsigned options)
{
    struct sched *s = enter();
    if (!s || options > MONITOR_OPTIONS || (options & BL_ALIAS_DEMONITOR))
        return term_give(TERM_NONE);
    return done_term(alias_self(s, monitor_flags(options)));
}

bool bl_unalias(bl_term alias)
{
    struct sched *s = enter();
    return s && term_is_reference(alias.word) && alias_end_self(s->current, alias.word);
}

/* ---- sending ---- */

static bl_error send_alias(term alias, term message, bool priority)
{
    struct sched *s = self_sched();
    if (s)
        sched_check_stack(s);
    if (events_are_wanted() && s)
        event(s->current, EVENT_SEND, message, alias);
    struct message *m = message_make(s, message);
    if (!m)
        return BL_ENOMEM;
    bl_error error = alias_send(s, alias, m, priority);
    if (error)
        message_free(m);
    return done(error);
}

static bl_error send_named(term pid, term name, term message)
{
    struct sched *s = self_sched();
    if (!s)
        return message_send_outside(pid, message);
    sched_check_stack(s);
    if (events_are_wanted())
        tell_sent(s, pid, name, message);
    return done(message_send(s, pid, message));
}

/* What was said is told, though nobody hears it. */
static bl_error send_unnamed(term name, term message)
{
    struct sched *s = self_sched();
    if (s)
        event(s->current, EVENT_SEND, message, name);
    return BL_ENAME;
}

bl_error bl_send_to(bl_term to, bl_term message)
{
    if (term_is_pid(to.word))
        return bl_send((bl_pid){to.word}, message);
    if (!message.word)
        return BL_EINVAL;
    if (term_is_atom(to.word)) {
        term pid = name_find(to.word);
        return pid ? send_named(pid, to.word, message.word) : send_unnamed(to.word, message.word);
    }
    if (!term_is_reference(to.word))
        return BL_EINVAL;
    return reference_is_alias(to.word) ? send_alias(to.word, message.word, false) : BL_OK;
}

bl_error bl_send_priority(bl_term alias, bl_term message)
{
    if (!message.word || !term_is_reference(alias.word))
        return BL_EINVAL;
    return reference_is_alias(alias.word) ? send_alias(alias.word, message.word, true) : BL_OK;
}

/* ---- names ---- */

bl_error bl_register(bl_term name, bl_pid pid)
{
    struct sched *s = enter();
    if (!term_is_atom(name.word) || !term_is_pid(pid.word))
        return BL_EINVAL;
    if (name.word == term_atom(ATOM_undefined) || name_find(name.word))
        return BL_ENAME;
    if (s && pid.word == process_pid(s->current))
        return done(name_take(s->current, name.word));
    return ask_for_error(pid.word, ASK_REGISTER, name.word);
}

bl_error bl_unregister(bl_term name)
{
    struct sched *s = enter();
    if (!term_is_atom(name.word))
        return BL_EINVAL;
    term pid = name_find(name.word);
    if (!pid)
        return BL_ENAME;
    if (s && pid == process_pid(s->current))
        return done(name_give_back(s->current, name.word));
    bl_error error = ask_for_error(pid, ASK_UNREGISTER, name.word);
    return error == BL_ENOPROC ? BL_ENAME : error;
}

bl_pid bl_whereis(bl_term name)
{
    return (bl_pid){name_find(name.word)};
}

bl_term bl_registered(void)
{
    enter();
    struct heap *h = garbage_heap();
    term list = h ? TERM_NIL : TERM_NONE, pid;
    for (uint32_t i = 0; list && runtime.count && name_next(&i, &pid); i++)
        list = cell_make(h, term_atom(i), list);
    return term_give(list);
}

/* ---- flags ---- */

static term boolean_atom(bool b)
{
    return term_atom(b ? ATOM_true : ATOM_false);
}

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
    return boolean_atom(old);
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
    return bl_process_flag(term_give(term_atom(ATOM_trap_exit)), term_give(boolean_atom(trap))).word == boolean_atom(true);
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

static void watch_alarms(bl_term unused)
{
    (void)unused;
    alarm_watch(self_sched());
}

/* A thread's timer is one of a scheduler's, who may be asleep: a process wakes it. */
static term set_alarm_outside(uint64_t now_ns, uint64_t deadline_ns, term to, term message, bool wraps)
{
    if (!runtime.count)
        return TERM_NONE;
    unsigned home = atomic_fetch_add_explicit(&runtime.next_home, 1, memory_order_relaxed) % runtime.count;
    term reference = alarm_set(runtime.scheds[home], now_ns, deadline_ns, to, message, wraps);
    if (!reference || !bl_pid_error(bl_spawn_on(home + 1, watch_alarms, bl_int(0))))
        return reference;
    alarm_cancel(NULL, reference);
    return TERM_NONE;
}

static bl_term set_alarm(uint64_t milliseconds, bool absolute, bl_term to, bl_term message, bool wraps)
{
    struct sched *s = enter();
    uint64_t now = os_now_ns(), from = absolute ? 0 : now;
    if (!message.word || (!term_is_pid(to.word) && !term_is_atom(to.word)) ||
        milliseconds > UINT64_MAX / ms_in_ns / 2 || from + milliseconds * ms_in_ns > now + ALARM_LATEST_MS * ms_in_ns)
        return term_give(TERM_NONE);
    uint64_t deadline_ns = from + milliseconds * ms_in_ns;
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
    term ms = left < 0 ? boolean_atom(false) : term_int(left);
    signal_post(s->current, (term[]){term_atom(what), timer.word, ms}, 3, false);
    if (s->current->doomed)
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

/* ---- spawning ---- */

bl_pid bl_spawn_link(bl_function *function, bl_term arg)
{
    const bl_spawn_options options = {.link = true};
    return bl_spawn_opt(function, arg, &options);
}

bl_pid bl_spawn_monitor(bl_function *function, bl_term arg, bl_term *reference)
{
    const bl_spawn_options options = {.monitor = true, .reference = reference};
    return bl_spawn_opt(function, arg, &options);
}

/* The reply comes first of all: nothing that the child does can be received before we
 * take it in, and we do that later. */
static term why_not_spawned(bl_error error)
{
    switch (error) {
    case BL_ELIMIT: return term_atom(ATOM_system_limit);
    case BL_ENOMEM: return term_atom(ATOM_no_memory);
    default: return term_atom(ATOM_badopt);
    }
}

static bool reply_is_wanted(unsigned reply, bl_error error)
{
    switch (reply) {
    case BL_REPLY_NO: return false;
    case BL_REPLY_ERROR_ONLY: return error;
    case BL_REPLY_SUCCESS_ONLY: return !error;
    default: return true;
    }
}

bl_term bl_spawn_request(bl_function *function, bl_term arg, const bl_spawn_options *options, bl_term tag)
{
    struct sched *s = enter();
    bl_term reference = {0};
    bl_spawn_options o = options ? *options : (bl_spawn_options){0};
    if (!s || !function)
        return reference;
    o.reference = &reference;
    if (s->reductions < 2) {
        s->current->reductions += 2 - (uint32_t)s->reductions; /* those that are given back below */
        s->reductions = 2; /* no giving way before the reply is there */
    }
    bl_pid pid = bl_spawn_opt(function, arg, &o);
    bl_error error = bl_pid_error(pid);
    s = self_sched();
    if (!reference.word)
        reference = term_give(term_reference(reference_number(s)));
    term reply[4] = {tag.word ? tag.word : term_atom(ATOM_spawn_reply), reference.word,
                     term_atom(error ? ATOM_error : ATOM_ok), error ? why_not_spawned(error) : pid.word};
    if (reply_is_wanted(o.reply, error))
        signal_post(s->current, reply, 4, false);
    if (s->current->doomed)
        process_end_doomed();
    done(BL_OK);
    return reference;
}
