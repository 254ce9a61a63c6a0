/*
 * Which locks were waited for while which were held: the memory behind lock-order.
 *
 *   node   a lock that was held with others, by its id
 *   edge   from a lock that was held to one that was waited for meanwhile
 *   use    one such wait: thread, all locks held, where, when in the lineage of threads. It belongs
 *          to as many edges as it held locks.
 *
 * Nodes that can reach each other are one component; only edges inside of one can be part of a
 * cycle. Components are kept in an order in which all edges between them point forward (Pearce and
 * Kelly, "A dynamic topological sort algorithm for directed acyclic graphs", 2006), so that an edge
 * that fits in, as most do, is added without a search.
 *
 * Memory: GRAPH_BYTES at most. When they are used up, locks that are no more are forgotten; when
 * that is not enough, no more is added and UNOBSERVED_LOCK_ORDERS is said. So it is when searches
 * have taken too long.
 *
 * All of it under LOCK_ORDER.
 */
#ifndef HOLDFAST_DETECT_LOCK_GRAPH_H
#define HOLDFAST_DETECT_LOCK_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "state/held.h"
#include "state/sync.h"
#include "state/thread.h"

#define GRAPH_BYTES (64u << 20)

/* Uses kept of one edge: enough that of two sides each meets a recent one of the other. Of those
   with many locks, which are long, fewer. */
#define USES_MOST      8u
#define USES_MOST_LONG 2u
#define LONG_USE       16u /* locks held */

struct use_held {
    uint32_t id, stack;
    uint32_t mode; /* enum held_mode */
};
struct use {
    uint32_t edges; /* that it belongs to */
    uint32_t thread;
    uint32_t stack;              /* where the lock was taken */
    uint32_t mode;               /* enum held_mode: how */
    struct thread_clock lineage; /* now and known, of which it has a reference */
    uint32_t count, room;
    struct use_held held[];
};

struct edge {
    struct node *from, *to;
    struct edge *next_out, *next_in, *next_hash;
    uint32_t count, oldest; /* uses; which of the later half goes next */
    struct use *uses[USES_MOST];
};

struct node {
    uint32_t id;
    uint16_t kind;
    uint64_t address;
    uint32_t init_stack;
    struct sync *sync; /* is this lock while its id is the same */
    struct node *next_hash;
    struct edge *out, *in;
    /* Component. Its first member, whose order and mark count; the next member. */
    struct node *component, *next_member;
    uint32_t order;
    uint32_t mark;
};

/* NULL when there is no room: then nothing more is added (graph_is_full()). */
struct node *graph_node(struct sync *lock);
struct node *graph_find(uint32_t id);
struct edge *graph_edge(struct node *from, struct node *to);

/* The use of self taking a lock in this mode while it holds what it holds. */
struct use *graph_use(const struct thread *self, enum held_mode mode, uint32_t stack);

/* One more reference to a use, which replaces an older one when the edge has enough. */
void graph_add(struct edge *edge, struct use *use);

/* Gives back one that no edge took. */
void graph_drop(struct use *use);

static inline bool edge_in_cycle(const struct edge *edge)
{
    return edge->from->component == edge->to->component;
}

bool graph_start(void);
bool graph_is_full(void);

/* Before so many steps of a search for the place of a new edge: has the graph taken its share of
   the program's time? Then nothing more is added either. A second's worth: only a program that
   takes thousands of locks in ever other combinations comes near it. */
bool graph_tired(uint32_t steps);
void graph_after_fork(void);

#endif
