/* A receive takes the first message that matches, leaves the others in their order, and
 * waits as long as it says: not less. */
#include "support/law.h"
#include "support/random.h"

/* ---- clauses, and what stays ---- */

static void pick_and_choose(bl_term unused)
{
    (void)unused;
    int64_t n = 0;
    bl_pid self = bl_self();
    for (int64_t i = 0; i < 10; i++)
        bl_send(self, BL_TERM("{number, %i}", i));
    bl_send(self, bl_atom("stop"));
    CLAIM(bl_mailbox_length() == 11);
    BL_RECEIVE {
        BL_ON("{number, 7}") n = 7;
        BL_ON("stop")        n = -1;
    }
    CLAIM(n == 7); /* the older message, though its clause could have been the later */
    BL_RECEIVE {
        BL_ON("stop") n = -1;
    }
    CLAIM(n == -1 && bl_mailbox_length() == 9);
    int64_t expected[] = {0, 1, 2, 3, 4, 5, 6, 8, 9};
    for (int i = 0; i < 9; i++) {
        BL_RECEIVE {
            BL_ON("{number, %i}", &n) CLAIM(n == expected[i]);
        }
    }
    CLAIM(bl_mailbox_length() == 0);
}

LAW(selective, takes_the_first_that_matches_and_leaves_the_rest)
{
    cr_assert(ended_well(spawn(pick_and_choose, 0)));
}

static void first_clause_wins(bl_term unused)
{
    (void)unused;
    int which = 0;
    send(bl_self(), 5);
    BL_RECEIVE {
        BL_ON("a")                   which = 1;
        BL_ON("%*i")                 which = 2;
        BL_ON("5")                   which = 3;
    }
    CLAIM(which == 2);
}

LAW(selective, clauses_are_tried_from_the_top)
{
    cr_assert(ended_well(spawn(first_clause_wins, 0)));
}

/* Two senders, one message each round, in an order that nobody knows: it waits for the
 * one and then for the other. */
static void wait_for_one_then_other(bl_term n)
{
    for (int64_t i = 0; i < bl_to_int(n); i++) {
        int seen = 0;
        BL_RECEIVE { BL_ON("{a, %=i}", i) seen |= 1; }
        BL_RECEIVE { BL_ON("{b, %=i}", i) seen |= 2; }
        CLAIM(seen == 3);
    }
    CLAIM(bl_mailbox_length() == 0);
}

static void send_marked(bl_term to)
{
    bl_pid pid = bl_to_pid(bl_element(to, 0));
    for (int64_t i = 0; i < rounds(20000); i++)
        bl_send(pid, BL_TERM("{%t, %i}", bl_element(to, 1), i));
}

LAW(selective, waits_for_what_it_wants_whatever_comes)
{
    bl_pid p = spawn(wait_for_one_then_other, rounds(20000));
    bl_pid a = bl_spawn(send_marked, BL_TERM("{%p, a}", p));
    bl_pid b = bl_spawn(send_marked, BL_TERM("{%p, b}", p));
    cr_assert(ended_well(a));
    cr_assert(ended_well(b));
    cr_assert(ended_well(p));
}

/* ---- the counter of the README, with a receive inside of a clause ---- */

static void counter(bl_term unused)
{
    (void)unused;
    for (int64_t n = 0;;) {
        bl_pid from;
        BL_RECEIVE {
            BL_ON("inc")           n++;
            BL_ON("{get, %p}", &from) bl_send(from, bl_int(n));
            BL_ON("{swap, %p}", &from) {
                bl_send(from, bl_atom("ready"));
                BL_RECEIVE {
                    BL_ON("{set, %i}", &n) bl_send(from, bl_atom("done"));
                }
            }
            BL_ON("stop") return;
        }
    }
}

static void use_counter(bl_term arg)
{
    bl_pid c = bl_to_pid(arg);
    int64_t n = -1;
    for (int i = 0; i < 100; i++)
        bl_send(c, bl_atom("inc"));
    bl_send(c, BL_TERM("{get, %p}", bl_self()));
    BL_RECEIVE { BL_ON("%i", &n) {} }
    CLAIM(n == 100);
    bl_send(c, BL_TERM("{swap, %p}", bl_self()));
    bl_send(c, bl_atom("inc")); /* left where it is while the inner receive waits */
    BL_RECEIVE { BL_ON("ready") bl_send(c, BL_TERM("{set, %i}", (int64_t)7)); }
    BL_RECEIVE { BL_ON("done") {} }
    bl_send(c, BL_TERM("{get, %p}", bl_self()));
    BL_RECEIVE { BL_ON("%i", &n) {} }
    CLAIM(n == 8);
    bl_send(c, bl_atom("stop"));
}

LAW(selective, may_be_nested)
{
    bl_pid c = spawn(counter, 0);
    cr_assert(ended_well(bl_spawn(use_counter, bl_from_pid(c))));
    cr_assert(ended_well(c));
}

/* ---- after ---- */

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void wait_a_while(bl_term ms)
{
    int64_t began = now_ns(), expired = 0;
    BL_RECEIVE {
        BL_ON("never")            CLAIM(!"nobody sent this");
        BL_AFTER(bl_to_int(ms))   expired++;
    }
    CLAIM(expired == 1);
    CLAIM(now_ns() - began >= bl_to_int(ms) * 1000000); /* never early */
}

LAW(selective, after_is_never_early)
{
    bl_pid p[50];
    for (int i = 0; i < 50; i++)
        p[i] = spawn(wait_a_while, i);
    for (int i = 0; i < 50; i++)
        cr_assert(ended_well(p[i]));
}

static void compute_for_ever(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(2000000); i++)
        bl_yield();
}

LAW(selective, after_comes_though_others_are_busy)
{
    bl_pid busy[4], p[20];
    for (int i = 0; i < 4; i++)
        busy[i] = spawn(compute_for_ever, 0);
    for (int i = 0; i < 20; i++)
        p[i] = spawn(wait_a_while, i);
    for (int i = 0; i < 20; i++)
        cr_assert(ended_well(p[i]));
    for (int i = 0; i < 4; i++)
        cr_assert(ended_well(busy[i]));
}

static void zero_and_infinity(bl_term unused)
{
    (void)unused;
    int expired = 0, taken = 0;
    for (int i = 0; i < 100; i++)
        send(bl_self(), i);
    BL_RECEIVE { /* all that is there is looked at before it expires */
        BL_ON("99")   taken++;
        BL_AFTER(0)   expired++;
    }
    CLAIM(taken == 1 && expired == 0);
    BL_RECEIVE {
        BL_ON("99")   taken++;
        BL_AFTER(0)   expired++;
    }
    CLAIM(taken == 1 && expired == 1 && bl_mailbox_length() == 99);
    BL_RECEIVE {
        BL_ON("98")            taken++;
        BL_AFTER(BL_INFINITY)  expired++;
    }
    CLAIM(taken == 2 && expired == 1);
}

LAW(selective, after_zero_and_after_infinity)
{
    cr_assert(ended_well(spawn(zero_and_infinity, 0)));
}

static void bad_timeout(bl_term ms)
{
    BL_RECEIVE {
        BL_AFTER(bl_to_int(ms)) {}
    }
}

static void wait_badly(bl_term ms)
{
    bl_term monitor;
    bl_spawn_monitor(bad_timeout, ms, &monitor);
    CLAIM(BL_MATCH(bl_receive(), "{'DOWN', %=r, process, _, {timeout_value, []}}", monitor));
}

LAW(selective, after_refuses_what_is_no_time)
{
    cr_assert(ended_well(spawn(wait_badly, -2)));
    cr_assert(ended_well(spawn(wait_badly, INT64_C(1) << 32)));
}

/* Misfits do not start the time again. */
static void be_pestered(bl_term unused)
{
    (void)unused;
    int expired = 0;
    BL_RECEIVE {
        BL_ON("stop")   CLAIM(!"nobody sent this");
        BL_AFTER(50)    expired++;
    }
    CLAIM(expired == 1);
}

static void pester(bl_term whom)
{
    while (bl_is_alive(bl_to_pid(whom))) {
        send(bl_to_pid(whom), 1);
        BL_RECEIVE { BL_AFTER(1) {} }
    }
}

LAW(selective, misfits_do_not_wind_the_clock)
{
    bl_pid p = spawn(be_pestered, 0);
    bl_pid q = bl_spawn(pester, bl_from_pid(p));
    cr_assert(ended_well(p));
    cr_assert(ended_well(q));
}

static void pester_once(bl_term whom)
{
    send(bl_to_pid(whom), 1);
}

/* A timer that was beaten by its message leaves nothing behind. */
static void beat_the_clock(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(100000); i++) {
        bl_spawn(pester_once, bl_from_pid(bl_self()));
        int got = 0;
        BL_RECEIVE {
            BL_ON("1")        got = 1;
            BL_AFTER(100000)  got = 2;
        }
        CLAIM(got == 1);
    }
}

LAW(selective, a_message_beats_the_clock)
{
    bl_pid p[4];
    for (int i = 0; i < 4; i++)
        p[i] = spawn(beat_the_clock, 0);
    for (int i = 0; i < 4; i++)
        cr_assert(ended_well(p[i]));
}

/* ---- a call among junk ---- */

static void answer_calls(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_pid from;
        bl_term reference;
        BL_RECEIVE {
            BL_ON("{call, %p, %r}", &from, &reference) bl_send(from, BL_TERM("{reply, %r}", reference));
            BL_ON("stop")                               return;
        }
    }
}

/* So many messages are in the mailbox all the time. Sanitizers get fewer: each costs them more. */
static const int junk = SLOWDOWN > 8 ? 20000 : 500000;

/* The arguments of a clause are evaluated once for each message that its first look cannot tell from
 * a match: that is counted, not time. So the junk looks like the answer, but for its reference. */
static int64_t looks;

static bl_term looked_for(bl_term reference)
{
    looks++;
    return reference;
}

static bl_term call(bl_term server)
{
    bl_term reference = bl_make_reference();
    bl_send(bl_to_pid(server), BL_TERM("{call, %p, %r}", bl_self(), reference));
    return reference;
}

static void call_among_junk(bl_term server)
{
    int calls = rounds(20000), replies = 0;
    bl_term other = bl_make_reference();
    for (int i = 0; i < junk; i++)
        BL_SEND(bl_self(), "{reply, %r}", other);
    for (int i = 0; i < calls; i++) {
        bl_term reference = call(server);
        BL_RECEIVE_SINCE(reference) {
            BL_ON("{reply, %=r}", looked_for(reference)) replies++;
        }
    }
    CLAIM(replies == calls);
    CLAIM(looks <= 2 * calls); /* none of the junk */
    looks = 0;
    bl_term reference = call(server);
    BL_RECEIVE {
        BL_ON("{reply, %=r}", looked_for(reference)) replies++;
    }
    CLAIM(replies == calls + 1);
    CLAIM(looks > junk && looks <= junk + 2); /* without the mark, all of it */
    looks = 0;
    CLAIM(bl_mailbox_length() == (size_t)junk);
    for (int i = 0; i < junk; i++)
        CLAIM(BL_MATCH(bl_receive(), "{reply, %=r}", other));
    bl_send(bl_to_pid(server), bl_atom("stop"));
}

LAW(selective, a_reference_skips_what_is_older)
{
    bl_pid server = spawn(answer_calls, 0);
    cr_assert(ended_well(bl_spawn(call_among_junk, bl_from_pid(server))));
    cr_assert(ended_well(server));
}

/* The mark is between messages that come and go. */
static void move_the_mark(bl_term unused)
{
    (void)unused;
    bl_pid self = bl_self();
    int64_t got = -1;
    send(self, 1);
    send(self, 2);
    bl_term reference = bl_make_reference();
    CLAIM(receive() == 1);
    CLAIM(receive() == 2); /* the mark was behind this one */
    send(self, 3);
    BL_RECEIVE_SINCE(reference) { BL_ON("%i", &got) {} }
    CLAIM(got == 3);
    send(self, 4);
    reference = bl_make_reference();
    BL_RECEIVE { BL_ON("4") {} }
    send(self, 5);
    send(self, 6);
    BL_RECEIVE_SINCE(reference) { BL_ON("6") {} }
    BL_RECEIVE_SINCE(reference) { BL_ON("%i", &got) {} }
    CLAIM(got == 5);
    send(self, 7);
    BL_RECEIVE_SINCE(bl_int(1)) { BL_ON("%i", &got) {} } /* no mark of ours: from the beginning */
    CLAIM(got == 7);
}

LAW(selective, a_mark_moves_with_the_messages)
{
    cr_assert(ended_well(spawn(move_the_mark, 0)));
}

/* ---- mistakes ---- */

/* ---- how many, and how large ---- */

static void count_and_weigh(bl_term unused)
{
    (void)unused;
    bl_pid self = bl_self();
    bl_term list = BL_TERM("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]"), large = list;
    for (int i = 0; i < 2000; i++)
        large = bl_cons(bl_int(i), large);
    CLAIM(bl_mailbox_length() == 0 && bl_mailbox_bytes() == 0);
    send(self, 1);
    CLAIM(bl_mailbox_length() == 1 && bl_mailbox_bytes() == 16);
    bl_send(self, list);
    size_t with_list = bl_mailbox_bytes();
    CLAIM(with_list >= 16 + 40 * 8 && with_list <= 16 + 40 * 8 * 3);
    bl_send(self, large);
    CLAIM(bl_mailbox_bytes() >= with_list + 4000 * 8);
    BL_RECEIVE {
        BL_ON("[1999 | _]") CLAIM(true); /* the last */
    }
    CLAIM(bl_mailbox_length() == 2 && bl_mailbox_bytes() == with_list);
    bl_receive();
    CLAIM(bl_mailbox_bytes() == with_list - 16);
    bl_receive();
    CLAIM(bl_mailbox_length() == 0 && bl_mailbox_bytes() == 0);
    for (int i = 0; i < 100; i++)
        BL_SEND(self, "{%i}", (int64_t)i);
    bl_yield();
    for (int i = 0; i < 100; i++)
        BL_RECEIVE {
            BL_ON("{%*i}") continue;
        }
    CLAIM(bl_mailbox_length() == 0 && bl_mailbox_bytes() == 0);
}

LAW(selective, a_mailbox_knows_its_length_and_its_bytes)
{
    cr_assert(ended_well(spawn(count_and_weigh, 0)));
}

/* ---- sending what is built in place ---- */

static void send_and_compare(bl_term unused)
{
    (void)unused;
    bl_pid self = bl_self();
    bl_term list = BL_TERM("[a, {b, <<\"c\">>} | %i]", (int64_t)1 << 62);
    CLAIM(BL_SEND(self, "{all, %t, [%i, %f], %p, %s}", list, INT64_MAX, 0.5, self, "text") == BL_OK);
    CLAIM(BL_SEND(self, "{%t}", list) == BL_OK);
    CLAIM(BL_SEND(self, "just_an_atom") == BL_OK);
    CLAIM(BL_SEND(self, "%i", INT64_MIN) == BL_OK);
    CLAIM(BL_SEND(self, "#{key => %t}", list) == BL_OK);
    CLAIM(bl_mailbox_length() == 5);
    CLAIM(bl_same(bl_receive(), BL_TERM("{all, %t, [%i, %f], %p, %s}", list, INT64_MAX, 0.5, self, "text")));
    CLAIM(bl_same(bl_receive(), BL_TERM("{%t}", list)));
    CLAIM(bl_same(bl_receive(), bl_atom("just_an_atom")));
    CLAIM(bl_same(bl_receive(), bl_integer(INT64_MIN)));
    CLAIM(bl_same(bl_receive(), BL_TERM("#{key => %t}", list)));
}

/* More values than there are registers for; some do not fit into a word, or are not what they should be. */
static void send_words(bl_term unused)
{
    (void)unused;
    bl_pid self = bl_self();
    bl_term r = bl_make_reference(), a = bl_atom("a");
    for (int64_t i = BL_INT_MAX - 2; i <= BL_INT_MAX + 2; i++) {
        CLAIM(BL_SEND(self, "[{%i, x}, %p, %r, %a, %i, %i, {%p, %i}]", i, self, r, a, -i, 3 * i, self, i) == BL_OK);
        bl_term m = bl_receive();
        bl_term last = BL_TUPLE(bl_from_pid(self), bl_integer(i)), first = BL_TUPLE(bl_integer(i), bl_atom("x"));
        bl_term elements[] = {first, bl_from_pid(self), r, a, bl_integer(-i), bl_integer(3 * i), last};
        CLAIM(bl_same(m, bl_list(elements, 7)));
    }
    CLAIM(BL_SEND(self, "{%i, %p, %r, %a}", (int64_t)1, self, a, a) == BL_EINVAL);
    CLAIM(BL_SEND(self, "{%i, %p, %r, %a}", (int64_t)1, self, r, r) == BL_EINVAL);
    CLAIM(bl_mailbox_length() == 0);
}

LAW(selective, values_that_are_words_arrive_in_their_places)
{
    cr_assert(ended_well(spawn(send_words, 0)));
}

LAW(selective, what_is_built_in_place_arrives_as_it_would_be_built)
{
    cr_assert(ended_well(spawn(send_and_compare, 0)));
}

static void send_badly(bl_term unused)
{
    (void)unused;
    bl_pid self = bl_self(), nobody = {0};
    CLAIM(BL_SEND(self, "{%a}", bl_int(1)) == BL_EINVAL);
    CLAIM(BL_SEND(self, "{%f}", 0.0 / 0.0) == BL_EINVAL);
    CLAIM(BL_SEND(self, "%a", bl_int(1)) == BL_EINVAL);
    CLAIM(BL_SEND(self, "[%t]", (bl_term){0}) == BL_EINVAL);
    CLAIM(BL_SEND(nobody, "{to, nobody}") == BL_OK);
    CLAIM(bl_mailbox_length() == 0);
}

LAW(selective, what_cannot_be_built_is_not_sent)
{
    cr_assert(ended_well(spawn(send_badly, 0)));
}

/* Nothing of what it sends or matches stays on a heap, unless it is a term that does. */
static void leave_no_trace(bl_term rounds)
{
    int64_t n = 0;
    bl_pid self = bl_self();
    for (int64_t i = 0; i < bl_to_int(rounds); i++) {
        BL_SEND(self, "{count, [%i, %p]}", i, self);
        BL_RECEIVE {
            BL_ON("{count, [%i, %*p]}", &n) CLAIM(n == i);
        }
    }
    CLAIM(bl_get_heap_info().words == 0);
}

LAW(selective, words_in_and_words_out_need_no_heap)
{
    cr_assert(ended_well(spawn(leave_no_trace, 1000)));
}

/* The first time a receive is reached it has a message, the next time it has to wait; and what
 * was found out about it is true of it for ever. */
static void receive_at_one_site(bl_term milliseconds, int64_t *got)
{
    *got = -1;
    BL_RECEIVE {
        BL_ON("%i", got) continue;
        BL_ON("other") *got = -2;
        BL_AFTER(bl_to_int(milliseconds)) *got = -3;
    }
}

static void receive_without_limit(int64_t *got)
{
    BL_RECEIVE {
        BL_ON("{n, %i}", got) continue;
    }
}

static void prompt(bl_term to)
{
    for (int64_t i = 0; i < 100; i++) {
        bl_yield();
        BL_SEND(bl_to_pid(to), "misfit");
        BL_SEND(bl_to_pid(to), "{n, %i}", i);
    }
}

static void use_sites_again_and_again(bl_term unused)
{
    (void)unused;
    int64_t n;
    send(bl_self(), 5);
    receive_at_one_site(bl_int(0), &n);
    CLAIM(n == 5);
    receive_at_one_site(bl_int(1), &n);
    CLAIM(n == -3);
    receive_at_one_site(bl_int(0), &n);
    CLAIM(n == -3);
    bl_send(bl_self(), bl_atom("other"));
    receive_at_one_site(bl_int(BL_INFINITY), &n);
    CLAIM(n == -2);
    bl_spawn(prompt, bl_from_pid(bl_self()));
    for (int64_t i = 0; i < 100; i++) {
        receive_without_limit(&n);
        CLAIM(n == i);
    }
    CLAIM(bl_mailbox_length() == 100);
}

LAW(selective, a_receive_may_be_used_again_and_again)
{
    cr_assert(ended_well(spawn(use_sites_again_and_again, 0)));
}

Test(selective, a_bad_pattern_is_reported_at_once, .signal = SIGABRT)
{
    start(1);
    cr_assert(!BL_MATCH(bl_int(1), "{get, %q}"));
}

Test(selective, matching_and_building_from_a_thread)
{
    start(1);
    int64_t x = 0, y = 0;
    bl_term t = BL_TERM("{point, %i, %i}", (int64_t)3, INT64_MIN);
    cr_assert(BL_MATCH(t, "{point, %i, %i}", &x, &y));
    cr_assert(x == 3 && y == INT64_MIN);
    cr_assert(!BL_MATCH(t, "{pint, %i, %i}", &x, &y));
    bl_forget();
    stop();
}

/* ---- places of more references than one ---- */

enum { NESTED = 12 }; /* more than there are places */

static void nest(bl_pid to, int depth, struct random *r)
{
    bl_term reference = bl_monitor(to);
    BL_SEND(bl_self(), "{%r, %i}", reference, (int64_t)depth);
    for (unsigned n = random_below(r, 4); n; n--)
        BL_SEND(bl_self(), "{junk, %i}", (int64_t)random_below(r, 3));
    if (depth < NESTED)
        nest(to, depth + 1, r);
    for (unsigned n = random_below(r, 4); n; n--)
        BL_RECEIVE {
            BL_ON("{junk, %=i}", (int64_t)random_below(r, 3)) {}
            BL_AFTER(0) {}
        }
    BL_RECEIVE_SINCE(reference) {
        BL_ON("{%=r, %=i}", reference, (int64_t)depth) {}
    }
    if (random_below(r, 4))
        bl_demonitor(reference, true, NULL);
}

static void do_nothing_for_ever(bl_term unused)
{
    (void)unused;
    for (;;)
        bl_receive();
}

static void nest_often(bl_term seed)
{
    struct random r = {(uint64_t)bl_to_int(seed)};
    bl_pid to = bl_spawn_link(do_nothing_for_ever, bl_int(0));
    for (int i = 0; i < rounds(2000); i++)
        nest(to, 0, &r);
    for (bool more = true; more;)
        BL_RECEIVE {
            BL_ON("{junk, _}") {}
            BL_AFTER(0) more = false;
        }
    CLAIM(bl_mailbox_length() == 0);
}

LAW(selective, nested_calls_find_their_answers)
{
    cr_assert(ended_well(spawn(nest_often, (int64_t)(random_seed("nested_calls") >> 4))));
}

/* ---- what is older than the reference is not looked at ---- */

static int asked_about;

static bl_term counted(bl_term reference)
{
    asked_about++;
    return reference;
}

/* Is there an answer? In asked_about: how many of that shape were looked at. */
static bool is_answered(bl_term reference)
{
    bool answered = false;
    asked_about = 0;
    BL_RECEIVE_SINCE(reference) {
        BL_ON("{%=r, _}", counted(reference)) answered = true;
        BL_AFTER(0) {}
    }
    return answered;
}

static void send_misfits(int n)
{
    bl_term other = bl_make_reference();
    for (int i = 0; i < n; i++)
        CLAIM(BL_SEND(bl_self(), "{%r, %i}", other, (int64_t)i) == BL_OK);
    CLAIM(bl_mailbox_length() >= (size_t)n); /* they are taken in, and behind the reference */
}

/* Each of several references that are waited for at once has its place, also the older ones, and also those from before
 * there was any message: they have none, and need none. */
static void wait_for_several(bl_term unused)
{
    (void)unused;
    enum { MISFITS = 20, REFERENCES = 4 };
    bl_put(bl_atom("any"), bl_int(1)); /* who has nothing of the kind remembers one place only */
    bl_term first = bl_make_reference(), references[REFERENCES];
    for (int i = 0; i < REFERENCES; i++) {
        send_misfits(MISFITS);
        references[i] = bl_make_reference();
    }
    for (int i = 0; i < REFERENCES; i++)
        CLAIM(BL_SEND(bl_self(), "{%r, %i}", references[i], (int64_t)i) == BL_OK);
    CLAIM(BL_SEND(bl_self(), "{%r, 0}", first) == BL_OK);
    for (int i = REFERENCES; i-- > 0;) {
        CLAIM(is_answered(references[i]));
        CLAIM(asked_about == MISFITS * (REFERENCES - 1 - i) + i + 1);
        CLAIM(!is_answered(references[i]));
    }
    CLAIM(is_answered(first));
    CLAIM(asked_about == MISFITS * REFERENCES + 1);
}

LAW(selective, older_references_keep_their_places)
{
    cr_assert(ended_well(bl_spawn(wait_for_several, bl_int(0))));
}
