#include "detect/lock_graph.h"

#include "base/memory.h"
#include "base/say.h"
#include "detect/lock_components.h"
#include "format/recording.h"

#define NODE_BUCKETS (1u << 14)
#define EDGE_BUCKETS (1u << 16)
#define CLASSES      20u /* pieces of 32 << class bytes */

/* The start of the region that holds everything. */
struct graph {
    struct node *nodes[NODE_BUCKETS];
    struct edge *edges[EDGE_BUCKETS];
    void *free[CLASSES]; /* each begins with the next one's address */
    size_t used;
    uint32_t orders; /* given out */
    uint64_t steps;  /* of searches */
    bool full;
};

static struct graph *graph; /* reads as zero again in a fork's child */

bool graph_start(void)
{
    if (unlikely(!graph)) {
        graph = pages_map_wiped(GRAPH_BYTES);
        if (!graph)
            return false;
    }
    if (unlikely(!graph->used))
        graph->used = (sizeof *graph + 31) & ~31ul;
    return true;
}

bool graph_is_full(void)
{
    return graph && graph->full;
}

/* 10 to 50 ns each. */
#define STEPS_MOST (16ull << 20)

static __attribute__((noinline)) void stop(void)
{
    graph->full = true;
    say_unobserved(UNOBSERVED_LOCK_ORDERS, NULL);
}

bool graph_tired(uint32_t steps)
{
    graph->steps += steps;
    if (likely(graph->steps <= STEPS_MOST))
        return false;
    if (!graph->full)
        stop();
    return true;
}

static uint32_t class_of(size_t size)
{
    uint32_t class = 0;
    while ((32ul << class) < size)
        class ++;
    return class;
}

static void *take(size_t size)
{
    uint32_t class = class_of(size);
    if (class >= CLASSES)
        return NULL;
    void *piece = graph->free[class];
    if (piece) {
        graph->free[class] = *(void **)piece;
        mem_clear(piece, 32ul << class);
        return piece;
    }
    if (graph->used + (32ul << class) > GRAPH_BYTES)
        return NULL;
    piece = (char *)graph + graph->used;
    graph->used += 32ul << class;
    return piece;
}

static void give(void *piece, size_t size)
{
    uint32_t class = class_of(size);
    *(void **)piece = graph->free[class];
    graph->free[class] = piece;
}

static size_t use_size(uint32_t count)
{
    return sizeof(struct use) + count * sizeof(struct use_held);
}

void graph_drop(struct use *use)
{
    if (use->edges && --use->edges)
        return;
    vclock_let_go(use->lineage.known);
    give(use, use_size(use->room));
}

static struct node **node_bucket(uint32_t id)
{
    return &graph->nodes[id * 2654435769u >> 18];
}

static struct edge **edge_bucket(const struct node *from, const struct node *to)
{
    uint64_t hash = ((uint64_t)from->id << 32 | to->id) * 0x9e3779b97f4a7c15ull;
    return &graph->edges[hash >> 48];
}

static void unlink_edge(struct edge *edge)
{
    struct edge **at = &edge->from->out;
    while (*at != edge)
        at = &(*at)->next_out;
    *at = edge->next_out;
    for (at = &edge->to->in; *at != edge;)
        at = &(*at)->next_in;
    *at = edge->next_in;
    for (at = edge_bucket(edge->from, edge->to); *at != edge;)
        at = &(*at)->next_hash;
    *at = edge->next_hash;
    for (uint32_t i = 0; i < edge->count; i++)
        graph_drop(edge->uses[i]);
    give(edge, sizeof *edge);
}

/* A component that loses a member may fall apart; it is kept: edges of it are searched in vain. */
static void forget(struct node *node)
{
    while (node->out)
        unlink_edge(node->out);
    while (node->in)
        unlink_edge(node->in);
    component_leave(node);
    give(node, sizeof *node);
}

/* Forgets locks that are no more, since nobody can wait for them. Those of self's that are in use
   right now are there. */
static void forget_dead(void)
{
    size_t freed = 0;
    for (uint32_t i = 0; i < NODE_BUCKETS; i++)
        for (struct node **at = &graph->nodes[i], *node; (node = *at);)
            if (__atomic_load_n(&node->sync->id, __ATOMIC_RELAXED) != node->id) {
                *at = node->next_hash;
                forget(node);
                freed++;
            } else {
                at = &node->next_hash;
            }
    if (freed < 64) /* not worth the walk again */
        stop();
}

static void *take_or_forget(size_t size)
{
    void *piece = graph->full ? NULL : take(size);
    if (unlikely(!piece) && !graph->full) {
        forget_dead();
        piece = graph->full ? NULL : take(size);
    }
    return piece;
}

struct node *graph_find(uint32_t id)
{
    struct node *node = *node_bucket(id);
    while (node && node->id != id)
        node = node->next_hash;
    return node;
}

struct node *graph_node(struct sync *lock)
{
    struct node *node = graph_find(lock->id);
    if (likely(node))
        return node;
    node = take_or_forget(sizeof *node);
    if (!node)
        return NULL;
    node->id = lock->id;
    node->kind = lock->kind;
    node->address = lock->address;
    node->init_stack = lock->init_stack;
    node->sync = lock;
    node->component = node;
    node->order = ++graph->orders;
    node->next_hash = *node_bucket(node->id);
    *node_bucket(node->id) = node;
    return node;
}

struct edge *graph_edge(struct node *from, struct node *to)
{
    struct edge *edge = *edge_bucket(from, to);
    while (edge && (edge->from != from || edge->to != to))
        edge = edge->next_hash;
    if (likely(edge))
        return edge;
    edge = take_or_forget(sizeof *edge);
    if (!edge)
        return NULL;
    edge->from = from;
    edge->to = to;
    edge->next_out = from->out;
    from->out = edge;
    edge->next_in = to->in;
    to->in = edge;
    edge->next_hash = *edge_bucket(from, to);
    *edge_bucket(from, to) = edge;
    component_joined(edge);
    return edge;
}

struct use *graph_use(const struct thread *self, enum held_mode mode, uint32_t stack)
{
    const struct held_set *set = &self->held;
    struct use *use = take_or_forget(use_size(set->count));
    if (!use)
        return NULL;
    use->thread = self->number;
    use->stack = stack;
    use->mode = mode;
    use->lineage =
        (struct thread_clock){.now = self->lineage.now, .known = vclock_keep(&self->lineage)};
    use->room = set->count;
    for (uint32_t i = 0; i < set->count; i++)
        if (held_is_so(self, &set->rows[i]))
            use->held[use->count++] =
                (struct use_held){set->rows[i].id, set->rows[i].stack, set->rows[i].mode};
    return use;
}

void graph_add(struct edge *edge, struct use *use)
{
    uint32_t most = use->count >= LONG_USE ? USES_MOST_LONG : USES_MOST;
    use->edges++;
    if (edge->count < most) {
        edge->uses[edge->count++] = use;
        return;
    }
    /* The first half stays, so that what began it all is not forgotten. */
    uint32_t half = edge->count / 2, at = half + edge->oldest++ % (edge->count - half);
    graph_drop(edge->uses[at]);
    edge->uses[at] = use;
}

void graph_after_fork(void)
{
    /* Wiped by the fork, unless the kernel knows no MADV_WIPEONFORK (before 4.14). */
    if (graph && graph->used)
        graph = NULL;
}
