/* scale.h - how much a test does, by who is watching.
 * Sanitizers and emulators make everything slower. ThreadSanitizer also makes a shadow of
 * every stack (800 KB, whenever a process begins to run) and has room for a few thousand.
 * Tests say how much they would like; what is here says how much they get. */
#ifndef SUPPORT_SCALE_H
#define SUPPORT_SCALE_H

#if defined(__has_feature)
#define SCALE_HAS(feature) __has_feature(feature)
#else
#define SCALE_HAS(feature) 0
#endif

#if defined(TEST_HOSTILE) /* by tests/CMakeLists.txt: every call collects garbage */
enum { SLOWDOWN = 200, LIVE_MOST = 2000 };
#elif defined(__SANITIZE_THREAD__) || SCALE_HAS(thread_sanitizer)
enum { SLOWDOWN = 100, LIVE_MOST = 400 };
#elif defined(__SANITIZE_ADDRESS__) || SCALE_HAS(address_sanitizer)
enum { SLOWDOWN = 8, LIVE_MOST = 20000 };
#elif defined(TEST_EMULATED) /* by tests/CMakeLists.txt, when cross-compiling */
enum { SLOWDOWN = 20, LIVE_MOST = 5000 };
#else
enum { SLOWDOWN = 4, LIVE_MOST = 1 << 24 };
#endif

#if defined(__SANITIZE_ADDRESS__) || SCALE_HAS(address_sanitizer)
enum { KEEPS_WHAT_IS_FREED = 1 };
#else
enum { KEEPS_WHAT_IS_FREED = 0 };
#endif

#ifdef TEST_HOSTILE
enum { TEST_HOSTILE_BUILD = 1 };
#else
enum { TEST_HOSTILE_BUILD = 0 };
#endif

/* How many schedulers a law (law.h) is held with: 1, 2 and 4, but where that is slow only with those that say most.
 * ThreadSanitizer sees nothing in one thread; of the others, two see little that four do not. Where memory runs out and
 * is collected at each opportunity, each of them sees that as often. */
#if defined(TEST_HOSTILE)
#define SCALE_ON_1(...)
#define SCALE_ON_2(...)
#elif defined(__SANITIZE_THREAD__) || SCALE_HAS(thread_sanitizer)
#define SCALE_ON_1(...)
#define SCALE_ON_2(...) __VA_ARGS__
#elif defined(__SANITIZE_ADDRESS__) || SCALE_HAS(address_sanitizer) || defined(TEST_EMULATED)
#define SCALE_ON_1(...) __VA_ARGS__
#define SCALE_ON_2(...)
#else
#define SCALE_ON_1(...) __VA_ARGS__
#define SCALE_ON_2(...) __VA_ARGS__
#endif

/* n rounds, or fewer. */
static inline int rounds(int n)
{
    return n / SLOWDOWN > 0 ? n / SLOWDOWN : 1;
}

/* n processes alive at once that have a stack, or fewer. */
static inline int live(int n)
{
    return n < LIVE_MOST ? n : LIVE_MOST;
}

#endif
