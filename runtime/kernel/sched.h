/* sched.h - schedulers: who runs when, and where.
 *
 * One scheduler is one thread of the OS process. It owns a run queue, a place for the
 * process to run next, and a set of lanes, and switches straight from stack to stack;
 * its own ("native") stack is the slow path, for idling and for swapping two processes
 * of one lane.
 *
 * The scheduler lock. All of that is private to the scheduler, and yet a thief must be
 * able to take work from it while its process computes and calls nothing. So there is
 * a lock, biased to the owner: taking it is one plain store and one load (`busy`,
 * `thief`); the fence between them, which correctness needs, is paid by the thief, who
 * makes the kernel run one on every CPU (membarrier(2)). Where that call is missing,
 * both sides fence. The lock is held into the switch and released by it, once the old
 * stack is no longer in use: a process's registers are saved before anybody can take it.
 *
 * Who may touch a process: whoever won it. It is won by replacing IDLE in its inbox,
 * or by taking it from a queue; a queue has one owner. So a process is in at most one
 * queue, and no state word is needed.
 *
 * Why stealing waits: moving a process costs about what 100 switches cost. A thief
 * measures how fast its victim gets through its queue and takes over only what would
 * wait longer than the move (steal.c).
 * Why not a concurrent deque: its owner pays an atomic operation or a fence per pop,
 * as much as the whole switch. */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "base/lock.h"
#include "base/os.h"
#include "kernel/process.h"
#include "kernel/cuts.h"
#include "kernel/event.h"
#include "kernel/ranks.h"
#include "kernel/runq.h"
#include "machine/clock.h"
#include "machine/self.h"
#include "machine/small.h"

enum {
    SCHED_MAX = 1024,
    /* So many times in a row may a just-woken process go before the queue. */
    RUNNEXT_STREAK = 64,
};

/* What others want of a scheduler's lock, as bits. FENCED is set for good where
 * membarrier(2) is missing: it sends the owner the slow way round, which fences. LOOK: the
 * owner is to come to its native stack, and look (kernel/online). */
enum thief {
    THIEF_NONE = 0,
    THIEF_STEALING = 1,
    THIEF_HALT = 2, /* stop for ever */
    THIEF_FENCED = 4,
    THIEF_LOOK = 8,
};

/* What a switch must think of besides the queue (s->watch): a count of switches until we must
 * look at the clock; that some who wait here, or the one that runs, have a rank; that some
 * of them may belong elsewhere, which the native stack sees to (kernel/online); and that what the one that runs has
 * sent may be in the outbox, which it must not leave behind (kernel/outbox). */
enum {
    WATCH_NOTHING = 0,
    WATCH_TIMERS_NOW = 1,
    WATCH_OUTBOX = 1 << 28,
    WATCH_ELSEWHERE = 1 << 29,
    WATCH_RANKED = 1 << 30,
    WATCH_FLAGS = WATCH_ELSEWHERE | WATCH_RANKED | WATCH_OUTBOX,
};

struct sched;
typedef void sched_chore(struct process *);

/* What is to be sent: kernel/outbox. */
enum { OUTBOX_MOST = 32 };

struct outbox {
    uint32_t done, count; /* so many of `entries` are there, and the first have been carried out */
    uint32_t least;   /* it is opened only where so many wait */
    uint32_t verdict; /* so many times more it holds that it is, or is not, */
    bool worth_while;
    uint32_t age; /* so many were run since it was empty */
    struct outbox_entry {
        term to;
        struct message *message;
        struct process *rests; /* then, who sent it; NULL: not yet */
    } entries[OUTBOX_MOST];
};

struct sched {
    /* The scheduler's own thread only. */
    struct small small;      /* the first: see machine/small.h */
    struct process *current; /* NULL: none, we are on the native stack or between two */
    struct lane *lane;       /* where we run; NULL: on the native stack */
    char *stack_limit;       /* of that lane */
    int32_t reductions;      /* left in this time slice */
    uint32_t streak;
    bool fresh; /* the lane loop has just been entered for `current` */
    bool woke;     /* it has woken another thread since it was last idle: see kernel/idle */
    bool settling; /* somebody's signals are being handled in its place: kernel/reception */
    bool off_line; /* it knows that it is, and runs nobody: kernel/online */
    uint32_t changes_seen; /* of who is on line */
    struct pool_cache messages, signals, slots;
    struct pool_cache timer_cache, alarm_cache;
    uint32_t watch; /* WATCH_NOTHING, and then a switch is short; else see there */
    uint64_t reference, references_end; /* numbers for references that are ours to give */
    sched_chore *chore;      /* what the native stack is to do for whom, see sched_leave_lane() */
    struct process *chore_of;
    _Atomic uint32_t held;   /* what a switch unlocks that keeps the lock */

    /* Under the scheduler lock. */
    struct runq queue;
    _Atomic(struct process *) runnext; /* woken by the one that ran: goes first, on warm caches.
                                          Set without the lock, by the owner only */
    struct lane **lanes, **free; /* those we hold; and those of them without a resident (hints) */
    uint32_t lane_count, free_count, hand;
    uint32_t time_slice, lanes_wanted;
    struct ctx native;
    struct ctx_stack native_stack;

    /* Counters: written by the owner, read by anyone, hence atomic but never contended. */
    _Atomic uint64_t spawned, ended, sent, switches, evictions, steals, preemptions;
    _Atomic uint64_t turns; /* somebody gave way to himself */
    _Atomic uint64_t breaks; /* it had nothing to do, or handed on whom it could not run */

    /* The owner's half of the lock. */
    _Atomic uint32_t busy;

    /* Other threads write here: a line of its own. */
    _Atomic uint32_t thief __attribute__((aligned(CACHE_LINE))); /* enum thief */
    _Atomic(struct process *) inbox; /* readied for us by others, newest first; or a mark */
    _Atomic uint32_t futex;          /* SCHED_ASLEEP */
    _Atomic uint32_t interruptions;  /* so many, at most, may yet fail to come: kernel/preempt */

    /* Constant. */
    struct os_thread thread __attribute__((aligned(CACHE_LINE)));
    uint32_t index;
    void *trap_stack;
    struct look *looks; /* one a scheduler, for steal.c */
    struct timers *timers; /* for timer.c */

    /* What it was told to take from another, if not NULL: kernel/balance. */
    _Atomic(struct sched *) share_of;
    _Atomic uint32_t share, share_rank; /* so many, of this rank; what came of it */

    /* The owner's, and not always wanted. */
    struct clock clock;
    struct pool_ahead slots_ahead;
    struct outbox outbox;

    /* Under the scheduler lock, and far from the rest of that: hardly ever used. */
    struct ranks ranks;
    struct runq strays; /* who wait here, and are to run elsewhere: kernel/online */
    struct cuts cuts;   /* of `queue` */
};

_Static_assert(offsetof(struct sched, small) == 0, "machine/small.h finds it there");

/* What a thief remembers of a victim. */
struct look {
    uint64_t at_ns, switches, overtaken, sent, breaks, not_before_ns;
};

/* Marks in the place of an inbox: its owner has nothing to do, and is to be woken by
 * whoever replaces the mark; the same, while somebody takes a lane from it. */
#define SCHED_MARK_IDLE   ((struct process *)1)
#define SCHED_MARK_ROBBED ((struct process *)2)

/* A thread that waits in bl_wait() takes part through a process slot of its own. */
struct guest {
    _Atomic uint32_t woken;     /* stays: waking who does not sleep yet keeps it from sleeping */
    _Atomic uint32_t dismissed; /* the runtime stops */
    struct guest *next;         /* wait.c */
};

struct runtime {
    struct sched *scheds[SCHED_MAX];
    unsigned count; /* of schedulers */
    _Atomic unsigned online; /* so many of them, the first, run processes: kernel/online */
    _Atomic uint32_t online_changes; /* how often that was set */
    int cpus;
    uint32_t time_slice;
    uint64_t seed; /* 0: threads decide; else see kernel/seed */
    bool fenced; /* no membarrier(2) */
    struct lanes lanes;
    struct lock reserve_lock;
    struct lane **reserve; /* lanes that nobody holds and no process is bound to */
    uint32_t reserve_count;
    uint32_t reserve_closed; /* so many of them, the first, have not been opened yet */
    struct pool messages, signals, timers, alarms;

    _Atomic uint32_t next_home;     /* round robin for work from outside */
    _Atomic uint32_t awake;         /* schedulers that are not asleep */
    _Atomic uint32_t guests_woken;  /* since it was last set to 0; for kernel/seed */
    _Atomic uint32_t blocked;       /* processes in bl_blocking(); for kernel/seed */
    _Atomic uint32_t deep_sleepers; /* asleep without a timeout: must be woken to help; and SCHED_LOOKOUT */
    _Atomic uint32_t running;        /* schedulers that are not yet done: bl_stop() waits for them */
    _Atomic uint32_t watcher_sleeps; /* kernel/preempt: 1 while it waits until somebody is awake */
    _Atomic uint64_t spawned_outside, sent_outside; /* by threads that are no scheduler */
};

extern struct runtime runtime __attribute__((visibility("hidden")));

/* ---- the scheduler lock ---- */

void sched_lock_slow(struct sched *s);

/* The owner takes its own lock. In an order that a thief's fence makes safe: either the
 * thief sees busy, or we see the thief. Pairs with sched_rob_begin(). False: not taken yet,
 * and sched_lock_slow() must be called. */
static inline bool sched_lock_try(struct sched *s)
{
    atomic_store_explicit(&s->busy, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst); /* the compiler must not swap them either */
    /* acquire (as part of seq_cst): sees what the last thief changed. */
    return LIKELY(!atomic_load_explicit(&s->thief, memory_order_seq_cst));
}

static inline void sched_lock(struct sched *s)
{
    if (UNLIKELY(!sched_lock_try(s)))
        sched_lock_slow(s);
}

static inline void sched_unlock(struct sched *s)
{
    /* release: a thief that reads 0 sees all we changed; pairs with sched_rob_begin(). */
    atomic_store_explicit(&s->busy, 0, memory_order_release);
}

/* A thief keeps other thieves away. False: there is one, or v halts. seq_cst: see sched_rob_begin(). */
static inline bool sched_claim(struct sched *v)
{
    uint32_t others = atomic_load_explicit(&v->thief, memory_order_relaxed);
    do {
        if (others & (THIEF_STEALING | THIEF_HALT))
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&v->thief, &others, others | THIEF_STEALING, memory_order_seq_cst,
                                                    memory_order_relaxed));
    return true;
}

/* A thief takes and releases v's lock. False: somebody else has it, or v halts. */
bool sched_rob_begin(struct sched *v);
void sched_rob_end(struct sched *v);

/* ---- what the other rooms call ---- */

/* The time, within CLOCK_ERROR_NS; s is the scheduler that runs here, if any does. */
static inline uint64_t sched_now_ns(struct sched *s)
{
    return LIKELY(s != NULL) ? clock_now(&s->clock) : os_now_ns();
}

/* How many switches until we must look at the clock; 0: no timers. */
static inline uint32_t sched_until_timers(const struct sched *s)
{
    return s->watch & ~(uint32_t)WATCH_FLAGS;
}

static inline void sched_watch_timers(struct sched *s, uint32_t switches)
{
    s->watch = (s->watch & WATCH_FLAGS) | switches;
}

/* The native stack has something to do. The owner. */
static inline bool sched_native_is_due(const struct sched *s)
{
    return (s->watch & WATCH_ELSEWHERE) || sched_until_timers(s) == WATCH_TIMERS_NOW;
}

/* At this moment. relaxed: who acts on what is over is put right by kernel/online. */
static inline unsigned sched_online(void)
{
    return atomic_load_explicit(&runtime.online, memory_order_relaxed);
}

static inline bool sched_is_online(const struct sched *s)
{
    return s->index < sched_online();
}

/* Has p, which the caller holds, to run on another than s? */
static inline bool sched_is_stray(const struct sched *s, const struct process *p)
{
    unsigned place = p->bound & BOUND_PLACE;
    return place != BOUND_NOWHERE && place != s->index + 1 && place <= sched_online();
}

/* Who may run anywhere. Where there were never many nothing is noted: see kernel/cuts. */
static inline void sched_enqueue_plain(struct sched *s, struct process *p)
{
    runq_push(&s->queue, p);
    if (LIKELY(processes_are_few()))
        return;
    if (!p->lane)
        cuts_note(&s->cuts, &s->queue, p);
    else
        cuts_note_other(&s->cuts, &s->queue);
}

/* Into the queue of its rank, or among the strays. Under the lock; the owner. */
COLD void sched_enqueue_bound(struct sched *s, struct process *p);
static inline void sched_enqueue(struct sched *s, struct process *p)
{
    if (UNLIKELY(p->bound & (BOUND_RANK | BOUND_PLACE)))
        sched_enqueue_bound(s, p);
    else
        sched_enqueue_plain(s, p);
}

/* Before all others of its rank. p is not bound to a place. */
void sched_enqueue_first(struct sched *s, struct process *p);

/* The running process has another rank from now on. */
void sched_set_rank_self(struct sched *s, enum process_rank rank);
/* And another place: it goes there, if that is on line. */
void sched_set_place_self(struct sched *s, unsigned place);
/* Is there anybody in our queues? Under the lock. */
static inline bool sched_has_queue(const struct sched *s)
{
    return s->queue.first || ranks_wait(&s->ranks);
}

/* Where those of a rank wait. */
static inline struct runq *sched_queue(struct sched *s, enum process_rank rank)
{
    switch (rank) {
    case RANK_MAX: return &s->ranks.max;
    case RANK_HIGH: return &s->ranks.high;
    case RANK_LOW: return &s->ranks.low;
    default: return &s->queue;
    }
}

/* Has somebody readied processes for s that s has not seen? A hint to others. */
static inline bool sched_inbox_holds_work(const struct sched *s)
{
    struct process *newest = atomic_load_explicit(&s->inbox, memory_order_relaxed);
    return newest && newest != SCHED_MARK_IDLE && newest != SCHED_MARK_ROBBED;
}

/* A message that was read where it lay, and lies there no more. */
static inline void sched_free_read(struct sched *s, struct message *read)
{
    if (LIKELY(read->word == MESSAGE_READ))
        pool_give(&runtime.messages, &s->messages, read);
    else
        blocks_free((struct block *)read);
}

/* Reductions of the running process in this time slice. */
static inline uint32_t sched_reductions(const struct sched *s)
{
    return s->time_slice - (uint32_t)s->reductions;
}

/* They are added up in the process before it gives way, sleeps or rests: once it is in a queue, or
 * its inbox idle, it is not ours any more. False: they are not, since its sum would be too
 * large; sched_carry_reductions() first. */
static inline bool sched_add_reductions(const struct sched *s, struct process *self)
{
    uint32_t sum;
    if (UNLIKELY(__builtin_add_overflow(self->reductions, sched_reductions(s), &sum)))
        return false;
    self->reductions = sum;
    return true;
}

/* Upwards, to kernel/extra. */
void sched_carry_reductions(struct process *self);

static inline void sched_count(_Atomic uint64_t *counter)
{
    /* relaxed: only its owner writes it. */
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* Put a process that the caller has won on a run queue. Any thread. NEXT: it goes
 * before the queue if it is the first such one since the last switch: it was sent
 * something, and sender and message are still in the cache. IN_TURN: behind all. The fast
 * half, sched_ready_next(), is worth it in message_send() only. */
enum urgency { READY_NEXT, READY_IN_TURN };
void sched_ready_slow(struct process *p, enum urgency);

/* There is work that its scheduler cannot begin at once, and it may be at something for
 * long: see that somebody is awake who could take the work over. */
void sched_surplus(void);

/* Of `futex`. SUMMONED: woken, since there is something to steal somewhere, and the lookout. */
enum { SCHED_AWAKE, SCHED_ASLEEP, SCHED_SUMMONED };

/* One of those who have nothing to do looks for work: nobody has to be woken. */
#define SCHED_LOOKOUT (UINT32_C(1) << 31)

/* From now on that is the caller, who has nothing to do. False: it is another. */
bool sched_look_out(void);
/* The lookout ceases to be it. */
void sched_look_no_more(void);

/* Nobody is, and somebody sleeps deep, who could be. */
static inline bool sched_nobody_looks(void)
{
    /* seq_cst: after we have added ourselves to `awake`; see idle.c, 2. */
    return (int32_t)atomic_load_explicit(&runtime.deep_sleepers, memory_order_seq_cst) > 0;
}

/* The usual case of it. False: sched_ready_slow(p, READY_NEXT). */
static inline bool sched_ready_next(struct sched *s, struct process *p)
{
    bool here = !p->bound && (!p->lane || atomic_load_explicit(&p->lane->holder, memory_order_relaxed) == s);
    if (UNLIKELY(!here || atomic_load_explicit(&s->runnext, memory_order_relaxed) || sched_nobody_looks()))
        return false;
    /* Without the lock: a thief takes from here by an exchange, so it gets p or
     * nothing. release: p as we leave it; pairs with that exchange. */
    atomic_store_explicit(&s->runnext, p, memory_order_release);
    return true;
}

/* The running process handles its signals, so it may end in here, and gives way: to the
 * end of the queue. (Before, not after: to look when it is taken up again would cost every
 * switch a call.) Returns 0. */
uint64_t sched_yield_self(struct sched *s);

/* Upwards, to kernel/reception: the running process takes in what has come, and its signals
 * take effect; it may end in here. Returns the scheduler on which it goes on. And p, which
 * slept, is suspended, and was won by the caller: it handles its signals, and sleeps on. */
struct sched *signals_poll_self(struct sched *s);
void process_settle(struct process *p, enum urgency);

/* Upwards, to kernel/preempt: this scheduler begins. And somebody is awake who may have to be told to give way. */
void preempt_admit(void);
void preempt_rouse(void);

/* Is the running process bound to s, and would leave s nothing to run? */
static inline bool sched_may_linger(const struct sched *s)
{
    return !atomic_load_explicit(&s->runnext, memory_order_relaxed) && (s->current->bound & BOUND_PLACE) &&
           !runq_length(&s->queue) && !(s->watch & WATCH_FLAGS);
}

/* Then, before it sleeps, it looks for a while at whether something comes: who sends it a message from another
 * scheduler finds it awake, and need not wake it. True: something has come. It counts as running all that time, so
 * this is a delay, and no more, to all others. It ends at once, or is not begun, where there is something else for s to
 * do. Who is not bound had better sleep: its waker takes it over, and they talk on one scheduler from then on. */
bool sched_linger(struct sched *s);

/* The running process waits for its inbox to fill. Returns what `after`, called when
 * something is there, returns; 0 if it is NULL. Call it last (see ctx_switch). */
uint64_t sched_park_self(struct sched *s, ctx_after *after);

/* The running process gives up its lane while `chore` does something to it that takes long and
 * needs no stack of its own: on the native stack, its frames being p->frames. Others may use
 * the lane, and be taken over with it, which they could not while it runs there. Comes back
 * in its turn, maybe on another scheduler. The chore may set p->doomed: then it ends instead. */
void sched_leave_lane(struct sched *s, sched_chore *chore);

/* The running process has ended, or rests: go on with another, for ever. */
_Noreturn void sched_abandon_self(struct sched *s);

/* A time slice is over when this many calls were counted. */
static inline void sched_charge(struct sched *s, uint32_t reductions)
{
    s->reductions -= (int32_t)reductions;
    if (UNLIKELY(s->reductions <= 0))
        sched_yield_self(s);
}

/* The same for what is about to be done, if the time slice goes on after it; so that it can be called last. */
static inline bool sched_charge_early(struct sched *s)
{
    if (UNLIKELY(s->reductions <= 1))
        return false;
    s->reductions--;
    return true;
}

/* The running process ends (spawn.c); with `stack_overflow`. */
_Noreturn void process_end_self(uint64_t reason); /* a term, or a parcel */
_Noreturn void process_end_doomed(void);
_Noreturn void process_overflowed(void);

/* Is there enough stack for the runtime to work on? Ends the process if not; to be
 * asked by every call from a process, before anything has been changed. */
static inline void sched_check_stack(struct sched *s)
{
    if (UNLIKELY(self_sp() < s->stack_limit))
        process_overflowed();
}

/* For who comes after us in ORDER. */
void sched_push_remote(struct sched *to, struct process *p);
/* Where it goes that p, which the caller holds, is run. Never where that would be off line, but it may be
 * by then. And any that is on line, one after another. */
struct sched *sched_home(const struct process *p);
struct sched *sched_any(void);
/* What others readied for s, oldest first, or NULL. Under the lock of s; the owner or a thief. */
struct process *sched_take_inbox(struct sched *s);
/* Under the lock of s. */
void sched_add_lane(struct sched *s, struct lane *lane);
/* `lane`, and with it all that are bound to it, goes from v to s, and a fresh one comes
 * to v. Under the lock of v; s adds the lane under its own. False: v cannot part with it. */
bool sched_move_lane(struct sched *s, struct sched *v, struct lane *lane);
/* Does v hold it, so that it may be looked at under the lock of v, and is nobody bound to v by it? */
bool sched_may_move_lane(const struct sched *v, const struct lane *lane);
/* s gives `lane` to somebody, who adds it: not the last. Under the lock of s, on its native stack; it runs
 * nobody before that is done. False: it cannot. */
bool sched_part_with_lane(struct sched *s, struct lane *lane);
/* The same of all, the last one too, so many at a time; those that nobody is bound to go to the reserve. How
 * many are to be given now; 0: there are no more. */
uint32_t sched_part_with_lanes(struct sched *s, struct lane **lanes, uint32_t most);
/* s gets one more if it has less than `least`: from the reserve, or from others. On its native stack. False:
 * for the moment there is none. */
bool sched_find_lane(struct sched *s, uint32_t least);

/* For the switch, under the lock of s. What is on this lane is needed no more. The frames of its
 * resident are copied out, and nobody is. A lane for who begins, other than the one we run on,
 * without a resident; NULL: we hold no other. */
void sched_lane_freed(struct sched *s, struct lane *lane);
void sched_evict(struct sched *s, struct lane *lane);
struct lane *sched_lane_for_new(struct sched *s);

/* s is about to idle, on its native stack: lanes that came with stolen processes, and are
 * not needed any more, go back to the reserve, where who was robbed finds them. */
void sched_give_back_lanes(struct sched *s);

/* The foot of the current lane: nobody's frames are on it. Pick a process to start
 * here; it is `current` on return. Does not return if the next one lives elsewhere. */
void sched_next_here(struct sched *s);
/* One process after another, from the native stack, until there is none or it is time
 * for timer_poll(), or online_look(). */
void sched_run_all(struct sched *s);

/* Make s come to its native stack at its next switch, and look (kernel/online). Any thread; what the caller
 * did before is seen. */
void sched_nudge(struct sched *s);
/* Make s stop for ever at its next lock. Any thread. */
void sched_halt(struct sched *s);
/* Either. */
static inline bool sched_is_called(struct sched *s)
{
    return atomic_load_explicit(&s->thief, memory_order_seq_cst) & (THIEF_HALT | THIEF_LOOK); /* as below */
}
static inline bool sched_halted(struct sched *s)
{
    return atomic_load_explicit(&s->thief, memory_order_seq_cst) & THIEF_HALT; /* seq_cst: see idle.c, 1 */
}

/* Wake a thread that may sleep there; the caller may be a scheduler. */
void sched_wake_thread(_Atomic uint32_t *futex);
/* True: it was asleep. */
bool sched_wake(struct sched *s);
void sched_wake_guest(struct process *guest);

#endif
