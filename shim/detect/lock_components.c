#include "detect/lock_components.h"

#include "base/memory.h"

/* Marks of first members during one search; 0 outside of it. */
enum { AHEAD = 1, BEHIND = 2 };

/* Components that a search has met, by their first members. The table grows. */
struct list {
    struct node **at;
    uint32_t count, room;
};
static struct list ahead, behind; /* LOCK_ORDER */

static bool list_add(struct list *list, struct node *node)
{
    if (unlikely(list->count == list->room)) {
        uint32_t room = list->room ? list->room * 2 : 1024;
        struct node **made = pages_map(room * sizeof *made);
        if (!made)
            return false;
        mem_copy(made, list->at, list->count * sizeof *made);
        if (list->at)
            pages_unmap(list->at, list->room * sizeof *made);
        list->at = made;
        list->room = room;
    }
    list->at[list->count++] = node;
    return true;
}

static bool meet(struct list *list, struct node *first, uint32_t mark)
{
    if (first->mark & mark)
        return true;
    first->mark |= mark;
    return list_add(list, first);
}

/* All components that can be reached from the first of the list (or reach it), no further in the
   order than last. False: no memory, or graph_tired(). */
static bool search(struct list *list, uint32_t mark, uint32_t last)
{
    for (uint32_t i = 0; i < list->count; i++)
        for (struct node *n = list->at[i]; n; n = n->next_member)
            for (struct edge *e = mark == AHEAD ? n->out : n->in; e;
                 e = mark == AHEAD ? e->next_out : e->next_in) {
                if (unlikely(graph_tired(1)))
                    return false;
                struct node *first = mark == AHEAD ? e->to->component : e->from->component;
                bool inside = mark == AHEAD ? first->order <= last : first->order >= last;
                if (inside && !meet(list, first, mark))
                    return false;
            }
    return true;
}

/* Heap sort: by order, ascending. */
static void sift(struct node **at, uint32_t root, uint32_t count)
{
    for (uint32_t child; (child = root * 2 + 1) < count; root = child) {
        if (child + 1 < count && at[child + 1]->order > at[child]->order)
            child++;
        if (at[root]->order >= at[child]->order)
            return;
        struct node *swap = at[root];
        at[root] = at[child];
        at[child] = swap;
    }
}

static void sort(struct list *list)
{
    for (uint32_t i = list->count / 2; i > 0; i--)
        sift(list->at, i - 1, list->count);
    for (uint32_t end = list->count; end > 1; end--) {
        struct node *last = list->at[end - 1];
        list->at[end - 1] = list->at[0];
        list->at[0] = last;
        sift(list->at, 0, end - 1);
    }
}

/* Everything that lies both ahead and behind is one component; returns its first member, NULL when
   there is none. */
static struct node *merge(void)
{
    struct node *first = NULL;
    for (uint32_t i = 0; i < ahead.count; i++) {
        struct node *component = ahead.at[i];
        if (component->mark != (AHEAD | BEHIND))
            continue;
        if (!first) {
            first = component;
            continue;
        }
        struct node *last = component;
        for (struct node *n = component; n; last = n, n = n->next_member)
            n->component = first;
        last->next_member = first->next_member;
        first->next_member = component;
    }
    return first;
}

/* The places that both lists, sorted, have: ascending, each once. Returns how many. */
static uint32_t collect(uint32_t *places)
{
    uint32_t count = 0, a = 0, b = 0;
    while (a < ahead.count || b < behind.count) {
        uint32_t left = a < ahead.count ? ahead.at[a]->order : UINT32_MAX;
        uint32_t right = b < behind.count ? behind.at[b]->order : UINT32_MAX;
        places[count++] = left < right ? left : right;
        a += left <= right;
        b += right <= left;
    }
    return count;
}

/* Those behind get the lowest places, so that none of them moves up; those ahead the highest; what
   was merged one in between. */
static void order_again(struct node *merged, uint32_t *places)
{
    uint32_t top = collect(places), next = 0;
    for (uint32_t i = 0; i < behind.count; i++)
        if (behind.at[i]->mark == BEHIND)
            behind.at[i]->order = places[next++];
    for (uint32_t i = ahead.count; i > 0; i--)
        if (ahead.at[i - 1]->mark == AHEAD)
            ahead.at[i - 1]->order = places[--top];
    if (merged)
        merged->order = places[next];
}

void component_joined(struct edge *edge)
{
    struct node *from = edge->from->component, *to = edge->to->component;
    if (from == to || from->order < to->order)
        return;
    uint32_t low = to->order, high = from->order;
    ahead.count = behind.count = 0;
    bool whole = meet(&ahead, to, AHEAD) && search(&ahead, AHEAD, high) &&
                 meet(&behind, from, BEHIND) && search(&behind, BEHIND, low);
    size_t bytes = (ahead.count + behind.count) * sizeof(uint32_t);
    whole = whole && !graph_tired(8 * (ahead.count + behind.count)); /* they are sorted */
    uint32_t *places = whole ? pages_map(bytes) : NULL;
    if (places) {
        sort(&ahead);
        sort(&behind);
        order_again(merge(), places);
        pages_unmap(places, bytes);
    }
    for (uint32_t i = 0; i < ahead.count; i++)
        ahead.at[i]->mark = 0;
    for (uint32_t i = 0; i < behind.count; i++)
        behind.at[i]->mark = 0;
}

void component_leave(struct node *node)
{
    struct node *first = node->component;
    if (first != node) {
        struct node *before = first;
        while (before->next_member != node)
            before = before->next_member;
        before->next_member = node->next_member;
        return;
    }
    struct node *heir = node->next_member;
    if (!heir)
        return;
    heir->order = node->order;
    for (struct node *n = heir; n; n = n->next_member)
        n->component = heir;
}
