/* pattern_shapes.c - see pattern_shapes.h. What the shapes look like is in figures/pattern.c. */
#include "pattern_shapes.h"

#include <string.h>

static const struct shape *shape; /* written before the matcher is hired */

static bl_term tag_of(int64_t k)
{
    static const char *const tags[] = {"a0", "a1", "a2", "a3"};
    return bl_atom(tags[k % 4]);
}

static bl_term build_int(int64_t k)
{
    return bl_int(k);
}

static bl_term build_pair(int64_t k)
{
    return BL_TUPLE(tag_of(k), bl_int(k));
}

static bl_term build_nested(int64_t k)
{
    bl_term inner = BL_TUPLE(bl_int(k), BL_LIST(bl_int(k + 1), bl_int(k + 2)));
    return BL_TUPLE(tag_of(k), inner, bl_int(k));
}

static bl_term build_list(int64_t k)
{
    return BL_LIST(tag_of(k), bl_int(k), bl_int(k + 1));
}

static bl_term build_map(int64_t k)
{
    bl_term tagged = bl_map_put(bl_map(), bl_atom("tag"), tag_of(k));
    return bl_map_put(tagged, bl_atom("value"), bl_int(k));
}

static bl_term build_bin(int64_t k)
{
    uint8_t bytes[100];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)((size_t)k + i);
    return BL_TUPLE(tag_of(k), bl_binary(bytes, sizeof bytes));
}

static bl_term build(const char *name, int64_t k)
{
    static const struct {
        const char *name;
        bl_term (*build)(int64_t k);
    } builders[] = {{"int", build_int},   {"atom", tag_of},   {"pair", build_pair}, {"nested", build_nested},
                    {"list", build_list}, {"map", build_map}, {"bin", build_bin}};
    size_t i = 0;
    while (strcmp(builders[i].name, name) != 0)
        i++;
    return builders[i].build(k);
}

static void matcher(bl_term unused)
{
    (void)unused;
    bl_term terms[SHAPE_TERMS];
    for (int k = 0; k < SHAPE_TERMS; k++)
        terms[k] = build(shape->name, k);
    for (;;) {
        crew_await();
        bl_send(crew.director, bl_int(shape->run(terms)));
    }
}

int shapes_begin(const struct shape *shapes, const struct setting *setting)
{
    shape = shapes;
    while (strcmp(shape->name, setting->variant) != 0)
        shape++;
    return crew_hire(0, matcher, bl_nil());
}

static void batch(uint64_t n, struct proof *proof)
{
    (void)n;
    crew_ask(crew.pids[0], bl_int(0), BATCH_MATCHES, proof);
}

int shapes_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(batch, setting, count, proof);
}
