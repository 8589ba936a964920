/* beamling_resting_savina_basic.c - skynet, fj_create, thread_ring, counting by resting processes: called
 * once for each message, with the state they returned last. Who counts or adds up over many messages has
 * its state in one word. */
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_savina_basic.h"

static bl_term end(void)
{
    bl_exit(bl_atom("normal"));
}

static bool is_end(bl_term message)
{
    return bl_same(message, bl_int(CREW_END));
}

static int hire(bl_handler *handler, bl_term state)
{
    bl_pid pid = bl_spawn_resting(handler, state);
    if (bl_pid_error(pid))
        return crew_failed(pid);
    crew.pids[crew.size++] = pid;
    return 0;
}

/* ---- fj_create ---- */

static bl_term made_for_one(bl_term creator, bl_term number)
{
    bl_send(bl_to_pid(creator), number);
    return end();
}

static void fj_create_batch(uint64_t n, struct proof *proof)
{
    bl_term self = bl_from_pid(bl_self());
    for (uint64_t i = 1; i <= n; i++)
        bl_send(bl_spawn_resting(made_for_one, self), bl_int((int64_t)i));
    for (uint64_t i = 1; i <= n; i++)
        proof->checksum += (uint64_t)bl_to_int(bl_receive());
    proof->work += n;
}

static int fj_create_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(fj_create_batch, setting, count, proof);
}

const struct task beamling_resting_fj_create = {.batches = fj_create_batches};

/* ---- thread_ring: the state is the next member's pid ---- */

static bl_term member(bl_term next, bl_term message)
{
    if (is_end(message))
        return end();
    if (bl_is_pid(message))
        return message;
    int64_t token = bl_to_int(message) + 1;
    bl_send(token == BATCH_RING_HOPS ? crew.director : bl_to_pid(next), bl_int(token));
    return next;
}

static int thread_ring_begin(const struct setting *setting)
{
    int r = hire(member, bl_int(0));
    for (uint64_t i = 1; i < setting->n && !r; i++)
        r = hire(member, bl_from_pid(crew.pids[i - 1]));
    if (!r)
        bl_send(crew.pids[0], bl_from_pid(crew.pids[crew.size - 1]));
    return r;
}

static void thread_ring_batch(uint64_t n, struct proof *proof)
{
    crew_ask(crew.pids[0], bl_int(0), BATCH_RING_HOPS, proof);
    proof->peak_live = n;
}

static int thread_ring_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(thread_ring_batch, setting, count, proof);
}

const struct task beamling_resting_thread_ring = {
    .begin = thread_ring_begin, .batches = thread_ring_batches, .end = crew_end,
};

/* ---- counting: pids[0] counts, and is asked by a pid; pids[1] sends, and waits for the number ---- */

static bl_term counter(bl_term n, bl_term message)
{
    if (is_end(message))
        return end();
    if (!bl_is_pid(message))
        return bl_int(bl_to_int(n) + 1);
    bl_send(bl_to_pid(message), n);
    return bl_int(0);
}

static void producer(bl_term unused)
{
    bl_term increment = bl_atom("increment");
    (void)unused;
    for (;;) {
        for (int64_t left = crew_await(); left; left--)
            bl_send(crew.pids[0], increment);
        bl_send(crew.pids[0], bl_from_pid(bl_self()));
        bl_send(crew.director, bl_receive());
    }
}

static int counting_begin(const struct setting *setting)
{
    (void)setting;
    int r = hire(counter, bl_int(0));
    return r ? r : crew_hire(0, producer, bl_nil());
}

static void counting_batch(uint64_t n, struct proof *proof)
{
    crew_ask(crew.pids[1], bl_int((int64_t)n), n, proof);
    proof->peak_live = 2;
}

static int counting_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(counting_batch, setting, count, proof);
}

const struct task beamling_resting_counting = {
    .begin = counting_begin, .batches = counting_batches, .end = crew_end,
};
