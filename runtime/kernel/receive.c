/* receive.c - messages: sending them, and taking them in.
 *
 * The owner's side of a mailbox has two parts: the inbox that others push to, newest
 * first, and a private list of what it has taken out, oldest first. When the private
 * list is empty the whole inbox is taken over in one exchange; signals found in it are
 * acted on at that moment, in order with the messages around them. */
#include "kernel/receive.h"

#include "data/atom.h"
#include "data/copy.h"
#include "kernel/charge.h"
#include "kernel/extra.h"
#include "kernel/garbage.h"
#include "kernel/signal.h"

/* A message whose word is a pointer is a block that holds what it points to; others are
 * two words of a pool. */
void message_free(struct message *m)
{
    struct sched *s = self_sched();
    if (term_is_pointer(m->word) || UNLIKELY(m->word == MESSAGE_READ_BLOCK))
        blocks_free((struct block *)m);
    else if (s)
        pool_give(&runtime.messages, &s->messages, m);
    else
        pool_give_shared(&runtime.messages, m);
}

static bl_error undelivered(struct message *m)
{
    message_free(m);
    return BL_OK; /* it died while we were sending: as if it had a moment before */
}

static inline struct message *copy_message(struct sched *s, term word)
{
    struct block *copy = copy_out(word);
    if (UNLIKELY(!copy))
        return NULL;
    if (s)
        s->reductions -= (int32_t)(copy_words(copy) / WORDS_PER_REDUCTION);
    return &copy->message;
}

static inline struct message *make_message(struct sched *s, term word)
{
    if (term_is_pointer(word))
        return copy_message(s, word);
    struct message *m = pool_take(&runtime.messages, &s->messages);
    if (LIKELY(m != NULL))
        m->word = word;
    return m;
}

static struct message *make_message_outside(term word)
{
    if (term_is_pointer(word))
        return copy_message(NULL, word);
    struct message *m = pool_take_shared(&runtime.messages);
    if (m)
        m->word = word;
    return m;
}

struct message *message_make(struct sched *s, term word)
{
    return s ? make_message(s, word) : make_message_outside(word);
}

/* The usual send calls nothing but in its tail, so that no register is saved for what is rare. */

static NOINLINE bl_error wake_slowly(struct process *p)
{
    sched_ready_slow(p, READY_NEXT);
    return BL_OK;
}

static inline __attribute__((always_inline)) bl_error put_in(struct sched *s, struct process *p, term to,
                                                             struct message *m)
{
    enum mailbox_push pushed = inbox_push(&p->inbox, term_pid_generation(to), m);
    if (UNLIKELY(pushed == MAILBOX_DEAD))
        return undelivered(m);
    sched_count(&s->sent);
    if (pushed == MAILBOX_MUST_WAKE && UNLIKELY(!sched_ready_next(s, p)))
        return wake_slowly(p);
    return BL_OK;
}

static NOINLINE bl_error send_copy(struct sched *s, struct process *p, term to, term word)
{
    struct message *m = copy_message(s, word);
    return LIKELY(m != NULL) ? put_in(s, p, to, m) : BL_ENOMEM;
}

static NOINLINE bl_error send_slowly(struct sched *s, struct process *p, term to, term word)
{
    struct message *m = pool_take(&runtime.messages, &s->messages);
    if (UNLIKELY(!m))
        return BL_ENOMEM;
    m->word = word;
    return put_in(s, p, to, m);
}

bl_error message_send_now(struct sched *s, term to, term word)
{
    struct process *p = process_find_to_wake(to);
    if (UNLIKELY(!p))
        return BL_OK;
    if (term_is_pointer(word))
        return send_copy(s, p, to, word);
    if (UNLIKELY(!s->messages.loaded))
        return send_slowly(s, p, to, word);
    struct message *m = pool_take(&runtime.messages, &s->messages);
    m->word = word;
    return put_in(s, p, to, m);
}

static bl_error put_in_outside(struct process *p, term to, struct message *m)
{
    enum mailbox_push pushed = inbox_push(&p->inbox, term_pid_generation(to), m);
    if (pushed == MAILBOX_DEAD)
        return undelivered(m);
    atomic_fetch_add_explicit(&runtime.sent_outside, 1, memory_order_relaxed);
    if (pushed == MAILBOX_MUST_WAKE)
        sched_ready_slow(p, READY_NEXT);
    return BL_OK;
}

bl_error message_send_outside(term to, term word)
{
    struct process *p = process_find(to);
    if (!p)
        return BL_OK;
    struct message *m = make_message_outside(word);
    return m ? put_in_outside(p, to, m) : BL_ENOMEM;
}

bl_error message_send_block(struct sched *s, term to, struct block *made)
{
    if (s && UNLIKELY(made->more || made->used >= WORDS_PER_REDUCTION))
        s->reductions -= (int32_t)(copy_words(made) / WORDS_PER_REDUCTION);
    if (s && UNLIKELY(outbox_is_open(s)) && outbox_send_made(s, to, &made->message))
        return BL_OK;
    struct process *p = process_find_to_wake(to);
    if (UNLIKELY(!p))
        return undelivered(&made->message);
    if (UNLIKELY(!s))
        return put_in_outside(p, to, &made->message);
    return put_in(s, p, to, &made->message);
}

/* Oldest first, with signals among them. A guest handles its own, but neither ends nor sleeps here. */
static COLD void take_in_signals(struct process *p, struct message *oldest)
{
    if (p->kind == PROCESS_GUEST)
        signals_receive(p, oldest);
    else
        signals_receive_self(p, oldest);
}

/* A list, the oldest first: if that was read already, it is time to drop it. */
static inline struct message *without_read(struct message *oldest)
{
    if (LIKELY(!oldest || !message_is_read(oldest)))
        return oldest;
    struct message *next = oldest->next;
    message_free(oldest);
    return next;
}

struct message *message_take_oldest(struct process *p)
{
    return without_read(messages_reverse(inbox_take(&p->inbox, process_generation(p))));
}

/* Most of the time there is one. */
static inline bool take_in_one(struct process *p, struct message *m)
{
    if (UNLIKELY(m->next || message_is_signal(m)))
        return false;
    ASSERT(!message_is_read(m)); /* nobody takes what is there no more */
    event(p, EVENT_RECEIVE, m->word, TERM_NONE);
    process_keep(p, m);
    return true;
}

static COLD void tell_received(struct process *p, const struct message *oldest)
{
    for (const struct message *m = oldest; m; m = m->next)
        event(p, EVENT_RECEIVE, m->word, TERM_NONE);
}

/* One walk: turns the list, counts, and looks for signals. */
void message_take_in(struct process *p, struct message *newest)
{
    struct message *oldest = NULL, *m = newest;
    uint32_t n = 0, bulk = 0;
    bool signals = false;
    if (m && LIKELY(take_in_one(p, m)))
        return;
    for (; m; n++) {
        struct message *older = m->next;
        signals |= message_is_signal(m);
        bulk += message_bulk(m);
        m->next = oldest;
        oldest = m;
        m = older;
    }
    if (UNLIKELY(oldest && message_is_read(oldest))) {
        bulk -= message_bulk(oldest);
        n--;
        oldest = without_read(oldest);
    }
    if (UNLIKELY(signals)) {
        take_in_signals(p, oldest);
    } else if (n) {
        if (events_are_wanted())
            tell_received(p, oldest);
        msgq_append_list(&p->mail, oldest, newest, n);
        p->mail.bulk += bulk;
    }
}

/* m was the first of the private list: what was behind it is now before the next. */
static inline void popped(struct process *p, struct message *m)
{
    if (p->heap->mark == &m->next)
        p->heap->mark = &p->mail.first;
    if (UNLIKELY(p->extra != NULL)) {
        if (p->extra->last_priority == m)
            p->extra->last_priority = NULL;
        if (p->extra->marks)
            marks_move(p->extra->marks, &m->next, &p->mail.first);
    }
}

/* The oldest of the private list; a mark (kernel/select) that was behind it goes before the next. */
static inline struct message *pop_mail(struct process *p)
{
    struct message *m = msgq_pop(&p->mail);
    if (m)
        p->mail.bulk -= message_bulk(m);
    if (m && UNLIKELY(p->heap != NULL))
        popped(p, m);
    return m;
}

NOINLINE struct sched *message_take_all(struct sched *s)
{
    struct process *p = s->current;
    if (inbox_is_empty(&p->inbox))
        return s;
    message_take_in(p, inbox_take(&p->inbox, process_generation(p)));
    return self_sched();
}

/* Take in what has come. The answer, if it is there. */
static struct signal *look_for_answer(struct process *p)
{
    if (!inbox_is_empty(&p->inbox)) {
        struct message *newest = inbox_take(&p->inbox, process_generation(p));
        struct signal *only = newest->next || !message_is_signal(newest) ? NULL : (struct signal *)newest;
        if (LIKELY(only && signal_kind(only) == SIGNAL_ANSWER))
            return only; /* the common case has no list to make */
        message_take_in(p, newest);
    }
    return signal_take_answer(p);
}

struct signal *answer_await_self(struct sched *s)
{
    struct process *p = s->current;
    struct signal *answer;
    while (!(answer = look_for_answer(p)))
        sched_park_self(garbage_poll_at_rest(self_sched()), NULL);
    return answer;
}

/* The inbox becomes the private list, and its oldest message is returned, or NULL. */
static COLD struct message *take_in_many(struct process *p, struct message *newest)
{
    message_take_in(p, newest);
    return pop_mail(p);
}

/* One message, and no other? Then it can be read where it lies (data/mailbox). But what is
 * taken in is seen by who traces. */
static inline bool is_alone(const struct message *newest)
{
    return !newest->next && !message_is_signal(newest) && !events_are_wanted();
}

/* The oldest message, or NULL, when the private list or the inbox holds any. */
static struct message *next_message(struct process *p, struct sched **s)
{
    if (p->mail.first || inbox_is_empty(&p->inbox)) {
        if (UNLIKELY(p->heap != NULL) && UNLIKELY(p->extra != NULL) && p->extra->urgent)
            *s = message_take_all(*s);
        return pop_mail(p);
    }
    struct message *newest = inbox_take(&p->inbox, process_generation(p));
    if (LIKELY(is_alone(newest)))
        return newest; /* the common case has no list to make */
    struct message *m = take_in_many(p, newest);
    *s = self_sched(); /* it may have been suspended meanwhile */
    return m;
}

static NOINLINE term accept_block(struct sched *s, struct message *m)
{
    term word = garbage_join(s, (struct block *)m);
    if (UNLIKELY(!word))
        process_end_self(term_atom(ATOM_no_memory));
    return word;
}

static NOINLINE term accept_slowly(struct sched *s, struct message *m)
{
    term word = m->word;
    pool_give(&runtime.messages, &s->messages, m);
    return word;
}

term message_accept(struct sched *s, struct message *m)
{
    term word = m->word;
    if (term_is_pointer(word))
        return accept_block(s, m);
    if (UNLIKELY(!pool_has_room(&s->messages)))
        return accept_slowly(s, m);
    pool_give(&runtime.messages, &s->messages, m);
    return word;
}

/* The same when it is not as most are. */
static NOINLINE uint64_t next_term_slowly(struct process *p, struct sched *s)
{
    struct message *m = next_message(p, &s);
    return m ? message_accept(s, m) : TERM_NONE;
}

/* The word of m, the newest in the inbox, can be read where it lies, if nothing was taken in before. */
static inline bool is_plain(const struct message *m)
{
    return is_alone(m) && !term_is_pointer(m->word);
}

static inline term read_plain(struct message *m)
{
    term word = m->word;
    m->word = MESSAGE_READ;
    return word;
}

/* The term of the oldest message; TERM_NONE: there is none. The process itself. */
static inline uint64_t next_term(struct process *p, struct sched *s)
{
    if (UNLIKELY(p->mail.first != NULL))
        return next_term_slowly(p, s);
    struct message *m = inbox_peek(&p->inbox);
    if (!m)
        return TERM_NONE;
    return LIKELY(is_plain(m)) ? read_plain(m) : next_term_slowly(p, s);
}

/* What a process does first when it wakes in a receive; TERM_NONE: nothing for it yet. */
static uint64_t received(void)
{
    struct sched *s = self_sched();
    return next_term(s->current, s);
}

static NOINLINE uint64_t receive_anyhow(struct sched *s)
{
    garbage_poll(s);
    term word = received();
    if (LIKELY(word))
        return word;
    return sched_park_self(garbage_poll_at_rest(self_sched()), received);
}

/* No call but the last, and so no frame, in the common case: nothing to collect, and one word or none. */
uint64_t message_receive(struct sched *s)
{
    if (UNLIKELY(s->reductions <= 1))
        return receive_anyhow(message_charge(s));
    s->reductions--;
    struct process *p = s->current;
    if (p->heap || UNLIKELY(p->mail.first != NULL))
        return receive_anyhow(s);
    struct message *m = inbox_peek(&p->inbox);
    if (!m)
        return sched_park_self(s, received);
    return LIKELY(is_plain(m)) ? read_plain(m) : receive_anyhow(s);
}

/* ---- resting processes ---- */

static void add_up_reductions(const struct sched *s, struct process *p)
{
    if (UNLIKELY(!sched_add_reductions(s, p))) {
        sched_carry_reductions(p);
        sched_add_reductions(s, p);
    }
}

/* True: p sleeps, and is no longer ours. */
static bool rest(struct process *p)
{
    struct sched *s = self_sched();
    event(p, EVENT_OUT, TERM_NONE, TERM_NONE);
    ASSERT(outbox_holds_none_of_current(s));
    struct lane *lane = p->lane;
    struct ctx ctx = p->ctx;
    add_up_reductions(s, p);
    p->ctx = (struct ctx){0}; /* somebody may run p, in another context, at once */
    process_unbind(p); /* it may be run anywhere next */
    s->current = NULL;
    struct message *read;
    if (inbox_idle(&p->inbox, process_generation(p), &read)) {
        if (read)
            sched_free_read(s, read);
        ctx_fini(&ctx);
        return true;
    }
    p->reductions -= sched_reductions(s); /* they will be added later */
    p->ctx = ctx;
    process_bind(p, lane);
    s->current = p;
    event(p, EVENT_IN, TERM_NONE, TERM_NONE);
    return false;
}

/* It rests when what it sent has been sent; but for that it has no part in anything any more. */
static void rest_later(struct sched *s, struct process *p)
{
    add_up_reductions(s, p);
    ctx_fini(&p->ctx);
    process_unbind(p);
    s->current = NULL;
}

/* The time slice is over: to the end of the queue, without frames. */
static void give_way(struct process *p)
{
    event(p, EVENT_OUT, TERM_NONE, TERM_NONE);
    struct sched *s = self_sched();
    outbox_flush(s); /* another may run it next */
    ASSERT(outbox_holds_none_of_current(s));
    add_up_reductions(s, p);
    ctx_fini(&p->ctx);
    process_unbind(p);
    s->current = NULL;
    sched_ready_slow(p, READY_IN_TURN);
}

/* Messages that are left over from the last time slice hide the signals behind them. */
static struct sched *signals_begin_self(void)
{
    struct sched *s = self_sched();
    return LIKELY(!s->current->mail.first) ? s : message_take_all(s);
}

void process_activate(uint64_t unused)
{
    (void)unused;
    outbox_inherit(self_sched());
    struct sched *s = signals_begin_self();
    struct process *p = s->current;
    for (;;) {
        term state = p->arg, word = next_term(p, s);
        s = self_sched(); /* it may have been suspended meanwhile */
        if (!word) {
            if (UNLIKELY(p->heap != NULL) && UNLIKELY(heap_wants_collection_at_rest(p->heap)))
                garbage_collect_resting(s);
            s = self_sched();
            if (outbox_is_open(s) && outbox_rest(s)) {
                rest_later(s, p);
                return;
            }
            if (UNLIKELY(sched_may_linger(s)) && sched_linger(s))
                continue;
            if (rest(p))
                return;
            s = self_sched();
            outbox_inherit(s);
            continue;
        }
        outbox_open(s);
        p->arg = TERM_NONE; /* the handler's stack says whether it still needs its old state */
        p->arg = p->entry.handler(term_give(state), term_give(word)).word;
        if (UNLIKELY(p->heap != NULL) && (BL_HOSTILE || heap_wants_collection(p->heap)))
            garbage_collect_resting(self_sched());
        s = self_sched();
        if (--s->reductions <= 0) {
            give_way(p);
            return;
        }
    }
}

/* ---- hibernation ---- */

_Noreturn void process_hibernate(struct sched *s, bl_function *function, term kept)
{
    struct process *p = s->current;
    outbox_flush(s);
    if (p->extra)
        p->extra->catching = NULL;
    p->arg = garbage_compact(s, kept);
    if (p->frames.block)
        frames_drop(&p->frames);
    p->kind = PROCESS_HIBERNATING;
    p->entry.function = function;
    if (p->mail.first || !rest(p))
        give_way(p);
    sched_abandon_self(self_sched());
}

/* Signals wake it too; those are not worth a stack. */
void process_rouse(uint64_t unused)
{
    (void)unused;
    struct process *p = self_sched()->current;
    while (!p->mail.first) {
        if (p->heap && heap_wants_collection(p->heap)) /* somebody has asked for it */
            p->arg = garbage_compact(self_sched(), p->arg);
        else if (!inbox_is_empty(&p->inbox))
            message_take_in(p, inbox_take(&p->inbox, process_generation(p)));
        else if (rest(p))
            return;
    }
    bl_term kept = term_give(p->arg);
    p->kind = PROCESS_STRAIGHT;
    p->arg = TERM_NONE;
    p->entry.function(kept);
}
