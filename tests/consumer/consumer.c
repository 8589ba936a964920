/* consumer.c - somebody else's program: uses the library, and names of its own that the
 * library has inside. Were those not hidden, it would not link. */
#include <beamling/beamling.h>
#include <stdio.h>

int runtime = 1, processes = 2, panic = 3, steal = 4, lane_next = 5, message_send = 6;

static void echo(bl_term unused)
{
    (void)unused;
    bl_term from = bl_receive();
    bl_send(bl_to_pid(from), bl_receive());
}

static void asker(bl_term answerer)
{
    bl_send(bl_to_pid(answerer), bl_from_pid(bl_self()));
    bl_send(bl_to_pid(answerer), bl_int(runtime + processes + panic + steal + lane_next + message_send));
    printf("consumer %s: %d\n", BL_VERSION, (int)bl_to_int(bl_receive()));
}

int main(void)
{
    if (bl_start(NULL) != BL_OK)
        return 1;
    bl_error error = bl_wait(bl_spawn(asker, bl_from_pid(bl_spawn(echo, bl_int(0)))), NULL);
    bl_stop();
    return error != BL_OK;
}
