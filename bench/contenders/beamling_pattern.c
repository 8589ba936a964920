/* beamling_pattern.c - terms taken apart by BL_MATCH: patterns as text, tried from the top, as in
 * Erlang. */
#include "beamling_terms.h"
#include "pattern_shapes.h"

static int64_t match_int(bl_term t)
{
    return BL_MATCH(t, "0") ? 1 : BL_MATCH(t, "1") ? 2 : BL_MATCH(t, "2") ? 3 : BL_MATCH(t, "_") ? 4 : 0;
}

static int64_t match_atom(bl_term t)
{
    return BL_MATCH(t, "a0") ? 1 : BL_MATCH(t, "a1") ? 2 : BL_MATCH(t, "a2") ? 3 : BL_MATCH(t, "a3") ? 4 : 0;
}

static int64_t match_pair(bl_term t)
{
    int64_t k;
    if (BL_MATCH(t, "{a0, %i}", &k))
        return k + 1;
    if (BL_MATCH(t, "{a1, %i}", &k))
        return k + 1 + 10;
    if (BL_MATCH(t, "{a2, %i}", &k))
        return k + 1 + 20;
    if (BL_MATCH(t, "{a3, %i}", &k))
        return k + 1 + 30;
    return 0;
}

static int64_t match_nested(bl_term t)
{
    int64_t k, second;
    if (BL_MATCH(t, "{a0, {%i, [_, %i]}, _}", &k, &second))
        return k + second;
    if (BL_MATCH(t, "{a1, {%i, [_, %i]}, _}", &k, &second))
        return k + second + 10;
    if (BL_MATCH(t, "{a2, {%i, [_, %i]}, _}", &k, &second))
        return k + second + 20;
    if (BL_MATCH(t, "{a3, {%i, [_, %i]}, _}", &k, &second))
        return k + second + 30;
    return 0;
}

static int64_t match_list(bl_term t)
{
    int64_t k;
    bl_term rest;
    if (BL_MATCH(t, "[a0, %i | %l]", &k, &rest))
        return k + bl_to_int(bl_head(rest));
    if (BL_MATCH(t, "[a1, %i | %l]", &k, &rest))
        return k + bl_to_int(bl_head(rest)) + 10;
    if (BL_MATCH(t, "[a2, %i | %l]", &k, &rest))
        return k + bl_to_int(bl_head(rest)) + 20;
    if (BL_MATCH(t, "[a3, %i | %l]", &k, &rest))
        return k + bl_to_int(bl_head(rest)) + 30;
    return 0;
}

static int64_t match_map(bl_term t)
{
    int64_t k;
    if (BL_MATCH(t, "#{tag := a0, value := %i}", &k))
        return k + 1;
    if (BL_MATCH(t, "#{tag := a1, value := %i}", &k))
        return k + 1 + 10;
    if (BL_MATCH(t, "#{tag := a2, value := %i}", &k))
        return k + 1 + 20;
    if (BL_MATCH(t, "#{tag := a3, value := %i}", &k))
        return k + 1 + 30;
    return 0;
}

static int64_t first_byte(bl_term binary)
{
    return *(const uint8_t *)bl_bytes(binary, NULL);
}

static int64_t match_bin(bl_term t)
{
    bl_term bytes;
    if (BL_MATCH(t, "{a0, %b}", &bytes))
        return first_byte(bytes);
    if (BL_MATCH(t, "{a1, %b}", &bytes))
        return first_byte(bytes) + 10;
    if (BL_MATCH(t, "{a2, %b}", &bytes))
        return first_byte(bytes) + 20;
    if (BL_MATCH(t, "{a3, %b}", &bytes))
        return first_byte(bytes) + 30;
    return 0;
}

SHAPE_RUN(run_int, match_int)
SHAPE_RUN(run_atom, match_atom)
SHAPE_RUN(run_pair, match_pair)
SHAPE_RUN(run_nested, match_nested)
SHAPE_RUN(run_list, match_list)
SHAPE_RUN(run_map, match_map)
SHAPE_RUN(run_bin, match_bin)

static const struct shape shapes[] = {
    {"int", run_int},   {"atom", run_atom}, {"pair", run_pair}, {"nested", run_nested},
    {"list", run_list}, {"map", run_map},   {"bin", run_bin},
};

static int begin(const struct setting *setting)
{
    return shapes_begin(shapes, setting);
}

const struct task beamling_pattern = {.begin = begin, .batches = shapes_batches, .end = crew_end};
