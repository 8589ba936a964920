/* lanes.c - which lanes a scheduler holds, and whose frames are on them: a lane is found for who
 * begins, and frames are copied out of one that another needs. Under the scheduler lock. */
#include "kernel/sched.h"

#include "data/atom.h"

/* Lanes in reserve: the first `reserve_closed` of them have never been used, and are opened when they are first taken.
 * A lock, because it is rare: a leaf, nothing is done under it. */
static struct lane *reserve_pop(bool *closed)
{
    struct lane *lane = NULL;
    lock_acquire(&runtime.reserve_lock);
    *closed = runtime.reserve_count == runtime.reserve_closed;
    if (runtime.reserve_count)
        lane = runtime.reserve[--runtime.reserve_count];
    if (lane && *closed)
        runtime.reserve_closed--;
    lock_release(&runtime.reserve_lock);
    return lane;
}

/* Behind the other closed ones, and before those that have come back meanwhile. */
static void reserve_push_closed(struct lane *lane)
{
    lock_acquire(&runtime.reserve_lock);
    runtime.reserve[runtime.reserve_count++] = runtime.reserve[runtime.reserve_closed];
    runtime.reserve[runtime.reserve_closed++] = lane;
    lock_release(&runtime.reserve_lock);
}

/* One that is open, if there is any. NULL: there is none, or the kernel cannot open one more, which is the same. */
static struct lane *reserve_take(void)
{
    bool closed;
    struct lane *lane = reserve_pop(&closed);
    if (!lane || !closed || lane_open(&runtime.lanes, lane))
        return lane;
    reserve_push_closed(lane);
    return NULL;
}

static void reserve_give(struct lane *lane)
{
    lock_acquire(&runtime.reserve_lock);
    runtime.reserve[runtime.reserve_count++] = lane;
    lock_release(&runtime.reserve_lock);
}

/* The lane has no resident: remember it, the latest first, for its warm cache lines. */
void sched_lane_freed(struct sched *s, struct lane *lane)
{
    lane->resident = NULL;
    if (!lane->listed) {
        lane->listed = true;
        s->free[s->free_count++] = lane;
    }
}

void sched_add_lane(struct sched *s, struct lane *lane)
{
    /* relaxed: a hint for wakers; a lane changes hands under its holder's lock. */
    atomic_store_explicit(&lane->holder, s, memory_order_relaxed);
    s->lanes[s->lane_count++] = lane;
    if (!lane->resident)
        sched_lane_freed(s, lane);
}

static bool lane_in_list(struct lane *const *lanes, uint32_t n, const struct lane *lane, uint32_t *at)
{
    for (*at = 0; *at < n; ++*at)
        if (lanes[*at] == lane)
            return true;
    return false;
}

/* Take the one at s->lanes[at] out. */
static void remove_lane(struct sched *s, uint32_t at)
{
    struct lane *lane = s->lanes[at];
    uint32_t i;
    s->lanes[at] = s->lanes[--s->lane_count];
    if (lane->listed && lane_in_list(s->free, s->free_count, lane, &i))
        s->free[i] = s->free[--s->free_count];
    lane->listed = false;
}

/* Its holder may be giving it to somebody, and then it is not in its list any more, and nothing of the lane
 * may be looked at: so that comes first. */
static bool may_move(const struct sched *v, const struct lane *lane, uint32_t *at)
{
    return atomic_load_explicit(&lane->holder, memory_order_relaxed) == v &&
           lane_in_list(v->lanes, v->lane_count, lane, at) && !lane->pinned;
}

bool sched_may_move_lane(const struct sched *v, const struct lane *lane)
{
    uint32_t at;
    return may_move(v, lane, &at);
}

bool sched_move_lane(struct sched *s, struct sched *v, struct lane *lane)
{
    uint32_t at;
    if (!may_move(v, lane, &at))
        return false;
    struct lane *fresh = reserve_take();
    if (!fresh && v->lane_count == 1)
        return false;
    remove_lane(v, at);
    atomic_store_explicit(&lane->holder, s, memory_order_relaxed);
    if (fresh)
        sched_add_lane(v, fresh);
    return true;
}

bool sched_part_with_lane(struct sched *s, struct lane *lane)
{
    uint32_t at;
    if (s->lane_count == 1 || !lane_in_list(s->lanes, s->lane_count, lane, &at))
        return false;
    remove_lane(s, at);
    return true;
}

uint32_t sched_part_with_lanes(struct sched *s, struct lane **lanes, uint32_t most)
{
    uint32_t n = 0;
    while (s->lane_count && n < most) {
        struct lane *lane = s->lanes[s->lane_count - 1];
        remove_lane(s, s->lane_count - 1);
        if (lane->bound)
            lanes[n++] = lane;
        else
            reserve_give(lane);
    }
    return n;
}

/* Any of v's but the one it runs on, and not its last; also one in which some are pinned, who are
 * sent after it. NULL: there is none. Under the lock of v. */
static struct lane *take_lane_from(struct sched *s, struct sched *v)
{
    for (uint32_t i = v->lane_count; v->lane_count > 1 && i-- > 0;) {
        struct lane *lane = v->lanes[i];
        if (lane == v->lane)
            continue;
        remove_lane(v, i);
        atomic_store_explicit(&lane->holder, s, memory_order_relaxed);
        return lane;
    }
    return NULL;
}

/* There are twice as many lanes as there are schedulers, at least: if the reserve is empty, and s has less
 * than two, another has two. (Not while they are on their way from one to another.) */
bool sched_find_lane(struct sched *s, uint32_t least)
{
    sched_lock(s); /* as above */
    bool enough = s->lane_count >= least;
    sched_unlock(s);
    struct lane *lane = enough ? NULL : reserve_take();
    if (enough)
        return true;
    for (unsigned i = 1; !lane && i < runtime.count; i++) {
        struct sched *v = runtime.scheds[(s->index + i) % runtime.count];
        if (sched_rob_begin(v)) {
            lane = take_lane_from(s, v);
            sched_rob_end(v);
        }
    }
    if (!lane)
        return false;
    sched_lock(s);
    sched_add_lane(s, lane);
    sched_unlock(s);
    return true;
}

/* Copy the resident out. Without memory for its frames the resident cannot go on, and
 * nobody else should pay: it ends when it is next taken up, which is soon. Who sleeps is woken for that; if somebody
 * handles signals in its place, it may be about to sleep on, and he looks again: settle(). */
void sched_evict(struct sched *s, struct lane *lane)
{
    struct process *p = lane->resident;
    sched_count(&s->evictions);
    lane->resident = NULL;
    if (LIKELY(frames_save(&p->frames, process_home(p), lane, p->ctx.sp)))
        return;
    process_set_doomed(p, ATOM_no_memory);
    inbox_touch(&p->inbox);
    if (inbox_rouse(&p->inbox, process_generation(p))) {
        sched_enqueue(s, p);
        sched_surplus();
    }
}

/* The latest lane to lose its resident. Of those that came with stolen processes and
 * are needed no more, the surplus goes back to the reserve. */
static struct lane *lane_from_list(struct sched *s)
{
    while (s->free_count) {
        struct lane *lane = s->free[--s->free_count];
        lane->listed = false;
        if (lane->resident || lane == s->lane)
            continue;
        uint32_t at;
        if (lane->bound || s->lane_count <= s->lanes_wanted || !lane_in_list(s->lanes, s->lane_count, lane, &at))
            return lane;
        remove_lane(s, at);
        reserve_give(lane);
    }
    return NULL;
}

/* Thieves may have left us with few: what they took comes back through the reserve. */
static struct lane *lane_from_reserve(struct sched *s)
{
    struct lane *lane = s->lane_count < s->lanes_wanted ? reserve_take() : NULL;
    if (lane)
        sched_add_lane(s, lane);
    return lane ? lane_from_list(s) : NULL;
}

void sched_give_back_lanes(struct sched *s)
{
    sched_lock(s); /* thieves take lanes, and count */
    for (uint32_t i = s->lane_count; i-- > 0 && s->lane_count > s->lanes_wanted;) {
        struct lane *lane = s->lanes[i]; /* removal puts the last in its place, which we have seen */
        if (!lane->bound && !lane->resident) {
            remove_lane(s, i);
            reserve_give(lane);
        }
    }
    sched_unlock(s);
}

/* Those who begin when all have a resident share these: what is copied out and in stays in the nearest caches. The
 * others are for few: there each has a lane to itself, and nothing is copied. */
enum { LANES_SHARED = 32 };

/* A lane other than the one we run on, without a resident. NULL: we hold no other. */
struct lane *sched_lane_for_new(struct sched *s)
{
    struct lane *lane = lane_from_list(s);
    if (!lane)
        lane = lane_from_reserve(s);
    uint32_t shared = s->lane_count < LANES_SHARED ? s->lane_count : LANES_SHARED;
    for (uint32_t i = 0; !lane && i < shared; i++) {
        lane = s->lanes[s->hand++ % shared];
        if (lane == s->lane)
            lane = NULL;
        else if (lane->resident)
            sched_evict(s, lane);
    }
    return lane;
}
