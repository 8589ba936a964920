/* gc.c - cases of gc_SUITE. Stacks lie in lanes here, not with the heap: what grows with them is what a
 * collection has to look through. Which collection it was is seen in process_info(garbage_collection),
 * where theirs are traced. */
#include "otp/otp.h"
#include "support/random.h"

static struct random chance; /* one process at a time uses it */

static bl_term text_of(unsigned n)
{
    bl_term text = bl_nil();
    while (n--)
        text = bl_cons(bl_int('a' + random_below(&chance, 26)), text);
    return text;
}

static bl_term call_me(const bl_term *captured, size_t n, bl_term arg)
{
    CLAIM(n == 1);
    return bl_cons(arg, captured[0]);
}

/* A term of some kind, of some size. */
static bl_term something(void)
{
    static const char bytes[1000] = "0123456789";
    unsigned n = 5 + random_below(&chance, 30);
    bl_term text = text_of(n);
    switch (random_below(&chance, 9)) {
    case 0: return text;
    case 1: return bl_int(n);
    case 2: return bl_make_reference();
    case 3: return bl_from_pid(bl_self());
    case 4: return bl_binary(bytes, n * random_below(&chance, 20));
    case 5: return bl_float(n * 1.5);
    case 6: return BL_TERM("{%t, %t, %i}", text, text, INT64_MAX);
    case 7: return bl_map_put(bl_map(), text, bl_int(n));
    default: return bl_function_of(call_me, &text, 1);
    }
}

/* [{Hash, Term} | List] */
static bl_term grow(bl_term list)
{
    bl_term t = something();
    return bl_cons(BL_TUPLE(bl_integer((int64_t)bl_hash(t)), t), list);
}

/* It is what it was. */
static void claim_sound(bl_term list)
{
    for (; bl_is_cons(list); list = bl_tail(list)) {
        int64_t hash;
        CLAIM(bl_get_integer(bl_element(bl_head(list), 0), &hash));
        CLAIM((uint64_t)hash == bl_hash(bl_element(bl_head(list), 1)));
    }
}

/* Without its element i. */
static bl_term without(bl_term list, unsigned i)
{
    bl_term before = bl_nil();
    for (; i--; list = bl_tail(list))
        before = bl_cons(bl_head(list), before);
    for (list = bl_tail(list); bl_is_cons(before); before = bl_tail(before))
        list = bl_cons(bl_head(before), list);
    return list;
}

/* A block of which the stack may mean a word is kept, whole, and counted. */
enum { KEPT = 64 * 1024 / sizeof(uint64_t) };

static size_t live_words(void)
{
    bl_collect();
    return bl_get_heap_info().words;
}

static __attribute__((noinline)) size_t grow_and_shrink(unsigned most)
{
    bl_term list = bl_nil();
    for (unsigned n = 0; n < most; n++)
        list = grow(list);
    claim_sound(list);
    size_t top = live_words();
    CLAIM(top >= 2 * most);
    for (unsigned n = most; n > 0; n--) {
        list = without(list, random_below(&chance, n));
        if (n == most / 2)
            CLAIM(live_words() < 2 * top + KEPT); /* its stack may still mean the list as it once was */
    }
    claim_sound(list);
    CLAIM(bl_is_nil(list));
    return top;
}

/* The heap is as large as what is in it, up and down. */
CASE(gc, grow_heap)
{
    chance.state = random_seed("grow_heap");
    for (unsigned most = 256; most == 256 || most <= full(2048, 2048 * 4); most *= 2)
        CLAIM(live_words() < grow_and_shrink(most) + KEPT);
}

static __attribute__((noinline)) void bounce(unsigned depth)
{
    bl_term mine = grow(bl_nil());
    if (depth > 0)
        bounce(depth - 1);
    something(); /* garbage */
    claim_sound(mine);
}

/* 200 deep, then 199, and so on; each frame holds a term. */
CASE(gc, grow_stack)
{
    chance.state = random_seed("grow_stack");
    for (unsigned depth = (unsigned)full(200, 400); depth > 0; depth--)
        bounce(depth);
}

/* Both. */
CASE(gc, grow_stack_heap)
{
    chance.state = random_seed("grow_stack_heap");
    for (unsigned most = 16; most <= 32; most *= 2) {
        bl_term list = bl_nil();
        for (unsigned n = 0; n < most; n++) {
            bounce(2 * n);
            list = grow(list);
        }
        for (unsigned n = most; n > 0; n--) {
            bounce(2 * n);
            claim_sound(list);
            list = without(list, random_below(&chance, n));
        }
        CLAIM(bl_is_nil(list));
    }
}

/* ---- limits ---- */

static void receive_nothing(bl_term unused)
{
    (void)unused;
    BL_RECEIVE {
        BL_ON("never") {}
    }
}

/* One that may have 1,024 words; and is sent ten times as much, which it does not receive. */
static bl_pid overfull(bl_term *monitor, bool off_heap)
{
    bl_spawn_options options = {.max_heap_size = 1024, .monitor = true, .reference = monitor,
                                .message_queue_off_heap = off_heap, .message_queue_on_heap = !off_heap};
    bl_pid p = bl_spawn_opt(receive_nothing, bl_int(0), &options);
    for (int64_t i = 1; i <= 100; i++) {
        bl_term list = bl_nil();
        for (int64_t k = 0; k < i; k++)
            list = bl_cons(bl_int(i), list);
        bl_send(p, list);
    }
    info(p, "messages");
    return p;
}

/* Messages that wait count, if they are said to be on the heap; when somebody else has it collected. */
CASE(gc, max_heap_size)
{
    bl_term monitor;
    bl_pid p = overfull(&monitor, false);
    CLAIM(bl_is_alive(p));
    CLAIM(bl_garbage_collect(p, BL_COLLECT_MAJOR) == BL_ENOPROC);
    claim_down(monitor, bl_from_pid(p), atom("killed"));
    p = overfull(&monitor, true);
    CLAIM(bl_garbage_collect(p, BL_COLLECT_MAJOR) == BL_OK && bl_is_alive(p));
    bl_demonitor(monitor, true, NULL);
    bl_exit_signal(p, atom("kill"));
}

static bl_term elements[100000];

static void build_at_once(bl_term unused)
{
    (void)unused;
    bl_term large = bl_tuple(elements, sizeof elements / sizeof elements[0]);
    bl_collect();
    CLAIM(bl_is_none(large));
}

static void receive_at_once(bl_term unused)
{
    (void)unused;
    bl_term large = bl_receive();
    bl_collect();
    CLAIM(bl_is_none(large));
}

/* What has a block of its own, since it is large, counts too: built, or received. */
CASE(gc, max_heap_size_large_hfrag)
{
    bl_term monitor;
    bl_spawn_options options = {.max_heap_size = 1024, .monitor = true, .reference = &monitor};
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        elements[i] = bl_nil();
    bl_pid p = bl_spawn_opt(build_at_once, bl_int(0), &options);
    claim_down(monitor, bl_from_pid(p), atom("killed"));
    p = bl_spawn_opt(receive_at_once, bl_int(0), &options);
    bl_send(p, bl_tuple(elements, sizeof elements / sizeof elements[0]));
    claim_down(monitor, bl_from_pid(p), atom("killed"));
}

/* ---- which collection ---- */

/* It has generations, and makes no garbage. */
static void be_there(bl_term parent)
{
    bl_term all = bl_nil();
    const int64_t n = full(100000, 400000);
    for (int64_t i = 0; i < n; i++)
        all = bl_cons(bl_int(i), all);
    bl_collect();
    bl_send_to(parent, atom("ready"));
    for (;;) {
        BL_RECEIVE {
            BL_ON("never") {}
            BL_AFTER(100) {}
        }
        CLAIM(bl_to_int(bl_head(all)) == n - 1);
    }
}

static bl_pid spawn_there(void)
{
    bl_pid p = bl_spawn(be_there, bl_from_pid(bl_self()));
    CLAIM(is_atom(bl_receive(), "ready"));
    return p;
}

static int64_t minors(bl_pid p)
{
    bl_term all = info(p, "garbage_collection");
    for (; bl_is_cons(all); all = bl_tail(all))
        if (is_atom(bl_element(bl_head(all), 0), "minor_gcs"))
            return bl_to_int(bl_element(bl_head(all), 1));
    return -1;
}

static void claim_minors(bl_pid p, int64_t expected)
{
    CLAIM(TEST_HOSTILE_BUILD || minors(p) == expected);
}

static void await_done(bl_term id, const char *done)
{
    BL_RECEIVE {
        BL_ON("{garbage_collect, %=t, %=a}", id, atom(done)) {}
        BL_ON("{garbage_collect, _, _}") CLAIM(!"it is about something else");
    }
}

CASE(gc, minor_major_gc_option_async)
{
    bl_pid p = spawn_there();
    bl_term id = BL_TERM("{my, %r}", bl_make_reference());
    CLAIM(bl_garbage_collect(p, BL_COLLECT_MINOR) == BL_OK);
    claim_minors(p, 1);
    CLAIM(bl_garbage_collect(p, BL_COLLECT_MINOR) == BL_OK);
    claim_minors(p, 2);
    CLAIM(bl_garbage_collect(p, BL_COLLECT_MAJOR) == BL_OK);
    claim_minors(p, 0);
    CLAIM(bl_garbage_collect_async(p, BL_COLLECT_MINOR, id) == BL_OK);
    await_done(id, "true");
    claim_minors(p, 1);
    CLAIM(bl_garbage_collect_async(p, BL_COLLECT_MAJOR, id) == BL_OK);
    await_done(id, "true");
    claim_minors(p, 0);
    bl_exit_signal(p, atom("kill"));
    CLAIM(bl_garbage_collect_async(p, BL_COLLECT_MAJOR, id) == BL_OK);
    await_done(id, "false");
    CLAIM(bl_garbage_collect(p, BL_COLLECT_MAJOR) == BL_ENOPROC);
    claim_nothing();
}
