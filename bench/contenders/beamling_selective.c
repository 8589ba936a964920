/* beamling_selective.c - calls by a straight-line process whose mailbox is full of other things.
 * pids[0] calls, pids[1] answers. The caller is set off by a message too, and must not look for it
 * behind the misfits: it makes a reference when it is ready and receives what came since. */
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_terms.h"

#include <string.h>

static bool marker; /* which variant; written before the units are hired */

static void partner(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_pid from;
        bl_term ref;
        int64_t i;
        BL_RECEIVE {
            BL_ON("{call, %p, %i}", &from, &i) BL_SEND(from, "{reply, %i}", i + 1);
            BL_ON("{call, %p, %r, %i}", &from, &ref, &i) BL_SEND(from, "{%r, %i}", ref, i + 1);
            BL_ON("-1") return; /* CREW_END */
        }
    }
}

static int64_t call_plain(int64_t i)
{
    int64_t answer = 0;
    BL_SEND(crew.pids[1], "{call, %p, %i}", bl_self(), i);
    BL_RECEIVE {
        BL_ON("{reply, %i}", &answer) {}
    }
    return answer;
}

static int64_t call_by_reference(int64_t i)
{
    int64_t answer = 0;
    bl_term ref = bl_make_reference();
    BL_SEND(crew.pids[1], "{call, %p, %r, %i}", bl_self(), ref, i);
    BL_RECEIVE_SINCE(ref) {
        BL_ON("{%=r, %i}", ref, &answer) {}
    }
    return answer;
}

static int64_t call_all(void)
{
    int64_t sum = 0;
    for (int64_t i = 1; i <= BATCH_CALLS; i++)
        sum += marker ? call_by_reference(i) : call_plain(i);
    return sum;
}

static void caller(bl_term misfits)
{
    crew_await(); /* somebody must be there to be told */
    for (int64_t k = 1; k <= bl_to_int(misfits); k++)
        BL_SEND(bl_self(), "{junk, %i}", k);
    int64_t sum = 0;
    while (crew_told_to_go_on(sum))
        sum = call_all();
}

static int selective_begin(const struct setting *setting)
{
    marker = strcmp(setting->variant, "marker") == 0;
    int r = crew_hire(0, caller, bl_int((int64_t)setting->n));
    if (!r)
        r = crew_hire(0, partner, bl_nil());
    return r ? r : crew_await_first(setting);
}

static void selective_batch(uint64_t n, struct proof *proof)
{
    (void)n;
    crew_ask(crew.pids[0], bl_atom("go"), BATCH_CALLS, proof);
}

static int selective_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(selective_batch, setting, count, proof);
}

const struct task beamling_selective = {.begin = selective_begin, .batches = selective_batches, .end = crew_end};
