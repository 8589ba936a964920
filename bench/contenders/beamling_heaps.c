/* beamling_heaps.c - heap_bytes: straight-line processes that hold a list, which is on the stack of
 * the one that built it. */
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_terms.h"

static uint64_t cells; /* of each list; written before the units are born */

static void holder(bl_term unused)
{
    (void)unused;
    bl_term list = bl_nil();
    size_t length = 0;
    for (uint64_t i = cells; i > 0; i--)
        list = bl_cons(bl_int((int64_t)i), list);
    crew_parked();
    bl_pid from = bl_to_pid(bl_receive());
    bl_length(list, &length);
    bl_send(from, bl_int((int64_t)length));
}

static bl_pid birth(uint64_t number)
{
    (void)number;
    return bl_spawn(holder, bl_nil());
}

static int park(const struct setting *setting, uint64_t n, uint64_t *live)
{
    cells = setting->n / 2;
    return crew_park(setting, n, live, birth, true);
}

const struct parking beamling_heaps = {.park = park, .prove = crew_prove};
