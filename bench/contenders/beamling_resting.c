/* beamling_resting.c - resting processes: one function state' = f(state, message), and no
 * stack between messages. There is no `yield` here: a resting process gives way by
 * returning. A pair's or ring's partners are found in the crew's list, which is written
 * before they are set off; their state is one integer, as in the straight-line contender. */
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_savina_basic.h"
#include "beamling_terms.h"

static bl_term end(void)
{
    bl_exit(bl_atom("normal"));
}

static bool is_end(bl_term message)
{
    return bl_same(message, bl_int(CREW_END));
}

static int hire(unsigned scheduler, bl_handler *handler, bl_term state)
{
    bl_pid pid = bl_spawn_resting_on(scheduler, handler, state);
    if (bl_pid_error(pid))
        return crew_failed(pid);
    crew.pids[crew.size++] = pid;
    return 0;
}

/* ---- spawn_exit, spawn_join: spawned, sent a message, which it handles, and ends ---- */

static bl_term short_lived(bl_term number, bl_term message)
{
    int64_t i = bl_to_int(number);
    (void)message;
    crew.slots[i - 1] = (uint64_t)i;
    return end();
}

static bl_pid spawn_one(int number)
{
    bl_pid pid = bl_spawn_resting(short_lived, bl_int(number));
    bl_send(pid, bl_int(0));
    return pid;
}

static void spawn_exit_batch(uint64_t n, struct proof *proof)
{
    static bl_pid pids[BATCH_SPAWNS];
    (void)n;
    for (int i = 0; i < BATCH_SPAWNS; i++)
        pids[i] = spawn_one(i + 1);
    for (int i = 0; i < BATCH_SPAWNS; i++) {
        bl_wait(pids[i], NULL);
        proof->checksum += crew.slots[i];
        crew.slots[i] = 0;
    }
    proof->work += BATCH_SPAWNS;
}

static int spawn_exit_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(spawn_exit_batch, setting, count, proof);
}

static void spawn_join_batch(uint64_t n, struct proof *proof)
{
    (void)n;
    for (int i = 0; i < BATCH_JOINS; i++) {
        bl_wait(spawn_one(i + 1), NULL);
        proof->checksum += crew.slots[i];
        crew.slots[i] = 0;
    }
    proof->work += BATCH_JOINS;
}

static int spawn_join_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(spawn_join_batch, setting, count, proof);
}

/* ---- ping_pong: the asker is pids[0] ---- */

static bl_term answerer(bl_term state, bl_term message)
{
    if (is_end(message))
        return end();
    bl_send(crew.pids[0], bl_int(bl_to_int(message) + 1));
    return state;
}

/* Asked by the director's pid; the state is the sum so far, and the i-th answer is i + 1. */
static bl_term asker(bl_term sum, bl_term message)
{
    if (is_end(message))
        return end();
    int64_t answer = bl_is_pid(message) ? 1 : bl_to_int(message), so_far = bl_to_int(sum);
    if (answer > 1)
        so_far += answer;
    if (answer <= BATCH_TRIPS) {
        bl_send(crew.pids[1], bl_int(answer));
        return bl_int(so_far);
    }
    bl_send(crew.director, bl_int(so_far));
    return bl_int(0);
}

static int ping_pong_begin(const struct setting *setting)
{
    int r = hire(crew_place(setting, 0), asker, bl_int(0));
    return r ? r : hire(crew_place(setting, 1), answerer, bl_int(0));
}

static void ping_pong_batch(uint64_t n, struct proof *proof)
{
    (void)n;
    crew_ask(crew.pids[0], bl_from_pid(bl_self()), BATCH_TRIPS, proof);
}

static int ping_pong_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(ping_pong_batch, setting, count, proof);
}

/* ---- ring: the state is the next member's pid ---- */

static bl_term member(bl_term next, bl_term message)
{
    if (is_end(message))
        return end();
    if (bl_is_pid(message))
        return message;
    int64_t token = bl_to_int(message) + 1;
    bl_send(token == (int64_t)crew.hops ? crew.director : bl_to_pid(next), bl_int(token));
    return next;
}

static int ring_begin(const struct setting *setting)
{
    int r = hire(0, member, bl_int(0));
    for (uint64_t i = 1; i < setting->n && !r; i++)
        r = hire(0, member, bl_from_pid(crew.pids[i - 1]));
    crew.hops = ring_hops(setting->n);
    if (!r)
        bl_send(crew.pids[0], bl_from_pid(crew.pids[crew.size - 1]));
    return r;
}

static void ring_batch(uint64_t n, struct proof *proof)
{
    (void)n;
    crew_ask(crew.pids[0], bl_int(0), crew.hops, proof);
}

static int ring_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(ring_batch, setting, count, proof);
}

/* ---- stream, fan_in: the receiver is pids[0] ---- */

static bl_term sender(bl_term state, bl_term message)
{
    int64_t n = bl_to_int(message);
    if (is_end(message))
        return end();
    for (int64_t i = 1; i <= n; i++)
        bl_send(crew.pids[0], bl_int(i));
    return state;
}

/* Two numbers in one word of state: the messages still to come, and their sum so far (which
 * needs 33 bits: at most 5,000,050,000). */
enum { SUM_BITS = 36 };

static bl_term receiver(bl_term state, bl_term message)
{
    if (is_end(message))
        return end();
    int64_t s = bl_to_int(state) + bl_to_int(message) - (INT64_C(1) << SUM_BITS);
    if (s >> SUM_BITS)
        return bl_int(s);
    bl_send(crew.director, bl_int(s));
    return bl_int((int64_t)BATCH_STREAM << SUM_BITS);
}

static int senders_begin(const struct setting *setting, int senders)
{
    int r = hire(crew_place(setting, 0), receiver, bl_int((int64_t)BATCH_STREAM << SUM_BITS));
    for (int i = 0; i < senders && !r; i++)
        r = hire(crew_place(setting, 1), sender, bl_int(0));
    return r;
}

static int stream_begin(const struct setting *setting)
{
    return senders_begin(setting, 1);
}

static int fan_in_begin(const struct setting *setting)
{
    return senders_begin(setting, FAN_IN_SENDERS);
}

static void senders_batch(uint64_t n, struct proof *proof)
{
    (void)n;
    int senders = (int)crew.size - 1;
    for (int i = 1; i <= senders; i++)
        bl_send(crew.pids[i], bl_int(BATCH_STREAM / senders));
    proof->checksum += (uint64_t)bl_to_int(bl_receive());
    proof->work += BATCH_STREAM;
}

static int senders_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(senders_batch, setting, count, proof);
}

/* ---- parking: a resting process is parked from birth ---- */

static bl_term parked(bl_term number, bl_term message)
{
    bl_send(bl_to_pid(message), number);
    return end();
}

static bl_pid birth(uint64_t number)
{
    return bl_spawn_resting(parked, bl_int((int64_t)number));
}

static int park(const struct setting *setting, uint64_t n, uint64_t *live)
{
    return crew_park(setting, n, live, birth, false);
}

const struct contender contender_beamling_resting = {
    .name = "beamling_resting",
    .what = "processes of this runtime, written as state' = f(state, message): no stack between messages",
    .start = crew_start,
    .stop = crew_stop,
    .spawn_exit = {.batches = spawn_exit_batches},
    .spawn_join = {.batches = spawn_join_batches},
    .ping_pong = {.begin = ping_pong_begin, .batches = ping_pong_batches, .end = crew_end},
    .ring = {.begin = ring_begin, .batches = ring_batches, .end = crew_end},
    .stream = {.begin = stream_begin, .batches = senders_batches, .end = crew_end},
    .fan_in = {.begin = fan_in_begin, .batches = senders_batches, .end = crew_end},
    .tuple_ping_pong = &beamling_resting_tuple_ping_pong,
    .gc_isolation = &beamling_resting_gc_isolation,
    .random_ring = &beamling_resting_random_ring,
    .hog = &beamling_resting_hog, .shares = &beamling_resting_shares,
    .chameneos = &beamling_resting_chameneos,
    .fj_create = &beamling_resting_fj_create,
    .thread_ring = &beamling_resting_thread_ring,
    .counting = &beamling_resting_counting,
    .parking = {.park = park, .prove = crew_prove},
    .heaps = &beamling_resting_heaps,
};
