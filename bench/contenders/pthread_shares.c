/* pthread_shares.c - shares: threads that compute until the window closes; the kernel divides the CPUs. */
#include "../figures/turns.h"
#include "pthread_tasks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct crew {
    uint64_t *turns; /* of each unit, written by it alone */
    pthread_t *threads;
    struct window window;
};

static struct crew crew;

static void *compute(void *number)
{
    crew.turns[(uintptr_t)number - 1] = turns_of_a_unit(&crew.window);
    return number;
}

static int hire(uint64_t n, uint64_t *made)
{
    int r = 0;
    crew.window = turns_window();
    while (*made < n && (r = pthread_create(&crew.threads[*made], NULL, compute, (void *)(uintptr_t)(*made + 1))) == 0)
        ++*made;
    if (r)
        bench_why("a thread could not be created: %s", strerror(r));
    return -r;
}

static int run(uint64_t n, struct proof *proof)
{
    uint64_t made = 0;
    int r = hire(n, &made);
    for (void *number; proof->work < made; proof->work++) {
        pthread_join(crew.threads[proof->work], &number);
        proof->checksum += (uintptr_t)number;
    }
    turns_tell(crew.turns, n, proof);
    proof->peak_live = made;
    return r;
}

static int batch(const struct setting *setting, struct proof *proof)
{
    crew.turns = calloc(setting->n, sizeof *crew.turns);
    crew.threads = calloc(setting->n, sizeof *crew.threads);
    int r = crew.turns && crew.threads ? run(setting->n, proof) : -ENOMEM;
    free(crew.turns);
    free(crew.threads);
    return r;
}

const struct task pthread_shares = {.batch = batch};
