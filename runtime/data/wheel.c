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

/* Into the lowest level whose slots reach e's tick, which is to come. */
static void place(struct wheel *w, struct wheel_entry *e)
{
    uint64_t tick = e->tick, distance = tick - w->now;
    unsigned level = 0;
    while (level < WHEEL_LEVELS - 1 && distance >> (level + 1) * WHEEL_BITS)
        level++;
    put(w, level, tick >> level * WHEEL_BITS & slot_mask, e);
}

void wheel_add(struct wheel *w, struct wheel_entry *e)
{
    ASSERT(!e->link);
    if (e->tick <= w->now)
        e->tick = w->now + 1;
    ASSERT(e->tick - w->now <= UINT32_MAX);
    place(w, e);
    w->count++;
}

/* A slot may stay marked as occupied: whoever comes to it finds it empty. */
bool wheel_remove(struct wheel *w, struct wheel_entry *e)
{
    if (!e->link)
        return false;
    *e->link = e->next;
    if (e->next)
        e->next->link = e->link;
    e->link = NULL;
    w->count--;
    return true;
}

static struct wheel_entry *take_slot(struct wheel *w, unsigned level, unsigned slot)
{
    struct wheel_entry *list = w->slots[level][slot];
    w->slots[level][slot] = NULL;
    w->occupied[level][slot / 64] &= ~(UINT64_C(1) << slot % 64);
    return list;
}

/* w->now has become a multiple of 256: the slots of upper levels that begin here come
 * down, the uppermost first. */
static void cascade(struct wheel *w)
{
    unsigned top = 1;
    while (top < WHEEL_LEVELS - 1 && (w->now >> top * WHEEL_BITS & slot_mask) == 0)
        top++;
    for (unsigned level = top; level > 0; level--) {
        struct wheel_entry *e = take_slot(w, level, w->now >> level * WHEEL_BITS & slot_mask);
        while (e) {
            struct wheel_entry *next = e->next;
            place(w, e);
            e = next;
        }
    }
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

uint64_t wheel_next(const struct wheel *w)
{
    uint64_t next = UINT64_MAX;
    for (unsigned level = 0; w->count && level < WHEEL_LEVELS; level++) {
        uint64_t here = level_next(w, level);
        next = here < next ? here : next;
    }
    return next;
}

struct wheel_entry *wheel_advance(struct wheel *w, uint64_t now)
{
    struct wheel_entry *expired = NULL, **end = &expired;
    while (w->now < now) {
        uint64_t stop = w->count ? wheel_next(w) : now;
        w->now = stop < now ? stop : now;
        if ((w->now & slot_mask) == 0)
            cascade(w);
        *end = take_slot(w, 0, w->now & slot_mask);
        for (; *end; end = &(*end)->next) {
            (*end)->link = NULL;
            w->count--;
        }
    }
    return expired;
}
