/* spawn.c - birth, and death.
 *
 * A birth is two cache lines written and one entry in a run queue; nothing else is
 * allocated. A lane is chosen when the process first runs, a block for its frames when
 * it first has to leave its lane, memory for messages when somebody sends some.
 *
 * A death closes the inbox with one exchange: from then on a send finds another
 * generation or CLOSED and does nothing. What the exchange returns had been delivered
 * and is given its due. */
#include "kernel/spawn.h"

#include "data/atom.h"
#include "data/copy.h"
#include "kernel/garbage.h"
#include "kernel/receive.h"
#include "kernel/signal.h"

static struct process *slot_take(struct sched *s)
{
    return s ? pool_take(&processes.pool, &s->slots) : pool_take_shared(&processes.pool);
}

static void slot_give(struct sched *s, struct process *p)
{
    if (s)
        pool_give(&processes.pool, &s->slots, p);
    else
        pool_give_shared(&processes.pool, p);
}

static uint32_t generation_after(uint32_t generation)
{
    return generation >= UINT32_MAX - 1 ? 1 : generation + 1;
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
    p->ended = p->waiting = NULL;
    p->ctx = (struct ctx){0};
    p->frames = (struct frames){0};
    p->mail = (struct msgq){0};
    p->heap = NULL;
    p->doomed = 0;
    return generation;
}

/* p gets its argument as a copy on its own heap. False: no memory. */
static bool give_argument(struct process *p)
{
    struct heap *h = process_heap(p);
    p->arg = h ? copy_to(h, p->arg) : TERM_NONE;
    return p->arg;
}

/* A heap of the sizes that were asked for. False: no memory. */
static bool size_heap(struct process *p, const bl_spawn_options *options)
{
    struct heap *h = process_heap(p);
    if (!h)
        return false;
    size_t least = options->min_heap_size < SIZE_MAX / 4 ? options->min_heap_size : SIZE_MAX / 4;
    heap_limit(h, least, options->max_heap_size);
    return true;
}

/* What it needs from the start, besides its slot. False: no memory. */
static bool equip(struct process *p, const bl_spawn_options *options)
{
    if (UNLIKELY(options->min_heap_size || options->max_heap_size) && !size_heap(p, options))
        return false;
    return !term_is_pointer(p->arg) || give_argument(p);
}

term process_spawn(enum process_kind kind, union process_entry entry, term arg, const bl_spawn_options *options,
                   bl_error *error)
{
    struct sched *s = self_sched();
    struct process *p = slot_take(s);
    if (UNLIKELY(!p)) {
        *error = BL_ELIMIT;
        return TERM_NONE;
    }
    uint32_t generation = slot_init(p, kind, entry, arg);
    p->bound = (uint16_t)options->scheduler;
    if (UNLIKELY(!equip(p, options))) {
        process_heap_drop(p);
        slot_give(s, p);
        *error = BL_ENOMEM;
        return TERM_NONE;
    }
    inbox_open(&p->inbox, generation, kind == PROCESS_RESTING);
    term pid = process_pid(p);
    if (s)
        sched_count(&s->spawned);
    else
        atomic_fetch_add_explicit(&runtime.spawned_outside, 1, memory_order_relaxed);
    if (kind == PROCESS_STRAIGHT)
        sched_ready(s, p, READY_IN_TURN);
    return pid;
}

struct process *process_adopt(struct guest *guest)
{
    struct process *p = slot_take(NULL);
    if (p) {
        uint32_t generation = slot_init(p, PROCESS_GUEST, (union process_entry){0}, (term)(uintptr_t)guest);
        inbox_open(&p->inbox, generation, false);
    }
    return p;
}

/* What p never received, newest first from its inbox: messages are freed, signals returned,
 * the oldest first. */
static struct message *free_messages_of(struct process *p, struct message *newest)
{
    struct message *signals = NULL;
    while (newest) {
        struct message *m = newest;
        newest = m->next;
        if (message_is_signal(m)) {
            m->next = signals;
            signals = m;
        } else {
            message_free(m);
        }
    }
    for (struct message *m; (m = msgq_pop(&p->mail));)
        message_free(m);
    return signals;
}

/* Close the inbox and give back what is in it. `reason`: for who waits. */
static void mailbox_close(struct process *p, term reason)
{
    term ended = process_pid(p);
    uint32_t next = generation_after(process_generation(p));
    /* release: whoever finds the process dead sees what it did; pairs with process_find().
     * Whoever still reads the old number is turned away by the inbox. */
    atomic_store_explicit(&p->generation, next, memory_order_release);
    struct message *signals = free_messages_of(p, inbox_close(&p->inbox, next));
    while (signals) { /* oldest first; and last of all, since the runtime may stop while we answer */
        struct message *m = signals;
        signals = m->next;
        signal_orphaned(p, (struct signal *)m, ended, reason);
    }
    if (p->ended)
        signal_free(p->ended);
    if (p->waiting)
        signal_answer_waiters(p, ended, reason);
}

void process_release(struct process *p)
{
    mailbox_close(p, term_atom(ATOM_normal));
    slot_give(NULL, p);
}

void process_end(struct process *p, term reason)
{
    struct sched *s = self_sched();
    s->current = NULL;
    process_unbind(p);
    mailbox_close(p, reason);
    process_heap_drop(p);
    if (p->frames.bytes)
        frames_drop(&p->frames);
    ctx_fini(&p->ctx);
    sched_count(&s->ended);
    slot_give(s, p);
}

void process_end_self(term reason)
{
    process_end(self_sched()->current, reason);
    sched_abandon_self(self_sched());
}

/* What is left of the stack may not be enough to die on: that is done at the lane's foot. */
void process_overflowed(void)
{
    struct sched *s = self_sched();
    s->current->doomed = ATOM_stack_overflow;
    sched_abandon_self(s);
}

static void start_doomed(uint64_t reason)
{
    process_end_self(term_atom((uint32_t)reason));
}

/* What the lane's foot is to call for p. */
static struct lane_call start(struct process *p)
{
    if (UNLIKELY(p->doomed))
        return (struct lane_call){.function = start_doomed, .arg = p->doomed};
    if (p->kind == PROCESS_RESTING)
        return (struct lane_call){.function = process_activate};
    if (UNLIKELY(p->kind == PROCESS_HIBERNATING))
        return (struct lane_call){.function = process_rouse};
    /* A bl_term is one word in the register of a word: see the lane loop. */
    term arg = p->arg;
    p->arg = TERM_NONE; /* its stack says from now on whether it still needs it */
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
            /* Its function has returned, or it was cut off: not doomed is 0, ATOM_normal. */
            process_end(s->current, term_atom(s->current->doomed));
        sched_next_here(s);
    }
    return start(s->current);
}
