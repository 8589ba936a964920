/* beamling_servers.c - philosophers and dictionary: straight-line processes that all ask the same one, pids[0]. */
#include "../figures/draws.h"
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_terms.h"

/* The server, and `count` units that ask it, whose numbers are 1.. Where they run is up to the runtime. */
static int hire_all(bl_function *server, int count, bl_function *part)
{
    int r = crew_hire(0, server, bl_nil());
    for (int i = 1; i <= count && !r; i++)
        r = crew_hire(0, part, bl_int(i));
    return r;
}

/* Set all off with n, and add up what they say in the end. */
static void ask_all(int count, uint64_t n, struct proof *proof)
{
    for (int i = 1; i <= count; i++)
        bl_send(crew.pids[i], bl_int((int64_t)n));
    for (int i = 1; i <= count; i++)
        proof->checksum += (uint64_t)bl_to_int(bl_receive());
    proof->work += (uint64_t)count * n;
    proof->peak_live = (uint64_t)count + 1;
}

/* ---- philosophers: the forks of number i are the bits i - 1 and i; of the last, the last and the first ---- */

struct table {
    uint32_t taken, hungry; /* a bit a fork; a bit a philosopher */
    int64_t meals;
};

static uint32_t forks_of(int64_t i)
{
    return UINT32_C(1) << (i - 1) | UINT32_C(1) << i % PHILOSOPHERS;
}

static void serve(struct table *table, int64_t i)
{
    uint32_t seat = UINT32_C(1) << (i - 1), forks = forks_of(i);
    if ((table->hungry & seat) && !(table->taken & forks)) {
        table->hungry &= ~seat;
        table->taken |= forks;
        table->meals++;
        BL_SEND(crew.pids[i], "eat");
    }
}

static void arbiter(bl_term unused)
{
    struct table table = {0};
    int64_t i;
    (void)unused;
    for (;;)
        BL_RECEIVE {
            BL_ON("{hungry, %i}", &i) {
                table.hungry |= UINT32_C(1) << (i - 1);
                serve(&table, i);
            }
            BL_ON("{done, %i}", &i) {
                table.taken &= ~forks_of(i);
                serve(&table, 1 + (i + PHILOSOPHERS - 2) % PHILOSOPHERS);
                serve(&table, 1 + i % PHILOSOPHERS);
            }
            BL_ON("meals") {
                bl_send(crew.director, bl_int(table.meals));
                table.meals = 0;
            }
            BL_ON("-1") return; /* CREW_END */
        }
}

static void philosopher(bl_term number)
{
    int64_t self = bl_to_int(number);
    for (;;) {
        int64_t rounds = crew_await(), sum = 0;
        for (int64_t i = 0; i < rounds; i++) {
            BL_SEND(crew.pids[0], "{hungry, %i}", self);
            BL_RECEIVE {
                BL_ON("eat") sum += self;
            }
            BL_SEND(crew.pids[0], "{done, %i}", self);
        }
        bl_send(crew.director, bl_int(sum));
    }
}

static int philosophers_begin(const struct setting *setting)
{
    (void)setting;
    return hire_all(arbiter, PHILOSOPHERS, philosopher);
}

static void philosophers_batch(uint64_t n, struct proof *proof)
{
    ask_all(PHILOSOPHERS, n, proof);
    crew_ask(crew.pids[0], bl_atom("meals"), 0, proof);
}

static int philosophers_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(philosophers_batch, setting, count, proof);
}

const struct task beamling_philosophers = {
    .begin = philosophers_begin, .batches = philosophers_batches, .end = crew_end,
};

/* ---- dictionary ---- */

static bl_term first_map(void)
{
    bl_term map = bl_map();
    for (int64_t key = 1; key <= DICTIONARY_KEYS; key++)
        map = bl_map_put(map, bl_int(key), bl_int(key));
    return map;
}

/* A number: the map becomes what it was at first, and the director hears of it. */
static void dictionary(bl_term unused)
{
    bl_term first = first_map(), map = first;
    int64_t key, value, number = 0;
    bl_pid from;
    (void)unused;
    while (number != CREW_END)
        BL_RECEIVE {
            BL_ON("{read, %p, %i}", &from, &key) BL_SEND(from, "{value, %t}", bl_map_get(map, bl_int(key)));
            BL_ON("{write, %p, %i, %i}", &from, &key, &value) {
                map = bl_map_put(map, bl_int(key), bl_int(value));
                BL_SEND(from, "{value, %i}", value);
            }
            BL_ON("%i", &number) {
                map = first;
                bl_send(crew.director, bl_int(0));
            }
        }
}

static int64_t answer(struct request r)
{
    int64_t value = 0;
    if (is_write(r))
        BL_SEND(crew.pids[0], "{write, %p, %i, %i}", bl_self(), (int64_t)r.key, (int64_t)r.drawn);
    else
        BL_SEND(crew.pids[0], "{read, %p, %i}", bl_self(), (int64_t)r.key);
    BL_RECEIVE {
        BL_ON("{value, %i}", &value) {}
    }
    return value;
}

static void worker(bl_term number)
{
    uint32_t self = (uint32_t)bl_to_int(number);
    for (;;) {
        int64_t requests = crew_await(), sum = 0;
        struct request r = {.drawn = self};
        for (int64_t i = 0; i < requests; i++) {
            r = next_request(r.drawn, self);
            sum += answer(r);
        }
        bl_send(crew.director, bl_int(sum));
    }
}

static int dictionary_begin(const struct setting *setting)
{
    int r = hire_all(dictionary, DICTIONARY_WORKERS, worker);
    return r ? r : crew_await_first(setting);
}

static void dictionary_batch(uint64_t n, struct proof *proof)
{
    crew_ask(crew.pids[0], bl_int(0), 0, proof);
    ask_all(DICTIONARY_WORKERS, n, proof);
}

static int dictionary_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(dictionary_batch, setting, count, proof);
}

const struct task beamling_dictionary = {.begin = dictionary_begin, .batches = dictionary_batches, .end = crew_end};
