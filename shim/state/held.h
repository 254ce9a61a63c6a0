/*
 * The locks that a thread holds, in the order in which it took them, each with the stack that took
 * it. Used by the wrappers of locks, by every finding that shows locks, and by the lock detectors.
 *
 * A lockset is such a list kept once, under a number (0 = none): a shadow cell names it together
 * with a stack in one word, the access context.
 *
 * Only the thread itself calls these with its own set, guard entered.
 */
#ifndef HOLDFAST_STATE_HELD_H
#define HOLDFAST_STATE_HELD_H

#include <stdbool.h>
#include <stdint.h>

struct sync;
struct thread;

enum held_mode { HELD_WRITE = 1, HELD_READ = 2 };
enum held_left { LEFT_AS_USUAL = 0, LEFT_BY_JUMP, LEFT_BY_EXCEPTION };

struct held {
    struct sync *lock;
    uint32_t id; /* of the lock when it was taken: the struct may be another's later */
    uint32_t stack;
    uint64_t since; /* CLOCK_MONOTONIC_COARSE ns, 0 = not measured */
    uint32_t depth; /* 1, more for recursive locks */
    uint8_t mode;   /* enum held_mode */
    uint8_t left;   /* enum held_left: how the function that took it was left, with the lock … */
    uint32_t left_stack;        /* … and by what */
    uintptr_t frame;            /* of the wrapper that took it: the caller's begins right above */
    bool tried;                 /* taken by a try or timed call */
    bool inherited;             /* taken in the parent of a fork */
} __attribute__((aligned(64))); /* the newest is written and read at each lock: one cache line */

struct held_set {
    struct held *rows;
    uint32_t count, room;
    uint32_t lockset;             /* number of this set, HELD_UNNAMED when it has changed since */
    uint64_t hash;                /* of this set; 0 when it has changed since */
    struct context_memo *context; /* the thread's contexts, so that most are found at home */
};
#define HELD_UNNAMED UINT32_MAX

/* Adds a lock, or one more recursion of it. NULL when memory is short. */
struct held *held_add(struct thread *self, struct sync *lock, enum held_mode mode, uint32_t stack);

/* Adds a lock that the thread does not hold. */
struct held *held_add_new(struct thread *self, struct sync *lock, enum held_mode mode,
                          uint32_t stack);

/* The row of a held lock; NULL when the thread does not hold it, or another thread has given it up
   since. */
struct held *held_find(struct thread *self, const struct sync *lock);

/* One recursion less; true when it was the last. */
bool held_remove(struct thread *self, struct held *row);

/* The number of the present set. */
uint32_t held_lockset(struct thread *self);

/* A lockset's rows; ret_count of them. */
struct held_row {
    uint64_t address;
    uint32_t id, stack;
    uint16_t kind; /* enum sync_kind */
    uint16_t mode;
    uint32_t init_stack;
};
const struct held_row *lockset_rows(uint32_t lockset, uint32_t *ret_count);

/* Where an access was made: a stack and the locks held, in one word. 0 = unknown. */
typedef uint32_t context_t;
context_t context_of(struct thread *self, uint32_t stack);
uint32_t context_stack(context_t context);
uint32_t context_lockset(context_t context);

/* A fork's child has a struct of its own for the forking thread: what that held it still holds. Its
   stacks are of the other recording: 0. */
void held_inherit(struct thread *made, const struct thread *forked);

void held_after_fork(void);

#endif
