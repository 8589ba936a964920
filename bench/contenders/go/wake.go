// wake: how long until who is sent something runs, when nothing else does?
//
// Two goroutines, each locked to a thread of its own, or the receiver would run in the
// sender's place as soon as that waits. The sender sleeps for n ms, reads the clock and
// sends what it has read; the receiver reads the clock as soon as it runs, and answers
// with the difference.
package main

import (
	"fmt"
	"runtime"
	"sort"
	"syscall"
	"time"
	"unsafe"
)

const (
	wakes      = 1000
	settleFor  = 100 * time.Millisecond
	pauseFor   = 300 * time.Millisecond
	processCPU = 2 // CLOCK_PROCESS_CPUTIME_ID
)

func (r *sample) wake() error {
	start, sent, answers := time.Now(), make(chan time.Duration), make(chan int64)
	runtime.LockOSThread()
	go func() {
		runtime.LockOSThread()
		for at := range sent {
			answers <- (time.Since(start) - at).Nanoseconds()
		}
	}()
	idle, err := idleTime()
	latencies := make([]int64, wakes)
	for i := range latencies {
		time.Sleep(time.Duration(r.N) * time.Millisecond)
		sent <- time.Since(start)
		latencies[i] = <-answers
	}
	close(sent)
	if err != nil {
		return err
	}
	return r.judgeWakes(latencies, idle)
}

func (r *sample) judgeWakes(latencies []int64, idle int64) error {
	right := 0
	for _, ns := range latencies {
		if ns > 0 {
			right++
		}
	}
	if right != wakes {
		return fmt.Errorf("unequal work: %d right answers of %d", right, wakes)
	}
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	rank := func(perMille int) int64 { return latencies[(len(latencies)*perMille+999)/1000-1] }
	r.percentiles = &percentiles{rank(500), rank(990), rank(999), rank(1000), idle}
	r.Value = float64(r.P99)
	r.Ops, r.Work, r.Checksum, r.PeakLive = wakes, wakes, right, 2
	return nil
}

// CPU time of the whole program per second, ns, while all wait.
func idleTime() (int64, error) {
	time.Sleep(settleFor)
	before, err := busy()
	if err != nil {
		return 0, err
	}
	time.Sleep(pauseFor)
	after, err := busy()
	idle := (after - before) * int64(time.Second) / int64(pauseFor)
	if idle < 1 {
		idle = 1
	}
	return idle, err
}

func busy() (int64, error) {
	var t syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, processCPU, uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		return 0, errno
	}
	return t.Nano(), nil
}
