/* Who ends with much in its mailbox, or on its heap, keeps nobody waiting while that is given
 * back: others on the same scheduler have turns meanwhile. Counted, not timed. */
#include "support/processes.h"

enum { SLICE = 400 /* so much is given back in a turn: kernel/leave.c */ };

static int64_t turns;
static _Atomic bool over;

static void count_turns(bl_term unused)
{
    (void)unused;
    while (!atomic_load(&over)) {
        turns++;
        bl_yield();
    }
}

static void wait_for_ever(bl_term unused)
{
    (void)unused;
    BL_RECEIVE
    {
        BL_ON("never")(void) 0;
    }
}

static void receive_all(bl_term to)
{
    for (;;)
        if (bl_is_pid(bl_receive()))
            bl_send(bl_to_pid(to), bl_int(0));
}

static void hold_memory(bl_term to)
{
    for (int i = 0; i < rounds(100000); i++)
        CLAIM(bl_alloc(8) != NULL);
    bl_send(bl_to_pid(to), bl_int(0));
    bl_receive();
}

/* From its end until that is heard of, somebody else has had a turn for each two slices. */
static void claim_turns(bl_pid ended, int64_t left_behind)
{
    bl_pid other = spawn(count_turns, 0);
    bl_yield();
    bl_term reference = bl_monitor(ended); /* asked before: who is interrupted in between would hear `noproc` */
    int64_t before = turns;
    CLAIM(bl_exit_signal(ended, atom("kill")) == BL_OK);
    claim_down(reference, bl_from_pid(ended), atom("killed"));
    CLAIM(turns - before >= left_behind / SLICE / 2);
    atomic_store(&over, true);
    end_of(other);
}

static void fill(bl_pid to, int64_t n, bl_term message)
{
    for (int64_t i = 0; i < n; i++)
        CLAIM(bl_send(to, message) == BL_OK);
}

/* They lie in the inbox, and nobody has looked at them yet. */
static void leave_inbox(bl_term unused)
{
    (void)unused;
    int64_t n = rounds(1000000);
    bl_pid p = spawn(wait_for_ever, 0);
    CLAIM(bl_suspend(p) == BL_OK);
    fill(p, n, bl_int(1));
    claim_turns(p, n);
}

static void leave_mail(bl_term message)
{
    int64_t n = rounds(400000);
    bl_pid p = spawn(wait_for_ever, 0);
    fill(p, n, message);
    await_waiting(p);
    claim_turns(p, n);
}

static void leave_mail_of_words(bl_term unused)
{
    (void)unused;
    leave_mail(bl_int(1));
}

static void leave_mail_of_tuples(bl_term unused)
{
    (void)unused;
    leave_mail(BL_TERM("{a, 1}"));
}

/* A monitor: it has to tell somebody, and of a reason that is no word. */
static void leave_mail_and_monitor(bl_term unused)
{
    (void)unused;
    int64_t n = rounds(400000);
    bl_pid p = spawn(wait_for_ever, 0), other = spawn(count_turns, 0);
    bl_term reference = bl_monitor(p), why = BL_TERM("{enough, 1}");
    fill(p, n, bl_int(1));
    await_waiting(p);
    int64_t before = turns;
    CLAIM(bl_exit_signal(p, why) == BL_OK);
    CLAIM(is_atom(bl_process_info(p, atom("links")), "undefined"));
    claim_down(reference, bl_from_pid(p), why);
    CLAIM(turns - before >= n / SLICE / 2);
    atomic_store(&over, true);
    end_of(other);
}

/* What was received stays where it lay, since nothing is collected. */
static void leave_heap(bl_term unused)
{
    (void)unused;
    bl_term words[40];
    for (int i = 0; i < 40; i++)
        words[i] = bl_int(i);
    int64_t n = rounds(100000);
    const bl_spawn_options options = {.min_heap_size = (size_t)1 << 30};
    bl_pid p = bl_spawn_opt(receive_all, bl_from_pid(bl_self()), &options);
    fill(p, n, bl_tuple(words, 40));
    CLAIM(bl_send(p, bl_from_pid(bl_self())) == BL_OK);
    receive();
    claim_turns(p, TEST_HOSTILE_BUILD ? 0 : n);
}

static void leave_memory(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(hold_memory, bl_from_pid(bl_self()));
    receive();
    claim_turns(p, rounds(100000));
}

static void on_one(bl_function *body)
{
    start(1);
    run(body);
    stop();
}

Test(estates, an_inbox_is_given_back_in_slices)
{
    on_one(leave_inbox);
}

Test(estates, a_mailbox_is_given_back_in_slices)
{
    on_one(leave_mail_of_words);
}

Test(estates, a_mailbox_of_blocks_is_given_back_in_slices)
{
    on_one(leave_mail_of_tuples);
}

Test(estates, a_mailbox_is_given_back_before_a_monitor_fires)
{
    on_one(leave_mail_and_monitor);
}

Test(estates, a_heap_is_given_back_in_slices)
{
    on_one(leave_heap);
}

Test(estates, memory_of_the_process_is_given_back_in_slices)
{
    on_one(leave_memory);
}

/* ---- among it are signals ---- */

static void ask_to_wait(bl_term p)
{
    CLAIM(is_atom(end_of(bl_to_pid(p)), "killed"));
}

/* Each second entry of its inbox is somebody who waits for its end. */
static void leave_signals(bl_term unused)
{
    (void)unused;
    enum { WAITERS = 500 };
    static bl_pid waiters[WAITERS];
    bl_pid p = spawn(wait_for_ever, 0);
    CLAIM(bl_suspend(p) == BL_OK);
    for (int i = 0; i < live(WAITERS); i++) {
        waiters[i] = bl_spawn(ask_to_wait, bl_from_pid(p));
        await_waiting(waiters[i]);
        fill(p, 10, bl_int(i));
    }
    CLAIM(bl_exit_signal(p, atom("kill")) == BL_OK);
    for (int i = 0; i < live(WAITERS); i++)
        CLAIM(ended_well(waiters[i]));
}

LAW(estates, signals_in_it_are_answered)
{
    run(leave_signals);
}

/* The runtime stops while it is given back: nothing is lost, and nothing given back twice. */
static void leave_much(bl_term unused)
{
    (void)unused;
    bl_pid p = spawn(wait_for_ever, 0);
    fill(p, rounds(100000), BL_TERM("{a, 1}"));
    bl_exit_signal(p, atom("kill"));
    bl_send_after(10, bl_from_pid(bl_self()), atom("late"));
}

LAW(estates, may_be_there_when_the_runtime_stops)
{
    cr_assert(ended_well(bl_spawn(leave_much, bl_int(0))));
}
