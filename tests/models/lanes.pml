/* lanes.pml - lanes, and the frames on them: hand-over, eviction, theft. kernel/lanes, kernel/switch, machine/lane
 *
 * Two schedulers with a lane each, and one lane in reserve. A and B have begun in the first lane, C in the second, D has not
 * begun. Each runs twice and ends; A sleeps in between, and is woken by whoever runs on a scheduler after that. Who
 * finds the holder of A's lane idle takes the lane over; a scheduler may rob the other of a process, and its lane.
 *
 * Steps, and what they stand for:
 *   a process   its frames are as it left them    nothing: this is what is to be shown
 *   leave       in the queue, or asleep           yield_locked(), park_locked()                       kernel/switch.c
 *               the next                          pick_slow(): pop(), may_run_here(), absorb()
 *               registers saved, and unlocked     ctx_asm_switch: the store to *unlock, release       machine/ctx_*.S
 *   take up     by way of the native stack        take_up_slow(), to_native()                         kernel/switch.c
 *               frames out, frames in             resume_evicted(): sched_evict(), frames_load()      kernel/lanes.c
 *               a lane for who begins             sched_next_here(), or sched_lane_for_new(), begin()
 *   idle        surplus lanes                     sched_give_back_lanes()
 *   wake        the holder is read                home(): relaxed, a hint                             kernel/ready.c
 *               the lane of who idles             take_over(), sched_move_lane()
 *               or to the holder                  sched_push_remote()
 *   rob         a process, and its lane           steal_from(), take_next(), take_inbox(), move_lane()  kernel/steal.c
 *               the lanes are added               take_home(), sched_add_lane()
 *
 * Memory order. A lane, its frames and its lists are changed under its holder's lock, or by a robber who has the thief
 * flag of one who idles: that both exclude each other is shown by steal.pml and idle.pml; here a lock is a lock. `holder`
 * alone is read without it, relaxed, and may be out of date, here as there: it is read in one step and acted on in
 * another. So nothing else can be reordered in a way that matters.
 *
 * Holds: a lane has one runner (asserted); who goes on finds its own frames there, as it left them (asserted); no frames are
 * copied out before their registers are saved (asserted); a lane is in one list (asserted); all end: one
 * who waits for ever is an invalid end state.
 *
 * Not modelled: lanes that are pinned; doomed processes, which begin again; the order in which free lanes are chosen: any is.
 *
 * BROKEN_1: the frames of the resident are not copied out.
 * BROKEN_2: two of one lane are swapped without the native stack.
 * BROKEN_3: a thief may take the lane on which its victim stands.
 * BROKEN_4: sched_move_lane() does not ask whether its victim has the lane in its list, or another.
 * BROKEN_5: a robbed scheduler may be left without a lane.
 * BROKEN_6: what is in a scheduler's queue is taken up there, whoever holds its lane. */

#define A 1
#define D 4
#define PROCESSES 4
#define TIMES 2

#define NONE 0 /* no lane, no process */
#define RESERVE 2
#define NOWHERE 3 /* on its way */

byte lane_of[PROCESSES + 1];  /* p->lane */
byte times[PROCESSES + 1];    /* how often it has run: its frames say so too */
byte frames[PROCESSES + 1];   /* what p->frames says */
bool saved[PROCESSES + 1];    /* its registers are in p->ctx */

byte resident[4], bytes_of[4], bytes[4]; /* of each lane: whose frames are there, really, and what they say */
byte holder[4], list[4];                 /* in whose list */
bool runs[4];

byte on[2]; /* s->lane */
bool locked[2], idle[2];
chan queue[2] = [PROCESSES] of { byte };
chan inbox[2] = [PROCESSES] of { byte };
byte runnext[2];

bool asleep = false; /* A */
byte ended = 0, robberies = 2;

inline lock(s) { atomic { !locked[s] -> locked[s] = true } }
inline unlock(s) { locked[s] = false }

#define HELD(s, l) (list[l] == (s))
#define LANES(s) (HELD(s, 1) + HELD(s, 2) + HELD(s, 3))
#define BOUND(l) (lane_of[1] == l || lane_of[2] == l || lane_of[3] == l || lane_of[4] == l)
#define FREE(s, l) (HELD(s, l) && resident[l] == NONE && on[s] != l)
#define OTHER(s, l) (HELD(s, l) && on[s] != l)
#define SOMETHING(s) (len(queue[s]) + len(inbox[s]) + runnext[s] > 0)

/* The next of me, under its lock: runnext, what came from elsewhere, the queue. What lives elsewhere is sent on. */
inline pick(me)
{
    do
    :: atomic {
        if
        :: runnext[me] -> r = runnext[me]; runnext[me] = NONE
        :: !runnext[me] && len(inbox[me]) > 0 -> inbox[me] ? r
        :: !runnext[me] && len(inbox[me]) == 0 && len(queue[me]) > 0 -> queue[me] ? r
        :: else -> r = NONE
        fi;
        if
#ifndef BROKEN_6
        :: r && lane_of[r] && holder[lane_of[r]] != me -> inbox[holder[lane_of[r]]] ! r
#endif
        :: else -> break
        fi
    }
    od
}

/* l goes from v to me, under the lock of v; v gets the one in reserve, if it is there. */
inline move_lane(me, v, l)
{
    atomic {
        if
#ifdef BROKEN_4
        :: holder[l] == v ->
#else
#ifdef BROKEN_5
        :: holder[l] == v && list[l] == v ->
#else
        :: holder[l] == v && list[l] == v && (list[3] == RESERVE || LANES(v) > 1) ->
#endif
#endif
            list[l] = NOWHERE;
            holder[l] = me;
            moved = l;
            if
            :: list[3] == RESERVE -> list[3] = v; holder[3] = v
            :: else
            fi;
#ifndef BROKEN_4
            assert(LANES(v) > 0) /* for those who begin */
#endif
        :: else
        fi
    }
}

inline add_lane(me)
{
    atomic {
        if
        :: moved -> assert(list[moved] == NOWHERE); list[moved] = me; moved = NONE
        :: else
        fi
    }
}

inline wake_A(me)
{
    h = holder[lane_of[A]];
    if
    :: h != me && idle[h] -> /* take_over() */
        atomic {
            if
            :: idle[h] && !locked[h] -> locked[h] = true; k = true
            :: else
            fi
        }
        if
        :: k ->
            move_lane(me, h, lane_of[A]);
            unlock(h);
            k = false
        :: else
        fi;
        if
        :: moved ->
            lock(me);
            add_lane(me);
            queue[me] ! A;
            unlock(me)
        :: else -> inbox[h] ! A
        fi
    :: h != me -> inbox[h] ! A
    :: h == me -> /* without the lock: runnext */
        if
        :: !runnext[me] -> runnext[me] = A
        :: else -> inbox[me] ! A
        fi
    fi;
    h = 0
}

/* What is on lane l makes way for r. */
inline bring(r, l)
{
    if
    :: resident[l] != NONE && resident[l] != r ->
#ifndef BROKEN_1
        assert(saved[resident[l]]);
        assert(bytes_of[l] == resident[l]);
        frames[resident[l]] = bytes[l];
#endif
        resident[l] = NONE
    :: else
    fi;
    if
    :: resident[l] != r ->
        atomic { bytes_of[l] = r; bytes[l] = frames[r] }
        resident[l] = r
    :: else
    fi
}

/* Under the lock of me, who stands on the stack of p, or on its own: p == NONE. Takes up r. */
inline take_up(me)
{
    if
    :: lane_of[r] == NONE && p == NONE && on[me] -> /* it begins here, at the lane's foot */
        l = on[me];
        lane_of[r] = l;
        on[me] = NONE
    :: lane_of[r] == NONE && (p || !on[me]) -> /* it begins elsewhere */
        atomic {
            if
            :: FREE(me, 1) -> l = 1
            :: FREE(me, 2) -> l = 2
            :: FREE(me, 3) -> l = 3
            :: else -> if
                :: OTHER(me, 1) -> l = 1
                :: OTHER(me, 2) -> l = 2
                :: OTHER(me, 3) -> l = 3
                :: else -> l = NONE
                fi
            fi
        }
        if
        :: l -> lane_of[r] = l
        :: else
        fi
    :: lane_of[r] != NONE -> l = lane_of[r]
    fi;
    if
#ifdef BROKEN_2
    :: l == NONE ->
#else
    :: l == NONE || l == on[me] ->
#endif
        assert(p || l); /* who stands on no lane has one */
        runnext[me] = r;
        atomic { on[me] = NONE; saved[p] = true; p = NONE; l = NONE; r = NONE }
        unlock(me);
        goto native
    :: else ->
        bring(r, l);
        atomic {
            saved[p] = true;
            on[me] = l;
            saved[r] = false;
            p = r;
            r = NONE;
            l = NONE
        }
        unlock(me)
    fi
}

inline rob(me, v)
{
    lock(v);
    if
    :: len(queue[v]) > 0 -> queue[v] ? r
    :: len(inbox[v]) > 0 -> inbox[v] ? r
    :: runnext[v] != NONE -> atomic { r = runnext[v]; runnext[v] = NONE }
    :: len(queue[v]) + len(inbox[v]) + runnext[v] == 0
    fi;
    if
    :: r == NONE
    :: r && (lane_of[r] == NONE || holder[lane_of[r]] == me) -> k = true
#ifdef BROKEN_3
    :: r && lane_of[r] && holder[lane_of[r]] != me ->
#else
    :: r && lane_of[r] && holder[lane_of[r]] != me && lane_of[r] == on[v]
    :: r && lane_of[r] && holder[lane_of[r]] != me && lane_of[r] != on[v] ->
#endif
        move_lane(me, v, lane_of[r]);
        k = (moved != NONE)
    fi;
    if
    :: r && !k -> inbox[v] ! r; r = NONE /* where v looks even if it idles */
    :: else
    fi;
    unlock(v);
    if
    :: k ->
        lock(me);
        add_lane(me);
        queue[me] ! r;
        unlock(me);
        atomic { r = NONE; k = false }
    :: else
    fi
}

proctype scheduler(byte me)
{
    byte p = NONE, r = NONE, l = NONE, h = 0, moved = NONE;
    bool k = false;

native:
    do
    :: ended == PROCESSES -> goto over
    :: atomic { robberies > 0 && !idle[me] -> robberies-- }
        rob(me, 1 - me)
    :: atomic { !idle[me] && !SOMETHING(me) && !locked[me] -> /* surplus lanes are given back */
            if
            :: HELD(me, 3) && LANES(me) > 1 && !BOUND(3) && resident[3] == NONE -> list[3] = RESERVE
            :: else
            fi;
            idle[me] = true
        }
    :: atomic { idle[me] && SOMETHING(me) -> idle[me] = false }
    :: !idle[me] && SOMETHING(me) -> break
    od;
    lock(me);
    pick(me);
    if
    :: r -> take_up(me)
    :: else -> unlock(me); goto native
    fi;

    /* On the stack of p. */
    do
    :: atomic {
            assert(!runs[on[me]]);
            assert(resident[on[me]] == p && bytes_of[on[me]] == p && bytes[on[me]] == times[p]);
            assert(holder[on[me]] == me && list[on[me]] == me);
            runs[on[me]] = true
        }
        atomic {
            times[p]++;
            bytes[on[me]] = times[p];
            runs[on[me]] = false
        }
        if
        :: atomic { asleep -> asleep = false }
            wake_A(me)
        :: !asleep
        fi;
        lock(me);
        atomic {
            if
            :: times[p] > TIMES - 1 -> /* the lane's foot: what was on it is needed no more */
                resident[on[me]] = NONE;
                lane_of[p] = NONE;
                p = NONE;
                ended++
            :: times[p] <= TIMES - 1 && p == A && !asleep -> asleep = true
            :: times[p] <= TIMES - 1 && p != A -> queue[me] ! p
            fi
        }
        pick(me);
        if
        :: r == NONE ->
            atomic { on[me] = NONE; saved[p] = true; p = NONE }
            unlock(me);
            goto native
        :: r != NONE && r == p ->
            r = NONE;
            unlock(me)
        :: r != NONE && r != p -> take_up(me)
        fi
    od;
over:
    skip
}

/* If nobody runs any more, somebody else wakes A. */
active proctype waker()
{
end:
    do
    :: atomic { asleep && idle[0] && idle[1] -> asleep = false; inbox[holder[lane_of[A]]] ! A }
    od
}

init
{
    atomic {
        lane_of[1] = 1; lane_of[2] = 1; lane_of[3] = 2;
        resident[1] = 1; bytes_of[1] = 1;
        resident[2] = 3; bytes_of[2] = 3;
        saved[0] = true; saved[1] = true; saved[2] = true; saved[3] = true; saved[4] = true;
        list[1] = 0; list[2] = 1; list[3] = RESERVE; holder[1] = 0; holder[2] = 1; list[0] = NOWHERE;
        queue[0] ! 1; queue[0] ! 2; queue[0] ! 4; queue[1] ! 3;
        run scheduler(0);
        run scheduler(1);
    }
}
