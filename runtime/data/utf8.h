/* utf8.h - characters as one to four bytes (RFC 3629: no surrogates, no overlong forms,
 * nothing above U+10FFFF). */
#ifndef DATA_UTF8_H
#define DATA_UTF8_H

#include "base/base.h"

enum { UTF8_LONGEST = 4, UTF8_BAD = -1 };

static inline bool utf8_is_character(uint32_t c)
{
    return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

/* The character at *at, and on to the next; UTF8_BAD: there is none. There must be a byte. */
static inline int32_t utf8_decode(const char **at, const char *end)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)*at;
    uint32_t c = *s++;
    int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || (const unsigned char *)end - s < more)
        return UTF8_BAD;
    if (more)
        c &= 0x3fu >> more;
    for (int i = 0; i < more; i++) {
        if ((*s & 0xc0) != 0x80)
            return UTF8_BAD;
        c = c << 6 | (*s++ & 0x3f);
    }
    if (c < least[more] || !utf8_is_character(c))
        return UTF8_BAD;
    *at = (const char *)s;
    return (int32_t)c;
}

/* Its bytes; how many. */
static inline unsigned utf8_encode(uint32_t c, char out[UTF8_LONGEST])
{
    unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (unsigned i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(n == 1 ? c : (0xf00u >> n & 0xf0) | c);
    return n;
}

#endif
