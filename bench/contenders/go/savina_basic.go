// Programs of Savina and its like: skynet, fj_create, thread_ring, counting, spawn_storm. With two CPUs all
// of them are left to Go's scheduler.
//
//   - skynet: as its author wrote it, an unbuffered channel for each goroutine that has ten. With room for ten
//     answers in it, so that a leaf need not wait for its parent, it measured the same.
//   - fj_create: a channel of one place for each goroutine, as its mailbox; each fills its place in a slice,
//     as in spawn_exit.
//   - counting: a channel as in `stream`; a message without a channel for the answer is an increment.
//   - spawn_storm: each spawner has a WaitGroup of its own.
package main

import (
	"sync"
	"sync/atomic"
)

const ringHops = 100000

var basicFigures = []figure{
	{"skynet", skynetProof, func(setting) int { return int(tree.peak) }, prepareSkynet},
	{"fj_create", ofN, fixed(0), prepareForkJoin},
	{"thread_ring", always(ringHops, ringHops), unitsOfN, prepareThreadRing},
	{"counting", func(s setting) proof { return proof{work: s.N, checksum: s.N} }, fixed(2), prepareCounting},
	{"spawn_storm", ofN, fixed(0), prepareStorm},
}

// -- skynet

// What the batch before the clock counts.
var tree struct{ made, live, peak int64 }

func leavesOf(n int) int {
	leaves := 1
	for leaves <= n/10 {
		leaves *= 10
	}
	return leaves
}

func skynetProof(s setting) proof {
	leaves := leavesOf(s.N)
	return proof{work: leaves + (leaves-1)/9, checksum: sum(leaves - 1)}
}

func prepareSkynet(s setting) func() proof {
	expected, leaves := skynetProof(s), leavesOf(s.N)
	root := make(chan int, 1)
	grow := func(counts bool) proof {
		countBirth(counts)
		go node(root, 0, leaves, counts)
		return proof{work: expected.work, checksum: <-root}
	}
	if grow(true); int(tree.made) != expected.work {
		return func() proof { return proof{work: int(tree.made)} }
	}
	return func() proof { return grow(false) }
}

// Its leaves are first..first+size-1.
func node(up chan<- int, first, size int, counts bool) {
	if size == 1 {
		up <- first
	} else {
		up <- sumOfTen(first, size/10, counts)
	}
	if counts {
		atomic.AddInt64(&tree.live, -1)
	}
}

func sumOfTen(first, size int, counts bool) (sum int) {
	answers := make(chan int)
	for i := 0; i < 10; i++ {
		countBirth(counts)
		go node(answers, first+i*size, size, counts)
	}
	for i := 0; i < 10; i++ {
		sum += <-answers
	}
	return sum
}

func countBirth(counts bool) {
	if !counts {
		return
	}
	atomic.AddInt64(&tree.made, 1)
	live, peak := atomic.AddInt64(&tree.live, 1), atomic.LoadInt64(&tree.peak)
	for live > peak && !atomic.CompareAndSwapInt64(&tree.peak, peak, live) {
		peak = atomic.LoadInt64(&tree.peak)
	}
}

// -- fj_create

func prepareForkJoin(s setting) func() proof {
	return func() (p proof) {
		results := make([]int, s.N)
		var all sync.WaitGroup
		all.Add(s.N)
		for i := range results {
			mailbox := make(chan int, 1)
			go madeForOne(mailbox, &results[i], &all)
			mailbox <- i + 1
		}
		all.Wait()
		return addUp(results)
	}
}

func madeForOne(mailbox <-chan int, result *int, all *sync.WaitGroup) {
	*result = <-mailbox
	all.Done()
}

func addUp(results []int) (p proof) {
	for _, result := range results {
		if result > 0 {
			p.work++
		}
		p.checksum += result
	}
	return p
}

// -- thread_ring

func prepareThreadRing(s setting) func() proof {
	first, done := make(chan int), make(chan int)
	in := first
	for i := 1; i < s.N; i++ {
		next := make(chan int)
		go member(in, next, ringHops, done)
		in = next
	}
	go member(in, first, ringHops, done)
	return func() proof {
		first <- 0
		token := <-done
		return proof{work: token, checksum: token}
	}
}

// -- counting

type count struct{ answer chan<- int }

func prepareCounting(s setting) func() proof {
	start, counts, done := make(chan bool), make(chan count, capacity), make(chan int)
	go counter(counts)
	go producer(start, s.N, counts, done)
	return func() proof {
		start <- true
		number := <-done
		return proof{work: number, checksum: number}
	}
}

func counter(counts <-chan count) {
	n := 0
	for c := range counts {
		if c.answer == nil {
			n++
		} else {
			c.answer <- n
			n = 0
		}
	}
}

func producer(start <-chan bool, n int, counts chan<- count, done chan<- int) {
	answer := make(chan int)
	for range start {
		for i := 0; i < n; i++ {
			counts <- count{}
		}
		counts <- count{answer}
		done <- <-answer
	}
}

// -- spawn_storm

func prepareStorm(s setting) func() proof {
	results, start, done := make([]int, s.N), make(chan bool), make(chan proof)
	for k := 0; k < s.CPUs; k++ {
		go spawner(start, results[s.N*k/s.CPUs:s.N*(k+1)/s.CPUs], s.N*k/s.CPUs+1, done)
	}
	return func() (p proof) {
		for k := 0; k < s.CPUs; k++ {
			start <- true
		}
		for k := 0; k < s.CPUs; k++ {
			own := <-done
			p.work += own.work
			p.checksum += own.checksum
		}
		return p
	}
}

func spawner(start <-chan bool, results []int, first int, done chan<- proof) {
	for range start {
		var all sync.WaitGroup
		all.Add(len(results))
		for i := range results {
			results[i] = 0
			go func(i int) {
				results[i] = first + i
				all.Done()
			}(i)
		}
		all.Wait()
		done <- addUp(results)
	}
}
