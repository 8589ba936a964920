// The figures about what units say to each other besides messages, as far as Go has them.
//
//   - link_exit: goroutines have no links; what takes others along is a context. Each
//     unit's context is derived from that of the one before it, and the first is
//     cancelled, which cancels those derived from it. As each ends by itself, and in
//     any order, a WaitGroup tells that all are gone.
//   - monitor: nobody hears of a goroutine's end unless it says so. The word that tells
//     a unit to end carries the channel on which it does, made for the purpose.
//   - call: the request carries a channel for the answer, made for the purpose, and the
//     caller would notice if the server closed its own. The other messages wait in
//     the caller's inbox, a channel that a call has nothing to do with.
//   - timer: AfterFunc and Stop, since such a timer has no channel; those that are awaited
//     are NewTimer's, each with its channel.
//   - registry: a sync.Map of channels.
package main

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"time"
)

const (
	timers  = 100000
	within  = 4
	named   = 100000
	farAway = time.Hour
)

var signalFigures = []figure{
	{"link_exit", ofN, unitsOfN, prepareLinkExit},
	{"monitor", ofN, unitsOfN, prepareMonitor},
	{"call", always(trips, sum(trips)+trips), fixed(2), prepareCall},
	{"timer", timerProof, fixed(1), prepareTimer},
	{"registry", always(named, sum(named)), func(s setting) int { return s.N + 1 }, prepareRegistry},
}

func ofN(s setting) proof    { return proof{work: s.N, checksum: sum(s.N)} }
func unitsOfN(s setting) int { return s.N }

func timerProof(s setting) proof {
	if s.Variant == "set_cancel" {
		return proof{work: timers, checksum: timers}
	}
	return proof{work: timers, checksum: sum(timers)}
}

// -- link_exit

func prepareLinkExit(s setting) func() proof {
	return func() (p proof) {
		began := time.Now()
		reasons, cancels := make([]error, s.N), make([]context.CancelFunc, s.N)
		var run, gone sync.WaitGroup
		run.Add(s.N)
		gone.Add(s.N)
		own := context.Background()
		for i := range reasons {
			own, cancels[i] = context.WithCancel(own)
			go func(own context.Context, reason *error) {
				run.Done()
				<-own.Done()
				*reason = own.Err()
				gone.Done()
			}(own, &reasons[i])
		}
		run.Wait()
		told := time.Now()
		cancels[0]()
		gone.Wait()
		over := time.Now()
		for i, reason := range reasons {
			if reason == context.Canceled {
				p.work++
				p.checksum += i + 1
			}
			cancels[i]()
		}
		p.aside = told.Sub(began) + time.Since(over)
		return p
	}
}

// -- monitor

func prepareMonitor(s setting) func() proof {
	return func() (p proof) {
		began := time.Now()
		var run sync.WaitGroup
		run.Add(s.N)
		units, ends := make([]chan chan int, s.N), make([]chan int, s.N)
		for i := range units {
			units[i] = make(chan chan int)
			go mortal(i+1, units[i], &run)
		}
		run.Wait()
		p.aside = time.Since(began)
		for i, unit := range units {
			ends[i] = make(chan int, 1)
			unit <- ends[i]
		}
		for _, end := range ends {
			p.checksum += <-end
			p.work++
		}
		return p
	}
}

func mortal(number int, told <-chan chan int, run *sync.WaitGroup) {
	run.Done()
	end := <-told
	end <- number
}

// -- call

type request struct {
	i      int
	answer chan<- int
}

func prepareCall(s setting) func() proof {
	inbox := make(chan int, s.N)
	for i := 0; i < s.N; i++ {
		inbox <- i
	}
	requests, ended := make(chan request), make(chan struct{})
	start, done := make(chan bool), make(chan proof)
	go server(requests, ended)
	go caller(start, inbox, requests, ended, done)
	return func() proof {
		start <- true
		return <-done
	}
}

func server(requests <-chan request, ended chan<- struct{}) {
	defer close(ended)
	for r := range requests {
		r.answer <- r.i + 1
	}
}

func caller(start <-chan bool, inbox <-chan int, requests chan<- request, ended <-chan struct{}, done chan<- proof) {
	waiting := len(inbox)
	for range start {
		var p proof
		for i := 1; i <= trips; i++ {
			answer := make(chan int, 1)
			requests <- request{i, answer}
			select {
			case j := <-answer:
				p.checksum += j
				p.work++
			case <-ended:
			}
		}
		if len(inbox) == waiting {
			done <- p
		}
	}
}

// -- timer

func prepareTimer(s setting) func() proof {
	others := make([]*time.Timer, s.N)
	for i := range others {
		others[i] = time.AfterFunc(farAway+time.Duration(i%3600000)*time.Millisecond, func() {})
	}
	batch := setAndAwait
	if s.Variant == "set_cancel" {
		batch = setAndCancel
	}
	return func() proof {
		defer runtime.KeepAlive(others)
		return batch()
	}
}

func setAndCancel() (p proof) {
	for ; p.work < timers; p.work++ {
		if time.AfterFunc(farAway, func() {}).Stop() {
			p.checksum++
		}
	}
	return p
}

func setAndAwait() (p proof) {
	set := make([]*time.Timer, timers)
	for i := range set {
		set[i] = time.NewTimer(time.Duration(1+(i+1)%within) * time.Millisecond)
	}
	for i, timer := range set {
		<-timer.C
		p.work++
		p.checksum += i + 1
	}
	return p
}

// -- registry

func prepareRegistry(s setting) func() proof {
	var registry sync.Map
	names := make([]string, s.N)
	start, done, stop := make(chan bool), make(chan proof), make(chan int)
	for i := range names {
		names[i] = "unit_" + strconv.Itoa(i+1)
		inbox := make(chan int, capacity)
		registry.Store(names[i], inbox)
		if i == 0 {
			go namedReceiver(inbox, done)
		} else {
			go func() { stop <- <-inbox }()
		}
	}
	go namedSender(start, &registry, names)
	return func() proof {
		start <- true
		return <-done
	}
}

func namedSender(start <-chan bool, registry *sync.Map, names []string) {
	for range start {
		for i := 1; i <= named; i++ {
			message := i
			if _, found := registry.Load(names[i%len(names)]); !found {
				message = 0
			}
			if to, found := registry.Load(names[0]); found {
				to.(chan int) <- message
			}
		}
	}
}

func namedReceiver(inbox <-chan int, done chan<- proof) {
	for {
		var p proof
		for p.work < named {
			p.checksum += <-inbox
			p.work++
		}
		done <- p
	}
}
