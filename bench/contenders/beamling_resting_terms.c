/* beamling_resting_terms.c - resting processes that send tuples, or whose state is a list. */
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_terms.h"

static bl_term end(void)
{
    bl_exit(bl_atom("normal"));
}

/* ---- tuple_ping_pong: pids[0] asks, pids[1] answers ---- */

static bl_term answerer(bl_term state, bl_term message)
{
    bl_pid from;
    int64_t i;
    if (!BL_MATCH(message, "{ping, %p, %i}", &from, &i))
        return end();
    BL_SEND(from, "{pong, %i}", i + 1);
    return state;
}

static void ask(int64_t i)
{
    BL_SEND(crew.pids[1], "{ping, %p, %i}", bl_self(), i);
}

/* Set off by the atom `go`; the state is the sum so far, and the i-th answer is i + 1. */
static bl_term asker(bl_term sum, bl_term message)
{
    int64_t answer;
    if (BL_MATCH(message, "{pong, %i}", &answer)) {
        int64_t so_far = bl_to_int(sum) + answer;
        if (answer <= BATCH_TRIPS) {
            ask(answer);
            return bl_int(so_far);
        }
        bl_send(crew.director, bl_int(so_far));
    } else if (BL_MATCH(message, "go")) {
        ask(1);
    } else {
        return end();
    }
    return bl_int(0);
}

static int hire(unsigned scheduler, bl_handler *handler)
{
    bl_pid pid = bl_spawn_resting_on(scheduler, handler, bl_int(0));
    if (bl_pid_error(pid))
        return crew_failed(pid);
    crew.pids[crew.size++] = pid;
    return 0;
}

static int begin(const struct setting *setting)
{
    int r = hire(crew_place(setting, 0), asker);
    return r ? r : hire(crew_place(setting, 1), answerer);
}

static void batch(uint64_t n, struct proof *proof)
{
    (void)n;
    crew_ask(crew.pids[0], bl_atom("go"), BATCH_TRIPS, proof);
}

static int batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(batch, setting, count, proof);
}

const struct task beamling_resting_tuple_ping_pong = {.begin = begin, .batches = batches, .end = crew_end};

/* ---- heap_bytes: the first message has the list built, which is the state from then on ---- */

static bl_term built(int64_t cells)
{
    bl_term list = bl_nil();
    for (int64_t i = cells; i > 0; i--)
        list = bl_cons(bl_int(i), list);
    crew_parked();
    return list;
}

static bl_term holder(bl_term list, bl_term message)
{
    size_t length = 0;
    if (bl_is_int(message))
        return built(bl_to_int(message));
    bl_length(list, &length);
    bl_send(bl_to_pid(message), bl_int((int64_t)length));
    return end();
}

static uint64_t cells; /* of each list; written before the units are born */

static bl_pid birth(uint64_t number)
{
    (void)number;
    bl_pid pid = bl_spawn_resting(holder, bl_nil());
    bl_send(pid, bl_int((int64_t)cells));
    return pid;
}

static int park(const struct setting *setting, uint64_t n, uint64_t *live)
{
    cells = setting->n / 2;
    return crew_park(setting, n, live, birth, true);
}

const struct parking beamling_resting_heaps = {.park = park, .prove = crew_prove};
