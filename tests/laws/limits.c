/* At a limit a call says so, and works again when there is room. */
#include "support/law.h"

enum { MOST = 2000 };

/* More slots than were asked for exist, since each scheduler may hold some back. */
enum { SLACK = 1000 };

static bl_pid all[MOST + SLACK];

static bl_term end_on_message(bl_term state, bl_term message)
{
    (void)message;
    bl_exit(state);
}

/* Spawns until it is refused; how many? */
static int fill(void)
{
    int n = 0;
    for (; n < MOST + SLACK; n++) {
        all[n] = bl_spawn_resting(end_on_message, bl_int(0));
        if (bl_pid_error(all[n]))
            break;
    }
    CLAIM(bl_pid_error(all[n]) == BL_ELIMIT);
    CLAIM(!bl_is_alive(all[n]));
    return n;
}

static void end(int from, int to)
{
    for (int i = from; i < to; i++)
        CLAIM(bl_send(all[i], bl_int(1)) == BL_OK);
    for (int i = from; i < to; i++)
        end_of(all[i]);
}

static void fill_and_empty(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < 5; i++) {
        int n = fill();
        CLAIM(n + 1 >= MOST); /* and this one */
        CLAIM(bl_pid_error(bl_spawn(fill_and_empty, bl_int(0))) == BL_ELIMIT);
        end(0, n / 2);
        for (int j = 0; j < n / 4; j++)
            all[j] = spawn_resting(end_on_message, 0);
        end(0, n / 4);
        end(n / 2, n);
    }
}

static void with_limit(unsigned schedulers)
{
    start_with((bl_options){.schedulers = schedulers, .max_processes = MOST});
    bl_stats s;
    bl_get_stats(&s);
    cr_assert_geq(s.max_processes, MOST);
}

Test(limits, too_many_processes_for_a_process)
{
    with_limit(1);
    cr_assert(ended_well(spawn(fill_and_empty, 0)));
    stop();
}

Test(limits, too_many_processes_for_one_of_four_schedulers)
{
    with_limit(4);
    cr_assert(ended_well(spawn(fill_and_empty, 0)));
    stop();
}

Test(limits, too_many_processes_for_a_thread)
{
    with_limit(1);
    int n = fill();
    cr_assert_geq(n, MOST);
    bl_term reason;
    cr_assert_eq(bl_wait(all[0], &reason), BL_ELIMIT, "a thread that waits needs a slot");
    /* So a thread cannot wait for the first end here; it can ask. */
    for (int i = 0; i < n; i++)
        send(all[i], 1);
    while (bl_is_alive(all[n - 1]))
        sched_yield();
    bl_pid p = {0};
    while (bl_pid_error(p = bl_spawn_resting(end_on_message, bl_int(0))))
        sched_yield();
    cr_assert(bl_is_alive(p));
    stop();
}

/* ---- the table is as large as was asked for ---- */

static void many(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < 20000; i++)
        spawn_resting(end_on_message, 0);
}

Test(limits, as_many_as_were_asked_for_may_live)
{
    start_with((bl_options){.schedulers = 2, .max_processes = 20001});
    cr_assert(ended_well(spawn(many, 0)));
    stop();
}

#ifndef TEST_EMULATED
Test(limits, by_default_there_is_room_for_millions)
{
    cr_assert_eq(bl_start(NULL), BL_OK);
    bl_stats s;
    cr_assert_eq(bl_get_stats(&s), BL_OK);
    cr_assert_geq(s.max_processes, 1 << 20);
    stop();
}
#endif
