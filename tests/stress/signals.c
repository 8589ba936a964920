/* Links, monitors and kills among processes that know nothing of each other, and a book in
 * which everything that must be heard is written down: each monitor has one DOWN, unless
 * demonitor/1 said that it was in time; each link one EXIT at most, and one at least if it
 * was there for certain. Seeded; prints its seed. */
#include "support/law.h"
#include "support/random.h"

enum { CROWD = 64, STEPS = 400, WATCHES = 32 };

static _Atomic uint64_t crowd[CROWD]; /* pids as words */
static _Atomic int64_t monitors_set, downs_heard, demonitored, exits_heard;
static uint64_t seed;

static bl_pid somebody(struct random *r)
{
    return (bl_pid){atomic_load(&crowd[random_below(r, CROWD)])};
}

/* What one member of the crowd has open. */
struct book {
    bl_term watch[WATCHES];
    unsigned n;
};

static void close_watch(struct book *b, bl_term reference)
{
    for (unsigned i = 0; i < b->n; i++)
        if (bl_same(b->watch[i], reference)) {
            b->watch[i] = b->watch[--b->n];
            atomic_fetch_add(&downs_heard, 1);
            return;
        }
    CLAIM(!"a DOWN for a monitor that is not open");
}

static void hear(struct book *b, int64_t patience)
{
    for (bool more = true; more;) {
        bl_term reference;
        BL_RECEIVE {
            BL_ON("{'DOWN', %t, process, %t, %t}", &reference, &(bl_term){0}, &(bl_term){0}) close_watch(b, reference);
            BL_ON("{'EXIT', %t, %t}", &(bl_term){0}, &(bl_term){0}) atomic_fetch_add(&exits_heard, 1);
            BL_ON("_") CLAIM(!"a message of no known shape");
            BL_AFTER(patience) more = false;
        }
    }
}

static void act(struct random *r, struct book *b)
{
    bl_pid p = somebody(r);
    bool was;
    if (!p.word || bl_same_pid(p, bl_self()))
        return; /* not born yet; or a monitor that is never heard of */
    switch (random_below(r, 10)) {
    case 0:
    case 1:
    case 2:
        if (b->n < WATCHES) {
            b->watch[b->n++] = bl_monitor(p);
            atomic_fetch_add(&monitors_set, 1);
        }
        break;
    case 3:
        if (b->n) {
            bl_term reference = b->watch[random_below(r, b->n)];
            CLAIM(bl_demonitor(reference, false, &was) == BL_OK);
            if (was) {
                atomic_fetch_add(&demonitored, 1);
                close_watch(b, reference);
                atomic_fetch_sub(&downs_heard, 1);
            }
        }
        break;
    case 4:
    case 5: CLAIM(bl_link(p) == BL_OK); break;
    case 6: CLAIM(bl_unlink(p) == BL_OK); break;
    case 7: hear(b, 0); break;
    case 8: bl_yield(); break;
    default:
        if (random_below(r, 4) == 0)
            bl_exit_signal(p, bl_atom("poke")); /* to who traps, a message */
    }
}

/* Lives for some steps; closes its books unless it is killed. The killed have not heard
 * all, so only those that end by themselves count theirs. */
static void member(bl_term number)
{
    struct random r = {seed + (uint64_t)bl_to_int(number) * UINT64_C(0x9e3779b97f4a7c15)};
    struct book book = {.n = 0};
    bl_trap_exit(true);
    for (unsigned i = 0; i < STEPS; i++)
        act(&r, &book);
    for (unsigned i = 0; i < book.n;) {
        bool was;
        CLAIM(bl_demonitor(book.watch[i], false, &was) == BL_OK);
        if (!was) {
            i++; /* it is in the mailbox */
            continue;
        }
        atomic_fetch_add(&demonitored, 1);
        book.watch[i] = book.watch[--book.n];
    }
    hear(&book, 0);
    CLAIM(book.n == 0);
}

/* Keeps the crowd at its size. */
static void host(bl_term generations)
{
    bl_trap_exit(true);
    int64_t n = 0;
    for (unsigned i = 0; i < CROWD; i++)
        atomic_store(&crowd[i], bl_spawn_monitor(member, bl_int(n++), NULL).word);
    for (int64_t left = bl_to_int(generations) * CROWD; left > 0; left--) {
        bl_pid p;
        bl_term why;
        BL_RECEIVE {
            BL_ON("{'DOWN', _, process, %p, %t}", &p, &why)
            {
                CLAIM(is_atom(why, "normal") || is_atom(why, "poke")); /* before it could trap */
                for (unsigned i = 0; i < CROWD; i++)
                    if (atomic_load(&crowd[i]) == p.word)
                        atomic_store(&crowd[i], bl_spawn_monitor(member, bl_int(n++), NULL).word);
            }
        }
    }
    for (unsigned i = 0; i < CROWD; i++) {
        BL_RECEIVE {
            BL_ON("{'DOWN', _, process, _, _}") (void)0;
        }
    }
}

LAW(signals, every_monitor_has_one_end)
{
    seed = random_seed("signals.every_monitor_has_one_end");
    atomic_store(&monitors_set, 0);
    atomic_store(&downs_heard, 0);
    atomic_store(&demonitored, 0);
    cr_assert(ended_well(bl_spawn(host, bl_int(rounds(30)))));
    cr_assert_eq(atomic_load(&monitors_set), atomic_load(&downs_heard) + atomic_load(&demonitored));
}

/* ---- the killed ---- */


static void mortal_member(bl_term number)
{
    struct random r = {seed + (uint64_t)bl_to_int(number)};
    bl_trap_exit(random_below(&r, 2));
    for (;;)
        switch (random_below(&r, 6)) {
        case 0: bl_link(somebody(&r)); break;
        case 1: bl_unlink(somebody(&r)); break;
        case 2: bl_monitor(somebody(&r)); break;
        case 3: bl_send(somebody(&r), bl_int(1)); break;
        case 4: bl_yield(); break;
        default:
            BL_RECEIVE {
                BL_ON("_") (void)0;
                BL_AFTER((int64_t)random_below(&r, 3)) (void)0;
            }
        }
}

/* Kills at random; each death is heard once, and the same number is born. */
static void killer(bl_term rounds_)
{
    struct random r = {seed};
    int64_t n = 0, alive = 0;
    for (unsigned i = 0; i < CROWD; i++, alive++)
        atomic_store(&crowd[i], bl_spawn_monitor(mortal_member, bl_int(n++), NULL).word);
    for (int64_t k = 0; k < bl_to_int(rounds_); k++) {
        bl_exit_signal(somebody(&r), bl_atom(random_below(&r, 2) ? "kill" : "die"));
        for (bool more = true; more;) {
            bl_pid p;
            BL_RECEIVE {
                BL_ON("{'DOWN', _, process, %p, _}", &p)
                {
                    unsigned times = 0;
                    for (unsigned i = 0; i < CROWD; i++)
                        if (atomic_load(&crowd[i]) == p.word) {
                            times++;
                            atomic_store(&crowd[i], bl_spawn_monitor(mortal_member, bl_int(n++), NULL).word);
                        }
                    CLAIM(times == 1);
                }
                BL_AFTER(0) more = false;
            }
        }
    }
    for (unsigned i = 0; i < CROWD; i++)
        bl_exit_signal((bl_pid){atomic_load(&crowd[i])}, bl_atom("kill"));
    for (; alive > 0; alive--) {
        BL_RECEIVE {
            BL_ON("{'DOWN', _, process, _, _}") (void)0;
        }
    }
}

LAW(signals, every_death_is_heard_once)
{
    seed = random_seed("signals.every_death_is_heard_once");
    cr_assert(ended_well(bl_spawn(killer, bl_int(rounds(5000)))));
    bl_stats s;
    do
        bl_get_stats(&s);
    while (s.ended < s.spawned); /* nobody is left over */
}
