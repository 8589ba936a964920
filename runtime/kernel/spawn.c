/* spawn.c - birth, and death.
 *
 * A birth is two cache lines written and one entry in a run queue; nothing else is
 * allocated. A lane is chosen when the process first runs, a block for its frames when
 * it leaves its lane with more than its home holds, memory for messages when somebody
 * sends some.
 *
 * What is left to do at a death is in kernel/leave. */
#include "kernel/spawn.h"

#include "data/atom.h"
#include "data/copy.h"
#include "kernel/garbage.h"
#include "kernel/leave.h"
#include "kernel/link.h"
#include "kernel/monitor.h"
#include "kernel/outbox.h"
#include "kernel/receive.h"
#include "kernel/reception.h"

static struct process *slot_take(struct sched *s)
{
    return s ? pool_take_ahead(&processes.pool, &s->slots) : pool_take_shared(&processes.pool);
}

static void slot_give(struct sched *s, struct process *p)
{
    if (s)
        pool_give_ahead(&processes.pool, &s->slots, &s->slots_ahead, p);
    else
        pool_give_shared(&processes.pool, p);
}

/* Fill a free slot. Its generation was advanced when it was freed; 0 is a new slot's. */
static uint32_t slot_init(struct process *p, enum process_kind kind, union process_entry entry, term arg)
{
    uint32_t generation = process_generation(p);
    if (UNLIKELY(!generation))
        atomic_store_explicit(&p->generation, generation = 1, memory_order_relaxed);
    p->kind = (uint8_t)kind;
    p->bound = kind == PROCESS_GUEST ? (uint16_t)BOUND_GUEST : (uint16_t)BOUND_NOWHERE;
    p->lane = NULL;
    p->entry = entry;
    p->arg = arg;
    p->waits = NULL;
    p->extra = NULL;
    p->ctx = (struct ctx){0};
    p->frames = (struct frames){0};
    p->reductions = 0;
    p->mail = (struct msgq){0};
    p->heap = NULL;
    process_clear_doomed(p);
    return generation;
}

/* p gets its argument as a copy on its own heap. False: no memory. */
static bool give_argument(struct process *p)
{
    struct heap *h = process_heap(p);
    p->arg = h ? copy_to(h, p->arg) : TERM_NONE;
    return p->arg;
}

const bl_spawn_options spawn_plain;

/* A heap of the sizes that were asked for. False: no memory. */
static bool size_heap(struct process *p, const bl_spawn_options *options)
{
    struct heap *h = process_heap(p);
    if (!h)
        return false;
    size_t least = options->min_heap_size < SIZE_MAX / 4 ? options->min_heap_size : SIZE_MAX / 4;
    heap_limit(h, least, options->max_heap_size ? options->max_heap_size : processes.most);
    return true;
}

/* The flags that are not the default ones. False: no memory. */
static bool set_flags(struct process *p, const bl_spawn_options *options)
{
    bool data = options->message_queue_off_heap || options->message_queue_on_heap;
    bool limit = options->max_heap_size || options->max_heap_spares;
    bool spared = limit ? options->max_heap_spares : processes.spares;
    if (spared == processes.spares && !data && !options->fullsweep_after)
        return true;
    struct extra *x = extra_of(p);
    if (!x)
        return false;
    x->spared = spared;
    if (data)
        x->off_heap = options->message_queue_off_heap;
    if (options->fullsweep_after)
        x->fullsweep_after = options->fullsweep_after;
    return true;
}

/* The link and the monitor of its parent, who runs, exist before it can run. */
static bool bring_up(struct sched *s, struct process *p, const bl_spawn_options *options)
{
    if (options->link && link_at_birth(s->current, p, options->link_priority))
        return false;
    if (!options->monitor)
        return true;
    parcel tag = options->monitor_tag.word ? parcel_make(options->monitor_tag.word) : 0;
    if (options->monitor_tag.word && !tag)
        return false;
    term reference = monitor_at_birth(s, p, monitor_flags(options->monitor_options), tag);
    if (options->reference)
        *options->reference = term_give(reference);
    return reference;
}

/* It belongs to the group of its parent. False: no memory. */
static bool inherit(struct sched *s, struct process *p)
{
    const struct extra *x = s->current->extra;
    if (!x->leader)
        return true;
    if (!extra_of(p))
        return false;
    p->extra->leader = x->leader;
    return true;
}

/* What was asked for. False: no memory. */
static COLD bool equip_specially(struct sched *s, struct process *p, const bl_spawn_options *options)
{
    p->bound = (uint16_t)options->scheduler;
    process_set_rank(p, (enum process_rank)options->priority);
    if ((options->min_heap_size || options->max_heap_size) && !size_heap(p, options))
        return false;
    return set_flags(p, options) && bring_up(s, p, options);
}

/* What it needs from the start, besides its slot. False: no memory. */
static inline bool equip(struct sched *s, struct process *p, const bl_spawn_options *options)
{
    if (s && UNLIKELY(s->current->extra != NULL) && !inherit(s, p))
        return false;
    if (UNLIKELY(options != &spawn_plain) && !equip_specially(s, p, options))
        return false;
    return !term_is_pointer(p->arg) || give_argument(p);
}

/* It was never born. */
static COLD void discard(struct sched *s, struct process *p)
{
    if (s)
        link_forget(s->current, process_pid(p));
    process_heap_drop(p);
    extra_forget(p);
    slot_give(s, p);
}

/* sched_ready_slow(p, READY_IN_TURN), without what cannot matter to who is new, unless it is to run elsewhere, or nobody
 * is to run here: to the end of our own queue. */
static inline void begin_in_turn(struct sched *s, struct process *p)
{
    if (UNLIKELY(!s || p->bound || !sched_is_online(s))) {
        sched_ready_slow(p, READY_IN_TURN);
        return;
    }
    sched_lock(s);
    sched_enqueue_plain(s, p);
    sched_unlock(s);
    if (UNLIKELY(sched_nobody_looks()))
        sched_surplus();
}

term process_spawn(enum process_kind kind, union process_entry entry, term arg, const bl_spawn_options *options,
                   bl_error *error)
{
    struct sched *s = self_sched();
    if (s)
        outbox_flush(s);
    struct process *p = slot_take(s);
    if (UNLIKELY(!p)) {
        *error = BL_ELIMIT;
        return TERM_NONE;
    }
    uint32_t generation = slot_init(p, kind, entry, arg);
    p->parent = s ? process_pid(s->current) : TERM_NONE;
    if (UNLIKELY(!equip(s, p, options))) {
        discard(s, p);
        *error = BL_ENOMEM;
        return TERM_NONE;
    }
    if (events_are_wanted())
        event_born(s ? s->current : NULL, p, options->link);
    inbox_open(&p->inbox, generation, kind == PROCESS_RESTING);
    term pid = process_pid(p);
    if (s)
        sched_count(&s->spawned);
    else
        atomic_fetch_add_explicit(&runtime.spawned_outside, 1, memory_order_relaxed);
    if (kind == PROCESS_STRAIGHT)
        begin_in_turn(s, p);
    return pid;
}

struct process *process_adopt(struct guest *guest)
{
    struct process *p = slot_take(NULL);
    if (p) {
        uint32_t generation = slot_init(p, PROCESS_GUEST, (union process_entry){0}, (term)(uintptr_t)guest);
        p->parent = TERM_NONE;
        inbox_open(&p->inbox, generation, false);
    }
    return p;
}

/* All at once: nobody is linked to a thread, in earnest. */
void process_release(struct process *p)
{
    if (p->extra)
        leave_begin(p, term_atom(ATOM_normal));
    if (p->extra || !leave_at_once(p, term_atom(ATOM_normal)))
        while (!leave_slice(p))
            ;
    slot_give(NULL, p);
}

/* It has told everybody. */
static void gone(struct sched *s, struct process *p)
{
    sched_count(&s->ended);
    slot_give(s, p);
}

/* A slice of its last duties; to the end of the queue, if there are more. */
static void go_on_leaving(struct sched *s, struct process *p)
{
    if (leave_slice(p))
        gone(s, p);
    else
        sched_ready_slow(p, READY_IN_TURN);
}

static void leave_on(uint64_t unused)
{
    (void)unused;
    struct sched *s = self_sched();
    struct process *p = s->current;
    s->current = NULL;
    process_unbind(p);
    ctx_fini(&p->ctx);
    go_on_leaving(s, p);
}

/* A reason on p's own heap must be told after that is gone. */
static parcel pack(uint64_t reason)
{
    parcel packed = parcel_of(reason);
    return packed ? packed : term_atom(ATOM_no_memory);
}

static void end_at_once(struct sched *s, struct process *p, parcel reason)
{
    if (LIKELY(leave_at_once(p, reason)))
        gone(s, p);
    else
        sched_ready_slow(p, READY_IN_TURN);
}

static COLD void end_slowly(struct sched *s, struct process *p, uint64_t word)
{
    parcel reason = pack(word);
    if (p->extra) {
        leave_begin(p, reason);
        go_on_leaving(s, p);
        return;
    }
    end_at_once(s, p, reason);
    parcel_release(reason);
}

static COLD void tell_end(struct process *p, uint64_t word)
{
    event(p, EVENT_EXIT, parcel_term(word), TERM_NONE);
    event(p, EVENT_OUT_EXITED, TERM_NONE, TERM_NONE);
}

void process_end(struct process *p, uint64_t word)
{
    struct sched *s = self_sched();
    outbox_flush(s);
    if (events_are_wanted())
        tell_end(p, word);
    s->current = NULL;
    process_unbind(p);
    ctx_fini(&p->ctx);
    if (p->frames.block)
        frames_drop(&p->frames);
    if (UNLIKELY(p->extra != NULL) || UNLIKELY(!parcel_is_word(word))) {
        end_slowly(s, p, word);
        return;
    }
    end_at_once(s, p, word);
}

void process_end_self(uint64_t reason)
{
    process_end(self_sched()->current, reason);
    sched_abandon_self(self_sched());
}

/* What is left of the stack may not be enough to die on: that is done at the lane's foot. */
void process_overflowed(void)
{
    struct sched *s = self_sched();
    process_set_doomed(s->current, ATOM_stack_overflow);
    sched_abandon_self(s);
}

static void start_doomed(uint64_t unused)
{
    (void)unused;
    process_end_doomed();
}

/* Its function has returned, or it was cut off: not doomed is 0, ATOM_normal. */
static inline void process_end_returned(struct process *p)
{
    process_end(p, LIKELY(!process_doomed(p)) ? term_atom(ATOM_normal) : term_atom(process_doomed(p)));
}

/* It was sent more than messages and questions after its end before it could run. (Its end
 * answers those as well.) */
static inline bool was_sent_signals(const struct process *p)
{
    /* acquire: as in inbox_take(); what is in there is the owner's to read. */
    const struct message *m = inbox_list(atomic_load_explicit(&p->inbox.word, memory_order_acquire));
    for (; UNLIKELY(m != NULL); m = m->next)
        if (message_is_signal(m) && signal_kind((const struct signal *)m) != SIGNAL_WAIT)
            return true;
    return false;
}

static void start_after_signals(uint64_t arg)
{
    struct process *p = self_sched()->current;
    message_take_all(self_sched());
    p->entry.function(term_give(arg));
}

/* What the lane's foot is to call for p. */
static struct lane_call start(struct process *p)
{
    event(p, EVENT_IN, TERM_NONE, TERM_NONE);
    if (UNLIKELY(process_doomed(p)))
        return (struct lane_call){.function = start_doomed};
    if (UNLIKELY(p->kind == PROCESS_LEAVING))
        return (struct lane_call){.function = leave_on};
    if (p->kind == PROCESS_RESTING)
        return (struct lane_call){.function = process_activate};
    if (UNLIKELY(p->kind == PROCESS_HIBERNATING))
        return (struct lane_call){.function = process_rouse};
    /* A bl_term is one word in the register of a word: see the lane loop. */
    term arg = p->arg;
    p->arg = TERM_NONE; /* its stack says from now on whether it still needs it */
    if (UNLIKELY(was_sent_signals(p)))
        return (struct lane_call){.function = start_after_signals, .arg = arg};
    return (struct lane_call){.function = (void (*)(uint64_t))(void (*)(void))p->entry.function, .arg = arg};
}

/* The loop at a lane's foot asks what to call next: on a fresh lane, and whenever the
 * function it called last has returned. */
struct lane_call lane_next(void)
{
    struct sched *s = self_sched();
    if (s->fresh) {
        s->fresh = false;
        ctx_arrived();
    } else {
        if (s->current)
            process_end_returned(s->current);
        sched_next_here(s);
    }
    return start(s->current);
}
