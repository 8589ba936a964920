// The figures about terms, as far as Go has them.
//
//   - tuple_ping_pong: a tagged tuple is a struct in an interface, a match by pattern
//     is a type switch. The request carries the channel to answer on, as a tuple
//     carries its sender. A message is allocated when it is put into the interface.
//   - copy: Go shares what it sends. To do the work of a runtime whose processes own
//     their data, the sender copies each message: bytes and slices in one piece,
//     a linked list cell by cell. The elements of the "tuple" are interfaces, as a
//     tuple's may be of any kind; the small values they point to are shared.
//
// binary_step, selective and pattern are refused: see without.
package main

const steadyCells = 4194304 // about so many bytes or elements are copied in a batch

var termFigures = []figure{
	{"tuple_ping_pong", always(trips, sum(trips)+trips), fixed(2), prepareTuplePingPong},
	{"copy", func(s setting) proof { return proof{work: copies(s.N), checksum: copies(s.N) * (s.N + 1)} }, fixed(2), prepareCopy},
}

// The figures that Go cannot do, and why.
var without = map[string]string{
	"binary_step": "Go shares bytes of every length: there is no length from which on they are kept elsewhere",
	"selective":   "a Go channel has no selective receive: what is first in it comes first",
	"pattern":     "Go has no pattern matching on terms",
}

type ping struct {
	from chan<- any
	i    int
}

type pong struct{ j int }

func prepareTuplePingPong(setting) func() proof {
	start, done := make(chan bool), make(chan proof)
	toA, toB := make(chan any), make(chan any)
	go tuplePinger(start, toA, toB, done)
	go tuplePonger(toB)
	return func() proof {
		start <- true
		return <-done
	}
}

func tuplePinger(start <-chan bool, own chan any, toB chan<- any, done chan<- proof) {
	for range start {
		var p proof
		for i := 1; i <= trips; i++ {
			toB <- ping{own, i}
			switch message := (<-own).(type) {
			case pong:
				p.checksum += message.j
				p.work++
			}
		}
		done <- p
	}
}

func tuplePonger(own <-chan any) {
	for message := range own {
		switch message := message.(type) {
		case ping:
			message.from <- pong{message.i + 1}
		}
	}
}

type cell struct {
	value int
	next  *cell
}

// n, n - 1, ..., 1.
func countdown(n int) (list *cell) {
	for i := 1; i <= n; i++ {
		list = &cell{i, list}
	}
	return list
}

func (list *cell) clone() (first *cell) {
	end := &first
	for ; list != nil; list = list.next {
		*end = &cell{value: list.value}
		end = &(*end).next
	}
	return first
}

func (list *cell) length() (n int) {
	for ; list != nil; list = list.next {
		n++
	}
	return n
}

func copies(n int) int { return clamp(steadyCells/(n+1), 4, 10000) }

func clamp(n, least, most int) int {
	switch {
	case n < least:
		return least
	case n > most:
		return most
	}
	return n
}

func prepareCopy(s setting) func() proof {
	switch s.Variant {
	case "bin":
		return copying(s.N, make([]byte, s.N),
			func(b []byte) []byte { return append([]byte(nil), b...) },
			func(b []byte) int { return len(b) + 1 })
	case "list":
		return copying(s.N, countdown(s.N), (*cell).clone, func(list *cell) int {
			if list == nil {
				return 1
			}
			return list.value + 1
		})
	default:
		tuple := make([]any, s.N)
		for i := range tuple {
			tuple[i] = i
		}
		return copying(s.N, tuple,
			func(t []any) []any { return append([]any(nil), t...) },
			func(t []any) int { return len(t) + 1 })
	}
}

func copying[T any](n int, term T, clone func(T) T, weight func(T) int) func() proof {
	start, messages, done := make(chan bool), make(chan T, capacity), make(chan proof)
	go func() {
		for range start {
			for left := copies(n); left > 0; left-- {
				messages <- clone(term)
			}
		}
	}()
	go func() {
		for {
			var p proof
			for p.work < copies(n) {
				p.checksum += weight(<-messages)
				p.work++
			}
			done <- p
		}
	}()
	return func() proof {
		start <- true
		return <-done
	}
}
