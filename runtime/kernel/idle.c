/* idle.c - waiting without missing anything, and without burning a CPU.
 *
 * Two different things can be missed, and they are kept apart. (A third, our own timers,
 * cannot: who sets them runs here, and a thread that does calls us, so it is
 * enough to look before each sleep.)
 *
 * 1. Work for us (others readied a process into our inbox, or call us: sched_nudge()). It must never be missed.
 *    An idle scheduler puts a mark, IDLE, in the place of its inbox, by a
 *    compare-and-swap from "empty"; whoever pushes replaces the mark and must see that
 *    we wake. First we spin, then we sleep: we announce it (futex = 1), then look at
 *    the inbox once more; the pusher changes the inbox, then looks at the announcement.
 *    All four are sequentially consistent, so one sees the other.
 *
 * 2. Work that others have too much of. Missing it for a while costs time, not
 *    correctness: its owner will get there. So one of those who have nothing to do is the lookout, and looks: while
 *    it spins, and when it sleeps, by itself after 100 us, then 200, ... up to 1 ms, while anybody is awake; and a busy
 *    scheduler's fast path wakes nobody. The others sleep without a timeout ("deep"). When the lookout
 *    has found something to do, it wakes one of them, who is the lookout from then on. When every
 *    scheduler is asleep there is none: then nothing runs, and nothing costs.
 *    The first surplus after that wakes one deep sleeper, who is the lookout at once: nobody wakes another until
 *    that one has looked. And
 *    surplus is anything that cannot begin at once, be it only one process to run next:
 *    the one that runs may compute for long and call nothing.
 *    Who is off line has no part in this: kernel/online.
 *    Deep sleep against surplus: the sleeper adds itself to deep_sleepers, announces that
 *    it sleeps (futex = 1), then reads awake; a waking scheduler adds itself to awake, then
 *    reads deep_sleepers and the announcements whenever it readies something: again one
 *    sees the other. (Announced after the look at awake, it would be seen, and not woken.)
 *    Deep sleep against the lookout: that there is one stands in the same word as how many sleep deep. Who
 *    sleeps although somebody is awake has seen it there, after it announced that it sleeps; the lookout takes it out, before
 *    it leaves or sleeps deep itself, and so sees that there is a sleeper, and its announcement. The same for who is the
 *    lookout only until it has woken another, and finds nobody (sched_surplus()).
 *    And somebody may rely on one who is then sent work, and will not look. So who was the lookout owes a look,
 *    and sees that another is, if there is one who sleeps. It owes nothing any more when it has
 *    been so far that it may sleep deep. All this is checked: tests/models/surplus.pml.
 *
 * While we are marked idle our lanes may be taken from us (take_over() in ready.c), so
 * we touch nothing of ours before the mark is gone. */
#include "kernel/idle.h"

#include "base/memory.h"
#include "kernel/balance.h"
#include "kernel/online.h"
#include "kernel/steal.h"
#include "kernel/timer.h"

enum {
    SPIN_ROUNDS = 2000, /* tens of microseconds: longer than two schedulers need for a round trip */
    ROUNDS_PER_LOOK = 64,
    POLL_FIRST_NS = 100 * 1000,
    POLL_LAST_NS = 1000 * 1000,
};

/* Still nothing for us? seq_cst: see above, 1. */
static bool inbox_idle_still(struct sched *s)
{
    struct process *p = atomic_load_explicit(&s->inbox, memory_order_seq_cst);
    return (p == SCHED_MARK_IDLE || p == SCHED_MARK_ROBBED) && !sched_is_called(s);
}

bool idle_begin(struct sched *s)
{
    struct process *none = NULL;
    /* release: our lanes as we leave them; pairs with take_over(). */
    return atomic_compare_exchange_strong_explicit(&s->inbox, &none, SCHED_MARK_IDLE, memory_order_seq_cst,
                                                   memory_order_relaxed);
}

/* Take the mark away, unless somebody has replaced it by work. */
void idle_end(struct sched *s)
{
    for (;;) {
        struct process *mark = SCHED_MARK_IDLE;
        /* acquire: our lanes as the last robber left them; or, if a push has replaced its mark, that it
         * still has the thief flag, for which we then wait in sched_lock(). */
        if (atomic_compare_exchange_strong_explicit(&s->inbox, &mark, NULL, memory_order_acquire,
                                                    memory_order_acquire) ||
            mark != SCHED_MARK_ROBBED)
            return;
        os_pause(); /* a few dozen instructions of somebody else's */
    }
}

/* Is there something to steal? Then we are no longer idle, and have it. (Nor if we have been sent something meanwhile.) */
static bool try_steal(struct sched *s)
{
    enum robbery how;
    struct sched *victim = steal_look(s, &how);
    if (!victim)
        return false;
    idle_end(s);
    return steal_from(s, victim, how) || !idle_begin(s);
}

/* What an idle scheduler does for all: see above, 2. */
struct duty {
    bool looks; /* it is the lookout; */
    bool owes;  /* it was, and somebody may rely on that */
};

static void begin_duty(struct duty *d)
{
    d->looks = sched_look_out();
    d->owes = d->owes || d->looks;
}

static void end_duty(const struct duty *d)
{
    if (d->looks)
        sched_look_no_more();
    if (d->owes)
        sched_surplus();
}

/* It is over soon, mostly: so not at the first look. */
static bool look_while_spinning(struct sched *s, struct duty *d, int round)
{
    if (round && !d->looks && UNLIKELY(sched_nobody_looks()))
        begin_duty(d);
    return timer_due() || try_steal(s);
}

/* True: there may be something to run. The kernel likes to put a thread that was woken on the CPU of who woke it, and
 * there it would wait until we have spun enough: so it goes first. One CPU: whoever could give us work needs it. */
static bool spin(struct sched *s, struct duty *d)
{
    int rounds = runtime.cpus > 1 ? SPIN_ROUNDS : 0;
    if (rounds && s->woke)
        os_yield_thread();
    s->woke = false;
    for (int i = 0; i < rounds; i++) {
        if (!inbox_idle_still(s) || (i % ROUNDS_PER_LOOK == 0 && look_while_spinning(s, d, i)))
            return true;
        os_pause();
    }
    return !inbox_idle_still(s) || timer_due();
}

/* Until our next timer, if that is less than timeout_ns (0: no limit). */
static uint64_t at_most_until_timer(const struct sched *s, uint64_t timeout_ns)
{
    uint64_t next = timer_next_ns(s);
    if (!next)
        return timeout_ns;
    uint64_t now = os_now_ns(), left = next > now ? next - now : 1;
    return !timeout_ns || left < timeout_ns ? left : timeout_ns;
}

static bool somebody_is_awake(void)
{
    return atomic_load_explicit(&runtime.awake, memory_order_seq_cst);
}

static bool is_lookout_there(void)
{
    return atomic_load_explicit(&runtime.deep_sleepers, memory_order_seq_cst) & SCHED_LOOKOUT;
}

/* Sleep until woken, or our next timer, or for timeout_ns (0: no limit); deep: only if nobody is awake, or somebody looks.
 * Who was summoned meanwhile is the lookout from now on. */
static void sleep_once(struct sched *s, uint64_t timeout_ns, bool deep, struct duty *d)
{
    timeout_ns = at_most_until_timer(s, timeout_ns);
    atomic_store_explicit(&s->futex, SCHED_ASLEEP, memory_order_seq_cst);
    bool sleeps = inbox_idle_still(s) && !(deep && somebody_is_awake() && !is_lookout_there());
    if (sleeps)
        os_futex_wait(&s->futex, SCHED_ASLEEP, timeout_ns);
    bool summoned = atomic_exchange_explicit(&s->futex, SCHED_AWAKE, memory_order_seq_cst) == SCHED_SUMMONED;
    d->looks = d->looks || summoned;
    d->owes = summoned || (d->owes && !(sleeps && deep));
}

/* Nobody is awake, so nobody has surplus; or the lookout sees it. */
static void sleep_deep(struct sched *s, struct duty *d)
{
    atomic_fetch_add_explicit(&runtime.deep_sleepers, 1, memory_order_seq_cst);
    sleep_once(s, 0, true, d);
    atomic_fetch_sub_explicit(&runtime.deep_sleepers, 1, memory_order_seq_cst);
}

/* Are we to be the lookout, and go on if we are? seq_cst: see above, 2. */
static void take_duty(struct duty *d)
{
    bool wanted = somebody_is_awake();
    if (d->looks && !wanted) {
        sched_look_no_more();
        d->looks = false;
    } else if (wanted && !d->looks) {
        begin_duty(d);
    }
}

static void sleep_and_poll(struct sched *s, struct duty *d)
{
    uint64_t poll = POLL_FIRST_NS;
    while (inbox_idle_still(s)) {
        take_duty(d);
        bool looked = d->looks;
        if (looked)
            sleep_once(s, poll, false, d);
        else
            sleep_deep(s, d);
        if (!inbox_idle_still(s) || timer_due() || try_steal(s))
            break;
        poll = !looked ? POLL_FIRST_NS : poll * 2 > POLL_LAST_NS ? POLL_LAST_NS : poll * 2;
    }
}

/* Look for work, spin a little, sleep. Returns when it may be worth a look at the queue. */
static void idle(struct sched *s)
{
    struct duty duty = {false, false};
    if (!idle_begin(s))
        return;
    sched_count(&s->breaks);
    if (spin(s, &duty)) {
        end_duty(&duty);
    } else {
        atomic_fetch_sub_explicit(&runtime.awake, 1, memory_order_seq_cst);
        sleep_and_poll(s, &duty);
        end_duty(&duty);
        atomic_fetch_add_explicit(&runtime.awake, 1, memory_order_seq_cst);
        /* seq_cst: the watcher sets it, then reads `awake`: one sees the other. */
        if (UNLIKELY(atomic_load_explicit(&runtime.watcher_sleeps, memory_order_seq_cst)))
            preempt_rouse();
    }
    idle_end(s);
}

/* ---- off line ---- */

/* Nobody needs us but our timers, and who is still sent here. */
static void rest_off_line(struct sched *s)
{
    if (!idle_begin(s))
        return;
    struct duty duty = {false, false};
    atomic_fetch_sub_explicit(&runtime.awake, 1, memory_order_seq_cst);
    sleep_once(s, 0, false, &duty);
    atomic_fetch_add_explicit(&runtime.awake, 1, memory_order_seq_cst);
    end_duty(&duty); /* it was on line a moment ago */
    idle_end(s);
}

/* We were called, or there are strays. Returns on line. */
static COLD void see_to_calls(struct sched *s)
{
    online_look(s);
    while (s->off_line && !sched_halted(s)) {
        balance_take(s);
        rest_off_line(s);
        if (timer_due())
            timer_poll(s);
        online_look(s);
    }
    balance_take(s);
    if (timer_next_ns(s) && !sched_until_timers(s)) /* a thread has set one, and called us */
        sched_watch_timers(s, TIMER_SWITCHES);
}

void idle_main(void *arg)
{
    struct sched *s = arg;
    memory_bind_thread((int)s->index);
    self_set_sched(s);
    ctx_init_thread(&s->native, &s->native_stack);
    os_trap_stack_begin(&s->trap_stack); /* without it an overflow is a plain crash */
    preempt_admit();
    for (;;) {
        sched_run_all(s);
        if (sched_halted(s))
            break;
        if (UNLIKELY(s->watch & WATCH_ELSEWHERE)) {
            see_to_calls(s);
            continue;
        }
        sched_give_back_lanes(s);
        if (sched_until_timers(s) != WATCH_TIMERS_NOW)
            idle(s);
        if (timer_next_ns(s))
            sched_surplus(); /* what we run now may compute for long: somebody must mind our timers */
        if (sched_until_timers(s) == WATCH_TIMERS_NOW || timer_due())
            timer_poll(s);
    }
    os_trap_stack_end(s->trap_stack);
    ctx_fini_thread(&s->native);
    self_set_sched(NULL);
    if (atomic_fetch_sub_explicit(&runtime.running, 1, memory_order_seq_cst) == 1)
        os_futex_wake(&runtime.running, 1);
}
