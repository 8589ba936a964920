/* Messages from one process to another arrive in the order in which they were sent;
 * nothing is said of different senders. (Erlang reference manual, "Processes".) */
#include "support/law.h"

enum { SENDERS = 8 };

static int64_t parcel(int64_t sender, int64_t number)
{
    return sender << 32 | number;
}

/* What the receiver has seen of each sender, in order or not. */
static int64_t next_of[SENDERS];

static void check_order(int64_t parcel)
{
    CLAIM((parcel & 0xffffffff) == next_of[parcel >> 32]++);
}

static bl_pid receiver;
static int each;

static void sender(bl_term id)
{
    for (int i = 0; i < each; i++) {
        send(receiver, parcel(bl_to_int(id), i));
        if (i % 1000 == bl_to_int(id))
            bl_yield();
    }
}

static void receive_all(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < SENDERS * each; i++)
        check_order(receive());
}

LAW(order, of_each_sender_is_kept)
{
    each = rounds(20000);
    receiver = spawn(receive_all, 0);
    for (int i = 0; i < SENDERS; i++)
        spawn(sender, i);
    cr_assert(ended_well(receiver));
}

static bl_term handle_parcel(bl_term left, bl_term message)
{
    check_order(bl_to_int(message));
    if (bl_to_int(left) == 1)
        bl_exit(bl_atom("normal"));
    return bl_int(bl_to_int(left) - 1);
}

LAW(order, of_each_sender_is_kept_by_a_resting_receiver)
{
    each = rounds(20000);
    receiver = spawn_resting(handle_parcel, SENDERS * each);
    for (int i = 0; i < SENDERS; i++)
        spawn(sender, i);
    cr_assert(ended_well(receiver));
}

static void *send_from_thread(void *id)
{
    sender(bl_int((int64_t)(intptr_t)id)); /* bl_yield() does nothing here */
    return NULL;
}

LAW(order, of_threads_is_kept_too)
{
    pthread_t thread[3];
    each = rounds(20000) * SENDERS / 3;
    receiver = spawn_resting(handle_parcel, 3 * each);
    for (intptr_t i = 0; i < 3; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, send_from_thread, (void *)i), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    cr_assert(ended_well(receiver));
}

static void to_oneself(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < each; i++)
        send(bl_self(), i);
    for (int i = 0; i < each; i++)
        CLAIM(receive() == i);
}

LAW(order, of_messages_to_oneself_is_kept)
{
    each = rounds(20000);
    cr_assert(ended_well(spawn(to_oneself, 0)));
}

/* Causality, as far as it is promised: if I send to you and then ask a friend to send
 * to you, mine is there first. (Erlang does not promise it; one inbox word does.) */

static void friend(bl_term unused)
{
    (void)unused;
    for (int64_t i; (i = receive()) >= 0;)
        send(receiver, i);
}

static void me_then_friend(bl_term unused)
{
    (void)unused;
    bl_pid f = spawn(friend, 0);
    for (int i = 0; i < each; i++) {
        send(receiver, 2 * i);
        send(f, 2 * i + 1);
    }
    send(f, -1);
}

static void expect_causality(bl_term unused)
{
    (void)unused;
    int64_t mine = -2, his = -1;
    for (int i = 0; i < 2 * each; i++) {
        int64_t n = receive();
        if (n % 2)
            his = n;
        else
            mine = n;
        CLAIM(his <= mine + 1);
    }
}

LAW(order, what_was_sent_before_is_received_before)
{
    each = rounds(20000);
    receiver = spawn(expect_causality, 0);
    spawn(me_then_friend, 0);
    cr_assert(ended_well(receiver));
}
