/* gbench.cc - Google Benchmark over every figure x contender that works in batches.
 * Each combination is registered as figure/contender/variant/n and is meant to be run one at a time, in
 * a fresh process per sample: gbench --benchmark_filter='^yield/pthread/one_cpu/2$' ...
 * The hot loop is C (session_run); the library decides how often it runs, and writes the report.
 *
 * Time is manual: it is read around the batches, so that it can be given per operation that really
 * happened, and without what does not count (struct proof). For most figures that is the same as real time. CPU time, the
 * library's default, would only see this thread. Names are printed without the library's
 * "/manual_time", and filters are taken without it.
 *
 * Exit codes are drive's: 0 all done, 1 failed or unequal, 2 nothing matched, 3 cannot, 4 a limit; the
 * error_message in the report begins with that word. */
#include "cpus.h"
#include "limits.h"
#include "session.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <gnu/libc-version.h>
#include <unistd.h>

namespace {

#ifndef BENCH_BUILD_TYPE
#define BENCH_BUILD_TYPE "unknown"
#endif

const std::string suffix = "/manual_time";

int worst_exit = SESSION_DONE;

/* Words as in failures.tsv. */
std::string words_for(int result)
{
    std::string why = bench_reason();
    const limit_hit *hit = limits_noted();
    switch (session_verdict(result)) {
    case SESSION_CANNOT: return "cannot: " + why;
    case SESSION_UNEQUAL: return "unequal: " + why;
    case SESSION_LIMIT:
        return "limit: " + std::string(hit->text) + "; live " + std::to_string(hit->live) + "; " +
               limits_error_name(-result) + "; " + why;
    default: return "failed: " + std::string(limits_error_name(-result)) + "; " + why;
    }
}

void fail(benchmark::State &state, int result)
{
    std::string words = words_for(result);
    enum verdict verdict = session_verdict(result);
    worst_exit = verdict == SESSION_UNEQUAL ? SESSION_FAILED : verdict;
    state.SkipWithError(words.c_str());
}

/* Run `count` batches; the library is told the time as if all operations asked for had happened. */
int run_timed(benchmark::State &state, const session &s, uint64_t count, proof *total)
{
    auto before = std::chrono::steady_clock::now();
    int r = session_run(&s, count, total);
    std::chrono::duration<double> took =
        std::chrono::steady_clock::now() - before - std::chrono::nanoseconds(total->aside_ns);
    double asked = double(count * s.figure->ops(s.setting.n)), happened = double(session_ops(&s, count, total));
    state.SetIterationTime(took.count() * asked / happened);
    return r;
}

/* A contender that wants many batches a call gets all of this run's in one. */
int run_batches(benchmark::State &state, const session &s, proof *total, uint64_t *count)
{
    uint64_t per_batch = s.figure->ops(s.setting.n);
    *count = session_wants_many(&s) ? (uint64_t(state.max_iterations) + per_batch - 1) / per_batch : 1;
    int r = 0;
    while (r == 0 && state.KeepRunningBatch(benchmark::IterationCount(*count * per_batch)))
        r = run_timed(state, s, *count, total);
    return r;
}

void report(benchmark::State &state, const session &s, const proof &total, uint64_t count)
{
    state.counters["work"] = double(total.work / count);
    state.counters["peak_live"] = double(total.peak_live);
    state.counters["checksum"] = double(s.checksum);
    state.counters["cpus"] = s.setting.cpus;
    if (session_ops(&s, count, &total) != count * s.figure->ops(s.setting.n))
        state.counters["switches"] = double(total.ops) / double(count);
}

/* The library calls measure() again, to do more, until that takes long enough. What has been opened for the first time
 * stays open until something else is measured: to create ten million units, and to end them, takes longer than all else. */
session opened; /* figure NULL: nothing */

void close_opened()
{
    if (opened.figure)
        session_close(&opened);
    opened = session();
}

bool is_opened(const session &s)
{
    return opened.figure == s.figure && opened.contender == s.contender && opened.setting.variant == s.setting.variant &&
           opened.setting.n == s.setting.n;
}

int open_now(const session &s)
{
    proof warm_up;
    if (is_opened(s))
        return 0;
    close_opened();
    opened = s;
    opened.setting.cpus = cpus_allowed();
    int r = session_open(&opened);
    return r ? r : session_run(&opened, 1, &warm_up);
}

void measure(benchmark::State &state, const session &s)
{
    proof total;
    uint64_t count = 1;
    int r = open_now(s);
    if (r == 0)
        r = run_batches(state, opened, &total, &count);
    if (r < 0) {
        fail(state, r);
        close_opened();
    } else {
        report(state, opened, total, count);
    }
}

void add(const figure *f, const contender *c, const char *variant, uint64_t n)
{
    std::string name = std::string(f->name) + "/" + c->name + "/" + variant + "/" + std::to_string(n);
    session s = {f, c, {variant, 0, n, 0}, false, false, 0};
    benchmark::RegisterBenchmark(name.c_str(), [s](benchmark::State &state) { measure(state, s); })->UseManualTime();
}

void add_all()
{
    for (auto f = figures; *f; f++)
        for (auto c = contenders; *c; c++)
            if (session_is_timed(*f) && session_can(*f, *c))
                for (auto variant = (*f)->variants; *variant; variant++)
                    for (auto n = (*f)->sizes; *n != END_OF_SIZES; n++)
                        add(*f, *c, *variant, *n);
}

std::vector<benchmark::BenchmarkReporter::Run> with_plain_names(std::vector<benchmark::BenchmarkReporter::Run> runs)
{
    for (auto &run : runs)
        run.run_name.time_type.clear();
    return runs;
}

template <class Reporter> struct plain : Reporter {
    using Reporter::Reporter;
    void ReportRuns(const std::vector<benchmark::BenchmarkReporter::Run> &runs) override
    {
        Reporter::ReportRuns(with_plain_names(runs));
    }
};

/* '^yield/pthread/one_cpu/2$' must find yield/pthread/one_cpu/2/manual_time. */
std::string with_suffix(std::string filter)
{
    if (!filter.empty() && filter.back() == '$' && filter.find(suffix) == std::string::npos)
        filter.insert(filter.size() - 1, suffix);
    return filter;
}

std::string environment(const char *name)
{
    const char *value = std::getenv(name);
    return value ? value : "unknown";
}

void add_context()
{
    benchmark::AddCustomContext("commit", environment("BEAMLING_COMMIT"));
#ifdef __clang__
    benchmark::AddCustomContext("compiler", __VERSION__);
#else
    benchmark::AddCustomContext("compiler", "gcc " __VERSION__);
#endif
    benchmark::AddCustomContext("build_type", BENCH_BUILD_TYPE);
    benchmark::AddCustomContext("libc", std::string("glibc ") + gnu_get_libc_version());
}

/* The report in a file is JSON whatever is asked for; the library's CSV cannot be read back. */
bool has_file(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (std::string(argv[i]).rfind("--benchmark_out=", 0) == 0)
            return true;
    return false;
}

bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (std::string(argv[i]) == "--benchmark_format=json")
            return true;
    return false;
}

std::unique_ptr<benchmark::BenchmarkReporter> reporter(bool json)
{
    if (json)
        return std::make_unique<plain<benchmark::JSONReporter>>();
    auto options = isatty(STDOUT_FILENO) ? benchmark::ConsoleReporter::OO_ColorTabular
                                         : benchmark::ConsoleReporter::OO_Tabular;
    return std::make_unique<plain<benchmark::ConsoleReporter>>(options);
}

} // namespace

int main(int argc, char **argv)
{
    auto display = reporter(wants_json(argc, argv));
    auto file = has_file(argc, argv) ? reporter(true) : nullptr;
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    add_context();
    add_all();
    size_t matched = benchmark::RunSpecifiedBenchmarks(display.get(), file.get(),
                                                       with_suffix(benchmark::GetBenchmarkFilter()));
    close_opened();
    benchmark::Shutdown();
    return matched ? worst_exit : 2;
}
