/* wheel.h - what is to happen when: a hierarchical timing wheel.
 *
 * Time is counted in ticks, each of 2^20 of the caller's units (nanoseconds: about a
 * millisecond), and an entry expires in the first tick that begins after it is due. Level 0 has a slot for each of the next 256 ticks, level 1
 * one for each of the next 256 times 256, and so on; entries of an upper slot come down
 * a level when its time comes ("cascade"). Adding and removing cost the same few
 * instructions however many entries there are; each entry is moved three times at most.
 * What is more than 2^32 ticks ahead lies as far ahead as there are slots, and is looked at then.
 * After G. Varghese and A. Lauck, Hashed and hierarchical timing wheels, 1987.
 *
 * No locks and no clock here: the caller has both. Nothing is late by more than the
 * caller is, and nothing is early. Ten million entries of one tick are taken out, and come
 * down, in as many pieces as the caller likes. */
#ifndef DATA_WHEEL_H
#define DATA_WHEEL_H

#include "base/base.h"

enum { WHEEL_LEVELS = 4, WHEEL_BITS = 8, WHEEL_SLOTS = 1 << WHEEL_BITS, WHEEL_TICK_SHIFT = 20 };

struct wheel_entry {
    struct wheel_entry *next, **link; /* link: what points to us; NULL: in no wheel */
    uint64_t due;                     /* in the caller's units */
};

struct wheel {
    uint64_t now;   /* all ticks up to this one have been dealt with */
    uint64_t count; /* entries */
    uint64_t occupied[WHEEL_LEVELS][WHEEL_SLOTS / 64];
    struct wheel_entry *slots[WHEEL_LEVELS][WHEEL_SLOTS];
};

/* Empty, and it is `now`. */
void wheel_init(struct wheel *, uint64_t now);

/* The tick in which what is due then expires. */
static inline uint64_t wheel_tick_after(uint64_t due)
{
    return (due >> WHEEL_TICK_SHIFT) + 1;
}

/* Expire e when it is due; in the next tick if that is over. When to look again for its sake:
 * wheel_next() is this, or earlier. */
uint64_t wheel_add(struct wheel *, struct wheel_entry *e);

/* e, if it is in the wheel, is not any more. True: it was. */
bool wheel_remove(struct wheel *, struct wheel_entry *e);

/* It is `now`: an entry that has expired leaves the wheel, in the order of ticks. NULL:
 * there is none (any more); or *patience, which counts down with each entry that is moved
 * or returned, is used up, and there may be more: wheel_next() is not after `now` then. */
struct wheel_entry *wheel_pop(struct wheel *, uint64_t now, unsigned *patience);

/* When to look again: no entry expires before this tick. UINT64_MAX: there are none. */
uint64_t wheel_next(const struct wheel *);

#endif
