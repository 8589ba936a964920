/* idle.pml - the inbox of a scheduler: who idles, who pushes, who robs. kernel/idle (1. at its top), kernel/ready
 *
 * A scheduler takes up what others push into its inbox, and idles between. Two threads push a process each. Two who hold
 * processes that belong to lanes of the idle scheduler take them over; a thief takes the inbox when it
 * holds work, keeps it, or pushes it back. Sleep is without a timeout, so nothing is found by chance.
 *
 * Steps, and what they stand for:
 *   owner      busy = 1, thief?                sched_lock_try(), sched_lock_slow(): the lock of steal.pml   kernel/sched.h
 *              the inbox becomes NULL          sched_take_inbox(): acquire                                 kernel/ready.c
 *              NULL becomes IDLE               idle_begin(): seq_cst                                       kernel/idle.c
 *              the inbox, looked at            inbox_idle_still(): seq_cst
 *              futex = 1, and asleep           sleep_once(), os_futex_wait(): seq_cst
 *              IDLE becomes NULL               idle_end(): acquire, also when it fails
 *   pusher     the compare-and-swap            sched_push_remote(): seq_cst                                kernel/ready.c
 *              futex: 1 becomes 0              sched_wake(): seq_cst                                       kernel/sched.c
 *   robber     thief: NONE becomes STEALING    take_over()                                                 kernel/ready.c
 *              IDLE becomes ROBBED             take_over(): acq_rel
 *              at the lanes                    sched_move_lane()                                           kernel/lanes.c
 *              ROBBED becomes IDLE             take_over(): seq_cst; else sched_wake()
 *              thief = NONE                    sched_rob_end(): release
 *   thief      thief, membarrier, busy?        sched_rob_begin(): the lock of steal.pml                    kernel/sched.c
 *              the inbox becomes NULL          sched_take_inbox(), in take_inbox()                         kernel/steal.c
 *              pushed back                     take_home(): sched_push_remote()
 *
 * Memory order. Inbox and futex are sequentially consistent where one is written and the other read. What is weaker:
 * the robber's two compare-and-swaps. It does not look at `busy`, as a thief does, but trusts in the mark; if a push replaces
 * that, the owner goes on, and only `thief` holds it off. So who has seen ROBBED gone must see `thief`. With an
 * acquire alone in both, a weak CPU may show ROBBED before it shows STEALING: BROKEN_1 models that by hand, `thief`
 * being what a compare-and-swap finds (it is always the latest) and `seen` what a load does. The owner's
 * store of `busy` may come late, too, but the robber does not read it, and the thief has a membarrier (steal.pml).
 *
 * Holds: what is pushed is taken up exactly once (asserted); who sleeps while its inbox holds work sleeps for ever, and that is
 * an invalid end state; the owner and a robber or a thief are never at the lanes at once (asserted).
 *
 * Not modelled: timers, polling, the counts of who is awake (surplus.pml); halting.
 *
 * BROKEN_1: the robber's compare-and-swaps do not release: IDLE becomes ROBBED before STEALING is seen. (So it was until
 *           this model was made.)
 * BROKEN_2: the owner does not look at its inbox again after futex = 1.
 * BROKEN_3: the robber whose mark was replaced does not wake the owner.
 * BROKEN_4: the owner does not wait for the robber when it takes its mark away.
 * BROKEN_5: who pushes looks at the futex before it pushes. */

#define PROCESSES 2

mtype = { NOTHING, IDLE, ROBBED, WORK };
mtype inbox = NOTHING;
bool in_list[PROCESSES];  /* with WORK: who is in there */
bool thief = false, seen = false;
bool busy = false;
bool futex = false;
byte at_lanes = 0;
byte taken_up[PROCESSES];
byte left = PROCESSES;
bool pushed_back = false;

inline enter_lanes()
{
    atomic {
        assert(!at_lanes);
        at_lanes = 1
    }
}

inline run_process(p)
{
    assert(!taken_up[p]);
    taken_up[p] = 1;
    left--
}

inline wake_owner()
{
    futex = false /* from 1 to 0; if it was 0, nothing is lost */
}

inline push(p)
{
#ifdef BROKEN_5
    atomic { asleep = futex }
#endif
    atomic {
        was_idle = (inbox == IDLE);
        inbox = WORK;
        assert(!in_list[p]);
        in_list[p] = true
    }
#ifdef BROKEN_5
    was_idle = was_idle && asleep;
#endif
    if
    :: was_idle -> wake_owner()
    :: else
    fi
}

active proctype owner()
{
    bool mine[PROCESSES];

    do
    :: left == 0 -> break
    :: else ->
        busy = true; /* the lock */
        do
        :: !seen -> break
        :: else ->
            busy = false;
            atomic { !seen -> busy = true }
        od;
        enter_lanes();
        atomic { /* sched_take_inbox() */
            if
            :: inbox == WORK ->
                mine[0] = in_list[0];
                mine[1] = in_list[1];
                in_list[0] = false;
                in_list[1] = false;
                inbox = NOTHING
            :: else
            fi
        }
        at_lanes = 0;
        busy = false;
        atomic {
            if
            :: mine[0] -> run_process(0)
            :: else
            fi;
            if
            :: mine[1] -> run_process(1)
            :: else
            fi;
            mine[0] = false;
            mine[1] = false;
            if
            :: left == 0 -> break
            :: else
            fi
        }
        atomic { /* idle_begin() */
            if
            :: inbox == NOTHING -> inbox = IDLE
            :: else -> goto again
            fi
        }
        do /* it spins for some time, or sleeps */
        :: inbox != IDLE && inbox != ROBBED -> break
        :: true -> break /* a timer is due, or there is something to steal */
        :: inbox == IDLE || inbox == ROBBED ->
            futex = true;
            if
#ifndef BROKEN_2
            :: inbox != IDLE && inbox != ROBBED -> skip
#endif
            :: inbox == IDLE || inbox == ROBBED -> (!futex || left == 0)
            fi;
            futex = false
        od;
        do /* idle_end() */
        :: atomic { inbox == IDLE -> inbox = NOTHING }; break
#ifdef BROKEN_4
        :: inbox != IDLE -> break
#else
        :: inbox != IDLE && inbox != ROBBED -> break
#endif
        od;
    again:
        skip
    od
}

proctype pusher(byte p)
{
    bool was_idle, asleep;
    push(p)
}

proctype robber()
{
    bool replaced;

    do
    :: true -> break /* it need not come */
    :: atomic { inbox == IDLE && !thief ->
            thief = true;
#ifndef BROKEN_1
            seen = true
#endif
        }
        atomic {
            if
            :: inbox == IDLE -> inbox = ROBBED
            :: else -> goto not
            fi
        }
        enter_lanes();
        at_lanes = 0;
        atomic { /* what was before it is seen */
            seen = true;
            replaced = (inbox != ROBBED);
            if
            :: !replaced -> inbox = IDLE
            :: else
            fi
        }
#ifndef BROKEN_3
        if
        :: replaced -> wake_owner()
        :: else
        fi;
#endif
    not:
        atomic {
            thief = false;
            seen = false;
            replaced = false
        }
    od
}

proctype stealer()
{
    bool loot[PROCESSES], was_idle, asleep;

    do
    :: true -> break /* it need not come */
    :: atomic { inbox == WORK && !thief ->
            thief = true;
            seen = true
        }
        !busy;
        enter_lanes();
        atomic {
            if
            :: inbox == WORK ->
                loot[0] = in_list[0];
                loot[1] = in_list[1];
                in_list[0] = false;
                in_list[1] = false;
                inbox = NOTHING
            :: else
            fi
        }
        at_lanes = 0;
        atomic {
            thief = false;
            seen = false
        }
        do
        :: atomic { loot[0] && !pushed_back -> loot[0] = false; pushed_back = true }
            push(0)
        :: atomic { loot[0] -> loot[0] = false; run_process(0) }
        :: atomic { loot[1] -> loot[1] = false; run_process(1) }
        :: !loot[0] && !loot[1] -> break
        od
    od
}

init
{
    atomic {
        run pusher(0);
        run pusher(1);
        run robber();
        run robber();
        run stealer();
    }
}
