/* beamling_crew.c - see beamling_crew.h. */
#include "beamling_crew.h"

#include "../limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct crew crew;

static int as_errno(bl_error error)
{
    switch (error) {
    case BL_OK: return 0;
    case BL_ENOMEM: return -ENOMEM;
    case BL_ELIMIT: return -EAGAIN;
    default: return -EINVAL;
    }
}

int crew_failed(bl_pid pid)
{
    bl_error error = bl_pid_error(pid);
    bench_why("a process could not be spawned: %s", bl_strerror(error));
    return as_errno(error);
}

/* The list of pids is the driver's, not the units': it is touched before anything is measured. */
static int make_room(uint64_t units)
{
    enum { A_HANDFUL = 16 };
    uint64_t n = units + A_HANDFUL;

    crew.pids = malloc(n * sizeof *crew.pids);
    if (!crew.pids) {
        bench_why("no memory for a list of %lu pids", (unsigned long)n);
        return -ENOMEM;
    }
    memset(crew.pids, 0, n * sizeof *crew.pids);
    return 0;
}

int crew_start(const struct setting *setting)
{
    bl_options options = {.schedulers = (unsigned)setting->cpus};
    bl_error error = bl_start(&options);
    memset(&crew, 0, sizeof crew);
    if (error) {
        bench_why("bl_start: %s", bl_strerror(error));
        return as_errno(error);
    }
    int r = make_room(setting->units);
    if (r)
        bl_stop();
    return r;
}

void crew_stop(void)
{
    bl_stop();
    free(crew.pids);
    crew.pids = NULL;
}

unsigned crew_place(const struct setting *setting, unsigned partner)
{
    return strcmp(setting->variant, "two_cpus") == 0 ? 1 + partner : 0;
}

/* ---- units ---- */

int crew_hire(unsigned scheduler, bl_function *part, bl_term arg)
{
    bl_pid pid = bl_spawn_on(scheduler, part, arg);
    if (bl_pid_error(pid))
        return crew_failed(pid);
    crew.pids[crew.size++] = pid;
    return 0;
}

int64_t crew_await(void)
{
    int64_t n = bl_to_int(bl_receive());
    if (n == CREW_END)
        bl_exit(bl_atom("normal"));
    return n;
}

/* ---- the director ---- */

static struct {
    crew_batch *batch;
    uint64_t n, count;
    struct proof *proof;
} job;

static void direct(bl_term arg)
{
    (void)arg;
    crew.director = bl_self();
    for (uint64_t i = 0; i < job.count; i++)
        job.batch(job.n, job.proof);
}

int crew_direct(crew_batch *batch, const struct setting *setting, uint64_t count, struct proof *proof)
{
    job.batch = batch;
    job.n = setting->n;
    job.count = count;
    job.proof = proof;
    bl_pid director = bl_spawn(direct, bl_int(0));
    if (bl_pid_error(director))
        return crew_failed(director);
    return as_errno(bl_wait(director, NULL));
}

void crew_ask(bl_pid unit, bl_term what, uint64_t work, struct proof *proof)
{
    bl_send(unit, what);
    proof->checksum += (uint64_t)bl_to_int(bl_receive());
    proof->work += work;
}

/* ---- units with a full mailbox ---- */

bool crew_told_to_go_on(int64_t number)
{
    bool go_on = false;
    bl_term now = bl_make_reference();
    bl_send(crew.director, bl_int(number));
    BL_RECEIVE_SINCE(now) {
        BL_ON("go") go_on = true;
        BL_ON("-1") {} /* CREW_END */
    }
    return go_on;
}

static void await_first(uint64_t n, struct proof *proof)
{
    (void)n;
    crew_ask(crew.pids[0], bl_int(0), 0, proof);
}

int crew_await_first(const struct setting *setting)
{
    struct proof none = {0};
    return crew_direct(await_first, setting, 1, &none);
}

/* ---- ends ---- */

static void end_units(uint64_t n, struct proof *proof)
{
    (void)n;
    (void)proof;
    for (uint64_t i = 0; i < crew.size; i++)
        bl_send(crew.pids[i], bl_int(CREW_END));
    for (uint64_t i = 0; i < crew.size; i++)
        bl_wait(crew.pids[i], NULL);
    crew.size = 0;
}

void crew_end(const struct setting *setting)
{
    struct proof none = {0};
    crew_direct(end_units, setting, 1, &none);
}

/* ---- parking ---- */

static bl_pid (*born)(uint64_t number);
static bool reports;

/* The last to run wakes the director. */
void crew_parked(void)
{
    if (atomic_fetch_add_explicit(&crew.parked, 1, memory_order_relaxed) + 1 == crew.to_park)
        bl_send(crew.director, bl_int(0));
}

static void park_units(uint64_t n, struct proof *proof)
{
    (void)proof;
    crew.to_park = n;
    for (crew.size = 0; crew.size < n; crew.size++) {
        bl_pid pid = born(crew.size + 1);
        if (bl_pid_error(pid)) {
            crew_failed(pid);
            return;
        }
        crew.pids[crew.size] = pid;
    }
    if (reports)
        bl_receive();
}

int crew_park(const struct setting *setting, uint64_t n, uint64_t *live, bl_pid (*birth)(uint64_t number), bool report)
{
    struct setting all = *setting;
    struct proof none = {0};
    all.n = n;
    born = birth;
    reports = report;
    int r = crew_direct(park_units, &all, 1, &none);
    *live = crew.size;
    if (r || crew.size == n)
        return r;
    limits_note(EAGAIN, crew.size);
    return -EAGAIN;
}

/* A few at a time, so that the answers do not pile up. */
static void prove_units(uint64_t n, struct proof *proof)
{
    enum { AT_ONCE = 1000 };
    (void)n;
    for (uint64_t done = 0; done < crew.size;) {
        uint64_t end = done + AT_ONCE < crew.size ? done + AT_ONCE : crew.size;
        for (uint64_t i = done; i < end; i++)
            bl_send(crew.pids[i], bl_from_pid(bl_self()));
        for (; done < end; done++)
            proof->checksum += (uint64_t)bl_to_int(bl_receive());
    }
    proof->work = proof->peak_live = crew.size;
    crew.size = 0;
}

int crew_prove(const struct setting *setting, struct proof *proof)
{
    return crew_direct(prove_units, setting, 1, proof);
}
