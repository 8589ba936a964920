/* hello.c - start a process, send it messages, wait for its end.
 *
 *   cc hello.c $(pkg-config --cflags --libs beamling) -o hello && ./hello
 *
 * A process is a function with a mailbox. It shares nothing with others: what it knows
 * came as its argument or as a message. main() is no process but a thread of the
 * program: it may send and wait, but it has no mailbox to receive from. */
#include <beamling/beamling.h>
#include <stdio.h>

static void greeter(bl_term greeting)
{
    for (;;) {
        bl_term name = bl_receive(); /* others run until a message is there */
        if (bl_same(name, bl_atom("stop")))
            return; /* so ends a process */
        printf("%s, %s!\n", bl_atom_text(greeting), bl_atom_text(name));
    }
}

int main(void)
{
    bl_error error = bl_start(NULL);
    if (error) {
        fprintf(stderr, "hello: %s\n", bl_strerror(error));
        return 1;
    }
    bl_pid pid = bl_spawn(greeter, bl_atom("Hello"));
    bl_send(pid, bl_atom("world")); /* returns at once; messages arrive in this order */
    bl_send(pid, bl_atom("Joe"));
    bl_send(pid, bl_atom("stop"));

    bl_wait(pid, NULL);
    printf("Nobody is there any more.\n");
    bl_send(pid, bl_atom("anybody")); /* which is no error: nothing happens */

    bl_stop();
    return 0;
}
