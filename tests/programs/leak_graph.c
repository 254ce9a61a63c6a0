/* What leaked blocks are to each other: a tree, a ring, a ring with a tail, two trees that share, a
block that points to itself, a list of a million. Each is told by its stack with what only it holds.
// build: -O0
// expect: memory-leak count=1 bytes=64 indirect=6 leak=direct function=tree
// expect: memory-leak count=1 bytes=64 indirect=2 leak=direct function=ring
// expect: memory-leak count=1 bytes=64 indirect=4 leak=direct function=ring_with_tail
// expect: memory-leak count=2 bytes=128 indirect=1 leak=direct function=shared
// expect: memory-leak count=1 bytes=64 indirect=0 leak=direct function=itself
// expect: memory-leak count=1 bytes=64 indirect=999999 leak=direct function=long_list
// expect: memory-leak count=10 bytes=240 indirect=0 leak=direct function=small_ones
// expect: memory-leak count=1 bytes=64 indirect=1 leak=direct function=inside
// expect: memory-leak count=1 bytes=64 indirect=0 leak=direct function=just_behind
// expect: memory-leak count=1 bytes=64 indirect=0 leak=direct function=just_behind
*/
#include <stdlib.h>
#include <string.h>

struct node {
    struct node *links[8];
};

static struct node *make(void)
{
    return calloc(1, sizeof(struct node));
}

static void tree(void)
{
    struct node *root = make();
    for (int i = 0; i < 2; i++) {
        root->links[i] = make();
        for (int k = 0; k < 2; k++)
            root->links[i]->links[k + 3] = make();
    }
}

static void ring(void)
{
    struct node *first = make(), *last = first;
    for (int i = 0; i < 2; i++) {
        last->links[0] = make();
        last = last->links[0];
    }
    last->links[0] = first;
}

/* The tail is made first, so that it has the lower address; it must not be taken for the holder. */
static void ring_with_tail(void)
{
    struct node *tail = make();
    tail->links[0] = make();
    struct node *first = make();
    first->links[0] = make();
    first->links[0]->links[0] = make();
    first->links[0]->links[0]->links[0] = first;
    first->links[0]->links[1] = tail;
}

static void shared(void)
{
    struct node *both = make();
    for (int i = 0; i < 2; i++)
        make()->links[i] = both;
}

static void itself(void)
{
    struct node *node = make();
    node->links[7] = node;
}

static void long_list(void)
{
    struct node *list = NULL;
    for (int i = 0; i < 1000000; i++) {
        struct node *node = make();
        node->links[0] = list;
        list = node;
    }
}

/* As large as their chunks: the allocator's own pointers to the next chunk lie inside them. */
static void small_ones(void)
{
    for (int i = 0; i < 10; i++) {
        void *volatile lost = malloc(24);
        memset(lost, 0, 24);
        free(malloc(200));
    }
}

static void inside(void)
{
    struct node *node = make();
    node->links[0] = (struct node *)((char *)make() + 63);
}

/* One past the end is no pointer into it. */
static void just_behind(void)
{
    struct node *node = make();
    node->links[0] = make() + 1;
}

/* Leaves no old pointers in registers or below. */
static void clear(void)
{
    volatile char room[16384];
    memset((char *)room, 0, sizeof room);
}

int main(void)
{
    tree();
    ring();
    ring_with_tail();
    shared();
    itself();
    long_list();
    small_ones();
    inside();
    just_behind();
    clear();
    return 0;
}
