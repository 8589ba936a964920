/* A table finds what was put into it, while it grows and shrinks. */
#include <criterion/criterion.h>

#include "data/table.h"
#include "support/random.h"

enum { MOST = 5000 };

static struct table_entry entry[MOST];
static bool in[MOST];

Test(table, finds_what_is_in_it)
{
    struct random r = {random_seed("table.finds_what_is_in_it")};
    struct table t = {0};
    size_t count = 0;
    for (int i = 0; i < MOST; i++)
        entry[i].key = (uint64_t)i * (1 + random_below(&r, 1) * 64) + (random_next(&r) << 13);
    for (int step = 0; step < 200000; step++) {
        unsigned i = random_below(&r, MOST), wave = step / 20000 % 2;
        cr_assert_eq(table_find(&t, entry[i].key), in[i] ? &entry[i] : NULL);
        if (in[i] && (wave || random_below(&r, 4) == 0)) {
            table_remove(&t, &entry[i]);
            in[i] = false;
            count--;
        } else if (!in[i] && (!wave || random_below(&r, 4) == 0)) {
            cr_assert(table_add(&t, &entry[i]));
            in[i] = true;
            count++;
        }
        cr_assert_eq(t.count, count);
    }
    for (struct table_entry *e; (e = table_any(&t)); count--)
        table_remove(&t, e);
    cr_assert_eq(count, 0);
    table_fini(&t);
}
