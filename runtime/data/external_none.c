/* external_none.c - this build has no external term format, and says so. */
#include "data/external.h"

static const struct external_error none = {
    .code = BL_ESTATE, .what = "this library was built without the external term format (CMake: BEAMLING_EXTERNAL)"};

bool term_encode(term t, struct text *out, struct external_error *error)
{
    (void)t;
    (void)out;
    *error = none;
    return false;
}

term term_decode(struct heap *h, const uint8_t *bytes, size_t n, size_t *used, struct external_error *error)
{
    (void)h;
    (void)bytes;
    (void)n;
    (void)used;
    *error = none;
    return TERM_NONE;
}
