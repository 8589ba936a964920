/* counter.c - a server whose state is a value, not a stack.
 *
 * A resting process is a function from a state and a message to the next state. It is
 * called once for each message; between two messages it has no stack at all, and costs
 * 128 bytes. Messages are handled one after the other, so a hundred clients on all CPUs
 * can count on one number without a lock. */
#include <beamling/beamling.h>
#include <inttypes.h>
#include <stdio.h>

enum { CLIENTS = 100, INCREMENTS = 1000 };

/* An integer is added; a pid asks how far we are. What we return is the next state. */
static bl_term counter(bl_term count, bl_term message)
{
    if (bl_is_int(message))
        return bl_int(bl_to_int(count) + bl_to_int(message));
    if (bl_is_pid(message))
        bl_send(bl_to_pid(message), count);
    return count;
}

static void client(bl_term server)
{
    for (int i = 0; i < INCREMENTS; i++)
        bl_send(bl_to_pid(server), bl_int(1));
}

/* A call is two messages: the question carries our pid, the answer comes to our mailbox. */
static void reader(bl_term server)
{
    bl_send(bl_to_pid(server), bl_from_pid(bl_self()));
    printf("%d clients have counted to %" PRId64 ".\n", CLIENTS, bl_to_int(bl_receive()));
}

int main(void)
{
    bl_error error = bl_start(NULL);
    if (error) {
        fprintf(stderr, "counter: %s\n", bl_strerror(error));
        return 1;
    }
    bl_pid server = bl_spawn_resting(counter, bl_int(0));

    bl_pid clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = bl_spawn(client, bl_from_pid(server));
    for (int i = 0; i < CLIENTS; i++)
        bl_wait(clients[i], NULL);

    bl_wait(bl_spawn(reader, bl_from_pid(server)), NULL);
    bl_stop(); /* the counter would wait for messages for ever: it ends here */
    return 0;
}
