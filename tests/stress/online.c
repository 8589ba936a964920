/* Schedulers go off line and come on line at random, while a crowd spawns, sends, waits for time,
 * links, watches, binds itself to this one and that, and has its garbage collected. And a book in which
 * everything must come out even: each child has one end that is heard, each message is received, each timer has
 * fired or was cancelled. Were a process or a wake-up lost, somebody would wait in vain. Seeded; prints
 * its seed. */
#include "support/processes.h"
#include "support/random.h"

enum { SCHEDULERS = 4, CROWD = 32, SERVERS = 8 };

static uint64_t seed;
static int steps;
static bl_pid servers[SERVERS];
static _Atomic bool over;
static _Atomic int64_t born, ends_heard, sent, timers_set, timers_over, changes;

/* ---- who is sent to ---- */

/* Counts what it is sent, among frames that must stay what they are. */
static void count_straight(bl_term number)
{
    volatile int64_t mine[20];
    int64_t n = 0;
    for (int i = 0; i < 20; i++)
        mine[i] = bl_to_int(number) * i;
    for (;;) {
        bl_term m = bl_receive();
        for (int i = 0; i < 20; i++)
            CLAIM(mine[i] == bl_to_int(number) * i);
        if (bl_is_pid(m))
            bl_send(bl_to_pid(m), bl_int(n));
        else
            n++;
    }
}

static bl_term count_resting(bl_term n, bl_term m)
{
    if (!bl_is_pid(m))
        return bl_int(bl_to_int(n) + 1);
    bl_send(bl_to_pid(m), n);
    return n;
}

static void start_servers(void)
{
    for (unsigned i = 0; i < SERVERS; i++) {
        unsigned place = i % (SCHEDULERS + 1);
        servers[i] = i % 2 ? bl_spawn_resting_on(place, count_resting, bl_int(0))
                           : bl_spawn_on(place, count_straight, bl_int(i));
    }
}

static void ask_servers(bl_term unused)
{
    int64_t received = 0;
    (void)unused;
    for (int i = 0; i < SERVERS; i++) {
        bl_send(servers[i], bl_from_pid(bl_self()));
        received += receive();
    }
    CLAIM(received == atomic_load(&sent));
}

/* ---- who does it ---- */

static void live_shortly(bl_term what)
{
    unsigned n = (unsigned)bl_to_int(what);
    for (unsigned i = 0; i < n % 8; i++)
        bl_yield();
    if (n % 16 == 1)
        bl_sleep(n % 3);
    if (n % 16 == 2)
        bl_exit(bl_atom("bad_luck"));
}

/* Linked, or watched, or both: so many ends are heard of it. */
static int64_t have_child(struct random *r)
{
    bl_term reference;
    unsigned how = 1 + random_below(r, 3);
    bl_spawn_options options = {.scheduler = random_below(r, SCHEDULERS + 1), .link = how & 1, .monitor = how & 2,
                                .reference = &reference, .priority = random_below(r, 8) ? 0 : random_below(r, 4)};
    bl_pid p = bl_spawn_opt(live_shortly, bl_int(random_below(r, 1000)), &options);
    CLAIM(bl_pid_error(p) == BL_OK);
    atomic_fetch_add(&born, how == 3 ? 2 : 1);
    return how == 3 ? 2 : 1;
}

/* Ends and timers, until so many have been heard; 0: those that are there. */
struct open {
    int64_t ends, timers;
};

static void hear(struct open *open, int64_t patience)
{
    for (bool more = true; more && open->ends + open->timers > 0;) {
        BL_RECEIVE {
            BL_ON("{'DOWN', _, process, _, _}") open->ends--, atomic_fetch_add(&ends_heard, 1);
            BL_ON("{'EXIT', _, _}") open->ends--, atomic_fetch_add(&ends_heard, 1);
            BL_ON("tick") open->timers--, atomic_fetch_add(&timers_over, 1);
            BL_AFTER(patience) more = false;
        }
    }
}

static void set_timer(struct random *r, struct open *open)
{
    bl_term timer = bl_send_after(random_below(r, 4), bl_from_pid(bl_self()), bl_atom("tick"));
    CLAIM(bl_is_reference(timer));
    atomic_fetch_add(&timers_set, 1);
    open->timers++;
    if (random_below(r, 3) == 0 && bl_cancel_timer(timer) >= 0) {
        open->timers--;
        atomic_fetch_add(&timers_over, 1);
    }
}

static void act(struct random *r, struct open *open)
{
    switch (random_below(r, 10)) {
    case 0:
    case 1: open->ends += have_child(r); break;
    case 2:
    case 3:
        send(servers[random_below(r, SERVERS)], 1);
        atomic_fetch_add(&sent, 1);
        break;
    case 4: set_timer(r, open); break;
    case 5: bl_process_flag(bl_atom("scheduler"), bl_int(random_below(r, SCHEDULERS + 1))); break;
    case 6: hear(open, 0); break;
    case 7: hear(open, random_below(r, 2)); break;
    case 8:
        if (random_below(r, 10) == 0)
            bl_garbage_collect(servers[random_below(r, SERVERS)], BL_COLLECT_MAJOR);
        break;
    default: bl_yield();
    }
}

static void member(bl_term number)
{
    struct random r = random_split(seed, (uint64_t)bl_to_int(number));
    struct open open = {0};
    bl_trap_exit(true);
    for (int i = 0; i < steps; i++)
        act(&r, &open);
    hear(&open, 60 * 1000);
    CLAIM(open.ends == 0 && open.timers == 0);
}

/* ---- who takes schedulers off line ---- */

static void change(struct random *r)
{
    CLAIM(bl_set_schedulers_online(1 + random_below(r, SCHEDULERS)) > 0);
    atomic_fetch_add(&changes, 1);
}

static void change_from_process(bl_term number)
{
    struct random r = random_split(seed, (uint64_t)bl_to_int(number));
    while (!atomic_load(&over)) {
        change(&r);
        if (random_below(&r, 4))
            bl_sleep(random_below(&r, 3));
        else
            bl_yield();
    }
}

static void *change_from_thread(void *unused)
{
    struct random r = random_split(seed, UINT32_MAX);
    while (!atomic_load(&over)) {
        change(&r);
        for (unsigned i = random_below(&r, 100); i > 0; i--)
            sched_yield();
    }
    return unused;
}

/* ---- all of it ---- */

static void churn(const char *name, bl_options options)
{
    bl_pid p[CROWD], changer;
    pthread_t t;
    seed = random_seed(name);
    steps = rounds(30000) + 100;
    start_with(options);
    start_servers();
    changer = spawn(change_from_process, CROWD);
    pthread_create(&t, NULL, change_from_thread, NULL);
    for (unsigned i = 0; i < CROWD; i++)
        p[i] = bl_spawn_on(i % (SCHEDULERS + 1), member, bl_int(i));
    for (unsigned i = 0; i < CROWD; i++)
        cr_assert(ended_well(p[i]));
    atomic_store(&over, true);
    cr_assert(ended_well(changer));
    pthread_join(t, NULL);
    cr_assert(ended_well(bl_spawn(ask_servers, bl_int(0))));
    cr_assert_eq(atomic_load(&born), atomic_load(&ends_heard));
    cr_assert_eq(atomic_load(&timers_set), atomic_load(&timers_over));
    cr_assert_gt(atomic_load(&changes), 10);
    stop();
}

Test(online, churn)
{
    churn("online.churn", (bl_options){.schedulers = SCHEDULERS});
}

/* Nearly all share a lane with somebody who is bound elsewhere. */
Test(online, churn_in_few_lanes)
{
    churn("online.churn_in_few_lanes", (bl_options){.schedulers = SCHEDULERS, .lanes = 1});
}
