/* online.c - see online.h. */
#include "kernel/online.h"

enum { LANES_AT_ONCE = 8 /* to one, when all are given away */ };

unsigned online_set(unsigned n)
{
    /* release: who sees the new count of changes sees the new number, and who was nudged both. */
    unsigned old = atomic_exchange_explicit(&runtime.online, n, memory_order_acq_rel);
    if (old == n)
        return old;
    atomic_fetch_add_explicit(&runtime.online_changes, 1, memory_order_release);
    for (unsigned i = 0; i < runtime.count; i++)
        sched_nudge(runtime.scheds[i]);
    return old;
}

/* ---- lanes ---- */

static void put_lanes(struct sched *to, struct lane *const *lanes, uint32_t n)
{
    while (!sched_rob_begin(to)) {
        if (sched_halted(to))
            return; /* the runtime stops, and nobody runs any more */
        os_yield_thread();
    }
    for (uint32_t i = 0; i < n; i++)
        sched_add_lane(to, lanes[i]);
    sched_rob_end(to);
}

/* If others have those of the reserve, and are giving them to each other, they will have done so soon. */
static void obtain_lanes(struct sched *s, uint32_t least)
{
    while (!sched_find_lane(s, least) && !sched_halted(s))
        os_yield_thread();
}

static void give_lane(struct sched *s, struct sched *to, struct lane *lane)
{
    for (;;) {
        sched_lock(s);
        bool ours = atomic_load_explicit(&lane->holder, memory_order_relaxed) == s;
        bool taken = ours && sched_part_with_lane(s, lane);
        sched_unlock(s);
        if (taken)
            put_lanes(to, &lane, 1);
        if (!ours || taken || sched_halted(s))
            return;
        obtain_lanes(s, 2); /* it was the last */
    }
}

/* To those that are on line, in turn. s is none of them. */
static void give_all_lanes(struct sched *s, unsigned online)
{
    struct lane *lanes[LANES_AT_ONCE];
    for (unsigned i = s->index;; i++) {
        sched_lock(s);
        uint32_t n = sched_part_with_lanes(s, lanes, LANES_AT_ONCE);
        sched_unlock(s);
        if (!n)
            return;
        put_lanes(runtime.scheds[i % online], lanes, n);
    }
}

/* ---- processes ---- */

static void send_on(struct sched *s, struct process *p)
{
    struct sched *to = sched_home(p);
    if (to == s && p->lane && sched_is_stray(s, p)) {
        give_lane(s, runtime.scheds[(p->bound & BOUND_PLACE) - 1], p->lane);
        to = sched_home(p);
    }
    sched_push_remote(to, p);
}

static void move_all(struct runq *from, struct runq *to)
{
    for (struct process *p; (p = runq_pop(from));)
        runq_push(to, p);
}

/* Who waits here is looked at again: strays are queued as such, the others as they were. */
static void sort_again(struct sched *s, struct runq *q)
{
    for (uint64_t n = runq_length(q); n > 0; n--)
        sched_enqueue(s, runq_pop(q));
}

/* Who was to run next: out of there if he is not to run here. */
static struct process *pull_next(struct sched *s, bool if_stray)
{
    struct process *p = atomic_load_explicit(&s->runnext, memory_order_relaxed);
    if (!p || (if_stray && !sched_is_stray(s, p)))
        return NULL;
    atomic_store_explicit(&s->runnext, NULL, memory_order_relaxed); /* we hold the lock */
    return p;
}

/* Under the lock. */
static void find_strays(struct sched *s)
{
    struct process *next = pull_next(s, true);
    if (next)
        runq_push(&s->strays, next);
    sort_again(s, &s->ranks.max);
    sort_again(s, &s->ranks.high);
    sort_again(s, &s->queue);
    sort_again(s, &s->ranks.low);
}

/* All are. Under the lock. */
static void empty_queues(struct sched *s)
{
    struct process *p = pull_next(s, false);
    if (p)
        runq_push(&s->strays, p);
    move_all(&s->ranks.max, &s->strays);
    move_all(&s->ranks.high, &s->strays);
    move_all(&s->queue, &s->strays);
    move_all(&s->ranks.low, &s->strays);
    for (p = sched_take_inbox(s); p;) {
        struct process *next = p->next;
        runq_push(&s->strays, p);
        p = next;
    }
}

void online_look(struct sched *s)
{
    struct runq going = {0};
    sched_lock(s);
    /* acquire: the number that belongs to this count, or a later one, and then we are nudged again. */
    uint32_t changes = atomic_load_explicit(&runtime.online_changes, memory_order_acquire);
    unsigned online = sched_online();
    s->off_line = s->index >= online;
    if (s->off_line)
        empty_queues(s);
    else if (changes != s->changes_seen)
        find_strays(s);
    s->changes_seen = changes;
    s->watch &= ~(uint32_t)WATCH_ELSEWHERE;
    move_all(&s->strays, &going);
    sched_unlock(s);
    if (s->off_line)
        give_all_lanes(s, online);
    for (struct process *p; (p = runq_pop(&going));)
        send_on(s, p);
    if (!s->off_line)
        obtain_lanes(s, 1);
}
