/* A process finds its stack as it left it: deep or shallow, wherever it was meanwhile. */
#include "support/law.h"
#include "support/random.h"

static int crowd; /* how many share the lanes */
static int turns;

static bl_pid crowd_of[100000];

static void run_crowd(bl_function *function)
{
    for (int i = 0; i < crowd; i++)
        crowd_of[i] = spawn(function, i);
    for (int i = 0; i < crowd; i++)
        cr_assert(ended_well(crowd_of[i]));
}

static uint64_t evictions(void)
{
    bl_stats s;
    bl_get_stats(&s);
    return s.evictions;
}

/* ---- local arrays ---- */

static unsigned char pattern(int64_t id, int level, int i)
{
    return (unsigned char)(id * 31 + level * 7 + i);
}

/* `levels` frames of 100 bytes, each filled before giving way and checked after. */
static int64_t descend(int64_t id, int level, int levels)
{
    volatile unsigned char mine[100];
    for (int i = 0; i < 100; i++)
        mine[i] = pattern(id, level, i);
    if (level % 8 == 0)
        bl_yield();
    int64_t below = level < levels ? descend(id, level + 1, levels) : 0;
    if (level % 8 == 4)
        bl_yield();
    for (int i = 0; i < 100; i++)
        CLAIM(mine[i] == pattern(id, level, i));
    return below + 1;
}

static void dive(bl_term id)
{
    for (int i = 0; i < turns; i++) {
        int levels = (int)(bl_to_int(id) * 7 + i) % 60;
        CLAIM(descend(bl_to_int(id), 0, levels) == levels + 1);
    }
}

LAW(stacks, frames_are_intact_after_others_had_the_lane)
{
    crowd = live(1000);
    turns = rounds(40);
    run_crowd(dive);
    cr_assert_gt(evictions(), 0, "that was the point");
}

static void hold_with_lanes(unsigned schedulers, unsigned lanes)
{
    start_with((bl_options){.schedulers = schedulers, .lanes = lanes});
    crowd = 50;
    turns = rounds(200);
    run_crowd(dive);
    cr_assert_gt(evictions(), 0);
    stop();
}

Test(stacks, frames_are_intact_on_one_lane) { hold_with_lanes(1, 1); }
Test(stacks, frames_are_intact_on_two_lanes) { hold_with_lanes(1, 2); }
Test(stacks, frames_are_intact_on_three_lanes) { hold_with_lanes(1, 3); }
Test(stacks, frames_are_intact_on_one_lane_each_of_two) { hold_with_lanes(2, 1); }
Test(stacks, frames_are_intact_on_two_lanes_each_of_four) { hold_with_lanes(4, 2); }

/* Each has a lane to itself, and nothing is copied. */
Test(stacks, frames_of_few_stay_where_they_are)
{
    cr_assert_eq(bl_start(&(bl_options){.schedulers = 1, .max_processes = TABLE}), BL_OK); /* as many lanes as there are by default */
    crowd = 100;
    turns = rounds(40);
    run_crowd(dive);
    cr_assert_eq(evictions(), 0);
    stop();
}

/* ---- pointers into one's own stack stay good ---- */

struct list {
    struct list *next;
    int64_t value;
};

static int64_t build_list(struct list *so_far, int64_t left)
{
    struct list mine = {so_far, left};
    bl_yield();
    if (left > 0)
        return build_list(&mine, left - 1);
    int64_t sum = 0;
    for (struct list *l = &mine; l; l = l->next)
        sum += l->value;
    return sum;
}

static void list_on_the_stack(bl_term id)
{
    (void)id;
    CLAIM(build_list(NULL, 100) == 5050);
}

LAW(stacks, pointers_to_locals_stay_good)
{
    crowd = live(500);
    run_crowd(list_on_the_stack);
}

/* ---- deep ---- */

enum { DEEP = 200 * 1024 };

/* Down to DEEP bytes below `top`, however large the compiler makes a frame. */
static uint64_t deep(int64_t id, uint64_t level, const volatile char *top)
{
    volatile uint64_t frame[16];
    for (uint64_t i = 0; i < 16; i++)
        frame[i] = (uint64_t)id << 32 | (level * 16 + i);
    bool bottom = top - (const volatile char *)frame > DEEP;
    uint64_t depth = bottom ? level : deep(id, level + 1, top);
    if (bottom)
        for (int i = 0; i < 5; i++)
            bl_yield();
    for (uint64_t i = 0; i < 16; i++)
        CLAIM(frame[i] == ((uint64_t)id << 32 | (level * 16 + i)));
    return depth;
}

static void two_hundred_kilobytes(bl_term id)
{
    volatile char top = 0;
    for (int i = 0; i < turns; i++)
        CLAIM(deep(bl_to_int(id), 0, &top) > 100);
}

static void big_locals(bl_term id)
{
    volatile unsigned char big[200 * 1024];
    for (int t = 0; t < turns; t++) {
        for (size_t i = 0; i < sizeof big; i += 97)
            big[i] = pattern(bl_to_int(id), t, (int)i);
        bl_yield();
        for (size_t i = 0; i < sizeof big; i += 97)
            CLAIM(big[i] == pattern(bl_to_int(id), t, (int)i));
    }
}

LAW(stacks, two_hundred_kilobytes_in_many_frames)
{
    crowd = live(100);
    turns = rounds(20);
    run_crowd(two_hundred_kilobytes);
}

LAW(stacks, two_hundred_kilobytes_in_one_frame)
{
    crowd = live(100);
    turns = rounds(20);
    run_crowd(big_locals);
}

static void shallow(bl_term id)
{
    for (int i = 0; i < turns * 20; i++) {
        volatile int64_t mine = bl_to_int(id) + i;
        bl_yield();
        CLAIM(mine == bl_to_int(id) + i);
    }
}

static void deep_or_shallow(bl_term id)
{
    if (bl_to_int(id) % 10)
        shallow(id);
    else
        two_hundred_kilobytes(id);
}

LAW(stacks, the_deep_and_the_shallow_share_lanes)
{
    crowd = live(400);
    turns = rounds(10);
    run_crowd(deep_or_shallow);
}

/* ---- being evicted in the middle of each call that may block ---- */

static void relay(bl_term id)
{
    int me = (int)bl_to_int(id);
    for (int i = 0; i < turns; i++) {
        volatile unsigned char mine[300];
        for (int j = 0; j < 300; j++)
            mine[j] = pattern(me, i, j);
        int64_t token = receive();
        for (int j = 0; j < 300; j++)
            CLAIM(mine[j] == pattern(me, i, j));
        send(crowd_of[(me + 1) % crowd], token + 1);
    }
}

LAW(stacks, frames_are_intact_in_a_ring_of_receivers)
{
    crowd = live(500);
    turns = rounds(100);
    for (int i = 0; i < crowd; i++)
        crowd_of[i] = spawn(relay, i);
    for (int i = 0; i < 10; i++)
        send(crowd_of[i * (crowd / 10)], 0); /* ten tokens, else schedulers sleep most of the time */
    /* Each passes on as many as it takes, so the last tokens run into the dead: that is fine. */
    for (int i = 0; i < crowd; i++)
        cr_assert(ended_well(crowd_of[i]));
}

/* ---- registers ---- */

/* More values alive over a call than there are registers that a callee must keep. */
static void keep_registers(bl_term id)
{
    uint64_t s = (uint64_t)bl_to_int(id) * 1000003 + 1;
    uint64_t a = s, b = s * 3, c = s * 5, d = s * 7, e = s * 11, f = s * 13, g = s * 17, h = s * 19;
    double x = (double)bl_to_int(id) + 0.5, y = x * 3, z = x * 5, u = x * 7, v = x * 11, w = x * 13;
    for (int i = 0; i < turns; i++) {
        bl_yield();
        a += 1, b += a, c ^= b, d += c, e ^= d, f += e, g ^= f, h += g;
        x += 1, y += x, z -= y, u += z / 1024, v -= u / 1024, w += v / 1024;
    }
    uint64_t a2 = s, b2 = s * 3, c2 = s * 5, d2 = s * 7, e2 = s * 11, f2 = s * 13, g2 = s * 17, h2 = s * 19;
    double x2 = (double)bl_to_int(id) + 0.5, y2 = x2 * 3, z2 = x2 * 5, u2 = x2 * 7, v2 = x2 * 11, w2 = x2 * 13;
    for (int i = 0; i < turns; i++) {
        a2 += 1, b2 += a2, c2 ^= b2, d2 += c2, e2 ^= d2, f2 += e2, g2 ^= f2, h2 += g2;
        x2 += 1, y2 += x2, z2 -= y2, u2 += z2 / 1024, v2 -= u2 / 1024, w2 += v2 / 1024;
    }
    CLAIM(a == a2 && b == b2 && c == c2 && d == d2 && e == e2 && f == f2 && g == g2 && h == h2);
    CLAIM(x == x2 && y == y2 && z == z2 && u == u2 && v == v2 && w == w2);
}

LAW(stacks, values_in_registers_survive_a_switch)
{
    crowd = live(200);
    turns = rounds(500);
    run_crowd(keep_registers);
}

/* Each register that the ABI makes a callee keep, by name. */
#if defined(__x86_64__)
#define EACH_KEPT(X) X(rbx) X(r12) X(r13) X(r14) X(r15)
#define EACH_KEPT_FLOAT(X)
#elif defined(__aarch64__)
#define EACH_KEPT(X) X(x19) X(x20) X(x21) X(x22) X(x23) X(x24) X(x25) X(x26) X(x27) X(x28)
#define EACH_KEPT_FLOAT(X) X(d8) X(d9) X(d10) X(d11) X(d12) X(d13) X(d14) X(d15)
#endif

static uint64_t named(const char *name, int64_t id)
{
    return (uint64_t)(name[0] * 7 + name[1] * 31 + (name[2] ? name[2] : 1) * 101) * (uint64_t)(id + 1);
}

static void keep_named_registers(bl_term id)
{
    int64_t me = bl_to_int(id);
    for (int i = 0; i < turns; i++) {
#define LOAD(r)                                                                                    \
    {                                                                                              \
        register uint64_t r##_ __asm__(#r) = named(#r, me);                                        \
        __asm__ volatile("" : "+r"(r##_));                                                         \
        bl_yield();                                                                                \
        __asm__ volatile("" : "+r"(r##_));                                                         \
        uint64_t kept = r##_;                                                                      \
        CLAIM(kept == named(#r, me));                                                              \
    }
#define LOAD_FLOAT(r)                                                                              \
    {                                                                                              \
        register double r##_ __asm__(#r) = (double)named(#r, me);                                  \
        __asm__ volatile("" : "+w"(r##_));                                                         \
        bl_yield();                                                                                \
        __asm__ volatile("" : "+w"(r##_));                                                         \
        double kept = r##_;                                                                        \
        CLAIM(kept == (double)named(#r, me));                                                      \
    }
        EACH_KEPT(LOAD)
        EACH_KEPT_FLOAT(LOAD_FLOAT)
    }
}

LAW(stacks, every_register_that_a_callee_keeps_is_kept)
{
    crowd = live(100);
    turns = rounds(200);
    run_crowd(keep_named_registers);
}

/* The stack of a process is as the ABI wants it: the C library may use its vector registers. */

static void print_a_lot(bl_term id)
{
    char text[200];
    for (int i = 0; i < turns; i++) {
        int n = snprintf(text, sizeof text, "%" PRId64 " %.3f %s %Lf", bl_to_int(id), 1.5 * i, "text", (long double)i);
        bl_yield();
        double number = 0;
        int64_t read = 0;
        CLAIM(n > 0 && sscanf(text, "%" SCNd64 " %lf", &read, &number) == 2);
        CLAIM(read == bl_to_int(id) && number == 1.5 * i);
    }
}

LAW(stacks, are_aligned_for_the_c_library)
{
    crowd = live(100);
    turns = rounds(200);
    run_crowd(print_a_lot);
}
