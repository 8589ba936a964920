// The figures whose batches are timed; those about terms are in terms.go.
//
// prepare creates a figure's goroutines, which then wait on their channels; it
// returns the batch, a function that sets them off and awaits their proof. The
// goroutines serve one batch after another until the program ends.
//
//   - spawn_exit: each child fills its place in a slice and a WaitGroup awaits them,
//     as Go programs do. Handing back through a channel measured a tenth slower.
//   - spawn_join: the child hands its number back on an unbuffered channel.
//     A WaitGroup and a variable measured the same.
//   - ping_pong and ring: unbuffered channels, one per direction or member.
//   - stream and fan_in: one buffered channel of 1,024 places. Of 0 to 65,536 places,
//     1,024 and 4,096 measured best, 40 ns a message on one CPU; 64 took 66, 1 took
//     180 and 0 took 230. More places than 4,096 gained nothing.
package main

import (
	"runtime"
	"sync"
)

const (
	spawns   = 1000
	joins    = 100
	yields   = 10000
	trips    = 1000
	streamed = 100000
	senders  = 4
	minHops  = 10000
	capacity = 1024
)

type figure struct {
	name     string
	expected func(setting) proof // the work of a batch is also its number of operations
	peakLive func(setting) int   // goroutines alive at once besides main; 0: nobody counts
	prepare  func(setting) func() proof
}

var figures = []figure{
	{"spawn_exit", always(spawns, sum(spawns)), fixed(0), prepareSpawnExit},
	{"spawn_join", always(joins, sum(joins)), fixed(1), prepareSpawnJoin},
	{"yield", always(yields, yields), fixed(2), prepareYield},
	{"ping_pong", always(trips, sum(trips)+trips), fixed(2), preparePingPong},
	{"ring", func(s setting) proof { return proof{work: hops(s.N), checksum: hops(s.N)} }, func(s setting) int { return s.N }, prepareRing},
	{"stream", always(streamed, sum(streamed)), fixed(2), prepareStream},
	{"fan_in", always(streamed, senders*sum(streamed/senders)), fixed(senders + 1), prepareFanIn},
}

func always(work, checksum int) func(setting) proof {
	return func(setting) proof { return proof{work: work, checksum: checksum} }
}

func fixed(peak int) func(setting) int { return func(setting) int { return peak } }

func sum(n int) int { return n * (n + 1) / 2 }

func hops(n int) int {
	if n > minHops {
		return n
	}
	return minHops
}

func prepareSpawnExit(setting) func() proof {
	return func() (p proof) {
		results := make([]int, spawns)
		var all sync.WaitGroup
		all.Add(spawns)
		for i := range results {
			go func(i int) {
				results[i] = i + 1
				all.Done()
			}(i)
		}
		all.Wait()
		for _, result := range results {
			if result > 0 {
				p.work++
			}
			p.checksum += result
		}
		return p
	}
}

func prepareSpawnJoin(setting) func() proof {
	back := make(chan int)
	return func() (p proof) {
		for i := 1; i <= joins; i++ {
			go func(i int) { back <- i }(i)
			p.checksum += <-back
			p.work++
		}
		return p
	}
}

func prepareYield(setting) func() proof {
	first, second := make(chan bool), make(chan bool)
	done := make(chan int)
	go yielder(first, done)
	go yielder(second, done)
	return func() proof {
		first <- true
		second <- true
		count := <-done + <-done
		return proof{work: count, checksum: count}
	}
}

func yielder(start <-chan bool, done chan<- int) {
	for range start {
		count := 0
		for i := 0; i < yields/2; i++ {
			runtime.Gosched()
			count++
		}
		done <- count
	}
}

func preparePingPong(setting) func() proof {
	start, done := make(chan bool), make(chan proof)
	ping, pong := make(chan int), make(chan int)
	go pinger(start, ping, pong, done)
	go ponger(ping, pong)
	return func() proof {
		start <- true
		return <-done
	}
}

func pinger(start <-chan bool, ping chan<- int, pong <-chan int, done chan<- proof) {
	for range start {
		var p proof
		for i := 1; i <= trips; i++ {
			ping <- i
			p.checksum += <-pong
			p.work++
		}
		done <- p
	}
}

func ponger(ping <-chan int, pong chan<- int) {
	for i := range ping {
		pong <- i + 1
	}
}

func prepareRing(s setting) func() proof {
	n := s.N
	first, done := make(chan int), make(chan int)
	in := first
	for i := 1; i < n; i++ {
		next := make(chan int)
		go member(in, next, hops(n), done)
		in = next
	}
	go member(in, first, hops(n), done)
	return func() proof {
		first <- 0
		token := <-done
		return proof{work: token, checksum: token}
	}
}

func member(in <-chan int, next chan<- int, hops int, done chan<- int) {
	for token := range in {
		token++
		if token == hops {
			done <- token
		} else {
			next <- token
		}
	}
}

func prepareStream(setting) func() proof { return streaming(1) }
func prepareFanIn(setting) func() proof  { return streaming(senders) }

func streaming(senders int) func() proof {
	messages, done := make(chan int, capacity), make(chan proof)
	starts := make([]chan bool, senders)
	go receiver(messages, done)
	for i := range starts {
		starts[i] = make(chan bool)
		go sender(starts[i], streamed/senders, messages)
	}
	return func() proof {
		for _, start := range starts {
			start <- true
		}
		return <-done
	}
}

func sender(start <-chan bool, count int, messages chan<- int) {
	for range start {
		for i := 1; i <= count; i++ {
			messages <- i
		}
	}
}

// The receiver needs no start: it waits for the first message of each batch.
func receiver(messages <-chan int, done chan<- proof) {
	for {
		var p proof
		for p.work < streamed {
			p.checksum += <-messages
			p.work++
		}
		done <- p
	}
}
