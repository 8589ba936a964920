/* What is sent to a living process is received exactly once, by it and nobody else. */
#include "support/law.h"
#include "support/random.h"

enum { PEERS = 64 };

static bl_pid peer[PEERS];
static uint64_t seed;
static int each;

/* By addressee: how many, their sum, and their exclusive or. Every message is unique. */
struct account {
    _Atomic uint64_t count, sum, parity;
};
static struct account sent[PEERS], received[PEERS];

static void book(struct account *a, int64_t message)
{
    uint64_t mixed = (uint64_t)message * UINT64_C(0x9e3779b97f4a7c15);
    atomic_fetch_add(&a->count, 1);
    atomic_fetch_add(&a->sum, mixed);
    atomic_fetch_xor(&a->parity, mixed);
}

static void shower(bl_term id)
{
    struct random r = random_split(seed, (uint64_t)bl_to_int(id));
    for (int i = 0; i < each; i++) {
        unsigned to = random_below(&r, PEERS);
        int64_t message = bl_to_int(id) << 32 | (int64_t)to << 24 | i;
        book(&sent[to], message);
        send(peer[to], message);
        if (random_below(&r, 16) == 0)
            bl_yield();
    }
}

static void accept(int64_t me, int64_t message)
{
    CLAIM((message >> 24 & 0xff) == me);
    book(&received[me], message);
}

/* Ends at -1. */
static void peer_straight(bl_term id)
{
    for (int64_t m; (m = receive()) >= 0;)
        accept(bl_to_int(id), m);
}

static bl_term peer_resting(bl_term id, bl_term message)
{
    if (bl_to_int(message) < 0)
        bl_exit(bl_atom("normal"));
    accept(bl_to_int(id), bl_to_int(message));
    return id;
}

static void start_peers(void)
{
    for (int i = 0; i < PEERS; i++)
        peer[i] = i % 2 ? spawn(peer_straight, i) : spawn_resting(peer_resting, i);
}

static void compare_accounts(void)
{
    for (int i = 0; i < PEERS; i++) {
        send(peer[i], -1); /* all senders have ended: nothing comes after this */
        cr_assert(ended_well(peer[i]));
        cr_assert_eq(atomic_load(&sent[i].count), atomic_load(&received[i].count), "peer %d", i);
        cr_assert_eq(atomic_load(&sent[i].sum), atomic_load(&received[i].sum), "peer %d", i);
        cr_assert_eq(atomic_load(&sent[i].parity), atomic_load(&received[i].parity), "peer %d", i);
    }
}

LAW(delivery, is_exactly_once_from_many_to_many)
{
    enum { SHOWERS = 32 };
    bl_pid from[SHOWERS];
    seed = random_seed("delivery.is_exactly_once_from_many_to_many");
    each = rounds(8000);
    start_peers();
    for (int i = 0; i < SHOWERS; i++)
        from[i] = spawn(shower, i);
    for (int i = 0; i < SHOWERS; i++)
        cr_assert(ended_well(from[i]));
    compare_accounts();
}

static void *shower_thread(void *id)
{
    shower(bl_int((int64_t)(intptr_t)id));
    return NULL;
}

LAW(delivery, is_exactly_once_from_threads)
{
    pthread_t thread[4];
    seed = random_seed("delivery.is_exactly_once_from_threads");
    each = rounds(40000);
    start_peers();
    for (intptr_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, shower_thread, (void *)i), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    compare_accounts();
}

/* Every kind of term arrives as it was sent. */

static bl_term kinds[6];

static void compare_kinds(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < 6; i++)
        CLAIM(bl_same(bl_receive(), kinds[i]));
}

LAW(delivery, does_not_change_the_term)
{
    bl_pid p = spawn(compare_kinds, 0);
    bl_term all[6] = {bl_int(0), bl_int(BL_INT_MIN), bl_int(BL_INT_MAX), bl_atom("atom"), bl_from_pid(p), bl_int(-1)};
    for (int i = 0; i < 6; i++)
        kinds[i] = all[i];
    for (int i = 0; i < 6; i++)
        cr_assert_eq(bl_send(p, all[i]), BL_OK);
    cr_assert(ended_well(p));
}

/* A process may get far more messages than anybody has handled yet. */

static void count_to(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++)
        CLAIM(receive() == i);
}

static void held_until_told(bl_term n)
{
    bl_term first = bl_receive(); /* the gate; the rest piles up meanwhile */
    CLAIM(bl_is_atom(first));
    count_to(n);
}

LAW(delivery, of_a_pile_of_messages_is_complete)
{
    int pile = rounds(1000000);
    bl_pid p = spawn(held_until_told, pile);
    bl_send(p, bl_atom("go"));
    for (int i = 0; i < pile; i++)
        send(p, i);
    cr_assert(ended_well(p));
    bl_stats stats;
    cr_assert_eq(bl_get_stats(&stats), BL_OK);
    cr_assert_eq(stats.sent, pile + 1);
}
