/* watch.c - a pool of workers, watched: what happens is written to a file, of which
 *
 *     tools/trace --svg watch.svg watch.jsonl           makes a sequence chart,
 *     tools/trace --perfetto watch.json watch.jsonl     a timeline for https://ui.perfetto.dev
 *
 * The pool links to its workers and traps exits: one of them crashes, and is replaced. */
#include <beamling/beamling.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void worker(bl_term pool)
{
    bl_pid asker = bl_to_pid(pool);
    int64_t n;
    for (;;)
        BL_RECEIVE {
            BL_ON("{square, 13}") bl_exit(bl_atom("unlucky"));
            BL_ON("{square, %i}", &n) BL_SEND(asker, "{square, %i, %i}", n, n * n);
        }
}

static bl_pid hire(void)
{
    return bl_spawn_link(worker, bl_from_pid(bl_self()));
}

/* All of 11..15, by two workers in turn. The answer, if any, is a square; a worker may crash. */
static void pool(bl_term unused)
{
    bl_pid workers[2] = {hire(), hire()}, gone;
    int64_t n, square;
    (void)unused;
    bl_register(bl_atom("pool"), bl_self());
    bl_trap_exit(true);
    for (int64_t i = 11; i <= 15; i++)
        BL_SEND(workers[i % 2], "{square, %i}", i);
    for (int answers = 0; answers < 4;)
        BL_RECEIVE {
            BL_ON("{square, %i, %i}", &n, &square) answers++;
            BL_ON("{'EXIT', %p, unlucky}", &gone) {
                workers[1] = hire();
                BL_SEND(workers[1], "{square, 15}"); /* 15 was in the mailbox of who is gone */
            }
        }
    printf("four squares, one crash\n");
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "watch.jsonl";
    bl_error error = bl_start(NULL);
    if (error) {
        fprintf(stderr, "watch: %s\n", bl_strerror(error));
        return 1;
    }
    bl_trace *trace = bl_trace_to_file(path);
    if (!trace) {
        fprintf(stderr, "watch: %s: %s\n", path, strerror(errno));
        return 1;
    }
    bl_trace_new(trace, BL_TRACE_ALL, 0);
    bl_wait(bl_spawn(pool, bl_int(0)), NULL);
    error = bl_trace_end(trace);
    if (error)
        fprintf(stderr, "watch: %s: %s\n", path, bl_strerror(error));
    else
        printf("what happened is in %s: tools/trace makes it a picture\n", path);
    return error || bl_stop() ? 1 : 0;
}
