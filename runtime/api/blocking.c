/* blocking.c - the public function of beamling/processes.h for calls that block. */
#include "kernel/blocking.h"

#include <errno.h>

#include "api/call.h"

static void call_here(bl_blocking_function *function, void *arg, bl_blocked *result)
{
    int before = errno;
    errno = 0;
    result->value = function(arg);
    result->error_number = errno;
    errno = result->error_number ? result->error_number : before;
}

bl_error bl_blocking(bl_blocking_function *function, void *arg, size_t size, bl_blocked *result)
{
    struct sched *s = enter();
    bl_blocked ignored;
    if (!function || (size && !arg))
        return BL_EINVAL;
    if (!result)
        result = &ignored;
    if (s)
        return done(blocking_self(s, &(struct blocking_order){function, arg, size}, result));
    call_here(function, arg, result);
    return BL_OK;
}
