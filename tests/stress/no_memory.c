/* Memory runs out at the n-th allocation, for every n: whoever needed it gets an error or
 * ends with `no_memory`; nobody else notices, nothing is lost (AddressSanitizer looks), and
 * the runtime goes on. */
#include "base/memory.h"
#include "support/law.h"

#include <sys/mman.h>

static bl_term list_of(int64_t n)
{
    bl_term list = bl_nil();
    while (n > 0 && !bl_is_none(list))
        list = bl_cons(bl_int(n--), list);
    return list;
}

static void echo(bl_term whom)
{
    BL_RECEIVE {
        BL_ON("stop") return;
        BL_AFTER(20)  bl_send(bl_to_pid(whom), bl_atom("late"));
    }
}

static bl_term sum_up(bl_term sum, bl_term message)
{
    int64_t n;
    if (BL_MATCH(message, "{add, %i, _}", &n))
        return BL_TERM("{sum, %i, %t}", n, sum);
    bl_exit(sum);
}

static void one_thing(int which)
{
    static char buffer[200];
    bl_term t = list_of(100), map = bl_map();
    switch (which) {
    case 0:
        for (int i = 0; i < 50; i++)
            map = bl_map_put(map, bl_int(i), t);
        bl_map_remove(bl_map_pairs(map), bl_int(7));
        break;
    case 1: bl_print(t, 80, buffer, sizeof buffer); break;
    case 2: bl_parse("{[1, 2.5, abc], #{a => \"text\"}, <<1, 2, 3>>}", 43, NULL); break;
    case 3: bl_send(bl_self(), BL_TUPLE(t, bl_binary(NULL, 500), bl_float(1.5))); break;
    case 4: bl_wait(bl_spawn(echo, bl_from_pid(bl_self())), NULL); break;
    case 5: bl_wait(bl_spawn_opt(echo, t, &(bl_spawn_options){.min_heap_size = 5000}), NULL); break;
    case 6: {
        bl_pid p = bl_spawn_resting(sum_up, BL_TERM("{start}"));
        for (int64_t i = 0; i < 10; i++)
            bl_send(p, BL_TERM("{add, %i, %t}", i, t));
        bl_send(p, bl_atom("stop"));
        bl_wait(p, NULL);
        break;
    }
    case 7: bl_free(bl_alloc(100)); bl_alloc(50); break;
    case 8: bl_resource(10, NULL); break;
    case 9: BL_RECEIVE { BL_ON("{%l, %b, %f}", &t, &map, &(double){0}) {} BL_AFTER(1) {} } break;
    case 10: bl_collect(); break;
    case 11: bl_atom("a new one at last"); break;
    case 12: bl_same(BL_TERM("{a, [1, 2]}"), BL_TERM("{a, [1, 3]}")); break;
    }
}

/* ---- what processes do to each other: every end is heard, or the call says that it failed ---- */

static void end_with(bl_term reason)
{
    bl_exit(reason);
}

/* A DOWN for each reference that was given. */
static void hear_down(bl_term reference)
{
    if (bl_is_none(reference))
        return;
    BL_RECEIVE_SINCE(reference) {
        BL_ON("{_, %t, process, _, _}", &(bl_term){0}) (void)0;
    }
}

/* Also while there is no memory, sooner or later. */
static void end(bl_pid p)
{
    while (!bl_pid_error(p) && bl_exit_signal(p, bl_atom("kill")) != BL_OK)
        ;
}

static void be_watched(bl_term reason)
{
    bl_term reference = {0};
    if (!bl_pid_error(bl_spawn_monitor(end_with, reason, &reference)))
        hear_down(reference);
}

static void be_linked(bl_term reason)
{
    bl_trap_exit(true);
    bool traps = is_atom(bl_element(bl_process_info(bl_self(), bl_atom("trap_exit")), 1), "true");
    bl_pid p = traps ? bl_spawn_link(end_with, reason) : (bl_pid){0};
    if (p.word && !bl_pid_error(p))
        BL_RECEIVE { BL_ON("{'EXIT', _, _}") {} }
    bl_trap_exit(false);
}

static void have_a_dictionary(bl_term reason)
{
    bl_put(bl_atom("k"), reason);
    bl_put(reason, bl_int(1));
    bl_erase(bl_atom("k"));
    bl_get_all();
}

static void be_timed(bl_term reason)
{
    bl_term self = bl_from_pid(bl_self()), reference = bl_send_after(0, self, reason);
    if (!bl_is_none(reference))
        BL_RECEIVE { BL_ON("{a, _}") {} }
    bl_cancel_timer(bl_start_timer(1000, self, reason));
}

static void be_aliased(bl_term reason)
{
    bl_term reference = bl_alias(BL_ALIAS_REPLY);
    if (!bl_is_none(reference) && bl_send_to(reference, reason) == BL_OK)
        BL_RECEIVE { BL_ON("{a, _}") {} }
}

static void be_asked(bl_term reason)
{
    bl_pid p = bl_spawn_resting(sum_up, reason);
    bl_process_info(p, bl_atom("garbage_collection"));
    bl_register(bl_atom("somebody"), p);
    bl_link(p);
    bl_unlink(p);
    bl_term reference = bl_monitor_opt(bl_from_pid(p), 0, reason);
    end(p);
    hear_down(reference);
}

static void be_suspended(bl_term reason)
{
    bl_pid p = bl_spawn_resting(sum_up, reason);
    if (bl_suspend(p) == BL_OK)
        while (bl_resume(p) == BL_ENOMEM)
            ;
    end(p);
}

static void be_swept(bl_term reason)
{
    bl_pid p = bl_spawn_resting(sum_up, reason);
    bl_garbage_collect(p, BL_COLLECT_MAJOR);
    if (!bl_pid_error(p) && bl_garbage_collect_async(p, BL_COLLECT_MINOR, reason) == BL_OK)
        BL_RECEIVE { BL_ON("{garbage_collect, _, _}") {} }
    end(p);
}

static void be_watched_twice(bl_term reason)
{
    bl_pid p = bl_spawn_resting(sum_up, reason);
    bl_term reference = bl_monitor(p);
    bl_demonitor(bl_monitor(p), true, NULL);
    end(p);
    hear_down(reference);
}

static intptr_t add_up(void *arg)
{
    int64_t *n = arg;
    return (n[0] += n[1]) == 3;
}

static void be_blocked(bl_term reason)
{
    int64_t n[50] = {1, 2};
    bl_blocked result;
    if (bl_blocking(add_up, n, sizeof n, &result) == BL_OK)
        CLAIM(n[0] == 3 && result.value == 1);
    bl_put(reason, bl_int(n[0]));
}

static void (*const relations[])(bl_term) = {
    be_watched, be_linked, have_a_dictionary, be_timed, be_aliased, be_asked, be_suspended, be_swept, be_watched_twice,
    be_blocked,
};

enum { RELATIONS = sizeof relations / sizeof *relations };

static void one_relation(unsigned which)
{
    bl_term reason = BL_TERM("{a, [reason, 2.5]}");
    if (!bl_is_none(reason))
        relations[which](reason);
}

enum { THINGS = 13 };

static void do_all(bl_term from)
{
    for (int i = 0; i < THINGS; i++)
        one_thing((int)(bl_to_int(from) + i) % THINGS);
}

static void do_relations(bl_term from)
{
    for (int i = 0; i < RELATIONS; i++)
        one_relation((unsigned)(bl_to_int(from) + i) % RELATIONS);
}

/* Every one in turn takes an hour; who asks for that gets it. Else: all of the first, then some of those behind. */
static int64_t next_after(int64_t n)
{
    return getenv("BEAMLING_EVERY_ALLOCATION") ? n + 1 : n + 1 + n / 25;
}

static void law_no_memory(unsigned schedulers, bl_function *everything, int things)
{
    start(schedulers);
    for (int first = 0; first < things; first++) {
        /* once with memory: texts are compiled when they are first reached, or the program ends */
        cr_assert(ended_well(bl_spawn(everything, bl_int(first))));
        uint64_t failed = 1;
        for (int64_t n = 0; failed && n < 3000; n = next_after(n)) {
            memory_fail_after(n);
            bl_pid p = bl_spawn(everything, bl_int(first));
            bl_term reason = bl_atom("normal");
            bl_error error = bl_wait(p, &reason);
            failed = memory_fail_never();
            cr_assert(error || is_atom(reason, "normal") || is_atom(reason, "noproc") || is_atom(reason, "no_memory"));
        }
        bl_forget();
    }
    cr_assert(ended_well(bl_spawn(everything, bl_int(0)))); /* all is well again */
    stop();
}

Test(no_memory, at_every_allocation_on_1)
{
    law_no_memory(1, do_all, THINGS);
}

Test(no_memory, at_every_allocation_on_2)
{
    law_no_memory(2, do_all, THINGS);
}

Test(no_memory, between_processes_on_1)
{
    law_no_memory(1, do_relations, RELATIONS);
}

Test(no_memory, between_processes_on_2)
{
    law_no_memory(2, do_relations, RELATIONS);
}

/* ---- while the runtime starts: the linker gives us what it asks of the C library ---- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t from);
int __real_mprotect(void *start, size_t size, int protection);
int __real_pthread_create(pthread_t *t, const pthread_attr_t *attributes, void *(*function)(void *), void *arg);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t from);
int __wrap_mprotect(void *start, size_t size, int protection);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attributes, void *(*function)(void *), void *arg);

static _Atomic int64_t calls_left = INT64_MAX; /* of these five, until one fails, and it alone */

static _Atomic bool nothing_opens;      /* mprotect() fails, each time */
static _Atomic int refused;

static bool is_the_one(void)
{
    return atomic_fetch_sub(&calls_left, 1) == 0;
}

void *__wrap_malloc(size_t size)
{
    return is_the_one() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return is_the_one() ? NULL : __real_calloc(n, size);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t from)
{
    errno = ENOMEM;
    return is_the_one() ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, from);
}

int __wrap_mprotect(void *start, size_t size, int protection)
{
    errno = ENOMEM;
    bool no = atomic_load(&nothing_opens);
    refused += no;
    return no || is_the_one() ? -1 : __real_mprotect(start, size, protection);
}

int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attributes, void *(*function)(void *), void *arg)
{
    return is_the_one() ? EAGAIN : __real_pthread_create(t, attributes, function, arg);
}

static void law_start(unsigned schedulers)
{
    int failures = 0;
    for (int64_t n = 0;; n++) {
        atomic_store(&calls_left, n);
        bl_error error = bl_start(&(bl_options){.schedulers = schedulers});
        bool failed = atomic_exchange(&calls_left, INT64_MAX) < 0;
        cr_assert(error == BL_OK || error == BL_ENOMEM || error == BL_ETHREAD, "the %d-th: %s", (int)n, bl_strerror(error));
        failures += error != BL_OK;
        if (error)
            start(schedulers); /* it can be */
        cr_assert(ended_well(bl_spawn(do_all, bl_int(0))), "after the %d-th", (int)n);
        stop();
        if (!failed)
            break;
    }
    cr_assert_gt(failures, 5);
}

Test(no_memory, at_every_point_of_a_start_on_1)
{
    law_start(1);
}

Test(no_memory, at_every_point_of_a_start_on_4)
{
    law_start(4);
}

/* ---- no stack lane more than at the start ---- */

static void answer_once(bl_term whom)
{
    bl_send(bl_to_pid(whom), bl_receive());
}

static void ask_a_crowd(bl_term unused)
{
    (void)unused;
    enum { CROWD = 300 };
    bl_pid crowd[CROWD];
    int64_t sum = 0;
    for (int i = 0; i < CROWD; i++)
        crowd[i] = bl_spawn(answer_once, bl_from_pid(bl_self()));
    for (int i = 0; i < CROWD; i++)
        bl_yield(); /* all begin, and wait on the lanes there are */
    for (int i = 0; i < CROWD; i++)
        bl_send(crowd[i], bl_int(i));
    for (int i = 0; i < CROWD; i++)
        sum += bl_to_int(bl_receive());
    if (sum != CROWD * (CROWD - 1) / 2)
        bl_exit(bl_atom("lost"));
}

static void law_lanes(unsigned schedulers)
{
    start(schedulers);
    atomic_store(&refused, 0);
    for (int i = 0; i < 3; i++) {
        atomic_store(&nothing_opens, i < 2);
        cr_assert(ended_well(bl_spawn(ask_a_crowd, bl_int(0))), "the %d-th time", i);
    }
    cr_assert_gt(atomic_load(&refused), 0);
    stop();
}

Test(no_memory, for_more_lanes_on_1)
{
    law_lanes(1);
}

Test(no_memory, for_more_lanes_on_4)
{
    law_lanes(4);
}

/* ---- now and then, where a seed says, and in another order each time ---- */

static void law_seeded(unsigned schedulers, bl_function *everything, int things, unsigned seeds)
{
    int well = 0, without = 0;
    start(schedulers);
    cr_assert(ended_well(bl_spawn(everything, bl_int(0)))); /* the texts */
    stop();
    for (unsigned seed = 1; seed <= seeds; seed++) {
        start_with((bl_options){.schedulers = schedulers, .seed = seed, .seed_fail = true});
        for (int first = 0; first < things; first++) {
            bl_term reason = bl_atom("normal");
            bl_error error = bl_wait(bl_spawn(everything, bl_int(first)), &reason);
            cr_assert(error || is_atom(reason, "normal") || is_atom(reason, "noproc") || is_atom(reason, "no_memory"));
            well += !error && is_atom(reason, "normal");
            without += !error && is_atom(reason, "no_memory");
            bl_forget();
        }
        stop();
    }
    cr_assert(well > 0 && without > 0, "%d ended well, %d without memory", well, without);
}

Test(no_memory, where_seeds_say_on_1)
{
    law_seeded(1, do_all, THINGS, 20);
}

Test(no_memory, where_seeds_say_on_2)
{
    law_seeded(2, do_all, THINGS, 20);
}

Test(no_memory, where_seeds_say_between_processes_on_1)
{
    law_seeded(1, do_relations, RELATIONS, 300);
}

Test(no_memory, where_seeds_say_between_processes_on_2)
{
    law_seeded(2, do_relations, RELATIONS, 300);
}
