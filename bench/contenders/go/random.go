// random_ring: a ring whose order has nothing to do with that of its creation. A channel of one place for each
// member, so that a thousand tokens do not wait for each other in a circle.
package main

const (
	randomHops = 200000
	tokens     = 1000
)

var randomFigures = []figure{{"random_ring", always(randomHops, randomHops), unitsOfN, prepareRandomRing}}

// One cycle through all of 0..n-1, each with the same chance: Sattolo's.
func randomCycle(n int) []int {
	next, drawn := make([]int, n), 1
	for i := range next {
		next[i] = i
	}
	for i := n - 1; i > 0; i-- {
		drawn = draw(drawn)
		j := drawn % i
		next[i], next[j] = next[j], next[i]
	}
	return next
}

func prepareRandomRing(s setting) func() proof {
	in, next, ended := make([]chan int, s.N), randomCycle(s.N), make(chan chan int, tokens)
	for i := range in {
		in[i] = make(chan int, 1)
	}
	for i := range in {
		go passOn(in[i], in[next[i]], ended)
	}
	count := 1
	if s.Variant == "tokens" {
		count = tokens
	}
	starts := make([]chan int, count)
	for t := range starts {
		starts[t] = in[t*s.N/count]
	}
	return func() (p proof) {
		for _, start := range starts {
			start <- randomHops / count
		}
		for t := range starts {
			starts[t] = <-ended
			p.work += randomHops / count
		}
		p.checksum = p.work
		return p
	}
}

// Passes on what is left of a token; where it ends, the next one is where it goes on.
func passOn(in <-chan int, next chan int, ended chan<- chan int) {
	for left := range in {
		if left == 1 {
			ended <- next
		} else {
			next <- left - 1
		}
	}
}
