/* lanes.c - which lanes a scheduler holds, and whose frames are on them: a lane is found for who
 * begins, and frames are copied out of one that another needs. Under the scheduler lock. */
#include "kernel/sched.h"

#include "data/atom.h"

/* Lanes in reserve. A lock, because it is rare: a leaf, nothing is done under it. */
static struct lane *reserve_take(void)
{
    struct lane *lane = NULL;
    lock_acquire(&runtime.reserve_lock);
    if (runtime.reserve_count)
        lane = runtime.reserve[--runtime.reserve_count];
    lock_release(&runtime.reserve_lock);
    return lane;
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

/* Take `lane` out of an array of *n. False: it is not in there. */
static bool take_out(struct lane **lanes, uint32_t *n, const struct lane *lane)
{
    for (uint32_t i = 0; i < *n; i++)
        if (lanes[i] == lane) {
            lanes[i] = lanes[--*n];
            return true;
        }
    return false;
}

/* False: s does not hold it (any more), and then nothing of the lane is s's to touch. */
static bool remove_lane(struct sched *s, struct lane *lane)
{
    if (!take_out(s->lanes, &s->lane_count, lane))
        return false;
    take_out(s->free, &s->free_count, lane);
    lane->listed = false;
    return true;
}

bool sched_move_lane(struct sched *s, struct sched *v, struct lane *lane)
{
    /* Whose lane it is comes first: nothing of another's may be looked at. */
    if (atomic_load_explicit(&lane->holder, memory_order_relaxed) != v || lane->pinned)
        return false;
    struct lane *fresh = reserve_take();
    if ((!fresh && v->lane_count == 1) || !remove_lane(v, lane)) {
        if (fresh)
            reserve_give(fresh);
        return false;
    }
    atomic_store_explicit(&lane->holder, s, memory_order_relaxed);
    if (fresh)
        sched_add_lane(v, fresh);
    return true;
}

/* Copy the resident out. Without memory for its frames the resident cannot go on, and
 * nobody else should pay: it ends when it is next taken up, which is soon. */
void sched_evict(struct sched *s, struct lane *lane)
{
    struct process *p = lane->resident;
    sched_count(&s->evictions);
    lane->resident = NULL;
    if (LIKELY(frames_save(&p->frames, lane, p->ctx.sp)))
        return;
    p->doomed = ATOM_no_memory;
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
        if (lane->bound || s->lane_count <= s->lanes_wanted)
            return lane;
        remove_lane(s, lane);
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
        if (!lane->bound && !lane->resident && remove_lane(s, lane))
            reserve_give(lane);
    }
    sched_unlock(s);
}

/* A lane other than the one we run on, without a resident. NULL: we hold no other. */
struct lane *sched_lane_for_new(struct sched *s)
{
    struct lane *lane = lane_from_list(s);
    if (!lane)
        lane = lane_from_reserve(s);
    for (uint32_t i = 0; !lane && i < s->lane_count; i++) {
        lane = s->lanes[s->hand++ % s->lane_count];
        if (lane == s->lane)
            lane = NULL;
        else if (lane->resident)
            sched_evict(s, lane);
    }
    return lane;
}
