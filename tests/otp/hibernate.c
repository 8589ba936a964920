/* hibernate.c - cases of hibernate_SUITE. Who hibernates is seen by process_info(current_function). */
#include "otp/otp.h"

/* Words that are not live data: those of the block itself. */
enum { SLACK = 8 };

static void await_hibernating(bl_pid p)
{
    while (!is_atom(info(p, "current_function"), "bl_hibernate") || !is_atom(info(p, "status"), "waiting"))
        bl_yield();
}

static int64_t number(bl_pid p, const char *item)
{
    return bl_to_int(info(p, item));
}

static bl_term list_to(int64_t n)
{
    bl_term list = bl_nil();
    while (n > 0)
        list = bl_cons(bl_int(n--), list);
    return list;
}

/* A heap with generations: more than is live. */
static void acquire_old_heap(void)
{
    const int64_t n = full(40000, 40000 * 4);
    bl_term live = list_to(n);
    bl_collect();
    list_to(1000);
    CLAIM((int64_t)bl_get_heap_info().words > 2 * n && bl_to_int(bl_head(live)) == 1);
}

static bl_term calculate(void)
{
    bl_term all = bl_nil();
    for (int64_t i = full(5000, 5000 * 4); i > 0; i--)
        all = bl_cons(BL_TUPLE(bl_int(i), bl_float((double)i)), all);
    return bl_int((int64_t)(bl_hash(all) % 1000));
}

typedef bl_term go_to_sleep(bl_term info);

static void hibernator(bl_term mine);

static bl_term directly(bl_term mine)
{
    bl_hibernate(hibernator, mine);
}

static go_to_sleep *falls_asleep = directly, *volatile at_the_end = directly;

static void hibernator(bl_term mine)
{
    bl_pid parent;
    for (;;)
        BL_RECEIVE {
            BL_ON("hibernate") {
                bl_catch(falls_asleep, mine, NULL);
                bl_exit(atom("it_returned"));
            }
            BL_ON("{acquire_old_heap, %p}", &parent) {
                acquire_old_heap();
                bl_send(parent, atom("done"));
            }
            BL_ON("{whats_up, %p}", &parent) {
                CLAIM(bl_same_pid(bl_to_pid(bl_element(mine, 0)), parent));
                BL_SEND(parent, "{all_fine, %t, %p, %t}", calculate(), bl_self(), bl_element(mine, 1));
            }
            BL_ON("please_quit_now") return;
        }
}

static void claim_small(bl_pid p, int64_t live)
{
    CLAIM(number(p, "message_queue_len") == 0);
    CLAIM(number(p, "stack_size") == 0);
    CLAIM(number(p, "heap_size") == live);
    CLAIM(number(p, "total_heap_size") <= live + SLACK);
}

/* Again and again: it grows, shrinks to the one term that it keeps, and goes on with it. */
static void hibernate_and_wake(void)
{
    bl_term reference = bl_make_reference();
    bl_pid p = bl_spawn_link(hibernator, BL_TUPLE(bl_from_pid(bl_self()), reference));
    for (int64_t i = full(100, 400); i > 0; i--) {
        bool fine = false;
        if (i % 2 == 0) {
            BL_SEND(p, "{acquire_old_heap, %p}", bl_self());
            CLAIM(is_atom(bl_receive(), "done"));
        }
        bl_send(p, atom("hibernate"));
        await_hibernating(p);
        claim_small(p, 3);
        BL_SEND(p, "{whats_up, %p}", bl_self());
        BL_RECEIVE {
            BL_ON("{all_fine, %*i, %=p, %=r}", p, reference) fine = true;
            BL_ON("_") {}
        }
        CLAIM(fine);
    }
    bl_send(p, atom("please_quit_now"));
}

CASE(hibernate, basic)
{
    hibernate_and_wake();
}

static __attribute__((noinline)) bl_term from_below(int depth, bl_term mine)
{
    bl_term more = BL_TUPLE(mine, bl_int(depth));
    if (depth == 0)
        return at_the_end(mine);
    from_below(depth - 1, mine);
    return more; /* never */
}

static bl_term caught_below(bl_term mine)
{
    return from_below(50, mine);
}

static bl_term indirectly(bl_term mine)
{
    bl_term nothing = {0};
    bl_catch(caught_below, mine, &nothing);
    return nothing;
}

/* Theirs: a call that the compiler cannot see. Here: through a pointer, from deep within, inside another
 * catch; nothing of that is left. */
CASE(hibernate, dynamic_call)
{
    falls_asleep = indirectly;
    hibernate_and_wake();
    falls_asleep = directly;
}

static void sleep_again(bl_term nothing)
{
    for (bool more = true; more;)
        BL_RECEIVE {
            BL_ON("_") {}
            BL_AFTER(0) more = false;
        }
    bl_hibernate(sleep_again, nothing);
}

/* One that keeps no term at all has no heap. */
CASE(hibernate, no_heap)
{
    bl_pid p = bl_spawn_link(sleep_again, bl_int(0));
    for (int64_t i = full(100, 400); i > 0; i--) {
        await_hibernating(p);
        CLAIM(number(p, "heap_size") == 0 && number(p, "total_heap_size") == 0);
        BL_SEND(p, "{again, %i}", i);
    }
    bl_unlink(p);
    bl_exit_signal(p, atom("bye"));
}

static void find_message(bl_term kept)
{
    bl_term parent = bl_element(kept, 0), expected = bl_element(kept, 1);
    CLAIM(bl_same(bl_receive(), expected));
    bl_send_to(parent, atom("done"));
}

static void hibernate_with_messages(bl_term kept)
{
    BL_RECEIVE {
        BL_ON("go_ahead") {}
    }
    CLAIM(bl_mailbox_length() == 1);
    bl_hibernate(find_message, kept);
}

/* It wakes at once. */
CASE(hibernate, messages_in_queue)
{
    bl_term message = BL_TERM("{%p, %r, a, message}", bl_self(), bl_make_reference());
    bl_pid p = bl_spawn_link(hibernate_with_messages, BL_TUPLE(bl_from_pid(bl_self()), message));
    bl_send(p, message);
    bl_send(p, atom("go_ahead"));
    CLAIM(is_atom(bl_receive(), "done"));
}

static bl_term into_nothing(bl_term kept)
{
    bl_hibernate(NULL, kept);
}

static bl_term with_nothing(bl_term kept)
{
    bl_term none = {0};
    (void)kept;
    bl_hibernate(sleeper, none);
}

/* Theirs: what is no module, function or list of arguments. What is of a wrong type does not compile
 * here; no function, and "no term", are left. */
CASE(hibernate, bad_args)
{
    bl_term kept = BL_TERM("{some, [terms]}"), why;
    go_to_sleep *const badly[] = {into_nothing, with_nothing};
    for (int i = 0; i < 2; i++) {
        CLAIM(bl_catch(badly[i], kept, &why) == BL_CAUGHT_ERROR);
        bl_collect();
        CLAIM(bl_same(why, BL_TERM("{badarg, []}")));
        CLAIM(bl_same(kept, BL_TERM("{some, [terms]}")));
    }
}

/* What it calls first leaves the lane (a large collection), gives way when it is done (printing), or both. */
static void work_long(bl_term parent)
{
    const int64_t n = full(100000, 400000);
    bl_term all = list_to(n);
    bl_collect();
    CLAIM((int64_t)bl_print(all, 0, NULL, 0) > 2 * n);
    bl_term copy = bl_parse("[1, 2, 3]", 9, NULL);
    CLAIM(bl_equal(copy, list_to(3)));
    BL_SEND(bl_to_pid(parent), "{ok, %p}", bl_self());
    CLAIM(is_atom(bl_receive(), "wakeup"));
    sleeper(parent);
}

static void sleep_first(bl_term parent)
{
    bl_hibernate(work_long, parent);
}

CASE(hibernate, wake_up_and_bif_trap)
{
    bl_pid p = bl_spawn_link(sleep_first, bl_from_pid(bl_self()));
    bl_send(p, atom("wakeup"));
    BL_RECEIVE {
        BL_ON("{ok, %=p}", p) {}
    }
    bl_unlink(p);
    bl_exit_signal(p, atom("bye"));
}
