/* wheel.c - see wheel.h. */
#include "data/wheel.h"

static const uint64_t slot_mask = WHEEL_SLOTS - 1;

void wheel_init(struct wheel *w, uint64_t now)
{
    *w = (struct wheel){.now = now};
}

static void put(struct wheel *w, unsigned level, unsigned slot, struct wheel_entry *e)
{
    struct wheel_entry **head = &w->slots[level][slot];
    e->next = *head;
    e->link = head;
    if (e->next)
        e->next->link = &e->next;
    *head = e;
    w->occupied[level][slot / 64] |= UINT64_C(1) << slot % 64;
}

/* Into the lowest level whose slots reach this tick, which is to come. The tick at which its slot begins. */
static uint64_t place(struct wheel *w, struct wheel_entry *e, uint64_t tick)
{
    uint64_t distance = tick - w->now;
    if (UNLIKELY(distance > UINT32_MAX)) { /* it will come down, and be placed again */
        distance = UINT32_MAX;
        tick = w->now + distance;
    }
    unsigned level = distance >> WHEEL_BITS ? (31 - (unsigned)__builtin_clz((uint32_t)distance)) / WHEEL_BITS : 0;
    uint64_t turn = tick >> level * WHEEL_BITS;
    put(w, level, turn & slot_mask, e);
    return turn << level * WHEEL_BITS;
}

uint64_t wheel_add(struct wheel *w, struct wheel_entry *e)
{
    ASSERT(!e->link);
    uint64_t tick = wheel_tick_after(e->due);
    w->count++;
    return place(w, e, tick > w->now ? tick : w->now + 1);
}

static void unlink_entry(struct wheel_entry *e)
{
    *e->link = e->next;
    if (e->next)
        e->next->link = e->link;
    e->link = NULL;
}

/* A slot may stay marked as occupied: whoever comes to it finds it empty. */
bool wheel_remove(struct wheel *w, struct wheel_entry *e)
{
    if (!e->link)
        return false;
    unlink_entry(e);
    w->count--;
    return true;
}

/* The slot that begins, or is due, at w->now. */
static unsigned slot_now(const struct wheel *w, unsigned level)
{
    return w->now >> level * WHEEL_BITS & slot_mask;
}

/* An entry out of the slot that is due; it is marked as empty when it is. */
static struct wheel_entry *take_from(struct wheel *w, unsigned level)
{
    unsigned slot = slot_now(w, level);
    struct wheel_entry *e = w->slots[level][slot];
    if (e)
        unlink_entry(e);
    if (!w->slots[level][slot])
        w->occupied[level][slot / 64] &= ~(UINT64_C(1) << slot % 64);
    return e;
}

/* How many levels have a slot that begins at w->now. */
static unsigned levels_beginning(const struct wheel *w)
{
    unsigned level = 0;
    while (level < WHEEL_LEVELS - 1 && slot_now(w, level) == 0)
        level++;
    return level;
}

static void come_down(struct wheel *w, struct wheel_entry *e)
{
    place(w, e, wheel_tick_after(e->due));
}

/* The slots of upper levels that begin now come down, as far as *patience reaches. */
static bool cascade(struct wheel *w, unsigned *patience)
{
    for (unsigned level = levels_beginning(w); level > 0; level--)
        for (; w->slots[level][slot_now(w, level)]; --*patience) {
            if (!*patience)
                return false;
            come_down(w, take_from(w, level));
        }
    return true;
}

/* The first occupied slot from `from` on, or WHEEL_SLOTS. */
static unsigned first_occupied(const struct wheel *w, unsigned level, unsigned from)
{
    for (unsigned word = from / 64; word < WHEEL_SLOTS / 64; word++) {
        uint64_t bits = w->occupied[level][word];
        if (word == from / 64)
            bits &= ~UINT64_C(0) << from % 64;
        if (bits)
            return word * 64 + (unsigned)__builtin_ctzll(bits);
    }
    return WHEEL_SLOTS;
}

/* Ahead of now, the first slot of this level that may have something begins at this tick. */
static uint64_t level_next(const struct wheel *w, unsigned level)
{
    uint64_t now = w->now >> level * WHEEL_BITS, turn = now & ~slot_mask;
    unsigned slot = first_occupied(w, level, (now & slot_mask) + 1);
    if (slot == WHEEL_SLOTS) {
        slot = first_occupied(w, level, 0);
        turn += WHEEL_SLOTS;
    }
    return slot == WHEEL_SLOTS ? UINT64_MAX : (turn + slot) << level * WHEEL_BITS;
}

/* Something of this very tick is left over. */
static bool unfinished(const struct wheel *w)
{
    for (unsigned level = levels_beginning(w); level > 0; level--)
        if (w->slots[level][slot_now(w, level)])
            return true;
    return w->slots[0][slot_now(w, 0)];
}

uint64_t wheel_next(const struct wheel *w)
{
    uint64_t next = UINT64_MAX;
    if (w->count && unfinished(w))
        return w->now;
    for (unsigned level = 0; w->count && level < WHEEL_LEVELS; level++) {
        uint64_t here = level_next(w, level);
        next = here < next ? here : next;
    }
    return next;
}

struct wheel_entry *wheel_pop(struct wheel *w, uint64_t now, unsigned *patience)
{
    for (;;) {
        if (!*patience || !cascade(w, patience) || !*patience)
            return NULL;
        struct wheel_entry *e = take_from(w, 0);
        if (e) {
            --*patience;
            w->count--;
            return e;
        }
        if (w->now >= now)
            return NULL;
        uint64_t stop = w->count ? wheel_next(w) : now;
        w->now = stop < now ? stop : now;
    }
}
