/* surplus.pml - deep sleep, and work that somebody has too much of. kernel/idle (2. at its top)
 *
 * Three schedulers, two of which are sent a process A from outside, one after the other or both at once. A makes another
 * ready, B, on its own scheduler, and then computes, and calls nothing, until B has run: so somebody else has to take
 * B over. The lookout looks before it sleeps, sleeps with a timeout, and looks again by itself; who sleeps without one has to be woken,
 * and is the lookout then.
 *
 * Steps, and what they stand for:
 *   scheduler  awake--, awake++                 idle(): seq_cst                                       kernel/idle.c
 *              lookout = 1, or 0                sched_look_out(), sched_look_no_more(): seq_cst; in one word with deep_sleepers
 *              a look before it sleeps          look_while_spinning(), or none
 *              a sleep that may end by itself   sleep_and_poll(), sleep_once() with a timeout
 *              deep_sleepers++                  sleep_deep(): seq_cst
 *              futex = 1                        sleep_once(): seq_cst
 *              awake? lookout?                  sleep_once(), when there is no timeout: seq_cst
 *              asleep while futex is 1          os_futex_wait() until sched_wake(): the kernel compares, and sleeps
 *   A          deep_sleepers, and no lookout?   sched_nobody_looks(): seq_cst                       kernel/sched.h
 *              B waits                          sched_ready(), or enqueue() of kernel/ready.c
 *              lookout = 1; futex of each: 1    summon(): seq_cst                                      kernel/sched.c
 *              becomes 2; if it was of none,
 *              lookout = 0, and of each again
 *   outside    work[s], then futex              sched_push_remote(), sched_wake(): seq_cst            kernel/ready.c
 *
 * Memory order: everything that is named here is sequentially consistent, as spin is. (B itself is found by a thief that takes
 * the lock of the scheduler that has it: steal.pml.)
 *
 * Holds: nobody computes before a B that waits while all others sleep without a timeout; that would be an invalid end state. And
 * no two are woken to look.
 *
 * Not modelled: timers (who has some sleeps until the next, and wakes somebody before it runs anything); that a
 * thief looks twice before it steals; that it takes the work over only if that is worth it.
 *
 * GOOD_1: the second of them makes nobody ready: it only computes, until the first is over.
 * BROKEN_1: whether somebody is awake is asked before futex = 1, and not after. (So it was until this model was made: who wakes
 *           the sleeper sees deep_sleepers, but not yet futex, and wakes nobody.)
 * BROKEN_2: the sleeper does not count among deep_sleepers until it has looked whether somebody is awake.
 * BROKEN_3: who was asleep runs what came before it counts as awake.
 * BROKEN_4: a surplus wakes nobody.
 * BROKEN_5: the lookout goes to work and wakes nobody (as in GOOD_1).
 * BROKEN_6: whether there is a lookout is asked before futex = 1, and not after (as in GOOD_1).
 * BROKEN_7: the lookout stays it when it sleeps without a timeout.
 * BROKEN_8: the lookout wakes somebody before it ceases to be it (as in GOOD_1).
 * BROKEN_9: who was woken because of a surplus, but has been sent work, wakes nobody else (as in GOOD_1; so it was until that
 *           scenario was added).
 * BROKEN_10: who was the lookout, and ceases since nobody is awake, but then has been sent work, wakes nobody (as in
 *           GOOD_1): somebody may have seen that there was a lookout, and relied on that.
 * BROKEN_11: who has been the lookout to wake another, and found nobody, does not look once more.
 * BROKEN_12: who was woken to look does not know that it is the lookout.
 * BROKEN_13: who wakes another is not the lookout meanwhile: two are woken. (So it was.)
 * BROKEN_14: who was the lookout before it slept, and has been sent work, wakes nobody (as in GOOD_1). */

#if defined GOOD_1 || defined BROKEN_5 || defined BROKEN_6 || defined BROKEN_8 || defined BROKEN_9 || defined BROKEN_10 || defined BROKEN_14
#define SECOND_COMPUTES
#endif

#define SCHEDULERS 3
#define SENT 2 /* to schedulers 0 and 1 */
#ifdef BROKEN_3
#define SLEEPS_FIRST true
#else
#define SLEEPS_FIRST false
#endif
#ifdef SECOND_COMPUTES
#define MAKES_READY (me != 1)
#else
#define MAKES_READY true
#endif

byte awake = SCHEDULERS, deep_sleepers = 0;
bool lookout = false;
byte futex[SCHEDULERS]; /* 0: awake, or woken; 1: asleep; 2: woken because of a surplus */
bool work[SCHEDULERS];    /* A is in the inbox */
bool waiting[SCHEDULERS]; /* B waits behind A */
byte over = 0;

inline try_steal()
{
    atomic {
        if
        :: waiting[0] -> waiting[0] = false; stole = true
        :: waiting[1] -> waiting[1] = false; stole = true
        :: else
        fi
    }
}

inline summon()
{
    i = 0;
    found = false;
    do
    :: i == SCHEDULERS -> break
    :: i < SCHEDULERS ->
        atomic {
            if
            :: futex[i] == 1 ->
                assert(futex[0] != 2 && futex[1] != 2 && futex[2] != 2);
                futex[i] = 2;
                found = true;
                i = SCHEDULERS /* that is enough */
            :: else -> i++
            fi
        }
    od;
    i = 0
}

/* Somebody sleeps, whom summon() has passed before it did? */
inline look_again()
{
    i = 0;
    do
    :: i == SCHEDULERS -> break
    :: i < SCHEDULERS ->
        atomic {
            if
            :: futex[i] == 1 -> found = true; i = SCHEDULERS
            :: else -> i++
            fi
        }
    od;
    i = 0
}

inline surplus()
{
#ifndef BROKEN_4
    found = true;
    do
    :: found && deep_sleepers > 0 && !lookout -> /* asked at once: one word */
        atomic {
            found = !lookout;
#ifndef BROKEN_13
            lookout = true
#endif
        }
        if
        :: found ->
            summon();
            if
            :: found -> found = false
            :: else ->
                lookout = false;
#ifndef BROKEN_11
                look_again()
#endif
            fi
        :: else
        fi
    :: else -> break
    od;
    found = false
#else
    skip
#endif
}

inline run_A()
{
    work[me] = false;
    if
#ifdef SECOND_COMPUTES
    :: me == 1 -> over > 0
#endif
    :: MAKES_READY && (deep_sleepers == 0 || lookout) -> waiting[me] = true /* sched_ready(), the fast half */
    :: MAKES_READY ->
        waiting[me] = true;
        surplus()
    fi;
    !waiting[me];
    over++
}

/* It looks once, or not at all. */
inline spin()
{
    if
    :: deep_sleepers > 0 && !lookout ->
        atomic {
            looks = !lookout;
            lookout = true;
#ifndef BROKEN_14
            owes = looks
#endif
        }
        try_steal()
    :: true
    fi
}

inline look_or_not()
{
    if
    :: awake > 0 && !looks -> /* asked one after the other */
        atomic {
            looks = !lookout;
            lookout = true
        }
    :: awake > 0 && looks
    :: awake == 0 ->
#ifndef BROKEN_7
        if
        :: looks -> lookout = false
        :: else
        fi;
#endif
        looks = false
    fi
}

inline hand_over()
{
#ifdef BROKEN_8
    if
    :: looks -> surplus()
    :: else
    fi;
#endif
    if
    :: looks -> lookout = false
    :: else
    fi;
    if
#if defined BROKEN_5 || defined BROKEN_8
    :: owes && !looks -> surplus()
    :: owes && looks
#else
    :: owes -> surplus()
#endif
    :: !owes
    fi;
    looks = false;
    owes = false
}

inline get_up()
{
    atomic {
#ifndef BROKEN_12
        looks = looks || futex[me] == 2;
#endif
#ifdef BROKEN_9
        owes = owes && !slept;
#else
        owes = futex[me] == 2 || (owes && !slept);
#endif
        futex[me] = 0;
        slept = false
    }
}

inline sleep_with_timeout()
{
    futex[me] = 1;
    if
    :: !work[me] -> skip /* it sleeps, and wakes: by itself, or because somebody has set futex to 0 */
    :: else
    fi;
    get_up()
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
        futex[me] = 1;
        if
        :: !work[me] ->
endA:       futex[me] != 1; slept = true
        :: else
        fi;
        get_up();
#ifdef BROKEN_2
        deep_sleepers--
#endif
    :: else
    fi;
#else
#ifdef BROKEN_6
    there = lookout;
#endif
    futex[me] = 1;
    if
    :: !work[me] ->
        if
        :: awake == 0 ->
endB:       futex[me] != 1; slept = true
        :: else ->
            if
#ifdef BROKEN_6
            :: there ->
#else
            :: lookout ->
#endif
endC:           futex[me] != 1; slept = true
            :: else
            fi
        fi
    :: else
    fi;
    get_up();
#endif
#ifndef BROKEN_2
    deep_sleepers--
#endif
}

proctype scheduler(byte me)
{
    byte i = 0;
    bool looks = false, stole = false, there = false, owes = false, slept = false, found = false;
    do
    :: true ->
        spin();
        if
        :: (work[me] || stole) && !SLEEPS_FIRST -> hand_over()
        :: else ->
            awake--;
            do
            :: work[me] || stole -> break
            :: else ->
                look_or_not();
#ifdef BROKEN_10
                owes = looks;
#else
                owes = owes || looks;
#endif
                if
                :: looks -> sleep_with_timeout()
                :: else -> sleep_deep()
                fi;
                if
                :: work[me]
                :: else -> try_steal()
                fi
            od;
            hand_over();
#ifndef BROKEN_3
            awake++
#endif
        fi;
        stole = false;
        if
        :: work[me] -> run_A()
        :: else
        fi;
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
        :: futex[to] == 1 -> futex[to] = 0
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
