/* scheduler.c - cases of scheduler_SUITE about priorities, about processes that are bound, and about schedulers that
 * are taken off line.
 *
 * Of priorities: theirs lets workers of several priorities work for a while on all schedulers, and compares
 * how much each has run. Ours are bound to the first scheduler, under 1 and under 4, so that
 * who goes before whom is decided by priorities alone; and a while is over when they have done
 * a certain amount of work together. The limits are those of the suite. */
#include <unistd.h>

#include "otp/otp.h"
#include "otp/words.h"

enum { WORKERS_MOST = 2048, PIECE = 1000 /* reductions: a quarter of a time slice */ };

struct crew {
    int count;
    bool part_time; /* after each piece they sleep for a millisecond */
    int first;      /* its workers are pieces[first ..] */
};

static struct crew crews[BL_PRIORITY_MAX + 1];
static int64_t pieces[WORKERS_MOST]; /* done by each, all on one scheduler */
static int64_t done, enough;
static _Atomic bool all_told; /* who is told first could be done before the last is */

static void work(int64_t i, bool part_time)
{
    receive(); /* until all have come */
    while (!all_told)
        bl_yield();
    while (done < enough) {
        bl_reduce(PIECE);
        pieces[i]++;
        done++;
        if (part_time)
            CLAIM(bl_sleep(1) == BL_OK);
    }
}

static void full_time(bl_term i)
{
    work(bl_to_int(i), false);
}

static void part_time(bl_term i)
{
    work(bl_to_int(i), true);
}

static int hire(bl_pid *workers, int from, bl_priority priority, struct crew crew)
{
    const bl_spawn_options options = {.scheduler = 1, .priority = priority, .link = true};
    crew.first = from;
    crews[priority] = crew;
    for (int i = from; i < from + crew.count; i++) {
        workers[i] = bl_spawn_opt(crew.part_time ? part_time : full_time, bl_int(i), &options);
        CLAIM(bl_pid_error(workers[i]) == BL_OK);
    }
    return from + crew.count;
}

static int64_t sum_of(bl_priority p)
{
    int64_t sum = 0;
    for (int i = 0; i < crews[p].count; i++)
        sum += pieces[crews[p].first + i];
    return sum;
}

/* Nobody of a crew did less than half of the average. */
static void claim_even(bl_priority p)
{
    for (int i = 0; i < crews[p].count; i++)
        CLAIM(pieces[crews[p].first + i] * 2 * crews[p].count >= sum_of(p));
}

static void claim_idle(bl_priority p)
{
    CLAIM(sum_of(p) == 0);
}

static void claim_busy(bl_priority p)
{
    CLAIM(sum_of(p) > 0);
    claim_even(p);
}

/* A low one does an eighth of what a normal one does: between 0.05 and 0.25 of it. */
static void claim_eighth(void)
{
    double low = (double)sum_of(BL_PRIORITY_LOW) / crews[BL_PRIORITY_LOW].count;
    double normal = (double)sum_of(BL_PRIORITY_NORMAL) / crews[BL_PRIORITY_NORMAL].count;
    claim_busy(BL_PRIORITY_LOW);
    claim_busy(BL_PRIORITY_NORMAL);
    CLAIM(low >= 0.05 * normal && low <= 0.25 * normal);
}

/* Crews by priority, until they have done so many pieces, and have gone home. */
static void employ(int low, int normal, struct crew high, struct crew max, int64_t all)
{
    static bl_pid workers[WORKERS_MOST];
    bl_process_flag(atom("priority"), atom("max"));
    bl_trap_exit(true);
    memset(pieces, 0, sizeof pieces);
    done = 0;
    enough = all;
    all_told = false;
    int n = hire(workers, 0, BL_PRIORITY_LOW, (struct crew){.count = low});
    n = hire(workers, n, BL_PRIORITY_NORMAL, (struct crew){.count = normal});
    n = hire(workers, n, BL_PRIORITY_HIGH, high);
    n = hire(workers, n, BL_PRIORITY_MAX, max);
    for (int i = 0; i < n; i++)
        await_waiting(workers[i]);
    for (int i = n; i-- > 0;)
        send(workers[i], 0);
    all_told = true;
    while (n--)
        CLAIM(is_atom(bl_element(bl_receive(), 2), "normal"));
}

static const struct crew nobody;
static const struct crew one_always = {.count = 1}, one_part_time = {.count = 1, .part_time = true};

/* So many workers; where tests are slow fewer, that each may still have dozens of turns: one turn that is cut short by
 * the clock, and one that is missed at the end, must not make half of anybody's. */
static int hands(int theirs)
{
    int64_t n = full(theirs, theirs);
    return n < 8 ? 8 : (int)n;
}

/* As many pieces as make forty time slices of each low one. */
static int64_t turns_of_low(int low, int normal)
{
    return 40 * 4 * (low + 8 * (int64_t)normal);
}

static void low_and_normal(int low, int normal, struct crew high, struct crew max)
{
    employ(low, normal, high, max, turns_of_low(low, normal));
    claim_eighth();
}

CASE(scheduler, equal)
{
    low_and_normal(hands(500), hands(500), nobody, nobody);
}

CASE(scheduler, few_low)
{
    low_and_normal(2, hands(990), nobody, nobody);
}

CASE(scheduler, many_low)
{
    low_and_normal(hands(990), 2, nobody, nobody);
}

CASE(scheduler, equal_with_part_time_high)
{
    low_and_normal(hands(490), hands(490), one_part_time, nobody);
    claim_busy(BL_PRIORITY_HIGH);
}

CASE(scheduler, equal_with_part_time_max)
{
    low_and_normal(hands(490), hands(490), nobody, one_part_time);
    claim_busy(BL_PRIORITY_MAX);
}

/* High ones take all that the one of the highest priority leaves. */
CASE(scheduler, equal_and_high_with_part_time_max)
{
    employ(hands(320), hands(320), (struct crew){.count = hands(320)}, one_part_time, full(100000, 100000));
    claim_idle(BL_PRIORITY_LOW);
    claim_idle(BL_PRIORITY_NORMAL);
    claim_busy(BL_PRIORITY_HIGH);
    claim_busy(BL_PRIORITY_MAX);
}

CASE(scheduler, equal_with_high)
{
    employ(hands(490), hands(490), one_always, nobody, full(100000, 100000));
    claim_idle(BL_PRIORITY_LOW);
    claim_idle(BL_PRIORITY_NORMAL);
    claim_busy(BL_PRIORITY_HIGH);
}

CASE(scheduler, equal_with_high_max)
{
    employ(hands(490), hands(490), one_always, one_always, full(100000, 100000));
    claim_idle(BL_PRIORITY_LOW);
    claim_idle(BL_PRIORITY_NORMAL);
    claim_idle(BL_PRIORITY_HIGH);
    claim_busy(BL_PRIORITY_MAX);
}

/* ---- bound to a scheduler ---- */

enum { STAYS = 100 };

static bl_term bind_to(int64_t scheduler)
{
    return bl_process_flag(atom("scheduler"), bl_int(scheduler));
}

/* Bound to the first; so many times it stays where it is for n loops, and is bound to the next. Which thread is
 * this? Asks the kernel: compilers take a thread's own name for a constant. */
static void loop_bound(bl_term n)
{
    int64_t here = 1;
    for (int stay = 0; stay < STAYS; stay++) {
        pid_t thread = gettid();
        for (int64_t i = bl_to_int(n); i > 0; i--) {
            CLAIM(bl_scheduler() == here && gettid() == thread);
            bl_yield();
        }
        int64_t next = here % bl_schedulers_online() + 1;
        CLAIM(bl_same(bind_to(next), bl_int(here)));
        CLAIM(bl_scheduler() == next);
        here = next;
    }
}

static void loop_free(bl_term n)
{
    for (int64_t i = STAYS * bl_to_int(n); i > 0; i--)
        bl_yield();
}

/* Every second one is bound. */
CASE(scheduler, bound_process)
{
    enum { LOOPS = 100 };
    bl_term references[LOOPS];
    for (unsigned i = 0; i < LOOPS; i++) {
        bl_spawn_options options = {.scheduler = 1 - i % 2, .monitor = true, .reference = &references[i]};
        bl_pid p = bl_spawn_opt(i % 2 ? loop_free : loop_bound, bl_int(full(20000, 200)), &options);
        CLAIM(bl_pid_error(p) == BL_OK);
    }
    for (unsigned i = 0; i < LOOPS; i++)
        CLAIM(is_atom(bl_element(bl_receive(), 4), "normal"));
}

/* ---- on line and off line ---- */

static void note_scheduler(bl_term to)
{
    bl_send_to(to, bl_int(bl_scheduler()));
}

/* So many are on line, and those run whoever is bound to them; whoever is bound to others runs on these. */
static void claim_online(unsigned online)
{
    bl_stats s;
    bl_get_stats(&s);
    CLAIM(bl_schedulers_online() == online);
    for (unsigned i = 1; i <= s.schedulers; i++) {
        CLAIM(bl_pid_error(bl_spawn_on(i, note_scheduler, self())) == BL_OK);
        unsigned where = (unsigned)receive();
        CLAIM(i <= online ? where == i : where >= 1 && where <= online);
    }
}

static void claim_state(bl_term online)
{
    claim_online((unsigned)bl_to_int(online));
}

/* Theirs starts nodes with +S and +SP, and asks each how many schedulers there are, and are on line. (There is no
 * +SP here, nor are there numbers below zero.) */
CASE_OUTSIDE(scheduler, scheduler_threads)
{
    static const struct {
        unsigned schedulers, online;
    } given[] = {{0, 0}, {1, 1}, {4, 0}, {4, 4}, {4, 2}, {8, 3}, {4, 1}};
    cr_assert_eq(bl_start(&(bl_options){.schedulers = 2, .schedulers_online = 4}), BL_EINVAL);
    for (unsigned i = 0; i < sizeof given / sizeof *given; i++) {
        bl_stats s;
        start_with((bl_options){.schedulers = given[i].schedulers, .schedulers_online = given[i].online});
        bl_get_stats(&s);
        unsigned all = given[i].schedulers ? given[i].schedulers : s.schedulers;
        unsigned online = given[i].online ? given[i].online : all;
        cr_assert_eq(s.schedulers, all);
        cr_assert_eq(bl_schedulers_online(), online);
        cr_assert(ended_well(bl_spawn(claim_state, bl_int(online))));
        stop();
    }
}

/* (Theirs also blocks multi-scheduling, and counts dirty schedulers.) */
CASE(scheduler, scheduler_suspend_basic)
{
    unsigned n = bl_schedulers_online();
    claim_online(n);
    CLAIM(bl_set_schedulers_online(1) == n);
    claim_online(1);
    CLAIM(bl_set_schedulers_online(n) == 1);
    claim_online(n);
    CLAIM(bl_set_schedulers_online(0) == 0);
    CLAIM(bl_set_schedulers_online(n + 1) == 0);
    claim_online(n);
}

static void set(unsigned n)
{
    CLAIM(bl_set_schedulers_online(n) > 0);
}

/* Theirs blocks and unblocks. */
static void suspend_and_yield(bl_term n)
{
    for (int64_t i = bl_to_int(n); i > 0; i--) {
        set(1);
        set(otp_schedulers);
        bl_yield();
    }
}

static void suspend_thrice(bl_term n)
{
    for (int64_t i = bl_to_int(n); i > 0; i--)
        for (int k = 0; k < 6; k++)
            set(k < 3 ? 1 : otp_schedulers);
}

static void suspend_some(bl_term n)
{
    unsigned all = otp_schedulers, half = all / 2 + 1;
    for (int64_t i = bl_to_int(n); i > 0; i--) {
        const unsigned to[] = {half, 1, half, all, 1, all};
        for (unsigned k = 0; k < 6; k++)
            set(half <= all ? to[k] : 1);
    }
}

/* All at once, and with all that are on line at the end. */
CASE(scheduler, scheduler_suspend)
{
    bl_function *const loops[] = {suspend_and_yield, suspend_thrice, suspend_some};
    for (unsigned i = 0; i < 6; i++)
        bl_spawn_monitor(loops[i % 3], bl_int(full(300, 100)), NULL);
    for (unsigned i = 0; i < 6; i++)
        CLAIM(is_atom(bl_element(bl_receive(), 4), "normal"));
    set(otp_schedulers);
    claim_online(otp_schedulers);
}

enum { CHANGERS = 100 };

static void change_once(bl_term number)
{
    set((unsigned)(bl_to_int(number) % otp_schedulers) + 1);
}

/* One after the other has said how many; the last of all says that all are. */
CASE(scheduler, simultaneously_change_schedulers_online)
{
    for (int64_t times = full(100, 40); times > 0; times--) {
        for (int i = 0; i < CHANGERS; i++)
            bl_spawn_monitor(change_once, bl_int(i), NULL);
        for (int i = 0; i < CHANGERS; i++)
            CLAIM(is_atom(bl_element(bl_receive(), 4), "normal"));
    }
    set(otp_schedulers);
    claim_online(otp_schedulers);
}

static void change_for_ever(bl_term number)
{
    for (int64_t i = bl_to_int(number);; i++)
        change_once(bl_int(i));
}

/* They are killed in the midst of it. */
CASE(scheduler, simultaneously_change_schedulers_online_with_exits)
{
    bl_pid p[CHANGERS];
    for (int64_t times = full(10, 4); times > 0; times--) {
        for (int i = 0; i < CHANGERS; i++)
            p[i] = bl_spawn_monitor(change_for_ever, bl_int(i), NULL);
        bl_sleep(1);
        for (int i = 0; i < CHANGERS; i++)
            bl_exit_signal(p[i], atom("kill"));
        for (int i = 0; i < CHANGERS; i++)
            CLAIM(is_atom(bl_element(bl_receive(), 4), "killed"));
    }
    set(otp_schedulers);
    claim_online(otp_schedulers);
}
