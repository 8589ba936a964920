/* treap.c - see treap.h. */
#include "data/treap.h"

/* Where in the heap order: the finalizer of MurmurHash3. */
static uint64_t rank(uint64_t key)
{
    key ^= key >> 33;
    key *= UINT64_C(0xff51afd7ed558ccd);
    key ^= key >> 33;
    key *= UINT64_C(0xc4ceb9fe1a85ec53);
    return key ^ key >> 33;
}

struct treap_node *treap_find(const struct treap *t, uint64_t key)
{
    struct treap_node *n = t->root;
    while (n && n->key != key)
        n = key < n->key ? n->left : n->right;
    return n;
}

struct treap_node *treap_from(const struct treap *t, uint64_t key)
{
    struct treap_node *best = NULL;
    for (struct treap_node *n = t->root; n;) {
        if (n->key < key) {
            n = n->right;
        } else {
            best = n;
            n = n->left;
        }
    }
    return best;
}

/* The nodes of `t`, none of which has this key: those below it, and those above. */
static void split(struct treap_node *t, uint64_t key, struct treap_node **below, struct treap_node **above)
{
    while (t) {
        if (t->key < key) {
            *below = t;
            below = &t->right;
            t = t->right;
        } else {
            *above = t;
            above = &t->left;
            t = t->left;
        }
    }
    *below = *above = NULL;
}

/* All of `below` is less than all of `above`. */
static void join(struct treap_node **root, struct treap_node *below, struct treap_node *above)
{
    while (below && above) {
        if (rank(below->key) > rank(above->key)) {
            *root = below;
            root = &below->right;
            below = below->right;
        } else {
            *root = above;
            root = &above->left;
            above = above->left;
        }
    }
    *root = below ? below : above;
}

static struct treap_node **link_to(struct treap *t, const struct treap_node *n)
{
    struct treap_node **link = &t->root;
    while (*link != n) {
        ASSERT(*link);
        link = n->key < (*link)->key ? &(*link)->left : &(*link)->right;
    }
    return link;
}

void treap_add(struct treap *t, struct treap_node *n)
{
    struct treap_node **link = &t->root;
    if (!*link) { /* most have none, or one */
        *link = n;
        n->left = n->right = NULL;
        t->count++;
        return;
    }
    uint64_t own = rank(n->key);
    while (*link && rank((*link)->key) >= own)
        link = n->key < (*link)->key ? &(*link)->left : &(*link)->right;
    split(*link, n->key, &n->left, &n->right);
    *link = n;
    t->count++;
}

void treap_remove(struct treap *t, struct treap_node *n)
{
    join(link_to(t, n), n->left, n->right);
    t->count--;
}

struct treap_node *treap_pop(struct treap *t)
{
    struct treap_node *n = t->root;
    if (n) {
        join(&t->root, n->left, n->right);
        t->count--;
    }
    return n;
}
