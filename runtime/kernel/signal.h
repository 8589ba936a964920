/* signal.h - what processes say to each other besides messages.
 *
 * A signal is an entry of the same inbox as messages, so it stands in the same order; its
 * first word says that it is one, and which. It takes effect when its addressee takes it
 * in, which needs no receive: at the end of a time slice, in a receive, or, if the
 * addressee sleeps, at once and by the hand of the sender, who has won it by waking it
 * (kernel/reception).
 *
 * One block serves for life: the record of a link is the signal that told of it, and
 * becomes the exit signal when the process ends. So dying needs no memory, and no
 * signal is ever lost for the lack of some. */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include "data/parcel.h"
#include "data/treap.h"
#include "kernel/sched.h"

enum signal_kind {
    SIGNAL_WAIT,       /* from a waiter: answer me when you end */
    SIGNAL_ANSWER,     /* the same block comes back: to WAIT, why it ended; to ASK, what was asked */
    SIGNAL_ASK,        /* from one who sleeps until you answer: kernel/ask */
    SIGNAL_EXIT,       /* exit/2 */
    SIGNAL_LINK,       /* becomes a record of the addressee's; value: see event_for_linked() */
    SIGNAL_LINK_EXIT,  /* whom it is linked to has ended */
    SIGNAL_UNLINK,     /* value: the sender's number for it */
    SIGNAL_UNLINKED,   /* the same block comes back */
    SIGNAL_MONITOR,    /* becomes a record of the addressee's */
    SIGNAL_DEMONITOR,
    SIGNAL_DOWN,       /* whom it watches has ended */
    SIGNAL_BY_ALIAS,   /* value: a message, for an alias that may be none any more */
    SIGNAL_LEADER,     /* value: its group leader */
    SIGNAL_SWEEP,      /* from one who wants its garbage collected: kernel/sweep */
    SIGNAL_SUSPEND,    /* value: 0, or a tag; node.key: number of the record: kernel/suspend */
    SIGNAL_SUSPENDED,  /* the same block comes back */
    SIGNAL_RESUME,
    SIGNAL_ALARM,      /* not in a block like this: kernel/alarm */
};

/* The words of a signal and of a record. `node` is used while it is a record in a tree. */
struct signal {
    struct message message; /* word = term_own(TERM_OWN_SIGNAL, kind); next also links waiters */
    struct treap_node node; /* key: the reference, or the pid that it is about */
    term from;              /* who sent it; of a record: the other end */
    uint64_t value;         /* a parcel if the kind has one: why, or what */
    uint32_t number;
    uint32_t flags;
};

_Static_assert(sizeof(struct signal) == 64, "a cache line");

/* flags */
enum {
    SIGNAL_PRIORITY = 1, /* its message goes before those that are none */
};

static inline bool message_is_signal(const struct message *m)
{
    return term_is_own(m->word, TERM_OWN_SIGNAL);
}

static inline enum signal_kind signal_kind(const struct signal *signal)
{
    return (enum signal_kind)term_own_value(signal->message.word);
}

static inline struct signal *signal_of_node(struct treap_node *n)
{
    return n ? CONTAINER_OF(n, struct signal, node) : NULL;
}

/* A block, zeroed; NULL: no memory. Any thread. */
struct signal *signal_create(void);
/* The block; the same, and the parcel in `value`. */
void signal_free(struct signal *);
void signal_free_with_value(struct signal *);

/* From here on it is the addressee's. False: there is no such process (any more), and the
 * block is still the caller's. May handle signals of the addressee (see kernel/reception),
 * never of the caller. */
bool signal_send(struct signal *, enum signal_kind, term to);
/* The same, with another block's first words: what comes in it must begin with a message. */
bool signal_send_message(struct message *, enum signal_kind, term to, enum urgency);

/* ---- bl_wait() ---- */

/* The answer to what p has asked, which p has waited for; NULL: none yet. */
struct signal *signal_take_answer(struct process *p);
static inline bool signal_answered(const struct process *p)
{
    return p->waits && signal_kind(p->waits) == SIGNAL_ANSWER;
}
/* A WAIT, or an ANSWER, has reached p. */
void signal_keep_waiter(struct process *p, struct signal *);
void signal_keep_answer(struct process *p, struct signal *);
/* `ended` has ended: whoever waits in this block hears of it. */
void signal_answer_wait(struct signal *, parcel reason);
/* Tell one who waits for p, all who do. */
void signal_answer_waiter(struct process *p, parcel reason);
void signal_answer_waiters(struct process *p, parcel reason);

/* ---- messages that the runtime makes ---- */

/* A message {e0, e1, ...}, of terms anywhere, to p, who runs or is held by the caller. At
 * the end of its mailbox, or after the last priority message. No memory: p is doomed. */
void signal_post(struct process *p, const term *elements, unsigned n, bool priority);
/* The same for any message. */
void signal_post_message(struct process *p, struct message *, bool priority);
/* p does not go on. The first reason counts. The parcel is the callee's. */
void process_doom(struct process *p, parcel reason);
/* A tuple on a heap of its own: a message. NULL: no memory. */
struct message *message_of_tuple(const term *elements, unsigned n);

/* Upwards, to kernel/reception: p, which runs or is held by the caller, gets what is in
 * this list, oldest first: messages go to its mailbox, signals take effect. True: there is
 * something for it to see. */
bool signals_receive(struct process *p, struct message *oldest);
/* The same for one alone. */
bool signal_receive(struct process *p, struct signal *);
/* Without a way through the inbox: if p sleeps, and nobody here acts for another sleeper, p is the
 * caller's, who does with it what its signal would, and says then whether there is something for
 * p to see. False: no. Any thread. */
bool process_win(struct process *p, uint32_t generation);
void process_settled(struct process *p, bool news, enum urgency);
/* The same for the running process, which ends in here if a signal says so, and sleeps in
 * here if one suspends it: it may be on another scheduler afterwards. */
void signals_receive_self(struct process *p, struct message *oldest);

#endif
