/* A treap finds what was put into it, in order, and nothing else. */
#include <criterion/criterion.h>

#include "data/treap.h"
#include "support/random.h"

enum { MOST = 500 };

static struct treap_node node[MOST];
static bool in[MOST];

static void check(const struct treap *t, size_t count)
{
    cr_assert_eq(t->count, count);
    size_t seen = 0;
    for (struct treap_node *n = treap_from(t, 0); n; n = treap_from(t, n->key + 1), seen++)
        cr_assert(in[n - node]);
    cr_assert_eq(seen, count);
}

Test(treap, finds_what_is_in_it)
{
    struct random r = {random_seed("treap.finds_what_is_in_it")};
    struct treap t = {0};
    size_t count = 0;
    for (int i = 0; i < MOST; i++)
        node[i].key = random_next(&r) >> random_below(&r, 50) << 9 | (unsigned)i;
    for (int step = 0; step < 20000; step++) {
        unsigned i = random_below(&r, MOST);
        cr_assert_eq(treap_find(&t, node[i].key), in[i] ? &node[i] : NULL);
        if (in[i])
            treap_remove(&t, &node[i]);
        else
            treap_add(&t, &node[i]);
        in[i] = !in[i];
        count += in[i] ? 1 : -1;
        if (step % 100 == 0)
            check(&t, count);
    }
    for (struct treap_node *n; (n = treap_pop(&t)); count--) {
        cr_assert(in[n - node]);
        in[n - node] = false;
    }
    cr_assert_eq(count, 0);
    cr_assert_eq(t.count, 0);
}
