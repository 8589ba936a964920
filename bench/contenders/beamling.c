/* beamling.c - straight-line processes: functions that receive where they like, and whose
 * state is their stack. Partners and rings are told where to send by a message, as in Erlang;
 * short-lived units hand their number back through a slot each, as a goroutine would. */
#include "../figures/figures.h"
#include "bare_switch.h"
#include "beamling_crew.h"
#include "beamling_savina_basic.h"
#include "beamling_terms.h"

/* ---- spawn_exit, spawn_join ---- */

static void short_lived(bl_term number)
{
    int64_t i = bl_to_int(number);
    crew.slots[i - 1] = (uint64_t)i;
}

static void spawn_exit_batch(uint64_t n, struct proof *proof)
{
    static bl_pid pids[BATCH_SPAWNS];
    (void)n;
    for (int i = 0; i < BATCH_SPAWNS; i++)
        pids[i] = bl_spawn(short_lived, bl_int(i + 1));
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
        bl_wait(bl_spawn(short_lived, bl_int(i + 1)), NULL);
        proof->checksum += crew.slots[i];
        crew.slots[i] = 0;
    }
    proof->work += BATCH_JOINS;
}

static int spawn_join_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(spawn_join_batch, setting, count, proof);
}

/* ---- yield ---- */

static void yielder(bl_term unused)
{
    (void)unused;
    for (;;) {
        int64_t n = crew_await(), i = 0;
        for (; i < n; i++)
            bl_yield();
        bl_send(crew.director, bl_int(i));
    }
}

static int yield_begin(const struct setting *setting)
{
    (void)setting;
    int r = crew_hire(0, yielder, bl_int(0));
    return r ? r : crew_hire(0, yielder, bl_int(0));
}

static void yield_batch(uint64_t n, struct proof *proof)
{
    (void)n;
    for (int i = 0; i < 2; i++)
        bl_send(crew.pids[i], bl_int(BATCH_YIELDS / 2));
    for (int i = 0; i < 2; i++)
        proof->checksum += (uint64_t)bl_to_int(bl_receive());
}

/* A yield with nobody to yield to would be no switch: the runtime's own count is the proof. */
static int yield_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    bl_stats before, after;
    bl_get_stats(&before);
    int r = crew_direct(yield_batch, setting, count, proof);
    bl_get_stats(&after);
    uint64_t asked = count * BATCH_YIELDS, switched = after.switches - before.switches;
    proof->work = asked;
    if (switched < asked)
        proof->ops = switched;
    return r;
}

/* ---- ping_pong ---- */

static void answerer(bl_term partner)
{
    for (;;)
        bl_send(bl_to_pid(partner), bl_int(crew_await() + 1));
}

static void asker(bl_term unused)
{
    (void)unused;
    bl_term first = bl_receive(); /* the partner's pid, or the end */
    if (!bl_is_pid(first))
        return;
    bl_pid partner = bl_to_pid(first);
    for (;;) {
        int64_t trips = crew_await(), sum = 0;
        for (int64_t i = 1; i <= trips; i++) {
            bl_send(partner, bl_int(i));
            sum += bl_to_int(bl_receive());
        }
        bl_send(crew.director, bl_int(sum));
    }
}

static int ping_pong_begin(const struct setting *setting)
{
    int r = crew_hire(crew_place(setting, 0), asker, bl_int(0));
    if (!r)
        r = crew_hire(crew_place(setting, 1), answerer, bl_from_pid(crew.pids[0]));
    if (!r)
        bl_send(crew.pids[0], bl_from_pid(crew.pids[1]));
    return r;
}

static void ping_pong_batch(uint64_t n, struct proof *proof)
{
    (void)n;
    crew_ask(crew.pids[0], bl_int(BATCH_TRIPS), BATCH_TRIPS, proof);
}

static int ping_pong_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(ping_pong_batch, setting, count, proof);
}

/* ---- ring ---- */

static void member(bl_term next_pid)
{
    bl_pid next = bl_to_pid(bl_is_pid(next_pid) ? next_pid : bl_receive());
    for (;;) {
        int64_t token = crew_await() + 1;
        bl_send(token == (int64_t)crew.hops ? crew.director : next, bl_int(token));
    }
}

/* Each is told the one before it; the first, which was there before all, is told last. */
static int ring_begin(const struct setting *setting)
{
    int r = crew_hire(0, member, bl_int(0));
    for (uint64_t i = 1; i < setting->n && !r; i++)
        r = crew_hire(0, member, bl_from_pid(crew.pids[i - 1]));
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

/* ---- stream, fan_in ---- */

static void sender(bl_term receiver)
{
    for (;;) {
        int64_t n = crew_await();
        for (int64_t i = 1; i <= n; i++)
            bl_send(bl_to_pid(receiver), bl_int(i));
    }
}

static void receiver(bl_term unused)
{
    (void)unused;
    for (;;) {
        int64_t sum = crew_await();
        for (int i = 1; i < BATCH_STREAM; i++)
            sum += bl_to_int(bl_receive());
        bl_send(crew.director, bl_int(sum));
    }
}

_Static_assert(BATCH_STREAM == BATCH_FAN_IN, "one receiver's part serves both figures");

static int senders_begin(const struct setting *setting, int senders)
{
    int r = crew_hire(crew_place(setting, 0), receiver, bl_int(0));
    for (int i = 0; i < senders && !r; i++)
        r = crew_hire(crew_place(setting, 1), sender, bl_from_pid(crew.pids[0]));
    return r;
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

static int stream_begin(const struct setting *setting)
{
    return senders_begin(setting, 1);
}

static int fan_in_begin(const struct setting *setting)
{
    return senders_begin(setting, FAN_IN_SENDERS);
}

static int senders_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(senders_batch, setting, count, proof);
}

/* ---- parking ---- */

/* Says that it runs, then waits to be asked for its number. */
static void parked(bl_term number)
{
    crew_parked();
    bl_send(bl_to_pid(bl_receive()), number);
}

static bl_pid birth(uint64_t number)
{
    return bl_spawn(parked, bl_int((int64_t)number));
}

static int park(const struct setting *setting, uint64_t n, uint64_t *live)
{
    return crew_park(setting, n, live, birth, true);
}

const struct contender contender_beamling = {
    .name = "beamling",
    .what = "processes of this runtime, written straight-line: the state is the stack",
    .start = crew_start,
    .stop = crew_stop,
    .spawn_exit = {.batches = spawn_exit_batches},
    .spawn_join = {.batches = spawn_join_batches},
    .bare_switch = {.batches = bare_switch_batches},
    .yield = {.begin = yield_begin, .batches = yield_batches, .end = crew_end},
    .ping_pong = {.begin = ping_pong_begin, .batches = ping_pong_batches, .end = crew_end},
    .ring = {.begin = ring_begin, .batches = ring_batches, .end = crew_end},
    .stream = {.begin = stream_begin, .batches = senders_batches, .end = crew_end},
    .fan_in = {.begin = fan_in_begin, .batches = senders_batches, .end = crew_end},
    .tuple_ping_pong = &beamling_tuple_ping_pong,
    .copy = &beamling_copy,
    .binary_step = &beamling_binary_step,
    .selective = &beamling_selective,
    .pattern = &beamling_pattern,
    .gc_isolation = &beamling_gc_isolation,
    .link_exit = &beamling_link_exit,
    .monitor = &beamling_monitor,
    .call = &beamling_call,
    .timer = &beamling_timer,
    .registry = &beamling_registry,
    .wake = &beamling_wake,
    .random_ring = &beamling_random_ring,
    .hog = &beamling_hog, .shares = &beamling_shares,
    .big = &beamling_big,
    .bank = &beamling_bank,
    .chameneos = &beamling_chameneos,
    .philosophers = &beamling_philosophers,
    .dictionary = &beamling_dictionary,
    .skynet = &beamling_skynet,
    .fj_create = &beamling_fj_create,
    .thread_ring = &beamling_thread_ring,
    .counting = &beamling_counting,
    .spawn_storm = &beamling_spawn_storm,
    .parking = {.park = park, .prove = crew_prove},
    .heaps = &beamling_heaps,
};
