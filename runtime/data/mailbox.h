/* mailbox.h - one inbox per process: many writers, one reader, one word.
 *
 * Messages and signals enter the same list, so the order between two processes is a
 * property of one queue. The inbox word holds
 *
 *     pointer to the newest entry / 16 (44 bits) | generation of the process (20 bits)
 *
 * or, for the pointer, one of three marks: EMPTY; IDLE, the owner sleeps and whoever
 * replaces this mark must wake it; CLOSED, nobody lives here. So one compare-and-swap
 * checks that the addressee is still the same process, delivers, and tells the sender
 * whether it is the one that must wake the owner. push() returns that fact; the
 * caller acts on it: this room knows no scheduler.
 *
 * Entries are pushed newest first; the owner swaps the whole list out and reverses it. But
 * when there is one message only, which is how conversations go, it is read where it lies
 * and marked as read: it is the oldest of whatever comes on top of it, and leaves with the
 * compare-and-swap that goes to sleep, or with the next list that is taken. So a message
 * costs two locked instructions, its sender's and its reader's, and not three; on some CPUs
 * they are most of what it costs.
 *
 * Linearizable at the compare-and-swap: a sender that finished before another began is
 * received first, which is more than Erlang promises (order per pair). (To finish is to have pushed: see kernel/outbox.)
 *
 * Twenty bits of generation can repeat. A sender first compares all 32 (process_find()),
 * and could only be wrong if the slot were reused 2^20 times between that comparison
 * and its compare-and-swap with the same list in place.
 *
 * After the "IDLE" bit of Pony's messageq.c and CAF's lifo_inbox. Why not Vyukov's
 * exchange-based queue: it needs a stub node per mailbox, and between its two steps a
 * stopped sender hides the messages of all later ones. */
#ifndef DATA_MAILBOX_H
#define DATA_MAILBOX_H

#include <stdatomic.h>

#include "data/term.h"

/* 16 bytes, 16-byte aligned. A signal starts with one whose word is term_own(TERM_OWN_SIGNAL, ...). */
struct message {
    struct message *next;
    term word;
};

_Static_assert(sizeof(struct message) == 16, "two words: four messages a cache line");

/* What a message holds that was read and is still in the inbox: an entry, or a block. */
#define MESSAGE_READ       term_own(TERM_OWN_READ, 0)
#define MESSAGE_READ_BLOCK term_own(TERM_OWN_READ, 1)

static inline bool message_is_read(const struct message *m)
{
    return term_is_own(m->word, TERM_OWN_READ);
}

struct inbox {
    _Atomic uint64_t word;
};

enum mailbox_push { MAILBOX_DELIVERED, MAILBOX_MUST_WAKE, MAILBOX_DEAD };

enum { INBOX_GENERATION_BITS = 20, INBOX_EMPTY = 0, INBOX_IDLE = 16, INBOX_CLOSED = 32, INBOX_MARKS = 48 };

#define INBOX_GENERATION_MASK ((UINT64_C(1) << INBOX_GENERATION_BITS) - 1)

static inline uint64_t inbox_pack(uintptr_t pointer, uint32_t generation)
{
    return (uint64_t)pointer << (INBOX_GENERATION_BITS - 4) | (generation & INBOX_GENERATION_MASK);
}

static inline uintptr_t inbox_pointer(uint64_t word)
{
    return (word >> INBOX_GENERATION_BITS) << 4;
}

static inline struct message *inbox_list(uint64_t word)
{
    uintptr_t p = inbox_pointer(word);
    return p < INBOX_MARKS ? NULL : (struct message *)p;
}

/* A new life begins. Only the creator, before the pid is known to anybody; `idle`:
 * the process starts asleep and its first message wakes it. */
static inline void inbox_open(struct inbox *in, uint32_t generation, bool idle)
{
    /* release: publishes the process to whoever learns the pid and then pushes;
     * pairs with the acquire in inbox_push(). */
    atomic_store_explicit(&in->word, inbox_pack(idle ? INBOX_IDLE : INBOX_EMPTY, generation), memory_order_release);
}

/* Nobody lives here any more, at least not who did: what he has done is seen by whoever has found that. */
static inline enum mailbox_push inbox_dead(const struct inbox *in)
{
    /* acquire: pairs with inbox_close(); or with inbox_open() of the next life, who came after that. */
    (void)atomic_load_explicit(&in->word, memory_order_acquire);
    return MAILBOX_DEAD;
}

/* Any thread. On MAILBOX_DEAD the message is still the caller's. */
static inline enum mailbox_push inbox_push(struct inbox *in, uint32_t generation, struct message *m)
{
    /* relaxed: the compare-and-swap below confirms whatever was read here. */
    uint64_t old = atomic_load_explicit(&in->word, memory_order_relaxed);
    do {
        if (UNLIKELY(((old ^ generation) & INBOX_GENERATION_MASK) || inbox_pointer(old) == INBOX_CLOSED))
            return inbox_dead(in);
        m->next = inbox_list(old);
        /* release: publishes the message; pairs with inbox_take(). acquire: if the
         * mark was IDLE, all that the owner did before it slept; pairs with
         * inbox_idle(): the waker may run it at once. */
    } while (UNLIKELY(!atomic_compare_exchange_weak_explicit(&in->word, &old, inbox_pack((uintptr_t)m, generation),
                                                             memory_order_acq_rel, memory_order_relaxed)));
    return inbox_pointer(old) == INBOX_IDLE ? MAILBOX_MUST_WAKE : MAILBOX_DELIVERED;
}

/* The owner, who is awake: the newest entry, which stays. NULL: there is none but, maybe, one
 * that was read. */
static inline struct message *inbox_peek(const struct inbox *in)
{
    /* acquire: sees the message; pairs with the release in inbox_push(). */
    struct message *newest = inbox_list(atomic_load_explicit(&in->word, memory_order_acquire));
    return newest && !message_is_read(newest) ? newest : NULL;
}

/* The owner: is there anything to take? */
static inline bool inbox_is_empty(const struct inbox *in)
{
    uint64_t word = atomic_load_explicit(&in->word, memory_order_acquire); /* as in inbox_peek() */
    uintptr_t p = inbox_pointer(word);
    return p == INBOX_EMPTY || (p >= INBOX_MARKS && message_is_read((const struct message *)p));
}

/* The owner takes everything: newest first, maybe NULL; the oldest may be one that was read. */
static inline struct message *inbox_take(struct inbox *in, uint32_t generation)
{
    /* acquire: sees the messages; pairs with the release in inbox_push(). */
    return inbox_list(atomic_exchange_explicit(&in->word, inbox_pack(INBOX_EMPTY, generation), memory_order_acquire));
}

/* The owner goes to sleep. False: something has arrived, do not. After true the
 * process belongs to whoever pushes next: touch nothing of it that the waker may use; and
 * *read, if not NULL, is a message that was read, and is the caller's to free. (A sender that
 * has seen it there and is late fails, unless it lies there again: then as a message.) */
static inline bool inbox_idle(struct inbox *in, uint32_t generation, struct message **read)
{
    uint64_t was = atomic_load_explicit(&in->word, memory_order_acquire);
    *read = inbox_list(was);
    if (UNLIKELY(*read ? !message_is_read(*read) : inbox_pointer(was) != INBOX_EMPTY))
        return false;
    /* release: publishes the sleeping process; pairs with the acquire in inbox_push(). */
    return atomic_compare_exchange_strong_explicit(&in->word, &was, inbox_pack(INBOX_IDLE, generation),
                                                   memory_order_release, memory_order_relaxed);
}

/* Does the owner sleep? Any thread; a hint. */
static inline bool inbox_is_idle(const struct inbox *in, uint32_t generation)
{
    return atomic_load_explicit(&in->word, memory_order_relaxed) == inbox_pack(INBOX_IDLE, generation);
}

/* Wake the owner without a message. True: it was asleep, and the caller must schedule
 * it. Any thread. */
static inline bool inbox_rouse(struct inbox *in, uint32_t generation)
{
    uint64_t idle = inbox_pack(INBOX_IDLE, generation);
    return atomic_compare_exchange_strong_explicit(&in->word, &idle, inbox_pack(INBOX_EMPTY, generation),
                                                   memory_order_acquire, memory_order_relaxed);
}

/* What we have written before is seen by an owner who goes to sleep after this, and then looks;
 * else the owner sleeps already, and inbox_rouse() finds it so. Any thread. */
static inline void inbox_touch(struct inbox *in)
{
    /* release: a store, though nothing changes; pairs with inbox_look(). */
    atomic_fetch_or_explicit(&in->word, 0, memory_order_acq_rel);
}

/* Who was the owner until inbox_idle(): now it sees what was written before a touch that came first. */
static inline void inbox_look(const struct inbox *in)
{
    /* acquire: reads what inbox_idle() has put there, or what came after it, by other read-modify-writes: in
     * either case of the release sequence that inbox_touch() heads. */
    (void)atomic_load_explicit(&in->word, memory_order_acquire);
}

/* The owner dies. Nothing can be delivered from here on; what had been is returned,
 * newest first. The next life has the next generation. */
static inline struct message *inbox_close(struct inbox *in, uint32_t next_generation)
{
    return inbox_list(
        atomic_exchange_explicit(&in->word, inbox_pack(INBOX_CLOSED, next_generation), memory_order_acq_rel));
}

/* Newest first becomes oldest first. */
static inline struct message *messages_reverse(struct message *newest)
{
    struct message *oldest = NULL;
    while (newest) {
        struct message *older = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = older;
    }
    return oldest;
}

/* The owner's private half: what it has taken and not yet received, oldest first. */
struct msgq {
    struct message *first, *last; /* last is meaningless when first is NULL */
    uint32_t count;
    uint32_t bulk; /* of all: what they take, in units of 16 bytes; whoever puts in or takes out keeps it */
};

/* A list of n, oldest first, that ends at `last`. */
static inline void msgq_append_list(struct msgq *q, struct message *first, struct message *last, uint32_t n)
{
    last->next = NULL;
    if (q->first)
        q->last->next = first;
    else
        q->first = first;
    q->last = last;
    q->count += n;
}

static inline void msgq_append(struct msgq *q, struct message *m)
{
    msgq_append_list(q, m, m, 1);
}

static inline struct message *msgq_pop(struct msgq *q)
{
    struct message *m = q->first;
    if (m) {
        q->first = m->next;
        q->count--;
    }
    return m;
}

#endif
