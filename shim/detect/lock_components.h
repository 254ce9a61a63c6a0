/* Components of the lock graph and their order (detect/lock_graph.h). Under LOCK_ORDER. */
#ifndef HOLDFAST_DETECT_LOCK_COMPONENTS_H
#define HOLDFAST_DETECT_LOCK_COMPONENTS_H

#include "detect/lock_graph.h"

/* The edge is new: components that can reach each other through it become one. */
void component_joined(struct edge *edge);

/* The node is going, with no edges left. */
void component_leave(struct node *node);

#endif
