/* seed.h - deterministic mode: one thread plays all schedulers, and a number decides.
 *
 * With a seed there is still a struct sched for each scheduler that was asked for, with its
 * queue, lanes, timers and inbox, and nothing else of the runtime knows the difference. But one
 * thread, the player, is all of them in turns. What otherwise comes from threads that run
 * beside each other is drawn from the seed:
 *
 * - whose turn it is, among those who have something to run (and whether one stays at it);
 * - how long the turn is: a time slice from 1 reduction up, so that a process may be
 *   interrupted at any call into the runtime;
 * - who of the queue is next, and whether who was just woken really goes first;
 * - that a scheduler without work becomes idle, so that others take its lanes; that it
 *   steals, from whom, and whether it takes its victim for stuck;
 * - the time. The clock belongs to the runtime (os_clock_set): it goes on by a drawn amount
 *   after each turn, and when all sleep it is set to the next timer. Nobody really waits.
 *
 * So what a run does is one that threads could have done too, at the grain of calls into the
 * runtime: an interleaving within a call (two compare-and-swaps on one word) does not occur.
 * How wild a run is, is drawn too, once: very short slices in one, rare thefts in another.
 *
 * A turn costs the normal mode nothing. A scheduler leaves for its native stack whenever it is
 * "time to look at the clock" (s->watch); here that is always so, and after each turn
 * sched_run_all() returns to us.
 *
 * The program's own thread. It and the player would run beside each other, and all would be for
 * nothing. So they take turns as well, by a baton. After bl_start() the thread has it; when it
 * sleeps in bl_wait() (or any other question that must be waited for) the player has it, until
 * it has woken the thread and ended its turn. A thread that waits in other ways never passes the baton on:
 * if it makes no process and sends no message for a second, the player goes on beside it, and soon the
 * next time. Then, and when several threads of the program use the runtime, a seed
 * still decides what the player does, but the run is not the same again. */
#ifndef KERNEL_SEED_H
#define KERNEL_SEED_H

#include "kernel/sched.h"

/* The runtime starts, and time and order come from `seed`, which is not 0; it has stopped. */
void seed_begin(uint64_t seed);
void seed_end(void);
/* From now on memory runs out now and then. False: not that of this allocator. */
bool seed_fail(void);

/* The body of the one thread, in place of idle_main(). Plays until they are halted, all of them. */
void seed_main(void *unused);
/* They are halted: the player shall see it. */
void seed_halt(void);

/* A thread of the program is about to sleep until a process wakes it; it has been woken. */
void seed_outside_waits(void);
void seed_outside_goes_on(void);

#endif
