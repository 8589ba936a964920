/* contender.h - what a contender is, and what a figure is.
 *
 * A contender is a way to have many units of execution: beamling processes,
 * pthreads, OS processes. It is one small file that fills one `struct contender`.
 * A figure is a question asked of every contender: one small file that fills one
 * `struct figure`. Nothing here is contender x figure: the drivers (gbench.cc,
 * drive.c) bring any contender and any figure together.
 *
 * Only C is timed. A driver calls begin() once, then batch() as often as it
 * likes with the clock running, then end(). One batch is a fixed amount of work,
 * the same for every contender, and proves itself: see struct proof. */
#ifndef BENCH_CONTENDER_H
#define BENCH_CONTENDER_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { BATCH_SPAWNS = 1000, BATCH_JOINS = 100, BATCH_YIELDS = 10000, BATCH_TRIPS = 1000,
       BATCH_STREAM = 100000, FAN_IN_SENDERS = 4, BATCH_FAN_IN = 100000,
       BATCH_BINARIES = 1000, BATCH_CALLS = 10, BATCH_MATCHES = 10000, BATCH_MONITORS = 1000,
       BATCH_TIMERS = 100000, TIMERS_WITHIN_MS = 4, BATCH_NAMED = 100000,
       WAKES = 1000, HOG_PROBES = 1000, HOG_EVERY_MS = 4,
       SHARES_AFTER_MS = 50, SHARES_MS = 1000, STEPS_OF_A_TURN = 10000,
       BATCH_RING_HOPS = 100000, BATCH_LINE = 100000, BATCH_RANDOM_HOPS = 200000,
       PROBES = 5000, PROBED_UNITS = 10000, PROBE_EVERY_US = 100, COLLECTIONS = 5 };

/* Where a figure runs. The affinity of the OS process is already set by whoever
 * started it; `cpus` is what is in it (1 or more) and what a runtime should use. */
struct setting {
    const char *variant; /* "one_cpu", "two_cpus" (partners forced apart), "free" */
    int cpus;
    uint64_t n;     /* members of the ring, units to park, bytes of a message, ... */
    uint64_t units; /* at most so many at once; the session takes it from the figure */
};

/* What a batch did. work and checksum must equal the figure's expectation, or the
 * sample is refused; peak_live is the most units alive at once, 0 if not counted. */
struct proof {
    uint64_t work, peak_live, checksum;
    uint64_t ops; /* 0: as many as the figure says; else what really happened, e.g. real switches */
    uint64_t fewest, most; /* turns of a unit; of a figure that shares */
    uint64_t aside_ns; /* of the batch's time that does not count: making units whose end is measured */
};

/* One figure's work for one contender. A NULL batch: this contender cannot do it.
 * Results: 0, or a negative errno (say why through bench_why()). */
struct task {
    int (*begin)(const struct setting *);
    int (*batch)(const struct setting *, struct proof *);
    void (*end)(const struct setting *);
    /* Optional, for runtimes whose door costs more than a batch: `count` batches in
     * one call, work and checksum added up over them (modulo 2^64). A driver uses
     * it instead of batch() when it is there. */
    int (*batches)(const struct setting *, uint64_t count, struct proof *);
};

/* Units that exist, have run to their first wait, and stay there. */
struct parking {
    /* Have n units parked. *live gets how many really are; fewer than n with a
     * negative errno is the contender's death, to be reported with its limit. */
    int (*park)(const struct setting *, uint64_t n, uint64_t *live);
    /* Ask each unit for its number (1, 2, ... in order of creation), add them up
     * in proof->checksum, count them in proof->work, and let them end. */
    int (*prove)(const struct setting *, struct proof *);
};

struct contender {
    const char *name, *what; /* an id for files; one line for people */
    int (*start)(const struct setting *); /* the runtime as a whole; may be NULL */
    void (*stop)(void);
    struct task spawn_exit, spawn_join, yield, ping_pong, ring, stream, fan_in, bare_switch;
    /* Tasks that live in files of their own. NULL: this contender cannot do it. */
    const struct task *tuple_ping_pong, *copy, *binary_step, *selective, *pattern, *gc_isolation, *link_exit,
        *monitor, *call, *timer, *registry, *random_ring;
    const struct task *wake, *hog, *shares;
    const struct task *bare_line; /* the kernel's contenders: it needs no runtime */
    const struct task *big, *bank, *chameneos, *philosophers, *dictionary; /* units that talk to each other */
    const struct task *skynet, *fj_create, *thread_ring, *counting, *spawn_storm; /* of Savina and its like */
    struct parking parking;
    const struct parking *heaps; /* units that hold a list; each answers with its length */
};

/* What a figure expects of one batch. */
struct figure {
    const char *name, *unit, *question;
    const char *const *variants; /* NULL-terminated. All but "two_cpus" and "free" run on one CPU */
    const uint64_t *sizes;       /* list of n, ended by END_OF_SIZES */
    /* One of the two: batches, or units that are parked. */
    const struct task *(*task)(const struct contender *);
    const struct parking *(*parking)(const struct contender *);
    uint64_t (*ops)(uint64_t n);      /* operations in one batch: what the time is divided by */
    uint64_t (*checksum)(uint64_t n); /* what proof.checksum must be; proof.work must be ops(n) */
    uint64_t (*units)(uint64_t n);    /* alive at once; NULL: a handful */
    /* Instead of checksum(n), where the variant decides too. */
    uint64_t (*variant_checksum)(const struct setting *);
    /* A batch is not a fixed amount of work but many questions, each with its latency: one batch
     * is one sample, ops(n) the fewest questions, and the checksum counts right answers. */
    bool probes;
    /* Before that, the CPU time of a pause is measured, in which all units wait. */
    bool rests;
    /* A batch is one sample: its units take turns, `ops` in all, and what is told is how many percent of the mean
     * fell to the unit that got fewest, and to the one that got most. */
    bool shares;
};

#define END_OF_SIZES UINT64_MAX

extern const struct contender *const contenders[]; /* NULL-terminated, contenders/list_*.c */
extern const struct figure *const figures[];       /* NULL-terminated, figures.c */

/* Say in words why a begin, batch or park failed. Kept for the driver's report. */
void bench_why(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *bench_reason(void);

/* One latency of a figure that probes, in ns. Only while its batch runs, one caller at a time. */
void bench_latency(uint64_t ns);

#ifdef __cplusplus
}
#endif
#endif
