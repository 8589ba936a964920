/* text.h - bytes that somebody writes one piece after the other.
 *
 * A text grows with what is written, or lies in a buffer of its owner's; then what does
 * not fit is counted and left out, as snprintf() does it. Writers do not ask after each
 * piece whether there was memory: a text that once had none takes nothing any more, and
 * `failed` says so in the end. */
#ifndef DATA_TEXT_H
#define DATA_TEXT_H

#include <string.h>

#include "base/base.h"
#include "base/memory.h"

enum { TEXT_LEAST = 256 };

struct text {
    char *bytes;
    size_t count; /* written, or left out of a buffer that was too small */
    size_t room;
    bool fixed;  /* `bytes` is the owner's */
    bool failed; /* no memory */
};

static inline void text_init(struct text *t)
{
    *t = (struct text){0};
}

/* For a buffer of `size` bytes; NULL and 0: only to count. */
static inline void text_init_fixed(struct text *t, char *buffer, size_t size)
{
    *t = (struct text){.bytes = buffer, .room = size, .fixed = true};
}

static inline void text_fini(struct text *t)
{
    if (t->bytes && !t->fixed)
        memory_free(t->bytes, t->room);
}

/* Room for n more and a NUL; else it has failed. */
static COLD void text_grow(struct text *t, size_t n)
{
    size_t room = 2 * (t->count + n) + TEXT_LEAST;
    char *bytes = memory_alloc(room);
    if (!bytes) {
        t->failed = true;
        return;
    }
    if (t->count)
        memcpy(bytes, t->bytes, t->count);
    text_fini(t);
    t->bytes = bytes;
    t->room = room;
}

/* Write what fits. */
static COLD void text_add_fixed(struct text *t, const void *bytes, size_t n)
{
    if (t->count + 1 < t->room) {
        size_t fits = t->room - 1 - t->count;
        memcpy(t->bytes + t->count, bytes, n < fits ? n : fits);
    }
    t->count += n;
}

/* All of n bytes fit, and a NUL: write them there, and add n to t->count. NULL: not so. */
static inline char *text_place(struct text *t, size_t n)
{
    if (UNLIKELY(t->count + n >= t->room) && !t->fixed && !t->failed)
        text_grow(t, n);
    return t->failed || t->count + n >= t->room ? NULL : t->bytes + t->count;
}

static inline void text_add(struct text *t, const void *bytes, size_t n)
{
    char *to = text_place(t, n);
    if (LIKELY(to)) {
        memcpy(to, bytes, n);
        t->count += n;
    } else if (t->fixed) {
        text_add_fixed(t, bytes, n);
    }
}

static inline void text_add_char(struct text *t, char c)
{
    text_add(t, &c, 1);
}

static inline void text_add_string(struct text *t, const char *string)
{
    text_add(t, string, strlen(string));
}

static inline void text_add_spaces(struct text *t, size_t n)
{
    static const char spaces[] = "                                ";
    for (; n >= sizeof spaces; n -= sizeof spaces - 1)
        text_add(t, spaces, sizeof spaces - 1);
    text_add(t, spaces, n);
}

/* The text, NUL-terminated, until more is written; NULL: no memory, or no buffer. */
static inline char *text_string(struct text *t)
{
    if (!t->fixed && !text_place(t, 0))
        return NULL;
    if (t->room)
        t->bytes[t->count < t->room ? t->count : t->room - 1] = 0;
    return t->bytes;
}

#endif
