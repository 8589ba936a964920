// The common command line of bench/README.md, in Go.
//
// What a figure does is in figures.go, goroutines that stay parked are in
// parking.go; here are the options, the clock and the JSON line. GOMAXPROCS is
// --cpus; the collector's settings (GOGC, the memory limit) are Go's defaults.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
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

// What a batch did, or what it should have done.
type proof struct{ work, checksum int }

type sample struct {
	setting
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
	Ops      int     `json:"ops"`
	Work     int     `json:"work"`
	PeakLive int     `json:"peak_live"`
	Checksum int     `json:"checksum"`
}

// An error that is the program's answer to a command line it cannot serve.
type usageError string
type cannotError string

func (e usageError) Error() string  { return string(e) }
func (e cannotError) Error() string { return string(e) }

var variants = []string{"one_cpu", "two_cpus", "free"}

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
			strings.Join(names(), " "), strings.Join(variants, " "), err)
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
	parks := contains(parkingFigures, s.Figure)
	switch {
	case s.Name != "go":
		return usageError("no contender " + s.Name + " here, only go")
	case !contains(names(), s.Figure):
		return usageError(fmt.Sprintf("no figure is called %q", s.Figure))
	case !contains(variants, s.Variant):
		return usageError(fmt.Sprintf("no variant is called %q", s.Variant))
	case s.N < 1 || s.CPUs < 1:
		return usageError("--n and --cpus want whole numbers above 0")
	case s.minTime <= 0:
		return usageError("--min-time wants seconds above 0")
	case s.Variant == "one_cpu" && s.CPUs > 1:
		return usageError("one_cpu means --cpus 1")
	case s.Figure == "ring" && s.N < 2:
		return usageError("a ring has two members or more")
	case s.hold && !parks:
		return usageError("--hold is for memory and spawn_live")
	case s.Figure == "yield" && s.Variant != "one_cpu":
		return cannotError("yield is two units on one CPU: its only variant is one_cpu")
	case s.Variant == "two_cpus":
		return cannotError("Go gives no way to force goroutines onto different CPUs;" +
			" locking them to threads would measure threads")
	}
	return nil
}

func contains(names []string, name string) bool {
	for _, known := range names {
		if known == name {
			return true
		}
	}
	return false
}

func names() (all []string) {
	for _, f := range figures {
		all = append(all, f.name)
	}
	return append(all, parkingFigures...)
}

func run(s setting) error {
	runtime.GOMAXPROCS(s.CPUs)
	r := sample{setting: s, Unit: "ns"}
	var err error
	if contains(parkingFigures, s.Figure) {
		err = r.park()
	} else {
		err = r.measure()
	}
	if err == nil {
		output(r)
	}
	return err
}

func (r *sample) measure() error {
	for _, f := range figures {
		if f.name == r.Figure {
			expected := f.expected(r.N)
			batches, elapsed, err := r.clock(f.prepare(r.N), expected)
			r.Work, r.Checksum, r.PeakLive = expected.work, expected.checksum, f.peakLive(r.N)
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
	if err := one(batch, expected); err != nil {
		return 0, 0, err
	}
	return repeat(batch, expected, func(_ int, elapsed time.Duration) bool { return elapsed.Seconds() >= r.minTime })
}

func repeat(batch func() proof, expected proof, enough func(int, time.Duration) bool) (int, time.Duration, error) {
	start := time.Now()
	for batches := 1; ; batches++ {
		if err := one(batch, expected); err != nil {
			return 0, 0, err
		}
		if elapsed := time.Since(start); enough(batches, elapsed) {
			return batches, elapsed, nil
		}
	}
}

// One batch, refused unless it did its work.
func one(batch func() proof, expected proof) error {
	if did := batch(); did != expected {
		return fmt.Errorf("unequal work: a batch did %d with checksum %d, expected %d and %d",
			did.work, did.checksum, expected.work, expected.checksum)
	}
	return nil
}

// One JSON line on standard output.
func output(line any) {
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		fmt.Fprintln(os.Stderr, "go: failed:", err)
		os.Exit(1)
	}
}
