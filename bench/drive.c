/* drive.c - the common command line over the contenders of this program (README.md).
 * One call is one sample in one fresh process: open a session, do batches or park units, print one
 * JSON line. Used for single shots, for exact counts under syscount, and to cross-check gbench. */
#define _GNU_SOURCE
#include "cpus.h"
#include "latencies.h"
#include "limits.h"
#include "session.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

struct wish {
    const char *contender, *figure, *variant;
    uint64_t n, cpus, ops;
    double min_time;
    bool sized, hold, list, contenders, version, help;
};

/* What was measured. ops: what the time is divided by. */
struct sample {
    struct proof proof; /* of one batch */
    uint64_t ops;
    double ns;
    struct percentiles latency; /* of a figure that probes */
    uint64_t idle; /* CPU time per second while all wait, ns; of a figure that rests */
};

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- saying what exists ---- */

/* Of a figure, or NULL. */
typedef void print_some(FILE *out, const struct figure *);

static void print_contenders(FILE *out, const struct figure *unused)
{
    (void)unused;
    for (const struct contender *const *c = contenders; *c; c++)
        fprintf(out, " %s", (*c)->name);
}

static void print_figure_names(FILE *out, const struct figure *unused)
{
    (void)unused;
    for (const struct figure *const *f = figures; *f; f++)
        fprintf(out, " %s", (*f)->name);
}

static void print_variants(FILE *out, const struct figure *f)
{
    for (const char *const *v = f->variants; *v; v++)
        fprintf(out, " %s", *v);
}

static void print_sizes(FILE *out, const struct figure *f)
{
    for (const uint64_t *n = f->sizes; *n != END_OF_SIZES; n++)
        fprintf(out, " %" PRIu64, *n);
}

static void print_names(FILE *out)
{
    fprintf(out, "contenders:");
    print_contenders(out, NULL);
    fprintf(out, "\nfigures:\n");
    for (const struct figure *const *f = figures; *f; f++) {
        fprintf(out, "  %-15s variants:", (*f)->name);
        print_variants(out, *f);
        fprintf(out, "  n:");
        print_sizes(out, *f);
        fprintf(out, "\n");
    }
}

static void print_usage(FILE *out)
{
    fprintf(out, "usage: drive --contender C --figure F [--variant V] [--n N] [--cpus K]\n"
                 "             [--min-time S | --ops N] [--hold]\n"
                 "       drive --list [--contender C] | --contenders | --version | --help\n"
                 "exit: 0 done, 1 failed, 2 usage, 3 this contender cannot, 4 a limit ended it\n");
    print_names(out);
}

/* What is wrong, and what would be right. */
static _Noreturn void refuse(const char *what, const char *value)
{
    fprintf(stderr, "drive: %s: %s\n  --help says what there is\n", what, value);
    exit(EXIT_USAGE);
}

static _Noreturn void refuse_among(print_some *right, const struct figure *f, const char *what, const char *value)
{
    fprintf(stderr, "drive: %s: %s\n  %s:", what, value, f ? f->name : "there are");
    right(stderr, f);
    fprintf(stderr, "\n");
    exit(EXIT_USAGE);
}

static void print_version(void)
{
    char libc[64] = "unknown libc";
    struct utsname os = {0};
    confstr(_CS_GNU_LIBC_VERSION, libc, sizeof libc);
    uname(&os);
    printf("%s, %s %s, compiled by %s\n", libc, os.sysname, os.release, __VERSION__);
}

/* Without a contender: what any of them can do. */
static void print_figures(const struct contender *only)
{
    for (const struct figure *const *f = figures; *f; f++) {
        bool can = false;
        for (const struct contender *const *c = contenders; *c; c++)
            can = can || ((!only || only == *c) && session_can(*f, *c));
        if (can)
            printf("%s\n", (*f)->name);
    }
}

/* ---- the command line ---- */

/* Zero is a size of some figures. */
static uint64_t to_size(const char *option, const char *text)
{
    char *end;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-')
        refuse(option, text);
    return number;
}

static uint64_t to_number(const char *option, const char *text)
{
    uint64_t number = to_size(option, text);
    if (number == 0)
        refuse(option, text);
    return number;
}

static double to_seconds(const char *text)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end || !(seconds >= 0 && seconds < 1e6))
        refuse("--min-time", text);
    return seconds;
}

static void take_option(struct wish *w, int option, const char *word)
{
    switch (option) {
    case 'c': w->contender = optarg; break;
    case 'f': w->figure = optarg; break;
    case 'v': w->variant = optarg; break;
    case 'n': w->n = to_size("--n", optarg); w->sized = true; break;
    case 'k': w->cpus = to_number("--cpus", optarg); break;
    case 't': w->min_time = to_seconds(optarg); break;
    case 'o': w->ops = to_number("--ops", optarg); break;
    case 'h': w->hold = true; break;
    case 'l': w->list = true; break;
    case 'C': w->contenders = true; break;
    case 'V': w->version = true; break;
    case 'H': w->help = true; break;
    default: refuse("unknown option, or its value is missing", word);
    }
}

static struct wish parse(int argc, char **argv)
{
    opterr = 0; /* we say it ourselves, and what would be right */
    static const struct option options[] = {
        {"contender", required_argument, NULL, 'c'}, {"figure", required_argument, NULL, 'f'},
        {"variant", required_argument, NULL, 'v'},   {"n", required_argument, NULL, 'n'},
        {"cpus", required_argument, NULL, 'k'},      {"min-time", required_argument, NULL, 't'},
        {"ops", required_argument, NULL, 'o'},       {"hold", no_argument, NULL, 'h'},
        {"list", no_argument, NULL, 'l'},            {"contenders", no_argument, NULL, 'C'},
        {"version", no_argument, NULL, 'V'},         {"help", no_argument, NULL, 'H'},
        {0},
    };
    struct wish w = {.min_time = 0.1};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;)
        take_option(&w, o, argv[optind - 1]);
    if (optind < argc)
        refuse("unexpected argument", argv[optind]);
    return w;
}

static const struct contender *wished_contender(const struct wish *w)
{
    const struct contender *c = w->contender ? session_contender(w->contender) : NULL;
    if (!c)
        refuse_among(print_contenders, NULL, "no such contender", w->contender ? w->contender : "(none given)");
    return c;
}

static struct session wished_session(const struct wish *w)
{
    char n[24];
    struct session s = {.contender = wished_contender(w), .figure = w->figure ? session_figure(w->figure) : NULL};
    if (!s.figure)
        refuse_among(print_figure_names, NULL, "no such figure", w->figure ? w->figure : "(none given)");
    s.setting.variant = w->variant ? w->variant : s.figure->variants[0];
    s.setting.n = w->sized ? w->n : s.figure->sizes[0];
    s.setting.cpus = w->cpus ? (int)w->cpus : cpus_allowed();
    if (!session_has_variant(s.figure, s.setting.variant))
        refuse_among(print_variants, s.figure, "no such variant of this figure", s.setting.variant);
    snprintf(n, sizeof n, "%" PRIu64, s.setting.n);
    if (!session_has_size(s.figure, s.setting.n))
        refuse_among(print_sizes, s.figure, "no such n of this figure", n);
    if (w->cpus > (uint64_t)cpus_allowed())
        refuse("more --cpus than the affinity allows", "see taskset(1)");
    if (w->hold && !session_is_parking(s.figure))
        refuse("--hold is for figures that park units, not for", s.figure->name);
    return s;
}

/* ---- results ---- */

static void print_json_text(const char *text)
{
    putchar('"');
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if ((unsigned char)*text < ' ')
            printf("\\u%04x", *text);
        else
            putchar(*text);
    putchar('"');
}

static void print_value(const struct sample *sample)
{
    printf(",\"value\":%.3f,\"unit\":\"ns\",\"ops\":%" PRIu64, sample->ns / (double)sample->ops, sample->ops);
}

static void print_latency(const struct percentiles *p, uint64_t count)
{
    printf(",\"value\":%" PRIu64 ",\"unit\":\"ns\",\"ops\":%" PRIu64, p->p99, count);
    printf(",\"p50\":%" PRIu64 ",\"p99\":%" PRIu64 ",\"p99_9\":%" PRIu64 ",\"max\":%" PRIu64, p->p50, p->p99, p->p99_9,
           p->max);
}

/* In percent of the mean. */
static void print_shares(const struct sample *sample, uint64_t n)
{
    double percent = 100.0 * (double)n / (double)sample->ops;
    double fewest = percent * (double)sample->proof.fewest, most = percent * (double)sample->proof.most;
    printf(",\"value\":%.3f,\"unit\":\"%%\",\"ops\":%" PRIu64 ",\"fewest\":%.3f,\"most\":%.3f", fewest, sample->ops, fewest, most);
}

static void print_sample(const struct session *s, const struct sample *sample)
{
    printf("{\"figure\":\"%s\",\"contender\":\"%s\",\"variant\":\"%s\",\"cpus\":%d,\"n\":%" PRIu64, s->figure->name,
           s->contender->name, s->setting.variant, s->setting.cpus, s->setting.n);
    if (s->figure->probes)
        print_latency(&sample->latency, sample->ops);
    else if (s->figure->shares)
        print_shares(sample, s->setting.n);
    else
        print_value(sample);
    if (s->figure->rests)
        printf(",\"idle\":%" PRIu64, sample->idle);
    printf(",\"work\":%" PRIu64 ",\"peak_live\":%" PRIu64 ",\"checksum\":%" PRIu64 "}\n", sample->proof.work,
           sample->proof.peak_live, sample->proof.checksum);
}

/* Say what went wrong, in JSON for those who read exit 3 and 4, in words for the others. */
static int print_failure(const struct session *s, int result)
{
    enum verdict verdict = session_verdict(result);
    if (verdict == SESSION_CANNOT || verdict == SESSION_LIMIT) {
        printf("{\"error\":");
        print_json_text(bench_reason());
        if (verdict == SESSION_LIMIT) {
            printf(",\"limit\":");
            print_json_text(limits_noted()->text);
            printf(",\"live\":%" PRIu64 ",\"errno\":\"%s\"", limits_noted()->live, limits_error_name(-result));
        }
        printf("}\n");
        return (int)verdict;
    }
    fprintf(stderr, "drive: %s %s %s: %s: %s\n", s->figure->name, s->contender->name, s->setting.variant,
            verdict == SESSION_UNEQUAL ? "unequal work" : strerror(-result), bench_reason());
    return EXIT_FAILURE;
}

/* ---- batches ---- */

/* Run `count` batches with the clock running and add them to the sample. session_run() has checked
 * the sum of their checksums, which may have wrapped around; one batch's is the figure's. */
static int run_timed(const struct session *s, uint64_t count, struct sample *sample)
{
    struct proof total;
    double before = now_ns();
    int r = session_run(s, count, &total);
    sample->ns += now_ns() - before - (double)total.aside_ns;
    sample->ops += session_ops(s, count, &total);
    sample->proof = (struct proof){.work = total.work / count,
                                   .peak_live = total.peak_live,
                                   .checksum = s->checksum};
    return r;
}

static int run_until(const struct session *s, double ns, struct sample *sample)
{
    int r = 0;
    do
        r = run_timed(s, 1, sample);
    while (r == 0 && sample->ns < ns);
    return r;
}

/* Ever more batches a call, until one call takes long enough; only that one counts. */
static int run_growing(const struct session *s, double ns, struct sample *sample)
{
    int r = 0;
    for (uint64_t count = 1; r == 0 && sample->ns < ns; count *= 2) {
        *sample = (struct sample){0};
        r = run_timed(s, count, sample);
    }
    return r;
}

static int run_batches(const struct session *s, const struct wish *w, struct sample *sample)
{
    uint64_t per_batch = s->figure->ops(s->setting.n);
    if (w->ops)
        return run_timed(s, (w->ops - 1) / per_batch + 1, sample);
    int r = run_timed(s, 1, sample); /* warm-up */
    *sample = (struct sample){0};
    if (r < 0)
        return r;
    return session_wants_many(s) ? run_growing(s, w->min_time * 1e9, sample)
                                 : run_until(s, w->min_time * 1e9, sample);
}

/* ---- probes ---- */

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What the whole program uses of the CPUs while its units wait, after a moment to come to rest. At least 1:
 * to read the clock takes time. */
static uint64_t idle_ns_per_second(void)
{
    const struct timespec settle = {.tv_nsec = 100 * 1000 * 1000}, pause = {.tv_nsec = 300 * 1000 * 1000};
    nanosleep(&settle, NULL);
    uint64_t before = cpu_ns();
    nanosleep(&pause, NULL);
    uint64_t used = (cpu_ns() - before) * 1000 / 300;
    return used ? used : 1;
}

/* One batch, and no other before it: the first collections are what is looked for. */
static int run_probes(const struct session *s, struct sample *sample)
{
    int r = latencies_open();
    if (s->figure->rests)
        sample->idle = idle_ns_per_second();
    if (r == 0)
        r = session_run(s, 1, &sample->proof);
    if (r == 0 && (latencies_lost() || latencies_count() != sample->proof.work)) {
        bench_why("%" PRIu64 " latencies of %" PRIu64 " questions", latencies_count(), sample->proof.work);
        r = -EPROTO;
    }
    sample->ops = sample->proof.work;
    if (r == 0)
        sample->latency = latencies_told();
    latencies_close();
    return r;
}

/* One batch, which lasts as long as its window is open. */
static int run_shares(const struct session *s, struct sample *sample)
{
    int r = session_run(s, 1, &sample->proof);
    sample->ops = sample->proof.ops;
    if (r == 0 && sample->ops == 0) {
        bench_why("nobody ended a turn while turns counted");
        r = -EPROTO;
    }
    return r;
}

/* ---- parking ---- */

/* Tell the observer what has happened and wait until it has looked. */
static void hold(const struct wish *w, const char *event)
{
    if (!w->hold)
        return;
    printf("%s\n", event);
    fflush(stdout);
    for (int c; (c = getchar()) != EOF && c != '\n';)
        ;
}

static int run_parking(const struct session *s, const struct wish *w, struct sample *sample)
{
    char parked[128];
    uint64_t n = s->figure->ops(s->setting.n), live = 0;
    const struct parking *parking = s->figure->parking(s->contender);
    hold(w, "{\"event\":\"ready\"}");
    double before = now_ns();
    int r = parking->park(&s->setting, n, &live);
    sample->ns = now_ns() - before;
    sample->ops = n;
    if (r < 0 && limits_error(-r) && !limits_noted()->error)
        limits_note(-r, live);
    if (r < 0)
        return r;
    snprintf(parked, sizeof parked, "{\"event\":\"parked\",\"live\":%" PRIu64 ",\"value\":%.3f}", live,
             sample->ns / (double)n);
    hold(w, parked);
    r = parking->prove(&s->setting, &sample->proof);
    return r < 0 ? r : session_check(s, 1, &sample->proof);
}

static int run(const struct session *s, const struct wish *w, struct sample *sample)
{
    if (session_is_parking(s->figure))
        return run_parking(s, w, sample);
    if (s->figure->shares)
        return run_shares(s, sample);
    return s->figure->probes ? run_probes(s, sample) : run_batches(s, w, sample);
}

static int measure(const struct wish *w)
{
    struct session s = wished_session(w);
    struct sample sample = {0};
    int r = session_open(&s);
    if (r == 0)
        r = run(&s, w, &sample);
    int status = r < 0 ? print_failure(&s, r) : EXIT_SUCCESS;
    session_close(&s);
    if (r == 0)
        print_sample(&s, &sample);
    return status;
}

int main(int argc, char **argv)
{
    struct wish w = parse(argc, argv);
    if (w.help) {
        print_usage(stdout);
    } else if (w.version) {
        print_version();
    } else if (w.contenders) {
        for (const struct contender *const *c = contenders; *c; c++)
            printf("%s\n", (*c)->name);
    } else if (w.list) {
        print_figures(w.contender ? wished_contender(&w) : NULL);
    } else {
        return measure(&w);
    }
    return EXIT_SUCCESS;
}
