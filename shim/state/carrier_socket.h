/*
 * Sockets as carriers: which two of this process are each other's peers.
 *
 * Servers talk to other processes, and such a socket must cost nothing. So listening sockets are
 * kept by what they listen at, a connection that this process makes itself counts at its listener,
 * and only what such a listener accepts is looked at: the connection's two ends share a carrier by
 * their ports. All who connect to one local (AF_UNIX) listener from this process share one carrier,
 * because nothing names such a connection.
 *
 * Datagram sockets are kept by where they are bound; those without a name of their own share one
 * carrier.
 *
 * Guard entered; with one thread too, because connections outlive that time.
 */
#ifndef HOLDFAST_STATE_CARRIER_SOCKET_H
#define HOLDFAST_STATE_CARRIER_SOCKET_H

#include "state/carrier.h"

/* The link of a socket that was made just now. */
link_t carrier_of_socket(int domain, int type);

/* After bind. */
void carrier_bound(struct thread *self, int fd);

/* Before listen. */
void carrier_listens(struct thread *self, int fd);

/* A connect: before, after (established, or under way). address may be anything. */
struct carrier *carrier_connecting(struct thread *self, int fd, const struct sockaddr *address,
                                   socklen_t size);
void carrier_connected(struct thread *self, int fd, struct carrier *listener, bool succeeded);

/* The link of a socket that fd has accepted; takes what its peer gave. */
link_t carrier_accepted(struct thread *self, int fd, int accepted);

/* Before a datagram goes to address; NULL: to where the socket is connected. */
void carrier_sends(struct thread *self, int fd, const struct sockaddr *address, socklen_t size);

#endif
