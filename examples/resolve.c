/* resolve.c - a call that blocks, beside processes that do not wait for it.
 *
 *   ./resolve [NAME].. looks addresses up, all at once
 *
 * getaddrinfo(3) asks a server and waits for the answer; called by a process it would hold a whole
 * scheduler. bl_blocking() has it called by a thread that is there for that, and only the process that
 * asked sleeps. What goes to the thread and back is a struct, which is copied. */
#include <beamling/beamling.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

struct question {
    char name[256];
    char address[INET_ADDRSTRLEN]; /* the answer */
};

/* Called by a thread: 0, or an error of getaddrinfo(3). */
static intptr_t look_up(void *arg)
{
    struct question *q = arg;
    struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(q->name, NULL, &wanted, &found);
    if (error)
        return error;
    inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr, q->address, sizeof q->address);
    freeaddrinfo(found);
    return 0;
}

static void resolver(bl_term name)
{
    struct question q = {0};
    bl_blocked result;
    snprintf(q.name, sizeof q.name, "%s", bl_atom_text(name));
    bl_error error = bl_blocking(look_up, &q, sizeof q, &result);
    if (error)
        printf("%s: %s\n", q.name, bl_strerror(error));
    else if (result.value)
        printf("%s: %s\n", q.name, gai_strerror((int)result.value));
    else
        printf("%s has the address %s\n", q.name, q.address);
}

int main(int argc, char **argv)
{
    enum { MOST = 100 };
    static const char *const usual[] = {"127.0.0.1", "localhost"};
    const char *const *names = argc > 1 ? (const char *const *)argv + 1 : usual;
    int n = argc > 1 ? argc - 1 : 2;
    bl_pid resolvers[MOST];
    bl_error error = bl_start(NULL);
    if (error || n > MOST) {
        fprintf(stderr, "resolve: %s\n", error ? bl_strerror(error) : "too many names");
        return 1;
    }
    for (int i = 0; i < n; i++)
        resolvers[i] = bl_spawn(resolver, bl_atom(names[i]));
    for (int i = 0; i < n; i++)
        bl_wait(resolvers[i], NULL);
    return bl_stop();
}
