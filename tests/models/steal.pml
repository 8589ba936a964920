/* steal.pml - the scheduler lock, the queue and `runnext`: one owner, two thieves. kernel/sched, kernel/steal
 *
 * The owner makes four processes ready, one after another, and takes up what it finds; one thief robs it twice at most,
 * another once. What a thief takes it takes up itself.
 *
 * Steps, and what they stand for:
 *   owner      busy = 1, then look at thief     sched_lock_try(): a relaxed store, then a seq_cst load   kernel/sched.h
 *              the slow way                     sched_lock_slow(): an exchange, seq_cst, and the load    kernel/sched.c
 *              busy = 0                         sched_unlock(), or the switch in machine/ctx_*.S: release
 *              runnext = p, without the lock    sched_ready(): release                                   kernel/sched.h
 *              into the queue                   enqueue() of kernel/ready.c, runq_push() of kernel/runq.h
 *              runnext, then the queue          pop(): a relaxed load and store, runq_pop()              kernel/switch.c
 *   thief      thief = STEALING                 sched_rob_begin(): a compare-and-swap, seq_cst           kernel/sched.c
 *              the owner's buffer is empty      os_fence_all(): membarrier(2)                            base/os.c
 *              busy == 0                        sched_rob_begin(): seq_cst
 *              half of the queue                take_half()                                              kernel/steal.c
 *              the exchange of runnext          take_next(): acquire
 *              thief = NONE                     sched_rob_end(): release
 *
 * Memory order. The owner takes its lock by a store and a load of two words, without a fence: a CPU may let the
 * load go first. So the owner has a store buffer here, as TSO has: its stores of `busy` and `runnext` reach
 * memory later, in order, and it reads its own. The thief's membarrier waits until it is empty. (That they are in order is
 * more than a weak CPU promises, and less is needed: `runnext = NULL`, and the queue, come before `busy = 0` by its
 * release. `runnext = p` may come late: then a thief does not see p.) The queue is changed under the lock only, so
 * it has no buffer, and that two are never under the lock at once is asserted.
 *
 * Holds: each process is taken up exactly once (asserted when it is, and at the end); one is under the lock (asserted);
 * nobody waits for ever.
 *
 * Not modelled: THIEF_HALT and THIEF_FENCED (the owner then goes the slow way, which fences); which lane a process needs
 * (lanes.pml); the inbox (idle.pml).
 *
 * BROKEN_1: no membarrier.
 * BROKEN_2: the thief does not wait until busy is 0.
 * BROKEN_3: the owner does not look for a thief.
 * BROKEN_4: the thief reads runnext and then clears it, instead of exchanging it. */

#define PROCESSES 4
#define NOBODY 0

byte busy = 0, runnext = NOBODY; /* in memory */
bool stealing = false;
byte queue[PROCESSES], length = 0;
byte taken_up[PROCESSES + 1];
byte under_lock = 0;
byte finished = 0;

mtype = { BUSY, RUNNEXT };
chan buffer = [4] of { mtype, byte }; /* of the owner's CPU: stores on their way to memory */
byte own_runnext = NOBODY;            /* what the owner reads while one of runnext is in there */
byte late = 0;                        /* how many of runnext are */

active proctype cpu()
{
    mtype what;
    byte value;
end:
    do
    :: atomic {
        buffer ? what, value ->
            if
            :: what == BUSY -> busy = value
            :: else ->
                runnext = value;
                late--
            fi;
            value = 0
        }
    od
}

#define RUNNEXT_OF_OWNER (late -> own_runnext : runnext)

inline store_runnext(value)
{
    atomic {
        buffer ! RUNNEXT, value;
        own_runnext = value;
        late++
    }
}

inline take_up(p)
{
    atomic {
        assert(!taken_up[p]);
        taken_up[p] = 1
    }
}

inline owner_lock()
{
    buffer ! BUSY, 1;
#ifndef BROKEN_3
    do
    :: !stealing -> break
    :: else ->
        buffer ! BUSY, 0;
        atomic { !stealing && empty(buffer) -> busy = 1 } /* the slow way, until it succeeds; the exchange drains the buffer */
    od;
#endif
    atomic {
        assert(!under_lock);
        under_lock = 1
    }
}

inline owner_unlock()
{
    under_lock = 0;
    buffer ! BUSY, 0
}

inline push(p)
{
    d_step { queue[length] = p; length++ }
}

/* The first out; the others move up. */
inline pop(p)
{
    d_step {
        p = queue[0];
        queue[0] = queue[1]; queue[1] = queue[2]; queue[2] = queue[3]; queue[3] = NOBODY;
        length = (length -> length - 1 : 0)
    }
}

active proctype owner()
{
    byte p = NOBODY, made = 0;
    do
    :: made < PROCESSES ->
        made++;
        if
        :: RUNNEXT_OF_OWNER == NOBODY -> store_runnext(made) /* READY_NEXT */
        :: true -> /* READY_IN_TURN, or there is one */
            owner_lock();
            push(made);
            owner_unlock()
        fi
    :: true ->
        owner_lock();
        p = RUNNEXT_OF_OWNER;
        if
        :: p -> store_runnext(NOBODY)
        :: else -> pop(p)
        fi;
        owner_unlock();
        if
        :: p -> take_up(p)
        :: made == PROCESSES && !p -> break
        :: else
        fi
    od;
    finished++
}

proctype thief(byte robberies)
{
    byte p = NOBODY, want = 0, loot[PROCESSES + 1], taken = 0;
    do
    :: robberies == 0 -> break
    :: robberies > 0 ->
        robberies--;
        if
        :: atomic { !stealing -> stealing = true }
        :: atomic { stealing -> goto failed }
        fi;
#ifndef BROKEN_1
        empty(buffer);
#endif
#ifndef BROKEN_2
        busy == 0;
#endif
        atomic {
            assert(!under_lock);
            under_lock = 1;
            want = (length + 1) / 2
        }
        do
        :: want > 0 ->
            want--;
            pop(p);
            loot[taken] = p;
            taken++
        :: else -> break
        od;
#ifdef BROKEN_4
        p = runnext;
        runnext = NOBODY;
#else
        atomic { p = runnext; runnext = NOBODY }
#endif
        if
        :: p ->
            loot[taken] = p;
            taken++;
            p = NOBODY
        :: else
        fi;
        under_lock = 0;
        stealing = false;
        do
        :: taken > 0 ->
            taken--;
            take_up(loot[taken]);
            loot[taken] = NOBODY
        :: else -> break
        od;
    failed:
        skip
    od;
    finished++
}

init
{
    byte i = 1;
    atomic {
        run thief(2);
        run thief(1);
    }
    finished == 3;
    do
    :: i <= PROCESSES ->
        assert(taken_up[i] == 1);
        i++
    :: else -> break
    od
}
