/* seed.c - see seed.h. */
#include "kernel/seed.h"

#include "base/memory.h"
#include "kernel/idle.h"
#include "kernel/online.h"
#include "kernel/steal.h"
#include "kernel/timer.h"

enum {
    SLICE_BITS = 12,       /* the longest slice that is drawn, but never longer than what was asked for */
    SHUFFLED_MOST = 8,     /* so many of a queue may be sent to its end at once */
    SHARED_MOST = 8,       /* so many may one that has work take from another */
    TURN_NS = 2000,        /* a turn takes up to this, ... */
    LEAP_NS = 4000 * 1000, /* ... and sometimes this: the thread lost its CPU */
    FAILURES_ONE_IN = 64,
    PATIENCE_NS = 1000 * 1000 * 1000, /* with a thread that has the baton; ... */
    PATIENCE_LOST_NS = 2000 * 1000,   /* ... once it has run out; or, ... */
    PATIENCE_BLOCKED_NS = 100 * 1000, /* ... while a call blocks, whose end is not announced */
};

static const uint64_t first_ns = UINT64_C(1000) * 1000 * 1000;

/* Who may go on. OVER: the player has ended, nobody need wait for it. */
enum baton { BATON_OUTSIDE, BATON_PLAYER, BATON_OVER };
static _Atomic uint32_t baton;

/* The player's, but for what a failing allocation asks. */
static struct {
    uint64_t state;
    uint32_t slice_most;
    unsigned slice_bits;
    /* What happens once in so many turns. */
    unsigned leave, look, delay, shuffle, share, leap;
    bool patience_lost;
    struct sched *last;
} play;

/* ---- drawing: splitmix64, by S. Vigna after G. Steele et al. ---- */

static const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* One of 0 .. n - 1. */
static uint32_t draw(uint32_t n)
{
    return (uint32_t)(mix(play.state += golden) % n);
}

static bool once_in(unsigned n)
{
    return !draw(n);
}

/* 1, 2, 4, ... 2^bits. */
static unsigned draw_power(unsigned bits)
{
    return 1u << draw(bits + 1);
}

/* ---- memory that fails: any thread may ask, so by a count of its own ---- */

static uint64_t failing_seed;
static _Atomic uint64_t failing_count;

static bool allocation_fails(void)
{
    uint64_t n = atomic_fetch_add_explicit(&failing_count, 1, memory_order_relaxed);
    return !(mix(failing_seed + n * golden) % FAILURES_ONE_IN);
}

bool seed_fail(void)
{
    failing_seed = mix(runtime.seed);
    atomic_store_explicit(&failing_count, 0, memory_order_relaxed);
    return memory_fail_when(allocation_fails);
}

/* ---- begin and end ---- */

void seed_begin(uint64_t seed)
{
    runtime.seed = play.state = seed;
    play.slice_most = runtime.time_slice;
    play.slice_bits = draw(SLICE_BITS + 1);
    play.leave = draw_power(6);
    play.look = draw_power(6);
    play.delay = draw_power(6);
    play.shuffle = draw_power(6);
    play.share = draw_power(6);
    play.leap = 64u * draw_power(6);
    play.patience_lost = false;
    play.last = NULL;
    atomic_store_explicit(&baton, BATON_OUTSIDE, memory_order_relaxed);
    os_clock_set(first_ns);
}

void seed_end(void)
{
    (void)memory_fail_when(NULL);
    os_clock_set(0);
}

/* ---- the baton, for everybody. seq_cst: what one did before it passed it on, the other sees ---- */

static void baton_pass(uint32_t from, uint32_t to)
{
    if (atomic_compare_exchange_strong(&baton, &from, to))
        os_futex_wake(&baton, INT32_MAX);
}

void seed_outside_waits(void)
{
    baton_pass(BATON_OUTSIDE, BATON_PLAYER);
}

void seed_outside_goes_on(void)
{
    while (atomic_load(&baton) == BATON_PLAYER)
        os_futex_wait(&baton, BATON_PLAYER, 0);
}

void seed_halt(void)
{
    baton_pass(BATON_OUTSIDE, BATON_PLAYER);
}

/* ---- being a scheduler ---- */

static bool has_work(struct sched *s)
{
    return sched_inbox_holds_work(s) || atomic_load_explicit(&s->runnext, memory_order_relaxed) || sched_has_queue(s);
}

static void act_as(struct sched *s)
{
    self_set_sched(s);
    idle_end(s);
}

/* One of those with work; not `other`. NULL: nobody has. */
static struct sched *choose(const struct sched *other)
{
    struct sched *chosen = NULL;
    unsigned found = 0;
    for (unsigned i = 0; i < runtime.count; i++) {
        struct sched *s = runtime.scheds[i];
        if (s != other && has_work(s) && !draw(++found))
            chosen = s;
    }
    return chosen;
}

/* Whose turn is it? The same one's again, or another's. */
static struct sched *choose_next(void)
{
    bool stays = !once_in(play.leave) && play.last && has_work(play.last);
    play.last = stays ? play.last : choose(NULL);
    return play.last;
}

/* ---- a turn ---- */

/* Who was woken may have to wait like others; and the queue need not be in order of coming. */
static void shuffle(struct sched *s)
{
    sched_lock(s);
    struct process *next = atomic_load_explicit(&s->runnext, memory_order_relaxed);
    if (next && once_in(play.delay)) {
        atomic_store_explicit(&s->runnext, NULL, memory_order_relaxed);
        sched_enqueue(s, next);
    }
    uint64_t length = runq_length(&s->queue);
    if (length > 1 && once_in(play.shuffle))
        for (uint32_t n = draw(length < SHUFFLED_MOST ? (uint32_t)length : SHUFFLED_MOST); n; n--)
            runq_push(&s->queue, runq_pop(&s->queue));
    sched_unlock(s);
}

static uint32_t draw_slice(void)
{
    uint32_t slice = 1 + draw(draw_power(play.slice_bits));
    return slice < play.slice_most ? slice : play.slice_most;
}

/* Who has a rank is given that of the runtime: kernel/switch. */
static void take_turn(struct sched *s)
{
    act_as(s);
    shuffle(s);
    if (s->off_line)
        online_look(s); /* somebody was sent here nevertheless */
    s->time_slice = runtime.time_slice = draw_slice();
    sched_watch_timers(s, WATCH_TIMERS_NOW);
    sched_run_all(s);
    if (s->watch & WATCH_ELSEWHERE)
        online_look(s);
}

/* One that has work may have to take more. */
static void even_out_with_another(struct sched *s)
{
    struct sched *v = s->off_line ? NULL : choose(s);
    if (!v)
        return;
    act_as(s);
    uint32_t n = 1 + draw(SHARED_MOST), rank = once_in(2) ? RANK_NORMAL : draw(RANKS);
    steal_share(s, v, n, (enum process_rank)rank);
}

/* What a thread without work would do: say so, or look for some. */
static void look_around(struct sched *s)
{
    if (has_work(s)) {
        if (once_in(play.share))
            even_out_with_another(s);
        return;
    }
    struct process *seen = atomic_load_explicit(&s->inbox, memory_order_relaxed);
    struct sched *victim = seen && !once_in(2) ? choose(s) : NULL;
    act_as(s);
    if (victim)
        steal_from(s, victim, once_in(2) ? ROB_STUCK : once_in(4) ? ROB_AT_A_CUT : ROB_HALF);
    else
        sched_give_back_lanes(s);
    if (!has_work(s))
        (void)idle_begin(s);
}

/* ---- time ---- */

static void poll_timers(void)
{
    struct sched *s = runtime.scheds[draw(runtime.count)];
    act_as(s);
    timer_poll(s);
}

static void pass_time(void)
{
    os_clock_add(draw(once_in(play.leap) ? LEAP_NS : TURN_NS));
    if (timer_due() && once_in(2))
        poll_timers();
}

/* All sleep: it is the time for which the first of them waits. False: they wait for nothing. */
static bool leap(void)
{
    uint64_t first = UINT64_MAX, now = os_now_ns();
    for (unsigned i = 0; i < runtime.count; i++) {
        uint64_t next = timer_next_ns(runtime.scheds[i]);
        if (next && next < first)
            first = next;
    }
    if (first == UINT64_MAX)
        return false;
    os_clock_add(first > now ? first - now : 0);
    poll_timers();
    return true;
}

/* ---- the baton, the player's side ---- */

/* How much a thread has done that can be seen. */
static uint64_t deeds_outside(void)
{
    return atomic_load_explicit(&runtime.spawned_outside, memory_order_relaxed) +
           atomic_load_explicit(&runtime.sent_outside, memory_order_relaxed);
}

static bool somebody_blocks(void)
{
    return atomic_load_explicit(&runtime.blocked, memory_order_relaxed);
}

static uint64_t patience(void)
{
    if (somebody_blocks())
        return PATIENCE_BLOCKED_NS;
    return play.patience_lost ? PATIENCE_LOST_NS : PATIENCE_NS;
}

static bool could_play(void)
{
    for (unsigned i = 0; i < runtime.count; i++)
        if (has_work(runtime.scheds[i]) || timer_next_ns(runtime.scheds[i]))
            return true;
    return false;
}

static bool has_baton(void)
{
    return atomic_load(&baton) != BATON_OUTSIDE || sched_halted(runtime.scheds[0]);
}

/* The threads of the program go first: until one passes the baton on, or there is something to play
 * and nothing was heard of them for so long that we take it. */
static void await_baton(void)
{
    uint64_t deeds = deeds_outside(), before;
    bool patient = true;
    while (patient && !has_baton()) {
        if (!os_futex_wait(&baton, BATON_OUTSIDE, patience()))
            continue; /* who passed it to us the last time may be late to wake us */
        before = deeds;
        deeds = deeds_outside();
        patient = deeds != before || !could_play();
    }
    play.patience_lost |= !has_baton() && !somebody_blocks();
    baton_pass(BATON_OUTSIDE, BATON_PLAYER);
}

static void stand_back(void)
{
    atomic_store_explicit(&runtime.guests_woken, 0, memory_order_relaxed);
    baton_pass(BATON_PLAYER, BATON_OUTSIDE);
    await_baton();
}

/* ---- the player ---- */

static void play_on(void)
{
    if (atomic_load_explicit(&runtime.guests_woken, memory_order_relaxed))
        stand_back();
    if (runtime.count > 1 && once_in(play.look))
        look_around(runtime.scheds[draw(runtime.count)]);
    struct sched *s = choose_next();
    if (s) {
        take_turn(s);
        pass_time();
    } else if (!leap()) {
        stand_back();
    }
}

void seed_main(void *unused)
{
    struct sched *first = runtime.scheds[0];
    (void)unused;
    memory_bind_thread(0);
    for (unsigned i = 0; i < runtime.count; i++)
        ctx_init_thread(&runtime.scheds[i]->native, &runtime.scheds[i]->native_stack);
    os_trap_stack_begin(&first->trap_stack); /* without it an overflow is a plain crash */
    for (await_baton(); !sched_halted(first);)
        play_on();
    os_trap_stack_end(first->trap_stack);
    for (unsigned i = 0; i < runtime.count; i++)
        ctx_fini_thread(&runtime.scheds[i]->native);
    self_set_sched(NULL);
    atomic_store(&baton, BATON_OVER);
    os_futex_wake(&baton, INT32_MAX);
}
