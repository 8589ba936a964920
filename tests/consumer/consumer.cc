// consumer.cc - the same from C++17: the header compiles, links and works there too.
#include <beamling/beamling.h>
#include <cstdio>

int main()
{
    bl_options options = {};
    options.schedulers = 2;
    if (bl_start(&options) != BL_OK)
        return 1;
    bl_pid adder = bl_spawn_resting(
        [](bl_term sum, bl_term message) -> bl_term {
            if (bl_is_int(message))
                return bl_int(bl_to_int(sum) + bl_to_int(message));
            std::printf("consumer %s: %d\n", BL_VERSION, static_cast<int>(bl_to_int(sum)));
            bl_exit(bl_atom("normal"));
        },
        bl_int(0));
    for (int i = 1; i <= 6; i++)
        bl_send(adder, bl_int(i));
    bl_send(adder, bl_atom("end"));
    bl_error error = bl_wait(adder, nullptr);
    bl_stop();
    return error != BL_OK;
}
