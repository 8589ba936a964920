/* online.h - schedulers that are taken off line, and on line again, while others run.
 *
 * There are as many schedulers as the runtime was started with; the first runtime.online of them are on line,
 * one at least. Who is off line has its thread, and sleeps: it runs no process. (erlang:system_flag(
 * schedulers_online, N))
 *
 * A change is a number and a call: runtime.online is set, then every scheduler is nudged (sched_nudge()).
 * It finds the call when it next takes its lock, which every switch begins with, so the next switch leads to
 * its native stack; if it sleeps, it is woken. There it *looks* (online_look()):
 *
 * - On line, it goes once through its queues, and takes out the *strays*: who is bound to another that is on
 *   line now. From then on whatever it queues is looked at before (sched_enqueue()).
 * - Off line, it gives away all that it has: first its lanes, and with them all that are bound to them, asleep
 *   or not; then whoever is in its queues. Then it sleeps as if it were idle, with the mark in its
 *   inbox, and without looking for work. Whatever wakes it, it looks again before it sleeps on.
 *
 * Nothing is lost. A process that waits is in a queue, in `runnext`, in an inbox, or asleep. The first two are
 * emptied by their owner, on its native stack, where it runs nobody who could put more in. Into the inbox of
 * one that is off line may come who was sent there by somebody who knew no better: then it is woken, as
 * an idle one is, and sends it on to where it belongs by now. Who sleeps is found by his lane: woken, he is
 * pushed to whoever holds that, which is one that is on line, or will send it on.
 *
 * Nothing new is begun. Once bl_set_schedulers_online() has returned the call is there, and each switch sees
 * it before it picks. Who runs goes on until it gives way, or is preempted, as before a
 * thief. Meanwhile whom it makes ready goes elsewhere (sched_ready_slow()), or is taken over.
 *
 * Timers stay where they are. Who is off line sleeps until its next one, and sees to it on its native stack,
 * which sends messages and wakes processes, as a thread does, and runs none. Nobody sets a timer
 * there any more; if a thread does, because it knew no better, it nudges it.
 *
 * A lane goes from s to another, who is on line: s takes it out of its list, under its own lock, and puts it
 * into the other's, and its name on it, under the other's, which it robs. In between s runs nobody, thieves do
 * not find the lane in the list, and who wakes one of its processes pushes to s, who sends it on. s never gives its
 * last one, so that what it runs has a place to run; who comes on line takes one from the reserve, or from
 * others (sched_find_lane()).
 *
 * A process that is bound to a scheduler (bl_spawn_on(), bl_process_flag()) runs there if that is on line, and
 * wherever it happens to be if it is not. If its lane is elsewhere, it is woken there, becomes a stray, and comes
 * along with its lane. So two processes of one lane which are bound to different schedulers
 * take it back and forth; it costs them some microseconds each time, and no more than that. */
#ifndef KERNEL_ONLINE_H
#define KERNEL_ONLINE_H

#include "kernel/sched.h"

/* The first n, of 1 .. runtime.count, are on line from now on. How many it were. Any thread. */
unsigned online_set(unsigned n);

/* Is s on line? Who waits here, and belongs elsewhere, is sent there. s->off_line says what came out. By s, on
 * its native stack, not marked idle. */
void online_look(struct sched *s);

#endif
