/* park.pml - a process goes to sleep while others wake it: park, ready, suspend, settle. kernel/switch, kernel/ready
 *
 * One process, P, that has begun on a lane; two schedulers, either of which may hold the lane. Processes on them send P
 * two messages; a thread sends it SUSPEND, a message and RESUME. P receives, gives way once, sleeps, and ends when it
 * has received all. A scheduler may rob the other: the lane moves, with P out of its queue or without.
 *
 * Steps, and what they stand for:
 *   push       the message, and was it asleep?   inbox_push(): one compare-and-swap, acq_rel: inbox.pml  data/mailbox.h
 *   ready      the holder is read                sched_ready(), home(): relaxed, a hint             kernel/sched.h, ready.c
 *              runnext, without the lock         sched_ready(): release
 *              the queue, under the lock         enqueue()
 *              the inbox of the holder           sched_push_remote(): seq_cst: idle.pml
 *              the lane of who idles             take_over(): idle.pml
 *   settle     take all, act, sleep again        settle(), settle_once(), inbox_idle()               kernel/reception.c
 *   park       the lock; asleep, if empty        park_locked(), inbox_idle(): release               kernel/switch.c
 *              whom to go on with; himself?      leave_for(), stay()
 *              registers saved, and unlocked     resume(), to_native(), ctx_asm_switch: release     machine/ctx_*.S
 *   scheduler  take up, or send on               pick_slow(), may_run_here(), take_up()
 *   robber     the lane, and P                   steal_from(): steal.pml; sched_move_lane(): lanes.pml
 *   no memory  doomed, roused                    sched_evict(), inbox_touch(), inbox_rouse()        kernel/lanes.c
 *              is it, now that it sleeps?        sleeps_on()                                        kernel/reception.c
 *
 * Memory order. Who touches P has won it: by the compare-and-swap that took IDLE away (acquire; pairs with the release that
 * put it there), or under a lock, or from an inbox. The stack is saved before the lock is released, and read after it is
 * acquired. The holder is read without any order: it may be wrong, here too, since it may change after it is read. So no
 * store buffer is needed, but for the lock's own: steal.pml.
 *
 * Holds: who handles P is alone with it (asserted: `who`); it is in one queue at most; it is never taken up with its
 * registers unsaved, nor where its lane is not (asserted); it receives all, and then ends: were a wake-up lost, all
 * would wait for ever, which is an invalid end state. While it is suspended it receives nothing (asserted).
 *
 * Not modelled: timers that rouse P; guests; processes that rest.
 *
 * BROKEN_1: the lock is released before the registers are saved.
 * BROKEN_2: P looks whether its inbox is empty, and then says that it sleeps, in two steps.
 * BROKEN_3: a scheduler takes up what it finds, without a look at who holds the lane.
 * BROKEN_4: who has settled P lets it sleep on without a look at what has come.
 * BROKEN_5: a thief may take the lane on which its victim stands.
 * GOOD_1: there is no memory to copy P's frames out: sched_evict() dooms P, and rouses it if it sleeps.
 * BROKEN_6: the same, and who settles P meanwhile does not look at that again when P sleeps on.
 */
#if defined(GOOD_1) || defined(BROKEN_6)
#define NO_MEMORY
#endif

#define OUTSIDE 2 /* a thread; 0 and 1 are the schedulers */
#define ASLEEP 10
#define QUEUED 11
#define ENDED 12
#define MESSAGES 3

mtype = { MESSAGE, SUSPEND, RESUME, ASK };
chan box = [5] of { mtype }; /* of P */
bool idle = false;

byte who = QUEUED; /* has P */
bool saved = true; /* its registers are in p->ctx */
bool held = false, wanted = false, resumed = false, doomed = false;
byte mail = 0, got = 0;

byte holder = 0; /* of its lane */
bool on_lane[2]; /* s->lane is that lane */
bool locked[2];
bool runnext[2], queue[2], sent[2]; /* where P is queued; sent: to the scheduler's inbox */

#ifdef NO_MEMORY
byte sends = 0, robberies = 1, yields = 0, no_memory = 1;
#else
byte sends = 2, robberies = 2, yields = 1;
#endif

inline lock(s) { atomic { !locked[s] -> locked[s] = true } }
inline unlock(s) { locked[s] = false }

/* P is put somewhere by whoever has it. */
inline put(where, me)
{
    atomic {
        assert(who == me);
        assert(!runnext[0] && !runnext[1] && !queue[0] && !queue[1] && !sent[0] && !sent[1]);
        where = true;
        who = QUEUED
    }
}

inline ready(me)
{
    h = holder;
    if
    :: h == me && !runnext[me] -> put(runnext[me], me)
    :: h == me ->
        lock(me);
        put(queue[me], me);
        unlock(me)
    :: h != me -> put(sent[h], me)
    :: h != me && me != OUTSIDE -> /* take_over(); that h idles is for idle.pml */
        lock(h);
        if
        :: holder == h && !on_lane[h] ->
            holder = me;
            unlock(h);
            lock(me);
            put(queue[me], me);
            unlock(me)
        :: else ->
            unlock(h);
            put(sent[h], me)
        fi
    fi
}

/* Who has P takes in what was sent to it. News: there is something for it to see. */
inline take_in(me)
{
    atomic {
        assert(who == me);
        do
        :: box ? MESSAGE -> mail++; news = true
        :: box ? SUSPEND -> held = true
        :: box ? ASK /* answered; it has nothing to see */
        :: box ? RESUME -> held = false; resumed = true; news = true
        :: empty(box) -> break
        od
    }
}

/* It sleeps, if nothing has come. */
inline fall_asleep(me)
{
#ifdef BROKEN_2
    slept = empty(box);
    atomic {
        if
        :: slept -> idle = true; who = ASLEEP
        :: else
        fi
    }
#else
    atomic {
        slept = empty(box);
        if
        :: slept -> idle = true; who = ASLEEP
        :: else
        fi
    }
#endif
}

inline settle(me)
{
    do
    :: take_in(me);
        if
        :: doomed -> news = true
        :: else ->
            atomic {
                news = news || wanted;
                wanted = news && held;
                news = news && !held
            }
        fi;
        if
        :: news -> ready(me); break
        :: else ->
#ifdef BROKEN_4
            atomic { idle = true; who = ASLEEP }
            break
#else
            fall_asleep(me);
            if
#ifdef GOOD_1
            :: slept && doomed ->
                atomic {
                    if
                    :: idle -> idle = false; who = me
                    :: else
                    fi
                }
                if
                :: who != me -> break
                :: else
                fi
            :: slept && !doomed -> break
#else
            :: slept -> break
#endif
            :: else
            fi
#endif
        fi
    od;
    news = false; slept = false
}

inline send(me, what)
{
    atomic {
        if
        :: who == ENDED -> woken = false
        :: else ->
            box ! what;
            woken = idle;
            if
            :: idle ->
                assert(who == ASLEEP);
                idle = false;
                who = me
            :: else
            fi
        fi
    }
    if
    :: woken && what == MESSAGE && (!held || doomed) -> ready(me)
    :: woken && (what != MESSAGE || (held && !doomed)) -> settle(me)
    :: !woken
    fi;
    atomic { woken = false; h = 0 }
}

/* Under the lock of me, who stands on P's stack: P is asleep, or in a queue. Goes on with others, unless P comes next. */
inline leave(me)
{
    if
    :: runnext[me] || queue[me] || sent[me] -> /* himself */
        atomic {
            assert(who == QUEUED);
            runnext[me] = false; queue[me] = false; sent[me] = false;
            who = me
        }
        unlock(me)
    :: true ->
        on_lane[me] = false;
#ifdef BROKEN_1
        unlock(me);
        saved = true;
#else
        saved = true;
        unlock(me);
#endif
        break
    fi
}

inline run_P(me)
{
    do
    :: who == me && got < MESSAGES ->
        take_in(me);
        news = false;
        if
        :: mail > 0 && !held ->
            atomic {
                assert(!held);
                mail--;
                got++
            }
        :: yields > 0 && !held ->
            yields--;
            lock(me);
            put(queue[me], me);
            leave(me)
        :: mail == 0 || held ->
            lock(me);
            fall_asleep(me);
            if
            :: slept -> slept = false; leave(me)
            :: else -> unlock(me)
            fi
        fi
    :: who == me && got == MESSAGES ->
        take_in(me);
        news = false;
        if
        :: resumed && !held ->
            atomic { who = ENDED; on_lane[me] = false }
            break
        :: else ->
            lock(me);
            fall_asleep(me);
            if
            :: slept -> slept = false; leave(me)
            :: else -> unlock(me)
            fi
        fi
    od
}

inline rob(me, v)
{
    lock(v);
    if
#ifdef BROKEN_5
    :: holder == v || holder == me ->
#else
    :: (holder == v && !on_lane[v]) || holder == me ->
#endif
        if
        :: runnext[v] || queue[v] || sent[v] -> /* with P */
            atomic {
                assert(who == QUEUED);
                runnext[v] = false; queue[v] = false; sent[v] = false;
                who = me
            }
        :: true /* for the sake of another of the lane */
        fi;
        holder = me
    :: else
    fi;
    unlock(v);
    if
    :: who == me ->
        lock(me);
        put(queue[me], me);
        unlock(me)
    :: else
    fi
}

proctype scheduler(byte me)
{
    byte h;
    bool news, slept, woken;

    do
    :: who == ENDED -> break
    :: atomic { sends > 0 -> sends-- } /* some other process runs */
        send(me, MESSAGE)
    :: atomic { robberies > 0 -> robberies-- }
        rob(me, 1 - me)
#ifdef NO_MEMORY
    :: atomic { no_memory > 0 && holder == me && who != ENDED && !locked[me] -> no_memory--; locked[me] = true }
        doomed = true; /* the lane is needed, and P's frames are lost */
        atomic {
            if
            :: idle -> idle = false; who = me
            :: else
            fi
        }
        if
        :: who == me -> put(queue[me], me)
        :: else
        fi;
        unlock(me)
#endif
    :: runnext[me] || queue[me] || sent[me] ->
        lock(me);
        atomic {
            if
            :: runnext[me] || queue[me] || sent[me] ->
                assert(who == QUEUED);
                runnext[me] = false; queue[me] = false; sent[me] = false;
                who = me
            :: else
            fi
        }
        if
        :: who != me -> unlock(me) /* somebody has taken it meanwhile */
#ifndef BROKEN_3
        :: who == me && holder != me ->
            h = holder;
            put(sent[h], me);
            h = 0;
            unlock(me)
        :: who == me && holder == me ->
#else
        :: who == me ->
#endif
            assert(holder == me && saved);
            on_lane[me] = true;
            saved = false;
            unlock(me);
            if
            :: doomed -> atomic { who = ENDED; on_lane[me] = false }
            :: else -> run_P(me)
            fi
        fi
    od
}

proctype thread()
{
    byte h;
    bool news, slept, woken;

#ifdef NO_MEMORY
    send(OUTSIDE, ASK)
#else
    send(OUTSIDE, SUSPEND);
    send(OUTSIDE, MESSAGE);
    send(OUTSIDE, RESUME)
#endif
}

init
{
    atomic {
        queue[0] = true;
        run scheduler(0);
        run scheduler(1);
        run thread();
    }
}
