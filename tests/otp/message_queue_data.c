/* message_queue_data.c - cases of message_queue_data_SUITE. The default of the system is an option of
 * bl_start(). A value that is none of the two can be given to bl_process_flag() only; to ask for both
 * when spawning is the mistake that C allows. */
#include "otp/otp.h"

static bl_term flag(const char *value)
{
    return bl_process_flag(atom("message_queue_data"), atom(value));
}

static void claim_child(bl_spawn_options options, const char *expected)
{
    options.link = true;
    bl_pid p = bl_spawn_opt(sleeper, bl_int(0), &options);
    CLAIM(is_atom(info(p, "message_queue_data"), expected));
    bl_unlink(p);
    bl_exit_signal(p, atom("bye"));
}

static const char *system_default;

static void set_and_ask(bl_term unused)
{
    (void)unused;
    CLAIM(is_atom(info(bl_self(), "message_queue_data"), system_default));
    CLAIM(is_atom(flag("off_heap"), system_default));
    CLAIM(is_atom(info(bl_self(), "message_queue_data"), "off_heap"));
    CLAIM(is_atom(flag("on_heap"), "off_heap"));
    CLAIM(is_atom(info(bl_self(), "message_queue_data"), "on_heap"));
    CLAIM(is_atom(flag(system_default), "on_heap"));
    CLAIM(bl_is_none(flag("blupp")));
    claim_child((bl_spawn_options){0}, system_default);
    claim_child((bl_spawn_options){.message_queue_off_heap = true}, "off_heap");
    claim_child((bl_spawn_options){.message_queue_on_heap = true}, "on_heap");
    bl_spawn_options both = {.message_queue_off_heap = true, .message_queue_on_heap = true};
    CLAIM(bl_pid_error(bl_spawn_opt(sleeper, bl_int(0), &both)) == BL_EINVAL);
}

CASE(message_queue_data, basic)
{
    system_default = "on_heap";
    set_and_ask(bl_int(0));
}

/* The part of `basic` that starts another node. */
Test(message_queue_data, basic_with_the_other_default)
{
    system_default = "off_heap";
    start_with((bl_options){.schedulers = 1, .message_queue_off_heap = true});
    cr_assert(ended_well(bl_spawn(set_and_ask, bl_int(0))));
    stop();
}

static void await_length(size_t n)
{
    while (bl_mailbox_length() < n)
        bl_yield();
}

/* Each time another message is there, it changes its mind. */
static void flip(bl_pid tester)
{
    static const char *const values[] = {"on_heap", "off_heap", "on_heap", "off_heap"};
    for (size_t i = 1; i <= 3; i++) {
        await_length(i);
        CLAIM(is_atom(flag(values[i]), values[i - 1]));
        bl_send(tester, bl_int((int64_t)i));
    }
    await_length(4);
}

static void flip_and_wait(bl_term tester)
{
    flip(bl_to_pid(tester));
    bl_send_to(tester, atom("ready"));
    BL_RECEIVE {
        BL_ON("never") {}
    }
}

static void flip_and_receive(bl_term tester)
{
    flip(bl_to_pid(tester));
    bl_send_to(tester, bl_process_info(bl_self(), atom("messages")));
    for (int64_t c = 'A'; c <= 'D'; c++)
        CLAIM(bl_same(bl_receive(), bl_cons(bl_int(c), bl_nil())));
    bl_send_to(tester, bl_from_pid(bl_self()));
}

static bl_pid send_while_it_flips(bl_function *body)
{
    bl_spawn_options on_heap = {.link = true, .message_queue_on_heap = true};
    bl_pid p = bl_spawn_opt(body, bl_from_pid(bl_self()), &on_heap);
    for (int64_t i = 0; i < 4; i++) {
        bl_send(p, bl_cons(bl_int('A' + i), bl_nil()));
        if (i < 3)
            CLAIM(receive() == i + 1);
    }
    return p;
}

CASE(message_queue_data, process_info_messages)
{
    bl_term four = BL_TERM("{messages, [\"A\", \"B\", \"C\", \"D\"]}");
    bl_pid p = send_while_it_flips(flip_and_wait);
    CLAIM(is_atom(bl_receive(), "ready"));
    CLAIM(bl_same(bl_process_info(p, atom("messages")), four));
    p = send_while_it_flips(flip_and_receive);
    CLAIM(bl_same(bl_receive(), four));
    CLAIM(bl_same_pid(bl_to_pid(bl_receive()), p));
}

static void take_pids_only(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_pid from;
        BL_RECEIVE {
            BL_ON("%p", &from) bl_send(from, atom("ok"));
        }
    }
}

static bl_term list_of(int64_t n)
{
    bl_term list = bl_nil();
    for (int64_t i = 0; i < n; i++)
        list = bl_cons(bl_int(n), list);
    return list;
}

/* How much its heap grows by a hundred lists that it does not receive. */
static int64_t growth(bl_spawn_options options)
{
    bl_pid p = bl_spawn_opt(take_pids_only, bl_int(0), &options);
    await_waiting(p);
    int64_t before = bl_to_int(info(p, "total_heap_size"));
    for (int64_t i = 1; i <= 100; i++)
        bl_send(p, list_of(i));
    bl_send(p, bl_from_pid(bl_self()));
    CLAIM(is_atom(bl_receive(), "ok"));
    return bl_to_int(info(p, "total_heap_size")) - before;
}

CASE(message_queue_data, total_heap_size)
{
    CLAIM(growth((bl_spawn_options){.link = true, .message_queue_on_heap = true}) >= 2 * 5050);
    CLAIM(growth((bl_spawn_options){.link = true, .message_queue_off_heap = true}) == 0);
}

static _Atomic bool sent;

static void change_late(bl_term unused)
{
    (void)unused;
    bl_term list = {0};
    while (ON(4) && !atomic_load(&sent))
        sched_yield(); /* and not look into the mailbox */
    CLAIM(is_atom(flag("off_heap"), "on_heap"));
    bl_collect();
    BL_RECEIVE {
        BL_ON("{ok, %t}", &list) {}
    }
    CLAIM(bl_same(list, list_of(20)));
}

/* The message is in the inbox when the flag changes and the garbage is collected. */
CASE(message_queue_data, change_to_off_heap_gc)
{
    bl_term monitor;
    bl_spawn_options elsewhere = {.scheduler = ON(4) ? 2 : 0, .monitor = true, .reference = &monitor};
    for (int i = 0; i < rounds(2000); i++) {
        atomic_store(&sent, false);
        bl_pid p = bl_spawn_opt(change_late, bl_int(0), &elsewhere);
        BL_SEND(p, "{ok, %t}", list_of(20));
        atomic_store(&sent, true);
        claim_down(monitor, bl_from_pid(p), atom("normal"));
    }
}
