/*
 * epoll: who finds a descriptor ready has seen what was written to it, and what was done before it
 * was added. What comes back from a wait is only what the program gave with the descriptor, so each
 * epoll keeps a table of that; descriptors whose peers are other processes are not in it.
 *
 * Guard entered; with one thread too, because what was added then is found ready later.
 */
#ifndef HOLDFAST_STATE_CARRIER_EPOLL_H
#define HOLDFAST_STATE_CARRIER_EPOLL_H

#include "state/carrier.h"

/* Before fd is added or changed (data is what comes back for it), or after it was removed. */
void carrier_epoll_adds(struct thread *self, int epoll, int fd, uint64_t data);
void carrier_epoll_removed(struct thread *self, int epoll, int fd);

/* After a wait came back with this data. */
void carrier_epoll_ready(struct thread *self, int epoll, uint64_t data);

/* Its last number is closed. */
void carrier_epoll_end(struct carrier *carrier);

#endif
