// shares: do goroutines that compute for ever share the CPUs evenly?
//
// n goroutines take turns of 10,000 steps each until a window closes, and count those that end while it is open.
package main

import (
	"fmt"
	"math"
	"time"
)

const (
	sharesAfter = 50 * time.Millisecond
	sharesFor   = time.Second
	stepsOfTurn = 10000
)

type turns struct {
	number, had int
	last        uint32 // what the steps came to: they are not to be left out
}

// What this figure alone has to say, in percent of an even share.
type shares struct {
	Fewest float64 `json:"fewest"`
	Most   float64 `json:"most"`
}

func takeTurns(number int, opens time.Time, done chan<- turns) {
	t := turns{number: number}
	for {
		x := uint32(1)
		for i := 0; i < stepsOfTurn; i++ {
			x = (5*x + 1) & 0xFFFFFF
		}
		t.last += x
		switch since := time.Since(opens); {
		case since >= sharesFor:
			done <- t
			return
		case since >= 0:
			t.had++
		}
	}
}

func (r *sample) share() error {
	opens, done := time.Now().Add(sharesAfter), make(chan turns)
	for i := 1; i <= r.N; i++ {
		go takeTurns(i, opens, done)
	}
	all, fewest, most := 0, math.MaxInt, 0
	for ; r.Work < r.N; r.Work++ {
		t := <-done
		r.Checksum += t.number
		all += t.had
		if t.had < fewest {
			fewest = t.had
		}
		if t.had > most {
			most = t.had
		}
	}
	if all == 0 {
		return fmt.Errorf("nobody ended a turn while turns counted")
	}
	percent := 100 * float64(r.N) / float64(all)
	r.shares = &shares{percent * float64(fewest), percent * float64(most)}
	r.Value, r.Unit, r.Ops, r.PeakLive = r.Fewest, "%", all, r.N
	return nil
}
