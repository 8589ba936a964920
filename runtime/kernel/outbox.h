/* outbox.h - where very many processes live, a send is put off for a moment, until memory has caught up.
 *
 * Who is sent something has often not been touched for long. A send that looks at it waits for memory, and since the
 * next process to run is the one that was sent something, no two of these waits ever overlap. So a scheduler that has
 * many resting processes to run puts off what they send: it goes to the outbox, unlooked at. When the outbox is full,
 * all addressees are fetched one after another, which takes hardly longer than one; then all is carried out. Who is woken
 * goes behind all that wait, as if it had been sent to a moment later.
 *
 * Nobody can tell, since a process that has sent something does not get past it:
 *
 * - What the outbox holds is carried out in the order in which it came. What a process sent last says that it rests
 *   then. Until then it is awake, and in no queue: nobody else can win it, and what it is sent waits in its inbox.
 *   So it does nothing, here or elsewhere, before all that it sent has been.
 * - While its handler runs, anything that it does but a plain send to another comes after its sends: whatever sends,
 *   publishes, parks, gives way or ends calls outbox_flush() first, and so does the runtime when it takes
 *   the process off its stack.
 * - It holds something only while a scheduler goes from one resting process to the next. Who has frames, and might
 *   compute for long, is not begun before it is empty; nor does the scheduler sleep, nor look for anything else.
 *
 * So a message is late by no more than OUTBOX_MOST handlers, each of which is one time slice at most.
 *
 * After the group prefetching of S. Chen et al.: Improving hash join performance through prefetching, 2004. */
#ifndef KERNEL_OUTBOX_H
#define KERNEL_OUTBOX_H

#include "beamling/beamling.h"
#include "kernel/sched.h"

enum {
    /* So many must wait, else who was sent something had better run at once. Where tests look closely, and with every
     * other seed (kernel/seed), there may be none, however few live. */
    OUTBOX_LEAST = BL_HOSTILE || CTX_TSAN ? 0 : OUTBOX_MOST / 2,
    /* And so many live, else those that are sent something are in the cache anyway. */
    OUTBOX_LIVE = 24 * 1024,
    /* That is looked at once in so many handlers; sooner if somebody with frames came next, which ends a run of
     * resting ones. */
    OUTBOX_VERDICT = 1024,
    OUTBOX_VERDICT_ON_FRAMES = 64,
};

/* May the running process put something in, or is something there while it runs? Its owner, as all below. */
static inline bool outbox_is_open(const struct sched *s)
{
    return s->watch & WATCH_OUTBOX;
}

/* True: the running process has not sent anything that has not been carried out. */
static inline bool outbox_holds_none_of_current(const struct sched *s)
{
    return !s->outbox.count || s->outbox.entries[s->outbox.count - 1].rests;
}

void outbox_carry_out(struct sched *s);

/* All that was sent is sent, before anything else is; and what the running process does from now on is done at once. */
static inline void outbox_flush(struct sched *s)
{
    if (UNLIKELY(outbox_is_open(s)))
        outbox_carry_out(s);
}

/* The same between two processes. */
static inline void outbox_empty(struct sched *s)
{
    if (UNLIKELY(s->outbox.count))
        outbox_carry_out(s);
}

/* Between two processes while it holds something: not for long, and not if few wait. */
static inline void outbox_pass_on(struct sched *s)
{
    if (++s->outbox.age >= OUTBOX_MOST || runq_length(&s->queue) < s->outbox.least)
        outbox_carry_out(s);
}

/* One at rest begins, or goes on after all: others may have left something. */
static inline void outbox_inherit(struct sched *s)
{
    s->watch |= s->outbox.count ? (uint32_t)WATCH_OUTBOX : 0;
}

/* The same for who may be any thread. */
static inline void outbox_flush_self(void)
{
    struct sched *s = self_sched();
    if (LIKELY(s != NULL))
        outbox_flush(s);
}

/* Is it worth while, for some time to come? */
void outbox_judge(struct outbox *);

/* A handler is about to run, and many wait. */
static inline bool outbox_may_open(struct sched *s)
{
    if (UNLIKELY(!s->outbox.verdict--))
        outbox_judge(&s->outbox);
    return s->outbox.worth_while && !s->current->bound && !events_are_wanted();
}

/* A handler is about to run. */
static inline void outbox_open(struct sched *s)
{
    if (LIKELY(runq_length(&s->queue) < s->outbox.least) || !outbox_may_open(s))
        outbox_flush(s);
    else
        s->watch |= WATCH_OUTBOX;
    ASSERT(outbox_is_open(s) || !s->outbox.count);
}

/* Somebody with frames comes next. */
static inline void outbox_met_frames(struct outbox *o)
{
    o->worth_while = false;
    o->verdict = OUTBOX_VERDICT_ON_FRAMES;
}

/* Upwards, to kernel/receive. The first: when the outbox is closed. */
bl_error message_send_now(struct sched *s, term to, term word);
struct message *message_make(struct sched *s, term word);
void message_free(struct message *);

/* What bl_send() does while it is open. */
bl_error outbox_send(struct sched *s, term to, term word);
/* The same for a message that is made. False: it has to be sent now. */
bool outbox_send_made(struct sched *s, term to, struct message *m);

/* What the running process does from now on is done at once; but nothing has been yet. */
static inline void outbox_close(struct sched *s)
{
    s->watch &= ~(uint32_t)WATCH_OUTBOX;
}

/* Its handler has returned, and it has no more messages. True: it rests when what it sent has been sent, and has
 * to go away without touching its inbox. False: it has sent everything. */
bool outbox_rest(struct sched *s);

/* The runtime has stopped: nothing of that will be sent. */
void outbox_drop(struct sched *s);

#endif
