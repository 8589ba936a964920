// The common command line of bench/README.md, in Go.
//
// What a figure does is in figures.go, terms.go, signals.go and crowds.go, goroutines that stay
// parked are in parking.go, the probes during a collection in isolation.go, who is woken
// from sleep in wake.go, who waits beside endless loops in hog.go, how evenly those share in shares.go, rings in
// random order in random.go; here are the options, the clock and the JSON line. GOMAXPROCS is --cpus; the collector's settings (GOGC, the memory limit) are Go's defaults.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"sort"
	"strings"
	"time"
)

type setting struct {
	Figure  string `json:"figure"`
	Name    string `json:"contender"`
	Variant string `json:"variant"`
	CPUs    int    `json:"cpus"`
	N       int    `json:"n"`
	minTime float64
	ops     int // -1: run for minTime
	hold    bool
}

// What a batch did, or what it should have done; and how much of its time does not count.
type proof struct {
	work, checksum int
	aside          time.Duration
}

type sample struct {
	setting
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
	Ops      int     `json:"ops"`
	Work     int     `json:"work"`
	PeakLive int     `json:"peak_live"`
	Checksum int     `json:"checksum"`
	*percentiles
	*shares
}

// An error that is the program's answer to a command line it cannot serve.
type usageError string
type cannotError string

func (e usageError) Error() string  { return string(e) }
func (e cannotError) Error() string { return string(e) }

var placements = []string{"one_cpu", "two_cpus", "free"}

// The variants of the figures that are not about where their goroutines run.
var variantsOf = map[string][]string{
	"copy":         {"bin", "list", "tuple"},
	"binary_step":  {"one_cpu"},
	"selective":    {"plain", "marker"},
	"pattern":      {"int", "atom", "pair", "nested", "list", "map", "bin"},
	"heap_bytes":   {"free"},
	"gc_isolation": {"free"},
	"link_exit":    {"one_cpu", "free"},
	"monitor":      {"one_cpu"},
	"random_ring":  {"one_token", "tokens"},
	"wake":         {"free"},
	"hog":          {"one_cpu"},
	"shares":       {"two_cpus"},
	"call":         {"one_cpu", "two_cpus"},
	"timer":        {"set_cancel", "set_fire"},
	"registry":     {"one_cpu", "free"},
	"big":          {"one_cpu", "two_cpus"},
	"bank":         {"one_cpu", "two_cpus"},
	"chameneos":    {"one_cpu", "two_cpus"},
	"philosophers": {"one_cpu", "two_cpus"},
	"dictionary":   {"one_cpu", "two_cpus"},
	"skynet":       {"one_cpu", "two_cpus"},
	"fj_create":    {"one_cpu", "two_cpus"},
	"thread_ring":  {"one_cpu", "two_cpus"},
	"counting":     {"one_cpu", "two_cpus"},
	"spawn_storm":  {"one_cpu", "two_cpus"},
}

// Those in which two_cpus is two CPUs, and where its goroutines run is left to the runtime.
var unforced = []string{
	"big", "bank", "chameneos", "philosophers", "dictionary",
	"skynet", "fj_create", "thread_ring", "counting", "spawn_storm", "shares",
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--list" {
		fmt.Println(strings.Join(names(), "\n"))
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println(runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
		return
	}
	os.Exit(serve(os.Args[1:]))
}

func serve(arguments []string) int {
	s, err := settings(arguments)
	if err == nil {
		err = run(s)
	}
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(cannotError)):
		output(struct {
			Error string `json:"error"`
		}{err.Error()})
		return 3
	case errors.As(err, new(usageError)):
		fmt.Fprintf(os.Stderr, "usage: go [--contender go] --figure F --variant V --n N --cpus K"+
			" [--min-time S | --ops N] [--hold] | --list | --version\nfigures: %s\nvariants: %s\ngo: %v\n",
			strings.Join(names(), " "), strings.Join(allVariants(), " "), err)
		return 2
	}
	fmt.Fprintln(os.Stderr, "go: failed:", err)
	return 1
}

func settings(arguments []string) (s setting, err error) {
	flags := flag.NewFlagSet("go", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.Name, "contender", "go", "")
	flags.StringVar(&s.Figure, "figure", "", "")
	flags.StringVar(&s.Variant, "variant", "", "")
	flags.IntVar(&s.N, "n", 0, "")
	flags.IntVar(&s.CPUs, "cpus", 0, "")
	flags.IntVar(&s.ops, "ops", -1, "")
	flags.Float64Var(&s.minTime, "min-time", 0.1, "")
	flags.BoolVar(&s.hold, "hold", false, "")
	if err := flags.Parse(arguments); err != nil {
		return s, usageError(err.Error())
	}
	if flags.NArg() > 0 {
		return s, usageError("unknown argument: " + flags.Arg(0))
	}
	return s, s.sensible()
}

func (s *setting) sensible() error {
	_, refused := without[s.Figure]
	switch variants := s.variants(); {
	case s.Name != "go":
		return usageError("no contender " + s.Name + " here, only go")
	case !refused && !contains(names(), s.Figure):
		return usageError(fmt.Sprintf("no figure is called %q", s.Figure))
	case !contains(variants, s.Variant):
		return usageError(fmt.Sprintf("%s has the variants %s, not %q", s.Figure, strings.Join(variants, " "), s.Variant))
	case s.N < s.least():
		return usageError(fmt.Sprintf("--n of %s wants a whole number from %d", s.Figure, s.least()))
	case s.CPUs < 1:
		return usageError("--cpus wants a whole number from 1")
	case s.minTime <= 0:
		return usageError("--min-time wants seconds above 0")
	case s.Variant == "one_cpu" && s.CPUs > 1:
		return usageError("one_cpu means --cpus 1")
	case s.CPUs > 1 && contains([]string{"copy", "selective", "pattern", "timer", "random_ring"}, s.Figure):
		return usageError(s.Figure + " is measured on one CPU: --cpus 1")
	case s.hold && !contains(parkingFigures, s.Figure):
		return usageError("--hold is for memory, spawn_live and heap_bytes")
	}
	return s.possible()
}

func (s *setting) possible() error {
	if why, refused := without[s.Figure]; refused {
		return cannotError(why)
	}
	switch {
	case s.Figure == "yield" && s.Variant != "one_cpu":
		return cannotError("yield is two units on one CPU: its only variant is one_cpu")
	case s.Figure == "random_ring" && s.Variant == "tokens" && s.N < tokens:
		return cannotError("fewer goroutines than tokens would wait for each other in a circle")
	case s.Variant == "two_cpus" && !contains(unforced, s.Figure):
		return cannotError("Go gives no way to force goroutines onto different CPUs;" +
			" locking them to threads would measure threads")
	}
	return nil
}

func (s *setting) variants() []string {
	if own, ok := variantsOf[s.Figure]; ok {
		return own
	}
	return placements
}

// The least n: a ring has two members or more, and some sizes may be nothing.
func (s *setting) least() int {
	switch s.Figure {
	case "ring", "thread_ring", "random_ring":
		return 2
	case "copy", "selective", "heap_bytes", "gc_isolation", "call", "timer", "hog":
		return 0
	}
	return 1
}

// All that any figure has.
func allVariants() []string {
	all := append([]string(nil), placements...)
	for _, own := range variantsOf {
		for _, variant := range own {
			if !contains(all, variant) {
				all = append(all, variant)
			}
		}
	}
	sort.Strings(all)
	return all
}

func contains(names []string, name string) bool {
	for _, known := range names {
		if known == name {
			return true
		}
	}
	return false
}

// Those whose batches are timed.
func timed() []figure {
	all := append(append(append([]figure(nil), figures...), termFigures...), signalFigures...)
	return append(append(append(all, crowdFigures...), basicFigures...), randomFigures...)
}

func names() (all []string) {
	for _, f := range timed() {
		all = append(all, f.name)
	}
	return append(append(all, parkingFigures...), "gc_isolation", "wake", "hog", "shares")
}

func run(s setting) error {
	runtime.GOMAXPROCS(s.CPUs)
	r := sample{setting: s, Unit: "ns"}
	err := r.take()
	if err == nil {
		output(r)
	}
	return err
}

func (r *sample) take() error {
	switch {
	case contains(parkingFigures, r.Figure):
		return r.park()
	case r.Figure == "gc_isolation":
		return r.isolate()
	case r.Figure == "wake":
		return r.wake()
	case r.Figure == "hog":
		return r.hog()
	case r.Figure == "shares":
		return r.share()
	}
	return r.measure()
}

func (r *sample) measure() error {
	for _, f := range timed() {
		if f.name == r.Figure {
			expected := f.expected(r.setting)
			batches, elapsed, err := r.clock(f.prepare(r.setting), expected)
			r.Work, r.Checksum, r.PeakLive = expected.work, expected.checksum, f.peakLive(r.setting)
			r.Ops = batches * r.Work
			r.Value = float64(elapsed.Nanoseconds()) / float64(r.Ops)
			return err
		}
	}
	return usageError("no figure is called " + r.Figure)
}

// An exact number of batches, or batches for a time after one to warm up.
func (r *sample) clock(batch func() proof, expected proof) (int, time.Duration, error) {
	if r.ops >= 0 {
		wanted := (r.ops + expected.work - 1) / expected.work
		return repeat(batch, expected, func(batches int, _ time.Duration) bool { return batches >= wanted })
	}
	if _, err := one(batch, expected); err != nil {
		return 0, 0, err
	}
	return repeat(batch, expected, func(_ int, elapsed time.Duration) bool { return elapsed.Seconds() >= r.minTime })
}

func repeat(batch func() proof, expected proof, enough func(int, time.Duration) bool) (int, time.Duration, error) {
	start, aside := time.Now(), time.Duration(0)
	for batches := 1; ; batches++ {
		more, err := one(batch, expected)
		if err != nil {
			return 0, 0, err
		}
		aside += more
		if elapsed := time.Since(start) - aside; enough(batches, elapsed) {
			return batches, elapsed, nil
		}
	}
}

// One batch, refused unless it did its work. How much of its time does not count.
func one(batch func() proof, expected proof) (time.Duration, error) {
	did := batch()
	if did.work != expected.work || did.checksum != expected.checksum {
		return 0, fmt.Errorf("unequal work: a batch did %d with checksum %d, expected %d and %d",
			did.work, did.checksum, expected.work, expected.checksum)
	}
	return did.aside, nil
}

// One JSON line on standard output.
func output(line any) {
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		fmt.Fprintln(os.Stderr, "go: failed:", err)
		os.Exit(1)
	}
}
