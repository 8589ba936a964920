/* atom.c - a hash table that readers use without a lock.
 *
 * Slots hold index + 1 (0: free) and only ever go from free to taken, with release;
 * a reader that meets a free slot knows that the text was not there at that moment,
 * and takes the lock to look again and add it. Texts hang off a second table by
 * index. Both tables and the texts are reserved at their full size at first use
 * (address space only) and never move. Linear probing; at most half full. */
#include "data/atom.h"

#include <stdatomic.h>
#include <string.h>

#include "base/lock.h"
#include "base/os.h"

enum { SLOTS = 2 * ATOM_MAX, TEXT_BYTES = ATOM_MAX * 128 };

struct name {
    uint32_t length;
    char bytes[];
};

static struct lock atoms_lock;
static _Atomic(_Atomic uint32_t *) slots;   /* SLOTS of them */
static _Atomic(struct name *) *texts;       /* ATOM_MAX of them; published with slots */
static _Atomic uint32_t count;
static char *text_space, *text_end; /* where texts lie, end to end; under the lock */

static const char *const predefined[] = {
#define ATOM_NAME(name) #name,
    ATOM_LIST(ATOM_NAME)
#undef ATOM_NAME
};

static uint32_t hash(const char *text, size_t length)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)text[i]) * 16777619u;
    return h;
}

/* Number of characters, or -1 if the bytes are not UTF-8 (RFC 3629: no surrogates,
 * no overlong forms, nothing above U+10FFFF). */
static long utf8_length(const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text, *end = s + length;
    long n = 0;
    for (; s < end; n++) {
        unsigned c = *s++;
        if (c < 0x80)
            continue;
        int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
        if (c < 0xc2 || c > 0xf4 || end - s < more)
            return -1;
        uint32_t point = c & (0x3fu >> more);
        for (int i = 0; i < more; i++) {
            if ((*s & 0xc0) != 0x80)
                return -1;
            point = point << 6 | (*s++ & 0x3f);
        }
        if ((more == 2 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) ||
            (more == 3 && (point < 0x10000 || point > 0x10ffff)))
            return -1;
    }
    return n;
}

/* The slot where this text is, or the free one where it would go. *index is -1 then. */
static _Atomic uint32_t *probe(_Atomic uint32_t *table, const char *text, size_t length, long *index)
{
    for (uint32_t i = hash(text, length);; i++) {
        _Atomic uint32_t *slot = &table[i % SLOTS];
        /* acquire: sees the text; pairs with the release in add_locked(). */
        uint32_t value = atomic_load_explicit(slot, memory_order_acquire);
        if (!value) {
            *index = -1;
            return slot;
        }
        struct name *t = atomic_load_explicit(&texts[value - 1], memory_order_relaxed);
        if (t->length == length && !memcmp(t->bytes, text, length)) {
            *index = (long)value - 1;
            return slot;
        }
    }
}

static term add_locked(_Atomic uint32_t *slot, const char *text, size_t length, bl_error *error)
{
    uint32_t index = atomic_load_explicit(&count, memory_order_relaxed); /* we hold the lock */
    *error = BL_ELIMIT;
    size_t size = align_up(sizeof(struct name) + length + 1, 4);
    if (index == ATOM_MAX || size > (size_t)(text_end - text_space))
        return TERM_NONE;
    struct name *t = (struct name *)text_space;
    text_space += size;
    t->length = (uint32_t)length;
    memcpy(t->bytes, text, length);
    t->bytes[length] = 0;
    atomic_store_explicit(&texts[index], t, memory_order_relaxed);
    /* release: publishes the text; pairs with atom_text(). */
    atomic_store_explicit(&count, index + 1, memory_order_release);
    /* release: publishes the text; pairs with probe(). */
    atomic_store_explicit(slot, index + 1, memory_order_release);
    *error = BL_OK;
    return term_atom(index);
}

static _Atomic uint32_t *create_locked(void)
{
    _Atomic uint32_t *table = os_reserve(SLOTS * sizeof *table);
    texts = os_reserve(ATOM_MAX * sizeof *texts);
    text_space = os_reserve(TEXT_BYTES);
    if (!table || !texts || !text_space)
        return NULL;
    text_end = text_space + TEXT_BYTES;
    for (size_t i = 0; i < ATOM_PREDEFINED; i++) {
        long index;
        bl_error error;
        _Atomic uint32_t *slot = probe(table, predefined[i], strlen(predefined[i]), &index);
        if (!add_locked(slot, predefined[i], strlen(predefined[i]), &error))
            return NULL;
    }
    /* release: publishes `texts` and the predefined atoms; pairs with table_get(). */
    atomic_store_explicit(&slots, table, memory_order_release);
    return table;
}

static _Atomic uint32_t *table_get(void)
{
    _Atomic uint32_t *table = atomic_load_explicit(&slots, memory_order_acquire);
    if (LIKELY(table))
        return table;
    lock_acquire(&atoms_lock);
    table = atomic_load_explicit(&slots, memory_order_relaxed); /* the lock orders it */
    if (!table)
        table = create_locked();
    lock_release(&atoms_lock);
    return table;
}

static term intern(_Atomic uint32_t *table, const char *text, size_t length, bl_error *error)
{
    long index;
    *error = BL_OK;
    probe(table, text, length, &index);
    if (index >= 0)
        return term_atom((uint32_t)index);
    lock_acquire(&atoms_lock);
    _Atomic uint32_t *slot = probe(table, text, length, &index);
    term t = index >= 0 ? term_atom((uint32_t)index) : add_locked(slot, text, length, error);
    lock_release(&atoms_lock);
    return t;
}

term atom_intern(const char *text, size_t length, bl_error *error)
{
    long characters = utf8_length(text, length);
    *error = BL_EINVAL;
    if (characters < 0 || characters > ATOM_LENGTH_MAX)
        return TERM_NONE;
    _Atomic uint32_t *table = table_get();
    *error = BL_ENOMEM;
    return table ? intern(table, text, length, error) : TERM_NONE;
}

const char *atom_text_of(term t, size_t *length)
{
    *length = 0;
    /* The predefined atoms may be asked for before the table exists. */
    if (!term_is_atom(t) || !table_get())
        return NULL;
    /* acquire: sees the text; pairs with the release in add_locked(). */
    uint32_t index = term_atom_index(t), n = atomic_load_explicit(&count, memory_order_acquire);
    if (index >= n)
        return NULL;
    const struct name *name = atomic_load_explicit(&texts[index], memory_order_relaxed);
    *length = name->length;
    return name->bytes;
}
