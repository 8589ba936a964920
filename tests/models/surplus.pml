/* surplus.pml - deep sleep, and work that somebody has too much of. kernel/idle (2. at its top)
 *
 * Three schedulers, two of which are sent a process A from outside, one after the other or both at once. A makes another
 * ready, B, on its own scheduler, and then computes, and calls nothing, until B has run: so somebody else has to take
 * B over. Who sleeps with a timeout looks again by itself; who sleeps without one has to be woken.
 *
 * Steps, and what they stand for:
 *   scheduler  awake--, awake++                 idle(): seq_cst                                       kernel/idle.c
 *              a sleep that may end by itself   sleep_and_poll(), sleep_once() with a timeout
 *              deep_sleepers++                  sleep_deep(): seq_cst
 *              futex = 1                        sleep_once(): seq_cst
 *              awake?                           sleep_once(), when there is no timeout: seq_cst
 *              asleep until futex is 0          os_futex_wait() until sched_wake(): the kernel compares, and sleeps
 *   A          deep_sleepers?                   sched_somebody_sleeps_deep(): seq_cst                 kernel/sched.h
 *              B waits                          sched_ready(), or enqueue() of kernel/ready.c
 *              futex of each: 1 becomes 0       wake_deep_sleeper(), sched_wake(): seq_cst            kernel/sched.c
 *   outside    work[s], then futex              sched_push_remote(), sched_wake(): seq_cst            kernel/ready.c
 *
 * Memory order: everything that is named here is sequentially consistent, as spin is. (B itself is found by a thief that takes
 * the lock of the scheduler that has it: steal.pml.)
 *
 * Holds: nobody computes before a B that waits while all others sleep without a timeout; that would be an invalid end state.
 *
 * Not modelled: timers (who has some sleeps until the next, and wakes somebody before it runs anything); that a
 * thief looks twice before it steals; that it takes the work over only if that is worth it. There is no "one
 * searcher": each who is awake looks, and a surplus wakes one.
 *
 * BROKEN_1: whether somebody is awake is asked before futex = 1, and not after. (So it was until this model was made: who wakes
 *           the sleeper sees deep_sleepers, but not yet futex, and wakes nobody.)
 * BROKEN_2: the sleeper does not count among deep_sleepers until it has looked whether somebody is awake.
 * BROKEN_3: who was asleep runs what came before it counts as awake.
 * BROKEN_4: a surplus wakes nobody. */

#define SCHEDULERS 3
#define SENT 2 /* to schedulers 0 and 1 */

byte awake = SCHEDULERS, deep_sleepers = 0;
bool futex[SCHEDULERS];
bool work[SCHEDULERS];    /* A is in the inbox */
bool waiting[SCHEDULERS]; /* B waits behind A */
byte over = 0;

inline try_steal()
{
    atomic {
        if
        :: waiting[0] -> waiting[0] = false
        :: waiting[1] -> waiting[1] = false
        :: else
        fi
    }
}

inline wake_deep_sleeper()
{
    i = 0;
    do
    :: i == SCHEDULERS -> break
    :: i < SCHEDULERS ->
        atomic {
            if
            :: futex[i] -> futex[i] = false; i = SCHEDULERS /* that is enough */
            :: else -> i++
            fi
        }
    od;
    i = 0
}

inline surplus()
{
#ifndef BROKEN_4
    if
    :: deep_sleepers > 0 -> wake_deep_sleeper()
    :: else
    fi
#else
    skip
#endif
}

inline run_A()
{
    work[me] = false;
    if
    :: deep_sleepers == 0 -> waiting[me] = true /* sched_ready(), the fast half */
    :: true ->
        waiting[me] = true;
        surplus()
    fi;
    !waiting[me];
    over++
}

inline sleep_with_timeout()
{
    futex[me] = true;
    if
    :: !work[me] -> skip /* it sleeps, and wakes: by itself, or because somebody has set futex to 0 */
    :: else
    fi;
    futex[me] = false
}

inline sleep_deep()
{
#ifndef BROKEN_2
    deep_sleepers++;
#endif
#if defined BROKEN_1 || defined BROKEN_2
    if
    :: awake == 0 ->
#ifdef BROKEN_2
        deep_sleepers++;
#endif
        futex[me] = true;
        if
        :: !work[me] ->
endA:       !futex[me]
        :: else
        fi;
        futex[me] = false;
#ifdef BROKEN_2
        deep_sleepers--
#endif
    :: else
    fi;
#else
    futex[me] = true;
    if
    :: !work[me] ->
        if
        :: awake == 0 ->
endB:       !futex[me]
        :: else
        fi
    :: else
    fi;
    futex[me] = false;
#endif
#ifndef BROKEN_2
    deep_sleepers--
#endif
}

proctype scheduler(byte me)
{
    byte i = 0;
    do
    :: awake--;
        do
        :: work[me] -> break
        :: else ->
            if
            :: awake > 0 -> sleep_with_timeout()
            :: else -> sleep_deep()
            fi;
            if
            :: work[me] -> break
            :: else -> try_steal()
            fi
        od;
#ifndef BROKEN_3
        awake++;
#endif
        run_A();
#ifdef BROKEN_3
        awake++
#endif
    od
}

proctype outside(byte to)
{
    work[to] = true;
    atomic {
        if
        :: futex[to] -> futex[to] = false
        :: else
        fi
    }
    over == SENT
}

init
{
    atomic {
        run scheduler(0);
        run scheduler(1);
        run scheduler(2);
        run outside(0);
        run outside(1);
    }
}
