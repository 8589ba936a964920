// Goroutines that exist, have run to their first wait, and stay.
//
// Each waits on an unbuffered channel of its own, through which it is asked for its
// number afterwards: a unit that could never receive a message would not be the
// same thing as a process. So a unit here is a goroutine, a channel, and 8 bytes in
// the slice that finds the channel again. (A million goroutines on one shared
// channel would be smaller by the channel.)
//
// How main knows that all have run: each adds one to an atomic counter just before
// it waits, and the one that makes it n tells main. That costs a few nanoseconds a
// unit; at that moment at most one goroutine per CPU is still between the counter
// and its channel.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

var parkingFigures = []string{"spawn_live", "memory"}

type question chan<- int // where to answer

// Park, hold if asked to, prove.
func (r *sample) park() error {
	h := holding{r.hold, bufio.NewReader(os.Stdin)}
	h.event(struct {
		Event string `json:"event"`
	}{"ready"})
	start := time.Now()
	units, live := park(r.N)
	r.Value = float64(time.Since(start).Nanoseconds()) / float64(r.N)
	h.event(struct {
		Event string  `json:"event"`
		Live  int     `json:"live"`
		Value float64 `json:"value"`
	}{"parked", live, r.Value})
	r.Ops, r.PeakLive = r.N, live
	return r.ask(units)
}

type holding struct {
	hold  bool
	stdin *bufio.Reader
}

// Print the event and wait for a line; the end of input counts as one.
func (h holding) event(line any) {
	if h.hold {
		output(line)
		h.stdin.ReadString('\n')
	}
}

func park(n int) (units []chan question, live int) {
	units = make([]chan question, n)
	allRan := make(chan bool)
	var ran atomic.Int64
	for i := range units {
		ask := make(chan question)
		units[i] = ask
		go func(number int) {
			if ran.Add(1) == int64(n) {
				allRan <- true
			}
			answer := <-ask
			answer <- number
		}(i + 1)
	}
	<-allRan
	return units, int(ran.Load())
}

func (r *sample) ask(units []chan question) error {
	answers := make(chan int)
	for _, unit := range units {
		unit <- answers
		r.Checksum += <-answers
		r.Work++
	}
	if expected := (proof{r.N, sum(r.N)}); r.Work != expected.work || r.Checksum != expected.checksum {
		return fmt.Errorf("unequal work: %d units answered with checksum %d, expected %d and %d",
			r.Work, r.Checksum, expected.work, expected.checksum)
	}
	return nil
}
