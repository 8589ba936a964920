/* session.c - see session.h. Failures are negative errnos; two have a meaning of their own here:
 * -ENOTSUP, this contender cannot do that, and -EPROTO, the work was not what the figure expects. */
#include "session.h"

#include "cpus.h"
#include "limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char reason[256];

void bench_why(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
}

const char *bench_reason(void)
{
    return reason[0] ? reason : "no reason given";
}

const struct figure *session_figure(const char *name)
{
    for (const struct figure *const *f = figures; *f; f++)
        if (strcmp((*f)->name, name) == 0)
            return *f;
    return NULL;
}

const struct contender *session_contender(const char *name)
{
    for (const struct contender *const *c = contenders; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

bool session_has_variant(const struct figure *f, const char *variant)
{
    for (const char *const *v = f->variants; *v; v++)
        if (strcmp(*v, variant) == 0)
            return true;
    return false;
}

/* A figure with one size means that size. Where there are several they are proposals, but for 0:
 * it makes sense only where it is listed. */
bool session_has_size(const struct figure *f, uint64_t n)
{
    bool several = f->sizes[1] != END_OF_SIZES;
    for (const uint64_t *size = f->sizes; *size != END_OF_SIZES; size++)
        if (*size == n)
            return true;
    return several && n > 0 && n != END_OF_SIZES;
}

bool session_is_parking(const struct figure *f)
{
    return f->parking != NULL;
}

bool session_is_timed(const struct figure *f)
{
    return !session_is_parking(f) && !f->probes && !f->shares;
}

bool session_can(const struct figure *f, const struct contender *c)
{
    const struct parking *parking = session_is_parking(f) ? f->parking(c) : NULL;
    const struct task *task = session_is_parking(f) ? NULL : f->task(c);
    return (parking && parking->park) || (task && (task->batch || task->batches));
}

static uint64_t expected_checksum(const struct session *s)
{
    const struct figure *f = s->figure;
    if (f->variant_checksum)
        return f->variant_checksum(&s->setting);
    return f->checksum ? f->checksum(s->setting.n) : 0;
}

/* Partners forced apart, and runtimes that decide, need more than one CPU; all else is about one. */
static bool wants_one_cpu(const char *variant)
{
    return strcmp(variant, "two_cpus") != 0 && strcmp(variant, "free") != 0;
}

/* Leave exactly as many CPUs as the row will claim. Whoever started us has normally done so. */
static int fit_cpus(struct setting *setting)
{
    if (wants_one_cpu(setting->variant))
        setting->cpus = 1;
    if (strcmp(setting->variant, "two_cpus") == 0 && setting->cpus < 2) {
        bench_why("two_cpus needs two CPUs and has %d", setting->cpus);
        return -ENOTSUP;
    }
    int r = cpus_keep(setting->cpus);
    if (r < 0)
        bench_why("%d CPUs asked for, %d allowed", setting->cpus, cpus_allowed());
    return r;
}

static int start(struct session *s)
{
    int r = s->contender->start ? s->contender->start(&s->setting) : 0;
    s->started = r == 0;
    return r;
}

static int begin(struct session *s)
{
    const struct task *task = session_is_parking(s->figure) ? NULL : s->figure->task(s->contender);
    int r = task && task->begin ? task->begin(&s->setting) : 0;
    s->begun = r == 0;
    return r;
}

int session_open(struct session *s)
{
    s->started = s->begun = false;
    s->setting.units = s->figure->units ? s->figure->units(s->setting.n) : 0;
    reason[0] = '\0';
    limits_forget();
    if (!session_can(s->figure, s->contender)) {
        bench_why("%s has no %s", s->contender->name, s->figure->name);
        return -ENOTSUP;
    }
    s->checksum = expected_checksum(s);
    int r = fit_cpus(&s->setting);
    if (r == 0)
        r = start(s);
    return r < 0 ? r : begin(s);
}

/* Of questions there may be more than asked for; each has one right answer. */
static int check_probes(const struct session *s, const struct proof *total)
{
    uint64_t fewest = s->figure->ops(s->setting.n);
    if (total->work >= fewest && total->checksum == total->work)
        return 0;
    bench_why("%" PRIu64 " questions, %" PRIu64 " right answers, expected at least %" PRIu64 ", all right", total->work,
              total->checksum, fewest);
    return -EPROTO;
}

int session_check(const struct session *s, uint64_t count, const struct proof *total)
{
    if (s->figure->probes)
        return check_probes(s, total);
    uint64_t work = count * s->figure->ops(s->setting.n), checksum = count * s->checksum;
    if (total->work == work && total->checksum == checksum)
        return 0;
    bench_why("work %" PRIu64 " checksum %" PRIu64 ", expected work %" PRIu64 " checksum %" PRIu64, total->work,
              total->checksum, work, checksum);
    return -EPROTO;
}

/* One batch after the other. Each is checked by itself, so that no two errors cancel out. */
static int run_each(const struct session *s, const struct task *task, uint64_t count, struct proof *total)
{
    int r = 0;
    for (uint64_t i = 0; i < count && r == 0; i++) {
        struct proof one = {0};
        r = task->batch(&s->setting, &one);
        if (r == 0)
            r = session_check(s, 1, &one);
        total->work += one.work;
        total->checksum += one.checksum;
        total->ops += session_ops(s, 1, &one);
        total->peak_live = one.peak_live > total->peak_live ? one.peak_live : total->peak_live;
        total->fewest = one.fewest;
        total->most = one.most;
        total->aside_ns += one.aside_ns;
    }
    return r;
}

int session_run(const struct session *s, uint64_t count, struct proof *total)
{
    const struct task *task = s->figure->task(s->contender);
    *total = (struct proof){0};
    if (!task->batches)
        return run_each(s, task, count, total);
    int r = task->batches(&s->setting, count, total);
    return r < 0 ? r : session_check(s, count, total);
}

bool session_wants_many(const struct session *s)
{
    return s->figure->task(s->contender)->batches != NULL;
}

void session_close(struct session *s)
{
    const struct task *task = session_is_parking(s->figure) ? NULL : s->figure->task(s->contender);
    if (s->begun && task && task->end)
        task->end(&s->setting);
    if (s->started && s->contender->stop)
        s->contender->stop();
    cpus_restore();
}

enum verdict session_verdict(int result)
{
    if (result == 0)
        return SESSION_DONE;
    if (result == -ENOTSUP)
        return SESSION_CANNOT;
    if (result == -EPROTO)
        return SESSION_UNEQUAL;
    if (!limits_error(-result))
        return SESSION_FAILED;
    if (!limits_noted()->error)
        limits_note(-result, 0);
    return SESSION_LIMIT;
}

uint64_t session_ops(const struct session *s, uint64_t count, const struct proof *total)
{
    return total->ops ? total->ops : count * s->figure->ops(s->setting.n);
}
