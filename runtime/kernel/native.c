/* native.c - see native.h. */
#include "kernel/native.h"

#include "base/memory.h"

struct native {
    struct native *next, **link;
    size_t size;
    max_align_t memory[];
};

void *native_alloc(struct heap *h, size_t size)
{
    struct native *n = size > SIZE_MAX / 2 ? NULL : memory_alloc(sizeof *n + size);
    if (!n)
        return NULL;
    n->size = size;
    n->next = h->natives;
    n->link = &h->natives;
    if (n->next)
        n->next->link = &n->next;
    h->natives = n;
    return n->memory;
}

void native_free(void *memory)
{
    struct native *n = CONTAINER_OF(memory, struct native, memory);
    *n->link = n->next;
    if (n->next)
        n->next->link = n->link;
    memory_free(n, sizeof *n + n->size);
}

bool native_drop_some(struct heap *h, int *left)
{
    for (; h->natives && *left; --*left)
        native_free(h->natives->memory);
    return !h->natives;
}

void native_drop(struct native **ring)
{
    while (*ring)
        native_free((*ring)->memory);
}

void native_move(struct native **to, struct native **from)
{
    *to = *from;
    *from = NULL;
    if (*to)
        (*to)->link = to;
}

term resource_make(struct heap *h, size_t size, void (*destroy)(void *))
{
    struct resource *r = size > SIZE_MAX / 2 ? NULL : memory_alloc(sizeof *r + size);
    if (!r)
        return TERM_NONE;
    term *payload, t = box_take(h, BOX_RESOURCE, 1, &payload);
    if (!t) {
        memory_free(r, sizeof *r + size);
        return t;
    }
    r->size = size;
    r->destroy = destroy;
    atomic_init(&r->references, 1);
    memset(r->object, 0, size);
    payload[0] = (term)(uintptr_t)r;
    heap_counts(h);
    return t;
}

void *resource_object(term t, void (*destroy)(void *))
{
    if (!term_is_kind(t, BOX_RESOURCE))
        return NULL;
    struct resource *r = resource_of(term_pointer(t));
    return r->destroy == destroy ? r->object : NULL;
}
