/* million.c - a million processes, all alive at once, and a token that visits each.
 *
 *   ./million [how many]
 *
 * Each process waits in the middle of a C function, for ever if need be; what it then
 * costs is its 128 bytes and the few live bytes of its stack, not a stack. */
#include <beamling/beamling.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int64_t members = 1000000;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Memory that this OS process holds now. */
static double bytes_held(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%*s %ld", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Add one to the token and pass it on; "end" is passed on too, and ends us. */
static void member(bl_term next)
{
    for (;;) {
        bl_term token = bl_receive();
        bl_send(bl_to_pid(next), bl_is_int(token) ? bl_int(bl_to_int(token) + 1) : token);
        if (!bl_is_int(token))
            return;
    }
}

/* Each member knows the next one, and the last one knows us: so it is a ring. */
static void ring(bl_term unused)
{
    (void)unused;
    double bytes = bytes_held(), start = seconds();
    bl_pid first = bl_self();
    for (int64_t i = 0; i < members; i++) {
        first = bl_spawn(member, bl_from_pid(first));
        if (bl_pid_error(first)) {
            printf("no process %" PRId64 ": %s\n", i + 1, bl_strerror(bl_pid_error(first)));
            return;
        }
    }
    for (int lap = 1; lap <= 2; lap++) { /* before the first lap many have not begun to run */
        bl_send(first, bl_int(0));
        printf("lap %d: %" PRId64 " processes, ", lap, bl_to_int(bl_receive()));
        printf("%.2f s since the first was started, %.0f bytes each\n", seconds() - start,
               (bytes_held() - bytes) / (double)members);
    }
    bl_send(first, bl_atom("end"));
    bl_receive();
    printf("all have ended\n");
}

int main(int argc, char **argv)
{
    if (argc > 1)
        members = strtoll(argv[1], NULL, 10);
    bl_error error = members > 0 ? bl_start(NULL) : BL_EINVAL;
    if (error) {
        fprintf(stderr, "million: %s\n", bl_strerror(error));
        return 1;
    }
    bl_wait(bl_spawn(ring, bl_int(0)), NULL);
    bl_stop();
    return 0;
}
