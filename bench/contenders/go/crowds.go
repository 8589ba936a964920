// The figures of many goroutines that talk to each other, or all to one.
//
// The random choices are those of bench/figures/draws.h. On two CPUs the runtime places
// the goroutines: Go cannot be told.
//
//   - big: each has one inbox, with room for a word from everybody, so that nobody blocks
//     who is to answer.
//   - bank: an account answers on a channel that came with the request; the source has one
//     of its own, which serves all its transfers. An inbox has room for all that are under
//     way, so that nobody blocks who sends.
//   - chameneos, philosophers, dictionary: one channel into whom all ask, one channel back
//     for each.
//   - dictionary: a Go map, which is changed in place. It is made anew for each batch,
//     outside the clock.
package main

import "time"

const (
	actors       = 120
	accounts     = 1000
	sources      = 800
	balance      = 100000
	underWay     = 100
	creatures    = 100
	philosophers = 20
	workers      = 20
	keys         = 20000
)

var crowdFigures = []figure{
	{"big", bigProof, fixed(actors), prepareBig},
	{"bank", bankProof, fixed(accounts + 1), prepareBank},
	{"chameneos", func(s setting) proof { return proof{work: s.N, checksum: 2 * s.N} }, fixed(creatures + 1), prepareChameneos},
	{"philosophers", philosophersProof, fixed(philosophers + 1), preparePhilosophers},
	{"dictionary", dictionaryProof, fixed(workers + 1), prepareDictionary},
}

// -- random choices

func draw(before int) int { return before * 48271 % 2147483647 }

func peer(drawn, self int) int {
	other := 1 + drawn%(actors-1)
	if other < self {
		return other
	}
	return other + 1
}

type transfer struct{ source, destination, amount, drawn int }

func nextTransfer(drawn int) (t transfer) {
	drawn = draw(drawn)
	t.source = 1 + drawn%sources
	drawn = draw(drawn)
	t.destination = t.source + 1 + drawn%(accounts-t.source)
	t.drawn = draw(drawn)
	t.amount = 1 + t.drawn%1000
	return t
}

// The key, and what was drawn last: that is written, if it is divisible by ten.
func nextRequest(drawn, worker int) (key, last int) {
	drawn = draw(drawn)
	return worker + workers*(drawn%(keys/workers)), draw(drawn)
}

func bigProof(s setting) proof {
	p := proof{work: actors * s.N}
	for actor := 1; actor <= actors; actor++ {
		drawn := actor
		for i := 0; i < s.N; i++ {
			drawn = draw(drawn)
			p.checksum += peer(drawn, actor)
		}
	}
	return p
}

func bankProof(s setting) proof {
	p := proof{work: s.N, checksum: sum(accounts) * balance}
	t := transfer{drawn: 1}
	for i := 0; i < s.N; i++ {
		t = nextTransfer(t.drawn)
		p.checksum += (t.destination - t.source) * t.amount
	}
	return p
}

func philosophersProof(s setting) proof {
	return proof{work: philosophers * s.N, checksum: (sum(philosophers) + philosophers) * s.N}
}

func dictionaryProof(s setting) proof {
	p := proof{work: workers * s.N}
	values := firstMap()
	for worker := 1; worker <= workers; worker++ {
		drawn, key := worker, 0
		for i := 0; i < s.N; i++ {
			key, drawn = nextRequest(drawn, worker)
			if drawn%10 == 0 {
				values[key] = drawn
			}
			p.checksum += values[key]
		}
	}
	return p
}

// Set all off with n, and add up what they say in the end.
func setOff(starts []chan int, n int, done <-chan int) (sum int) {
	for _, start := range starts {
		start <- n
	}
	for range starts {
		sum += <-done
	}
	return sum
}

// -- big

// A ping carries where to answer, a pong the number of who answers.
type word struct {
	from   chan<- word
	number int
}

func prepareBig(s setting) func() proof {
	inboxes, starts, done := make([]chan word, actors), make([]chan int, actors), make(chan int)
	for i := range inboxes {
		inboxes[i], starts[i] = make(chan word, actors), make(chan int)
	}
	for i := range inboxes {
		go actor(i+1, inboxes, starts[i], done)
	}
	return func() proof {
		return proof{work: actors * s.N, checksum: setOff(starts, s.N, done)}
	}
}

func actor(self int, inboxes []chan word, start <-chan int, done chan<- int) {
	own := inboxes[self-1]
	for {
		select {
		case w := <-own:
			w.from <- word{number: self}
		case pings := <-start:
			sum, drawn := 0, self
			for ; pings > 0; pings-- {
				drawn = draw(drawn)
				inboxes[peer(drawn, self)-1] <- word{from: own}
				sum += awaitPong(self, own)
			}
			done <- sum
		}
	}
}

func awaitPong(self int, own <-chan word) int {
	for w := range own {
		if w.from == nil {
			return w.number
		}
		w.from <- word{number: self}
	}
	return 0
}

// -- bank

// A debit has a destination, a credit has none; both are answered on done. The question
// for the balance has a channel of its own.
type order struct {
	amount      int
	destination chan<- order
	done        chan<- bool
	balances    chan<- int
}

func prepareBank(s setting) func() proof {
	inboxes, done, balances := make([]chan order, accounts), make(chan bool, underWay), make(chan int, accounts)
	for i := range inboxes {
		inboxes[i] = make(chan order, underWay)
		go account(i+1, inboxes[i])
	}
	return func() (p proof) {
		t, ordered := transfer{drawn: 1}, 0
		for p.work < s.N {
			if ordered < s.N && ordered < p.work+underWay {
				t = nextTransfer(t.drawn)
				inboxes[t.source-1] <- order{amount: t.amount, destination: inboxes[t.destination-1], done: done}
				ordered++
			} else {
				<-done
				p.work++
			}
		}
		for _, inbox := range inboxes {
			inbox <- order{balances: balances}
		}
		for range inboxes {
			p.checksum += <-balances
		}
		return p
	}
}

func account(number int, own <-chan order) {
	has, credited := balance, make(chan bool, 1)
	for o := range own {
		switch {
		case o.balances != nil:
			o.balances <- has * number
			has = balance
		case o.destination != nil:
			has -= o.amount
			o.destination <- order{amount: o.amount, done: credited}
			<-credited
			o.done <- true
		default:
			has += o.amount
			o.done <- true
		}
	}
}

// -- chameneos

// A creature that comes to the mall, or is sent to who waits there.
type visitor struct {
	colour int
	own    chan<- encounter
}

// What a creature is told: whom it meets, or (nobody) its new colour, or to stop.
type encounter struct {
	other visitor
	stop  bool
}

func prepareChameneos(s setting) func() proof {
	door, counts, start := make(chan visitor, creatures), make(chan int, creatures), make(chan bool, creatures)
	for i := 0; i < creatures; i++ {
		go creature((i+1)%3, door, start, counts)
	}
	return func() proof {
		for i := 0; i < creatures; i++ {
			start <- true
		}
		for i := 0; i < s.N; i++ {
			first, second := <-door, <-door
			first.own <- encounter{other: second}
		}
		p := proof{work: s.N}
		for i := 0; i < creatures; i++ {
			late := <-door
			late.own <- encounter{stop: true}
		}
		for i := 0; i < creatures; i++ {
			p.checksum += <-counts
		}
		return p
	}
}

func creature(colour int, door chan<- visitor, start <-chan bool, counts chan<- int) {
	own := make(chan encounter, 1)
	for range start {
		meetings := 0
		for {
			door <- visitor{colour, own}
			e := <-own
			if e.stop {
				break
			}
			if e.other.own != nil {
				colour = mixed(colour, e.other.colour)
				e.other.own <- encounter{other: visitor{colour: colour}}
			} else {
				colour = e.other.colour
			}
			meetings++
		}
		counts <- meetings
	}
}

func mixed(a, b int) int {
	if a == b {
		return a
	}
	return 3 - a - b
}

// -- philosophers

// What the arbiter is told: number i is hungry, or done. Or it is asked for its meals.
type gesture struct {
	i     int
	done  bool
	meals chan<- int
}

type table struct {
	taken, hungry uint32 // a bit a fork; a bit a philosopher
	meals         int
	eat           [philosophers + 1]chan bool
}

func preparePhilosophers(s setting) func() proof {
	t, told, meals, done := &table{}, make(chan gesture, philosophers), make(chan int), make(chan int)
	starts := make([]chan int, philosophers)
	for i := range starts {
		starts[i], t.eat[i+1] = make(chan int), make(chan bool, 1)
		go philosopher(i+1, starts[i], told, t.eat[i+1], done)
	}
	go t.arbiter(told)
	return func() proof {
		p := proof{work: philosophers * s.N, checksum: setOff(starts, s.N, done)}
		told <- gesture{meals: meals}
		p.checksum += <-meals
		return p
	}
}

func (t *table) arbiter(told <-chan gesture) {
	for g := range told {
		switch {
		case g.meals != nil:
			g.meals <- t.meals
			t.meals = 0
		case g.done:
			t.taken &^= forks(g.i)
			t.serve(1 + (g.i+philosophers-2)%philosophers)
			t.serve(1 + g.i%philosophers)
		default:
			t.hungry |= 1 << (g.i - 1)
			t.serve(g.i)
		}
	}
}

func (t *table) serve(i int) {
	seat := uint32(1) << (i - 1)
	if t.hungry&seat != 0 && t.taken&forks(i) == 0 {
		t.hungry &^= seat
		t.taken |= forks(i)
		t.meals++
		t.eat[i] <- true
	}
}

func forks(i int) uint32 { return 1<<(i-1) | 1<<(i%philosophers) }

func philosopher(i int, start <-chan int, told chan<- gesture, eat <-chan bool, done chan<- int) {
	for rounds := range start {
		sum := 0
		for ; rounds > 0; rounds-- {
			told <- gesture{i: i}
			<-eat
			sum += i
			told <- gesture{i: i, done: true}
		}
		done <- sum
	}
}

// -- dictionary

// Without a channel to answer on it is the map to go on with.
type access struct {
	key, value int
	write      bool
	answer     chan<- int
	values     map[int]int
}

func firstMap() map[int]int {
	values := make(map[int]int, keys)
	for key := 1; key <= keys; key++ {
		values[key] = key
	}
	return values
}

func prepareDictionary(s setting) func() proof {
	asked, done, starts := make(chan access, workers), make(chan int), make([]chan int, workers)
	go dictionary(asked)
	for i := range starts {
		starts[i] = make(chan int)
		go worker(i+1, starts[i], asked, done)
	}
	return func() proof {
		began := time.Now()
		asked <- access{values: firstMap()}
		aside := time.Since(began)
		return proof{work: workers * s.N, checksum: setOff(starts, s.N, done), aside: aside}
	}
}

func dictionary(asked <-chan access) {
	var values map[int]int
	for a := range asked {
		switch {
		case a.answer == nil:
			values = a.values
		case a.write:
			values[a.key] = a.value
			a.answer <- a.value
		default:
			a.answer <- values[a.key]
		}
	}
}

func worker(number int, start <-chan int, asked chan<- access, done chan<- int) {
	answers := make(chan int, 1)
	for requests := range start {
		sum, drawn, key := 0, number, 0
		for ; requests > 0; requests-- {
			key, drawn = nextRequest(drawn, number)
			asked <- access{key: key, value: drawn, write: drawn%10 == 0, answer: answers}
			sum += <-answers
		}
		done <- sum
	}
}
