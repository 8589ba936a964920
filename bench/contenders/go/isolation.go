// gc_isolation: does a collection make goroutines wait that have nothing to do with it?
//
// 10,000 goroutines wait on channels of their own. The prober asks one after the
// other, at planned instants 100 us apart, and counts from the planned instant: when a
// stall makes it late, the goroutines it should have asked meanwhile have waited too,
// and their waiting counts. Meanwhile another goroutine, which holds n bytes in a
// linked list, calls runtime.GC() five times. n = 0: nobody does.
//
// Go has one heap for all: a collection follows the pointers of everybody, works
// beside the program with a quarter of the CPUs and stops all only briefly. The list
// is in 1,024 parts, so that Go's markers, which may work in parallel, are not held to
// one chain; each part lies in one piece, as a list lies on the heap of a process.
//
// The prober waits by reading the clock and yielding. It allocates nothing while it
// probes, up to seven minutes.
package main

import (
	"fmt"
	"runtime"
	"sort"
	"time"
)

const (
	isolationUnits = 10000
	fewestProbes   = 5000
	collections    = 5
	gap            = 100 * time.Microsecond
	parts          = 1024
	cellBytes      = 16
	roomForProbes  = 1 << 22
)

type probe struct {
	number int
	answer chan<- int
}

// What this figure alone has to say, in nanoseconds.
type percentiles struct {
	P50  int64 `json:"p50"`
	P99  int64 `json:"p99"`
	P999 int64 `json:"p99_9"`
	Max  int64 `json:"max"`
	Idle int64 `json:"idle,omitempty"` // wake.go
}

func (r *sample) isolate() error {
	units := answerers()
	lists := manyLists(r.N / cellBytes)
	collected := make(chan bool)
	go collect(r.N > 0, collected)
	latencies, checksum := probing(units, collected)
	if cells := lengths(lists); cells != r.N/cellBytes { // and so the lists were alive all the time
		return fmt.Errorf("unequal work: %d cells were held, expected %d", cells, r.N/cellBytes)
	}
	return r.judge(latencies, checksum)
}

func (r *sample) judge(latencies []int64, checksum int) error {
	if checksum != len(latencies) {
		return fmt.Errorf("unequal work: %d probes with checksum %d", len(latencies), checksum)
	}
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	rank := func(perMille int) int64 { return latencies[(len(latencies)*perMille+999)/1000-1] }
	r.percentiles = &percentiles{rank(500), rank(990), rank(999), rank(1000), 0}
	r.Value = float64(r.P99)
	r.Ops, r.Work, r.Checksum, r.PeakLive = len(latencies), len(latencies), checksum, isolationUnits
	return nil
}

func answerers() []chan probe {
	units := make([]chan probe, isolationUnits)
	for i := range units {
		own := make(chan probe)
		units[i] = own
		go func() {
			for p := range own {
				p.answer <- p.number + 1
			}
		}()
	}
	return units
}

func manyLists(cells int) []*cell {
	lists := make([]*cell, parts)
	for i := range lists {
		lists[i] = countdown(cells*(i+1)/parts - cells*i/parts)
	}
	return lists
}

func lengths(lists []*cell) (cells int) {
	for _, list := range lists {
		cells += list.length()
	}
	return cells
}

func collect(anything bool, collected chan<- bool) {
	for i := 0; anything && i < collections; i++ {
		runtime.GC()
	}
	close(collected)
}

func probing(units []chan probe, collected <-chan bool) (latencies []int64, checksum int) {
	latencies = make([]int64, 0, roomForProbes)
	answers := make(chan int)
	start := time.Now()
	for i := 0; i < fewestProbes || !closed(collected); i++ {
		planned := time.Duration(i) * gap
		waitUntil(start, planned)
		units[i%len(units)] <- probe{i, answers}
		checksum += <-answers - i
		latencies = append(latencies, (time.Since(start) - planned).Nanoseconds())
	}
	return latencies, checksum
}

func waitUntil(start time.Time, planned time.Duration) {
	for time.Since(start) < planned {
		runtime.Gosched()
	}
}

func closed(c <-chan bool) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
