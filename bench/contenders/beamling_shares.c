/* beamling_shares.c - shares: processes that compute until the window closes, and no other business.
 * beamling's never give up the CPU by themselves, and are preempted; for beamling_resting's a turn is a
 * message to itself. Where they run is left to the runtime. */
#include "../figures/turns.h"
#include "beamling_crew.h"
#include "beamling_terms.h"

#include <errno.h>
#include <stdlib.h>

/* Written before the units are made; of `turns` each writes its own. */
static struct window window;
static uint64_t *turns;
static bl_pid (*born)(int64_t number);

static void compute(bl_term number)
{
    turns[bl_to_int(number) - 1] = turns_of_a_unit(&window);
    bl_send(crew.director, number);
}

static bl_pid born_straight(int64_t number)
{
    return bl_spawn(compute, bl_int(number));
}

static bl_term compute_at_rest(bl_term state, bl_term number)
{
    if (turns_take(&window, &turns[bl_to_int(number) - 1])) {
        bl_send(bl_self(), number);
        return state;
    }
    bl_send(crew.director, number);
    bl_exit(bl_atom("normal"));
}

static bl_pid born_resting(int64_t number)
{
    bl_pid pid = bl_spawn_resting(compute_at_rest, bl_nil());
    if (!bl_pid_error(pid))
        bl_send(pid, bl_int(number));
    return pid;
}

/* The director makes them and hears of them. */
static void batch(uint64_t n, struct proof *proof)
{
    uint64_t made = 0;
    window = turns_window();
    for (bl_pid pid; made < n; made++)
        if (bl_pid_error(pid = born((int64_t)made + 1))) {
            crew_failed(pid);
            break;
        }
    for (; proof->work < made; proof->work++)
        proof->checksum += (uint64_t)bl_to_int(bl_receive());
    turns_tell(turns, n, proof);
    proof->peak_live = made;
}

static int batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    turns = calloc(setting->n, sizeof *turns);
    if (!turns)
        return -ENOMEM;
    int r = crew_direct(batch, setting, count, proof);
    free(turns);
    return r;
}

static int begin(const struct setting *setting)
{
    (void)setting;
    born = born_straight;
    return 0;
}

static int begin_resting(const struct setting *setting)
{
    (void)setting;
    born = born_resting;
    return 0;
}

const struct task beamling_shares = {.begin = begin, .batches = batches};
const struct task beamling_resting_shares = {.begin = begin_resting, .batches = batches};
