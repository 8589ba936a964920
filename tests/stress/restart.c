/* Stop in the middle of anything, and start again. */
#include "support/law.h"
#include "support/random.h"

static uint64_t seed;

static void rage(bl_term number);

static bl_term simmer(bl_term state, bl_term message)
{
    if (bl_is_pid(message))
        bl_send(bl_to_pid(message), state);
    return bl_int(bl_to_int(state) + 1);
}

/* Never ends by itself. */
static void rage(bl_term number)
{
    struct random r = random_split(seed, (uint64_t)bl_to_int(number));
    bl_pid friend = {0};
    for (;;) {
        switch (random_below(&r, 8)) {
        case 0:
            if (random_below(&r, 50) == 0)
                bl_spawn(rage, bl_int((int64_t)(random_next(&r) >> 8)));
            break;
        case 1:
            friend = bl_spawn_resting(simmer, bl_int(0));
            break;
        case 2: case 3:
            bl_send(friend, bl_from_pid(bl_self()));
            break;
        case 4:
            bl_send(bl_self(), bl_int(1));
            bl_receive();
            break;
        case 5:
            bl_yield();
            break;
        case 6:
            bl_reduce(random_below(&r, 1000));
            break;
        case 7: {
            volatile char deep[2000];
            deep[0] = deep[1999] = 1;
            bl_yield();
            CLAIM(deep[0] == 1 && deep[1999] == 1);
        }
        }
    }
}

static _Atomic bool over;
static _Atomic uint64_t victim;

static void *wait_for_ever(void *unused)
{
    while (!atomic_load(&over)) {
        bl_pid p = {atomic_load(&victim)};
        bl_term reason;
        bl_error error = bl_wait(p, &reason); /* across stops and starts */
        CLAIM(error == BL_OK || error == BL_ESTATE || error == BL_ELIMIT); /* they may fill the table */
        sched_yield();
    }
    return unused;
}

static void stress(const char *name, unsigned most_schedulers)
{
    pthread_t waiter[2];
    seed = random_seed(name);
    struct random r = random_split(seed, UINT64_MAX);
    for (int i = 0; i < 2; i++)
        pthread_create(&waiter[i], NULL, wait_for_ever, NULL);
    for (int i = 0; i < rounds(200); i++) {
        start_with((bl_options){.schedulers = 1 + random_below(&r, most_schedulers), .lanes = 1 + random_below(&r, 8),
                                .reductions = 1 + random_below(&r, 100), .max_processes = 1 << 16});
        for (int j = 0; j < 20; j++)
            atomic_store(&victim, spawn(rage, (int64_t)(random_next(&r) >> 8)).word);
        bl_stats s;
        unsigned switches = random_below(&r, 5000);
        do
            bl_get_stats(&s);
        while (s.switches < switches); /* so much happens, then: */
        cr_assert_eq(bl_stop(), BL_OK);
    }
    atomic_store(&over, true);
    for (int i = 0; i < 2; i++)
        pthread_join(waiter[i], NULL);
    assert_claims();
}

Test(restart, of_one_scheduler) { stress("restart.of_one_scheduler", 1); }
Test(restart, of_up_to_four_schedulers) { stress("restart.of_up_to_four_schedulers", 4); }
