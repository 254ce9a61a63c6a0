/*
 * Carriers: the kernel objects behind descriptors, as far as they carry order from one thread to
 * another. What a thread did before it wrote to a pipe is ordered before what another does after it
 * has read from it. Used by the wrappers of calls on descriptors. Never judges.
 *
 * A descriptor's number leads to its link without a lock: the carrier that stands behind it, and
 * which of the carrier's clocks a write gives to and a read takes from. Duplicates have the same
 * link; the two ends of a pipe share one clock, those of a socket pair have two. Descriptors of
 * which we know that no other thread of this process can be at the other end (terminals, sockets
 * whose peer is another process) link to nothing, so that their writes cost no release.
 * What becomes known only when it is needed (is this number a FIFO?) is asked at first use
 * with several threads.
 *
 * A number is a carrier itself: what was done before its close is ordered before what its next
 * owner does.
 *
 * Rather one edge too many than one too few: the messages in one object share its clock.
 *
 * Carriers are counted by the numbers that link to them and never given to another type of struct:
 * who follows a link too long takes order from a foreign carrier, never garbage.
 *
 * Any thread, guard entered. Gives come before the real call, takes after it.
 */
#ifndef HOLDFAST_STATE_CARRIER_H
#define HOLDFAST_STATE_CARRIER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "state/thread.h"
#include "state/vclock.h"

enum carrier_kind {
    CARRIER_PIPE,     /* also eventfd, timerfd …: one clock */
    CARRIER_PAIR,     /* two ends, a clock each */
    CARRIER_INODE,    /* a file, FIFO or message queue: all that have it open share it */
    CARRIER_LISTENER, /* a listening socket: [0] from who connects, [1] to them */
    CARRIER_EPOLL,
    CARRIER_KEYED, /* what goes by a name: System V objects, names of datagram sockets */
};

struct watches; /* what an epoll watches (carrier_epoll.c) */

struct carrier {
    struct sync_clock clock[2];
    uint32_t references; /* atomic: links, and calls under way that need it */
    uint32_t kind;
    struct carrier *next; /* same bucket, or in the free list. LOCK_CARRIERS */
    uint64_t key[2];      /* in the table of keyed ones; both 0: not there */
    union {
        struct {
            uint32_t connects;   /* atomic: connections that this process made to it */
            uint32_t connecting; /* atomic: of these, still in the call */
        } listener;
        struct {
            struct watches *table; /* lock */
            uint32_t lock;
            uint32_t world; /* of the lock */
        } epoll;
        struct {
            uint32_t state; /* atomic; enum connection_state */
        } connection;
    };
} __attribute__((aligned(64)));

/* A connection that was made and not accepted yet counts once more: its maker may be done with it
   before it is accepted. */
enum connection_state { CONNECTION_NEW, CONNECTION_PENDING, CONNECTION_ACCEPTED };

/* Of a link: the clock that a write gives to, the one that a read takes from, whether anybody here
   could take what is given. */
typedef uintptr_t link_t;
#define LINK_GIVE     1u
#define LINK_TAKE     2u
#define LINK_SHARED   4u
#define LINK_DATAGRAM 8u  /* where it gives to depends on the message: carrier_socket.h */
#define LINK_SIGNALS  16u /* a signalfd */
#define LINK_FLAGS    63u

/* A use of a descriptor by a thread (detect/handle_race.c). */
struct use;

/* What is known of a number. The first line is written when it is opened and closed and read at
   each use; the rest belongs to detect/handle_race.c. */
struct descriptor {
    link_t link;         /* atomic; 0 = not known yet */
    uint32_t generation; /* atomic; counts opens and closes */
    uint32_t world;      /* what is below is of this vclock_world, or nothing */
    stamp_t closed;      /* atomic; who closed it last, 0 = nobody */
    uint32_t state;      /* atomic; enum descriptor_state */
    uint32_t lock;       /* of uses */
    struct use *uses;    /* the newest of each thread since it was opened */
    struct sync_clock given;

    stamp_t opened; /* who opened it, 0 = unknown */
    uint32_t opened_stack, opened_thread;
    uint32_t closed_stack, closed_thread;
    uint32_t closed_lockset;
    uint32_t told; /* generation whose race was told */
} __attribute__((aligned(64)));
enum descriptor_state { DESCRIPTOR_OPEN, DESCRIPTOR_CLOSING, DESCRIPTOR_CLOSED };

#define DESCRIPTORS_MAX  (1u << 20) /* numbers from here on are not watched */
#define DESCRIPTOR_CHUNK 512u
extern struct descriptor *descriptor_chunks[DESCRIPTORS_MAX / DESCRIPTOR_CHUNK];

/* NULL for numbers that nobody has opened or used so far. */
static inline struct descriptor *descriptor_find(int fd)
{
    uint32_t number = (uint32_t)fd;
    if (unlikely(number >= DESCRIPTORS_MAX))
        return NULL;
    struct descriptor *chunk =
        __atomic_load_n(&descriptor_chunks[number / DESCRIPTOR_CHUNK], __ATOMIC_ACQUIRE);
    return chunk ? &chunk[number % DESCRIPTOR_CHUNK] : NULL;
}

/* The same, made when it is not there; NULL when memory is short or the number too large. */
struct descriptor *descriptor_get(int fd);

/* Are there threads to order? */
static inline bool carriers_watched(void)
{
    return observing.races == RACES_ON;
}

/* ---- numbers */

/* The call that returned fd is back. link: 0 = not known yet. */
void carrier_opened(struct thread *self, int fd, link_t link);

/* copy stands for what fd stands for. */
void carrier_duplicated(struct thread *self, int fd, int copy);

/* fd is about to be closed: whoever waits at the other end learns of it, and the number's next
   owner. */
void carrier_closing(struct thread *self, int fd);

/* The same before a call that closes it only if it succeeds. */
void carrier_giving_up(struct thread *self, int fd);

/* Such a call is back, or a close. */
void carrier_settle(int fd, bool closed);

/* The links of new objects. 0 when memory is short. */
link_t carrier_make_one(enum carrier_kind kind);
void carrier_make_pair(enum carrier_kind kind, link_t ret_links[2]);

/* One more number with this link. */
link_t carrier_hold(link_t link);

/* A link to nothing. */
link_t carrier_nowhere(void);

/* ---- order */

/* What fd is, asked of the kernel when it is not known; 0 when it is not open. */
link_t carrier_learn(struct thread *self, int fd);

void carrier_give_slow(struct thread *self, int fd);
void carrier_take_slow(struct thread *self, struct sync_clock *clock);

/* Before data is written. */
static inline void carrier_gives(struct thread *self, int fd)
{
    struct descriptor *at = descriptor_find(fd);
    link_t link = at ? __atomic_load_n(&at->link, __ATOMIC_ACQUIRE) : 0;
    if (unlikely(!link || link & LINK_SHARED))
        carrier_give_slow(self, fd);
}

static inline struct sync_clock *carrier_clock(link_t link, uint32_t flag)
{
    struct carrier *carrier = (struct carrier *)(link & ~(link_t)LINK_FLAGS);
    return &carrier->clock[(link & flag) != 0];
}

/* After data, an end or an error was read, or fd was found ready. */
static inline void carrier_takes(struct thread *self, int fd)
{
    struct descriptor *at = descriptor_find(fd);
    link_t link = at ? __atomic_load_n(&at->link, __ATOMIC_ACQUIRE) : 0;
    if (unlikely(!link))
        link = carrier_learn(self, fd);
    if (likely(link)) {
        struct sync_clock *clock = carrier_clock(link, LINK_TAKE);
        if (__atomic_load_n(&clock->stamp, __ATOMIC_RELAXED) ||
            __atomic_load_n(&clock->known, __ATOMIC_RELAXED))
            carrier_take_slow(self, clock);
    }
}

/* Both sides of it at once, before: shutdown. */
void carrier_gives_all(struct thread *self, int fd);

/* By inode: locks on files. */
void carrier_gives_inode(struct thread *self, int fd);
void carrier_takes_inode(struct thread *self, int fd);

/* Objects with a number of their own kind. */
enum carrier_name { CARRIER_MESSAGES = 1, CARRIER_SEMAPHORES = 2 };
void carrier_gives_named(struct thread *self, enum carrier_name name, uint64_t id);
void carrier_takes_named(struct thread *self, enum carrier_name name, uint64_t id);

/* For carrier_socket.c and carrier_epoll.c: the carrier with this key, made when make; counted for
   the caller, who drops it. */
struct carrier *carrier_keyed(enum carrier_kind kind, uint64_t a, uint64_t b, bool make);
struct carrier *carrier_of(link_t link);
void carrier_drop(struct carrier *carrier);
void carrier_set_link(struct descriptor *at, link_t link);

#endif
