/* beamling_names.c - registry: pids[0] receives, pids[1] sends, the others only have a name. */
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_terms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    bl_term *of; /* the receiver's is the first */
    uint64_t count;
} names; /* written before the units are set off, then read only */

static void receiver(bl_term unused)
{
    (void)unused;
    for (;;) {
        int64_t sum = crew_await();
        for (int i = 1; i < BATCH_NAMED; i++)
            sum += bl_to_int(bl_receive());
        bl_send(crew.director, bl_int(sum));
    }
}

static void sender(bl_term unused)
{
    (void)unused;
    for (uint64_t at = 0;;) {
        int64_t n = crew_await();
        for (int64_t i = 1; i <= n; i++) {
            bool found = bl_is_pid(bl_from_pid(bl_whereis(names.of[at])));
            at = at + 1 < names.count ? at + 1 : 0;
            bl_send_to(names.of[0], bl_int(found ? i : 0));
        }
    }
}

static void holder(bl_term unused)
{
    (void)unused;
    crew_await();
}

static bl_term name_of(uint64_t i)
{
    char text[32];
    snprintf(text, sizeof text, "unit_%lu", (unsigned long)i);
    return bl_atom(text);
}

/* Who has which name: pids[1], the sender, has none. */
static void register_all(uint64_t n, struct proof *proof)
{
    for (uint64_t i = 0; i < n; i++)
        proof->work += bl_register(names.of[i], crew.pids[i ? i + 1 : 0]) == BL_OK;
}

static int make_names(uint64_t n)
{
    names.of = malloc(n * sizeof *names.of);
    if (!names.of) {
        bench_why("no memory for %lu names", (unsigned long)n);
        return -ENOMEM;
    }
    names.count = n;
    for (uint64_t i = 0; i < n; i++)
        names.of[i] = name_of(i);
    return 0;
}

static int hire_all(uint64_t n)
{
    int r = crew_hire(0, receiver, bl_nil());
    if (!r)
        r = crew_hire(0, sender, bl_nil());
    for (uint64_t i = 1; i < n && !r; i++)
        r = crew_hire(0, holder, bl_nil());
    return r;
}

static int registry_begin(const struct setting *setting)
{
    struct proof registered = {0};
    int r = make_names(setting->n);
    if (!r)
        r = hire_all(setting->n);
    if (!r)
        r = crew_direct(register_all, setting, 1, &registered);
    if (!r && registered.work != setting->n) {
        bench_why("%lu of %lu names could be registered", (unsigned long)registered.work, (unsigned long)setting->n);
        r = -EINVAL;
    }
    return r;
}

static void registry_batch(uint64_t n, struct proof *proof)
{
    bl_send(crew.pids[1], bl_int(BATCH_NAMED));
    proof->checksum += (uint64_t)bl_to_int(bl_receive());
    proof->work += BATCH_NAMED;
    proof->peak_live = n + 1;
}

static int registry_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(registry_batch, setting, count, proof);
}

static void registry_end(const struct setting *setting)
{
    crew_end(setting);
    free(names.of);
    names.of = NULL;
}

const struct task beamling_registry = {.begin = registry_begin, .batches = registry_batches, .end = registry_end};
