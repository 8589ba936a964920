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
    bl_pid matcher = bl_spawn(
        [](bl_term) {
            int64_t n = 0;
            bl_send(bl_self(), BL_TERM("{number, %i}", int64_t{7}));
            BL_RECEIVE {
                BL_ON("{number, %i}", &n) {}
                BL_AFTER(10000) {}
            }
            if (n != 7 || bl_tuple_size(BL_TUPLE(bl_int(1), BL_LIST(bl_int(2)))) != 2)
                std::printf("consumer: {number, 7} came as %d\n", static_cast<int>(n));
        },
        bl_int(0));
    bl_wait(matcher, nullptr);
    bl_error error = bl_wait(adder, nullptr);
    bl_stop();
    return error != BL_OK;
}
