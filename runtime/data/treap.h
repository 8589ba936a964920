/* treap.h - a search tree that needs no memory of its own.
 *
 * A node lies in what it finds: a link, a monitor. Keys are words, each at most once.
 * In the order of keys it is a search tree, in the order of a hash of the keys a heap, so
 * its shape depends on the keys alone and is as good as chance makes it: all operations
 * cost O(log n), one node costs nothing, and nothing can fail. Nobody recurses.
 * After R. Seidel and C. Aragon, Randomized search trees, 1996. */
#ifndef DATA_TREAP_H
#define DATA_TREAP_H

#include "base/base.h"

struct treap_node {
    struct treap_node *left, *right;
    uint64_t key;
};

struct treap {
    struct treap_node *root;
    size_t count;
};

/* NULL: there is none. */
struct treap_node *treap_find(const struct treap *, uint64_t key);
/* The least key of at least `key`; NULL: there is none. */
struct treap_node *treap_from(const struct treap *, uint64_t key);
/* n->key is set, and is not in there. */
void treap_add(struct treap *, struct treap_node *n);
/* n is in there. */
void treap_remove(struct treap *, struct treap_node *n);
/* Any, which is not in there any more; NULL: it is empty. */
struct treap_node *treap_pop(struct treap *);

#endif
