/* beamling_terms.c - straight-line processes that send each other tuples, lists and binaries. */
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_terms.h"

#include <string.h>

/* ---- tuple_ping_pong: pids[0] asks, pids[1] answers ---- */

static void answerer(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_pid from;
        int64_t i;
        BL_RECEIVE {
            BL_ON("{ping, %p, %i}", &from, &i) BL_SEND(from, "{pong, %i}", i + 1);
            BL_ON("-1") return; /* CREW_END */
        }
    }
}

static int64_t trip(bl_pid partner, int64_t i)
{
    int64_t answer = 0;
    BL_SEND(partner, "{ping, %p, %i}", bl_self(), i);
    BL_RECEIVE {
        BL_ON("{pong, %i}", &answer) {}
    }
    return answer;
}

static void asker(bl_term unused)
{
    (void)unused;
    for (;;) {
        int64_t trips = crew_await(), sum = 0;
        for (int64_t i = 1; i <= trips; i++)
            sum += trip(crew.pids[1], i);
        bl_send(crew.director, bl_int(sum));
    }
}

static int tuple_ping_pong_begin(const struct setting *setting)
{
    int r = crew_hire(crew_place(setting, 0), asker, bl_nil());
    return r ? r : crew_hire(crew_place(setting, 1), answerer, bl_nil());
}

static void tuple_ping_pong_batch(uint64_t n, struct proof *proof)
{
    (void)n;
    crew_ask(crew.pids[0], bl_int(BATCH_TRIPS), BATCH_TRIPS, proof);
}

static int tuple_ping_pong_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(tuple_ping_pong_batch, setting, count, proof);
}

const struct task beamling_tuple_ping_pong = {
    .begin = tuple_ping_pong_begin, .batches = tuple_ping_pong_batches, .end = crew_end,
};

/* ---- copy, binary_step: pids[0] receives, pids[1] sends; set off with the number of messages ---- */

static struct {
    uint64_t n;
    bl_term (*build)(uint64_t n);
    int64_t (*look)(bl_term message);
} copied; /* written before the units are hired, then read only */

/* n zeroed bytes for the building of a term; they go with the process. */
static void *scratch(size_t size)
{
    void *memory = bl_alloc(size ? size : 1);
    if (!memory)
        bl_exit(bl_atom("no_memory"));
    memset(memory, 0, size);
    return memory;
}

static bl_term build_bin(uint64_t n)
{
    return bl_binary(NULL, n);
}

/* [n, n - 1, ..., 1] and {n, n - 1, ..., 1} */
static bl_term *countdown(uint64_t n)
{
    bl_term *numbers = scratch(n * sizeof *numbers);
    for (uint64_t i = 0; i < n; i++)
        numbers[i] = bl_int((int64_t)(n - i));
    return numbers;
}

static bl_term build_list(uint64_t n)
{
    bl_term *numbers = countdown(n), list = bl_list(numbers, n);
    bl_free(numbers);
    return list;
}

static bl_term build_tuple(uint64_t n)
{
    bl_term *numbers = countdown(n), tuple = bl_tuple(numbers, n);
    bl_free(numbers);
    return tuple;
}

static int64_t look_at_bin(bl_term message)
{
    size_t size = 0;
    bl_bytes(message, &size);
    return (int64_t)size + 1;
}

static int64_t look_at_list(bl_term message)
{
    return bl_to_int(bl_head(message)) + 1;
}

static int64_t look_at_tuple(bl_term message)
{
    return (int64_t)bl_tuple_size(message) + 1;
}

static int64_t look_at_last_byte(bl_term message)
{
    size_t size = 0;
    const uint8_t *bytes = bl_bytes(message, &size);
    return (int64_t)(size ? size + bytes[size - 1] : 0);
}

static void receiver(bl_term unused)
{
    (void)unused;
    for (;;) {
        int64_t messages = crew_await(), sum = 0;
        for (int64_t i = 0; i < messages; i++)
            sum += copied.look(bl_receive());
        bl_send(crew.director, bl_int(sum));
    }
}

static void sender(bl_term unused)
{
    (void)unused;
    bl_term term = copied.build(copied.n);
    for (;;) {
        int64_t messages = crew_await();
        for (int64_t i = 0; i < messages; i++)
            bl_send(crew.pids[0], term);
    }
}

static void builder(bl_term unused)
{
    (void)unused;
    uint8_t *bytes = scratch(copied.n);
    for (;;) {
        int64_t messages = crew_await();
        for (int64_t i = 1; i <= messages; i++) {
            bytes[copied.n - 1] = (uint8_t)i;
            bl_send(crew.pids[0], bl_binary(bytes, copied.n));
        }
    }
}

static int hire_both(bl_function *second)
{
    int r = crew_hire(0, receiver, bl_nil());
    return r ? r : crew_hire(0, second, bl_nil());
}

static int copy_begin(const struct setting *setting)
{
    bool bin = strcmp(setting->variant, "bin") == 0, list = strcmp(setting->variant, "list") == 0;
    copied.n = setting->n;
    copied.build = bin ? build_bin : list ? build_list : build_tuple;
    copied.look = bin ? look_at_bin : list ? look_at_list : look_at_tuple;
    return hire_both(sender);
}

static int binary_step_begin(const struct setting *setting)
{
    copied.n = setting->n;
    copied.look = look_at_last_byte;
    return hire_both(builder);
}

static void send_all(uint64_t messages, struct proof *proof)
{
    bl_send(crew.pids[0], bl_int((int64_t)messages));
    crew_ask(crew.pids[1], bl_int((int64_t)messages), messages, proof);
}

static void copy_batch(uint64_t n, struct proof *proof)
{
    send_all(copy_messages(n), proof);
}

static void binary_step_batch(uint64_t n, struct proof *proof)
{
    (void)n;
    send_all(BATCH_BINARIES, proof);
}

static int copy_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(copy_batch, setting, count, proof);
}

static int binary_step_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(binary_step_batch, setting, count, proof);
}

const struct task beamling_copy = {.begin = copy_begin, .batches = copy_batches, .end = crew_end};
const struct task beamling_binary_step = {.begin = binary_step_begin, .batches = binary_step_batches, .end = crew_end};
