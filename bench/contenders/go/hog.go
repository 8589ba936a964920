// hog: how long does a goroutine wait that shares its CPU with others that compute for ever?
//
// n goroutines loop without a call. The prober sleeps until each planned instant, 4 ms
// apart, asks the responder, and counts from the planned instant; 1,000 times.
package main

import (
	"fmt"
	"sort"
	"sync/atomic"
	"time"
)

const (
	hogProbes = 1000
	hogGap    = 4 * time.Millisecond
)

func (r *sample) hog() error {
	var over int32
	for i := 0; i < r.N; i++ {
		go func() {
			for atomic.LoadInt32(&over) == 0 {
			}
		}()
	}
	asked := make(chan probe)
	go func() {
		for p := range asked {
			p.answer <- p.number + 1
		}
	}()
	latencies, checksum := probeHogs(asked)
	atomic.StoreInt32(&over, 1)
	close(asked)
	return r.judgeHogs(latencies, checksum)
}

func probeHogs(asked chan<- probe) (latencies []int64, checksum int) {
	latencies = make([]int64, 0, hogProbes)
	answers := make(chan int)
	start := time.Now()
	for i := 0; i < hogProbes; i++ {
		planned := time.Duration(i+1) * hogGap
		time.Sleep(planned - time.Since(start))
		asked <- probe{i, answers}
		checksum += <-answers - i
		latencies = append(latencies, (time.Since(start) - planned).Nanoseconds())
	}
	return latencies, checksum
}

func (r *sample) judgeHogs(latencies []int64, checksum int) error {
	if checksum != hogProbes {
		return fmt.Errorf("unequal work: %d right answers of %d", checksum, hogProbes)
	}
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	rank := func(perMille int) int64 { return latencies[(len(latencies)*perMille+999)/1000-1] }
	r.percentiles = &percentiles{rank(500), rank(990), rank(999), rank(1000), 0}
	r.Value = float64(r.P99)
	r.Ops, r.Work, r.Checksum, r.PeakLive = hogProbes, hogProbes, checksum, r.N+2
	return nil
}
