/* One word: who lives here, does it sleep, and what has come. */
#include "data/mailbox.h"

#include <criterion/criterion.h>
#include <pthread.h>

#include "base/os.h"
#include "support/random.h"
#include "support/scale.h"

enum { GENERATION = 7 };

/* ---- the states, each with each verb ---- */

enum state { EMPTY, IDLE, CLOSED, ONE, TWO, READ, ONE_OVER_READ, STATES };

static struct message a, b, c;

/* Back to the first of two. */
static void in_state_read(struct inbox *in)
{
    inbox_take(in, GENERATION);
    inbox_push(in, GENERATION, &a);
}

static struct inbox in_state(enum state state)
{
    struct inbox in;
    inbox_open(&in, GENERATION, state == IDLE);
    if (state >= ONE)
        inbox_push(&in, GENERATION, &a);
    if (state >= TWO)
        inbox_push(&in, GENERATION, &b);
    a.word = state >= READ ? MESSAGE_READ : term_int(1);
    b.word = c.word = term_int(2);
    if (state == READ)
        in_state_read(&in);
    if (state == CLOSED)
        inbox_close(&in, GENERATION);
    return in;
}

static enum state state_of(const struct inbox *in)
{
    uint64_t word = atomic_load(&in->word);
    struct message *list = inbox_list(word);
    if (list && list->next)
        return message_is_read(list->next) ? ONE_OVER_READ : TWO;
    if (list)
        return message_is_read(list) ? READ : ONE;
    uintptr_t mark = inbox_pointer(word);
    return mark == INBOX_EMPTY ? EMPTY : mark == INBOX_IDLE ? IDLE : CLOSED;
}

Test(mailbox, push_in_every_state)
{
    static const struct {
        enum mailbox_push result;
        enum state after;
    } expected[STATES] = {
        [EMPTY] = {MAILBOX_DELIVERED, ONE}, [IDLE] = {MAILBOX_MUST_WAKE, ONE}, [CLOSED] = {MAILBOX_DEAD, CLOSED},
        [ONE] = {MAILBOX_DELIVERED, TWO},   [READ] = {MAILBOX_DELIVERED, ONE_OVER_READ},
    };
    for (enum state s = EMPTY; s <= READ; s++) {
        if (s == TWO)
            continue; /* as with one */
        struct inbox in = in_state(s);
        cr_assert_eq(inbox_push(&in, GENERATION, &c), expected[s].result, "state %d", s);
        cr_assert_eq(state_of(&in), expected[s].after, "state %d", s);
    }
}

Test(mailbox, push_for_another_generation_changes_nothing)
{
    for (enum state s = EMPTY; s < STATES; s++) {
        struct inbox in = in_state(s);
        uint64_t before = atomic_load(&in.word);
        cr_assert_eq(inbox_push(&in, GENERATION - 1, &c), MAILBOX_DEAD);
        cr_assert_eq(inbox_push(&in, GENERATION + 1, &c), MAILBOX_DEAD);
        cr_assert_eq(inbox_push(&in, GENERATION ^ 1u << (INBOX_GENERATION_BITS - 1), &c), MAILBOX_DEAD);
        cr_assert_eq(atomic_load(&in.word), before);
    }
}

Test(mailbox, take_in_every_waking_state)
{
    static const int messages[STATES] = {[EMPTY] = 0, [ONE] = 1, [TWO] = 2, [READ] = 1, [ONE_OVER_READ] = 2};
    static const enum state waking[] = {EMPTY, ONE, TWO, READ, ONE_OVER_READ};
    for (int i = 0; i < 5; i++) {
        struct inbox in = in_state(waking[i]);
        int taken = 0;
        for (struct message *m = inbox_take(&in, GENERATION); m; m = m->next)
            taken++;
        cr_assert_eq(taken, messages[waking[i]]);
        cr_assert_eq(state_of(&in), EMPTY);
    }
}

Test(mailbox, idle_only_when_empty)
{
    static const enum state waking[] = {EMPTY, ONE, TWO, READ, ONE_OVER_READ};
    for (int i = 0; i < 5; i++) {
        struct inbox in = in_state(waking[i]);
        struct message *read;
        bool may = waking[i] == EMPTY || waking[i] == READ;
        cr_assert_eq(inbox_idle(&in, GENERATION, &read), may);
        cr_assert(!may || read == (waking[i] == READ ? &a : NULL));
        cr_assert_eq(state_of(&in), may ? IDLE : waking[i]);
        cr_assert_eq(inbox_is_empty(&in), false);
    }
}

Test(mailbox, is_empty_only_when_empty)
{
    for (enum state s = EMPTY; s < STATES; s++) {
        struct inbox in = in_state(s);
        cr_assert_eq(inbox_is_empty(&in), s == EMPTY || s == READ);
        const struct message *newest[STATES] = {[ONE] = &a, [TWO] = &b, [ONE_OVER_READ] = &b};
        cr_assert_eq(inbox_peek(&in), newest[s]);
    }
}

Test(mailbox, rouse_only_who_sleeps)
{
    for (enum state s = EMPTY; s < STATES; s++) {
        struct inbox in = in_state(s);
        cr_assert_eq(inbox_rouse(&in, GENERATION), s == IDLE);
        cr_assert_eq(state_of(&in), s == IDLE ? EMPTY : s);
        cr_assert_not(inbox_rouse(&in, GENERATION), "a second time there is nobody asleep");
    }
    struct inbox in = in_state(IDLE);
    cr_assert_not(inbox_rouse(&in, GENERATION + 1));
    cr_assert_eq(state_of(&in), IDLE);
}

Test(mailbox, close_returns_what_had_been_delivered)
{
    static const int messages[STATES] = {[ONE] = 1, [TWO] = 2, [READ] = 1, [ONE_OVER_READ] = 2};
    for (enum state s = EMPTY; s < STATES; s++) {
        struct inbox in = in_state(s);
        int left = 0;
        for (struct message *m = inbox_close(&in, GENERATION + 1); m; m = m->next)
            left++;
        cr_assert_eq(left, messages[s]);
        cr_assert_eq(state_of(&in), CLOSED);
        cr_assert_eq(inbox_push(&in, GENERATION, &c), MAILBOX_DEAD);
        cr_assert_eq(inbox_push(&in, GENERATION + 1, &c), MAILBOX_DEAD, "the next life has not begun");
        inbox_open(&in, GENERATION + 1, false);
        cr_assert_eq(inbox_push(&in, GENERATION, &c), MAILBOX_DEAD);
        cr_assert_eq(inbox_push(&in, GENERATION + 1, &c), MAILBOX_DELIVERED);
    }
}

Test(mailbox, messages_come_out_in_the_order_of_pushing)
{
    struct inbox in = in_state(TWO);
    inbox_push(&in, GENERATION, &c);
    struct message *m = messages_reverse(inbox_take(&in, GENERATION));
    cr_assert_eq(m, &a);
    cr_assert_eq(m->next, &b);
    cr_assert_eq(m->next->next, &c);
    cr_assert_null(m->next->next->next);
    cr_assert_null(messages_reverse(NULL));
}

Test(mailbox, a_word_holds_any_pointer_beside_any_generation)
{
    static const uintptr_t pointers[] = {INBOX_EMPTY, INBOX_IDLE, INBOX_CLOSED, INBOX_MARKS, 0x7ffffffffff0, 0xfffffffffff0};
    static const uint32_t generations[] = {0, 1, (1 << INBOX_GENERATION_BITS) - 1, 1 << INBOX_GENERATION_BITS, UINT32_MAX};
    for (int p = 0; p < 6; p++)
        for (int g = 0; g < 5; g++) {
            uint64_t word = inbox_pack(pointers[p], generations[g]);
            cr_assert_eq(inbox_pointer(word), pointers[p]);
            cr_assert_eq(word & INBOX_GENERATION_MASK, generations[g] & INBOX_GENERATION_MASK);
        }
}

Test(mailbox, the_private_list_is_first_in_first_out)
{
    struct msgq q = {0};
    cr_assert_null(msgq_pop(&q));
    for (int i = 0; i < 3; i++) {
        msgq_append(&q, &a);
        msgq_append(&q, &b);
        cr_assert_eq(msgq_pop(&q), &a);
        msgq_append(&q, &c);
        cr_assert_eq(msgq_pop(&q), &b);
        cr_assert_eq(msgq_pop(&q), &c);
        cr_assert_null(msgq_pop(&q));
    }
}

/* ---- threads ----
 * SENDERS push; the owner takes, and sleeps when there is nothing. Whoever gets the
 * duty to wake rings its bell. Were the duty given twice, the bell would be found
 * rung already; were it given to nobody, the owner would sleep for ever. */

enum { SENDERS = 3 };

static struct inbox shared;
static _Atomic uint32_t bell;
static _Atomic int duties, rung_twice, turned_away;
static struct message *parcels[SENDERS];
static int per_sender;

static void wake_owner(void)
{
    atomic_fetch_add(&duties, 1);
    if (atomic_exchange(&bell, 1))
        atomic_fetch_add(&rung_twice, 1);
    os_futex_wake(&bell, 1);
}

static void *push_all(void *arg)
{
    struct message *mine = parcels[(intptr_t)arg];
    for (int i = 0; i < per_sender; i++) {
        mine[i].word = term_int((intptr_t)arg << 32 | i);
        enum mailbox_push pushed = inbox_push(&shared, GENERATION, &mine[i]);
        if (pushed == MAILBOX_MUST_WAKE)
            wake_owner();
        if (pushed == MAILBOX_DEAD)
            atomic_fetch_add(&turned_away, 1);
    }
    return NULL;
}

static void start_senders(pthread_t *thread, int each)
{
    per_sender = each;
    inbox_open(&shared, GENERATION, false);
    for (intptr_t i = 0; i < SENDERS; i++) {
        parcels[i] = calloc((size_t)each, sizeof **parcels);
        cr_assert_eq(pthread_create(&thread[i], NULL, push_all, (void *)i), 0);
    }
}

static void join_senders(pthread_t *thread)
{
    for (int i = 0; i < SENDERS; i++) {
        pthread_join(thread[i], NULL);
        free(parcels[i]);
    }
}

/* Sleep until the bell rings. False: not asleep, something has come. */
static bool sleep_until_woken(void)
{
    struct message *read;
    if (!inbox_idle(&shared, GENERATION, &read))
        return false;
    while (!atomic_load(&bell))
        os_futex_wait(&bell, 0, 0);
    atomic_store(&bell, 0);
    return true;
}

Test(mailbox, wakes_a_sleeper_exactly_once_and_loses_nothing)
{
    pthread_t thread[SENDERS];
    int next[SENDERS] = {0}, sleeps = 0, received = 0, out_of_order = 0, each = rounds(200000);
    start_senders(thread, each);
    while (received < SENDERS * each) {
        struct message *m = messages_reverse(inbox_take(&shared, GENERATION));
        if (!m)
            sleeps += sleep_until_woken();
        for (; m; m = m->next, received++) {
            int sender = (int)(term_int_value(m->word) >> 32), number = (int)term_int_value(m->word);
            out_of_order += next[sender]++ != number;
        }
    }
    join_senders(thread);
    cr_assert_eq(out_of_order, 0);
    cr_assert_eq(atomic_load(&rung_twice), 0);
    cr_assert_eq(atomic_load(&duties), sleeps);
}

static _Atomic int waker_stop;

static void *rouse_often(void *arg)
{
    (void)arg;
    while (!atomic_load(&waker_stop))
        if (inbox_rouse(&shared, GENERATION))
            wake_owner();
    return NULL;
}

Test(mailbox, rouse_and_push_share_one_duty)
{
    pthread_t thread[SENDERS], rouser;
    int sleeps = 0, received = 0, each = rounds(100000);
    start_senders(thread, each);
    cr_assert_eq(pthread_create(&rouser, NULL, rouse_often, NULL), 0);
    while (received < SENDERS * each) {
        struct message *m = inbox_take(&shared, GENERATION);
        if (!m)
            sleeps += sleep_until_woken();
        for (; m; m = m->next)
            received++;
    }
    atomic_store(&waker_stop, 1);
    pthread_join(rouser, NULL);
    join_senders(thread);
    cr_assert_eq(atomic_load(&rung_twice), 0);
    cr_assert_eq(atomic_load(&duties), sleeps);
}

Test(mailbox, closing_under_fire_loses_no_message)
{
    pthread_t thread[SENDERS];
    int each = rounds(50000), received = 0;
    start_senders(thread, each);
    while (received < each) {
        for (struct message *m = inbox_take(&shared, GENERATION); m; m = m->next)
            received++;
    }
    for (struct message *m = inbox_close(&shared, GENERATION + 1); m; m = m->next)
        received++;
    join_senders(thread);
    cr_assert_eq(received + atomic_load(&turned_away), SENDERS * each, "taken, left over, or turned away");
}

/* As a process does it: what is alone is read where it lies, a list is taken. */
Test(mailbox, what_is_read_where_it_lies_is_read_once)
{
    pthread_t thread[SENDERS];
    int next[SENDERS] = {0}, sleeps = 0, received = 0, out_of_order = 0, each = rounds(200000);
    start_senders(thread, each);
    while (received < SENDERS * each) {
        struct message *m = inbox_peek(&shared);
        bool alone = m && !m->next;
        if (!alone)
            m = m ? messages_reverse(inbox_take(&shared, GENERATION)) : NULL;
        if (!m)
            sleeps += sleep_until_woken();
        for (struct message *after; m; m = after) {
            after = m->next;
            if (message_is_read(m))
                continue; /* the oldest of a list */
            int sender = (int)(term_int_value(m->word) >> 32), number = (int)term_int_value(m->word);
            out_of_order += next[sender]++ != number;
            received++;
            if (alone)
                m->word = MESSAGE_READ;
        }
    }
    join_senders(thread);
    cr_assert_eq(out_of_order, 0);
    cr_assert_eq(atomic_load(&rung_twice), 0);
    cr_assert_eq(atomic_load(&duties), sleeps);
}

static int last_deed; /* of who lived there; no atom, so that a sanitizer of threads looks */

static void *die(void *unused)
{
    last_deed = 1;
    inbox_close(&shared, GENERATION + 1);
    return unused;
}

Test(mailbox, who_finds_somebody_dead_sees_what_he_did)
{
    for (int i = rounds(1000); i; i--) {
        pthread_t owner;
        struct message m;
        last_deed = 0;
        inbox_open(&shared, GENERATION, false);
        cr_assert_eq(pthread_create(&owner, NULL, die, NULL), 0);
        while (inbox_push(&shared, GENERATION, &m) != MAILBOX_DEAD) { /* on top of itself: nobody reads it */
        }
        cr_assert_eq(last_deed, 1);
        pthread_join(owner, NULL);
    }
}
