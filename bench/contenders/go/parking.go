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
//
// A unit of heap_bytes builds a linked list of n/2 integers first, cells of two words,
// holds it while it waits and answers with its length. Go keeps it in the heap of all.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

var parkingFigures = []string{"spawn_live", "memory", "heap_bytes"}

type question chan<- int // where to answer

// Park, hold if asked to, prove.
func (r *sample) park() error {
	h := holding{r.hold, bufio.NewReader(os.Stdin)}
	h.event(struct {
		Event string `json:"event"`
	}{"ready"})
	n := r.units()
	start := time.Now()
	units, live := r.parked(n)
	r.Value = float64(time.Since(start).Nanoseconds()) / float64(n)
	h.event(struct {
		Event string  `json:"event"`
		Live  int     `json:"live"`
		Value float64 `json:"value"`
	}{"parked", live, r.Value})
	r.Ops, r.PeakLive = n, live
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

func (s *setting) units() int {
	if s.Figure == "heap_bytes" {
		return clamp(4194304/(s.N+16), 500, 100000)
	}
	return s.N
}

func (s *setting) parked(n int) (units []chan question, live int) {
	units = make([]chan question, n)
	p := parking{n: int64(n), allRan: make(chan bool)}
	for i := range units {
		units[i] = make(chan question)
		if s.Figure == "heap_bytes" {
			go p.holder(units[i], s.N/2)
		} else {
			go p.numbered(units[i], i+1)
		}
	}
	<-p.allRan
	return units, int(p.ran.Load())
}

type parking struct {
	n      int64
	ran    atomic.Int64
	allRan chan bool
}

func (p *parking) running() {
	if p.ran.Add(1) == p.n {
		p.allRan <- true
	}
}

func (p *parking) numbered(ask <-chan question, number int) {
	p.running()
	answer := <-ask
	answer <- number
}

func (p *parking) holder(ask <-chan question, length int) {
	list := countdown(length)
	p.running()
	answer := <-ask
	answer <- list.length()
}

func (r *sample) ask(units []chan question) error {
	answers := make(chan int)
	for _, unit := range units {
		unit <- answers
		r.Checksum += <-answers
		r.Work++
	}
	if expected := r.parkedProof(); r.Work != expected.work || r.Checksum != expected.checksum {
		return fmt.Errorf("unequal work: %d units answered with checksum %d, expected %d and %d",
			r.Work, r.Checksum, expected.work, expected.checksum)
	}
	return nil
}

func (s *setting) parkedProof() proof {
	n := s.units()
	if s.Figure == "heap_bytes" {
		return proof{work: n, checksum: n * (s.N / 2)}
	}
	return proof{work: n, checksum: sum(n)}
}
