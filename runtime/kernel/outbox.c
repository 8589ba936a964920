/* outbox.c - see outbox.h. */
#include "kernel/outbox.h"

#include "base/memory.h"

/* relaxed: who is born or ends meanwhile makes no difference. */
static uint64_t count_live(void)
{
    uint64_t live = atomic_load_explicit(&runtime.spawned_outside, memory_order_relaxed);
    for (unsigned i = 0; i < runtime.count; i++)
        live += atomic_load_explicit(&runtime.scheds[i]->spawned, memory_order_relaxed) -
                atomic_load_explicit(&runtime.scheds[i]->ended, memory_order_relaxed);
    return live;
}

void outbox_judge(struct outbox *o)
{
    o->worth_while = !o->least || count_live() >= OUTBOX_LIVE;
    o->verdict = OUTBOX_VERDICT;
}

/* Behind all that wait: the usual case of sched_ready_slow(). */
static inline void ready(struct sched *s, struct process *p)
{
    if (UNLIKELY(p->bound || p->lane || !sched_is_online(s))) {
        sched_ready_slow(p, READY_IN_TURN);
        return;
    }
    sched_lock(s);
    sched_enqueue_plain(s, p);
    sched_unlock(s);
    sched_surplus();
}

static inline void deliver(struct sched *s, term to, struct message *m)
{
    struct process *p = process_find(to);
    enum mailbox_push pushed = p ? inbox_push(&p->inbox, term_pid_generation(to), m) : MAILBOX_DEAD;
    if (UNLIKELY(pushed == MAILBOX_DEAD)) {
        message_free(m);
        return;
    }
    sched_count(&s->sent);
    if (pushed == MAILBOX_MUST_WAKE)
        ready(s, p);
}

/* It sleeps, and is not ours any more; or something has come meanwhile. */
static inline void lay_down(struct sched *s, struct process *p)
{
    struct message *read;
    if (UNLIKELY(!inbox_idle(&p->inbox, process_generation(p), &read)))
        ready(s, p);
    else if (read)
        sched_free_read(s, read);
}

/* One after the other, so that their ways through the page tables overlap: a CPU finishes an instruction that
 * fetches only when it knows the address, and does not look far beyond it. */
static inline void fetch_all(const struct outbox *o)
{
    for (uint32_t i = o->done; i < o->count; i++)
        runq_fetch(&processes.all[term_pid_index(o->entries[i].to)]);
}

/* What that sets off, as signals of one who is suspended, is done at once. */
NOINLINE void outbox_carry_out(struct sched *s)
{
    struct outbox *o = &s->outbox;
    outbox_close(s);
    fetch_all(o);
    while (o->done < o->count) {
        struct outbox_entry e = o->entries[o->done++];
        deliver(s, e.to, e.message);
        if (e.rests)
            lay_down(s, e.rests);
    }
    o->done = o->count = o->age = 0;
}

/* What is no pid is nobody's, as in process_find(). To itself: it may look at its own mailbox at once. */
static inline bool is_to_wait(const struct sched *s, term to)
{
    uint32_t index = term_pid_index(to);
    return LIKELY(index < processes.capacity) && LIKELY(&processes.all[index] != s->current);
}

static inline void put_off(struct sched *s, term to, struct message *m)
{
    struct outbox *o = &s->outbox;
    o->entries[o->count++] = (struct outbox_entry){.to = to, .message = m};
    if (UNLIKELY(o->count == OUTBOX_MOST)) {
        outbox_carry_out(s);
        s->watch |= WATCH_OUTBOX; /* the handler goes on */
    }
}

NOINLINE bl_error outbox_send(struct sched *s, term to, term word)
{
    if (UNLIKELY(!is_to_wait(s, to))) {
        outbox_flush(s);
        return message_send_now(s, to, word);
    }
    struct message *m = message_make(s, word);
    if (UNLIKELY(!m))
        return BL_ENOMEM;
    put_off(s, to, m);
    return BL_OK;
}

NOINLINE bool outbox_send_made(struct sched *s, term to, struct message *m)
{
    if (UNLIKELY(!is_to_wait(s, to))) {
        outbox_flush(s);
        return false;
    }
    put_off(s, to, m);
    return true;
}

bool outbox_rest(struct sched *s)
{
    struct outbox *o = &s->outbox;
    struct outbox_entry *last = o->count ? &o->entries[o->count - 1] : NULL;
    outbox_close(s);
    if (!last || last->rests)
        return false; /* what there is, others have sent */
    if (events_are_wanted()) {
        outbox_empty(s);
        return false;
    }
    last->rests = s->current;
    return true;
}

void outbox_drop(struct sched *s)
{
    struct outbox *o = &s->outbox;
    while (o->done < o->count)
        message_free(o->entries[o->done++].message);
}
