/* table.h - a hash table that grows and shrinks by one bucket at a time.
 *
 * However many entries there are, none of the operations moves more than those of one
 * bucket, so nobody who waits for the table waits long. Entries lie in what they find; the
 * buckets are a reserved range of addresses, of which only what is used has memory.
 * After W. Litwin, Linear hashing, 1980. */
#ifndef DATA_TABLE_H
#define DATA_TABLE_H

#include "base/base.h"

struct table_entry {
    struct table_entry *next;
    uint64_t key;
};

struct table {
    struct table_entry **buckets; /* NULL: nothing was ever added */
    size_t count;                 /* entries */
    size_t size, half;            /* buckets in use: half < size <= 2 * half; half is a power of two */
};

/* e->key is set, and is not in there. False: no address space. */
bool table_add(struct table *, struct table_entry *e);
/* NULL: it is not in there. */
struct table_entry *table_find(const struct table *, uint64_t key);
/* It is in there. */
void table_remove(struct table *, struct table_entry *e);
/* Any; NULL: none is left. For taking all out. */
struct table_entry *table_any(const struct table *);
void table_fini(struct table *);

#endif
