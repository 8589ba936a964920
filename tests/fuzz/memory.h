/* memory.h - an allocator that has enough for so many allocations only.
 * Beside base/memory.h, whose promise memory.c keeps here. */
#ifndef FUZZ_MEMORY_H
#define FUZZ_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* From now on `n` allocations, and none after that. */
void memory_limit(size_t n);

/* Has one been refused? */
bool memory_is_scarce(void);

#endif
