/* decimal.h - doubles as digits.
 *
 * Out: the fewest decimal digits that read back as the same double, and of those the
 * closest. Steele and White's algorithm as R. Burger and R. Dybvig wrote it down in 1996:
 * produce digits exactly until what is left is less than half the distance to the next
 * double. It computes with integers of a thousand bits: a microsecond for everyday numbers,
 * ten for those with exponents of hundreds. Faster ones (Grisu, Ryu) need tables of ten
 * kilobytes.
 *
 * In: the nearest double, as the C library finds it. It is given no decimal point, which
 * locales write differently. */
#ifndef DATA_DECIMAL_H
#define DATA_DECIMAL_H

#include "base/base.h"

/* 0.ddd * 10^point; no leading and no trailing zeros. */
struct decimal {
    int count, point;
    char digits[17];
};

/* Of a finite d > 0. */
void decimal_shortest(double d, struct decimal *out);

/* Digits that matter: with so many, and a last one that is not 0 if any after them was
 * not, each double is the nearest to what it is the nearest to. */
enum { DECIMAL_DIGITS_MOST = 800 };

/* The double nearest to the integer of these digits * 10^exponent: n of them, at most
 * DECIMAL_DIGITS_MOST. Infinite, if there is none so large. */
double decimal_value(const char *digits, size_t n, long exponent);

#endif
