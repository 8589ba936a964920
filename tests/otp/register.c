/* register.c - cases of register_SUITE. */
#include "otp/otp.h"

/* Register, ask, end, again: under one name, which is always that of the one who lives. Theirs: a
 * million times. */
CASE(register, otp_8099)
{
    bl_term name = atom("otp_8099");
    for (int64_t i = full(1000000, 100000); i > 0; i--) {
        bl_term monitor, m;
        bl_pid p = bl_spawn_monitor(sleeper, bl_int(0), &monitor);
        CLAIM(bl_register(name, p) == BL_OK);
        CLAIM(bl_same(bl_from_pid(bl_whereis(name)), bl_from_pid(p)));
        CLAIM(bl_exit_signal(p, atom("kill")) == BL_OK);
        m = bl_receive();
        CLAIM(bl_same(bl_element(m, 1), monitor) && is_atom(bl_element(m, 4), "killed"));
        CLAIM(bl_pid_error(bl_whereis(name)) != BL_OK);
    }
}
