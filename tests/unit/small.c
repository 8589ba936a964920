/* Small blocks: of the right class, none for who is no scheduler, and all memory comes back. */
#include "machine/small.h"

#include <criterion/criterion.h>

Test(small, each_size_has_the_smallest_class_that_holds_it)
{
    for (size_t bytes = 1; bytes <= SMALL_MOST; bytes++) {
        unsigned class = small_class(bytes);
        cr_assert_lt(class, SMALL_CLASSES);
        cr_assert_geq(small_size(class), bytes);
        cr_assert(class == 0 || small_size(class - 1) < bytes, "%zu bytes", bytes);
    }
}

Test(small, who_is_no_scheduler_gets_none)
{
    small_init();
    cr_assert_null(small_take(0));
    small_fini();
}

/* A scheduler is what self_sched() says; this room knows only that it begins so. */
Test(small, a_block_that_is_out_keeps_its_memory_until_it_is_back)
{
    struct small own = {0};
    small_init();
    self_set_sched((struct sched *)&own);
    char *block = small_take(1);
    if (!SMALL_IN_USE) {
        cr_assert_null(block);
        return;
    }
    block[small_size(1) - 1] = 'x';
    small_drain(&own);
    small_fini();
    cr_assert_eq(block[small_size(1) - 1], 'x');
    cr_assert_not_null(small_pools[1].slabs);
    cr_assert_null(small_pools[0].slabs);
    self_set_sched(NULL);
    small_give(1, block); /* by a thread: to the shared magazine */
    small_fini();
    cr_assert_null(small_pools[1].slabs);
}
