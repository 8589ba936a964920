/* lane.c - mapping lanes, and moving frames in and out of them. See lane.h. */
#include "machine/lane.h"

#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/os.h"

/* Valgrind takes what was on a stack before for lost, and a stack for a large frame, unless it is
 * told. In a build with assertions it is; where its header is. */
#if BL_ASSERTS && defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define TELL_STACK(low, top)     (void)VALGRIND_STACK_REGISTER(low, top)
#define TELL_USABLE(start, size) (void)VALGRIND_MAKE_MEM_UNDEFINED(start, size)
#endif
#endif
#ifndef TELL_STACK
#define TELL_STACK(low, top)     (void)0
#define TELL_USABLE(start, size) (void)0
#endif

static void lane_init(struct lane *lane, char *low, size_t size, size_t index)
{
    char *top = low + size - (index % LANE_COLOURS) * LANE_COLOUR_STEP;
    lane->stack = (struct ctx_stack){.low = low, .size = (size_t)(top - low)};
    lane->limit = low + LANE_RESERVE;
    TELL_STACK(low, top);
    lane->foot = top; /* the loop at the foot keeps nothing on the stack but return addresses */
}

bool lane_open(const struct lanes *lanes, const struct lane *lane)
{
    return !os_open(lane->stack.low, lanes->stride - LANE_GUARD);
}

int lanes_create(struct lanes *lanes, size_t count, size_t open, size_t stack_size)
{
    size_t size = align_up(stack_size, os_page_size());
    *lanes = (struct lanes){.count = count, .stride = LANE_GUARD + size};
    lanes->all = calloc(count, sizeof *lanes->all);
    if (!lanes->all)
        return -ENOMEM;
    lanes->memory = os_reserve_closed(count * lanes->stride);
    if (!lanes->memory)
        goto no_memory;
    for (size_t i = 0; i < count; i++) {
        lane_init(&lanes->all[i], lanes->memory + i * lanes->stride + LANE_GUARD, size, i);
        if (i < open && !lane_open(lanes, &lanes->all[i]))
            goto no_stack;
    }
    return 0;

no_stack:
    os_release(lanes->memory, count * lanes->stride);
no_memory:
    free(lanes->all);
    lanes->all = NULL;
    return -ENOMEM;
}

void lanes_destroy(struct lanes *lanes)
{
    if (!lanes->all)
        return;
    for (size_t i = 0; i < lanes->count; i++)
        ctx_forget(lanes->all[i].stack.low, lanes->all[i].stack.size);
    os_release(lanes->memory, lanes->count * lanes->stride);
    free(lanes->all);
    *lanes = (struct lanes){0};
}

struct lane *lanes_guard_hit(struct lanes *lanes, const void *address)
{
    uintptr_t at = (uintptr_t)address, start = (uintptr_t)lanes->memory;
    if (at < start || at >= start + lanes->count * lanes->stride)
        return NULL;
    size_t offset = at - start;
    return offset % lanes->stride < LANE_GUARD ? &lanes->all[offset / lanes->stride] : NULL;
}

/* Who is at home keeps a block that is not larger than this: many are a little deeper at every other turn. */
enum { FRAMES_KEPT = 4 * FRAMES_HOME };

/* A block is exchanged when it is too small, or when more than half of it is idle:
 * a process that was deep once must not hold a deep block for ever. */
static bool fits_closely(const struct frames *f, uint32_t size)
{
    return size <= f->room && f->room <= 2 * size + 64;
}

static NOINLINE bool exchange_block(struct frames *f, uint32_t size)
{
    size_t room = memory_good_size(size);
    void *block = memory_alloc(room);
    if (!block)
        return size <= f->room; /* too large a block is better than none */
    frames_drop(f);
    *f = (struct frames){.block = block, .room = (uint32_t)room};
    return true;
}

bool frames_save(struct frames *f, void *home, const struct lane *lane, const void *sp)
{
    ASSERT((const char *)sp >= (const char *)lane->stack.low && (const char *)sp < lane->foot);
    uint32_t size = (uint32_t)(lane->foot - (const char *)sp);
    if (size <= FRAMES_HOME) {
        if (UNLIKELY(f->room > FRAMES_KEPT))
            frames_drop(f);
        ctx_copy(home, sp, size);
        return true;
    }
    if (UNLIKELY(!fits_closely(f, size)) && !exchange_block(f, size))
        return false;
    ctx_copy(f->block, sp, size);
    return true;
}

void frames_load(const struct frames *f, const void *home, const struct lane *lane, void *sp)
{
    size_t size = (size_t)(lane->foot - (char *)sp);
    TELL_USABLE(sp, size);
    ctx_copy(sp, frames_bytes(f, home, size), size);
}

void frames_drop(struct frames *f)
{
    if (f->block)
        memory_free(f->block, f->room);
    *f = (struct frames){0};
}
