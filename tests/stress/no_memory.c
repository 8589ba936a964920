/* Memory runs out at the n-th allocation, for every n: whoever needed it gets an error or
 * ends with `no_memory`; nobody else notices, nothing is lost (AddressSanitizer looks), and
 * the runtime goes on. */
#include "base/memory.h"
#include "support/law.h"

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

enum { THINGS = 13 };

static void do_all(bl_term from)
{
    for (int i = 0; i < THINGS; i++)
        one_thing((int)(bl_to_int(from) + i) % THINGS);
}

static void law_no_memory(unsigned schedulers)
{
    start(schedulers);
    for (int first = 0; first < THINGS; first++) {
        /* once with memory: texts are compiled when they are first reached, or the program ends */
        cr_assert(ended_well(bl_spawn(do_all, bl_int(first))));
        uint64_t failed = 1;
        for (int64_t n = 0; failed && n < 3000; n += 1 + n / 50) {
            memory_fail_after(n);
            bl_pid p = bl_spawn(do_all, bl_int(first));
            bl_term reason = bl_atom("normal");
            bl_error error = bl_wait(p, &reason);
            failed = memory_fail_never();
            cr_assert(error || is_atom(reason, "normal") || is_atom(reason, "noproc") || is_atom(reason, "no_memory"));
        }
        bl_forget();
    }
    cr_assert(ended_well(bl_spawn(do_all, bl_int(0)))); /* all is well again */
    stop();
}

Test(no_memory, at_every_allocation_on_1)
{
    law_no_memory(1);
}

Test(no_memory, at_every_allocation_on_2)
{
    law_no_memory(2);
}
