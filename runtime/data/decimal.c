/* decimal.c - see decimal.h. */
#include "data/decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- natural numbers of a thousand bits ---- */

/* The largest is 10 * 2^1024 or so, or 4 * 2^1074. */
enum { NATURAL_WORDS = 36 };

struct natural {
    int count; /* words; the last of them is not 0 */
    uint32_t words[NATURAL_WORDS];
};

/* n * 2^shift */
static struct natural natural_shifted(uint64_t n, int shift)
{
    struct natural a = {.count = 0};
    int low = shift / 32;
    unsigned __int128 wide = (unsigned __int128)n << shift % 32;
    memset(a.words, 0, sizeof a.words);
    for (a.count = low; wide; wide >>= 32)
        a.words[a.count++] = (uint32_t)wide;
    return a;
}

static void natural_multiply(struct natural *a, uint32_t by)
{
    uint64_t carry = 0;
    for (int i = 0; i < a->count; i++) {
        carry += (uint64_t)a->words[i] * by;
        a->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        a->words[a->count++] = (uint32_t)carry;
    ASSERT(a->count <= NATURAL_WORDS);
}

static void natural_multiply_power_of_10(struct natural *a, int power)
{
    for (; power >= 9; power -= 9)
        natural_multiply(a, 1000000000);
    for (; power > 0; power--)
        natural_multiply(a, 10);
}

static struct natural natural_sum(const struct natural *a, const struct natural *b)
{
    struct natural sum = {.count = a->count > b->count ? a->count : b->count};
    uint64_t carry = 0;
    for (int i = 0; i < sum.count; i++) {
        carry += (uint64_t)(i < a->count ? a->words[i] : 0) + (i < b->count ? b->words[i] : 0);
        sum.words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        sum.words[sum.count++] = (uint32_t)carry;
    ASSERT(sum.count <= NATURAL_WORDS);
    return sum;
}

/* a -= b, which is not larger. */
static void natural_subtract(struct natural *a, const struct natural *b)
{
    int64_t borrow = 0;
    for (int i = 0; i < a->count; i++) {
        borrow += (int64_t)a->words[i] - (i < b->count ? b->words[i] : 0);
        a->words[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    while (a->count && !a->words[a->count - 1])
        a->count--;
}

static int natural_compare(const struct natural *a, const struct natural *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (int i = a->count - 1; i >= 0; i--)
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i] ? -1 : 1;
    return 0;
}

/* ---- the fewest digits ----
 * The double is r / s * 10^point. What lies between (r - below) / s and (r + above) / s
 * reads back as the same; the borders too, if its last bit is 0 (`even`). */

struct shortest {
    struct natural r, s, below, above;
    int point;
    bool even;
};

enum { MANTISSA_BITS = 52, EXPONENT_LEAST = -1074 };

static void shortest_init(struct shortest *x, uint64_t mantissa, int exponent)
{
    /* Below a power of 2 doubles lie closer together. */
    int uneven = mantissa == UINT64_C(1) << MANTISSA_BITS && exponent > EXPONENT_LEAST;
    int up = exponent > 0 ? exponent : 0, down = exponent < 0 ? -exponent : 0;
    x->even = mantissa % 2 == 0;
    x->r = natural_shifted(mantissa, up + 1 + uneven);
    x->s = natural_shifted(1, down + 1 + uneven);
    x->above = natural_shifted(1, up + uneven);
    x->below = natural_shifted(1, up);
}

/* Does r + above reach the next whole number? */
static bool shortest_reaches(const struct shortest *x)
{
    struct natural high = natural_sum(&x->r, &x->above);
    return natural_compare(&high, &x->s) > -x->even;
}

static void shortest_times_10(struct shortest *x)
{
    natural_multiply(&x->r, 10);
    natural_multiply(&x->above, 10);
    natural_multiply(&x->below, 10);
}

/* So that r / s is the first digit and what follows it. The logarithm is estimated from
 * the number of bits, and is right or one too small. */
static void shortest_scale(struct shortest *x, int bits)
{
    double estimate = (bits - 1) * 0.30102999566398114 - 1e-10;
    int power = (int)estimate + (estimate > (int)estimate);
    if (power >= 0) {
        natural_multiply_power_of_10(&x->s, power);
    } else {
        natural_multiply_power_of_10(&x->r, -power);
        natural_multiply_power_of_10(&x->above, -power);
        natural_multiply_power_of_10(&x->below, -power);
    }
    x->point = power + shortest_reaches(x);
    if (x->point == power)
        shortest_times_10(x);
}

/* r / s, and r becomes the rest. */
static int shortest_digit(struct shortest *x)
{
    int digit = 0;
    for (; natural_compare(&x->r, &x->s) >= 0; digit++)
        natural_subtract(&x->r, &x->s);
    return digit;
}

/* The last digit, or the one above it: whichever is closer, of those that are within the borders. */
static int shortest_last(struct shortest *x, int digit, bool low, bool high)
{
    if (!low || !high)
        return digit + high;
    natural_multiply(&x->r, 2);
    int half = natural_compare(&x->r, &x->s);
    return digit + (half > 0 || (half == 0 && digit % 2));
}

static void shortest_digits(struct shortest *x, struct decimal *out)
{
    for (out->count = 0;; shortest_times_10(x)) {
        int digit = shortest_digit(x);
        bool low = natural_compare(&x->r, &x->below) < x->even, high = shortest_reaches(x);
        ASSERT(out->count < (int)sizeof out->digits);
        if (low || high) {
            out->digits[out->count++] = (char)('0' + shortest_last(x, digit, low, high));
            return;
        }
        out->digits[out->count++] = (char)('0' + digit);
    }
}

void decimal_shortest(double d, struct decimal *out)
{
    struct shortest x;
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    uint64_t mantissa = bits & ((UINT64_C(1) << MANTISSA_BITS) - 1);
    int exponent = (int)(bits >> MANTISSA_BITS & 0x7ff);
    if (exponent)
        mantissa |= UINT64_C(1) << MANTISSA_BITS;
    else
        exponent = 1; /* subnormal */
    exponent += EXPONENT_LEAST - 1;
    shortest_init(&x, mantissa, exponent);
    shortest_scale(&x, 64 - __builtin_clzll(mantissa) + exponent);
    shortest_digits(&x, out);
    out->point = x.point;
}

/* ---- and back ---- */

double decimal_value(const char *digits, size_t n, long exponent)
{
    char text[DECIMAL_DIGITS_MOST + 32];
    ASSERT(n <= DECIMAL_DIGITS_MOST);
    memcpy(text, digits, n);
    snprintf(text + n, sizeof text - n, "e%ld", exponent);
    return strtod(text, NULL);
}
