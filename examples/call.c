/* call.c - a call as Erlang makes it: a question with a reference, and a receive that waits
 * for the answer with this reference, whatever else is in the mailbox.
 *
 * The server is straight-line: it receives by pattern, and its state is a local variable,
 * here a map. Nothing of it is freed by hand. */
#include <beamling/beamling.h>
#include <stdio.h>

/* A dictionary: {put, Key, Value} and {get, Key, From, Reference}. */
static void dictionary(bl_term words)
{
    for (;;) {
        bl_term key, value, reference;
        bl_pid from;
        BL_RECEIVE {
            BL_ON("{put, %t, %t}", &key, &value)
                words = bl_map_put(words, key, value);
            BL_ON("{get, %t, %p, %r}", &key, &from, &reference) {
                value = bl_map_get(words, key);
                bl_send(from, BL_TERM("{reply, %r, %t}", reference, bl_is_none(value) ? bl_atom("none") : value));
            }
            BL_AFTER(10000)
                return; /* nobody has wanted us for ten seconds */
        }
    }
}

static bl_term get(bl_pid server, const char *key)
{
    bl_term reference = bl_make_reference(), value = bl_atom("timeout");
    bl_send(server, BL_TERM("{get, %s, %p, %r}", key, bl_self(), reference));
    BL_RECEIVE_SINCE(reference) { /* what was in the mailbox before need not be looked at */
        BL_ON("{reply, %=r, %t}", reference, &value) {}
        BL_AFTER(5000) {}
    }
    return value;
}

static void client(bl_term server_pid)
{
    static const char *const words[] = {"one", "two", "three"};
    bl_pid server = bl_to_pid(server_pid);
    char line[200];
    for (int64_t i = 0; i < 2; i++)
        bl_send(server, BL_TERM("{put, %s, [%i, {square, %i}]}", words[i], i + 1, (i + 1) * (i + 1)));
    for (int i = 0; i < 3; i++) {
        bl_print(get(server, words[i]), 0, line, sizeof line);
        printf("%s: %s\n", words[i], line);
    }
}

int main(void)
{
    bl_error error = bl_start(NULL);
    if (error) {
        fprintf(stderr, "call: %s\n", bl_strerror(error));
        return 1;
    }
    bl_pid server = bl_spawn(dictionary, bl_map());
    bl_wait(bl_spawn(client, bl_from_pid(server)), NULL);
    bl_stop();
    return 0;
}
