/*
 * Descriptors that go through a socket to another number of the same process (SCM_RIGHTS): the new
 * number stands for the same object. What is sent is kept by inode until it is met again, the
 * oldest of equal ones first (all eventfds have one inode); the oldest of all goes when there are
 * too many, as those do that went to other processes.
 */
#ifndef HOLDFAST_STATE_CARRIER_RIGHTS_H
#define HOLDFAST_STATE_CARRIER_RIGHTS_H

#include "state/carrier.h"

/* fd is about to be sent. */
void carrier_sent(struct thread *self, int fd);

/* The link of a descriptor that was received; 0 when it is not known from here. */
link_t carrier_received(struct thread *self, int fd);

#endif
