/* compile.h - the steps of a pattern, from its text. */
#ifndef DATA_COMPILE_H
#define DATA_COMPILE_H

#include "data/pattern.h"

/* NULL: *error says why. Any thread. What it needs, it has: literals live in it. */
struct pattern *pattern_compile(const char *text, size_t length, struct text_error *error);
void pattern_free(struct pattern *);

#endif
