/* beamling_random.c - random_ring: rings in random order, straight-line and resting, and the bare visits that are their
 * floor. All on one CPU, so that plain variables count. */
#include "../figures/draws.h"
#include "../figures/figures.h"
#include "beamling_crew.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { TOKENS = 1000 };

static uint64_t tokens_of(const struct setting *setting)
{
    return strcmp(setting->variant, "tokens") ? 1 : TOKENS;
}

/* One cycle through all of 0 .. n-1, each with the same chance: Sattolo's. NULL: no memory. */
static uint32_t *random_cycle(uint64_t n)
{
    uint32_t *next = malloc(n * sizeof *next), drawn = 1;
    for (uint64_t i = 0; next && i < n; i++)
        next[i] = (uint32_t)i;
    for (uint64_t i = n - 1; next && i > 0; i--) {
        drawn = draw(drawn);
        uint64_t j = drawn % i;
        uint32_t kept = next[i];
        next[i] = next[j];
        next[j] = kept;
    }
    return next;
}

/* ---- units: each is told who comes next, then passes on what is left of a token ---- */

static _Atomic uint64_t told;
static uint64_t visits, tokens;
static bl_pid starts[TOKENS]; /* where the tokens are */

static void tell_how_it_went(bl_pid next)
{
    bl_send(crew.director, bl_from_pid(next));
}

static void member(bl_term unused)
{
    (void)unused;
    bl_term first = bl_receive();
    if (!bl_is_pid(first))
        return; /* the end, before all have been told */
    bl_pid next = bl_to_pid(first);
    atomic_fetch_add_explicit(&told, 1, memory_order_relaxed);
    for (;;) {
        int64_t left = crew_await() - 1;
        visits++;
        if (left)
            bl_send(next, bl_int(left));
        else
            tell_how_it_went(next);
    }
}

static bl_term resting_member(bl_term next, bl_term message)
{
    if (bl_is_pid(message)) {
        atomic_fetch_add_explicit(&told, 1, memory_order_relaxed);
        return message;
    }
    int64_t left = bl_to_int(message) - 1;
    if (left == CREW_END - 1)
        bl_exit(bl_atom("normal"));
    visits++;
    if (left)
        bl_send(bl_to_pid(next), bl_int(left));
    else
        tell_how_it_went(bl_to_pid(next));
    return next;
}

static bl_pid birth(void)
{
    return bl_spawn(member, bl_int(0));
}

static bl_pid resting_birth(void)
{
    return bl_spawn_resting(resting_member, bl_int(0));
}

static int hire_all(uint64_t n, bl_pid (*one)(void))
{
    for (uint64_t i = 0; i < n; i++) {
        bl_pid pid = one();
        if (bl_pid_error(pid))
            return crew_failed(pid);
        crew.pids[crew.size++] = pid;
    }
    return 0;
}

/* Who is told is told before the clock runs: when all have heard it. */
static int begin_with(const struct setting *setting, bl_pid (*one)(void))
{
    uint64_t n = setting->n;
    int r = hire_all(n, one);
    uint32_t *next = r ? NULL : random_cycle(n);
    if (!next)
        return r ? r : -ENOMEM;
    atomic_store(&told, 0);
    for (uint64_t i = 0; i < n && !r; i++)
        r = -(int)bl_send(crew.pids[i], bl_from_pid(crew.pids[next[i]]));
    free(next);
    while (!r && atomic_load(&told) < n)
        sched_yield();
    tokens = tokens_of(setting);
    for (uint64_t t = 0; t < tokens; t++)
        starts[t] = crew.pids[t * n / tokens];
    visits = 0;
    return r ? -ENOMEM : 0;
}

static int begin(const struct setting *setting)
{
    return begin_with(setting, birth);
}

static int begin_resting(const struct setting *setting)
{
    return begin_with(setting, resting_birth);
}

static void batch(uint64_t n, struct proof *proof)
{
    (void)n;
    for (uint64_t t = 0; t < tokens; t++)
        bl_send(starts[t], bl_int((int64_t)(BATCH_RANDOM_HOPS / tokens)));
    for (uint64_t t = 0; t < tokens; t++)
        starts[t] = bl_to_pid(bl_receive());
    proof->work += BATCH_RANDOM_HOPS;
    proof->checksum += visits;
    visits = 0;
}

static int batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(batch, setting, count, proof);
}

const struct task beamling_random_ring = {.begin = begin, .batches = batches, .end = crew_end};
const struct task beamling_resting_random_ring = {.begin = begin_resting, .batches = batches, .end = crew_end};

/* ---- the floor: no units, only memory, as much as theirs and laid out like it ----
 * Who has no stack lies in one place: two cache lines. Who has one lies in two, since the live bytes of its stack are
 * elsewhere; where, it says itself, and who comes next stands there. */

struct spot {
    struct spot *next; /* the other place, or the first of whoever comes next */
    uint64_t visits;   /* in the first cache line */
    uint64_t room[6], other[8];
};

static struct spot *spots, *at[TOKENS];
static size_t spots_bytes;
static int places; /* of each; the first of all come before the second of all */

/* Of n of them, i's, after whom j comes. */
static void lay_out(uint64_t n, uint64_t i, uint64_t j)
{
    spots[i].next = places == 2 ? &spots[n + i] : &spots[j];
    if (places == 2)
        spots[n + i].next = &spots[j];
}

static int begin_visits_of(const struct setting *setting, int places_of_each)
{
    uint64_t n = setting->n;
    uint32_t *next = random_cycle(n);
    if (!next)
        return -ENOMEM;
    places = places_of_each;
    spots_bytes = n * (uint64_t)places * sizeof *spots;
    spots = mmap(NULL, spots_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (spots == MAP_FAILED) {
        free(next);
        return -ENOMEM;
    }
    (void)madvise(spots, spots_bytes, MADV_HUGEPAGE); /* as the runtime does; refused where they are off */
    for (uint64_t i = 0; i < n; i++)
        lay_out(n, i, next[i]);
    free(next);
    tokens = tokens_of(setting);
    for (uint64_t t = 0; t < tokens; t++)
        at[t] = &spots[t * n / tokens];
    return 0;
}

static int begin_visits(const struct setting *setting)
{
    return begin_visits_of(setting, 1);
}

static int begin_visits_two(const struct setting *setting)
{
    return begin_visits_of(setting, 2);
}

static int visit_batch(const struct setting *setting, struct proof *proof)
{
    (void)setting;
    for (uint64_t hop = 0; hop < BATCH_RANDOM_HOPS; hop++) {
        struct spot **token = &at[hop % tokens];
        for (int place = 0; place < places; place++) {
            struct spot *spot = *token;
            spot->visits++;
            spot->other[0]++;
            *token = spot->next;
        }
        proof->checksum++;
    }
    proof->work += BATCH_RANDOM_HOPS;
    return 0;
}

static void end_visits(const struct setting *setting)
{
    (void)setting;
    munmap(spots, spots_bytes);
}

static const struct task visits_task = {.begin = begin_visits, .batch = visit_batch, .end = end_visits};
static const struct task visits_two_task = {.begin = begin_visits_two, .batch = visit_batch, .end = end_visits};

const struct contender contender_bare_visit = {
    .name = "bare_visit",
    .what = "no units: two cache lines of memory for each, in which the place of the next stands",
    .random_ring = &visits_task,
};

const struct contender contender_bare_visit_two = {
    .name = "bare_visit_two",
    .what = "no units: for each two cache lines in one place and two in another, the next stands in the second",
    .random_ring = &visits_two_task,
};
