/* by_hand.c - terms taken apart as a C programmer would without patterns: by asking what they are
 * (include/beamling/terms.h) and choosing by what was found. No more is checked than the clauses
 * of figures/pattern.c ask for. What it shows is the price of BL_MATCH over this. */
#include "beamling_crew.h"
#include "pattern_shapes.h"

static bl_term tags[4], key_tag, key_value; /* atoms are words and stay what they are */

static int start(const struct setting *setting)
{
    static const char *const names[] = {"a0", "a1", "a2", "a3"};
    int r = crew_start(setting);
    for (int i = 0; i < 4 && r == 0; i++)
        tags[i] = bl_atom(names[i]);
    key_tag = bl_atom("tag");
    key_value = bl_atom("value");
    return r;
}

/* Which clause: 0..3, or 4 for none. */
static int clause_of(bl_term tag)
{
    for (int i = 0; i < 4; i++)
        if (bl_same(tag, tags[i]))
            return i;
    return 4;
}

static int64_t match_int(bl_term t)
{
    if (!bl_is_int(t))
        return 4;
    switch (bl_to_int(t)) {
    case 0: return 1;
    case 1: return 2;
    case 2: return 3;
    default: return 4;
    }
}

static int64_t match_atom(bl_term t)
{
    int clause = clause_of(t);
    return clause < 4 ? clause + 1 : 0;
}

static int64_t match_pair(bl_term t)
{
    if (bl_tuple_size(t) != 2)
        return 0;
    int clause = clause_of(bl_element(t, 0));
    bl_term k = bl_element(t, 1);
    return clause < 4 && bl_is_int(k) ? bl_to_int(k) + 1 + 10 * clause : 0;
}

static int64_t match_nested(bl_term t)
{
    bl_term inner = bl_element(t, 1);
    if (bl_tuple_size(t) != 3 || bl_tuple_size(inner) != 2)
        return 0;
    int clause = clause_of(bl_element(t, 0));
    bl_term k = bl_element(inner, 0), tail = bl_tail(bl_element(inner, 1)), second = bl_head(tail);
    bool matches = clause < 4 && bl_is_int(k) && bl_is_int(second) && bl_is_nil(bl_tail(tail));
    return matches ? bl_to_int(k) + bl_to_int(second) + 10 * clause : 0;
}

static int64_t match_list(bl_term t)
{
    int clause = clause_of(bl_head(t));
    bl_term k = bl_head(bl_tail(t)), rest = bl_tail(bl_tail(t));
    bool matches = clause < 4 && bl_is_int(k) && bl_is_list(rest);
    return matches ? bl_to_int(k) + bl_to_int(bl_head(rest)) + 10 * clause : 0;
}

static int64_t match_map(bl_term t)
{
    int clause = clause_of(bl_map_get(t, key_tag));
    bl_term k = bl_map_get(t, key_value);
    return clause < 4 && bl_is_int(k) ? bl_to_int(k) + 1 + 10 * clause : 0;
}

static int64_t match_bin(bl_term t)
{
    if (bl_tuple_size(t) != 2)
        return 0;
    int clause = clause_of(bl_element(t, 0));
    const uint8_t *bytes = bl_bytes(bl_element(t, 1), NULL);
    return clause < 4 && bytes ? bytes[0] + 10 * clause : 0;
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

static const struct task pattern = {.begin = begin, .batches = shapes_batches, .end = crew_end};

const struct contender contender_by_hand = {
    .name = "by_hand",
    .what = "terms of this runtime taken apart by hand, without patterns",
    .start = start,
    .stop = crew_stop,
    .pattern = &pattern,
};
