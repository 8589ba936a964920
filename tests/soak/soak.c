/* The soak: everything at random, for long, and a shadow account that must come out even.
 *
 * In each epoch a crowd of members has children of many kinds (linked, watched, killed, resting, with large heaps, with
 * names), sends, sets timers and cancels them, collects garbage, suspends, binds itself here and there, while a thread
 * takes schedulers off line and on line. Each member books what it is owed: for each child who ends how, and what it was
 * told; for each timer whether it came. At the end of an epoch nobody is owed anything, and what the
 * runtime counts is what the account says. At the end of it all its memory is what it was in the first third of the
 * time, if that was long enough to see the most of it (but AddressSanitizer keeps what is freed for a while).
 *
 * usage: see below. Whatever is wrong is told with the seed, and ends it all at once with status 1. */
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "beamling/beamling.h"
#include "support/random.h"
#include "support/scale.h"

static const char usage[] =
    "usage: soak [--seconds N] [--schedulers N] [--crowd N] [--seed N]\n"
    "\n"
    "  --seconds N       for so long; default 1800, which is half an hour\n"
    "  --schedulers N    default 4\n"
    "  --crowd N         members of the crowd; default 256\n"
    "  --seed N          what they do; default: another each time, printed\n"
    "  --help            this text\n"
    "\n"
    "A line for each ten seconds; the last one says what was done. In runs of a minute and more the memory at the\n"
    "end must be within 5 % (and a MiB) of the most in the first third of the time. The exit status is 0 only if all came out even.\n";

static const bl_term no_term;

enum { STEPS = 500, OPEN = 24, WARM_UP = 3, PATIENCE_S = 300, MINUTE = 60, MOST_CROWD = 4096 };

static uint64_t seed;
static unsigned schedulers = 4, crowd = 256;
static long seconds = 1800;
static _Atomic bool over;
static _Atomic int64_t born, ends_heard, timers_set, timers_over, settled, changes;
static int64_t members;

/* Does it hold? From processes and threads alike. */
static void must_(bool holds, const char *what, int line)
{
    if (holds)
        return;
    fprintf(stderr, "soak: broken, line %d: %s\nsoak: the seed was %" PRIu64 "\n", line, what, seed);
    _exit(1);
}

#define MUST(...) must_((__VA_ARGS__), #__VA_ARGS__, __LINE__)

/* ---- children: each ends in a way that its parent knows of ---- */

enum kind { RETURNS, EXITS, SLEEPS, IS_TOLD, IS_KILLED, BUILDS, IS_NAMED, RESTS, KINDS };

static void wait_to_be_told(void)
{
    BL_RECEIVE {
        BL_ON("go") (void)0;
    }
}

/* A list of n numbers, and garbage beside it; it stays what it is. */
static void build(int64_t n)
{
    bl_term list = bl_nil();
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        list = bl_cons(BL_TUPLE(bl_int(i), bl_float(0.5)), list);
        (void)BL_TERM("{garbage, %i, [1, 2, 3]}", i);
    }
    bl_collect();
    for (; !bl_is_nil(list); list = bl_tail(list))
        sum += bl_to_int(bl_element(bl_head(list), 0));
    MUST(sum == n * (n - 1) / 2);
}

static void be_child(bl_term what)
{
    int64_t kind = bl_to_int(bl_element(what, 0)), n = bl_to_int(bl_element(what, 1));
    for (int64_t i = n % 5; i > 0; i--)
        bl_yield();
    switch (kind) {
    case EXITS: bl_exit(BL_TERM("{bad, luck, %i}", n));
    case SLEEPS: bl_sleep((uint64_t)n % 4); break;
    case IS_TOLD: wait_to_be_told(); break;
    case IS_KILLED:
        for (;;)
            bl_receive();
    case BUILDS: build(n); break;
    case IS_NAMED: {
        char name[16];
        snprintf(name, sizeof name, "member%d", (int)(n % 16));
        if (bl_register(bl_atom(name), bl_self()) == BL_OK && n % 2)
            MUST(bl_unregister(bl_atom(name)) == BL_OK);
        break;
    }
    default: break;
    }
}

/* Counts what it is told, and ends with the count when it is asked. */
static bl_term rest(bl_term count, bl_term m)
{
    if (bl_is_int(m))
        return bl_int(bl_to_int(count) + bl_to_int(m));
    bl_exit(BL_TERM("{counted, %t}", count));
}

/* ---- a member, and what it is owed ---- */

struct child {
    bl_pid pid;
    bl_term reference; /* of its monitor; "no term": it is linked */
    enum kind kind;
    int64_t n; /* RESTS: it has been told so much */
};

struct member {
    struct random r;
    struct child children[OPEN];
    unsigned count;
    int64_t timers;
};

static bool is_killed(bl_term reason)
{
    return bl_same(reason, bl_atom("killed"));
}

static bool ended_as_it_should(const struct child *c, bl_term reason)
{
    int64_t n;
    switch (c->kind) {
    case EXITS: return BL_MATCH(reason, "{bad, luck, %i}", &n) && n == c->n;
    case IS_KILLED: return is_killed(reason);
    case RESTS: return BL_MATCH(reason, "{counted, %i}", &n) && n == c->n;
    default: return bl_same(reason, bl_atom("normal"));
    }
}

static void hear_of_end(struct member *m, bl_term pid, bl_term reference, bl_term reason)
{
    for (unsigned i = 0; i < m->count; i++) {
        struct child *c = &m->children[i];
        if (bl_is_none(reference) ? !bl_is_none(c->reference) || !bl_same_pid(c->pid, bl_to_pid(pid))
                                  : !bl_same(c->reference, reference))
            continue;
        MUST(bl_same_pid(c->pid, bl_to_pid(pid)));
        MUST(ended_as_it_should(c, reason));
        *c = m->children[--m->count];
        atomic_fetch_add(&ends_heard, 1);
        return;
    }
    MUST(!"somebody has ended of whom nothing is booked");
}

/* Until nothing comes for so many milliseconds, or nothing is owed. */
static void hear(struct member *m, int64_t patience)
{
    for (bool more = true; more && m->count + m->timers > 0;) {
        bl_term pid, reference, reason;
        BL_RECEIVE {
            BL_ON("{'DOWN', %t, process, %t, %t}", &reference, &pid, &reason) hear_of_end(m, pid, reference, reason);
            BL_ON("{'EXIT', %t, %t}", &pid, &reason) hear_of_end(m, pid, no_term, reason);
            BL_ON("tick") m->timers--, atomic_fetch_add(&timers_over, 1);
            BL_ON("_") MUST(!"a message of no known shape");
            BL_AFTER(patience) more = false;
        }
    }
}

static void tell_rest(struct child *c, unsigned times)
{
    for (; times; times--, c->n++)
        MUST(bl_send(c->pid, bl_int(1)) == BL_OK);
}

static void have_child(struct member *m)
{
    if (m->count == OPEN)
        hear(m, 1);
    if (m->count == OPEN)
        return;
    struct child *c = &m->children[m->count];
    bool link = random_below(&m->r, 2);
    memset(c, 0, sizeof *c);
    c->kind = (enum kind)random_below(&m->r, KINDS);
    c->n = c->kind == RESTS ? 0 : random_below(&m->r, 500);
    bl_spawn_options o = {.link = link, .monitor = !link, .reference = link ? NULL : &c->reference,
                          .scheduler = random_below(&m->r, schedulers + 1), .priority = random_below(&m->r, 8) ? 0 : random_below(&m->r, 4)};
    c->pid = c->kind == RESTS ? bl_spawn_resting_opt(rest, bl_int(0), &o)
                              : bl_spawn_opt(be_child, BL_TERM("{%i, %i}", (int64_t)c->kind, c->n), &o);
    MUST(bl_pid_error(c->pid) == BL_OK);
    m->count++;
    atomic_fetch_add(&born, 1);
}

/* One of its children, if it is one that has to be told. */
static void tell_child(struct member *m, struct child *c)
{
    switch (c->kind) {
    case IS_TOLD: MUST(bl_send(c->pid, bl_atom("go")) == BL_OK); break;
    case IS_KILLED: MUST(bl_exit_signal(c->pid, bl_atom("kill")) == BL_OK); break;
    case RESTS: tell_rest(c, random_below(&m->r, 20)); break;
    default: break;
    }
}

static void suspend_child(const struct child *c)
{
    if (bl_suspend(c->pid) == BL_OK) /* else it has ended */
        bl_resume(c->pid);
}

static void set_timer(struct member *m)
{
    bl_term timer = bl_send_after(random_below(&m->r, 4), bl_from_pid(bl_self()), bl_atom("tick"));
    MUST(bl_is_reference(timer));
    atomic_fetch_add(&timers_set, 1);
    m->timers++;
    if (random_below(&m->r, 3) == 0 && bl_cancel_timer(timer) >= 0) {
        m->timers--;
        atomic_fetch_add(&timers_over, 1);
    }
}

static void act(struct member *m)
{
    struct child *c = m->count ? &m->children[random_below(&m->r, m->count)] : NULL;
    switch (random_below(&m->r, 16)) {
    case 0: case 1: case 2: have_child(m); break;
    case 3: case 4: case 5: if (c) tell_child(m, c); break;
    case 6: case 7: set_timer(m); break;
    case 8: bl_process_flag(bl_atom("scheduler"), bl_int(random_below(&m->r, schedulers + 1))); break;
    case 9: case 10: hear(m, 0); break;
    case 11: hear(m, random_below(&m->r, 4) == 0); break;
    case 12: if (c) suspend_child(c); break;
    case 13: if (c) (void)bl_garbage_collect(c->pid, BL_COLLECT_MAJOR); break;
    case 14: (void)BL_TERM("{%i, [a, b, \"text\"], 1.5}", (int64_t)m->count); break;
    default: bl_yield();
    }
}

/* Those that wait for a word are given it; IS_TOLD may have it twice. */
static void settle(struct member *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        tell_child(m, &m->children[i]);
        if (m->children[i].kind == RESTS)
            MUST(bl_send(m->children[i].pid, bl_atom("end")) == BL_OK);
    }
    hear(m, PATIENCE_S * 1000);
    MUST(m->count == 0 && m->timers == 0);
    MUST(bl_mailbox_length() == 0);
    atomic_fetch_add(&settled, 1);
}

static void be_member(bl_term number)
{
    struct member m = {.r = random_split(seed, (uint64_t)bl_to_int(number))};
    bl_trap_exit(true);
    for (int i = 0; i < STEPS; i++)
        act(&m);
    settle(&m);
}

/* ---- schedulers come and go ---- */

static void *change_schedulers(void *unused)
{
    struct random r = random_split(seed, UINT32_MAX);
    while (!atomic_load(&over)) {
        MUST(bl_set_schedulers_online(1 + random_below(&r, schedulers)) > 0);
        atomic_fetch_add(&changes, 1);
        usleep(random_below(&r, 3000)); /* it awaits nothing: it is what comes in between */
    }
    return unused;
}

/* ---- epochs ---- */

static long resident_kib(void)
{
    char text[128] = "";
    int fd = open("/proc/self/statm", O_RDONLY);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    long pages = 0;
    MUST(n > 0 && sscanf(text, "%*d %ld", &pages) == 1);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void be_stuck(int number)
{
    (void)number;
    static const char text[] = "soak: an epoch has not ended within five minutes: somebody waits in vain\n";
    ssize_t written = write(2, text, sizeof text - 1);
    (void)written;
    _exit(1);
}

static void run_epoch(uint64_t number)
{
    static bl_pid p[MOST_CROWD];
    bl_stats s;
    alarm(PATIENCE_S);
    for (unsigned i = 0; i < crowd; i++) {
        p[i] = bl_spawn_on(i % (schedulers + 1), be_member, bl_int((int64_t)(number * MOST_CROWD + i)));
        MUST(bl_pid_error(p[i]) == BL_OK);
    }
    for (unsigned i = 0; i < crowd; i++) {
        bl_term reason;
        MUST(bl_wait(p[i], &reason) == BL_OK);
        MUST(bl_same(reason, bl_atom("normal")) || bl_same(reason, bl_atom("noproc")));
    }
    members += crowd;
    do
        MUST(bl_get_stats(&s) == BL_OK); /* who was waited for may be on its way out of the books */
    while (s.ended < s.spawned);
    alarm(0);
    MUST(atomic_load(&born) == atomic_load(&ends_heard));
    MUST(atomic_load(&timers_set) == atomic_load(&timers_over));
    MUST(atomic_load(&settled) == members);
    MUST(s.spawned == (uint64_t)(atomic_load(&born) + members));
    MUST(s.timers == 0);
}

static void soak(void)
{
    int64_t began = bl_monotonic_ns(), told_at = began;
    long first = 0, now = 0;
    uint64_t epoch = 0;
    for (; bl_monotonic_ns() - began < seconds * INT64_C(1000000000) || epoch <= WARM_UP; epoch++) {
        run_epoch(epoch);
        now = resident_kib();
        /* Pools keep as much as there ever was at once, and that grows more and more slowly. */
        if (epoch <= WARM_UP || bl_monotonic_ns() - began < seconds * INT64_C(1000000000) / 3)
            first = now > first ? now : first;
        if (bl_monotonic_ns() - told_at > INT64_C(10000000000)) {
            told_at = bl_monotonic_ns();
            printf("%5d s  %6" PRIu64 " epochs, %10" PRId64 " processes, %9" PRId64 " timers, %7" PRId64 " changes, %ld KiB\n",
                   (int)((told_at - began) / 1000000000), epoch + 1, born + members, timers_set, changes, now);
            fflush(stdout);
        }
    }
    printf("all came out even: %" PRIu64 " epochs, %" PRId64 " processes, %" PRId64 " timers, %" PRId64
           " changes of schedulers; memory %ld KiB, then %ld\n", epoch, born + members, timers_set, changes, first, now);
    MUST(seconds < MINUTE || now <= first + first / 20 + 1024 || KEEPS_WHAT_IS_FREED);
}

static void read_options(int argc, char **argv)
{
    static const struct option options[] = {{"seconds", 1, NULL, 's'}, {"schedulers", 1, NULL, 'n'}, {"crowd", 1, NULL, 'c'},
                                            {"seed", 1, NULL, 'r'},    {"help", 0, NULL, 'h'},       {0}};
    const char *given = NULL;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        char *end = NULL;
        unsigned long long n = optarg ? strtoull(optarg, &end, 10) : 0;
        bool good = end && end != optarg && !*end && *optarg != '-';
        if (o == 'h') {
            fputs(usage, stdout);
            exit(0);
        }
        if (o == '?')
            exit((fputs(usage, stderr), 2));
        if (!good || (o != 'r' && (!n || n > MOST_CROWD * 1000ull)) || (o == 'c' && n > MOST_CROWD)) {
            fprintf(stderr, "soak: %s is no such option, or not a number that can be\n%s", argv[optind - 1], usage);
            exit(2);
        }
        if (o == 's')
            seconds = (long)n;
        else if (o == 'n')
            schedulers = (unsigned)n;
        else if (o == 'c')
            crowd = (unsigned)n;
        else
            given = optarg;
    }
    if (given)
        setenv("BEAMLING_TEST_SEED", given, 1);
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    seed = random_seed("soak");
    signal(SIGALRM, be_stuck);
    /* Few lanes, so that copying in and out is the rule, and all have been used, and as deep as they ever are, before the
     * first third is over: a stack that was used once keeps its pages, and of a thousand some are new after minutes. */
    bl_options o = {.schedulers = schedulers, .lanes = 32};
    bl_error error = bl_start(&o);
    if (error) {
        fprintf(stderr, "soak: bl_start: %s\n", bl_strerror(error));
        return 1;
    }
    pthread_t changer;
    MUST(pthread_create(&changer, NULL, change_schedulers, NULL) == 0);
    soak();
    atomic_store(&over, true);
    pthread_join(changer, NULL);
    MUST(bl_stop() == BL_OK);
    return 0;
}
